//! The kinds of servers that every test is run against.

use std::time::Duration;

use lambda_kit::testing::server;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::world::TIMEOUTS;

/// InnoDB shows what it showed last to whoever looks again within 100 ms.
const RENEWED_AFTER: Duration = Duration::from_millis(110);

const LOCK_WAITS_OF_POSTGRES: &str = "SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// Runs each test, a function that takes its [`Surroundings`], on each kind of
/// server, as `name::postgres` and `name::mysql`.
///
/// [`Surroundings`]: crate::world::Surroundings
macro_rules! on_each_engine {
    ($($test:ident,)+) => {$(
        mod $test {
            use crate::{engine::Engine, world::Surroundings};

            #[tokio::test]
            async fn postgres() {
                if let Some(surroundings) = Surroundings::fresh(Engine::Postgres).await {
                    super::$test(surroundings).await;
                }
            }

            #[tokio::test]
            async fn mysql() {
                if let Some(surroundings) = Surroundings::fresh(Engine::MySql).await {
                    super::$test(surroundings).await;
                }
            }
        }
    )+};
}
pub(crate) use on_each_engine;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Engine {
    Postgres,
    MySql,
}

impl Engine {
    /// A database that no other test uses; `None` if there is no server.
    pub(crate) async fn create_database(self) -> Option<String> {
        let server = server(match self {
            Self::Postgres => "TEST_DATABASE_URL",
            Self::MySql => "TEST_MYSQL_URL",
        })?;
        let name = format!("test_{}", Uuid::now_v7().simple());
        let mut session = self.connect(&server).await;
        session.execute(&format!("CREATE DATABASE {name}")).await;
        let (host, _) = server.rsplit_once('/').unwrap();
        Some(format!("{host}/{name}"))
    }

    /// How many migrations there are.
    pub(crate) fn migrations(self) -> usize {
        match self {
            Self::Postgres => 3,
            // Each is one statement.
            Self::MySql => 4,
        }
    }

    /// Where connections are refused.
    pub(crate) fn nowhere(self) -> String {
        self.url_at("127.0.0.1:1")
    }

    /// The URL of a database at `address`, to which no password is needed.
    pub(crate) fn url_at(self, address: impl std::fmt::Display) -> String {
        let scheme = match self {
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        };
        format!("{scheme}://retry@{address}/items")
    }

    pub(crate) async fn connect(self, url: &str) -> Session {
        match self {
            Self::Postgres => Session::Postgres(PgConnection::connect(url).await.unwrap()),
            Self::MySql => Session::MySql(MySqlConnection::connect(url).await.unwrap()),
        }
    }
}

/// A session beside the function's own.
pub(crate) enum Session {
    Postgres(PgConnection),
    MySql(MySqlConnection),
}

impl Session {
    pub(crate) async fn execute(&mut self, sql: &str) {
        self.try_execute(sql).await.unwrap();
    }

    /// Whether the server does not do this, for what it says is in it.
    pub(crate) async fn refuses(&mut self, sql: &str) -> bool {
        let outcome = self.try_execute(sql).await;
        matches!(outcome, Err(sqlx::Error::Database(_)))
    }

    async fn try_execute(&mut self, sql: &str) -> sqlx::Result<()> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Postgres(connection) => sql.execute(connection).await.map(drop),
            Self::MySql(connection) => sql.execute(connection).await.map(drop),
        }
    }

    /// Whether the server ends transactions that nobody goes on with: MySQL does
    /// not, unlike MariaDB.
    pub(crate) async fn ends_idle_transactions(&mut self) -> bool {
        match self {
            Self::Postgres(_) => true,
            Self::MySql(_) => {
                let is_mariadb = "SELECT CAST(VERSION() LIKE '%MariaDB%' AS SIGNED)";
                self.numbers(is_mariadb).await == [1]
            }
        }
    }

    /// Whether the server says something of itself that no backup brings along:
    /// MariaDB does not.
    pub(crate) async fn tells_its_lineage(&mut self) -> bool {
        match self {
            Self::Postgres(_) => true,
            Self::MySql(_) => {
                let is_mariadb = "SELECT CAST(VERSION() LIKE '%MariaDB%' AS SIGNED)";
                self.numbers(is_mariadb).await != [1]
            }
        }
    }

    async fn numbers(&mut self, sql: &'static str) -> Vec<i64> {
        let numbers = match self {
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_all(connection).await,
            Self::MySql(connection) => sqlx::query_scalar(sql).fetch_all(connection).await,
        };
        numbers.unwrap()
    }

    /// Claims an idempotency key in a transaction, as an attempt that does not
    /// go on.
    pub(crate) async fn claim(&mut self, key: &contract::IdempotencyKey) {
        let column = self.key_column();
        self.execute("BEGIN").await;
        self.execute(&format!(
            "INSERT INTO idempotency_keys ({column}, fingerprint) VALUES ('{key}', '')"
        ))
        .await;
    }

    /// Locks a table so that nobody else can read or write it.
    pub(crate) async fn lock_out(&mut self, table: &str) {
        self.lock(table, "ACCESS EXCLUSIVE", "WRITE").await;
    }

    /// Locks a table so that others can only read it.
    pub(crate) async fn lock_writes_out(&mut self, table: &str) {
        self.lock(table, "SHARE", "READ").await;
    }

    async fn lock(&mut self, table: &str, of_postgres: &str, of_mysql: &str) {
        match self {
            Self::Postgres(_) => {
                self.execute("BEGIN").await;
                self.execute(&format!("LOCK TABLE {table} IN {of_postgres} MODE"))
                    .await;
            }
            Self::MySql(_) => {
                self.execute(&format!("LOCK TABLES {table} {of_mysql}"))
                    .await;
            }
        }
    }

    /// Holds the rows that there are, and no room between them for others.
    pub(crate) async fn hold_items(&mut self) {
        if let Self::MySql(_) = self {
            self.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
                .await;
        }
        self.execute("BEGIN").await;
        self.execute("SELECT id FROM items FOR UPDATE").await;
    }

    /// Gives back the lock on a table.
    pub(crate) async fn let_in(&mut self) {
        match self {
            Self::Postgres(_) => self.execute("ROLLBACK").await,
            Self::MySql(_) => self.execute("UNLOCK TABLES").await,
        }
    }

    /// Lets a key be some days older than it is.
    pub(crate) async fn age(&mut self, key: &contract::IdempotencyKey, days: u32) {
        let column = self.key_column();
        self.execute(&format!(
            "UPDATE idempotency_keys
             SET created_at = created_at - INTERVAL '{days}' DAY WHERE {column} = '{key}'"
        ))
        .await;
    }

    /// `key` is a word of its own to MySQL.
    fn key_column(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "key",
            Self::MySql(_) => "`key`",
        }
    }

    /// Returns when a session of this database waits for the lock of a table.
    pub(crate) async fn until_somebody_waits_for_a_table(&mut self) {
        let waiting = match self {
            Self::Postgres(_) => LOCK_WAITS_OF_POSTGRES,
            Self::MySql(_) => {
                "SELECT CAST(count(*) AS SIGNED) FROM information_schema.processlist
                 WHERE db = DATABASE() AND state = 'Waiting for table metadata lock'"
            }
        };
        self.until_some(waiting).await;
    }

    /// Returns when a session of this database waits for another's lock.
    pub(crate) async fn until_somebody_waits(&mut self) {
        let waiting = match self {
            Self::Postgres(_) => LOCK_WAITS_OF_POSTGRES,
            Self::MySql(_) => {
                "SELECT CAST(count(*) AS SIGNED) FROM information_schema.innodb_trx
                 JOIN information_schema.processlist ON id = trx_mysql_thread_id
                 WHERE db = DATABASE() AND trx_state = 'LOCK WAIT'"
            }
        };
        self.until_some(waiting).await;
    }

    async fn until_some(&mut self, waiting: &'static str) {
        let until_waiting = async {
            while self.numbers(waiting).await == [0] {
                sleep(RENEWED_AFTER).await;
            }
        };
        timeout(TIMEOUTS, until_waiting)
            .await
            .expect("nobody waited");
    }

    /// Ends all other sessions of this database, as its restart would; returns
    /// how many there were when they are gone.
    pub(crate) async fn end_all_others(&mut self) -> usize {
        match self {
            Self::Postgres(_) => {
                let ended = "SELECT pg_terminate_backend(pid, 10000)::int::bigint
                     FROM pg_stat_activity
                     WHERE datname = current_database() AND pid <> pg_backend_pid()";
                self.numbers(ended).await.len()
            }
            Self::MySql(_) => {
                let others = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist
                     WHERE db = DATABASE() AND id <> CONNECTION_ID()";
                let found = self.numbers(others).await;
                for id in &found {
                    self.execute(&format!("KILL {id}")).await;
                }
                let until_gone = async { while !self.numbers(others).await.is_empty() {} };
                timeout(TIMEOUTS, until_gone)
                    .await
                    .expect("they did not end");
                found.len()
            }
        }
    }
}
