//! The cache, which may be absent, dead or hanging without doing much harm.
//!
//! Nothing of what the cache does is needed for a right answer, so every error
//! here is one that callers treat like a missing entry. Two bounds keep a bad
//! cache cheap: one operation, with everything it needs, takes at most
//! [`CacheConfig::limit`], and a handle may be put behind a circuit
//! ([`Cache::behind`]), which spares the whole fleet a cache that fails.
//! [`Cache::put_now`] alone does not respect that, because what it does not
//! replace is wrong.
//!
//! There is one connection, made when first needed. An execution environment
//! that was frozen may hold a dead one, which shows only when it is used; it is
//! then replaced once, within the same limit. A connection manager that
//! reconnects in the background would not help: while frozen, nothing runs in
//! the background.

mod config;
mod lease;
mod put;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use breaker_core::Outcome;
use contract::{AttemptOutcome, CacheEntry, CacheEntryError, CacheKey, FaultTarget};
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, aio::MultiplexedConnection};
use tokio::time::timeout;

use self::put::Where;
pub use self::{
    config::{CacheAuth, CacheConfig, CacheTrust, CacheTrustError, CacheUrl, CacheUrlError},
    lease::Lease,
    put::Put,
};
use crate::{
    faults::{InjectedFault, Injector},
    guard::{Guard, Withheld, through},
    iam::{Login, TokenError},
};

/// A handle on the cache; clones share its connection.
#[derive(Clone)]
pub struct Cache {
    shared: Arc<Shared>,
    guard: Option<Arc<dyn Guard>>,
}

struct Shared {
    config: CacheConfig,
    login: Login,
    faults: Injector,
    connection: Mutex<Option<MultiplexedConnection>>,
}

/// Why the cache was of no use. Callers go on as if nothing had been found.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// Its circuit did not let the question through.
    #[error("not asked: {0}")]
    Withheld(#[from] Withheld),
    /// There was no answer in time.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// There was no connection, or it broke, or the cache refused the command.
    #[error("cache failed")]
    Failed(#[from] redis::RedisError),
    /// There is no token to log in with.
    #[error("cache cannot be logged in to")]
    Token(#[from] TokenError),
    /// The entry found is not one that this version can use.
    #[error("entry cannot be used")]
    Entry(#[from] CacheEntryError),
    /// Somebody asked for this.
    #[error(transparent)]
    Injected(#[from] InjectedFault),
    /// The entry cannot be written as JSON.
    #[error("entry cannot be written")]
    Unwritable(#[source] serde_json::Error),
}

impl Cache {
    /// The cache that `config` describes. Nothing is connected yet.
    pub fn new(config: CacheConfig, login: Login, faults: Injector) -> Self {
        Self {
            shared: Arc::new(Shared {
                config,
                login,
                faults,
                connection: Mutex::default(),
            }),
            guard: None,
        }
    }

    /// The same, asked only through a circuit: each operation is a call of its
    /// own.
    #[must_use]
    pub fn behind(self, guard: Arc<dyn Guard>) -> Self {
        Self {
            guard: Some(guard),
            ..self
        }
    }

    /// The entry under `key`, fresh or not.
    ///
    /// # Errors
    ///
    /// If the cache is of no use just now, or the entry is not.
    pub async fn get(&self, key: &CacheKey) -> Result<Option<CacheEntry>, CacheError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.place(key)).arg(put::ENTRY_FIELD);
        let found: Option<String> = self.ask(&command).await?;
        Ok(found
            .map(|text| CacheEntry::decode(key, &text))
            .transpose()?)
    }

    /// Writes `entry` under `key`, unless something later lies there already.
    ///
    /// # Errors
    ///
    /// If the cache is of no use just now.
    pub async fn put(&self, key: &CacheKey, entry: &CacheEntry) -> Result<Put, CacheError> {
        let command = self.command_to_put(key, entry, Where::Anywhere)?;
        let stored = self.ask(&command).await?;
        Ok(Put::told(stored))
    }

    /// Writes like [`Cache::put`], and tries once even if the circuit does not let
    /// it: after a write, what lies in the cache is out of date. What comes of
    /// that the circuit does not hear, which has its own way to find out.
    ///
    /// # Errors
    ///
    /// If the cache is of no use just now.
    pub async fn put_now(&self, key: &CacheKey, entry: &CacheEntry) -> Result<Put, CacheError> {
        self.ask_now(&self.command_to_put(key, entry, Where::Anywhere)?)
            .await
    }

    /// Writes like [`Cache::put_now`], but only in the place of another entry: for keys
    /// that clients choose freely, of which there is no end.
    ///
    /// # Errors
    ///
    /// If the cache is of no use just now.
    pub async fn put_over_now(
        &self,
        key: &CacheKey,
        entry: &CacheEntry,
    ) -> Result<Put, CacheError> {
        self.ask_now(&self.command_to_put(key, entry, Where::OverAnother)?)
            .await
    }

    async fn ask_now(&self, command: &Cmd) -> Result<Put, CacheError> {
        let stored = match self.ask(command).await {
            Err(CacheError::Withheld(Withheld::Rejected(_))) => self.query(command).await?,
            asked => asked?,
        };
        Ok(Put::told(stored))
    }

    fn command_to_put(
        &self,
        key: &CacheKey,
        entry: &CacheEntry,
        allowed: Where,
    ) -> Result<Cmd, CacheError> {
        put::command(&self.place(key), key, entry, allowed).map_err(CacheError::Unwritable)
    }

    fn place(&self, key: &CacheKey) -> String {
        format!("{}{key}", self.shared.config.namespace)
    }

    /// Asks through the circuit, if there is one.
    async fn ask<T: FromRedisValue + Send>(&self, command: &Cmd) -> Result<T, CacheError> {
        match &self.guard {
            None => self.query(command).await,
            Some(guard) => through(&**guard, self.query(command), classify).await?,
        }
    }

    async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, CacheError> {
        let limit = self.shared.config.limit;
        let attempt = async {
            // Boxed: everything above would be as large as this.
            let asked = Box::pin(self.attempt(command));
            self.shared.faults.around(FaultTarget::Cache, asked).await?
        };
        let outcome = timeout(limit, attempt)
            .await
            .unwrap_or(Err(CacheError::Timeout(limit)));
        if outcome.is_err() {
            self.drop_connection();
        }
        outcome
    }

    /// Asks on the connection at hand; if that turns out to be dead, once more
    /// on a new one. All commands in use may be repeated without harm.
    async fn attempt<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, CacheError> {
        let at_hand = self.connection().clone();
        if let Some(mut connection) = at_hand {
            match command.query_async(&mut connection).await {
                Err(error) if error.is_io_error() => self.drop_connection(),
                answered => return Ok(answered?),
            }
        }
        let mut connection = self.connect().await?;
        let answer = command.query_async(&mut connection).await?;
        *self.connection() = Some(connection);
        Ok(answer)
    }

    /// Gives connecting, and then each answer, half of the limit, so that there
    /// is time left to replace a connection that fell silent.
    async fn connect(&self) -> Result<MultiplexedConnection, CacheError> {
        let step_limit = self.shared.config.limit / 2;
        let limits = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(step_limit))
            .set_response_timeout(Some(step_limit));
        let url = &self.shared.config.url;
        let info = match &self.shared.login {
            Login::OfUrl => url.as_given(),
            Login::Token(tokens) => url.with_token(&tokens.sign().await?),
        };
        let client = self.shared.config.trust.client(info)?;
        Ok(client
            .get_multiplexed_async_connection_with_config(&limits)
            .await?)
    }

    fn drop_connection(&self) {
        *self.connection() = None;
    }

    fn connection(&self) -> MutexGuard<'_, Option<MultiplexedConnection>> {
        // A poisoned lock is taken all the same: its content is whole at any time.
        let connection = &self.shared.connection;
        connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<&CacheError> for AttemptOutcome {
    fn from(error: &CacheError) -> Self {
        match error {
            CacheError::Withheld(withheld) => withheld.into(),
            CacheError::Timeout(_) => Self::Timeout,
            CacheError::Failed(error) if error.is_timeout() => Self::Timeout,
            CacheError::Entry(_) => Self::Miss,
            CacheError::Failed(_)
            | CacheError::Token(_)
            | CacheError::Injected(_)
            | CacheError::Unwritable(_) => Self::Error,
        }
    }
}

/// What an answer says about the health of the cache.
fn classify<T>(answer: &Result<T, CacheError>) -> Outcome {
    match answer {
        Err(error) if !error.is_about_the_command() => Outcome::Failure,
        Ok(_) | Err(_) => Outcome::Success,
    }
}

impl CacheError {
    /// Whether the cache answered and only this command was at fault, so that
    /// others may well succeed.
    pub fn is_about_the_command(&self) -> bool {
        match self {
            Self::Failed(error) => matches!(
                error.kind(),
                redis::ErrorKind::Extension
                    | redis::ErrorKind::Server(redis::ServerErrorKind::ResponseError)
                    | redis::ErrorKind::UnexpectedReturnType
            ),
            Self::Entry(_) | Self::Unwritable(_) => true,
            Self::Withheld(_) | Self::Timeout(_) | Self::Token(_) | Self::Injected(_) => false,
        }
    }
}
