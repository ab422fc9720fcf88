//! The cache, which may be absent, dead or hanging without doing much harm.
//!
//! Nothing of what the cache does is needed for a right answer, so every error
//! here is one that callers treat like a missing entry. Two bounds keep a bad
//! cache cheap: one operation, with everything it needs, takes at most
//! [`CacheConfig::limit`], and after a failure the cache is left alone for
//! [`Cache::RESPITE`], so that a read that is followed by a write does not pay
//! twice. [`Cache::put_now`] alone does not respect that, because what it does
//! not replace is wrong.
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
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use contract::{CacheEntry, CacheEntryError, CacheKey, FaultTarget};
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, aio::MultiplexedConnection};
use tokio::time::timeout;

pub use self::{
    config::{CacheAuth, CacheConfig, CacheTrust, CacheTrustError, CacheUrl, CacheUrlError},
    lease::Lease,
    put::Put,
};
use crate::{
    clock::Clock,
    faults::{InjectedFault, Injector},
    iam::{Login, TokenError},
};

/// A handle on the cache; clones share its connection.
#[derive(Clone)]
pub struct Cache {
    shared: Arc<Shared>,
}

struct Shared {
    config: CacheConfig,
    login: Login,
    clock: Arc<dyn Clock>,
    faults: Injector,
    link: Mutex<Link>,
}

/// What is known of the way to the cache.
#[derive(Default)]
struct Link {
    connection: Option<MultiplexedConnection>,
    left_alone_until: Option<DateTime<Utc>>,
}

/// Why the cache was of no use. Callers go on as if nothing had been found.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The cache failed a moment ago and was not asked.
    #[error("left alone after a failure a moment ago")]
    LeftAlone,
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
    /// How long the cache is left alone after a failure.
    pub const RESPITE: Duration = Duration::from_secs(1);

    /// The cache that `config` describes. Nothing is connected yet.
    pub fn new(config: CacheConfig, login: Login, clock: Arc<dyn Clock>, faults: Injector) -> Self {
        Self {
            shared: Arc::new(Shared {
                config,
                login,
                clock,
                faults,
                link: Mutex::default(),
            }),
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
        self.refuse_while_left_alone()?;
        let found: Option<String> = self.query(&command).await?;
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
        self.refuse_while_left_alone()?;
        self.put_now(key, entry).await
    }

    /// Writes like [`Cache::put`], and tries once even if the cache is to be
    /// left alone: after a write, what lies in the cache is out of date.
    ///
    /// # Errors
    ///
    /// If the cache is of no use just now.
    pub async fn put_now(&self, key: &CacheKey, entry: &CacheEntry) -> Result<Put, CacheError> {
        let command = put::command(&self.place(key), key, entry).map_err(CacheError::Unwritable)?;
        let stored: bool = self.query(&command).await?;
        Ok(if stored { Put::Stored } else { Put::Outdated })
    }

    fn place(&self, key: &CacheKey) -> String {
        format!("{}{key}", self.shared.config.namespace)
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
        if let Err(error) = &outcome {
            self.drop_connection();
            if !is_about_the_command(error) {
                self.leave_alone();
            }
        }
        outcome
    }

    /// Asks on the connection at hand; if that turns out to be dead, once more
    /// on a new one. All commands in use may be repeated without harm.
    async fn attempt<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, CacheError> {
        let at_hand = self.link(|link| link.connection.clone());
        if let Some(mut connection) = at_hand {
            match command.query_async(&mut connection).await {
                Err(error) if error.is_io_error() => self.drop_connection(),
                answered => return Ok(answered?),
            }
        }
        let mut connection = self.connect().await?;
        let answer = command.query_async(&mut connection).await?;
        self.link(|link| link.connection = Some(connection));
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

    fn refuse_while_left_alone(&self) -> Result<(), CacheError> {
        let now = self.shared.clock.now();
        match self.link(|link| link.left_alone_until) {
            Some(until) if now < until => Err(CacheError::LeftAlone),
            _ => Ok(()),
        }
    }

    fn leave_alone(&self) {
        let until = self.shared.clock.now() + Self::RESPITE;
        self.link(|link| link.left_alone_until = Some(until));
    }

    fn drop_connection(&self) {
        self.link(|link| link.connection = None);
    }

    fn link<T>(&self, change: impl FnOnce(&mut Link) -> T) -> T {
        // A poisoned lock is taken all the same: `Link` is whole at any time.
        let mut link = self
            .shared
            .link
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        change(&mut link)
    }
}

/// Whether the cache answered and only this command was at fault, so that
/// others may well succeed.
fn is_about_the_command(error: &CacheError) -> bool {
    match error {
        CacheError::Failed(error) => matches!(
            error.kind(),
            redis::ErrorKind::Extension
                | redis::ErrorKind::Server(redis::ServerErrorKind::ResponseError)
                | redis::ErrorKind::UnexpectedReturnType
        ),
        CacheError::Entry(_) | CacheError::Unwritable(_) => true,
        CacheError::LeftAlone
        | CacheError::Timeout(_)
        | CacheError::Token(_)
        | CacheError::Injected(_) => false,
    }
}
