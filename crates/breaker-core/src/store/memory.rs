//! A store inside the process: for tests, and for a breaker of one process.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{CircuitName, Consistency, StateStore, StoreError};
use crate::{
    protocol::{Change, Epoch, Record, TransitionEvent},
    time::Timestamp,
};

/// Keeps records in memory; clones share nothing, so put it in an `Arc`.
#[derive(Debug, Default)]
pub struct MemoryStore {
    circuits: Mutex<HashMap<CircuitName, Circuit>>,
}

#[derive(Debug, Default)]
struct Circuit {
    record: Record,
    events: Vec<TransitionEvent>,
}

impl MemoryStore {
    /// A store that knows no circuit yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn circuits(&self) -> MutexGuard<'_, HashMap<CircuitName, Circuit>> {
        // A panic elsewhere cannot leave a record half written: records are
        // replaced whole.
        self.circuits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateStore for MemoryStore {
    async fn load(&self, circuit: &CircuitName, _: Consistency) -> Result<Record, StoreError> {
        Ok(self
            .circuits()
            .get(circuit)
            .map(|kept| kept.record.clone())
            .unwrap_or_default())
    }

    async fn apply(
        &self,
        circuit: &CircuitName,
        basis: &Record,
        change: &Change,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        let mut circuits = self.circuits();
        let kept = circuits.entry(circuit.clone()).or_default();
        let next = kept.record.apply(basis.epoch, change, now)?;
        kept.events.extend(kept.record.event_of(change, now));
        kept.record = next.clone();
        Ok(next)
    }

    async fn events(
        &self,
        circuit: &CircuitName,
        since: Epoch,
        limit: u16,
    ) -> Result<Vec<TransitionEvent>, StoreError> {
        let circuits = self.circuits();
        let events = circuits
            .get(circuit)
            .map(|kept| kept.events.as_slice())
            .unwrap_or_default();
        let after = events.iter().filter(|event| event.epoch > since);
        Ok(after.take(usize::from(limit)).cloned().collect())
    }
}

impl<S: StateStore> StateStore for std::sync::Arc<S> {
    async fn load(
        &self,
        circuit: &CircuitName,
        consistency: Consistency,
    ) -> Result<Record, StoreError> {
        S::load(self, circuit, consistency).await
    }

    async fn apply(
        &self,
        circuit: &CircuitName,
        basis: &Record,
        change: &Change,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        S::apply(self, circuit, basis, change, now).await
    }

    async fn events(
        &self,
        circuit: &CircuitName,
        since: Epoch,
        limit: u16,
    ) -> Result<Vec<TransitionEvent>, StoreError> {
        S::events(self, circuit, since, limit).await
    }
}
