//! Items as rows.

use chrono::{DateTime, Utc};
use contract::{Cursor, Item, ItemDraft, ItemPage, PageLimit, Version, Write};
use sqlx::PgConnection;
use uuid::Uuid;

/// What the database says of one item.
pub(crate) enum Current {
    /// The item is this.
    Item(Item),
    /// There is no such item, or no longer.
    Gone {
        /// Which item.
        id: Uuid,
    },
}

/// The columns of [`Row`], in the order of its fields. They are named, because
/// a prepared `SELECT *` fails once a migration has added a column. A macro,
/// because `concat!` takes no constants.
macro_rules! columns {
    () => {
        "id, name, description, quantity, version, created_at, updated_at"
    };
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
    let row: Option<Row> =
        sqlx::query_as(concat!("SELECT ", columns!(), " FROM items WHERE id = $1"))
            .bind(id)
            .fetch_optional(connection)
            .await?;
    Ok(row.map(Item::from))
}

/// What the database says of the item `id`.
pub(crate) async fn current(
    connection: &mut PgConnection,
    id: Uuid,
) -> Result<Current, sqlx::Error> {
    let found = get(connection, id).await?;
    Ok(found.map_or(Current::Gone { id }, Current::Item))
}

/// A page, newest first: identifiers rise with time.
pub(crate) async fn list(
    connection: &mut PgConnection,
    limit: PageLimit,
    cursor: Option<Cursor>,
) -> Result<ItemPage, sqlx::Error> {
    let page_size = usize::from(limit.get());
    // One row more than wanted tells whether there is a next page.
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM items WHERE id < $1 ORDER BY id DESC LIMIT $2"
    ))
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

/// Does what `write` says, or says what stands against it. Needs a transaction.
pub(crate) async fn apply(
    connection: &mut PgConnection,
    write: &Write,
) -> Result<Result<Current, Current>, sqlx::Error> {
    match write {
        Write::Create { id, draft } => {
            let item = create(connection, *id, draft).await?;
            Ok(Ok(Current::Item(item)))
        }
        Write::Replace {
            id,
            draft,
            expected,
        } => match lock(connection, *id, *expected).await? {
            Ok(()) => {
                let item = replace(connection, *id, draft).await?;
                Ok(Ok(Current::Item(item)))
            }
            Err(obstacle) => Ok(Err(obstacle)),
        },
        Write::Delete { id, expected } => match lock(connection, *id, *expected).await? {
            Ok(()) => {
                delete(connection, *id).await?;
                Ok(Ok(Current::Gone { id: *id }))
            }
            Err(obstacle) => Ok(Err(obstacle)),
        },
    }
}

/// Holds the item, which nobody else can change before this transaction ends;
/// unless it is not there, or has not the version expected.
async fn lock(
    connection: &mut PgConnection,
    id: Uuid,
    expected: Option<Version>,
) -> Result<Result<(), Current>, sqlx::Error> {
    let row: Option<Row> = sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM items WHERE id = $1 FOR UPDATE"
    ))
    .bind(id)
    .fetch_optional(connection)
    .await?;
    Ok(match row {
        None => Err(Current::Gone { id }),
        Some(row) if expected.is_some_and(|expected| expected != row.version) => {
            Err(Current::Item(row.into()))
        }
        Some(_) => Ok(()),
    })
}

async fn create(
    connection: &mut PgConnection,
    id: Uuid,
    draft: &ItemDraft,
) -> Result<Item, sqlx::Error> {
    let row: Row = sqlx::query_as(concat!(
        "INSERT INTO items (",
        columns!(),
        ")
             VALUES ($1, $2, $3, $4, 1, now(), now())
             RETURNING ",
        columns!(),
    ))
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
    let row: Row = sqlx::query_as(concat!(
        "UPDATE items
             SET name = $2, description = $3, quantity = $4,
                 version = version + 1, updated_at = clock_timestamp()
             WHERE id = $1
             RETURNING ",
        columns!(),
    ))
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
