//! Items through the cache: what is fresh there need not be asked for, and what
//! the database says is left there.
//!
//! The database has the last word whatever the cache does: an error of the
//! cache is logged and counts as a missing entry.
//!
//! What lies in the cache may be out of date, because the cache did not take a write,
//! or lost it. How long it may be served all the same is [`Freshness`]'s to bound.

mod freshness;
mod known;

use std::{sync::Arc, time::Duration};

pub use self::freshness::{Freshness, FreshnessError};
use self::known::{Found, InTrouble, Known, Turn};
use chrono::{DateTime, Utc};
use contract::{
    AttemptOutcome, CacheContent, CacheEntry, CacheKey, Cursor, IdempotencyKey, Incarnation, Item,
    PageLimit, Read, Refusal, Reply, Source, Target, Write,
};
use lambda_kit::{
    cache::{Cache, CacheError, Lease, Put},
    clock::Clock,
    metrics as names,
    telemetry::Causes,
};
use metrics::counter;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::{
    call::Call,
    database::DatabaseError,
    repository::{Current, Repository, WriteOutcome},
};

/// How long those who wait for somebody else's answer do, on average, before
/// they look again for the first time; then twice as long each time, so that many who
/// wait long are no load. A healthy database has answered by the first.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// The items, read and written through the cache.
pub struct CacheAside {
    /// Where items live.
    pub database: Box<dyn Repository>,
    /// Where they are kept aside.
    pub cache: Cache,
    /// How long that does instead of the database.
    pub freshness: Freshness,
    /// How long one read may keep others of the same item from the database.
    pub lease_life: Duration,
    /// Tells what is still fresh.
    pub clock: Arc<dyn Clock>,
}

impl CacheAside {
    /// The usual life of a lease: many times what a healthy database takes to
    /// read one row, and little to lose if the winner dies.
    pub const LEASE_LIFE: Duration = Duration::from_millis(500);

    /// Answers a read.
    ///
    /// # Errors
    ///
    /// If the database was needed and gave no answer.
    pub async fn read(&self, read: &Read, call: &Call) -> Result<Reply, DatabaseError> {
        match *read {
            Read::Get { id } => self.get(id, call).await,
            Read::List { limit, cursor } => self.list(limit, cursor, call).await,
        }
    }

    /// Does a write once, and leaves in the cache what the database says of the
    /// item then, also if the write was refused or done by an earlier attempt:
    /// what lies in the cache may be older. The reply of an earlier attempt is
    /// never put there: the item may have been written since.
    ///
    /// # Errors
    ///
    /// If the database gave no answer. The commit of `call` says whether the
    /// write may have happened all the same; another attempt with the same key
    /// finds out.
    pub async fn write(
        &self,
        key: &IdempotencyKey,
        write: &Write,
        call: &Call,
    ) -> Result<Reply, DatabaseError> {
        let time_left = call.budget.left(self.clock.now());
        let written = self
            .database
            .write_once(key, write, &call.commit, time_left);
        let of_reply = |outcome: &WriteOutcome| AttemptOutcome::from(&outcome.reply);
        let outcome = call
            .attempt_log
            .ask(Target::Database, written, of_reply)
            .await?;
        if let Some((current, as_of)) = outcome.current {
            // Of items that are not there, clients can ask for as many as they like.
            let refused = matches!(outcome.reply, Reply::Refused(_));
            let only_over = refused && matches!(current, Current::Gone { .. });
            let (id, content) = to_cache(current);
            let (key, entry) = (CacheKey::Item(id), self.entry(content, as_of));
            let put = async {
                if only_over {
                    self.cache.put_over_now(&key, &entry).await
                } else {
                    self.cache.put_now(&key, &entry).await
                }
            };
            self.tell(call, put, |put: &Put| (*put).into()).await;
        }
        Ok(outcome.reply)
    }

    /// Begins a new incarnation of the database, and says whether the cache knows: if it
    /// does not, it hears with the next entry.
    ///
    /// # Errors
    ///
    /// If the database gave no answer; another try does no harm.
    pub async fn begin_incarnation(
        &self,
        time_left: Option<Duration>,
    ) -> Result<(Incarnation, bool), DatabaseError> {
        let begun = self.database.begin_incarnation(time_left).await?;
        let announced = self.cache.announce(begun).await;
        if let Err(error) = &announced {
            log(error, "cache cannot be told of the incarnation");
        }
        Ok((begun, announced.is_ok()))
    }

    async fn get(&self, id: Uuid, call: &Call) -> Result<Reply, DatabaseError> {
        let key = CacheKey::Item(id);
        let turn = self.turn(&key, call);
        let turn = call.attempt_log.attempt(Target::Cache, turn, Turn::outcome);
        let turn = turn.await;
        count(&turn);
        let known = match turn {
            Turn::Fresh(entry) => return Ok(entry.into_reply(Source::Cache)),
            Turn::Absent => return Ok(Reply::Refused(Refusal::not_found(id))),
            Turn::AskAlone(_) => return self.get_past_the_cache(id, call).await,
            Turn::Ask(known) => known,
        };
        let now = self.clock.now();
        let found = match self.ask_database(id, now, call).await {
            Ok(found) => found,
            Err(error) => {
                self.tell(call, self.cache.end_lease(&key), done).await;
                return Err(error);
            }
        };
        let said = found
            .map(CacheContent::Item)
            .or_else(|| known.tombstone_of(id));
        self.clear(&key, &known, said.as_ref(), call).await;
        let Some(content) = said else {
            let note = self.cache.note_absent(&key, self.lease_life);
            self.tell(call, note, done).await;
            return Ok(Reply::Refused(Refusal::not_found(id)));
        };
        Ok(self
            .keep(&key, content, now, call)
            .await
            .into_reply(Source::Database))
    }

    /// Removes what would keep out what the database said, and must not.
    async fn clear(&self, key: &CacheKey, known: &Known, said: Option<&CacheContent>, call: &Call) {
        let incarnation = self.database.incarnation();
        let contradicted = said.is_some_and(|said| known.contradicts(said, incarnation));
        if contradicted {
            tracing::error!(
                "cache holds a later version than the database: was the database set back? \
                 See docs/runbook/after-a-restore.md"
            );
        }
        if contradicted || matches!(known, Known::Unusable) {
            self.tell(call, self.cache.remove(key), done).await;
        }
    }

    async fn get_past_the_cache(&self, id: Uuid, call: &Call) -> Result<Reply, DatabaseError> {
        let now = self.clock.now();
        Ok(match self.ask_database(id, now, call).await? {
            Some(item) => self
                .entry(CacheContent::Item(item), now)
                .into_reply(Source::Database),
            None => Reply::Refused(Refusal::not_found(id)),
        })
    }

    async fn ask_database(
        &self,
        id: Uuid,
        now: DateTime<Utc>,
        call: &Call,
    ) -> Result<Option<Item>, DatabaseError> {
        let time_left = call.budget.for_database_read(now);
        let found = self.database.get(id, time_left);
        let found = call
            .attempt_log
            .ask(Target::Database, found, |_| AttemptOutcome::Ok);
        found.await
    }

    /// Looks for a fresh entry, and waits for one while somebody else asks the
    /// database for it. When the wait is over, or the cache is in trouble, it is
    /// everyone's turn. The winner's lease is not ended when its entry lies in
    /// the cache: who saw nothing there a moment ago shall look again.
    async fn turn(&self, key: &CacheKey, call: &Call) -> Turn {
        let mut known = match self.look_up(key, call).await {
            Ok(Found::Fresh(entry)) => return Turn::Fresh(entry),
            Ok(Found::Other(known)) => known,
            Err(trouble) => return Turn::AskAlone(trouble),
        };
        let wait = call
            .budget
            .for_waiting(self.clock.now())
            .min(self.lease_life);
        let waiting = async {
            let mut pause = LOOK_AGAIN_AFTER;
            loop {
                match self.cache.lease(key, self.lease_life).await {
                    Ok(Lease::Won) => return None,
                    Ok(Lease::Absent) => return Some(Turn::Absent),
                    Ok(Lease::Taken) => {}
                    Err(error) => {
                        log(&error, "cache cannot lease");
                        return Some(Turn::AskAlone(InTrouble(AttemptOutcome::from(&error))));
                    }
                }
                sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
                pause *= 2;
                match self.look_up(key, call).await {
                    Ok(Found::Fresh(entry)) => return Some(Turn::Fresh(entry)),
                    Ok(Found::Other(found)) => known = found,
                    Err(trouble) => return Some(Turn::AskAlone(trouble)),
                }
            }
        };
        let turn = timeout(wait, waiting).await.unwrap_or_default();
        turn.unwrap_or(Turn::Ask(known))
    }

    /// A page is out of date with the next write to any item, so it always
    /// comes from the database and is kept for the fallback alone. Nothing is
    /// kept for a cursor behind which nothing lies: of those there is no end.
    async fn list(
        &self,
        limit: PageLimit,
        cursor: Option<Cursor>,
        call: &Call,
    ) -> Result<Reply, DatabaseError> {
        let now = self.clock.now();
        let time_left = call.budget.for_database_read(now);
        let page = self.database.list(limit, cursor, time_left);
        let page = call
            .attempt_log
            .ask(Target::Database, page, |_| AttemptOutcome::Ok);
        let page = page.await?;
        let worth_keeping = cursor.is_none() || !page.items.is_empty();
        let entry = self.entry(CacheContent::Page(page), now);
        if worth_keeping {
            let key = CacheKey::Page { limit, cursor };
            self.tell(call, self.cache.put(&key, &entry), done).await;
        }
        Ok(entry.into_reply(Source::Database))
    }

    /// What lies there and cannot be used is a miss, and gives way to what can.
    async fn look_up(&self, key: &CacheKey, call: &Call) -> Result<Found, InTrouble> {
        match self.in_time(call, self.cache.get(key)).await {
            Ok(entry) => {
                let (incarnation, now) = (self.database.incarnation(), self.clock.now());
                Ok(Found::of(entry, incarnation, self.freshness, now))
            }
            Err(error) => {
                log(&error, "cache cannot be read");
                match error {
                    CacheError::Entry(_) => Ok(Found::Other(Known::Unusable)),
                    error if error.is_about_the_command() => Ok(Found::Other(Known::Nothing)),
                    error => Err(InTrouble(AttemptOutcome::from(&error))),
                }
            }
        }
    }

    /// Leaves in the cache what the database said at `as_of`.
    async fn keep(
        &self,
        key: &CacheKey,
        content: CacheContent,
        as_of: DateTime<Utc>,
        call: &Call,
    ) -> CacheEntry {
        let entry = self.entry(content, as_of);
        self.tell(call, self.cache.put(key, &entry), done).await;
        entry
    }

    fn entry(&self, content: CacheContent, as_of: DateTime<Utc>) -> CacheEntry {
        CacheEntry {
            content,
            incarnation: self.database.incarnation(),
            as_of,
            fresh_until: as_of + self.freshness.of_new_entry(),
        }
    }

    async fn tell<T>(
        &self,
        call: &Call,
        news: impl Future<Output = Result<T, CacheError>>,
        outcome: impl FnOnce(&T) -> AttemptOutcome,
    ) {
        let told = self.in_time(call, news);
        let told = call.attempt_log.ask(Target::Cache, told, outcome);
        if let Err(error) = told.await {
            log(&error, "cache cannot be written");
        }
    }

    /// Gives the cache what is left of the time at most, beside its own limit:
    /// the answer is there, or can still be had, without it.
    async fn in_time<T>(
        &self,
        call: &Call,
        work: impl Future<Output = Result<T, CacheError>>,
    ) -> Result<T, CacheError> {
        let left = call.budget.left(self.clock.now()).unwrap_or_default();
        timeout(left, work)
            .await
            .unwrap_or(Err(CacheError::Timeout(left)))
    }
}

fn count(turn: &Turn) {
    let name = match turn {
        Turn::Fresh(_) | Turn::Absent => names::CACHE_HITS,
        Turn::Ask(_) | Turn::AskAlone(_) => names::CACHE_MISSES,
    };
    counter!(name).increment(1);
}

/// The outcome of what was done, whatever came of it.
fn done<T>(_: &T) -> AttemptOutcome {
    AttemptOutcome::Ok
}

/// What the cache shall say of an item, and of which.
fn to_cache(current: Current) -> (Uuid, CacheContent) {
    match current {
        Current::Item(item) => (item.id, CacheContent::Item(item)),
        Current::Gone { id } => (id, CacheContent::tombstone(id)),
    }
}

fn log(error: &CacheError, what: &'static str) {
    if matches!(error, CacheError::Withheld(_)) {
        tracing::debug!(%error, "{what}");
    } else {
        tracing::warn!(error = %Causes(error), "{what}");
    }
}
