//! Attempts with the same idempotency key have one effect together.
//!
//! The key, a fingerprint of the write and the reply are committed together
//! with the effect. Of two attempts at once, the second waits at the key's row
//! until the first one is through, and then finds its reply, or, if the first
//! one failed, the field empty; if that takes long, it is told so instead. A
//! refusal changes nothing and is not kept: a client that was told of a newer
//! version may try again with the same key.

use contract::{
    Body, IdempotencyKey, Item, ItemDraft, Refusal, Reply, Served, Source, Version, Write,
};
use lambda_kit::clock::Clock;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::{Connection as _, types::Json};
use uuid::Uuid;

use super::{Current, Outcome, engine::Connection, tables::Tables};
use crate::database::{Condition, condition};

/// Applies `write`, unless an attempt with `key` did so before.
pub(super) async fn write_once<E: Tables>(
    connection: &mut Connection<E>,
    key: &IdempotencyKey,
    write: &Write,
    clock: &dyn Clock,
) -> Result<Outcome, sqlx::Error> {
    let fingerprint = fingerprint(write)?;
    let mut transaction = connection.begin().await?;
    let claim = match E::claim_key(&mut transaction, key, &fingerprint).await {
        Err(error) if condition(&error) == Condition::LockHeld => {
            transaction.rollback().await?;
            return Ok(refused_unseen(Refusal::StillUnderWay));
        }
        claim => claim?,
    };
    if let Some(Json(earlier)) = claim.reply {
        let outcome = if claim.fingerprint == fingerprint {
            replay::<E>(&mut transaction, earlier, clock).await?
        } else {
            refused_unseen(Refusal::IdempotencyKeyReused)
        };
        transaction.rollback().await?;
        return Ok(outcome);
    }
    let applied = apply::<E>(&mut transaction, write).await?;
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
        setback: None,
    };
    E::remember_reply(&mut transaction, key, &served).await?;
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

async fn replay<E: Tables>(
    connection: &mut Connection<E>,
    earlier: Served,
    clock: &dyn Clock,
) -> Result<Outcome, sqlx::Error> {
    let as_of = clock.now();
    let current = match earlier.body {
        Body::Item(Item { id, .. }) | Body::Deleted { id } => {
            let found = E::item(connection, id).await?;
            Some((found.map_or(Current::Gone { id }, Current::Item), as_of))
        }
        // No write is answered with a page.
        Body::Page(_) => None,
    };
    Ok(Outcome {
        reply: Reply::Served(earlier),
        current,
    })
}

/// Does what `write` says, or says what stands against it.
async fn apply<E: Tables>(
    connection: &mut Connection<E>,
    write: &Write,
) -> Result<Result<Current, Current>, sqlx::Error> {
    match write {
        Write::Create { id, draft } => {
            let item = E::create_item(connection, *id, draft).await?;
            Ok(Ok(Current::Item(item)))
        }
        Write::Replace {
            id,
            draft,
            expected,
        } => match hold::<E>(connection, *id, *expected).await? {
            Ok(()) => {
                let item = E::replace_item(connection, *id, draft).await?;
                Ok(Ok(Current::Item(item)))
            }
            Err(obstacle) => Ok(Err(obstacle)),
        },
        Write::Delete { id, expected } => match hold::<E>(connection, *id, *expected).await? {
            Ok(()) => {
                E::delete_item(connection, *id).await?;
                Ok(Ok(Current::Gone { id: *id }))
            }
            Err(obstacle) => Ok(Err(obstacle)),
        },
    }
}

/// Holds the item, unless it is not there, or has not the version expected.
async fn hold<E: Tables>(
    connection: &mut Connection<E>,
    id: Uuid,
    expected: Option<Version>,
) -> Result<Result<(), Current>, sqlx::Error> {
    Ok(match E::hold_item(connection, id).await? {
        None => Err(Current::Gone { id }),
        Some(item) if expected.is_some_and(|expected| expected != item.version) => {
            Err(Current::Item(item))
        }
        Some(_) => Ok(()),
    })
}

fn refusal(obstacle: &Current) -> Refusal {
    match obstacle {
        Current::Item(item) => Refusal::VersionMismatch {
            current: item.version,
        },
        Current::Gone { id } => Refusal::not_found(*id),
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
