//! The statements, and the rows that they give.

use chrono::{DateTime, Utc};
use contract::{IdempotencyKey, Item, ItemDraft, Served, Version};
use sqlx::types::Json;
use uuid::Uuid;

use super::engine::{Connection, Engine};
use crate::database::SqlError;

/// What is asked of the tables of items and of idempotency keys.
pub(super) trait Tables: Engine {
    /// The item `id`, if there is one.
    fn item(
        connection: &mut Connection<Self>,
        id: Uuid,
    ) -> impl Future<Output = Result<Option<Item>, SqlError>> + Send;

    /// At most `most` items with identifiers below `before`, from the highest down.
    fn items_before(
        connection: &mut Connection<Self>,
        before: Uuid,
        most: u16,
    ) -> impl Future<Output = Result<Vec<Item>, SqlError>> + Send;

    /// The same as [`Self::item`], and nobody else can change the item before
    /// this transaction ends.
    fn hold_item(
        connection: &mut Connection<Self>,
        id: Uuid,
    ) -> impl Future<Output = Result<Option<Item>, SqlError>> + Send;

    /// Makes an item, with the server's time.
    fn create_item(
        connection: &mut Connection<Self>,
        id: Uuid,
        draft: &ItemDraft,
    ) -> impl Future<Output = Result<Item, SqlError>> + Send;

    /// Changes an item that is held. Its time is that of the statement: the
    /// transaction may have waited for another that wrote the item later than
    /// this one began.
    fn replace_item(
        connection: &mut Connection<Self>,
        id: Uuid,
        draft: &ItemDraft,
    ) -> impl Future<Output = Result<Item, SqlError>> + Send;

    /// Removes an item that is held.
    fn delete_item(
        connection: &mut Connection<Self>,
        id: Uuid,
    ) -> impl Future<Output = Result<(), SqlError>> + Send;

    /// Makes the row of `key`, or waits until whoever made it is through, and
    /// holds it. Also forgets a few keys that nobody retries with any more, so
    /// that the table stays small without anybody tending it.
    fn claim_key(
        connection: &mut Connection<Self>,
        key: &IdempotencyKey,
        fingerprint: &[u8],
    ) -> impl Future<Output = Result<Claim, SqlError>> + Send;

    /// The same, but does not wait for whoever made the row.
    fn claim_key_now(
        connection: &mut Connection<Self>,
        key: &IdempotencyKey,
        fingerprint: &[u8],
    ) -> impl Future<Output = Result<Claim, SqlError>> + Send;

    /// Takes the locks on whole tables that a write needs, without waiting, until the
    /// transaction ends. From then on only rows can be in the way.
    fn hold_tables(
        connection: &mut Connection<Self>,
    ) -> impl Future<Output = Result<(), SqlError>> + Send;

    /// Puts the reply into the row of a key that is held.
    fn remember_reply(
        connection: &mut Connection<Self>,
        key: &IdempotencyKey,
        served: &Served,
    ) -> impl Future<Output = Result<(), SqlError>> + Send;
}

/// The columns of [`ItemRow`]. They are named, because a prepared `SELECT *`
/// fails once a migration has added a column. A macro, because `concat!` takes
/// no constants.
macro_rules! item_columns {
    () => {
        "id, name, description, quantity, version, created_at, updated_at"
    };
}
pub(super) use item_columns;

/// An item as a row.
#[derive(sqlx::FromRow)]
pub(super) struct ItemRow {
    id: Uuid,
    name: String,
    description: String,
    quantity: i64,
    version: Version,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<ItemRow> for Item {
    fn from(row: ItemRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            quantity: row.quantity,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// The row of a key, held until the transaction ends. Without a reply, it is
/// this transaction that made it.
#[derive(sqlx::FromRow)]
pub(super) struct Claim {
    /// Of the write that the key was used for.
    pub(super) fingerprint: Vec<u8>,
    /// What that write was answered.
    pub(super) reply: Option<Json<Served>>,
}
