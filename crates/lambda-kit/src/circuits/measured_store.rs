//! The circuits' store, counted and timed.

use std::pin::Pin;

use breaker_core::{
    Change, CircuitName, Epoch, Reading, Record, StateStore, StoreError, Timestamp, TransitionEvent,
};
use metrics::{counter, histogram};
use tokio::time::Instant;

use crate::metrics as names;

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
