//! PostgreSQL.

mod tables;

use std::time::Duration;

use sqlx::{
    Connection, PgConnection,
    migrate::{MigrateError, Migrator},
    postgres::PgConnectOptions,
};

use super::engine::Engine;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// One number that this system's migrations agree on.
const LOCK: i64 = 0x6272_6561_6b65_7231;

/// A PostgreSQL server.
pub(super) struct Postgres {
    options: PgConnectOptions,
}

impl Postgres {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        let options = options.application_name("retry-lambda");
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
    ) -> Result<PgConnection, sqlx::Error> {
        let limit_ms = limit.as_millis().to_string();
        // Zero would stand for no limit.
        let lock_limit_ms = (limit.as_millis() / 2).max(1).to_string();
        let options = self.options(token).options([
            ("statement_timeout", &limit_ms),
            ("lock_timeout", &lock_limit_ms),
            ("idle_in_transaction_session_timeout", &limit_ms),
        ]);
        PgConnection::connect_with(&options).await
    }

    async fn connect_to_migrate(&self, token: Option<&str>) -> Result<PgConnection, sqlx::Error> {
        // Everything that exists already would be worth a notice.
        let options = self
            .options(token)
            .options([("client_min_messages", "warning")]);
        PgConnection::connect_with(&options).await
    }

    async fn prepare_to_migrate(connection: &mut PgConnection) -> Result<(), MigrateError> {
        sqlx::query("SELECT pg_advisory_lock($1)")
            .bind(LOCK)
            .execute(connection)
            .await?;
        Ok(())
    }
}
