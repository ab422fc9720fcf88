//! A breaker around calls: the protocol with a clock and a store.
//!
//! One handle serves any number of concurrent calls; clones share everything.
//!
//! ```
//! use breaker_core::{Breaker, CallError, MemoryStore, Outcome, Policy};
//!
//! # async fn charge() -> Result<(), std::io::Error> { Ok(()) }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let breaker = Breaker::new("payments".parse()?, Policy::default(), MemoryStore::new())?;
//! match breaker.call(charge(), Outcome::from_result).await {
//!     Ok(receipt) => receipt,
//!     Err(CallError::Rejected(rejection)) => println!("come back at {}", rejection.retry_at),
//!     Err(CallError::ProbeTimedOut | CallError::DeadlineExceeded) => println!("too slow"),
//!     Err(CallError::Inner(error)) => println!("failed: {error}"),
//! }
//! # Ok(())
//! # }
//! ```

mod builder;
mod call;
mod drive;
mod keyed;
mod overrides;

#[cfg(feature = "tower")]
mod layer;

use std::{fmt, sync::Arc, time::Duration};

pub use builder::BreakerBuilder;
pub use call::{CallError, Deadline};
pub use keyed::KeyedBreakers;
#[cfg(feature = "tower")]
pub use layer::{BreakerLayer, BreakerService, NoDeadline, PerRequest, RequestDeadline};

use crate::{
    member::{Admission, Member, Permit},
    observe::Observer,
    outcome::Outcome,
    policy::{Policy, PolicyError},
    protocol::{Epoch, Record, Rejection, TransitionEvent},
    store::{CircuitName, Consistency, StateStore, StoreError},
    time::{Clock, SystemClock, Timestamp},
};

/// A circuit breaker over the store `S`.
#[derive(Debug)]
pub struct Breaker<S, C = SystemClock> {
    inner: Arc<Inner<S, C>>,
}

struct Inner<S, C> {
    circuit: CircuitName,
    member: Member,
    store: S,
    clock: C,
    observer: Box<dyn Observer>,
    /// Held while a call waits for the store's news; one at a time is enough.
    contact: tokio::sync::Mutex<()>,
}

impl<S: fmt::Debug, C> fmt::Debug for Inner<S, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Breaker")
            .field("circuit", &self.circuit)
            .field("member", &self.member)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl<S, C> Clone for Breaker<S, C> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

/// What a breaker knows of its circuit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The record.
    pub record: Record,
    /// The time of the answer.
    pub now: Timestamp,
}

impl<S: StateStore> Breaker<S> {
    /// A breaker by the operating system's clock.
    ///
    /// # Errors
    ///
    /// If the policy does not make sense; every mistake is named.
    pub fn new(circuit: CircuitName, policy: Policy, store: S) -> Result<Self, PolicyError> {
        Self::builder(circuit, policy, store).build()
    }

    /// A breaker of which more than the circuit, the policy and the store is
    /// to be chosen.
    pub fn builder(circuit: CircuitName, policy: Policy, store: S) -> BreakerBuilder<S> {
        BreakerBuilder::new(circuit, policy, store)
    }
}

impl<S: StateStore, C: Clock> Breaker<S, C> {
    /// The circuit's name.
    pub fn circuit(&self) -> &CircuitName {
        &self.inner.circuit
    }

    /// The circuit's rules.
    pub fn policy(&self) -> &Policy {
        self.inner.member.policy()
    }

    /// What this process knows just now, without asking the store.
    pub fn known(&self) -> Snapshot {
        Snapshot {
            record: self.inner.member.known(),
            now: self.now(),
        }
    }

    /// Decides about a call.
    ///
    /// No I/O while the circuit is closed and known well enough.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] says why, and when to come back.
    pub async fn admit(&self) -> Result<Permit, Rejection> {
        match self.inner.member.begin(&self.inner.clock) {
            Admission::Admitted(permit) if permit.is_plain() => Ok(permit),
            admission => Box::pin(self.decide(admission, None)).await,
        }
    }

    /// Asks the store as long as that is what the decision about a call takes.
    ///
    /// On the heap, as all that talks to the store: the future of a call that
    /// asks nobody stays small.
    async fn decide(
        &self,
        mut admission: Admission,
        deadline: Option<Deadline>,
    ) -> Result<Permit, Rejection> {
        let decision = loop {
            match admission {
                Admission::Admitted(permit) => break Ok(permit),
                Admission::Rejected(rejection) => break Err(rejection),
                Admission::Pending(request) => {
                    admission = self.ask_first(request, deadline).await;
                }
            }
        };
        self.tell_observer();
        decision
    }

    /// Takes a permit back with what became of the call.
    ///
    /// A failure is reported to the fleet at once; a success is if the fleet
    /// suspects an outage, and else is merely counted. A permit from
    /// [`Breaker::admit`] may carry a request that is due: [`Breaker::call`]
    /// performs it beside the call, here it is performed now.
    pub async fn record(&self, mut permit: Permit, outcome: Outcome) {
        if let Some(report) = permit.take_report() {
            Box::pin(self.drive(report)).await;
        }
        match self.inner.member.end(permit, outcome, &self.inner.clock) {
            Some(report) => Box::pin(self.drive(report)).await,
            None => self.tell_observer(),
        }
    }

    /// Learns the fleet's state before the first call, with more time than a
    /// call would give: opening the first connection takes a while.
    ///
    /// # Errors
    ///
    /// If the store does not answer within `limit`, or holds something
    /// unreadable. Calls can be made all the same.
    pub async fn warm_up(&self, limit: Duration) -> Result<(), StoreError> {
        let known = self.inner.member.known_epoch();
        let load = self
            .inner
            .store
            .load(&self.inner.circuit, Consistency::Strong);
        let found = tokio::time::timeout(limit, load).await;
        let record = found.unwrap_or_else(|_| Err(StoreError::NoAnswer("timed out".to_owned())))?;
        self.inner
            .member
            .on_strong_read(record, known, &self.inner.clock);
        Ok(())
    }

    /// The record as the store has it.
    ///
    /// # Errors
    ///
    /// If the store does not answer in time or holds something unreadable.
    pub async fn inspect(&self) -> Result<Snapshot, StoreError> {
        let known = self.inner.member.known_epoch();
        let record = self.load(Consistency::Strong).await?;
        let now = self.now();
        self.inner
            .member
            .on_strong_read(record.clone(), known, &self.inner.clock);
        Ok(Snapshot { record, now })
    }

    /// Transitions after epoch `since`, oldest first, at most `limit`.
    ///
    /// # Errors
    ///
    /// If the store does not answer in time or holds something unreadable.
    pub async fn events(
        &self,
        since: Epoch,
        limit: u16,
    ) -> Result<Vec<TransitionEvent>, StoreError> {
        self.bounded(self.inner.store.events(&self.inner.circuit, since, limit))
            .await
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    fn tell_observer(&self) {
        for event in self.inner.member.take_events() {
            self.inner.observer.on(self.inner.circuit.as_str(), &event);
        }
    }
}
