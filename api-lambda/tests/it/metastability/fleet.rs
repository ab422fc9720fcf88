//! Environments of the API Lambda, and clients that call whatever happens.

use std::{sync::Arc, time::Duration};

use api_lambda::path::{self, Call, Circuits, Path, Timeouts};
use aws_sdk_lambda::config::{BehaviorVersion, Region, retry::RetryConfig};
use breaker_core::{
    Breaker, CircuitName, Epoch, MemoryStore, Override, OverrideMode, Policy, State, StateStore,
    member::Seeded,
};
use contract::{
    AttemptOutcome, Command, Faults, IdempotencyKey, Read, Reply, Source, Target, Write,
};
use lambda_kit::{
    circuits::{FALLBACK, RETRY},
    clock::Clock,
    function::Function,
};
use tokio::{
    task::JoinSet,
    time::{sleep, sleep_until},
};
use uuid::Uuid;

use super::{
    dependency::{SERVICE_TIME, Server, WORKERS},
    ledger::{Ledger, Seconds},
    scenario::{Circuit, END, Protection, Scenario},
};
use crate::{paused_clock::PausedClock, wire::Wire};

/// Each has a breaker, a path and a retry budget of its own.
pub(super) const ENVIRONMENTS: u64 = 8;

/// Calls over what the dependency can do.
pub(super) const LOAD: f64 = 0.8;

/// As deployed by default.
pub(super) const TIMEOUTS: Timeouts = Timeouts {
    request: Duration::from_secs(10),
    attempt: Duration::from_secs(3),
    fallback: Duration::from_secs(2),
};

/// What clients do that were not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clients {
    GiveUp,
    /// They ask once more, after a second or two.
    AskAgain,
}

/// What a run shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) seconds: Seconds,
    /// When the circuit opened or closed, in seconds after the beginning.
    pub(super) transitions: Vec<(u64, State)>,
}

/// One run; everything follows from the seed.
pub(super) async fn run(scenario: Scenario, protection: Protection, seed: u64) -> Outcome {
    // The path draws its waits from the thread's generator.
    fastrand::seed(seed);
    let mut random = fastrand::Rng::with_seed(seed);
    let clock = PausedClock::starting_now();
    let ledger = Ledger::new();
    let store = Arc::new(MemoryStore::default());
    let wire = Server::behind_a_wire(scenario, clock, ledger.clone(), random.u64(..));
    let environments = environments(&store, &wire, protection, clock, &mut random).await;

    let mut clients = JoinSet::new();
    let rate = LOAD * f64::from(WORKERS) / SERVICE_TIME.as_secs_f64();
    let mut elapsed = Duration::ZERO;
    loop {
        // Poisson's arrivals: they do not wait for one another.
        elapsed += Duration::from_secs_f64(-(1.0 - random.f64()).ln() / rate);
        if elapsed >= Duration::from_secs(u64::try_from(END).unwrap()) {
            break;
        }
        sleep_until(clock.at(elapsed)).await;
        let client = Client {
            path: random.choice(&environments).unwrap().clone(),
            clock,
            ledger: ledger.clone(),
            random: random.fork(),
        };
        clients.spawn(client.call(scenario.clients));
    }
    clients.join_all().await;
    let transitions = transitions(&store, clock).await;
    Outcome {
        seconds: ledger.seconds(),
        transitions,
    }
}

async fn transitions(store: &MemoryStore, clock: PausedClock) -> Vec<(u64, State)> {
    let began = breaker_core::Clock::now(&clock).as_unix_ms()
        - u64::try_from(clock.elapsed().as_millis()).unwrap();
    let events = store.events(&circuit(), Epoch(0), u16::MAX).await.unwrap();
    events
        .iter()
        .map(|event| ((event.at.as_unix_ms() - began) / 1_000, event.to))
        .collect()
}

fn circuit() -> CircuitName {
    "retry".parse().unwrap()
}

async fn environments(
    store: &Arc<MemoryStore>,
    wire: &Wire<Server>,
    protection: Protection,
    clock: PausedClock,
    random: &mut fastrand::Rng,
) -> Vec<Path> {
    let lambda = aws_sdk_lambda::Client::from_conf(
        aws_sdk_lambda::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(wire.clone())
            .region(Region::from_static("us-east-1"))
            // Nobody checks signatures, and a debug build takes long for them.
            .allow_no_auth()
            .retry_config(RetryConfig::disabled())
            .build(),
    );
    let function = |name: &str| Function::new(lambda.clone(), name.to_owned());
    let mut paths = Vec::new();
    for _ in 0..ENVIRONMENTS {
        let circuits = Circuits::make(|name| {
            // No calls are made through those inside the Retry Lambda.
            let seed = match name {
                RETRY | FALLBACK => random.u64(..),
                _ => 0,
            };
            Breaker::builder(name.parse().unwrap(), Policy::default(), Arc::clone(store))
                .clock(clock)
                .entropy(Seeded::new(seed))
                .build()
        });
        let circuits = circuits.unwrap();
        if protection.circuit == Circuit::HeldClosed {
            circuits
                .retry
                .place_override(hold_closed(clock))
                .await
                .unwrap();
        }
        circuits
            .retry
            .warm_up(Duration::from_secs(1))
            .await
            .unwrap();
        paths.push(path::build(
            function("retry"),
            function("fallback"),
            circuits,
            TIMEOUTS,
            protection.retries.limits(),
            &Arc::new(clock),
        ));
    }
    paths
}

fn hold_closed(clock: PausedClock) -> Override {
    Override {
        mode: OverrideMode::ForceClosed,
        reason: "what if there were no circuit breaker".to_owned(),
        actor: "the test".to_owned(),
        expires: breaker_core::Clock::now(&clock) + Duration::from_hours(1),
    }
}

struct Client {
    path: Path,
    clock: PausedClock,
    ledger: Ledger,
    random: fastrand::Rng,
}

impl Client {
    async fn call(mut self, clients: Clients) {
        let command = self.command();
        let answered = self.is_answered(command.clone()).await;
        if !answered && clients == Clients::AskAgain {
            sleep(Duration::from_secs(1).mul_f64(1.0 + self.random.f64())).await;
            self.is_answered(command).await;
        }
    }

    /// As many reads, which have a fallback, as writes, which have none.
    fn command(&mut self) -> Command {
        let id = Uuid::from_u128(self.random.u128(..));
        if self.random.bool() {
            Command::Read(Read::Get { id })
        } else {
            Command::Write {
                idempotency_key: IdempotencyKey::from(id),
                write: Write::Delete { id, expected: None },
            }
        }
    }

    async fn is_answered(&self, command: Command) -> bool {
        let arrived = self.clock.elapsed();
        let call = Call::begin(
            "r".to_owned(),
            command,
            Faults::default(),
            TIMEOUTS,
            Clock::now(&self.clock),
        );
        let attempt_log = call.attempt_log.clone();
        let source = match path::send(&self.path, call).await {
            Ok(Reply::Served(served)) => Some(served.source),
            _ => None,
        };
        let attempts = attempt_log.attempts();
        let made = attempts.iter().filter(|attempt| {
            attempt.target == Target::Retry && attempt.outcome != AttemptOutcome::Rejected
        });
        let made = u32::try_from(made.count()).unwrap();
        self.ledger.note(arrived, |counts| {
            counts.calls += 1;
            counts.fresh += u32::from(source == Some(Source::Database));
            counts.degraded += u32::from(source == Some(Source::Fallback));
            counts.attempts += made;
        });
        source.is_some()
    }
}
