//! The statements for PostgreSQL.

use contract::{IdempotencyKey, Item, ItemDraft, Served};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use super::Postgres;
use crate::{
    database::SqlError,
    repository::tables::{Claim, ItemRow, Tables, item_columns},
};

impl Tables for Postgres {
    async fn item(connection: &mut PgConnection, id: Uuid) -> Result<Option<Item>, SqlError> {
        let row: Option<ItemRow> = sqlx::query_as(concat!(
            "SELECT ",
            item_columns!(),
            " FROM items WHERE id = $1"
        ))
        .bind(id)
        .fetch_optional(connection)
        .await?;
        Ok(row.map(Item::from))
    }

    async fn items_before(
        connection: &mut PgConnection,
        before: Uuid,
        most: u16,
    ) -> Result<Vec<Item>, SqlError> {
        let rows: Vec<ItemRow> = sqlx::query_as(concat!(
            "SELECT ",
            item_columns!(),
            " FROM items WHERE id < $1 ORDER BY id DESC LIMIT $2"
        ))
        .bind(before)
        .bind(i64::from(most))
        .fetch_all(connection)
        .await?;
        Ok(rows.into_iter().map(Item::from).collect())
    }

    async fn hold_item(connection: &mut PgConnection, id: Uuid) -> Result<Option<Item>, SqlError> {
        let row: Option<ItemRow> = sqlx::query_as(concat!(
            "SELECT ",
            item_columns!(),
            " FROM items WHERE id = $1 FOR UPDATE"
        ))
        .bind(id)
        .fetch_optional(connection)
        .await?;
        Ok(row.map(Item::from))
    }

    async fn create_item(
        connection: &mut PgConnection,
        id: Uuid,
        draft: &ItemDraft,
    ) -> Result<Item, SqlError> {
        let row: ItemRow = sqlx::query_as(concat!(
            "INSERT INTO items (",
            item_columns!(),
            ")
             VALUES ($1, $2, $3, $4, 1, now(), now())
             RETURNING ",
            item_columns!(),
        ))
        .bind(id)
        .bind(draft.name())
        .bind(draft.description())
        .bind(draft.quantity())
        .fetch_one(connection)
        .await?;
        Ok(row.into())
    }

    /// `clock_timestamp()`, because `now()` is when the transaction began.
    async fn replace_item(
        connection: &mut PgConnection,
        id: Uuid,
        draft: &ItemDraft,
    ) -> Result<Item, SqlError> {
        let row: ItemRow = sqlx::query_as(concat!(
            "UPDATE items
             SET name = $2, description = $3, quantity = $4,
                 version = version + 1, updated_at = clock_timestamp()
             WHERE id = $1
             RETURNING ",
            item_columns!(),
        ))
        .bind(id)
        .bind(draft.name())
        .bind(draft.description())
        .bind(draft.quantity())
        .fetch_one(connection)
        .await?;
        Ok(row.into())
    }

    async fn delete_item(connection: &mut PgConnection, id: Uuid) -> Result<(), SqlError> {
        sqlx::query("DELETE FROM items WHERE id = $1")
            .bind(id)
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn claim_key(
        connection: &mut PgConnection,
        key: &IdempotencyKey,
        fingerprint: &[u8],
    ) -> Result<Claim, SqlError> {
        let claim = sqlx::query_as(
            "WITH forgotten AS (
                 DELETE FROM idempotency_keys WHERE key IN (
                     SELECT key FROM idempotency_keys
                     WHERE created_at < now() - interval '7 days' AND key <> $1
                     ORDER BY created_at LIMIT 10
                     FOR UPDATE SKIP LOCKED
                 )
             )
             INSERT INTO idempotency_keys (key, fingerprint) VALUES ($1, $2)
             ON CONFLICT (key) DO UPDATE SET key = excluded.key
             RETURNING fingerprint, reply",
        )
        .bind(key.as_str())
        .bind(fingerprint)
        .fetch_one(connection)
        .await?;
        Ok(claim)
    }

    /// Zero would stand for no limit, and a page that is added to a table is locked for a
    /// moment, too.
    async fn claim_key_now(
        connection: &mut PgConnection,
        key: &IdempotencyKey,
        fingerprint: &[u8],
    ) -> Result<Claim, SqlError> {
        sqlx::raw_sql("SET LOCAL lock_timeout = '50ms'")
            .execute(&mut *connection)
            .await?;
        let claim = Self::claim_key(connection, key, fingerprint).await?;
        sqlx::raw_sql("SET LOCAL lock_timeout TO DEFAULT")
            .execute(connection)
            .await?;
        Ok(claim)
    }

    async fn hold_tables(connection: &mut PgConnection) -> Result<(), SqlError> {
        sqlx::raw_sql("LOCK TABLE items, idempotency_keys IN ROW EXCLUSIVE MODE NOWAIT")
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn remember_reply(
        connection: &mut PgConnection,
        key: &IdempotencyKey,
        served: &Served,
    ) -> Result<(), SqlError> {
        sqlx::query("UPDATE idempotency_keys SET reply = $2 WHERE key = $1")
            .bind(key.as_str())
            .bind(Json(served))
            .execute(connection)
            .await?;
        Ok(())
    }
}
