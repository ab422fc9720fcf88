//! Trouble that another user of the same servers makes, until it is dropped.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::runtime::Runtime;

/// A session that holds a table so that nobody else can read or write it.
pub(crate) struct LockedTable {
    // Before the runtime: the session needs one to end.
    session: Option<PgConnection>,
    runtime: Runtime,
}

impl LockedTable {
    pub(crate) fn lock(database_url: &str, table: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let session = runtime.block_on(async {
            let mut session = PgConnection::connect(database_url).await.unwrap();
            let lock = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
            let lock = sqlx::raw_sql(AssertSqlSafe(lock));
            lock.execute(&mut session).await.unwrap();
            session
        });
        Self {
            session: Some(session),
            runtime,
        }
    }
}

impl Drop for LockedTable {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            self.runtime.block_on(session.close()).unwrap();
        }
    }
}

/// A function that Lambda gives no environment to: every invocation is throttled.
pub(crate) struct Throttled {
    client: aws_sdk_lambda::Client,
    function: String,
    runtime: Runtime,
}

impl Throttled {
    pub(crate) fn throttle(client: aws_sdk_lambda::Client, function: String) -> Self {
        let runtime = Runtime::new().unwrap();
        let reserve = client
            .put_function_concurrency()
            .function_name(&function)
            .reserved_concurrent_executions(0);
        runtime.block_on(reserve.send()).unwrap();
        Self {
            client,
            function,
            runtime,
        }
    }
}

impl Drop for Throttled {
    fn drop(&mut self) {
        let release = self
            .client
            .delete_function_concurrency()
            .function_name(&self.function);
        self.runtime.block_on(release.send()).unwrap();
    }
}
