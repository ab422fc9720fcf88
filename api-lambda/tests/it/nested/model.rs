//! Environments of both Lambdas, and a database that is away for a while.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use api_lambda::path::{self, Call, Circuits, Path, RetryLimits, Timeouts};
use aws_sdk_lambda::config::{BehaviorVersion, Region, retry::RetryConfig};
use breaker_core::{
    Breaker, Cause, Change, CircuitName, Consistency, Epoch, MemoryStore, Outcome, Policy, Record,
    State, StateStore, StoreError, Timestamp, TransitionEvent, member::Seeded, protocol::Phase,
};
use chrono::DateTime;
use contract::{Body, Command, Faults, Read, Reply, Served, Setback, Source};
use lambda_kit::{
    circuit::{Circuit, through},
    circuits::{DATABASE, RETRY},
    clock::Clock,
    function::Function,
};
use tokio::{
    task::JoinSet,
    time::{sleep, sleep_until},
};
use uuid::Uuid;

use crate::{
    paused_clock::PausedClock,
    wire::{Functions, Wire},
};

/// Of each Lambda.
const ENVIRONMENTS: usize = 6;

/// Of the whole fleet, on average.
const CALLS_PER_S: f64 = 5.0;

/// When the outage begins.
const BEGINS: Duration = Duration::from_secs(40);

/// For how long the world goes on after it.
const AFTERWARDS: Duration = Duration::from_secs(90);

/// How long the database takes, well or not; and if it hangs, until one gives up.
const TAKES: Duration = Duration::from_millis(8);
const GIVEN_UP_AFTER: Duration = Duration::from_millis(1_500);

/// One way to the circuits' table.
const WAY: Duration = Duration::from_millis(3);

/// As deployed by default.
const TIMEOUTS: Timeouts = Timeouts {
    request: Duration::from_secs(10),
    attempt: Duration::from_secs(3),
    fallback: Duration::from_secs(2),
};

/// What becomes of the database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outage {
    pub(super) lasts: Duration,
    pub(super) hangs: bool,
}

/// What replies tell of the inner circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    All,
    /// As if the contract had no word for it.
    Nothing,
}

/// What became of both circuits.
pub(super) struct Run {
    pub(super) outage: Outage,
    retry: Vec<Move>,
    database: Vec<Move>,
    /// When the database failed calls.
    failures: Vec<Duration>,
}

/// A transition, or a probe that failed without one. The trail does not have all of them.
#[derive(Debug, Clone)]
struct Move {
    at: Duration,
    to: State,
    why: String,
}

impl fmt::Debug for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{:?} from {BEGINS:?} on", self.outage)?;
        for (circuit, moves) in [(RETRY, &self.retry), (DATABASE, &self.database)] {
            for Move { at, to, why } in moves {
                writeln!(formatter, "{circuit:>8} {at:>10.3?} {to}: {why}")?;
            }
        }
        Ok(())
    }
}

impl Run {
    fn moves(&self, circuit: &str) -> &[Move] {
        match circuit {
            RETRY => &self.retry,
            DATABASE => &self.database,
            other => panic!("{other} is not in the model"),
        }
    }

    pub(super) fn openings(&self, circuit: &str) -> usize {
        let moves = self.moves(circuit).iter();
        moves.filter(|moved| moved.to == State::Open).count()
    }

    /// How long after the end of the outage the circuit was closed for good.
    pub(super) fn closed_after_the_end(&self, circuit: &str) -> Option<Duration> {
        let ends = BEGINS + self.outage.lasts;
        match self.moves(circuit).last() {
            None => Some(Duration::ZERO),
            Some(last) => (last.to == State::Closed).then(|| last.at.saturating_sub(ends)),
        }
    }

    /// How many recoveries of the outer circuit failed although no call had just
    /// failed in the database.
    pub(super) fn recoveries_failed_in_vain(&self) -> usize {
        let failed = self
            .retry
            .iter()
            .filter(|moved| moved.why == "a probe failed");
        let in_vain = failed.filter(|moved| {
            let from = moved.at.saturating_sub(WAY * 10);
            let mut failures = self.failures.iter();
            !failures.any(|failure| (from..=moved.at).contains(failure))
        });
        in_vain.count()
    }

    /// How often the outer circuit went back to being open because the inner one was.
    pub(super) fn postponed(&self) -> usize {
        let postponed = |moved: &&Move| moved.why == "a probe met another circuit that is open";
        self.retry.iter().filter(postponed).count()
    }
}

/// One run; everything follows from the seed.
pub(super) async fn run(outage: Outage, said: Said, seed: u64) -> Run {
    // The path draws its waits from the thread's generator.
    fastrand::seed(seed);
    let mut random = fastrand::Rng::with_seed(seed);
    let clock = PausedClock::starting_now();
    let memory = Arc::new(MemoryStore::default());
    let store = Distant {
        memory,
        clock,
        moves: Arc::default(),
    };
    let inner = (0..ENVIRONMENTS).map(|_| circuit(DATABASE, &store, clock, &mut random));
    let server = Arc::new(Server {
        outage,
        said,
        clock,
        environments: inner.collect(),
        failures: Mutex::default(),
    });
    let paths: Vec<Path> = (0..ENVIRONMENTS)
        .map(|_| path(&server, &store, clock, &mut random))
        .collect();
    let mut clients = JoinSet::new();
    let mut elapsed = Duration::ZERO;
    let ends = BEGINS + outage.lasts + AFTERWARDS;
    while elapsed < ends {
        sleep_until(clock.at(elapsed)).await;
        let path = random.choice(&paths).unwrap().clone();
        let command = Command::Read(Read::Get { id: Uuid::nil() });
        let call = Call::begin(
            "r".to_owned(),
            command,
            Faults::default(),
            TIMEOUTS,
            clock.now(),
        );
        clients.spawn(async move { path::send(&path, call).await });
        // Poisson's arrivals: they do not wait for one another.
        elapsed += Duration::from_secs_f64(-(1.0 - random.f64()).ln() / CALLS_PER_S);
    }
    clients.join_all().await;
    let failures = std::mem::take(&mut *server.failures.lock().unwrap());
    Run {
        outage,
        retry: store.moves_of(RETRY),
        database: store.moves_of(DATABASE),
        failures,
    }
}

/// What two clocks may be apart.
fn apart() -> Duration {
    Policy::default().clock_skew * 2
}

/// A handle whose clock is as much ahead as clocks may differ, or not at all.
fn circuit(
    name: &str,
    store: &Distant,
    clock: PausedClock,
    random: &mut fastrand::Rng,
) -> Breaker<Distant, PausedClock> {
    let ahead = if random.bool() {
        apart()
    } else {
        Duration::ZERO
    };
    Breaker::builder(name.parse().unwrap(), Policy::default(), store.clone())
        .clock(clock.ahead_by(ahead))
        .entropy(Seeded::new(random.u64(..)))
        .build()
        .unwrap()
}

fn path(
    server: &Arc<Server>,
    store: &Distant,
    clock: PausedClock,
    random: &mut fastrand::Rng,
) -> Path {
    let lambda = aws_sdk_lambda::Client::from_conf(
        aws_sdk_lambda::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(Wire(Arc::clone(server)))
            .region(Region::from_static("us-east-1"))
            // Nobody checks signatures, and a debug build takes long for them.
            .allow_no_auth()
            .retry_config(RetryConfig::disabled())
            .build(),
    );
    let function = |name: &str| Function::new(lambda.clone(), name.to_owned());
    let circuits = Circuits::make(|name| Ok::<_, ()>(circuit(name, store, clock, random)));
    path::build(
        function("retry"),
        function("fallback"),
        circuits.unwrap(),
        TIMEOUTS,
        RetryLimits::default(),
        &Arc::new(clock),
    )
}

/// The circuits' table, some way off.
#[derive(Debug, Clone)]
struct Distant {
    memory: Arc<MemoryStore>,
    clock: PausedClock,
    /// Every move of each circuit.
    moves: Arc<Mutex<Vec<(CircuitName, Move)>>>,
}

impl Distant {
    fn moves_of(&self, circuit: &str) -> Vec<Move> {
        let moves = self.moves.lock().unwrap();
        let of_circuit = moves.iter().filter(|(name, _)| name.as_str() == circuit);
        of_circuit.map(|(_, moved)| moved.clone()).collect()
    }

    fn note(&self, circuit: &CircuitName, change: &Change) {
        let (to, why) = match change {
            Change::Transition { to, cause, .. } => {
                let to = match to {
                    Phase::Closed { .. } => State::Closed,
                    Phase::Open { .. } => State::Open,
                    Phase::HalfOpen { .. } => State::HalfOpen,
                };
                (to, cause.to_string())
            }
            Change::ProbeFailed { .. } => (State::HalfOpen, Cause::ProbeFailed.to_string()),
            _ => return,
        };
        let at = self.clock.elapsed();
        let moved = Move { at, to, why };
        self.moves.lock().unwrap().push((circuit.clone(), moved));
    }
}

impl StateStore for Distant {
    async fn load(
        &self,
        circuit: &CircuitName,
        consistency: Consistency,
    ) -> Result<Record, StoreError> {
        sleep(WAY).await;
        let found = self.memory.load(circuit, consistency).await;
        sleep(WAY).await;
        found
    }

    async fn apply(
        &self,
        circuit: &CircuitName,
        basis: &Record,
        change: &Change,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        sleep(WAY).await;
        let made = self.memory.apply(circuit, basis, change, now).await;
        if made.is_ok() {
            self.note(circuit, change);
        }
        sleep(WAY).await;
        made
    }

    async fn events(
        &self,
        circuit: &CircuitName,
        since: Epoch,
        limit: u16,
    ) -> Result<Vec<TransitionEvent>, StoreError> {
        self.memory.events(circuit, since, limit).await
    }
}

/// The Retry Lambda's environments and their database.
#[derive(Debug)]
struct Server {
    outage: Outage,
    said: Said,
    clock: PausedClock,
    environments: Vec<Breaker<Distant, PausedClock>>,
    failures: Mutex<Vec<Duration>>,
}

impl Functions for Server {
    /// As the Retry Lambda answers a read that the cache cannot.
    async fn retry(self: Arc<Self>, _: Vec<u8>) -> Reply {
        let environment = &self.environments[fastrand::usize(..self.environments.len())];
        let classify = |answer: &Result<(), ()>| Outcome::from_result(answer);
        let setback = match through(environment, self.database(), classify).await {
            Ok(Ok(())) => return served(Source::Database, None),
            Ok(Err(())) => Setback::Failed {
                open_until: environment.open_until(),
            },
            Err(withheld) => withheld.setback(),
        };
        let told = Some(setback).filter(|_| self.said == Said::All);
        served(Source::Fallback, told)
    }

    async fn fallback(&self) -> Reply {
        served(Source::Fallback, None)
    }
}

impl Server {
    async fn database(&self) -> Result<(), ()> {
        let down = BEGINS..BEGINS + self.outage.lasts;
        let is_down = down.contains(&self.clock.elapsed());
        sleep(if is_down && self.outage.hangs {
            GIVEN_UP_AFTER
        } else {
            TAKES
        })
        .await;
        if is_down {
            self.failures.lock().unwrap().push(self.clock.elapsed());
            return Err(());
        }
        Ok(())
    }
}

/// The path looks at where it came from alone.
fn served(source: Source, setback: Option<Setback>) -> Reply {
    Reply::Served(Served {
        body: Body::Deleted { id: Uuid::nil() },
        source,
        as_of: DateTime::UNIX_EPOCH,
        setback,
    })
}
