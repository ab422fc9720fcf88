//! MySQL 8 and MariaDB 10.6, and later.
//!
//! Where the two differ, executable comments tell them apart: `/*M! … */` is a
//! comment to MySQL, and `/*!80000 … */` is one to MariaDB.

mod incarnation;
mod tables;

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, Connection, MySqlConnection,
    migrate::{Migrate, Migrator},
    mysql::MySqlConnectOptions,
};

use super::{engine::Engine, lineage::Recorded};
use crate::database::{MigrationError, SqlError};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/mysql");

/// A MySQL or MariaDB server.
pub(super) struct MySql {
    options: MySqlConnectOptions,
}

impl MySql {
    /// Times are UTC and text is `utf8mb4`, whatever the address says.
    pub(super) fn new(options: MySqlConnectOptions) -> Self {
        let options = options
            .timezone(Some("+00:00".to_owned()))
            .charset("utf8mb4");
        Self { options }
    }

    /// A token is sent as it is: it is far longer than what the hashing plugins
    /// are made for. Whoever logs in with tokens verifies the server, so nobody
    /// else reads it. A password is never sent that way.
    fn options(&self, token: Option<&str>) -> MySqlConnectOptions {
        let options = self.options.clone();
        match token {
            Some(token) => options.password(token).enable_cleartext_plugin(true),
            None => options,
        }
    }
}

impl Engine for MySql {
    type Database = sqlx::MySql;

    const MIGRATIONS: &'static Migrator = &MIGRATIONS;

    async fn connect(
        &self,
        token: Option<&str>,
        limit: Duration,
    ) -> Result<MySqlConnection, SqlError> {
        let mut connection = MySqlConnection::connect_with(&self.options(token)).await?;
        sqlx::raw_sql(AssertSqlSafe(session(limit)))
            .execute(&mut connection)
            .await?;
        Ok(connection)
    }

    async fn connect_to_migrate(&self, token: Option<&str>) -> Result<MySqlConnection, SqlError> {
        Ok(MySqlConnection::connect_with(&self.options(token)).await?)
    }

    /// The name of the lock holds for the whole server, so it tells the database.
    /// An hour is more than any invocation has; MariaDB knows no way to say for
    /// ever.
    ///
    /// Every statement that changes the schema commits what came before it, so a
    /// migration that was cut off may have left its mark without being done.
    /// Migrations for MySQL are one statement each, so it can be done again.
    async fn prepare_to_migrate(connection: &mut MySqlConnection) -> Result<(), MigrationError> {
        let locked: Option<i64> =
            sqlx::query_scalar("SELECT GET_LOCK(CONCAT('migrations:', MD5(DATABASE())), 3600)")
                .fetch_one(&mut *connection)
                .await?;
        if locked != Some(1) {
            return Err(MigrationError::Locked);
        }
        let table = &MIGRATIONS.table_name;
        connection.ensure_migrations_table(table).await?;
        let forget = AssertSqlSafe(format!("DELETE FROM {table} WHERE success = false"));
        sqlx::raw_sql(forget).execute(connection).await?;
        Ok(())
    }

    async fn recorded_incarnation(connection: &mut MySqlConnection) -> Result<Recorded, SqlError> {
        incarnation::recorded(connection).await
    }

    async fn incarnation_number(connection: &mut MySqlConnection) -> Result<i64, SqlError> {
        incarnation::number(connection).await
    }

    async fn write_lineage(
        connection: &mut MySqlConnection,
        found: &Recorded,
        begins: bool,
    ) -> Result<(), SqlError> {
        incarnation::write_lineage(connection, found, begins).await
    }

    async fn begin_incarnation(connection: &mut MySqlConnection) -> Result<(), SqlError> {
        incarnation::begin(connection).await
    }
}

/// What a session is told first.
///
/// * Locks are waited for in whole seconds, one at least: those of rows and those of
///   tables. MySQL looks once a second whether they are over.
/// * MariaDB limits every statement, MySQL only those that read; one that writes
///   is as short as its wait for locks.
/// * MySQL cannot end idle transactions alone, so it ends idle sessions; the
///   next request makes a new one.
/// * Reads see what is committed, and nothing is locked but the rows asked for,
///   as in PostgreSQL.
fn session(limit: Duration) -> String {
    const IDLE_SECONDS: u64 = 30;
    let limit_ms = limit.as_millis().max(1);
    let seconds = limit.as_secs_f64().max(0.001);
    let whole_seconds = limit_ms.div_ceil(1_000);
    let lock_seconds = (limit.as_secs() / 2).max(1);
    format!(
        "SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',STRICT_ALL_TABLES'),
             innodb_lock_wait_timeout = {lock_seconds}, lock_wait_timeout = {lock_seconds}
             /*M! , max_statement_time = {seconds:.3}, idle_transaction_timeout = {whole_seconds} */
             /*!80000 , max_execution_time = {limit_ms}, wait_timeout = {IDLE_SECONDS} */;
         SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
    )
}
