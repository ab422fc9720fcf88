//! Judges a run by rules that know the truth.
//!
//! An [`Oracle`](oracle::Oracle) derives from the scenario alone which share of
//! calls is bad, that is failed or slow, at every moment. The rules compare
//! what a breaker did with what that share asks for. They see calls, the
//! record's states, writes and costs, and nothing of how a breaker decides, so
//! they judge every kind alike.
//!
//! What the rules share:
//!
//! - A share is *well* up to threshold − margin, *bad* from threshold + margin
//!   on, and *between* otherwise. Threshold and margin are those of the
//!   scenario's policy, for every kind of breaker.
//! - A call is judged at the moment at which it arrived.
//! - After the share returns to well, a true trip is excused until its
//!   *deadline*: 8 s or ten calls of the fleet, whichever takes longer, plus the
//!   policy's ramp. While the store cannot be written no breaker can tell the
//!   fleet anything, so the deadline counts from the end of such a fault.
//! - A rule does not apply to a run that gives it nothing to judge.

mod between;
mod case;
mod cheap;
mod goodput;
mod honest;
mod late;
mod needless;
pub mod oracle;
mod recovery;
#[cfg(test)]
mod tests;
mod windows;

use serde::Serialize;

use self::case::Case;
use crate::{
    run::{Outcome, run_keeping_calls},
    scenario::Scenario,
};

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Few calls are refused while the share is well.
    Needless,
    /// Service is normal soon after the share is well again.
    Return,
    /// Few calls are admitted while the share is bad.
    Late,
    /// Between, few calls are refused and the circuit does not flap.
    Between,
    /// The record says so when most calls are refused.
    Honest,
    /// Writes and their cost are bounded.
    Cheap,
    /// Nearly as many calls succeed as would without a breaker.
    Goodput,
}

impl Rule {
    /// All rules, in the order of tables.
    pub const ALL: [Self; 7] = [
        Self::Needless,
        Self::Return,
        Self::Late,
        Self::Between,
        Self::Honest,
        Self::Cheap,
        Self::Goodput,
    ];

    /// The name in tables and arguments.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Needless => "needless",
            Self::Return => "return",
            Self::Late => "late",
            Self::Between => "between",
            Self::Honest => "honest",
            Self::Cheap => "cheap",
            Self::Goodput => "goodput",
        }
    }

    /// What the rule demands, in a sentence.
    pub const fn demands(self) -> &'static str {
        match self {
            Self::Needless => "while the share is well, at most 1 % of calls are refused",
            Self::Return => {
                "the circuit is closed and ramped within 8 s or ten calls, plus the ramp"
            }
            Self::Late => {
                "while the share is bad, at most 1.5 × the calls that an oracle needs are admitted"
            }
            Self::Between => {
                "between, at most 10 % of calls are refused and the circuit opens at most once in \
                 10 minutes"
            }
            Self::Honest => "when most calls of 5 s are refused, the record is not closed",
            Self::Cheap => {
                "in a steady state at most 5 writes/s, in any second at most 200, and a small cost"
            }
            Self::Goodput => {
                "while the share is well, at least 99 % of the successes without a breaker"
            }
        }
    }

    fn judge(self, case: &Case<'_>) -> Vec<Measure> {
        match self {
            Self::Needless => needless::judge(case),
            Self::Return => recovery::judge(case),
            Self::Late => late::judge(case),
            Self::Between => between::judge(case),
            Self::Honest => honest::judge(case),
            Self::Cheap => cheap::judge(case),
            Self::Goodput => goodput::judge(case),
        }
    }
}

/// One number that a rule bounds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measure {
    /// What is measured, with its unit.
    pub what: &'static str,
    /// What the run came to; the largest, if there are several occasions.
    pub figure: f64,
    /// What it may come to at most.
    pub bound: f64,
}

impl Measure {
    /// Whether the bound is kept.
    pub fn holds(&self) -> bool {
        self.figure <= self.bound
    }

    /// By how much the bound is missed: 1 at the bound, larger beyond it.
    pub fn excess(&self) -> f64 {
        // A bound of nothing is missed by what there is.
        if self.bound > 0.0 {
            self.figure / self.bound
        } else {
            1.0 + self.figure
        }
    }

    /// The one that misses its bound by most.
    fn worst(measures: impl IntoIterator<Item = Self>) -> Option<Self> {
        let by_excess = |one: &Self, other: &Self| one.excess().total_cmp(&other.excess());
        measures.into_iter().max_by(by_excess)
    }
}

/// What a rule came to in a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// What it bounds; none, if the rule does not apply.
    pub measures: Vec<Measure>,
}

impl Finding {
    /// Whether every bound is kept; none, if the rule does not apply.
    pub fn holds(&self) -> Option<bool> {
        (!self.measures.is_empty()).then(|| self.measures.iter().all(Measure::holds))
    }

    /// By how much the worst bound is missed.
    pub fn excess(&self) -> f64 {
        self.measures
            .iter()
            .map(Measure::excess)
            .fold(0.0, f64::max)
    }
}

/// Judges an outcome whose trace keeps every call, by these rules.
pub fn judge(scenario: &Scenario, outcome: &Outcome, rules: &[Rule]) -> Vec<Finding> {
    let case = Case::new(scenario, &outcome.figures, &outcome.trace);
    let finding = |rule: &Rule| Finding {
        rule: *rule,
        measures: rule.judge(&case),
    };
    rules.iter().map(finding).collect()
}

/// Runs a scenario with its own kind of breaker and judges it.
pub fn run_and_judge(scenario: &Scenario, seed: u64, rules: &[Rule]) -> Vec<Finding> {
    judge(scenario, &run_keeping_calls(scenario, seed), rules)
}
