//! Items, and what became of each write, in a database.
//!
//! [`Repository`] is all that the rest of the function knows. Below it, what is
//! the same for every server is written once, over two traits of this module
//! that each kind of server has in a folder of its own: `Engine` says how it is
//! talked to, and `Tables` holds the statements.
//!
//! ```text
//! Repository ─▶ Guarded ─▶ SqlRepository<E> ─▶ slot · write_once · migrations ─▶ Engine, Tables
//!                                                                                postgres, mysql
//! ```
//!
//! `Guarded` is the database's circuit around any of them.

mod engine;
mod guarded;
mod migrations;
mod mysql;
mod postgres;
mod slot;
mod sql;
mod tables;
mod write_once;

use std::{pin::Pin, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use contract::{Cursor, IdempotencyKey, Item, ItemPage, PageLimit, Reply, Write};
use lambda_kit::{clock::Clock, faults::Injector, iam::Login};
use uuid::Uuid;

pub use self::{guarded::Guarded, migrations::MigrationError};
use self::{mysql::MySql, postgres::Postgres, slot::Slot, sql::SqlRepository};
use crate::database::{Address, DatabaseConfig, DatabaseError};

/// What comes of asking a repository. Boxed, so that the kind of server can be
/// chosen at run time.
pub type Asked<'a, T, E = DatabaseError> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// Where items live.
///
/// Each question takes `time_left` at most, and the limit set for the database
/// at most; without time left nothing is even begun. Its error is one of
/// [`DatabaseError`], and after an error of a write it is open whether it
/// happened; another attempt with the same key finds out.
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
    /// reply is given again. Effect, key and reply are committed together.
    fn write_once<'a>(
        &'a self,
        key: &'a IdempotencyKey,
        write: &'a Write,
        time_left: Option<Duration>,
    ) -> Asked<'a, Outcome>;

    /// Applies the migrations that the database does not have yet, within
    /// `limit`, and says how many those were. Of several callers at once, one
    /// does the work and the others find it done.
    fn migrate(&self, limit: Duration) -> Asked<'_, usize, MigrationError>;
}

/// What became of a write.
#[derive(Debug)]
pub struct Outcome {
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
    let limit = config.limit;
    match config.url.into_address() {
        Address::Postgres(options) => {
            let slot = Slot::new(Postgres::new(options), login, limit, faults);
            Box::new(SqlRepository::new(slot, clock))
        }
        Address::MySql(options) => {
            let slot = Slot::new(MySql::new(options), login, limit, faults);
            Box::new(SqlRepository::new(slot, clock))
        }
    }
}
