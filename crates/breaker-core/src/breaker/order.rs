//! An operator's orders.

use super::{Breaker, Snapshot};
use crate::{
    protocol::{Change, Conflict, Override, Record},
    store::{Reading, StateStore, StoreError},
    time::Clock,
};

/// How often an order is tried against a moving record.
const ATTEMPTS: u32 = 6;

impl<S: StateStore, C: Clock> Breaker<S, C> {
    /// Gives an operator's order, or takes it back with `None`, and returns
    /// the record after it.
    ///
    /// # Errors
    ///
    /// If the store fails, or the record moves faster than the order can be
    /// placed.
    pub async fn order(
        &self,
        order: Option<Override>,
        actor: &str,
    ) -> Result<Snapshot, StoreError> {
        let mut basis = self.inspect().await?.record;
        let change = Change::Order {
            order,
            actor: actor.to_owned(),
        };
        for _ in 0..ATTEMPTS {
            let record = match self.apply(&basis, &change).await {
                Ok(record) => record,
                Err(StoreError::Conflict(Conflict { current })) => {
                    basis = *current;
                    continue;
                }
                // It may or may not have been made.
                Err(error @ (StoreError::Contended | StoreError::NoAnswer(_))) => {
                    let found = self.load(Reading::Latest).await?;
                    if !change.shows_in(&found, basis.epoch) {
                        if found.epoch == basis.epoch && error != StoreError::Contended {
                            return Err(error);
                        }
                        basis = found;
                        continue;
                    }
                    found
                }
                Err(error) => return Err(error),
            };
            return Ok(self.noted(record));
        }
        Err(StoreError::Contended)
    }

    fn noted(&self, record: Record) -> Snapshot {
        let now = self.now();
        self.inner.member.hear(record.clone(), now);
        Snapshot { record, now }
    }
}
