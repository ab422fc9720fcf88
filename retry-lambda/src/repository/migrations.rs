//! Bringing the schema up to date, when an operator asks for it.

use std::time::Duration;

use sqlx::migrate::{Migrate, MigrateError};
use tokio::time::timeout;

use super::{
    engine::{Connection, Engine},
    slot::Slot,
};
use crate::database::DatabaseError;

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

/// See [`super::Repository::migrate`]. The connection is its own, and closing it
/// lets the next caller migrate.
pub(super) async fn migrate<E: Engine>(
    slot: &Slot<E>,
    limit: Duration,
) -> Result<usize, MigrationError> {
    timeout(limit, async {
        let mut connection = slot.connect_to_migrate().await?;
        E::prepare_to_migrate(&mut connection).await?;
        let before = applied::<E>(&mut connection).await?;
        // `Migrator::run` itself is generic over lifetimes in a way that no
        // future which can go from thread to thread may be.
        E::MIGRATIONS
            .run_direct(None, &mut connection, false)
            .await?;
        Ok(applied::<E>(&mut connection).await? - before)
    })
    .await
    .unwrap_or(Err(MigrationError::Timeout(limit)))
}

async fn applied<E: Engine>(connection: &mut Connection<E>) -> Result<usize, MigrateError> {
    let table = &E::MIGRATIONS.table_name;
    connection.ensure_migrations_table(table).await?;
    Ok(connection.list_applied_migrations(table).await?.len())
}
