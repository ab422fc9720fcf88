//! Items as rows.

use chrono::{DateTime, Utc};
use contract::{Cursor, Item, ItemDraft, ItemPage, PageLimit, Refusal, Version, Write};
use sqlx::PgConnection;
use uuid::Uuid;

/// What a write did.
pub(crate) enum Effect {
    /// The item is this now.
    Written(Item),
    /// The item is gone.
    Deleted {
        /// Which item.
        id: Uuid,
        /// Its last version.
        version: Version,
    },
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    description: String,
    quantity: i64,
    version: Version,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for Item {
    fn from(row: Row) -> Self {
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

pub(crate) async fn get(
    connection: &mut PgConnection,
    id: Uuid,
) -> Result<Option<Item>, sqlx::Error> {
    let row: Option<Row> = sqlx::query_as("SELECT * FROM items WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(Item::from))
}

/// A page, newest first: identifiers rise with time.
pub(crate) async fn list(
    connection: &mut PgConnection,
    limit: PageLimit,
    cursor: Option<Cursor>,
) -> Result<ItemPage, sqlx::Error> {
    let page_size = usize::from(limit.get());
    // One row more than wanted tells whether there is a next page.
    let rows: Vec<Row> =
        sqlx::query_as("SELECT * FROM items WHERE id < $1 ORDER BY id DESC LIMIT $2")
            .bind(cursor.map_or(Uuid::max(), |cursor| cursor.after))
            .bind(i64::from(limit.get()) + 1)
            .fetch_all(connection)
            .await?;
    let more = rows.len() > page_size;
    let items: Vec<Item> = rows.into_iter().take(page_size).map(Item::from).collect();
    let last = items.last().map(|item| Cursor { after: item.id });
    Ok(ItemPage {
        next_cursor: last.filter(|_| more),
        items,
    })
}

/// Does what `write` says, unless it must be refused. Needs a transaction.
pub(crate) async fn apply(
    connection: &mut PgConnection,
    write: &Write,
) -> Result<Result<Effect, Refusal>, sqlx::Error> {
    match write {
        Write::Create { id, draft } => {
            let item = create(connection, *id, draft).await?;
            Ok(Ok(Effect::Written(item)))
        }
        Write::Replace {
            id,
            draft,
            expected,
        } => match lock(connection, *id, *expected).await? {
            Ok(_) => {
                let item = replace(connection, *id, draft).await?;
                Ok(Ok(Effect::Written(item)))
            }
            Err(refusal) => Ok(Err(refusal)),
        },
        Write::Delete { id, expected } => match lock(connection, *id, *expected).await? {
            Ok(version) => {
                delete(connection, *id).await?;
                Ok(Ok(Effect::Deleted { id: *id, version }))
            }
            Err(refusal) => Ok(Err(refusal)),
        },
    }
}

/// The item's version, which nobody else can change before this transaction
/// ends.
async fn lock(
    connection: &mut PgConnection,
    id: Uuid,
    expected: Option<Version>,
) -> Result<Result<Version, Refusal>, sqlx::Error> {
    let current: Option<Version> =
        sqlx::query_scalar("SELECT version FROM items WHERE id = $1 FOR UPDATE")
            .bind(id)
            .fetch_optional(connection)
            .await?;
    Ok(match (current, expected) {
        (None, _) => Err(Refusal::NotFound { id }),
        (Some(current), Some(expected)) if current != expected => {
            Err(Refusal::VersionMismatch { current })
        }
        (Some(current), _) => Ok(current),
    })
}

async fn create(
    connection: &mut PgConnection,
    id: Uuid,
    draft: &ItemDraft,
) -> Result<Item, sqlx::Error> {
    let row: Row = sqlx::query_as(
        "INSERT INTO items (id, name, description, quantity, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, 1, now(), now())
         RETURNING *",
    )
    .bind(id)
    .bind(draft.name())
    .bind(draft.description())
    .bind(draft.quantity())
    .fetch_one(connection)
    .await?;
    Ok(row.into())
}

/// `clock_timestamp()`, because the transaction may have waited for another
/// that wrote the item later than this one began.
async fn replace(
    connection: &mut PgConnection,
    id: Uuid,
    draft: &ItemDraft,
) -> Result<Item, sqlx::Error> {
    let row: Row = sqlx::query_as(
        "UPDATE items
         SET name = $2, description = $3, quantity = $4,
             version = version + 1, updated_at = clock_timestamp()
         WHERE id = $1
         RETURNING *",
    )
    .bind(id)
    .bind(draft.name())
    .bind(draft.description())
    .bind(draft.quantity())
    .fetch_one(connection)
    .await?;
    Ok(row.into())
}

async fn delete(connection: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM items WHERE id = $1")
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}
