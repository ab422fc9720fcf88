//! Verdicts as pages of Markdown.

use std::fmt::Write as _;

use super::{CellVerdict, CheckVerdict, Row, RowVerdict};
use crate::{report::short, scenario::Scenario, sweep::spread};

const MUST_HOLD: &str = "**Must hold:** ";
const HELD_IN: &str = "Held in ";

/// The page of one row; `file` is the scenario's file.
pub fn page(file: &str, scenario: &Scenario, row: &Row, verdict: &RowVerdict) -> String {
    let mut page = format!("# {}\n\n", capitalised(&scenario.name));
    let _ = writeln!(page, "{MUST_HOLD}{}\n", row.must);
    let held = verdict.cells_held();
    let seeds = if row.seeds == 1 { "seed" } else { "seeds" };
    let _ = writeln!(
        page,
        "{HELD_IN}{held} of {} fleets, {} {seeds} each, {} s of simulated time. Scenario: \
         [`{file}`](../../crates/breaker-sim/scenarios/{file}).\n",
        verdict.cells.len(),
        row.seeds,
        short(scenario.duration_s),
    );
    for (number, check) in (1..).zip(&row.checks) {
        let _ = write!(page, "{number}. `{}`", check.holds);
        if check.in_runs < 1.0 {
            let _ = write!(page, " in {} % of runs", short(check.in_runs * 100.0));
        }
        if let Some(when) = &check.when {
            let _ = write!(page, ", when `{when}`");
        }
        page.push('\n');
    }
    page.push('\n');
    table(&mut page, row, verdict);
    page
}

fn table(page: &mut String, row: &Row, verdict: &RowVerdict) {
    let mut heads = vec!["environments", "calls/s", "errors"]
        .into_iter()
        .map(ToOwned::to_owned)
        .collect::<Vec<_>>();
    heads.extend(row.show.iter().map(|name| name.replace('_', " ")));
    heads.push("held".to_owned());
    let _ = writeln!(page, "| {} |", heads.join(" | "));
    let _ = writeln!(page, "|{}", " ---: |".repeat(heads.len() - 1) + " --- |");
    for cell in &verdict.cells {
        let _ = writeln!(page, "| {} |", cells_of(row, cell).join(" | "));
    }
    if row.seeds > 1 {
        page.push_str(
            "\nWhere runs differ: median / 99th percentile / largest. A number in \
             parentheses is in how many runs the figure applies, if not in all.\n",
        );
    }
}

fn cells_of(row: &Row, cell: &CellVerdict) -> Vec<String> {
    let scenario = &cell.cell.scenario;
    let failure_rate = scenario.dependency[0].failure_rate;
    let mut texts = vec![
        scenario.fleet.environments.to_string(),
        short(scenario.fleet.calls_per_second),
        format!("{} %", short(failure_rate * 100.0)),
    ];
    texts.extend(row.show.iter().map(|name| seen(cell, name)));
    texts.push(verdict_text(cell));
    texts
}

fn seen(cell: &CellVerdict, name: &str) -> String {
    let Some(spread) = spread(&cell.runs, name) else {
        return "–".to_owned();
    };
    let mut text = short(spread.median);
    if spread.min < spread.max {
        text = format!("{text} / {} / {}", short(spread.p99), short(spread.max));
    }
    if spread.runs < cell.runs.len() {
        let _ = write!(text, " ({})", spread.runs);
    }
    text
}

fn verdict_text(cell: &CellVerdict) -> String {
    if cell.held() {
        return "yes".to_owned();
    }
    let failed = (1..).zip(&cell.checks).filter_map(|(number, check)| {
        let CheckVerdict { held_in, of, held } = (*check)?;
        (!held).then(|| format!("**no**: {number} in {held_in} of {of}"))
    });
    failed.collect::<Vec<_>>().join(", ")
}

/// The page that leads to the others, each with the name of its file. What is
/// no page of a row is left out, so rows can be measured one at a time.
pub fn summary(pages: &[(String, String)]) -> String {
    let mut summary = String::from(
        "# Measured\n\nMade by `cargo run --release -p breaker-sim -- tables --out \
         docs/measured`, with `--row` for single rows and `--quick` for a look at few seeds, \
         small fleets and ten minutes. Every number follows from the scenarios' seeds. How other \
         kinds of breakers fare with the same calls is told [side by side](peers.md).\n\n\
         | scenario | must hold | held |\n| --- | --- | --- |\n",
    );
    for (stem, page) in pages {
        if let Some(Summed { name, must, held }) = Summed::read(page) {
            let _ = writeln!(summary, "| [{name}]({stem}.md) | {must} | {held} |");
        }
    }
    summary
}

/// What a page of a row comes to.
struct Summed<'page> {
    name: &'page str,
    must: &'page str,
    held: &'page str,
}

impl<'page> Summed<'page> {
    fn read(page: &'page str) -> Option<Self> {
        let after = |mark| page.lines().find_map(|line| line.strip_prefix(mark));
        let (held, _) = after(HELD_IN)?.split_once(" of simulated time")?;
        Some(Self {
            name: after("# ")?,
            must: after(MUST_HOLD)?,
            held,
        })
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_page_of_a_row_is_left_out_of_the_summary() {
        let row = "# Outage\n\n**Must hold:** It opens.\n\nHeld in 1 of 2 fleets, 5 seeds each, \
                   40 s of simulated time. Scenario: …\n";
        let pages = [
            ("outage", row),
            ("peers", "# Beside others\n\nHeld in awe.\n"),
        ];
        let pages = pages.map(|(stem, page)| (stem.to_owned(), page.to_owned()));
        let summary = summary(&pages);
        let rows: Vec<&str> = summary
            .lines()
            .skip_while(|line| !line.starts_with("| ---"))
            .collect();
        assert_eq!(
            rows[1..],
            ["| [Outage](outage.md) | It opens. | 1 of 2 fleets, 5 seeds each, 40 s |"]
        );
    }
}
