//! The one connection, and what is asked over it.
//!
//! It is made when first needed; requests that need it at the same time wait for
//! the one that makes it. An execution environment that was frozen may
//! hold a dead one, which shows only when it is used; it is then replaced once,
//! within the same limit. A connection manager that reconnects in the background
//! would not help: while frozen, nothing runs in the background.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use contract::FaultTarget;
use redis::{
    AsyncConnectionConfig, FromRedisValue, Pipeline, RedisError, Value, aio::MultiplexedConnection,
};
use tokio::{sync::Mutex as AsyncMutex, time::timeout};

use super::{CacheConfig, CacheError, Failure};
use crate::{faults::Injector, iam::Login};

/// One or several commands that are sent together and answered one by one.
pub(super) struct Question(Pipeline);

/// What the cache answered to the commands of a question, in their order.
pub(super) struct Answers(std::vec::IntoIter<Result<Value, Failure>>);

impl Question {
    pub(super) fn of(commands: impl IntoIterator<Item = redis::Cmd>) -> Self {
        let mut pipeline = Pipeline::new();
        // Each command's refusal is an answer of its own.
        pipeline.ignore_errors();
        for command in commands {
            pipeline.add_command(command);
        }
        Self(pipeline)
    }
}

impl From<redis::Cmd> for Question {
    fn from(command: redis::Cmd) -> Self {
        Self::of([command])
    }
}

impl Answers {
    /// The answer to the next command.
    pub(super) fn next<T: FromRedisValue>(&mut self) -> Result<T, Failure> {
        let answer = self.0.next().ok_or(Failure::UnexpectedAnswer)??;
        T::from_redis_value(answer).map_err(|_| Failure::UnexpectedAnswer)
    }

    /// Whether a connection that gives such answers is worth keeping. A server
    /// that has been demoted, or has forgotten the login, is left for the one at
    /// its address now.
    fn come_from_a_server_that_is_well(&self) -> bool {
        let mut refusals = self
            .0
            .as_slice()
            .iter()
            .filter_map(|one| one.as_ref().err());
        refusals.all(Failure::is_about_the_command)
    }
}

/// A connection, and which one it is: the first has number 1.
#[derive(Clone)]
struct Connection {
    number: u64,
    wire: MultiplexedConnection,
}

/// The cache's address, and the connection there, if there is one.
pub(super) struct Line {
    config: CacheConfig,
    login: Login,
    faults: Injector,
    connection: Mutex<Option<Connection>>,
    /// How many connections have been made. Locked while one is made, so that a server
    /// that comes back does not meet one for each request under way.
    made: AsyncMutex<u64>,
}

impl Line {
    pub(super) fn new(config: CacheConfig, login: Login, faults: Injector) -> Self {
        Self {
            config,
            login,
            faults,
            connection: Mutex::default(),
            made: AsyncMutex::default(),
        }
    }

    /// What every key begins with.
    pub(super) fn namespace(&self) -> &str {
        &self.config.namespace
    }

    /// Asks within the limit, unless a fault strikes.
    pub(super) async fn ask(&self, question: &Question) -> Result<Answers, CacheError> {
        let limit = self.config.limit;
        let used = AtomicU64::new(0);
        let attempt = async {
            // Boxed: everything above would be as large as this.
            let asked = Box::pin(self.attempt(question, &used));
            self.faults.around(FaultTarget::Cache, asked).await?
        };
        let outcome = timeout(limit, attempt)
            .await
            .unwrap_or(Err(CacheError::Timeout(limit)));
        let is_worth_keeping = match &outcome {
            Ok(answers) => answers.come_from_a_server_that_is_well(),
            Err(_) => false,
        };
        if !is_worth_keeping {
            self.drop_connection(used.into_inner());
        }
        outcome
    }

    /// Asks on the connection at hand; if that turns out to be dead, once more
    /// on another one. All commands in use may be repeated without harm. `used` is the
    /// number of the last one.
    async fn attempt(&self, question: &Question, used: &AtomicU64) -> Result<Answers, CacheError> {
        if let Some(mut connection) = self.at_hand() {
            used.store(connection.number, Ordering::Relaxed);
            match put(question, &mut connection.wire).await {
                Err(error) if error.is_io_error() => self.drop_connection(connection.number),
                answered => return answered.map_err(|error| self.client_error(error)),
            }
        }
        let mut connection = self.connected().await?;
        used.store(connection.number, Ordering::Relaxed);
        let answered = put(question, &mut connection.wire).await;
        answered.map_err(|error| self.client_error(error))
    }

    /// A connection that somebody has made meanwhile, or a new one.
    async fn connected(&self) -> Result<Connection, CacheError> {
        let mut made = self.made.lock().await;
        if let Some(connection) = self.at_hand() {
            return Ok(connection);
        }
        let wire = self.connect().await?;
        *made += 1;
        let connection = Connection {
            number: *made,
            wire,
        };
        *self.connection() = Some(connection.clone());
        Ok(connection)
    }

    /// Gives connecting, and then each answer, half of the limit, so that there
    /// is time left to replace a connection that fell silent.
    async fn connect(&self) -> Result<MultiplexedConnection, CacheError> {
        let limits = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.step_limit()))
            .set_response_timeout(Some(self.step_limit()));
        let url = &self.config.url;
        let info = match &self.login {
            Login::OfUrl => url.as_given(),
            Login::Token(tokens) => url.with_token(&tokens.sign().await?),
        };
        let client = self.config.trust.client(info);
        let client = client.map_err(|error| self.client_error(error))?;
        let connected = client.get_multiplexed_async_connection_with_config(&limits);
        match connected.await.map_err(|error| self.client_error(error)) {
            Err(CacheError::Failed(failure)) => Err(failure.while_connecting().into()),
            connected => connected,
        }
    }

    fn step_limit(&self) -> std::time::Duration {
        self.config.limit / 2
    }

    fn client_error(&self, error: RedisError) -> CacheError {
        CacheError::of_client(error, self.step_limit())
    }

    /// Drops a connection, but not one that took its place.
    fn drop_connection(&self, number: u64) {
        self.connection().take_if(|held| held.number == number);
    }

    fn at_hand(&self) -> Option<Connection> {
        self.connection().clone()
    }

    fn connection(&self) -> MutexGuard<'_, Option<Connection>> {
        // A poisoned lock is taken all the same: its content is whole at any time.
        let connection = &self.connection;
        connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn put(
    question: &Question,
    connection: &mut MultiplexedConnection,
) -> Result<Answers, RedisError> {
    let answers: Vec<Result<Value, RedisError>> = question.0.query_async(connection).await?;
    let answers: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.map_err(Failure::from))
        .collect();
    Ok(Answers(answers.into_iter()))
}
