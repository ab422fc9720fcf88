//! Random scenarios, and invariants that watch every step of them.
//!
//! A scenario that somebody thought of tests what somebody thought of. A run
//! is drawn from a seed: a small fleet, a dependency that comes and goes, a
//! store that fails in every way it can, clocks that are off, environments
//! that vanish, answers that are lost, an operator who interferes. Then all of
//! it ends at once, but for the clocks, and calls go on.
//!
//! Invariants see every step and know the truth, which no environment
//! does. They hold the run to the [rules](Rule): whatever the run, nothing
//! that is forbidden happens, and after it everything is as it was before.

mod bounds;
mod invariants;
mod many;
mod rule;
mod scenario;
mod step_log;

pub use self::{
    bounds::Bounds,
    many::run_all,
    rule::{Rule, Violation},
    scenario::scenario,
};

use self::{invariants::Checker, step_log::StepLog};
use crate::{
    breakers::fleet::FleetProcess, engine::Engine, figures::Figures, scenario::Scenario,
    trace::Trace,
};

/// What came of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The seed that it was drawn from.
    pub seed: u64,
    /// What it was.
    pub scenario: Scenario,
    /// What it came to.
    pub figures: Figures,
    /// What happened when.
    pub trace: Trace,
    /// The first rule that was broken, if any was.
    pub violation: Option<Violation>,
}

/// The command that repeats one run.
pub fn replay(seed: u64) -> String {
    format!("cargo run --profile local -p breaker-sim -- fuzz --seed {seed}")
}

/// Runs what a seed gives. If a rule is broken, the violation tells the last
/// steps before.
pub fn run(seed: u64) -> Verdict {
    let scenario = scenario(seed);
    let verdict = checked(scenario, seed, StepLog::closed());
    if verdict.violation.is_none() {
        return verdict;
    }
    // To put steps into words takes longer than to make them, so that is only
    // done for those that somebody is going to read.
    checked(verdict.scenario, seed, StepLog::open())
}

fn checked(scenario: Scenario, seed: u64, step_log: StepLog) -> Verdict {
    let mut checker = Checker::new(Bounds::of(&scenario), step_log);
    let engine = Engine::<FleetProcess>::new(&scenario, &scenario.policy, seed);
    let (figures, trace) = engine.watched_by(&mut checker).run();
    let violation = checker.close();
    Verdict {
        seed,
        scenario,
        figures,
        trace,
        violation,
    }
}
