//! In how many cells a rule holds.

use super::Judged;
use crate::{judge::Rule, report::columns, scenario::Kind, units::share};

/// How often each rule holds for each kind of breaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    rules: Vec<Rule>,
    kinds: Vec<Kind>,
    /// By rule and kind.
    counts: Vec<Vec<Count>>,
}

/// To how many cells a rule applies, and in how many it holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// It applies.
    pub(super) applies: u64,
    /// It holds.
    pub(super) holds: u64,
}

impl Count {
    pub(super) fn add(&mut self, holds: Option<bool>) {
        self.applies += u64::from(holds.is_some());
        self.holds += u64::from(holds == Some(true));
    }

    /// The share of cells in which it holds, in percent.
    pub(super) fn shown(self) -> String {
        share(self.holds, self.applies).map_or_else(
            || "–".to_owned(),
            |share| format!("{:.1} % of {}", share * 100.0, self.applies),
        )
    }
}

impl Tally {
    /// Counts what was found.
    pub fn of(judged: &[Judged], rules: &[Rule], kinds: &[Kind]) -> Self {
        let mut counts = vec![vec![Count::default(); kinds.len()]; rules.len()];
        for one in judged {
            for (kind, findings) in one.findings.iter().enumerate() {
                for (rule, finding) in findings.iter().enumerate() {
                    counts[rule][kind].add(finding.holds());
                }
            }
        }
        Self {
            rules: rules.to_vec(),
            kinds: kinds.to_vec(),
            counts,
        }
    }

    /// The table, by lines and columns; the first line is its head.
    pub fn rows(&self) -> Vec<Vec<String>> {
        let mut head = vec!["rule".to_owned()];
        head.extend(self.kinds.iter().map(|kind| kind.as_str().to_owned()));
        let rows = self.rules.iter().zip(&self.counts).map(|(rule, counts)| {
            let mut row = vec![rule.as_str().to_owned()];
            row.extend(counts.iter().map(|count| count.shown()));
            row
        });
        std::iter::once(head).chain(rows).collect()
    }

    /// The table as text.
    pub fn text(&self) -> String {
        columns(&self.rows())
    }
}
