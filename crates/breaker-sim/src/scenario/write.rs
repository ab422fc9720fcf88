//! From a scenario to the text that reads as that scenario.

use std::fmt::{Display, Write as _};

use breaker_core::{OverrideMode, Policy};

use super::{FaultKind, Scenario};

impl Scenario {
    /// The scenario as a file, but for its row.
    pub fn to_toml(&self) -> String {
        let mut text = Text::default();
        text.entry("name", format_args!("{:?}", self.name));
        text.entry("seed", self.seed);
        text.number("duration_s", self.duration_s);
        text.optional("calm_from_s", self.calm_from_s);
        self.write_fleet(&mut text);
        self.write_environments(&mut text);
        self.write_store(&mut text);
        self.write_dependency(&mut text);
        self.write_operator(&mut text);
        text.section("[breaker]");
        text.entry("kind", format_args!("{:?}", self.breaker.as_str()));
        write_policy(&self.policy, &mut text);
        text.0
    }

    fn write_fleet(&self, text: &mut Text) {
        let fleet = &self.fleet;
        text.section("[fleet]");
        text.entry("environments", fleet.environments);
        text.number("calls_per_second", fleet.calls_per_second);
        text.number("clock_skew_ms", fleet.clock_skew_ms);
        text.entry("freeze", fleet.freeze);
        text.number("timeout_ms", fleet.timeout_ms);
        text.number("crash_rate", fleet.crash_rate);
        text.number("warm_up_s", fleet.warm_up_s);
        for change in &fleet.changes {
            text.section("[[fleet.change]]");
            text.number("at_s", change.at_s);
            text.entry("environments", change.environments);
        }
    }

    fn write_environments(&self, text: &mut Text) {
        for group in &self.environments {
            text.section("[[environment]]");
            text.entry("count", group.count);
            text.number("failure_rate", group.failure_rate);
            text.number("traffic", group.traffic);
            text.optional("from_s", group.from_s);
            text.optional("until_s", group.until_s);
        }
        for step in &self.clocks {
            text.section("[[clock]]");
            text.number("at_s", step.at_s);
            text.entry("count", step.count);
            text.entry("by_ms", step.by_ms);
        }
    }

    fn write_store(&self, text: &mut Text) {
        let store = &self.store;
        text.section("[store]");
        text.number("latency_ms", store.latency_ms);
        text.number("stale_read_ms", store.stale_read_ms);
        text.number("lost_reply_rate", store.lost_reply_rate);
        for fault in &store.faults {
            let kind = match fault.kind {
                FaultKind::Unavailable => "unavailable",
                FaultKind::Slow => "slow",
                FaultKind::Throttled => "throttled",
            };
            text.section("[[store.fault]]");
            text.number("at_s", fault.at_s);
            text.number("for_s", fault.for_s);
            text.entry("kind", format_args!("{kind:?}"));
            text.optional("latency_ms", fault.latency_ms);
        }
    }

    fn write_dependency(&self, text: &mut Text) {
        for entry in &self.dependency {
            text.section("[[dependency]]");
            text.number("at_s", entry.at_s);
            text.number("failure_rate", entry.failure_rate);
            text.number("latency_ms", entry.latency_ms);
            text.optional("retry_after_s", entry.retry_after_s);
        }
        for entry in &self.traffic {
            text.section("[[traffic]]");
            text.number("at_s", entry.at_s);
            text.number("factor", entry.factor);
        }
    }

    fn write_operator(&self, text: &mut Text) {
        for placed in &self.overrides {
            let mode = match placed.mode {
                None => "withdrawn",
                Some(OverrideMode::ForceOpen) => "force_open",
                Some(OverrideMode::ForceClosed) => "force_closed",
                Some(OverrideMode::Shadow) => "shadow",
            };
            text.section("[[override]]");
            text.number("at_s", placed.at_s);
            text.number("for_s", placed.for_s);
            text.entry("mode", format_args!("{mode:?}"));
        }
    }
}

/// The fields that are not as they are by default.
fn write_policy(policy: &Policy, text: &mut Text) {
    let fields = Policy::FIELDS.iter();
    let mut differing = fields
        .filter(|field| field.get(policy) != field.default_value())
        .peekable();
    if differing.peek().is_some() {
        text.section("[policy]");
    }
    for field in differing {
        text.entry(field.key, field.get(policy));
    }
}

/// A file in the making.
#[derive(Debug, Default)]
struct Text(String);

impl Text {
    fn section(&mut self, name: &str) {
        let _ = writeln!(self.0, "\n{name}");
    }

    fn entry(&mut self, key: &str, value: impl Display) {
        let _ = writeln!(self.0, "{key} = {value}");
    }

    /// A number in the digits that read as the same number.
    fn number(&mut self, key: &str, value: f64) {
        self.entry(key, format_args!("{value:?}"));
    }

    fn optional(&mut self, key: &str, value: Option<f64>) {
        if let Some(value) = value {
            self.number(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fuzz, grid::Cell};

    #[test]
    fn what_is_written_reads_as_the_same_scenario() {
        let cells = (0..300).map(|number| Cell::draw(5, number).scenario);
        // Those of the fuzzer have policies and overrides.
        for scenario in cells.chain((0..300).map(fuzz::scenario)) {
            let text = scenario.to_toml();
            let read = Scenario::read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert_eq!(read, scenario, "{text}");
        }
    }
}
