//! The statements for MySQL and MariaDB.
//!
//! What was written is read back by a statement of its own: MySQL has no
//! `RETURNING`.

use contract::{IdempotencyKey, Item, ItemDraft, Served};
use sqlx::{MySqlConnection, QueryBuilder, types::Json};
use uuid::Uuid;

use super::MySql;
use crate::{
    database::SqlError,
    repository::tables::{Claim, ItemRow, Tables, item_columns},
};

impl Tables for MySql {
    async fn item(connection: &mut MySqlConnection, id: Uuid) -> Result<Option<Item>, SqlError> {
        let row: Option<ItemRow> = sqlx::query_as(concat!(
            "SELECT ",
            item_columns!(),
            " FROM items WHERE id = ?"
        ))
        .bind(id)
        .fetch_optional(connection)
        .await?;
        Ok(row.map(Item::from))
    }

    async fn items_before(
        connection: &mut MySqlConnection,
        before: Uuid,
        most: u16,
    ) -> Result<Vec<Item>, SqlError> {
        let rows: Vec<ItemRow> = sqlx::query_as(concat!(
            "SELECT ",
            item_columns!(),
            " FROM items WHERE id < ? ORDER BY id DESC LIMIT ?"
        ))
        .bind(before)
        .bind(most)
        .fetch_all(connection)
        .await?;
        Ok(rows.into_iter().map(Item::from).collect())
    }

    async fn hold_item(
        connection: &mut MySqlConnection,
        id: Uuid,
    ) -> Result<Option<Item>, SqlError> {
        let row: Option<ItemRow> = sqlx::query_as(concat!(
            "SELECT ",
            item_columns!(),
            " FROM items WHERE id = ? FOR UPDATE"
        ))
        .bind(id)
        .fetch_optional(connection)
        .await?;
        Ok(row.map(Item::from))
    }

    async fn create_item(
        connection: &mut MySqlConnection,
        id: Uuid,
        draft: &ItemDraft,
    ) -> Result<Item, SqlError> {
        sqlx::query(concat!(
            "INSERT INTO items (",
            item_columns!(),
            ") VALUES (?, ?, ?, ?, 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))"
        ))
        .bind(id)
        .bind(draft.name())
        .bind(draft.description())
        .bind(draft.quantity())
        .execute(&mut *connection)
        .await?;
        written(connection, id).await
    }

    /// `UTC_TIMESTAMP` is when the statement began, after the row was held.
    async fn replace_item(
        connection: &mut MySqlConnection,
        id: Uuid,
        draft: &ItemDraft,
    ) -> Result<Item, SqlError> {
        sqlx::query(
            "UPDATE items
             SET name = ?, description = ?, quantity = ?,
                 version = version + 1, updated_at = UTC_TIMESTAMP(6)
             WHERE id = ?",
        )
        .bind(draft.name())
        .bind(draft.description())
        .bind(draft.quantity())
        .bind(id)
        .execute(&mut *connection)
        .await?;
        written(connection, id).await
    }

    async fn delete_item(connection: &mut MySqlConnection, id: Uuid) -> Result<(), SqlError> {
        sqlx::query("DELETE FROM items WHERE id = ?")
            .bind(id)
            .execute(connection)
            .await?;
        Ok(())
    }

    /// The update that changes nothing waits for the row and holds it.
    async fn claim_key(
        connection: &mut MySqlConnection,
        key: &IdempotencyKey,
        fingerprint: &[u8],
    ) -> Result<Claim, SqlError> {
        sqlx::query(
            "INSERT INTO idempotency_keys (`key`, fingerprint) VALUES (?, ?)
             ON DUPLICATE KEY UPDATE `key` = `key`",
        )
        .bind(key.as_str())
        .bind(fingerprint)
        .execute(&mut *connection)
        .await?;
        let claim: Claim =
            sqlx::query_as("SELECT fingerprint, reply FROM idempotency_keys WHERE `key` = ?")
                .bind(key.as_str())
                .fetch_one(&mut *connection)
                .await?;
        if claim.reply.is_none() {
            forget_old_keys(connection).await?;
        }
        Ok(claim)
    }

    /// Looks at the row first. It is there as soon as its transaction has made it, and nobody
    /// else sees it.
    async fn claim_key_now(
        connection: &mut MySqlConnection,
        key: &IdempotencyKey,
        fingerprint: &[u8],
    ) -> Result<Claim, SqlError> {
        sqlx::query("SELECT 1 FROM idempotency_keys WHERE `key` = ? FOR UPDATE NOWAIT")
            .bind(key.as_str())
            .execute(&mut *connection)
            .await?;
        Self::claim_key(connection, key, fingerprint).await
    }

    /// Statements that change nothing, but might. MySQL cannot but wait a second.
    async fn hold_tables(connection: &mut MySqlConnection) -> Result<(), SqlError> {
        sqlx::raw_sql(
            "/*M! SET STATEMENT lock_wait_timeout = 0 FOR */ DELETE FROM items WHERE false;
             /*M! SET STATEMENT lock_wait_timeout = 0 FOR */ DELETE FROM idempotency_keys WHERE false",
        )
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn remember_reply(
        connection: &mut MySqlConnection,
        key: &IdempotencyKey,
        served: &Served,
    ) -> Result<(), SqlError> {
        sqlx::query("UPDATE idempotency_keys SET reply = ? WHERE `key` = ?")
            .bind(Json(served))
            .bind(key.as_str())
            .execute(connection)
            .await?;
        Ok(())
    }
}

async fn written(connection: &mut MySqlConnection, id: Uuid) -> Result<Item, SqlError> {
    let written = MySql::item(connection, id).await?;
    written.ok_or(SqlError::Row)
}

/// In two steps, because only `SELECT` can skip the rows that others hold.
async fn forget_old_keys(connection: &mut MySqlConnection) -> Result<(), SqlError> {
    let old: Vec<String> = sqlx::query_scalar(
        "SELECT `key` FROM idempotency_keys
         WHERE created_at < UTC_TIMESTAMP(6) - INTERVAL 7 DAY
         ORDER BY created_at LIMIT 10
         FOR UPDATE SKIP LOCKED",
    )
    .fetch_all(&mut *connection)
    .await?;
    if old.is_empty() {
        return Ok(());
    }
    let mut delete = QueryBuilder::new("DELETE FROM idempotency_keys WHERE `key` IN (");
    let mut keys = delete.separated(", ");
    for key in old {
        keys.push_bind(key);
    }
    keys.push_unseparated(")");
    delete.build().execute(connection).await?;
    Ok(())
}
