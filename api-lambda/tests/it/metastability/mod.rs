//! Trouble that ends must end for the clients too.
//!
//! A system at 80 % of its capacity can be pushed into an overload that keeps
//! itself alive: calls time out in the queue, are tried again, and the dependency
//! is busy with work that nobody waits for, long after what began it is over
//! (N. Bronson, A. Aghayev, A. Charapko, T. Zhu, "Metastable Failures in
//! Distributed Systems", `HotOS` 2021). The real call path is put in front of a
//! [`dependency`] that does so, in paused time; only the wire is not real.
//! Without circuit and retry limits the overload must stay, or the model could not
//! tell; as deployed it must end by itself.

mod dependency;
mod fleet;
mod ledger;
mod page;
mod scenario;

use std::{sync::LazyLock, thread, time::Duration};

use breaker_core::Policy;

use self::{
    fleet::{Outcome, TIMEOUTS},
    ledger::Counts,
    scenario::{END, Protection, SCENARIOS, Scenario, TROUBLE},
};

const SEED: u64 = 1;

/// From here on the overload is no echo of the trouble any more.
const LONG_AFTER: usize = END - 20;

/// A run and what it was.
struct Run {
    scenario: Scenario,
    protection: Protection,
    outcome: Outcome,
}

/// All runs: each takes about a second of real time, and all tests look at them.
static RUNS: LazyLock<Vec<Run>> = LazyLock::new(|| {
    let partly = [
        Protection::WITHOUT_RETRY_LIMITS,
        Protection::WITHOUT_CIRCUIT,
    ];
    let partly = partly.map(|protection| (SCENARIOS[0], protection));
    let both = |scenario| [Protection::DEPLOYED, Protection::NONE].map(|with| (scenario, with));
    let mut wanted: Vec<_> = SCENARIOS.into_iter().flat_map(both).collect();
    wanted.splice(1..1, partly);
    thread::scope(|scope| {
        let runs: Vec<_> = wanted
            .into_iter()
            .map(|(scenario, protection)| {
                scope.spawn(move || Run {
                    scenario,
                    protection,
                    outcome: run(scenario, protection),
                })
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    })
});

fn run(scenario: Scenario, protection: Protection) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(fleet::run(scenario, protection, SEED))
}

fn runs_with(protection: Protection) -> impl Iterator<Item = &'static Run> {
    RUNS.iter().filter(move |run| run.protection == protection)
}

/// By this second all must be well again.
///
/// Two probes, one after the other, may wait in the queue that trouble has left until
/// they are given up, each after an open time with its jitter. Then comes the third, a
/// second for the probes after it, and the ramp.
fn recovered_by() -> usize {
    let policy = Policy::default();
    let open = policy.open_for.mul_f64(1.0 + policy.open_jitter);
    let probes = (open + TIMEOUTS.attempt) * 2 + open + Duration::from_secs(1);
    TROUBLE.end + usize::try_from((probes + policy.ramp_for).as_secs()).unwrap()
}

#[test]
fn the_load_is_no_trouble_by_itself() {
    for run in RUNS.iter() {
        let before = run.outcome.seconds.total(0..TROUBLE.start - 3);
        assert!(before.goodput() > 0.99, "{run}: {before:?}");
    }
}

#[test]
fn when_trouble_ends_goodput_comes_back_by_itself() {
    assert_eq!(recovered_by(), TROUBLE.end + 15, "the page says so");
    for run in runs_with(Protection::DEPLOYED) {
        let recovered = run.outcome.seconds.good_from(0.99);
        assert!(recovered <= recovered_by(), "{run}: {recovered} s");
    }
}

#[test]
fn without_circuit_and_retry_limits_the_overload_stays() {
    for run in runs_with(Protection::NONE) {
        let long_after: Counts = run.outcome.seconds.total(LONG_AFTER..END);
        assert!(long_after.goodput() < 0.9, "{run}: {long_after:?}");
        assert!(long_after.wasted() > 0.5, "{run}: {long_after:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_figures() {
    for first in RUNS.iter().take(1) {
        let again = run(first.scenario, first.protection);
        assert!(again == first.outcome, "{first}");
    }
}
