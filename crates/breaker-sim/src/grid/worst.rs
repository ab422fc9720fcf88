//! The cells that miss a rule by most, as scenarios that replay.

use super::Judged;
use crate::{
    judge::{Finding, Measure},
    report::short,
    scenario::{Kind, Scenario},
};

/// How many are kept of each rule.
const MOST: usize = 10;

/// A cell that breaks a rule.
#[derive(Debug)]
pub(super) struct Worst<'a> {
    pub(super) judged: &'a Judged,
    pub(super) finding: &'a Finding,
    /// The name of its file.
    pub(super) file: String,
}

/// The cells in which a kind of breaker misses a rule by most.
pub(super) fn worst(judged: &[Judged], kind: usize, rule: usize) -> Vec<Worst<'_>> {
    let findings = judged.iter().map(|one| (one, &one.findings[kind][rule]));
    let mut broken: Vec<_> = findings
        .filter(|(_, finding)| finding.holds() == Some(false))
        .collect();
    broken.sort_by(|(_, one), (_, other)| other.excess().total_cmp(&one.excess()));
    broken.truncate(MOST);
    let worst = broken
        .into_iter()
        .zip(1..)
        .map(|((judged, finding), rank)| Worst {
            judged,
            finding,
            file: format!(
                "{}-{rank:02}-{}.toml",
                finding.rule.as_str(),
                judged.cell.number
            ),
        });
    worst.collect()
}

impl Worst<'_> {
    /// The scenario, with how to replay it.
    pub(super) fn text(&self, kind: Kind) -> String {
        let scenario = Scenario {
            breaker: kind,
            ..self.judged.cell.scenario.clone()
        };
        format!(
            "# {}\n# Replay: cargo run --release -p breaker-sim -- judge {}\n\n{}",
            self.in_words(),
            self.file,
            scenario.to_toml()
        )
    }

    /// What is wrong.
    pub(super) fn in_words(&self) -> String {
        let broken = self
            .finding
            .measures
            .iter()
            .filter(|measure| !measure.holds());
        let words = |measure: &Measure| {
            format!(
                "{}: {}, at most {}",
                measure.what,
                short(measure.figure),
                short(measure.bound)
            )
        };
        broken.map(words).collect::<Vec<_>>().join("; ")
    }
}
