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
    let (figures, trace) = match scenario.breaker {
        Kind::Fleet => run_with::<FleetProcess>(scenario, &scenario.policy, seed),
        Kind::PerEnvironment => run_with::<PerEnvironment>(scenario, &(), seed),
        Kind::SharedCounter => run_with::<SharedCounter>(scenario, &(), seed),
        Kind::None => run_with::<NoBreaker>(scenario, &(), seed),
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
    Engine::<P>::new(scenario, rules, seed).run()
}
