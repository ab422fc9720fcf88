//! How a kind of server is talked to.

use std::time::Duration;

use sqlx::migrate::{Migrate, Migrator};

use super::lineage::Recorded;
use crate::database::{MigrationError, SqlError};

/// A connection to a server of the kind `E`.
pub(super) type Connection<E> = <<E as Engine>::Database as sqlx::Database>::Connection;

/// A kind of server, and where one is.
pub(super) trait Engine: Send + Sync + 'static {
    /// What `sqlx` calls it.
    type Database: sqlx::Database<Connection: Migrate>;

    /// What the schema is made of.
    const MIGRATIONS: &'static Migrator;

    /// A connection on which the server ends statements that take longer than
    /// `limit`, and transactions whose client was frozen for good: their locks
    /// would keep others waiting. A lock is waited for half as long, so that
    /// there is time to say what was waited for.
    ///
    /// A `token` stands in for the password of the address.
    fn connect(
        &self,
        token: Option<&str>,
        limit: Duration,
    ) -> impl Future<Output = Result<Connection<Self>, SqlError>> + Send;

    /// A connection without limits: building an index takes its time.
    fn connect_to_migrate(
        &self,
        token: Option<&str>,
    ) -> impl Future<Output = Result<Connection<Self>, SqlError>> + Send;

    /// Waits until nobody else migrates this database, which then holds for as
    /// long as the connection, and clears away what a migration that was cut off
    /// has left.
    fn prepare_to_migrate(
        connection: &mut Connection<Self>,
    ) -> impl Future<Output = Result<(), MigrationError>> + Send;

    /// What is written down of the incarnation, and what the server says of itself.
    fn recorded_incarnation(
        connection: &mut Connection<Self>,
    ) -> impl Future<Output = Result<Recorded, SqlError>> + Send;

    /// The number of the incarnation, and nothing else.
    fn incarnation_number(
        connection: &mut Connection<Self>,
    ) -> impl Future<Output = Result<i64, SqlError>> + Send;

    /// Writes the server's lineage down, with a new number if an incarnation `begins`,
    /// unless somebody has done so since it was found.
    fn write_lineage(
        connection: &mut Connection<Self>,
        found: &Recorded,
        begins: bool,
    ) -> impl Future<Output = Result<(), SqlError>> + Send;

    /// Begins a new incarnation.
    fn begin_incarnation(
        connection: &mut Connection<Self>,
    ) -> impl Future<Output = Result<(), SqlError>> + Send;
}
