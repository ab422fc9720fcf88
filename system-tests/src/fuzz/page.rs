//! The results of a complete run, as a page.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use super::outcome::Outcome;
use super::part::Part;
use crate::waiting::spoken;

#[derive(Debug)]
pub(super) struct Page {
    pub(super) seed: u32,
    pub(super) took: Duration,
    pub(super) parts: Vec<(&'static Part, Outcome)>,
}

impl Page {
    pub(super) fn cases(&self) -> u64 {
        self.parts.iter().map(|(_, outcome)| outcome.cases()).sum()
    }
}

impl fmt::Display for Page {
    fn fmt(&self, page: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((_, first)) = self.parts.first() else {
            return Ok(());
        };
        writeln!(page, "# Fuzzing the API\n")?;
        writeln!(
            page,
            "On {}, with schemathesis {}. {} requests that \
             follow from the API's description, right ones and wrong ones, went through the local \
             stack's gateway in {}. Every answer was one that the description allows: its status, \
             headers, type and body. No answer was a 500, no wrong request was accepted, and no \
             right one refused.\n",
            first.date,
            first.version,
            self.cases(),
            spoken(self.took),
        )?;
        let phases: BTreeSet<&String> = self
            .parts
            .iter()
            .flat_map(|(_, outcome)| outcome.phases.keys())
            .collect();
        write!(page, "| requests to |")?;
        for phase in &phases {
            write!(page, " {phase} |")?;
        }
        writeln!(page, " answered 503 |")?;
        writeln!(page, "| --- |{} ---: |", " ---: |".repeat(phases.len()))?;
        for (part, outcome) in &self.parts {
            write!(page, "| {} |", part.about)?;
            for phase in &phases {
                write!(page, " {} |", outcome.phases.get(*phase).unwrap_or(&0))?;
            }
            writeln!(page, " {} |", outcome.unavailable)?;
        }
        let mut checks: BTreeMap<&str, u64> = BTreeMap::new();
        for (name, count) in self.parts.iter().flat_map(|(_, outcome)| &outcome.checks) {
            *checks.entry(name).or_default() += count;
        }
        writeln!(page, "\n| check | answers judged |\n| --- | ---: |")?;
        for (name, count) in checks {
            writeln!(page, "| {name} | {count} |")?;
        }
        writeln!(
            page,
            "\nThe stage `local` has no sign-in, and no header is required: `ignored_auth`, \
             `object_level_authorization` and `missing_required_header` have nothing to find. \
             [tools/fuzzing](../../tools/fuzzing/schemathesis.toml) lists the exceptions from the \
             other checks, each with its reason."
        )
    }
}
