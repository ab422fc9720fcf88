//! One run of a scenario.

use serde::Serialize;

use crate::{
    breakers::{
        fleet::FleetProcess, none::NoBreaker, per_environment::PerEnvironment,
        shared_counter::SharedCounter,
    },
    engine::Engine,
    figures::Figures,
    process::Process,
    scenario::{Kind, Scenario},
    trace::Trace,
};

/// What came of a run, under the names of what was run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The scenario's name.
    pub scenario: String,
    /// The kind of breaker.
    pub breaker: &'static str,
    /// The seed.
    pub seed: u64,
    /// What came of it.
    #[serde(flatten)]
    pub figures: Figures,
    /// What happened when.
    #[serde(skip)]
    pub trace: Trace,
}

/// Runs a scenario with its own kind of breaker.
///
/// The same scenario and seed give the same outcome, to the last digit.
pub fn run(scenario: &Scenario, seed: u64) -> Outcome {
    run_kind(scenario, seed, Keep::Seconds)
}

/// Runs a scenario as [`run`] does and keeps every call in the trace.
pub fn run_keeping_calls(scenario: &Scenario, seed: u64) -> Outcome {
    run_kind(scenario, seed, Keep::Calls)
}

/// How fine a trace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// Second by second.
    Seconds,
    /// Call by call as well.
    Calls,
}

fn run_kind(scenario: &Scenario, seed: u64, keep: Keep) -> Outcome {
    let (figures, trace) = match scenario.breaker {
        Kind::Fleet => run_process::<FleetProcess>(scenario, &scenario.policy, seed, keep),
        Kind::PerEnvironment => run_process::<PerEnvironment>(scenario, &(), seed, keep),
        Kind::SharedCounter => run_process::<SharedCounter>(scenario, &(), seed, keep),
        Kind::None => run_process::<NoBreaker>(scenario, &(), seed, keep),
    };
    Outcome {
        scenario: scenario.name.clone(),
        breaker: scenario.breaker.as_str(),
        seed,
        figures,
        trace,
    }
}

/// Runs a scenario with every kind of breaker, which all meet the same calls.
pub fn compare(scenario: &Scenario, seed: u64) -> [Outcome; Kind::ALL.len()] {
    Kind::ALL.map(|breaker| {
        let scenario = Scenario {
            breaker,
            ..scenario.clone()
        };
        run(&scenario, seed)
    })
}

/// Runs a scenario with any breaker, whatever kind the scenario names.
pub fn run_with<P: Process>(scenario: &Scenario, rules: &P::Rules, seed: u64) -> (Figures, Trace) {
    run_process::<P>(scenario, rules, seed, Keep::Seconds)
}

fn run_process<P: Process>(
    scenario: &Scenario,
    rules: &P::Rules,
    seed: u64,
    keep: Keep,
) -> (Figures, Trace) {
    let engine = Engine::<P>::new(scenario, rules, seed);
    match keep {
        Keep::Seconds => engine.run(),
        Keep::Calls => engine.keeping_calls().run(),
    }
}
