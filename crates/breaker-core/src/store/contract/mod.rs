//! What every store must do, as tests: for a store of your own.
//!
//! [`holds_for`] runs all clauses against a store and panics at the first that
//! does not hold. The stores of this crate pass it too.
//!
//! ```toml
//! [dev-dependencies]
//! breaker-core = { version = "…", features = ["testing"] }
//! ```
//!
//! ```
//! use breaker_core::{MemoryStore, store::contract};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! contract::holds_for(&MemoryStore::new()).await;
//! # }
//! ```
//!
//! # What a store may do differently
//!
//! [`Record::apply`] is the definition, with this latitude:
//!
//! * What is stale, or evidence of an epoch that is over, may stay for a while.
//! * The record that a transition gives may lack traffic that others have
//!   reported since its basis was read; the stored record may not.
//! * Of changes that meet, some may be refused as
//!   [`StoreError::Contended`], which must then have had no effect.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a panic is how a clause says that it does not hold"
)]

mod closing;
mod leases;
mod overrides;
mod reports;
mod trail;
mod transitions;

use std::time::Duration;

use super::{CircuitName, Consistency, StateStore, StoreError};
use crate::{
    policy::Policy,
    protocol::{
        Cause, Change, Counts, Epoch, LeaseOwner, OnBehalf, Phase, Record, Report, Slot,
        TRAFFIC_SLOT, Tally, TransitionEvent,
    },
    time::{Clock, SystemClock, Timestamp},
};

/// Runs every clause of the contract against a store, each on a circuit of its
/// own. Their names begin with `contract-` and a random number, so a store
/// that is in use is not disturbed, and nothing is cleared away.
///
/// # Panics
///
/// If a clause does not hold, with what was found instead.
pub async fn holds_for(store: &impl StateStore) {
    let suite = Suite::new(store);
    Box::pin(reports::hold(&suite)).await;
    Box::pin(transitions::hold(&suite)).await;
    Box::pin(leases::hold(&suite)).await;
    Box::pin(closing::hold(&suite)).await;
    Box::pin(overrides::hold(&suite)).await;
    Box::pin(trail::hold(&suite)).await;
}

/// A store under test.
struct Suite<'a, S> {
    store: &'a S,
    prefix: String,
    start: Timestamp,
}

impl<'a, S: StateStore> Suite<'a, S> {
    fn new(store: &'a S) -> Self {
        let run = uuid::Uuid::new_v4().simple().to_string();
        let now = SystemClock.now().as_unix_ms();
        // A clause begins where all slots begin, whenever it is run.
        let slot = u64::try_from(TRAFFIC_SLOT.as_millis()).unwrap();
        Self {
            store,
            prefix: format!("contract-{}", &run[..12]),
            start: Timestamp::from_unix_ms(now - now % slot),
        }
    }

    /// A circuit that no other clause uses.
    fn circuit(&self, name: &str) -> Circuit<'a, S> {
        Circuit {
            store: self.store,
            name: format!("{}/{name}", self.prefix).parse().unwrap(),
            start: self.start,
        }
    }
}

/// A circuit in a store under test.
struct Circuit<'a, S> {
    store: &'a S,
    name: CircuitName,
    /// When the clause begins.
    start: Timestamp,
}

impl<S: StateStore> Circuit<'_, S> {
    /// Tries a change at the beginning.
    async fn apply(&self, basis: &Record, change: &Change) -> Result<Record, StoreError> {
        self.apply_at(self.start, basis, change).await
    }

    async fn apply_at(
        &self,
        now: Timestamp,
        basis: &Record,
        change: &Change,
    ) -> Result<Record, StoreError> {
        self.store.apply(&self.name, basis, change, now).await
    }

    /// Makes a change that nothing stands against.
    #[track_caller]
    fn make(&self, basis: &Record, change: &Change) -> impl Future<Output = Record> {
        self.make_at(self.start, basis, change)
    }

    #[track_caller]
    fn make_at(
        &self,
        now: Timestamp,
        basis: &Record,
        change: &Change,
    ) -> impl Future<Output = Record> {
        let caller = std::panic::Location::caller();
        async move {
            let made = self.apply_at(now, basis, change).await;
            made.unwrap_or_else(|error| {
                panic!("{caller}: {change:?} on {basis:?} must be made, not {error:?}")
            })
        }
    }

    /// Tries a change that comes too late, and gives the record that it met.
    async fn lose(&self, now: Timestamp, basis: &Record, change: &Change) -> Record {
        match self.apply_at(now, basis, change).await {
            Err(StoreError::Conflict(conflict)) => *conflict.current,
            other => panic!("{change:?} comes too late and must meet a conflict, not {other:?}"),
        }
    }

    async fn load(&self) -> Record {
        let found = self.store.load(&self.name, Consistency::Strong).await;
        found.expect("the record can be read")
    }

    async fn events(&self, since: u64, limit: u16) -> Vec<TransitionEvent> {
        let found = self.store.events(&self.name, Epoch(since), limit).await;
        found.expect("the events can be read")
    }

    /// A circuit that has just opened, on the evidence of the fleet.
    fn open(&self) -> Change {
        Change::Transition {
            to: Phase::Open {
                since: self.start,
                opened: self.start,
                until: self.start + OPEN_FOR,
                reopens: 0,
                doubt: 0,
            },
            cause: Cause::ConsecutiveFailures { failures: 5 },
            on_behalf: OnBehalf::Fleet,
        }
    }

    /// Opens the circuit and lets the first probe in.
    async fn half_open(&self, owner: u128) -> Record {
        let opened = self.make(&Record::default(), &self.open()).await;
        let later = self.start + OPEN_FOR;
        let plan = opened.plan_probe(&Policy::default(), later, LeaseOwner(owner));
        let plan = plan.expect("the open time is over, so there is a place");
        self.make_at(later, &opened, &plan.change).await
    }

    fn slot(&self) -> Slot {
        Slot::at(self.start, &Policy::default())
    }

    /// So many calls in the first slot, and how many of them failed.
    fn calls(&self, calls: u64, failures: u64) -> Tally {
        let counts = Counts {
            calls,
            failures,
            ..Counts::default()
        };
        Tally::from([(self.slot(), counts)])
    }

    fn total(&self, record: &Record) -> Counts {
        record
            .evidence
            .total(record.epoch, &Policy::default(), self.start)
    }
}

const OPEN_FOR: Duration = Duration::from_secs(5);

fn report(tally: Tally) -> Change {
    Change::Report(Report {
        tally,
        ..Report::default()
    })
}

/// A record without what may linger: evidence of other epochs.
fn essence(record: &Record) -> Record {
    let mut record = record.clone();
    let epoch = record.epoch;
    record.evidence.0.retain(|key, _| key.epoch == epoch);
    record
}

#[track_caller]
fn assert_same(found: &Record, expected: &Record) {
    assert_eq!(essence(found), essence(expected));
}
