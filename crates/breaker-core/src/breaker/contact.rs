//! Running errands: bounded, and never fatal.

use std::future::Future;

use super::{Breaker, Deadline, Errand, Step};
use crate::{
    member::Operation,
    protocol::{Change, Record},
    store::{Reading, StateStore, StoreError},
    time::Clock,
};

impl<S: StateStore, C: Clock> Breaker<S, C> {
    /// Runs errands until nothing is left to do.
    pub(super) async fn see_to(&self, errand: Errand) {
        let mut step = Step::Ask(errand);
        while let Step::Ask(errand) = step {
            step = self.ask(errand).await;
        }
        self.tell_observer();
    }

    /// Asks the store on behalf of a call that waits, or waits for another
    /// call that is at it.
    pub(super) async fn ask_first(&self, errand: Errand, deadline: Option<Deadline>) -> Step {
        let member = &self.inner.member;
        if !self.leaves_time_to_ask(deadline) {
            return member.decline(errand, self.now());
        }
        let Ok(_turn) = self.inner.contact.try_lock() else {
            let turn = self.inner.contact.lock().await;
            let step = member.reconsider(errand, self.now());
            // What is still needed is asked for while it is this call's turn:
            // calls that pass the turn on to one another never come to ask.
            return match step {
                Step::Ask(errand) if self.leaves_time_to_ask(deadline) => self.ask(errand).await,
                Step::Ask(errand) => member.decline(errand, self.now()),
                Step::Admitted(_) | Step::Rejected(_) | Step::Done => {
                    drop(turn);
                    step
                }
            };
        };
        self.ask(errand).await
    }

    fn leaves_time_to_ask(&self, deadline: Option<Deadline>) -> bool {
        deadline.is_none_or(|deadline| {
            self.now() + self.policy().store_timeout + deadline.needs <= deadline.at
        })
    }

    async fn ask(&self, errand: Errand) -> Step {
        let answer = match errand.operation() {
            Operation::Load(reading) => self.load(*reading).await,
            Operation::Apply { basis, change } => self.apply(basis, change).await,
        };
        self.inner.member.answer(errand, answer, self.now())
    }

    pub(super) async fn load(&self, reading: Reading) -> Result<Record, StoreError> {
        self.bounded(self.inner.store.load(&self.inner.circuit, reading))
            .await
    }

    pub(super) async fn apply(
        &self,
        basis: &Record,
        change: &Change,
    ) -> Result<Record, StoreError> {
        let now = self.now();
        let (store, circuit) = (&self.inner.store, &self.inner.circuit);
        self.bounded(store.apply(circuit, basis, change, now)).await
    }

    pub(super) async fn bounded<T>(
        &self,
        operation: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        tokio::time::timeout(self.policy().store_timeout, operation)
            .await
            .unwrap_or_else(|_| Err(StoreError::NoAnswer("timed out".to_owned())))
    }
}
