//! Talking to the store: bounded, one report at a time, and never fatal.

use std::future::Future;

use super::{
    Breaker, draw,
    view::{Staleness, Standing},
};
use crate::{
    protocol::{Change, Conflict, Phase, Record, Tally},
    store::{Reading, StateStore, StoreError},
    time::Clock,
};

/// Why a change was not made.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The record has moved on; what it is now is known now.
    Moved(Record),
    /// The store is in trouble.
    Trouble(StoreError),
}

impl<S: StateStore, C: Clock> Breaker<S, C> {
    /// Asks the store alongside a call, unless another call is at it.
    pub(super) async fn refresh_beside(&self) {
        if let Ok(_turn) = self.inner.contact.try_lock() {
            self.exchange().await;
        }
    }

    /// Asks the store before a decision, or waits for another call that is at
    /// it.
    pub(super) async fn refresh_before(&self) {
        let _turn = self.inner.contact.lock().await;
        if self.staleness() != Staleness::Fresh {
            self.exchange().await;
        }
    }

    /// Tells the fleet of a failure at once, unless another call has done so.
    pub(super) async fn report_failures(&self) {
        let _turn = self.inner.contact.lock().await;
        // Coming back to the fleet takes one exchange, reporting another.
        for _ in 0..2 {
            if self.leaves_the_store_alone() || !self.view().has_unreported_failures() {
                break;
            }
            self.exchange().await;
        }
        if self.leaves_the_store_alone() {
            self.carry_out_what_is_due().await;
        }
    }

    /// A store that did not answer a moment ago is not asked again just yet.
    fn leaves_the_store_alone(&self) -> bool {
        let now = self.now();
        let view = self.view();
        view.standing() == Standing::Alone
            && view.staleness(&self.inner.policy, now) == Staleness::Fresh
    }

    /// Reports what was counted and learns what the fleet knows; then carries
    /// out the transition that is due, if any.
    async fn exchange(&self) {
        let now = self.now();
        let (basis, standing, tally) = {
            let mut view = self.view();
            let tally = match view.standing() {
                Standing::WithFleet => view.take_unreported(&self.inner.policy, now),
                // First find out where the fleet stands.
                Standing::Alone => Tally::new(),
            };
            (view.fleet().clone(), view.standing(), tally)
        };
        if tally.is_empty() {
            self.learn(&basis, standing).await;
        } else {
            self.report(&basis, &tally).await;
        }
        self.carry_out_what_is_due().await;
    }

    async fn learn(&self, basis: &Record, standing: Standing) {
        let reading = match standing {
            Standing::WithFleet => Reading::Eventual,
            Standing::Alone => Reading::Latest,
        };
        let found = self.load(reading).await;
        let now = self.now();
        match (found, reading) {
            (Ok(record), Reading::Eventual) => self.view().glimpse(record, now),
            (Ok(record), Reading::Latest) => self.view().hear(record, basis.epoch, now),
            (Err(error), _) => self.miss(&error, &Tally::new()),
        }
    }

    async fn report(&self, basis: &Record, tally: &Tally) {
        let stale = basis
            .evidence
            .stale_keys(basis.epoch, &self.inner.policy, self.now());
        let change = Change::Count {
            tally: tally.clone(),
            stale,
        };
        match self.store_apply(basis, &change).await {
            Ok(record) => self.hear(record, basis),
            Err(StoreError::Conflict(Conflict { current })) => self.hear(*current, basis),
            Err(error) => {
                // Without an answer the fleet may know these calls: counting
                // twice would be worse than not counting.
                self.miss(&error, tally);
                if error.had_no_effect() {
                    self.view().put_back(basis.epoch, tally);
                }
            }
        }
    }

    /// Carries out the transition that the known record calls for.
    pub(super) async fn carry_out_what_is_due(&self) {
        let (basis, standing) = self.basis();
        let Some(change) = basis.due(&self.inner.policy, self.now(), draw()) else {
            return;
        };
        // Whoever loses the race has the winner's record now.
        match standing {
            Standing::Alone => drop(self.commit_alone(&basis, &change)),
            Standing::WithFleet => {
                if let Err(Refusal::Trouble(_)) = self.commit(&basis, &change).await {
                    drop(self.commit_alone(&basis, &change));
                }
            }
        }
    }

    /// The record that decisions are made on, and whose word it is.
    pub(super) fn basis(&self) -> (Record, Standing) {
        let view = self.view();
        (view.known().clone(), view.standing())
    }

    /// Makes a change to the fleet's record.
    ///
    /// If the store may or may not have made it, the store is asked before
    /// anything is concluded.
    pub(super) async fn commit(&self, basis: &Record, change: &Change) -> Result<Record, Refusal> {
        let error = match self.store_apply(basis, change).await {
            Ok(record) => {
                self.log_transition(basis, &record);
                self.hear(record.clone(), basis);
                return Ok(record);
            }
            Err(StoreError::Conflict(Conflict { current })) => {
                self.hear((*current).clone(), basis);
                return Err(Refusal::Moved(*current));
            }
            Err(error) => error,
        };
        if !matches!(error, StoreError::Contended | StoreError::NoAnswer(_)) {
            self.miss(&error, &Tally::new());
            return Err(Refusal::Trouble(error));
        }
        match self.load(Reading::Latest).await {
            Ok(record) => {
                self.hear(record.clone(), basis);
                if shows(&record, basis, change) {
                    self.log_transition(basis, &record);
                    Ok(record)
                } else if record.epoch == basis.epoch && error != StoreError::Contended {
                    Err(Refusal::Trouble(error))
                } else {
                    Err(Refusal::Moved(record))
                }
            }
            Err(unread) => {
                self.miss(&unread, &Tally::new());
                Err(Refusal::Trouble(error))
            }
        }
    }

    /// Makes a change to this process's own record.
    pub(super) fn commit_alone(&self, basis: &Record, change: &Change) -> Result<Record, Conflict> {
        let now = self.now();
        let record = self.view().carry_on(basis.epoch, change, now)?;
        self.log_transition(basis, &record);
        Ok(record)
    }

    fn hear(&self, record: Record, basis: &Record) {
        let now = self.now();
        self.view().hear(record, basis.epoch, now);
    }

    /// `unheard` are calls that were to be reported.
    fn miss(&self, error: &StoreError, unheard: &Tally) {
        let circuit = self.inner.circuit.as_str();
        tracing::warn!(circuit, %error, "the circuit's store is in trouble");
        let now = self.now();
        self.view().miss(unheard, now);
    }

    pub(super) fn staleness(&self) -> Staleness {
        let now = self.now();
        self.view().staleness(&self.inner.policy, now)
    }

    pub(super) async fn load(&self, reading: Reading) -> Result<Record, StoreError> {
        self.bounded(self.inner.store.load(&self.inner.circuit, reading))
            .await
    }

    async fn store_apply(&self, basis: &Record, change: &Change) -> Result<Record, StoreError> {
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
    let next = record.epoch == basis.epoch.next();
    match change {
        Change::TakeLease { slot, lease } => record.has_leased(*slot, lease.owner),
        // Others may have joined the probes since; the first lease tells.
        Change::Transition {
            to: Phase::HalfOpen { leases, .. },
            ..
        } => {
            next && leases
                .iter()
                .all(|(slot, lease)| record.has_leased(*slot, lease.owner))
        }
        // Timestamps and jitter make a phase as good as unique.
        Change::Transition { to, .. } => next && record.phase == *to,
        Change::ProbeSucceeded { slot, owner } | Change::ReleaseLease { slot, owner } => {
            record.epoch == basis.epoch && !record.has_leased(*slot, *owner)
        }
        Change::Order { order, .. } => next && record.standing_override == *order,
        Change::Count { .. } => false,
    }
}
