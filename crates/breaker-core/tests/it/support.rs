//! Records, clocks and stores that tests start from.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use breaker_core::{
    Breaker, Change, CircuitName, MemoryStore, Policy, Record, StateStore, StoreError, Timestamp,
    TransitionEvent,
    protocol::{Counts, Draw, Epoch, LeaseOwner, Slot, Tally},
    store::Reading,
    time::ManualClock,
};

pub(crate) const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

pub(crate) fn name(text: &str) -> CircuitName {
    text.parse().unwrap()
}

pub(crate) fn draw(owner: u128) -> Draw {
    Draw {
        jitter: 0.5,
        owner: LeaseOwner(owner),
    }
}

pub(crate) fn tally(now: Timestamp, calls: u64, failures: u64) -> Tally {
    Tally::from([(
        Slot::at(now, &Policy::default()),
        Counts { calls, failures },
    )])
}

pub(crate) fn failures(now: Timestamp, count: u64) -> Change {
    Change::Count {
        tally: tally(now, count, count),
        stale: Vec::new(),
    }
}

/// A store that can be cut off, and counts how often it is asked.
#[derive(Debug, Default)]
pub(crate) struct Cuttable {
    pub(crate) inner: MemoryStore,
    mode: AtomicU8,
    pub(crate) operations: AtomicU64,
}

/// How a [`Cuttable`] store behaves.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub(crate) enum Mode {
    Working,
    Refusing,
    Silent,
    /// Does what it is asked, but the answer is lost.
    LosingReplies,
}

impl Cuttable {
    pub(crate) fn behave(&self, mode: Mode) {
        self.mode.store(mode as u8, Ordering::SeqCst);
    }

    async fn answer<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        self.operations.fetch_add(1, Ordering::SeqCst);
        match self.mode.load(Ordering::SeqCst) {
            0 => result,
            1 => Err(StoreError::Refused("throttled".to_owned())),
            _ => std::future::pending().await,
        }
    }

    fn loses_writes(&self) -> bool {
        matches!(self.mode.load(Ordering::SeqCst), 1 | 2)
    }
}

impl StateStore for Cuttable {
    async fn load(&self, circuit: &CircuitName, reading: Reading) -> Result<Record, StoreError> {
        let result = self.inner.load(circuit, reading).await;
        if self.mode.load(Ordering::SeqCst) == Mode::LosingReplies as u8 {
            // Only answers to writes are lost.
            return result;
        }
        self.answer(result).await
    }

    async fn apply(
        &self,
        circuit: &CircuitName,
        basis: &Record,
        change: &Change,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        let result = if self.loses_writes() {
            Ok(basis.clone())
        } else {
            self.inner.apply(circuit, basis, change, now).await
        };
        self.answer(result).await
    }

    async fn events(
        &self,
        circuit: &CircuitName,
        since: Epoch,
        limit: u16,
    ) -> Result<Vec<TransitionEvent>, StoreError> {
        let result = self.inner.events(circuit, since, limit).await;
        self.answer(result).await
    }
}

/// Several environments that share one store and one clock.
pub(crate) struct Fleet {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Arc<Cuttable>,
    pub(crate) environments: Vec<Breaker<Arc<Cuttable>, Arc<ManualClock>>>,
}

impl Fleet {
    pub(crate) fn of(size: usize) -> Self {
        let clock = Arc::new(ManualClock::starting_at(START));
        let store = Arc::new(Cuttable::default());
        let policy = Policy {
            open_jitter: 0.0,
            ..Policy::default()
        };
        let environments = (0..size)
            .map(|_| {
                let (store, clock) = (Arc::clone(&store), Arc::clone(&clock));
                Breaker::with_clock(name("orders"), policy.clone(), store, clock).unwrap()
            })
            .collect();
        Self {
            clock,
            store,
            environments,
        }
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    pub(crate) async fn record(&self) -> Record {
        self.store
            .inner
            .load(&name("orders"), Reading::Latest)
            .await
            .unwrap()
    }
}
