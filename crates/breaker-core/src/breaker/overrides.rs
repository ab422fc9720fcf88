//! An operator's overrides.

use super::{Breaker, Snapshot};
use crate::{
    member::{OverrideRequest, OverrideStep},
    protocol::Override,
    store::{StateStore, StoreError},
    time::Clock,
};

impl<S: StateStore, C: Clock> Breaker<S, C> {
    /// Places an operator's override, which stands above the rules until it
    /// expires, and returns the record that shows it. It replaces the one that
    /// stands.
    ///
    /// # Errors
    ///
    /// If the store fails, or the record moves faster than the override can be
    /// written. After [`StoreError::NoAnswer`] it may or may not be in force.
    /// [`StoreError::Refused`] if it would last for more than 24 hours, or if
    /// its reason or its actor has more than 1,000 bytes.
    pub async fn place_override(&self, placed: Override) -> Result<Snapshot, StoreError> {
        let request = self.inner.member.place_override(placed);
        self.follow_override(request).await
    }

    /// Withdraws the override that stands, and returns the record after it.
    ///
    /// # Errors
    ///
    /// As for [`place_override`](Self::place_override).
    pub async fn withdraw_override(&self, actor: &str) -> Result<Snapshot, StoreError> {
        let request = self.inner.member.withdraw_override(actor);
        self.follow_override(request).await
    }

    async fn follow_override(&self, mut request: OverrideRequest) -> Result<Snapshot, StoreError> {
        let done = loop {
            let answer = self.perform(request.operation()).await;
            let step = self
                .inner
                .member
                .answer_override(request, answer, &self.inner.clock);
            match step {
                OverrideStep::Done(record) => break Ok(record),
                OverrideStep::Failed(error) => break Err(error),
                OverrideStep::Pending(next) => request = next,
            }
        };
        self.tell_observer();
        let now = self.now();
        done.map(|record| Snapshot { record, now })
    }
}
