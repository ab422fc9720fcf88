//! The statements about the incarnation, for MySQL and MariaDB.
//!
//! The lineage is the `server_uuid`, which lies with MySQL's data: another server
//! that takes over, or is made from a backup, has another. MariaDB has no such
//! thing, so there an operator has to report every restore.

use sqlx::MySqlConnection;

use crate::{database::SqlError, repository::lineage::Recorded};

/// `NULL` on MariaDB.
macro_rules! lineage {
    () => {
        "CAST(/*M! NULL */ /*!80000 @@server_uuid */ AS CHAR)"
    };
}

/// The next number: the time, but higher than the last one in any case.
macro_rules! next_number {
    () => {
        "greatest(number + 1, CAST(floor(unix_timestamp(now(3)) * 1000) AS SIGNED))"
    };
}

pub(super) async fn recorded(connection: &mut MySqlConnection) -> Result<Recorded, SqlError> {
    let recorded = sqlx::query_as(concat!(
        "SELECT number, lineage, ",
        lineage!(),
        " AS server FROM incarnation"
    ))
    .fetch_one(connection)
    .await?;
    Ok(recorded)
}

pub(super) async fn number(connection: &mut MySqlConnection) -> Result<i64, SqlError> {
    let number = sqlx::query_scalar("SELECT number FROM incarnation")
        .fetch_one(connection)
        .await?;
    Ok(number)
}

pub(super) async fn write_lineage(
    connection: &mut MySqlConnection,
    found: &Recorded,
    begins: bool,
) -> Result<(), SqlError> {
    sqlx::query(concat!(
        "UPDATE incarnation SET lineage = ?, number = IF(?, ",
        next_number!(),
        ", number) WHERE lineage <=> ?"
    ))
    .bind(&found.server)
    .bind(begins)
    .bind(&found.lineage)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn begin(connection: &mut MySqlConnection) -> Result<(), SqlError> {
    sqlx::query(concat!(
        "UPDATE incarnation SET lineage = ",
        lineage!(),
        ", number = ",
        next_number!()
    ))
    .execute(connection)
    .await?;
    Ok(())
}
