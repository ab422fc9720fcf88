//! PostgreSQL.

mod incarnation;
mod tables;

use std::time::Duration;

use sqlx::{Connection, PgConnection, migrate::Migrator, postgres::PgConnectOptions};

use super::{engine::Engine, lineage::Recorded};
use crate::database::{MigrationError, SqlError};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// One number that this system's migrations agree on.
const LOCK: i64 = 0x6272_6561_6b65_7231;

/// A PostgreSQL server.
pub(super) struct Postgres {
    options: PgConnectOptions,
}

impl Postgres {
    /// The server keeps its notices to itself: the driver would log them as they are, and they
    /// may quote a row.
    pub(super) fn new(options: PgConnectOptions) -> Self {
        let options = options
            .application_name("retry-lambda")
            .options([("client_min_messages", "error")]);
        Self { options }
    }

    fn options(&self, token: Option<&str>) -> PgConnectOptions {
        let options = self.options.clone();
        match token {
            Some(token) => options.password(token),
            None => options,
        }
    }
}

impl Engine for Postgres {
    type Database = sqlx::Postgres;

    const MIGRATIONS: &'static Migrator = &MIGRATIONS;

    async fn connect(
        &self,
        token: Option<&str>,
        limit: Duration,
    ) -> Result<PgConnection, SqlError> {
        let limit_ms = limit.as_millis().to_string();
        // Zero would stand for no limit.
        let lock_limit_ms = (limit.as_millis() / 2).max(1).to_string();
        let options = self.options(token).options([
            ("statement_timeout", &limit_ms),
            ("lock_timeout", &lock_limit_ms),
            ("idle_in_transaction_session_timeout", &limit_ms),
        ]);
        Ok(PgConnection::connect_with(&options).await?)
    }

    async fn connect_to_migrate(&self, token: Option<&str>) -> Result<PgConnection, SqlError> {
        Ok(PgConnection::connect_with(&self.options(token)).await?)
    }

    async fn prepare_to_migrate(connection: &mut PgConnection) -> Result<(), MigrationError> {
        sqlx::query("SELECT pg_advisory_lock($1)")
            .bind(LOCK)
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn recorded_incarnation(connection: &mut PgConnection) -> Result<Recorded, SqlError> {
        incarnation::recorded(connection).await
    }

    async fn incarnation_number(connection: &mut PgConnection) -> Result<i64, SqlError> {
        incarnation::number(connection).await
    }

    async fn write_lineage(
        connection: &mut PgConnection,
        found: &Recorded,
        begins: bool,
    ) -> Result<(), SqlError> {
        incarnation::write_lineage(connection, found, begins).await
    }

    async fn begin_incarnation(connection: &mut PgConnection) -> Result<(), SqlError> {
        incarnation::begin(connection).await
    }
}
