//! The connections.
//!
//! There are as many at most as requests that this environment answers at a time: one in a
//! classic environment, some in one that Lambda gives several requests at once. Each is made
//! when first needed: the function starts although the database is down. Between requests an
//! environment may be frozen, and the database may go away meanwhile; so an idle connection has
//! to answer before it is used again, and gives way to a new one if it does not.
//!
//! This is not `sqlx`'s pool on purpose. The pool takes a refused connection for a database that
//! is starting up, and tries until its time-out; that would cost each read of a stopped database
//! seconds instead of a millisecond, and retries belong to the API Lambda alone.

use std::{
    num::NonZeroU8,
    ops::{Deref, DerefMut},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use contract::FaultTarget;
use lambda_kit::{
    faults::Injector,
    iam::{Login, TokenError},
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::{
    engine::{Connection, Engine},
    incarnation::KnownIncarnation,
};
use crate::database::{DatabaseError, Trouble};

/// How long an idle connection has to show that it is alive.
const PING_LIMIT: Duration = Duration::from_millis(250);

/// Connections to a server, made when needed.
pub(super) struct Pool<E: Engine> {
    engine: E,
    login: Login,
    limit: Duration,
    faults: Injector,
    /// A permit for each connection that there may be.
    places: Semaphore,
    /// Those that are not in use; the one used last is the next.
    idle: Mutex<Vec<Connection<E>>>,
    pub(super) incarnation: KnownIncarnation,
}

impl<E: Engine> Pool<E> {
    pub(super) fn new(
        engine: E,
        login: Login,
        limit: Duration,
        most: NonZeroU8,
        faults: Injector,
    ) -> Self {
        Self {
            engine,
            login,
            limit,
            faults,
            places: Semaphore::new(most.get().into()),
            idle: Mutex::default(),
            incarnation: KnownIncarnation::default(),
        }
    }

    /// Does `work` in at most `time_left`, and in at most the limit set for the
    /// database, waiting for a connection included. Without time left it is not even begun.
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
            struck.map_err(DatabaseError::unavailable)?
        })
        .await
        .unwrap_or_else(|_| {
            Err(if limit < self.limit {
                DatabaseError::CutShort(limit)
            } else {
                DatabaseError::unavailable(Trouble::NoAnswer(limit))
            })
        })
    }

    /// A connection that answers: an idle one, or a new one. Waits while all are in use.
    pub(super) async fn session(&self) -> Result<Session<'_, E>, DatabaseError> {
        // Only a semaphore that was closed gives no permit, and nobody closes it.
        let place = self.places.acquire().await.ok();
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => self.still_alive(connection).await?,
            None => self.connect().await?,
        };
        Ok(Session {
            connection,
            home: self,
            place,
        })
    }

    async fn still_alive(&self, mut idle: Connection<E>) -> Result<Connection<E>, DatabaseError> {
        let looked = self.incarnation.look_again::<E>(&mut idle);
        let dead = match timeout(PING_LIMIT, looked).await {
            Ok(Ok(())) => return Ok(idle),
            Ok(Err(error)) => error.to_string(),
            // What keeps this one silent does so to the others, and each would cost as much.
            Err(silence) => {
                self.idle().clear();
                silence.to_string()
            }
        };
        tracing::info!(outcome = dead, "idle connection is dead and is replaced");
        self.connect().await
    }

    async fn connect(&self) -> Result<Connection<E>, DatabaseError> {
        let token = self.token().await?;
        let mut connection = self.engine.connect(token.as_deref(), self.limit).await?;
        self.incarnation.meet::<E>(&mut connection).await?;
        Ok(connection)
    }

    /// A connection beside those of requests.
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

    fn idle(&self) -> MutexGuard<'_, Vec<Connection<E>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection in use. Unless it is kept it is closed, also when the work is
/// given up half-way: whatever state it is in, nobody meets it again.
pub(super) struct Session<'a, E: Engine> {
    connection: Connection<E>,
    home: &'a Pool<E>,
    /// Given back after the connection is closed: fields are dropped in this order.
    place: Option<SemaphorePermit<'a>>,
}

impl<E: Engine> Session<'_, E> {
    /// Nothing went wrong on it, so it may be used again.
    pub(super) fn keep(self) {
        self.home.idle().push(self.connection);
        drop(self.place);
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
