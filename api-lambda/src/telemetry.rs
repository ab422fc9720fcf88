//! What this function tells CloudWatch of its calls, its circuit and its store.

use std::pin::Pin;

use breaker_core::{
    Change, CircuitName, Epoch, Event, Observer, Reading, Record, StateStore, StoreError,
    Timestamp, TransitionEvent, observe::Traced,
};
use lambda_kit::metrics as names;
use metrics::{counter, histogram};
use tokio::time::Instant;

use crate::path::{Attempt, AttemptOutcome, Target};

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

/// Counts what happens in the breaker, beside telling it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counted(Traced);

impl Observer for Counted {
    fn on(&self, circuit: &str, event: &Event) {
        match event {
            Event::ProbeBegan => counter!(names::PROBES).increment(1),
            Event::Moved { .. } => counter!(names::CIRCUIT_TRANSITIONS).increment(1),
            _ => {}
        }
        self.0.on(circuit, event);
    }
}

/// Counts and times the operations of a store.
#[derive(Debug, Clone)]
pub struct MeasuredStore<S>(pub S);

impl<S> MeasuredStore<S> {
    /// Takes boxes, or every future above would be as large as the SDK's.
    async fn measured<T>(
        operation: Pin<Box<impl Future<Output = Result<T, StoreError>> + Send>>,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        let outcome = operation.await;
        counter!(names::STORE_OPERATIONS).increment(1);
        histogram!(names::STORE_TIME).record(began.elapsed().as_secs_f64() * 1_000.0);
        // That another was quicker is how a store works, and no failure of it.
        if let Err(error) = &outcome
            && !matches!(error, StoreError::Conflict(_) | StoreError::Contended)
        {
            counter!(names::STORE_FAILURES).increment(1);
        }
        outcome
    }
}

impl<S: StateStore> StateStore for MeasuredStore<S> {
    async fn load(&self, circuit: &CircuitName, reading: Reading) -> Result<Record, StoreError> {
        Self::measured(Box::pin(self.0.load(circuit, reading))).await
    }

    async fn apply(
        &self,
        circuit: &CircuitName,
        basis: &Record,
        change: &Change,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        Self::measured(Box::pin(self.0.apply(circuit, basis, change, now))).await
    }

    async fn events(
        &self,
        circuit: &CircuitName,
        since: Epoch,
        limit: u16,
    ) -> Result<Vec<TransitionEvent>, StoreError> {
        Self::measured(Box::pin(self.0.events(circuit, since, limit))).await
    }
}
