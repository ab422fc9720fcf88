//! Talking to the store: bounded, one at a time, and never fatal.

use std::future::Future;

use super::{Breaker, draw, view::Debt};
use crate::{
    protocol::{Change, Conflict, Record, Tally},
    store::{Reading, StateStore, StoreError},
    time::Clock,
};

/// Gives the contact back, also when its future is dropped half-way.
struct Contact<'a, S: StateStore, C: Clock>(&'a Breaker<S, C>);

impl<S: StateStore, C: Clock> Drop for Contact<'_, S, C> {
    fn drop(&mut self) {
        self.0.view().end_contact();
    }
}

impl<S: StateStore, C: Clock> Breaker<S, C> {
    /// Reports what was counted and learns what the fleet knows; then carries
    /// out the transition that is due, if any.
    pub(super) async fn contact(&self) {
        if self.view().begin_contact().is_none() {
            return;
        }
        let _contact = Contact(self);
        self.exchange().await;
        // Calls that failed meanwhile found the contact taken.
        let failures_wait = self.view().has_unreported_failures();
        if failures_wait && !self.store_is_away() {
            self.exchange().await;
        }
    }

    async fn exchange(&self) {
        let (basis, fresh) = {
            let mut view = self.view();
            (view.record.clone(), view.take_unreported())
        };
        if fresh.is_empty() && !self.view().is_in_debt() {
            self.learn().await;
        } else {
            self.report(&basis, &fresh).await;
        }
        self.carry_out_what_is_due().await;
    }

    async fn learn(&self) {
        match self.load(Reading::Eventual).await {
            Ok(record) => {
                let now = self.now();
                self.view().adopt_unless_older(record, now);
            }
            Err(error) => self.note_trouble(&error),
        }
    }

    async fn report(&self, basis: &Record, fresh: &Tally) {
        if self.store_is_away() {
            return self.count_alone(basis, fresh, Debt::Owed);
        }
        let stale = basis
            .evidence
            .stale_keys(basis.epoch, &self.inner.policy, self.now());
        let tally = self.view().with_owed(fresh);
        match self
            .store_apply(basis, &Change::Count { tally, stale })
            .await
        {
            Ok(record) => self.adopt(record, basis),
            Err(StoreError::Conflict(Conflict { current })) => self.adopt(*current, basis),
            Err(error) => {
                self.note_trouble(&error);
                // A refusal is certain to have had no effect. Otherwise the
                // fleet may have been told: counting twice would be worse than
                // not counting.
                let debt = match error {
                    StoreError::Refused(_) => Debt::Owed,
                    _ => Debt::Forgiven,
                };
                self.count_alone(basis, fresh, debt);
            }
        }
    }

    /// Counts calls in this process's own copy of the record.
    fn count_alone(&self, basis: &Record, fresh: &Tally, debt: Debt) {
        let change = Change::Count {
            tally: fresh.clone(),
            stale: Vec::new(),
        };
        if let Ok(record) = basis.apply(basis.epoch, &change, self.now()) {
            let mut view = self.view();
            view.carry_on(record);
            view.settle_debt(basis.epoch, fresh, debt);
        }
    }

    /// Carries out the transition that the known record calls for.
    pub(super) async fn carry_out_what_is_due(&self) {
        let basis = self.view().record.clone();
        if let Some(change) = basis.due(&self.inner.policy, self.now(), draw()) {
            // Whoever loses the race has the winner's record now.
            let _ = self.commit(&basis, &change).await;
        }
    }

    /// Applies a change that is more than a count.
    ///
    /// If the store is away the change is made on this process's own copy, so
    /// that its breaker goes on working by itself. If the store may or may not
    /// have made the change, it is asked.
    pub(super) async fn commit(&self, basis: &Record, change: &Change) -> Result<Record, Conflict> {
        if self.store_is_away() {
            return self.commit_alone(basis, change);
        }
        let outcome = match self.store_apply(basis, change).await {
            Err(StoreError::NoAnswer(reason)) => self.read_back(basis, change, reason).await,
            outcome => outcome,
        };
        match outcome {
            Ok(record) => {
                self.log_transition(basis, &record);
                self.adopt(record.clone(), basis);
                Ok(record)
            }
            Err(StoreError::Conflict(conflict)) => {
                self.adopt((*conflict.current).clone(), basis);
                Err(conflict)
            }
            Err(error) => {
                self.note_trouble(&error);
                self.commit_alone(basis, change)
            }
        }
    }

    fn commit_alone(&self, basis: &Record, change: &Change) -> Result<Record, Conflict> {
        let record = basis.apply(basis.epoch, change, self.now())?;
        self.log_transition(basis, &record);
        self.view().carry_on(record.clone());
        Ok(record)
    }

    /// After a write without an answer: is it there?
    async fn read_back(
        &self,
        basis: &Record,
        change: &Change,
        reason: String,
    ) -> Result<Record, StoreError> {
        let found = self.load(Reading::Latest).await;
        match found {
            Ok(record) if shows(&record, basis, change) => Ok(record),
            Ok(record) if record.epoch > basis.epoch => Err(Conflict {
                current: Box::new(record),
            }
            .into()),
            Ok(_) => Err(StoreError::Refused(format!(
                "{reason}, and the change is not there"
            ))),
            Err(error) => Err(error),
        }
    }

    fn adopt(&self, record: Record, basis: &Record) {
        let now = self.now();
        self.view().adopt(record, basis.epoch, now);
    }

    fn store_is_away(&self) -> bool {
        let now = self.now();
        self.view().store_is_away(&self.inner.policy, now)
    }

    pub(super) async fn load(&self, reading: Reading) -> Result<Record, StoreError> {
        self.bounded(self.inner.store.load(&self.inner.circuit, reading))
            .await
    }

    pub(super) async fn store_apply(
        &self,
        basis: &Record,
        change: &Change,
    ) -> Result<Record, StoreError> {
        let now = self.now();
        self.bounded(
            self.inner
                .store
                .apply(&self.inner.circuit, basis, change, now),
        )
        .await
    }

    pub(super) async fn bounded<T>(
        &self,
        operation: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        tokio::time::timeout(self.inner.policy.store_timeout, operation)
            .await
            .unwrap_or_else(|_| Err(StoreError::NoAnswer("timed out".to_owned())))
    }

    fn note_trouble(&self, error: &StoreError) {
        let circuit = self.inner.circuit.as_str();
        tracing::warn!(circuit, %error, "the circuit's store is in trouble");
        let now = self.now();
        self.view().missed(now);
    }

    fn log_transition(&self, from: &Record, to: &Record) {
        if from.epoch == to.epoch {
            return;
        }
        let now = self.now();
        tracing::info!(
            circuit = self.inner.circuit.as_str(),
            from = from.state(now).as_str(),
            to = to.state(now).as_str(),
            epoch = to.epoch.0,
            cause = to.cause.as_deref().unwrap_or_default(),
            "the circuit moved"
        );
    }
}

/// Whether `record` shows that `change`, decided on `basis`, has been made.
fn shows(record: &Record, basis: &Record, change: &Change) -> bool {
    match change {
        Change::TakeLease { slot, lease } => record.is_held(*slot, lease.owner),
        // Timestamps and lease owners make a phase as good as unique.
        Change::Transition { to, .. } => record.epoch == basis.epoch.next() && record.phase == *to,
        Change::ProbeSucceeded { slot, owner } | Change::ReleaseLease { slot, owner } => {
            record.epoch == basis.epoch && !record.is_held(*slot, *owner)
        }
        Change::Order { order, .. } => {
            record.epoch == basis.epoch.next() && record.standing_override == *order
        }
        Change::Count { .. } => false,
    }
}
