//! The one connection to PostgreSQL.
//!
//! An execution environment answers one request at a time, so it needs one
//! connection, made when first needed: the function starts although the
//! database is down. Between requests the environment is frozen, and the
//! database may go away meanwhile; so an idle connection has to answer before
//! it is used again, and gives way to a new one if it does not.
//!
//! This is not `sqlx`'s pool on purpose. The pool takes a refused connection for
//! a database that is starting up, and tries until its time-out; that would
//! cost each read of a stopped database seconds instead of a millisecond, and
//! retries belong to the API Lambda alone.

mod config;
mod error;
mod migrations;
mod url;

use std::{
    ops::{Deref, DerefMut},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use contract::FaultTarget;
use lambda_kit::{faults::Injector, iam::Login};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::time::timeout;

pub use self::{
    config::DatabaseConfig,
    error::DatabaseError,
    migrations::MigrationError,
    url::{DatabaseUrl, DatabaseUrlError},
};

/// How long an idle connection has to show that it is alive.
const PING_LIMIT: Duration = Duration::from_millis(250);

/// The database, connected to when needed.
pub struct Database {
    options: PgConnectOptions,
    login: Login,
    limit: Duration,
    faults: Injector,
    idle: Mutex<Option<PgConnection>>,
}

impl Database {
    /// The database that `config` describes. Nothing is connected yet.
    pub fn new(config: DatabaseConfig, login: Login, faults: Injector) -> Self {
        Self {
            options: config.url.into_options(),
            login,
            limit: config.limit,
            faults,
            idle: Mutex::new(None),
        }
    }

    /// Does `work` in at most `time_left`, and in at most the limit set for the
    /// database. Without time left it is not even begun. A connection on which
    /// anything went wrong is not used again.
    ///
    /// # Errors
    ///
    /// If there is no connection, no answer in time, or an error from `work`.
    pub async fn run<T, W>(&self, time_left: Option<Duration>, work: W) -> Result<T, DatabaseError>
    where
        W: AsyncFnOnce(&mut PgConnection) -> Result<T, DatabaseError>,
    {
        let time_left = time_left.ok_or(DatabaseError::NoTimeLeft)?;
        let limit = self.limit.min(time_left);
        // Boxed: everything above would be as large as this.
        let worked = Box::pin(async {
            let mut session = self.session().await?;
            let outcome = work(&mut session).await?;
            session.keep();
            Ok(outcome)
        });
        timeout(limit, async {
            let struck = self.faults.around(FaultTarget::Database, worked).await;
            struck.map_err(|fault| DatabaseError::Unavailable(fault.to_string()))?
        })
        .await
        .unwrap_or_else(|_| Err(DatabaseError::no_answer_within(limit)))
    }

    async fn session(&self) -> Result<Session<'_>, DatabaseError> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let connection = match idle {
            Some(connection) => self.still_alive(connection).await?,
            None => self.connect().await?,
        };
        Ok(Session {
            connection,
            home: &self.idle,
        })
    }

    async fn still_alive(&self, mut idle: PgConnection) -> Result<PgConnection, DatabaseError> {
        match timeout(PING_LIMIT, idle.ping()).await {
            Ok(Ok(())) => Ok(idle),
            dead => {
                tracing::info!(outcome = ?dead, "idle connection is dead and is replaced");
                self.connect().await
            }
        }
    }

    /// The server ends statements, and transactions whose environment was
    /// frozen for good, when nobody waits for them any more: their locks would
    /// keep others waiting. A lock is waited for half as long, so that there is
    /// time to say what was waited for.
    async fn connect(&self) -> Result<PgConnection, DatabaseError> {
        let limit_ms = self.limit.as_millis().to_string();
        // Zero would stand for no limit.
        let lock_limit_ms = (self.limit.as_millis() / 2).max(1).to_string();
        let options = self.options_to_log_in().await?.options([
            ("statement_timeout", &limit_ms),
            ("lock_timeout", &lock_limit_ms),
            ("idle_in_transaction_session_timeout", &limit_ms),
        ]);
        Ok(PgConnection::connect_with(&options).await?)
    }

    /// For migrations, which would also log a notice of everything that exists
    /// already.
    async fn connect_without_limits(&self) -> Result<PgConnection, DatabaseError> {
        let options = self.options_to_log_in().await?;
        let options = options.options([("client_min_messages", "warning")]);
        Ok(PgConnection::connect_with(&options).await?)
    }

    async fn options_to_log_in(&self) -> Result<PgConnectOptions, DatabaseError> {
        let options = self.options.clone();
        match &self.login {
            Login::OfUrl => Ok(options),
            Login::Token(tokens) => Ok(options.password(&tokens.sign().await?)),
        }
    }
}

/// A connection in use. Unless it is kept it is closed, also when the work is
/// given up half-way: whatever state it is in, nobody meets it again.
struct Session<'a> {
    connection: PgConnection,
    home: &'a Mutex<Option<PgConnection>>,
}

impl Session<'_> {
    fn keep(self) {
        let mut home = self.home.lock().unwrap_or_else(PoisonError::into_inner);
        *home = Some(self.connection);
    }
}

impl Deref for Session<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Session<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
