//! Records, clocks and stores that tests start from.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use breaker_core::{
    Breaker, BreakerBuilder, Change, CircuitName, Clock, MemoryStore, Outcome, Policy, Record,
    StateStore, StoreError, Timestamp, TransitionEvent,
    member::Entropy,
    protocol::{
        Counts, Epoch, Heartbeats, LeaseOwner, Opening, Report, Slot, Suspicion, Tally, TrafficSlot,
    },
    store::Consistency,
    time::ManualClock,
};

pub(crate) const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

pub(crate) fn name(text: &str) -> CircuitName {
    text.parse().unwrap()
}

/// Opens for exactly the time that the policy says.
pub(crate) const OPENING: Opening = Opening {
    jitter: 0.5,
    retry_after: None,
};

pub(crate) fn owner(number: u128) -> LeaseOwner {
    LeaseOwner(number)
}

pub(crate) fn tally(now: Timestamp, calls: u64, failures: u64) -> Tally {
    Tally::from([(
        Slot::at(now, &Policy::default()),
        Counts {
            calls,
            failures,
            ..Counts::default()
        },
    )])
}

/// Failures in a row, as told by witnesses of a suspicion, in as many slots as
/// an outage must fill: the newest hold one each.
pub(crate) fn failures(now: Timestamp, count: u64) -> Change {
    let Slot(newest) = Slot::at(now, &Policy::default());
    let others = count.saturating_sub(2);
    let slots = [(newest - 2, others), (newest - 1, 1), (newest, 1)];
    let failed = |(slot, count)| {
        let counts = Counts {
            calls: count,
            failures: count,
            ..Counts::default()
        };
        (Slot(slot), counts)
    };
    let a_second_ago = Timestamp::from_unix_ms(now.as_unix_ms() - 1_000);
    Change::Report(Report {
        tally: slots.into_iter().map(failed).collect(),
        suspicion: Some(Suspicion::Raised(a_second_ago)),
        ..Report::default()
    })
}

pub(crate) fn report(tally: Tally) -> Change {
    Change::Report(Report {
        tally,
        ..Report::default()
    })
}

/// What a circuit's record shows that has had a call now and then for a while.
pub(crate) fn warm() -> Change {
    let earlier = Timestamp::from_unix_ms(START.as_unix_ms() - 60_000);
    let heartbeats = Heartbeats {
        arrivals: 6,
        contacts: 6,
        lifetime_ms: 60_000,
        refused: 0,
    };
    Change::Report(Report {
        heartbeats: Some((TrafficSlot::at(earlier), heartbeats)),
        ..Report::default()
    })
}

/// A store that can be made to misbehave, and counts how often it is asked.
#[derive(Debug, Default)]
pub(crate) struct Cuttable {
    pub(crate) inner: MemoryStore,
    mode: Mutex<Mode>,
    /// What a lagging read shows.
    past: Mutex<Record>,
    pub(crate) operations: AtomicU64,
    /// Of these, changes.
    pub(crate) writes: AtomicU64,
    writing: AtomicU64,
}

/// How a [`Cuttable`] store behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    #[default]
    Working,
    /// Every operation takes a while, there and back.
    Slow,
    Refusing,
    Throttling,
    Silent,
    /// Writes are done, but the answer is lost.
    LosingReplies,
    /// Reports are never answered; everything else works.
    SwallowingCounts,
    /// Reports are answered late, with what was true when they were made.
    AnsweringLate,
    /// Eventually consistent reads show what was true before this began.
    Lagging,
    /// A write that meets another is turned away, as in DynamoDB transactions.
    Contended,
}

const A_WHILE: Duration = Duration::from_millis(10);

impl Cuttable {
    pub(crate) fn behave(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    /// From now on eventually consistent reads show only what is true now.
    pub(crate) async fn lag(&self, circuit: &CircuitName) {
        let now = self.inner.load(circuit, Consistency::Strong).await.unwrap();
        *self.past.lock().unwrap() = now;
        self.behave(Mode::Lagging);
    }

    fn mode(&self) -> Mode {
        *self.mode.lock().unwrap()
    }

    /// What every operation meets.
    async fn meet(&self) -> Result<(), StoreError> {
        self.operations.fetch_add(1, Ordering::SeqCst);
        match self.mode() {
            Mode::Silent => std::future::pending().await,
            Mode::Refusing => Err(StoreError::Refused("forbidden".to_owned())),
            Mode::Throttling => Err(StoreError::Throttled),
            Mode::Slow => {
                tokio::time::sleep(A_WHILE).await;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl StateStore for Cuttable {
    async fn load(
        &self,
        circuit: &CircuitName,
        consistency: Consistency,
    ) -> Result<Record, StoreError> {
        self.meet().await?;
        if self.mode() == Mode::Lagging && consistency == Consistency::Eventual {
            return Ok(self.past.lock().unwrap().clone());
        }
        self.inner.load(circuit, consistency).await
    }

    async fn apply(
        &self,
        circuit: &CircuitName,
        basis: &Record,
        change: &Change,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.meet().await?;
        let mode = self.mode();
        if mode == Mode::SwallowingCounts && matches!(change, Change::Report(_)) {
            return std::future::pending().await;
        }
        if mode == Mode::Contended {
            let others = self.writing.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(A_WHILE).await;
            self.writing.fetch_sub(1, Ordering::SeqCst);
            if others > 0 {
                return Err(StoreError::Contended);
            }
        }
        let result = self.inner.apply(circuit, basis, change, now).await;
        let is_late = mode == Mode::AnsweringLate && matches!(change, Change::Report(_));
        if is_late || mode == Mode::Slow {
            tokio::time::sleep(A_WHILE).await;
        }
        if mode == Mode::LosingReplies {
            return std::future::pending().await;
        }
        result
    }

    async fn events(
        &self,
        circuit: &CircuitName,
        since: Epoch,
        limit: u16,
    ) -> Result<Vec<TransitionEvent>, StoreError> {
        self.meet().await?;
        self.inner.events(circuit, since, limit).await
    }
}

/// Draws the same each time, so that nothing happens by chance.
#[derive(Debug)]
pub(crate) struct Steady(pub(crate) f64);

impl Entropy for Steady {
    fn uniform(&mut self) -> f64 {
        self.0
    }

    fn owner(&mut self) -> LeaseOwner {
        LeaseOwner(fastrand::u128(..))
    }
}

/// One execution environment of a [`Fleet`].
pub(crate) type Environment = Breaker<Arc<Cuttable>, Arc<ManualClock>>;

/// Several environments that share one store and one clock.
pub(crate) struct Fleet {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Arc<Cuttable>,
    pub(crate) environments: Vec<Environment>,
}

impl Fleet {
    pub(crate) async fn of(size: usize) -> Self {
        let mut fleet = Self {
            clock: Arc::new(ManualClock::starting_at(START)),
            store: Arc::default(),
            environments: Vec::new(),
        };
        let (store, circuit) = (&fleet.store.inner, name("orders"));
        store
            .apply(&circuit, &Record::default(), &warm(), START)
            .await
            .unwrap();
        fleet.environments = (0..size).map(|_| fleet.environment()).collect();
        fleet
    }

    /// One more environment, which knows nothing yet.
    pub(crate) fn environment(&self) -> Environment {
        self.builder().build().unwrap()
    }

    /// An environment in the making, in which nothing happens by chance.
    pub(crate) fn builder(&self) -> BreakerBuilder<Arc<Cuttable>, Arc<ManualClock>> {
        self.builder_with(Policy::default())
    }

    pub(crate) fn builder_with(
        &self,
        mut policy: Policy,
    ) -> BreakerBuilder<Arc<Cuttable>, Arc<ManualClock>> {
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        policy.open_jitter = 0.0;
        Breaker::builder(name("orders"), policy, store)
            .clock(clock)
            .entropy(Steady(0.0))
    }

    /// Five calls in a row end like this, the last two of them a second after
    /// one another, by these environments in turn: where traffic is thin, five
    /// failures in three slots open the circuit.
    pub(crate) async fn end_five_times(&self, environments: &[Environment], outcome: Outcome) {
        for (before, environment) in environments.iter().cycle().take(5).enumerate() {
            if before >= 3 {
                self.advance(Duration::from_secs(1));
            }
            let down = async { Err::<(), _>("down") };
            let _ = environment.call(down, |_| outcome).await;
        }
    }

    /// A minute passes in which others have so much traffic.
    pub(crate) async fn promise(&self, calls_per_s: u64, processes: u64) {
        self.live(Duration::from_mins(1), calls_per_s, processes)
            .await;
    }

    /// Whole seconds pass in which others have so much traffic.
    pub(crate) async fn live(&self, time: Duration, calls_per_s: u64, processes: u64) {
        for _ in 0..time.as_secs() {
            let now = self.clock.now();
            let heartbeats = Heartbeats {
                arrivals: calls_per_s,
                contacts: 1,
                lifetime_ms: processes * 1_000,
                refused: 0,
            };
            let change = Change::Report(Report {
                heartbeats: Some((TrafficSlot::at(now), heartbeats)),
                ..Report::default()
            });
            let (basis, circuit) = (self.record().await, name("orders"));
            let told = self.store.inner.apply(&circuit, &basis, &change, now);
            told.await.unwrap();
            self.advance(Duration::from_secs(1));
        }
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    pub(crate) async fn record(&self) -> Record {
        self.store
            .inner
            .load(&name("orders"), Consistency::Strong)
            .await
            .unwrap()
    }
}
