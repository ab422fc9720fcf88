//! The circuits' store, with the faults that somebody asked for.

use std::pin::Pin;

use breaker_core::{
    Change, CircuitName, Consistency, Epoch, Record, StateStore, StoreError, Timestamp,
    TransitionEvent,
};
use contract::FaultTarget;

use crate::faults::{InjectedFault, Injector};

/// Strikes the operations of a store.
#[derive(Clone)]
pub struct FaultyStore<S> {
    inner: S,
    faults: Injector,
}

impl<S> FaultyStore<S> {
    /// `inner`, struck by `faults`.
    pub fn new(inner: S, faults: Injector) -> Self {
        Self { inner, faults }
    }

    /// Takes boxes, or every future above would be as large as the SDK's.
    async fn struck<T>(
        &self,
        operation: Pin<Box<impl Future<Output = Result<T, StoreError>> + Send>>,
    ) -> Result<T, StoreError> {
        let struck = self.faults.around(FaultTarget::Store, operation).await;
        struck.map_err(|fault: InjectedFault| StoreError::NoAnswer(fault.to_string()))?
    }
}

impl<S: StateStore> StateStore for FaultyStore<S> {
    async fn load(
        &self,
        circuit: &CircuitName,
        consistency: Consistency,
    ) -> Result<Record, StoreError> {
        self.struck(Box::pin(self.inner.load(circuit, consistency)))
            .await
    }

    async fn apply(
        &self,
        circuit: &CircuitName,
        basis: &Record,
        change: &Change,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        self.struck(Box::pin(self.inner.apply(circuit, basis, change, now)))
            .await
    }

    async fn events(
        &self,
        circuit: &CircuitName,
        since: Epoch,
        limit: u16,
    ) -> Result<Vec<TransitionEvent>, StoreError> {
        self.struck(Box::pin(self.inner.events(circuit, since, limit)))
            .await
    }
}
