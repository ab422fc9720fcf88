//! Attempts with the same idempotency key have one effect together.
//!
//! The key, a fingerprint of the write and the reply are committed together
//! with the effect. Of two attempts at once, the second waits at the key's row
//! until the first one is through, and then finds its reply, or, if the first
//! one failed, the field empty; if that takes long, it is told so instead. A
//! refusal changes nothing and is not kept: a client that was told of a newer
//! version may try again with the same key.
//!
//! A server does not say which lock a statement waited for in vain: that of a row,
//! which another caller writes, or that of a whole table, which keeps everybody out and
//! is trouble of the database. So a write whose time for a lock is over takes the locks
//! of the tables first, without waiting: if they are refused, one of them was it. While
//! it holds them, only the row itself can be in the way, and only then this is said.

use contract::{
    Body, Expected, IdempotencyKey, Item, ItemDraft, Refusal, Reply, Served, Source, Write,
};
use lambda_kit::clock::Clock;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::{Connection as _, Transaction, types::Json};
use uuid::Uuid;

use super::{Current, WriteOutcome, engine::Connection, tables::Tables};
use crate::{
    commit::Commit,
    database::{DatabaseError, SqlError},
};

/// Applies `write`, unless an attempt with `key` did so before.
pub(super) async fn write_once<E: Tables>(
    connection: &mut Connection<E>,
    key: &IdempotencyKey,
    write: &Write,
    commit: &Commit,
    clock: &dyn Clock,
) -> Result<WriteOutcome, DatabaseError> {
    let fingerprint = fingerprint(write)?;
    let mut transaction = begin::<E>(connection).await?;
    let mut claim = E::claim_key(&mut transaction, key, &fingerprint).await;
    if waited(&claim) {
        rollback::<E>(transaction).await?;
        transaction = begin::<E>(connection).await?;
        E::hold_tables(&mut transaction).await?;
        claim = E::claim_key_now(&mut transaction, key, &fingerprint).await;
        if waited(&claim) {
            rollback::<E>(transaction).await?;
            return Ok(refused_unseen(Refusal::StillUnderWay));
        }
    }
    let claim = claim?;
    if let Some(Json(earlier)) = claim.reply {
        commit.sending();
        let outcome = if claim.fingerprint == fingerprint {
            replay::<E>(&mut transaction, earlier, clock).await?
        } else {
            refused_unseen(Refusal::IdempotencyKeyReused)
        };
        rollback::<E>(transaction).await?;
        return Ok(outcome);
    }
    let applied = match apply::<E>(&mut transaction, write).await {
        Err(error) if error.is_lock() => {
            rollback::<E>(transaction).await?;
            transaction = begin::<E>(connection).await?;
            E::hold_tables(&mut transaction).await?;
            rollback::<E>(transaction).await?;
            return Err(DatabaseError::Held(error));
        }
        applied => applied?,
    };
    let as_of = clock.now();
    let current = match applied {
        Ok(current) => current,
        Err(obstacle) => {
            rollback::<E>(transaction).await?;
            return Ok(WriteOutcome {
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
    commit.sending();
    transaction.commit().await.map_err(SqlError::from)?;
    Ok(WriteOutcome {
        reply: Reply::Served(served),
        current: Some((current, as_of)),
    })
}

async fn begin<E: Tables>(
    connection: &mut Connection<E>,
) -> Result<Transaction<'_, E::Database>, SqlError> {
    Ok(connection.begin().await?)
}

async fn rollback<E: Tables>(transaction: Transaction<'_, E::Database>) -> Result<(), SqlError> {
    Ok(transaction.rollback().await?)
}

/// Whether the time for a lock is over.
fn waited<T>(outcome: &Result<T, SqlError>) -> bool {
    outcome.as_ref().is_err_and(SqlError::is_lock)
}

/// A refusal for which the item was not looked at.
fn refused_unseen(refusal: Refusal) -> WriteOutcome {
    WriteOutcome {
        reply: Reply::Refused(refusal),
        current: None,
    }
}

async fn replay<E: Tables>(
    connection: &mut Connection<E>,
    earlier: Served,
    clock: &dyn Clock,
) -> Result<WriteOutcome, SqlError> {
    let as_of = clock.now();
    let current = match earlier.body {
        Body::Item(Item { id, .. }) | Body::Deleted { id } => {
            let found = E::item(connection, id).await?;
            Some((found.map_or(Current::Gone { id }, Current::Item), as_of))
        }
        // No write is answered with a page.
        Body::Page(_) => None,
    };
    Ok(WriteOutcome {
        reply: Reply::Served(earlier),
        current,
    })
}

/// Does what `write` says, or says what stands against it.
async fn apply<E: Tables>(
    connection: &mut Connection<E>,
    write: &Write,
) -> Result<Result<Current, Current>, SqlError> {
    match write {
        Write::Create { id, draft } => {
            let item = E::create_item(connection, *id, draft).await?;
            Ok(Ok(Current::Item(item)))
        }
        Write::Replace {
            id,
            draft,
            expected,
        } => match hold::<E>(connection, *id, expected.as_ref()).await? {
            Ok(()) => {
                let item = E::replace_item(connection, *id, draft).await?;
                Ok(Ok(Current::Item(item)))
            }
            Err(obstacle) => Ok(Err(obstacle)),
        },
        Write::Delete { id, expected } => {
            match hold::<E>(connection, *id, expected.as_ref()).await? {
                Ok(()) => {
                    E::delete_item(connection, *id).await?;
                    Ok(Ok(Current::Gone { id: *id }))
                }
                Err(obstacle) => Ok(Err(obstacle)),
            }
        }
    }
}

/// Holds the item, unless it is not there, or its version is not one expected.
async fn hold<E: Tables>(
    connection: &mut Connection<E>,
    id: Uuid,
    expected: Option<&Expected>,
) -> Result<Result<(), Current>, SqlError> {
    Ok(match E::hold_item(connection, id).await? {
        None => Err(Current::Gone { id }),
        Some(item) if expected.is_some_and(|expected| !expected.allows(item.version)) => {
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
    Replace(Uuid, &'a ItemDraft, Option<&'a Expected>),
    Delete(Uuid, Option<&'a Expected>),
}

fn fingerprint(write: &Write) -> Result<Vec<u8>, SqlError> {
    let intent = match write {
        Write::Create { draft, .. } => Intent::Create(draft),
        Write::Replace {
            id,
            draft,
            expected,
        } => Intent::Replace(*id, draft, expected.as_ref()),
        Write::Delete { id, expected } => Intent::Delete(*id, expected.as_ref()),
    };
    let text = serde_json::to_vec(&intent).map_err(|_| SqlError::Encode)?;
    Ok(Sha256::digest(text).to_vec())
}
