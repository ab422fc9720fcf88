//! Attempts with the same idempotency key have one effect together.
//!
//! The key, a fingerprint of the write and the reply are committed together
//! with the effect. Of two attempts at once, the second waits at the key's row
//! until the first one is through, and then finds its reply, or, if the first
//! one failed, the field empty; if that takes long, it is told so instead. A
//! refusal changes nothing and is not kept: a client that was told of a newer
//! version may try again with the same key.

use chrono::{DateTime, Utc};
use contract::{
    Body, IdempotencyKey, Item, ItemDraft, Refusal, Reply, Served, Source, Version, Write,
};
use lambda_kit::clock::Clock;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection, types::Json};
use uuid::Uuid;

use crate::items::{self, Current};

/// What became of a write.
pub(crate) struct Outcome {
    /// For the caller. What an earlier attempt was told is told again, although
    /// the item may have been written since.
    pub(crate) reply: Reply,
    /// What the database says of the item, and when it said so: also if an
    /// earlier attempt did the write, which may have ended before it could leave
    /// that in the cache. `None` if the item was not looked at.
    pub(crate) current: Option<(Current, DateTime<Utc>)>,
}

/// Applies `write`, unless an attempt with `key` did so before.
pub(crate) async fn write_once(
    connection: &mut PgConnection,
    key: &IdempotencyKey,
    write: &Write,
    clock: &dyn Clock,
) -> Result<Outcome, sqlx::Error> {
    let fingerprint = fingerprint(write)?;
    let mut transaction = connection.begin().await?;
    let claim = match claim(&mut transaction, key, &fingerprint).await {
        Err(error) if waited_in_vain(&error) => {
            transaction.rollback().await?;
            return Ok(refused_unseen(Refusal::StillUnderWay));
        }
        claim => claim?,
    };
    if let Some(Json(earlier)) = claim.reply {
        let outcome = if claim.fingerprint == fingerprint {
            replay(&mut transaction, earlier, clock).await?
        } else {
            refused_unseen(Refusal::IdempotencyKeyReused)
        };
        transaction.rollback().await?;
        return Ok(outcome);
    }
    let applied = items::apply(&mut transaction, write).await?;
    let as_of = clock.now();
    let current = match applied {
        Ok(current) => current,
        Err(obstacle) => {
            transaction.rollback().await?;
            return Ok(Outcome {
                reply: Reply::Refused(refusal(&obstacle)),
                current: Some((obstacle, as_of)),
            });
        }
    };
    let served = Served {
        body: body(&current),
        source: Source::Database,
        as_of,
    };
    remember(&mut transaction, key, &served).await?;
    transaction.commit().await?;
    Ok(Outcome {
        reply: Reply::Served(served),
        current: Some((current, as_of)),
    })
}

/// A refusal for which the item was not looked at.
fn refused_unseen(refusal: Refusal) -> Outcome {
    Outcome {
        reply: Reply::Refused(refusal),
        current: None,
    }
}

/// Whether another transaction held a lock for too long.
fn waited_in_vain(error: &sqlx::Error) -> bool {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| code == LOCK_NOT_AVAILABLE)
}

async fn replay(
    connection: &mut PgConnection,
    earlier: Served,
    clock: &dyn Clock,
) -> Result<Outcome, sqlx::Error> {
    let as_of = clock.now();
    let current = match earlier.body {
        Body::Item(Item { id, .. }) | Body::Deleted { id } => {
            Some((items::current(connection, id).await?, as_of))
        }
        // No write is answered with a page.
        Body::Page(_) => None,
    };
    Ok(Outcome {
        reply: Reply::Served(earlier),
        current,
    })
}

fn refusal(obstacle: &Current) -> Refusal {
    match obstacle {
        Current::Item(item) => Refusal::VersionMismatch {
            current: item.version,
        },
        Current::Gone { id } => Refusal::NotFound { id: *id },
    }
}

fn body(current: &Current) -> Body {
    match current {
        Current::Item(item) => Body::Item(item.clone()),
        Current::Gone { id } => Body::Deleted { id: *id },
    }
}

/// What makes two attempts the same: all that the client decides. The identity
/// of a new item is made anew for each attempt, so it does not count.
#[derive(Serialize)]
enum Intent<'a> {
    Create(&'a ItemDraft),
    Replace(Uuid, &'a ItemDraft, Option<Version>),
    Delete(Uuid, Option<Version>),
}

fn fingerprint(write: &Write) -> Result<Vec<u8>, sqlx::Error> {
    let intent = match write {
        Write::Create { draft, .. } => Intent::Create(draft),
        Write::Replace {
            id,
            draft,
            expected,
        } => Intent::Replace(*id, draft, *expected),
        Write::Delete { id, expected } => Intent::Delete(*id, *expected),
    };
    let text = serde_json::to_vec(&intent).map_err(|error| sqlx::Error::Encode(error.into()))?;
    Ok(Sha256::digest(text).to_vec())
}

/// The row of a key, held until the transaction ends. Without a reply, it is
/// this transaction that made it.
#[derive(sqlx::FromRow)]
struct Claim {
    fingerprint: Vec<u8>,
    reply: Option<Json<Served>>,
}

/// Also forgets a few keys that nobody retries with any more, so that the table
/// stays small without anybody tending it.
async fn claim(
    connection: &mut PgConnection,
    key: &IdempotencyKey,
    fingerprint: &[u8],
) -> Result<Claim, sqlx::Error> {
    sqlx::query_as(
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
    .await
}

async fn remember(
    connection: &mut PgConnection,
    key: &IdempotencyKey,
    served: &Served,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE idempotency_keys SET reply = $2 WHERE key = $1")
        .bind(key.as_str())
        .bind(Json(served))
        .execute(connection)
        .await?;
    Ok(())
}
