//! Bringing the schema up to date, when an operator asks for it.

use std::time::Duration;

use sqlx::{
    PgConnection,
    migrate::{Migrate, MigrateError, Migrator},
};
use tokio::time::timeout;

use super::{Database, DatabaseError};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// One number that this system's migrations agree on.
const LOCK: i64 = 0x6272_6561_6b65_7231;

/// Why the schema is not up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// No connection, or it broke.
    #[error("cannot migrate: {0}")]
    Database(#[from] DatabaseError),
    /// The migrations themselves fail, or differ from those that were applied.
    #[error("cannot migrate: {0}")]
    Migrations(#[from] MigrateError),
    /// The invocation is about to end.
    #[error("cannot migrate: not done within {} ms", .0.as_millis())]
    Timeout(Duration),
}

impl Database {
    /// Applies the migrations that the database does not have yet, and says how
    /// many those were. Of several callers at once, one does the work and the
    /// others find it done.
    ///
    /// # Errors
    ///
    /// If that cannot be done within `limit`. Each migration is a transaction:
    /// it is applied as a whole or not at all.
    pub async fn migrate(&self, limit: Duration) -> Result<usize, MigrationError> {
        timeout(limit, async {
            // A connection of its own, without the limit on statements: building
            // an index takes its time. Closing it releases the lock.
            let mut connection = self.connect_without_limits().await?;
            sqlx::query("SELECT pg_advisory_lock($1)")
                .bind(LOCK)
                .execute(&mut connection)
                .await
                .map_err(DatabaseError::from)?;
            let before = applied(&mut connection).await?;
            MIGRATIONS.run(&mut connection).await?;
            Ok(applied(&mut connection).await? - before)
        })
        .await
        .unwrap_or(Err(MigrationError::Timeout(limit)))
    }
}

async fn applied(connection: &mut PgConnection) -> Result<usize, MigrateError> {
    let table = &MIGRATIONS.table_name;
    connection.ensure_migrations_table(table).await?;
    Ok(connection.list_applied_migrations(table).await?.len())
}
