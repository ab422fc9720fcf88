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
//! match breaker.call(charge(), Outcome::of_result).await {
//!     Ok(receipt) => receipt,
//!     Err(CallError::Rejected(rejection)) => println!("come back at {}", rejection.retry_at),
//!     Err(CallError::ProbeTimedOut) => println!("too slow"),
//!     Err(CallError::Inner(error)) => println!("failed: {error}"),
//! }
//! # Ok(())
//! # }
//! ```

mod call;
mod contact;
mod permit;
mod view;

#[cfg(feature = "tower")]
mod layer;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use call::{CallError, Outcome};
#[cfg(feature = "tower")]
pub use layer::{BreakerLayer, BreakerService};
pub use permit::Permit;

use self::{contact::Refusal, view::View};
use crate::{
    policy::{Policy, PolicyError},
    protocol::{Change, Draw, Epoch, LeaseOwner, Override, Record, TransitionEvent},
    store::{CircuitName, Reading, StateStore, StoreError},
    time::{Clock, SystemClock, Timestamp},
};

/// How often a change of an operator is tried against a moving record.
const ORDER_ATTEMPTS: u32 = 5;

/// A circuit breaker over the store `S`.
#[derive(Debug)]
pub struct Breaker<S, C = SystemClock> {
    inner: Arc<Inner<S, C>>,
}

#[derive(Debug)]
struct Inner<S, C> {
    circuit: CircuitName,
    policy: Policy,
    store: S,
    clock: C,
    view: Mutex<View>,
    /// Held while the store is being asked; one at a time is enough.
    contact: tokio::sync::Mutex<()>,
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
        Self::with_clock(circuit, policy, store, SystemClock)
    }
}

impl<S: StateStore, C: Clock> Breaker<S, C> {
    /// A breaker by another clock.
    ///
    /// # Errors
    ///
    /// If the policy does not make sense; every mistake is named.
    pub fn with_clock(
        circuit: CircuitName,
        policy: Policy,
        store: S,
        clock: C,
    ) -> Result<Self, PolicyError> {
        policy.check()?;
        let inner = Inner {
            circuit,
            policy,
            store,
            clock,
            view: Mutex::default(),
            contact: tokio::sync::Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The circuit's name.
    pub fn circuit(&self) -> &CircuitName {
        &self.inner.circuit
    }

    /// The circuit's rules.
    pub fn policy(&self) -> &Policy {
        &self.inner.policy
    }

    /// What this process knows just now, without asking the store.
    pub fn known(&self) -> Snapshot {
        Snapshot {
            record: self.view().known().clone(),
            now: self.now(),
        }
    }

    /// The record as the store has it.
    ///
    /// # Errors
    ///
    /// If the store does not answer in time or holds something unreadable.
    pub async fn inspect(&self) -> Result<Snapshot, StoreError> {
        let record = self.load(Reading::Latest).await?;
        Ok(Snapshot {
            record,
            now: self.now(),
        })
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
        let mut attempts = 0;
        loop {
            match self.commit(&basis, &change).await {
                Ok(record) => {
                    return Ok(Snapshot {
                        record,
                        now: self.now(),
                    });
                }
                Err(Refusal::Moved(current)) if attempts < ORDER_ATTEMPTS => {
                    attempts += 1;
                    basis = current;
                }
                Err(Refusal::Moved(_)) => return Err(StoreError::Contended),
                Err(Refusal::Trouble(error)) => return Err(error),
            }
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
        let load = self
            .inner
            .store
            .load(&self.inner.circuit, Reading::Eventual);
        let found = tokio::time::timeout(limit, load).await;
        let record = found.unwrap_or_else(|_| Err(StoreError::NoAnswer("timed out".to_owned())))?;
        let now = self.now();
        self.view().glimpse(record, now);
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    fn view(&self) -> MutexGuard<'_, View> {
        // A panic elsewhere cannot leave the view inconsistent: its fields are
        // replaced whole.
        self.inner
            .view
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Owners come from the operating system: environments that were started from
/// one image must not draw alike.
fn draw() -> Draw {
    Draw {
        jitter: fastrand::f64(),
        owner: LeaseOwner(uuid::Uuid::new_v4().as_u128()),
    }
}
