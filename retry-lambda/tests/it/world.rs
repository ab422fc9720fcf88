//! The function with everything around it, in a corner of its own.

use std::{num::NonZeroU8, sync::Arc, time::Duration};

use breaker_core::{Breaker, MemoryStore, Override, OverrideMode, Policy, Timestamp};
use chrono::{DateTime, Utc};
use contract::{
    AttemptOutcome, Body, Command, Deadline, Dependency, Faults, IdempotencyKey, Item, ItemDraft,
    Read, Reply, Request, Response, Served, Source, Target, Unavailable, Write,
};
use lambda_kit::{
    cache::{Cache, CacheConfig},
    circuits,
    faults::{FaultInjection, Injector},
    iam::{AuthMode, Login},
    testing::{LambdaEndpoint, ManualClock, function_at, server},
};
use retry_lambda::{
    cache_aside::{CacheAside, Freshness},
    database::DatabaseConfig,
    handler::{Answer, Handler, InvocationError},
    repository::{self, CircuitRepository, Repository},
};
use serde_json::json;
use uuid::Uuid;

use crate::engine::{Engine, Session};

pub(crate) const START: DateTime<Utc> = DateTime::UNIX_EPOCH;
pub(crate) const FRESH_FOR: Duration = Freshness::LONGEST;
/// Ample: what tests claim does not depend on how busy the machine is.
pub(crate) const TIMEOUTS: Duration = Duration::from_mins(1);

/// Where the function's dependencies are.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) engine: Engine,
    pub(crate) database_url: String,
    pub(crate) database_limit: Duration,
    pub(crate) connections: NonZeroU8,
    pub(crate) cache: CacheConfig,
    pub(crate) fallback: Reply,
    /// Where all environments keep their circuits.
    pub(crate) circuits: Arc<MemoryStore>,
}

/// The hour of an environment, for its circuits.
pub(crate) struct Hour(Arc<ManualClock>);

impl breaker_core::Clock for Hour {
    fn now(&self) -> Timestamp {
        let ms = lambda_kit::clock::Clock::now(&*self.0).timestamp_millis();
        Timestamp::from_unix_ms(u64::try_from(ms).unwrap())
    }
}

impl Surroundings {
    /// A database and a corner of the cache that no other test uses; the
    /// fallback knows nothing. `None` if there are no servers.
    pub(crate) async fn fresh(engine: Engine) -> Option<Self> {
        let cache = server("TEST_CACHE_URL")?;
        let database_url = engine.create_database().await?;
        let cache = CacheConfig {
            namespace: format!("test-{}:", Uuid::now_v7()),
            limit: TIMEOUTS,
            ..CacheConfig::new(cache.parse().unwrap())
        };
        Some(Self {
            engine,
            database_url,
            database_limit: TIMEOUTS,
            connections: NonZeroU8::MIN,
            cache,
            fallback: Reply::Unavailable(Unavailable {
                dependency: Dependency::NothingCached,
                reason: "nothing is cached".to_owned(),
                setback: None,
                unchanged: false,
            }),
            circuits: Arc::default(),
        })
    }

    /// The function in these surroundings, in another execution environment.
    pub(crate) async fn environment(&self) -> Environment {
        let clock = Arc::new(ManualClock::at(START));
        let fallback = LambdaEndpoint::replying(self.fallback.clone()).await;
        let faults = Injector::new(FaultInjection::Allowed, clock.clone());
        let handler = Handler {
            items: CacheAside {
                database: Box::new(CircuitRepository::new(
                    self.repository(faults.clone(), clock.clone()),
                    self.circuit(circuits::DATABASE, &clock),
                )),
                cache: Cache::new(self.cache.clone(), Login::OfUrl, faults.clone())
                    .behind(self.circuit(circuits::CACHE, &clock)),
                freshness: Freshness::at_most(FRESH_FOR),
                lease_life: TIMEOUTS,
                clock: clock.clone(),
            },
            fallback: function_at(&fallback.url),
            faults,
            clock: clock.clone(),
        };
        Environment {
            handler,
            clock,
            fallback,
        }
    }

    /// The function with its migrations applied.
    pub(crate) async fn migrated_environment(&self) -> Environment {
        let environment = self.environment().await;
        environment.migrate().await.unwrap();
        environment
    }

    /// A handle of its own on one of the shared circuits.
    pub(crate) fn circuit(
        &self,
        name: &str,
        clock: &Arc<ManualClock>,
    ) -> Arc<Breaker<Arc<MemoryStore>, Hour>> {
        let store = Arc::clone(&self.circuits);
        let builder = Breaker::builder(name.parse().unwrap(), Policy::default(), store);
        let circuit = builder.clock(Hour(Arc::clone(clock))).build();
        Arc::new(circuit.unwrap())
    }

    /// Has somebody order that a circuit lets nobody through until `expires`.
    pub(crate) async fn hold_open(&self, circuit: &str, expires: DateTime<Utc>) {
        let operator = self.circuit(circuit, &Arc::new(ManualClock::at(START)));
        let order = Override {
            mode: OverrideMode::ForceOpen,
            reason: "it is being moved".to_owned(),
            actor: "ada".to_owned(),
            expires: operator.known().now + (expires - START).to_std().unwrap(),
        };
        operator.place_override(order).await.unwrap();
    }

    /// The items, with a connection of its own.
    pub(crate) fn repository(
        &self,
        faults: Injector,
        clock: Arc<ManualClock>,
    ) -> Box<dyn Repository> {
        let config = DatabaseConfig {
            url: self.database_url.parse().unwrap(),
            auth: AuthMode::Password,
            limit: self.database_limit,
            connections: self.connections,
        };
        repository::open(config, Login::OfUrl, faults, clock)
    }

    /// A connection beside the function's own.
    pub(crate) async fn connect(&self) -> Session {
        self.engine.connect(&self.database_url).await
    }
}

/// One execution environment of the function.
pub(crate) struct Environment {
    pub(crate) handler: Handler,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) fallback: LambdaEndpoint,
}

impl Environment {
    pub(crate) async fn migrate(&self) -> Result<Answer, InvocationError> {
        let ends_at = Deadline::after(START, TIMEOUTS * 2);
        self.handler
            .handle(json!({"command": "migrate"}), ends_at)
            .await
    }

    pub(crate) async fn try_command(&self, command: Command) -> Result<Reply, InvocationError> {
        self.try_command_before(command, Deadline::after(START, Duration::from_hours(1)))
            .await
    }

    pub(crate) async fn ask_before(&self, command: Command, deadline: Deadline) -> Reply {
        self.try_command_before(command, deadline).await.unwrap()
    }

    pub(crate) async fn try_command_before(
        &self,
        command: Command,
        deadline: Deadline,
    ) -> Result<Reply, InvocationError> {
        let responded = self.invoke_before(command, deadline).await;
        responded.map(|response| response.reply)
    }

    /// What was asked in order to answer, in order.
    pub(crate) async fn asked_for(&self, command: Command) -> Vec<(Target, AttemptOutcome)> {
        let deadline = Deadline::after(START, Duration::from_hours(1));
        let response = self.invoke_before(command, deadline).await.unwrap();
        let attempts = response.attempts.iter();
        attempts
            .map(|attempt| (attempt.target, attempt.outcome))
            .collect()
    }

    async fn invoke_before(
        &self,
        command: Command,
        deadline: Deadline,
    ) -> Result<Response, InvocationError> {
        let request = Request {
            request_id: "r-1".to_owned(),
            deadline,
            faults: Faults::default(),
            command,
        };
        let event = serde_json::to_value(request).unwrap();
        let ends_at = Deadline::after(START, Duration::from_hours(1));
        match self.handler.handle(event, ends_at).await? {
            Answer::Items(response) => Ok(response),
            Answer::Operator(reply) => panic!("expected a reply about items, got {reply:?}"),
        }
    }

    pub(crate) async fn read(&self, read: Read) -> Reply {
        self.try_command(Command::Read(read)).await.unwrap()
    }

    pub(crate) async fn get(&self, id: Uuid) -> Reply {
        self.read(Read::Get { id }).await
    }

    pub(crate) async fn write(&self, key: &IdempotencyKey, write: Write) -> Reply {
        self.try_command(command(key, write)).await.unwrap()
    }

    /// A new item, written under a key of its own.
    pub(crate) async fn create(&self, name: &str) -> Item {
        item(self.write(&new_key(), create(name)).await)
    }
}

pub(crate) fn new_key() -> IdempotencyKey {
    Uuid::now_v7().into()
}

pub(crate) fn command(key: &IdempotencyKey, write: Write) -> Command {
    Command::Write {
        idempotency_key: key.clone(),
        write,
    }
}

pub(crate) fn create(name: &str) -> Write {
    Write::Create {
        id: Uuid::now_v7(),
        draft: draft(name),
    }
}

pub(crate) fn draft(name: &str) -> ItemDraft {
    ItemDraft::parse(&json!({"name": name, "quantity": 3})).unwrap()
}

pub(crate) fn served(reply: Reply) -> Served {
    match reply {
        Reply::Served(served) => served,
        other => panic!("expected an answer, got {other:?}"),
    }
}

pub(crate) fn item(reply: Reply) -> Item {
    match served(reply).body {
        Body::Item(item) => item,
        other => panic!("expected an item, got {other:?}"),
    }
}

pub(crate) fn source(reply: Reply) -> Source {
    served(reply).source
}

pub(crate) fn unavailable(reply: Reply) -> Unavailable {
    match reply {
        Reply::Unavailable(unavailable) => unavailable,
        other => panic!("expected an unavailable dependency, got {other:?}"),
    }
}
