//! A store of your own.
//!
//! A [`StateStore`](crate::StateStore) keeps one record a circuit and does what
//! [`Record::apply`](crate::Record::apply) says, atomically. It decides nothing,
//! retries nothing and caches nothing: the breaker bounds each operation by
//! [`Policy::store_timeout`](crate::Policy::store_timeout), leaves a store in
//! trouble alone for a growing while, and reads back what it cannot be sure of.
//!
//! Whatever can replace a value if it still is the one that was read will do.
//! Here such a store stands in for a database:
//!
//! ```
//! use std::{collections::HashMap, sync::Mutex};
//!
//! use breaker_core::{
//!     Change, CircuitName, Epoch, Consistency, Record, StateStore, StoreError, Timestamp,
//!     TransitionEvent,
//! };
//!
//! #[derive(Clone, Default)]
//! struct Row {
//!     version: u64,
//!     record: Record,
//!     trail: Vec<TransitionEvent>,
//! }
//!
//! #[derive(Default)]
//! struct Table(Mutex<HashMap<CircuitName, Row>>);
//!
//! impl Table {
//!     async fn select(&self, circuit: &CircuitName) -> Row {
//!         self.0.lock().unwrap().get(circuit).cloned().unwrap_or_default()
//!     }
//!
//!     /// `UPDATE … WHERE version = …`; whether a row was updated.
//!     async fn update(&self, circuit: &CircuitName, read: u64, row: Row) -> bool {
//!         let mut rows = self.0.lock().unwrap();
//!         let stored = rows.entry(circuit.clone()).or_default();
//!         let unchanged = stored.version == read;
//!         if unchanged {
//!             *stored = row;
//!         }
//!         unchanged
//!     }
//! }
//!
//! impl StateStore for Table {
//!     async fn load(&self, circuit: &CircuitName, _: Consistency) -> Result<Record, StoreError> {
//!         // A row that cannot be understood is `StoreError::Unreadable`, never
//!         // a closed circuit.
//!         Ok(self.select(circuit).await.record)
//!     }
//!
//!     async fn apply(
//!         &self,
//!         circuit: &CircuitName,
//!         basis: &Record,
//!         change: &Change,
//!         now: Timestamp,
//!     ) -> Result<Record, StoreError> {
//!         let mut row = self.select(circuit).await;
//!         let after = row.record.apply(basis.epoch, change, now)?;
//!         row.trail.extend(row.record.event_of(change, now));
//!         row.record = after.clone();
//!         let read = row.version;
//!         row.version += 1;
//!         if self.update(circuit, read, row).await {
//!             Ok(after)
//!         } else {
//!             Err(StoreError::Contended)
//!         }
//!     }
//!
//!     async fn events(
//!         &self,
//!         circuit: &CircuitName,
//!         since: Epoch,
//!         limit: u16,
//!     ) -> Result<Vec<TransitionEvent>, StoreError> {
//!         let trail = self.select(circuit).await.trail.into_iter();
//!         let after = trail.filter(|event| event.epoch > since);
//!         Ok(after.take(limit.into()).collect())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // In the tests of your store, with the feature `testing`:
//! breaker_core::store::contract::holds_for(&Table::default()).await;
//! # }
//! ```
//!
//! This one fails many reports of a busy fleet as
//! [`Contended`](crate::StoreError::Contended), which is allowed: they are told
//! again. A store that can *add* in place, as DynamoDB does, fails none: a
//! report only ever adds.
//!
//! Say what is true about errors: all but
//! [`NoAnswer`](crate::StoreError::NoAnswer) mean that a change had no effect.
