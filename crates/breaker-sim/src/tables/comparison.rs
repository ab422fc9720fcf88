//! Every kind of breaker side by side, as a page of Markdown.

use std::fmt::Write as _;

use crate::{
    report::short,
    run::Outcome,
    scenario::{Kind, Scenario},
};

/// What is compared, and what it is called.
const SHOWN: [(&str, &str); 10] = [
    ("seconds_to_open", "seconds to open"),
    ("calls_to_open", "calls to open"),
    ("leaked_after_outage", "leaked"),
    ("closed_after_recovery_s", "closed after recovery, s"),
    ("max_concurrent_probes", "probes at once"),
    ("false_opens", "false opens"),
    ("rejected_while_healthy", "rejected while healthy"),
    ("blocking_store_ms_total", "waited for the store, ms"),
    ("max_store_writes_per_s", "most writes/s"),
    ("usd_per_million_calls", "$ per million calls"),
];

/// One scenario with all kinds of breakers.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The scenario's file, without its ending.
    pub stem: String,
    /// What was run.
    pub scenario: Scenario,
    /// What came of it, by kind.
    pub outcomes: [Outcome; Kind::ALL.len()],
}

impl Comparison {
    /// The page about all of them.
    pub fn page(comparisons: &[Self]) -> String {
        let mut page = String::from(
            "# Beside other kinds of breakers\n\nEach scenario once with its own fleet and seed, \
             ten minutes at most. `fleet` is breaker-core; what the others are modelled on is told \
             in `crates/breaker-sim/src/breakers`. A dash says that a figure does not apply.\n",
        );
        for comparison in comparisons {
            comparison.table(&mut page);
        }
        page
    }

    fn table(&self, page: &mut String) {
        let fleet = &self.scenario.fleet;
        let name = &self.scenario.name;
        let _ = writeln!(
            page,
            "\n## [{name}](../../crates/breaker-sim/scenarios/{}.toml)\n\n{} environments, {} \
             calls a second, {} s.\n",
            self.stem,
            fleet.environments,
            short(fleet.calls_per_second),
            short(self.scenario.duration_s),
        );
        let heads = SHOWN.map(|(_, head)| head).join(" | ");
        let _ = writeln!(page, "| breaker | {heads} |");
        let _ = writeln!(page, "| --- |{}", " ---: |".repeat(SHOWN.len()));
        for outcome in &self.outcomes {
            let cells = SHOWN.map(|(figure, _)| {
                let value = outcome.figures.value(figure);
                value.map_or_else(|| "–".to_owned(), short)
            });
            let _ = writeln!(page, "| {} | {} |", outcome.breaker, cells.join(" | "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{figures::Figures, run::compare};

    #[test]
    fn every_figure_that_is_shown_exists() {
        for (figure, _) in SHOWN {
            let known = Figures::ALL.iter().any(|(name, _)| *name == figure);
            assert!(known, "{figure}");
        }
    }

    #[test]
    fn a_page_has_a_line_for_each_kind_in_each_scenario() {
        let mut scenario = Scenario::quiet();
        scenario.duration_s = 5.0;
        let outcomes = compare(&scenario, 1);
        let stem = "quiet".to_owned();
        let comparison = Comparison {
            stem,
            scenario,
            outcomes,
        };
        let page = Comparison::page(&[comparison.clone(), comparison]);
        for kind in Kind::ALL {
            let line = format!("\n| {} | ", kind.as_str());
            assert_eq!(page.matches(&line).count(), 2, "{page}");
        }
    }
}
