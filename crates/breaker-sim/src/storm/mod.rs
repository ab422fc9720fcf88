//! Random scenarios, and judges that watch every step of them.
//!
//! A scenario that somebody thought of tests what somebody thought of. A storm
//! is drawn from a seed: a small fleet, a dependency that comes and goes, a
//! store that fails in every way it can, clocks that are off, environments
//! that vanish, answers that are lost, an operator who interferes. Then all of
//! it ends at once, but for the clocks, and calls go on.
//!
//! [Judges](judges) see every step and know the truth, which no environment
//! does. They hold the run to the [rules](Rule): whatever the storm, nothing
//! that is forbidden happens, and after it everything is as it was before.

mod journal;
mod judges;
mod law;
mod many;
mod rule;
mod scenario;

pub use self::{
    law::Law,
    many::run_all,
    rule::{Rule, Violation},
    scenario::scenario,
};

use self::{journal::Journal, judges::Bench};
use crate::{
    breakers::fleet::FleetProcess, engine::Engine, figures::Figures, scenario::Scenario,
    trace::Trace,
};

/// What came of one storm.
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

/// The command that runs one storm again.
pub fn replay(seed: u64) -> String {
    format!("cargo run --profile local -p breaker-sim -- storm --seed {seed}")
}

/// Runs the storm of a seed. If a rule is broken, the violation tells the last
/// steps before.
pub fn run(seed: u64) -> Verdict {
    let scenario = scenario(seed);
    let verdict = judged(scenario, seed, Journal::closed());
    if verdict.violation.is_none() {
        return verdict;
    }
    // To put steps into words takes longer than to make them, so that is only
    // done for those that somebody is going to read.
    judged(verdict.scenario, seed, Journal::open())
}

fn judged(scenario: Scenario, seed: u64, journal: Journal) -> Verdict {
    let mut bench = Bench::new(Law::of(&scenario), journal);
    let engine = Engine::<FleetProcess>::new(&scenario, &scenario.policy, seed);
    let (figures, trace) = engine.watched_by(&mut bench).run();
    let violation = bench.close();
    Verdict {
        seed,
        scenario,
        figures,
        trace,
        violation,
    }
}
