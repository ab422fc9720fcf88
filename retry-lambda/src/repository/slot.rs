//! The one connection.
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

use std::{
    ops::{Deref, DerefMut},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use contract::FaultTarget;
use lambda_kit::{
    faults::Injector,
    iam::{Login, TokenError},
};
use sqlx::Connection as _;
use tokio::time::timeout;

use super::engine::{Connection, Engine};
use crate::database::DatabaseError;

/// How long an idle connection has to show that it is alive.
const PING_LIMIT: Duration = Duration::from_millis(250);

/// A server, connected to when needed.
pub(super) struct Slot<E: Engine> {
    engine: E,
    login: Login,
    limit: Duration,
    faults: Injector,
    idle: Mutex<Option<Connection<E>>>,
}

impl<E: Engine> Slot<E> {
    pub(super) fn new(engine: E, login: Login, limit: Duration, faults: Injector) -> Self {
        Self {
            engine,
            login,
            limit,
            faults,
            idle: Mutex::new(None),
        }
    }

    /// Does `work` in at most `time_left`, and in at most the limit set for the
    /// database. Without time left it is not even begun.
    pub(super) async fn within<T>(
        &self,
        time_left: Option<Duration>,
        work: impl Future<Output = Result<T, DatabaseError>>,
    ) -> Result<T, DatabaseError> {
        let time_left = time_left.ok_or(DatabaseError::NoTimeLeft)?;
        let limit = self.limit.min(time_left);
        // Boxed: everything above would be as large as this.
        let work = Box::pin(work);
        timeout(limit, async {
            let struck = self.faults.around(FaultTarget::Database, work).await;
            struck.map_err(|fault| DatabaseError::unavailable(fault.to_string()))?
        })
        .await
        .unwrap_or_else(|_| {
            Err(if limit < self.limit {
                DatabaseError::CutShort(limit)
            } else {
                DatabaseError::no_answer_within(limit)
            })
        })
    }

    /// A connection that answers: the idle one, or a new one.
    pub(super) async fn session(&self) -> Result<Session<'_, E>, DatabaseError> {
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

    async fn still_alive(&self, mut idle: Connection<E>) -> Result<Connection<E>, DatabaseError> {
        match timeout(PING_LIMIT, idle.ping()).await {
            Ok(Ok(())) => Ok(idle),
            dead => {
                tracing::info!(outcome = ?dead, "idle connection is dead and is replaced");
                self.connect().await
            }
        }
    }

    async fn connect(&self) -> Result<Connection<E>, DatabaseError> {
        let token = self.token().await?;
        Ok(self.engine.connect(token.as_deref(), self.limit).await?)
    }

    /// A connection beside that of requests.
    pub(super) async fn connect_to_migrate(&self) -> Result<Connection<E>, DatabaseError> {
        let token = self.token().await?;
        Ok(self.engine.connect_to_migrate(token.as_deref()).await?)
    }

    async fn token(&self) -> Result<Option<String>, TokenError> {
        match &self.login {
            Login::OfUrl => Ok(None),
            Login::Token(tokens) => tokens.sign().await.map(Some),
        }
    }
}

/// A connection in use. Unless it is kept it is closed, also when the work is
/// given up half-way: whatever state it is in, nobody meets it again.
pub(super) struct Session<'a, E: Engine> {
    connection: Connection<E>,
    home: &'a Mutex<Option<Connection<E>>>,
}

impl<E: Engine> Session<'_, E> {
    /// Nothing went wrong on it, so it may be used again.
    pub(super) fn keep(self) {
        let mut home = self.home.lock().unwrap_or_else(PoisonError::into_inner);
        *home = Some(self.connection);
    }
}

impl<E: Engine> Deref for Session<'_, E> {
    type Target = Connection<E>;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl<E: Engine> DerefMut for Session<'_, E> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.connection
    }
}
