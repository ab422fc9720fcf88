//! Random storms, each step judged.

use breaker_sim::storm::{Verdict, replay, run_all};

/// How many storms; `breaker-sim storm --seeds N` runs any number.
const STORMS: u64 = 1_500;

#[test]
fn every_rule_holds_in_random_storms() {
    let broken = run_all(0, STORMS, |_| ());
    assert!(broken.is_empty(), "{}", told(&broken));
}

/// What was broken, and the command that shows it again.
fn told(broken: &[Verdict]) -> String {
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
    format!("storms {seeds:?} of {STORMS} broke a rule; {first}")
}
