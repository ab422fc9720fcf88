//! Bringing the schema up to date, when an operator asks for it.

use std::time::Duration;

use sqlx::migrate::Migrate;
use tokio::time::timeout;

use super::{
    engine::{Connection, Engine},
    pool::Pool,
};
use crate::database::MigrationError;

/// See [`super::Repository::migrate`]. The connection is its own, and closing it
/// lets the next caller migrate.
pub(super) async fn migrate<E: Engine>(
    pool: &Pool<E>,
    limit: Duration,
) -> Result<usize, MigrationError> {
    timeout(limit, async {
        let mut connection = pool.connect_to_migrate().await?;
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

async fn applied<E: Engine>(connection: &mut Connection<E>) -> Result<usize, MigrationError> {
    let table = &E::MIGRATIONS.table_name;
    connection.ensure_migrations_table(table).await?;
    Ok(connection.list_applied_migrations(table).await?.len())
}
