//! A few environments of the API Lambda in paused time, in front of functions that do
//! as a script says.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use api_lambda::path::{self, Call, Circuits, Path, PathError, RetryLimits, Timeouts};
use aws_sdk_lambda::config::{BehaviorVersion, Region, retry::RetryConfig};
use breaker_core::{
    Breaker, Epoch, MemoryStore, Policy, Snapshot, State, StateStore, member::Seeded,
};
use chrono::DateTime;
use contract::{
    Body, Command, Dependency, Faults, IdempotencyKey, Read, Reply, Served, Source, Target,
    Unavailable, Write,
};
use lambda_kit::{circuits::RETRY, clock::Clock, function::Function};
use tokio::{task::JoinSet, time::sleep_until};
use uuid::Uuid;

use crate::{
    paused_clock::PausedClock,
    wire::{Functions, Throttled, Wire},
};

/// Each has a breaker, a path and a retry budget of its own.
const ENVIRONMENTS: usize = 4;

/// As deployed by default.
const TIMEOUTS: Timeouts = Timeouts {
    request: Duration::from_secs(10),
    attempt: Duration::from_secs(3),
    fallback: Duration::from_secs(2),
};

/// What a function takes.
const TAKES: Duration = Duration::from_millis(20);

/// What becomes of an invocation so long after the beginning, with a number that is
/// uniform from 0 to 1.
pub(crate) type Script = fn(Target, Duration, f64) -> Met;

/// What an invocation meets.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Met {
    /// The function, and all is well.
    Well,
    /// The function, which fails.
    Failing,
    /// No capacity, with what Lambda says of the wait.
    Throttled(Option<u32>),
}

/// Functions that do as the script says.
struct Server {
    script: Script,
    clock: PausedClock,
    random: Mutex<fastrand::Rng>,
    /// Every invocation: of what, when, and what it met.
    invocations: Mutex<Vec<(Target, Duration, Met)>>,
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Server")
    }
}

impl Functions for Server {
    fn throttle(&self, function: Target) -> Option<Throttled> {
        let now = self.clock.elapsed();
        let draw = self.random.lock().unwrap().f64();
        let met = (self.script)(function, now, draw);
        self.invocations.lock().unwrap().push((function, now, met));
        match met {
            Met::Throttled(retry_after) => Some(Throttled { retry_after }),
            Met::Well | Met::Failing => None,
        }
    }

    async fn retry(self: Arc<Self>, _: Vec<u8>) -> Reply {
        // The same as above: nothing else happens at this moment of paused time.
        let met = self.invocations.lock().unwrap().last().copied();
        tokio::time::sleep(TAKES).await;
        if matches!(met, Some((_, _, Met::Failing))) {
            let reason = "connection refused".to_owned();
            return Reply::Unavailable(Unavailable {
                dependency: Dependency::Database,
                reason,
                setback: None,
                unchanged: false,
            });
        }
        served(Source::Database)
    }

    async fn fallback(&self) -> Reply {
        served(Source::Fallback)
    }
}

/// The path looks at where it came from alone.
fn served(source: Source) -> Reply {
    Reply::Served(Served {
        body: Body::Deleted { id: Uuid::nil() },
        source,
        as_of: DateTime::UNIX_EPOCH,
        setback: None,
    })
}

/// So long after the beginning, to what, and why.
pub(crate) type Move = (Duration, State, String);

pub(crate) struct World {
    pub(crate) clock: PausedClock,
    store: Arc<MemoryStore>,
    server: Arc<Server>,
    circuits: Vec<Circuits<Arc<MemoryStore>, PausedClock>>,
    paths: Vec<Path>,
    random: fastrand::Rng,
}

impl World {
    /// Everything in it follows from the script.
    pub(crate) fn with(script: Script) -> Self {
        // The path draws its waits from the thread's generator.
        fastrand::seed(1);
        let mut random = fastrand::Rng::with_seed(1);
        let clock = PausedClock::starting_now();
        let store = Arc::new(MemoryStore::default());
        let server = Arc::new(Server {
            script,
            clock,
            random: Mutex::new(random.fork()),
            invocations: Mutex::default(),
        });
        let circuits: Vec<_> = (0..ENVIRONMENTS)
            .map(|_| {
                Circuits::make(|name| {
                    let name = name.parse().unwrap();
                    Breaker::builder(name, Policy::default(), Arc::clone(&store))
                        .clock(clock)
                        .entropy(Seeded::new(random.u64(..)))
                        .build()
                })
                .unwrap()
            })
            .collect();
        let lambda = aws_sdk_lambda::Client::from_conf(
            aws_sdk_lambda::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .http_client(Wire(Arc::clone(&server)))
                .region(Region::from_static("us-east-1"))
                .allow_no_auth()
                .retry_config(RetryConfig::disabled())
                .build(),
        );
        let function = |name: &str| Function::new(lambda.clone(), name.to_owned());
        let path = |circuits: &Circuits<_, _>| {
            path::build(
                function("retry"),
                function("fallback"),
                circuits.clone(),
                TIMEOUTS,
                RetryLimits::default(),
                &Arc::new(clock),
            )
        };
        let paths = circuits.iter().map(path).collect();
        Self {
            clock,
            store,
            server,
            circuits,
            paths,
            random,
        }
    }

    /// Sends one command through the environment with that number.
    pub(crate) async fn send(
        &self,
        environment: usize,
        command: Command,
    ) -> (Result<Reply, PathError>, path::AttemptLog) {
        let call = self.call(command);
        let attempt_log = call.attempt_log.clone();
        (
            path::send(&self.paths[environment], call).await,
            attempt_log,
        )
    }

    fn call(&self, command: Command) -> Call {
        let now = Clock::now(&self.clock);
        Call::begin("r".to_owned(), command, Faults::default(), TIMEOUTS, now)
    }

    /// Sends reads at this rate until so long after the beginning, whatever becomes of
    /// them, and tells how many were sent.
    pub(crate) async fn read_until(&mut self, ends: Duration, per_s: f64) -> usize {
        let mut clients = JoinSet::new();
        let mut at = self.clock.elapsed();
        let mut sent = 0;
        while at < ends {
            sleep_until(self.clock.at(at)).await;
            let path = self.random.choice(&self.paths).unwrap().clone();
            let call = self.call(read());
            clients.spawn(async move { path::send(&path, call).await });
            sent += 1;
            // Poisson's arrivals: they do not wait for one another.
            at += Duration::from_secs_f64(-(1.0 - self.random.f64()).ln() / per_s);
        }
        clients.join_all().await;
        sent
    }

    /// Every invocation of that function so far: when, and what it met.
    pub(crate) fn invocations(&self, of: Target) -> Vec<(Duration, Met)> {
        let all = self.server.invocations.lock().unwrap();
        let all = all.iter().filter(|(target, _, _)| *target == of);
        all.map(|(_, at, met)| (*at, *met)).collect()
    }

    /// What the fleet's record says of the circuit in front of the Retry Lambda.
    pub(crate) async fn record(&self) -> Snapshot {
        self.circuits[0].retry.inspect().await.unwrap()
    }

    /// Every move of that circuit.
    pub(crate) async fn moves(&self) -> Vec<Move> {
        self.moves_of(RETRY).await
    }

    pub(crate) async fn moves_of(&self, circuit: &str) -> Vec<Move> {
        let name = circuit.parse().unwrap();
        let events = self.store.events(&name, Epoch(0), u16::MAX).await.unwrap();
        let now = breaker_core::Clock::now(&self.clock);
        let elapsed = self.clock.elapsed();
        let moves = events.into_iter().map(|event| {
            let at = elapsed.saturating_sub(now.since(event.at));
            (at, event.to, event.reason)
        });
        moves.collect()
    }
}

pub(crate) fn read() -> Command {
    Command::Read(Read::Get { id: Uuid::nil() })
}

pub(crate) fn write() -> Command {
    Command::Write {
        idempotency_key: IdempotencyKey::from(Uuid::nil()),
        write: Write::Delete {
            id: Uuid::nil(),
            expected: None,
        },
    }
}
