//! The statements about the incarnation, for PostgreSQL.
//!
//! The lineage is the cluster's identifier, which `initdb` makes, and the timeline,
//! which changes when a server goes on from a backup or is promoted. Every user may
//! ask for both.

use sqlx::PgConnection;

use crate::{database::SqlError, repository::lineage::Recorded};

/// A standby has no timeline to write on.
macro_rules! lineage {
    () => {
        "CASE WHEN pg_is_in_recovery() THEN NULL
         ELSE (SELECT system_identifier FROM pg_control_system())::text
             || ':' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
         END"
    };
}

pub(super) async fn recorded(connection: &mut PgConnection) -> Result<Recorded, SqlError> {
    let recorded = sqlx::query_as(concat!(
        "SELECT number, lineage, ",
        lineage!(),
        " AS server FROM incarnation"
    ))
    .fetch_one(connection)
    .await?;
    Ok(recorded)
}

pub(super) async fn number(connection: &mut PgConnection) -> Result<i64, SqlError> {
    let number = sqlx::query_scalar("SELECT number FROM incarnation")
        .fetch_one(connection)
        .await?;
    Ok(number)
}

pub(super) async fn write_lineage(
    connection: &mut PgConnection,
    found: &Recorded,
    begins: bool,
) -> Result<(), SqlError> {
    sqlx::query(
        "UPDATE incarnation SET lineage = $1, number = CASE WHEN $2
             THEN greatest(number + 1, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
             ELSE number END
         WHERE lineage IS NOT DISTINCT FROM $3",
    )
    .bind(&found.server)
    .bind(begins)
    .bind(&found.lineage)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn begin(connection: &mut PgConnection) -> Result<(), SqlError> {
    sqlx::query(concat!(
        "UPDATE incarnation SET lineage = ",
        lineage!(),
        ", number = greatest(
             number + 1, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
         )"
    ))
    .execute(connection)
    .await?;
    Ok(())
}
