//! Items, and what became of each write, in a database.
//!
//! [`Repository`] is all that the rest of the function knows. Below it, what is
//! the same for every server is written once, over two traits of this module
//! that each kind of server has in a folder of its own: `Engine` says how it is
//! talked to, and `Tables` holds the statements.
//!
//! ```text
//! Repository ─▶ CircuitRepository ─▶ SqlRepository<E> ─▶ pool · write_once ─▶ Engine, Tables
//!                                      migrations · incarnation     postgres, mysql
//! ```
//!
//! `CircuitRepository` is the database's circuit around any of them.

mod circuit;
mod engine;
mod incarnation;
mod lineage;
mod migrations;
mod mysql;
mod pool;
mod postgres;
mod sql;
mod tables;
mod write_once;

use std::{pin::Pin, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use contract::{Cursor, IdempotencyKey, Incarnation, Item, ItemPage, PageLimit, Reply, Write};
use lambda_kit::{clock::Clock, faults::Injector, iam::Login};
use uuid::Uuid;

pub use self::circuit::CircuitRepository;
use self::{mysql::MySql, pool::Pool, postgres::Postgres, sql::SqlRepository};
use crate::{
    commit::Commit,
    database::{Address, DatabaseConfig, DatabaseError, MigrationError},
};

/// What comes of asking a repository. Boxed, so that the kind of server can be
/// chosen at run time.
pub type Asked<'a, T, E = DatabaseError> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// Where items live.
///
/// Each question takes `time_left` at most, and the limit set for the database
/// at most; without time left nothing is even begun. Its error is one of
/// [`DatabaseError`]. After an error of a write, [`Commit`] says whether it may
/// have happened; if so, another attempt with the same key finds out.
pub trait Repository: Send + Sync {
    /// The item `id`, if there is one.
    fn get(&self, id: Uuid, time_left: Option<Duration>) -> Asked<'_, Option<Item>>;

    /// A page, newest first: identifiers rise with time.
    fn list(
        &self,
        limit: PageLimit,
        cursor: Option<Cursor>,
        time_left: Option<Duration>,
    ) -> Asked<'_, ItemPage>;

    /// Applies `write`, unless an attempt with `key` did so before: then its
    /// reply is given again. Effect, key and reply are committed together, and
    /// `commit` says whether that may have happened.
    fn write_once<'a>(
        &'a self,
        key: &'a IdempotencyKey,
        write: &'a Write,
        commit: &'a Commit,
        time_left: Option<Duration>,
    ) -> Asked<'a, WriteOutcome>;

    /// The latest incarnation of the database that an answer has come from; one
    /// earlier than any before the first answer.
    fn incarnation(&self) -> Incarnation;

    /// Begins a new incarnation, because the database was set back and does not show
    /// it. Of what was known before, nothing counts any more.
    fn begin_incarnation(&self, time_left: Option<Duration>) -> Asked<'_, Incarnation>;

    /// Applies the migrations that the database does not have yet, within
    /// `limit`, and says how many those were. Of several callers at once, one
    /// does the work and the others find it done.
    fn migrate(&self, limit: Duration) -> Asked<'_, usize, MigrationError>;
}

/// What became of a write.
#[derive(Debug)]
pub struct WriteOutcome {
    /// For the caller. What an earlier attempt was told is told again, although
    /// the item may have been written since.
    pub reply: Reply,
    /// What the database says of the item, and when it said so: also if an
    /// earlier attempt did the write, which may have ended before it could leave
    /// that in the cache. `None` if the item was not looked at.
    pub current: Option<(Current, DateTime<Utc>)>,
}

/// What the database says of one item.
#[derive(Debug)]
pub enum Current {
    /// The item is this.
    Item(Item),
    /// There is no such item, or no longer.
    Gone {
        /// Which item.
        id: Uuid,
    },
}

/// The repository in the database that `config` describes, for the kind of
/// server that its address names; the clock tells when the database said what
/// comes of a write. Nothing is connected yet.
pub fn open(
    config: DatabaseConfig,
    login: Login,
    faults: Injector,
    clock: Arc<dyn Clock>,
) -> Box<dyn Repository> {
    let (limit, most) = (config.limit, config.connections);
    match config.url.into_address() {
        Address::Postgres(options) => {
            let pool = Pool::new(Postgres::new(options), login, limit, most, faults);
            Box::new(SqlRepository::new(pool, clock))
        }
        Address::MySql(options) => {
            let pool = Pool::new(MySql::new(options), login, limit, most, faults);
            Box::new(SqlRepository::new(pool, clock))
        }
    }
}
