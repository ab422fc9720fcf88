//! Random runs, each step checked.

use breaker_sim::fuzz::{Verdict, replay, run_all};

/// How many runs, unless `FUZZ_RUNS` says otherwise; `breaker-sim fuzz --seeds N` runs any
/// number.
const RUNS: u64 = 400;

/// How many of them if there is time.
const MANY_RUNS: u64 = 5_000;

#[test]
fn every_rule_holds_in_random_runs() {
    let thorough = std::env::var_os("THOROUGH").is_some_and(|value| !value.is_empty());
    let usual = if thorough { MANY_RUNS } else { RUNS };
    let runs = std::env::var("FUZZ_RUNS").map_or(usual, |runs| runs.parse().unwrap());
    let broken = run_all(0, runs, |_| ());
    assert!(broken.is_empty(), "{}", told(&broken, runs));
}

/// What was broken, and the command that shows it again.
fn told(broken: &[Verdict], runs: u64) -> String {
    let seeds: Vec<u64> = broken.iter().map(|verdict| verdict.seed).collect();
    let first = broken.first().and_then(|verdict| {
        let Verdict {
            seed, violation, ..
        } = verdict;
        let violation = violation.as_ref()?;
        let again = replay(*seed);
        Some(format!(
            "seed {seed}:\n{violation}\nto see it again: {again}"
        ))
    });
    let first = first.unwrap_or_default();
    format!("seeds {seeds:?} of {runs} broke a rule; {first}")
}
