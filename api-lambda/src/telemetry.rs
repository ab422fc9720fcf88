//! What this function tells CloudWatch of its calls.

use contract::{Attempt, AttemptOutcome, Target};
use lambda_kit::metrics as names;
use metrics::{counter, histogram};

/// Counts what was tried for one request.
pub(crate) fn count_attempts(attempts: &[Attempt]) {
    let (mut admitted, mut rejected) = (0_u32, 0_u32);
    for attempt in attempts {
        match (attempt.target, attempt.outcome) {
            (Target::Retry, AttemptOutcome::Rejected) => rejected += 1,
            (Target::Retry, outcome) => {
                admitted += 1;
                count_fallback(outcome);
            }
            (Target::Fallback, outcome) => count_fallback(outcome),
            // What the functions ask is counted by them.
            (Target::Database | Target::Cache, _) => {}
        }
    }
    counter!(names::ATTEMPTS_ADMITTED).increment(admitted.into());
    counter!(names::ATTEMPTS_REJECTED).increment(rejected.into());
    let all = admitted + rejected;
    counter!(names::RETRIES).increment(all.saturating_sub(1).into());
    histogram!(names::ATTEMPTS_PER_REQUEST).record(all);
}

fn count_fallback(outcome: AttemptOutcome) {
    if outcome == AttemptOutcome::Degraded {
        counter!(names::FALLBACK_SERVED).increment(1);
    }
}

/// What the fallback says, beside what was just read the normal way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// The same, or something newer.
    Same,
    /// Something older, or that there is nothing.
    Different,
    /// Nothing.
    Unavailable,
}

/// Counts a healthy read that asked the fallback as well.
pub(crate) fn count_comparison(comparison: Comparison) {
    counter!(names::FALLBACK_SAMPLED).increment(1);
    if comparison != Comparison::Same {
        tracing::warn!(
            ?comparison,
            "the fallback would not have served this read well"
        );
        counter!(names::FALLBACK_UNFIT).increment(1);
    }
}
