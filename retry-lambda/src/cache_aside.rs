//! Items through the cache: what is fresh there need not be asked for, and what
//! the database says is left there.
//!
//! The database has the last word whatever the cache does: an error of the
//! cache is logged and counts as a missing entry.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use contract::{
    AttemptOutcome, CacheContent, CacheEntry, CacheKey, Cursor, IdempotencyKey, Item, PageLimit,
    Read, Refusal, Reply, Source, Target, Write,
};
use lambda_kit::{
    cache::{Cache, CacheError, Lease},
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
    repository::{Current, Outcome, Repository},
};

/// How long those who wait for somebody else's answer do, on average, before
/// they look again.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// How long an entry may stand in for the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    longest: Duration,
}

impl Freshness {
    /// At most `longest`; each entry gets up to a fifth less at random, so that
    /// entries made together do not expire together.
    pub fn at_most(longest: Duration) -> Self {
        Self { longest }
    }

    fn of_new_entry(self) -> Duration {
        self.longest.mul_f64(1.0 - 0.2 * fastrand::f64())
    }
}

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

/// How a read goes on after it has asked the cache.
enum Turn {
    /// The database has to be asked; the cache has nothing, or something stale.
    Ask(Option<CacheEntry>),
    /// The database has to be asked, and the cache not again: it is in trouble, and
    /// one request does not pay for that more than once.
    AskAlone(InTrouble),
    /// This is fresh.
    Fresh(CacheEntry),
    /// Somebody asked a moment ago, and there is no such item.
    Absent,
}

impl Turn {
    /// What became of asking the cache.
    fn outcome(&self) -> AttemptOutcome {
        match self {
            Self::Fresh(_) => AttemptOutcome::Ok,
            Self::Absent => AttemptOutcome::Refused,
            Self::Ask(_) => AttemptOutcome::Miss,
            Self::AskAlone(InTrouble(outcome)) => *outcome,
        }
    }
}

/// The cache does not answer, or its circuit lets nothing through.
struct InTrouble(AttemptOutcome);

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
    /// If the database gave no answer. The write may have happened all the
    /// same; another attempt with the same key finds out.
    pub async fn write(
        &self,
        key: &IdempotencyKey,
        write: &Write,
        call: &Call,
    ) -> Result<Reply, DatabaseError> {
        let time_left = call.budget.left(self.clock.now());
        let written = self.database.write_once(key, write, time_left);
        let of_reply = |outcome: &Outcome| AttemptOutcome::from(&outcome.reply);
        let outcome = call
            .journal
            .ask(Target::Database, written, of_reply)
            .await?;
        if let Some((current, as_of)) = outcome.current {
            // Of items that are not there, clients can ask for as many as they like.
            let refused = matches!(outcome.reply, Reply::Refused(_));
            let only_over = refused && matches!(current, Current::Gone { .. });
            let (id, content) = to_cache(current);
            let (key, entry) = (CacheKey::Item(id), self.entry(content, as_of));
            if only_over {
                self.tell(call, self.cache.put_over_now(&key, &entry)).await;
            } else {
                self.tell(call, self.cache.put_now(&key, &entry)).await;
            }
        }
        Ok(outcome.reply)
    }

    async fn get(&self, id: Uuid, call: &Call) -> Result<Reply, DatabaseError> {
        let key = CacheKey::Item(id);
        let turn = self.turn(&key, call);
        let turn = call.journal.attempt(Target::Cache, turn, Turn::outcome);
        let turn = turn.await;
        count(&turn);
        let known = match turn {
            Turn::Fresh(entry) => return Ok(entry.into_reply(Source::Cache)),
            Turn::Absent => return Ok(Reply::Refused(Refusal::not_found(id))),
            Turn::AskAlone(_) => return self.get_past_the_cache(id, call).await,
            Turn::Ask(stale) => stale,
        };
        let now = self.clock.now();
        let found = match self.ask_database(id, now, call).await {
            Ok(found) => found,
            Err(error) => {
                self.tell(call, self.cache.end_lease(&key)).await;
                return Err(error);
            }
        };
        let content = match found {
            Some(item) => CacheContent::Item(item),
            None => {
                if let Some(tombstone) = known.and_then(|entry| tombstone_over(id, &entry)) {
                    tombstone
                } else {
                    let note = self.cache.note_absent(&key, self.lease_life);
                    self.tell(call, note).await;
                    return Ok(Reply::Refused(Refusal::not_found(id)));
                }
            }
        };
        Ok(self
            .keep(&key, content, now, call)
            .await
            .into_reply(Source::Database))
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
            .journal
            .ask(Target::Database, found, |_| AttemptOutcome::Ok);
        found.await
    }

    /// Looks for a fresh entry, and waits for one while somebody else asks the
    /// database for it. When the wait is over, or the cache is in trouble, it is
    /// everyone's turn. The winner's lease is not ended when its entry lies in
    /// the cache: who saw nothing there a moment ago shall look again.
    async fn turn(&self, key: &CacheKey, call: &Call) -> Turn {
        let mut known = match self.look_up(key, call).await {
            Ok(known) => known,
            Err(trouble) => return Turn::AskAlone(trouble),
        };
        if let Some(entry) = known.take_if(|entry| entry.is_fresh(self.clock.now())) {
            return Turn::Fresh(entry);
        }
        let wait = call
            .budget
            .for_waiting(self.clock.now())
            .min(self.lease_life);
        let waiting = async {
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
                sleep(LOOK_AGAIN_AFTER.mul_f64(0.5 + fastrand::f64())).await;
                match self.look_up(key, call).await {
                    Ok(found) => known = found,
                    Err(trouble) => return Some(Turn::AskAlone(trouble)),
                }
                if let Some(entry) = known.take_if(|entry| entry.is_fresh(self.clock.now())) {
                    return Some(Turn::Fresh(entry));
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
            .journal
            .ask(Target::Database, page, |_| AttemptOutcome::Ok);
        let page = page.await?;
        let worth_keeping = cursor.is_none() || !page.items.is_empty();
        let entry = self.entry(CacheContent::Page(page), now);
        if worth_keeping {
            let key = CacheKey::Page { limit, cursor };
            self.tell(call, self.cache.put(&key, &entry)).await;
        }
        Ok(entry.into_reply(Source::Database))
    }

    /// An entry that cannot be used is as good as none, and gives way to another.
    async fn look_up(&self, key: &CacheKey, call: &Call) -> Result<Option<CacheEntry>, InTrouble> {
        match self.in_time(call, self.cache.get(key)).await {
            Ok(found) => Ok(found),
            Err(error) => {
                log(&error, "cache cannot be read");
                if error.is_about_the_command() {
                    Ok(None)
                } else {
                    Err(InTrouble(AttemptOutcome::from(&error)))
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
        self.tell(call, self.cache.put(key, &entry)).await;
        entry
    }

    fn entry(&self, content: CacheContent, as_of: DateTime<Utc>) -> CacheEntry {
        CacheEntry {
            content,
            as_of,
            fresh_until: as_of + self.freshness.of_new_entry(),
        }
    }

    async fn tell<T>(&self, call: &Call, news: impl Future<Output = Result<T, CacheError>>) {
        let told = self.in_time(call, news);
        let told = call
            .journal
            .ask(Target::Cache, told, |_| AttemptOutcome::Ok);
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

/// What the cache shall say of an item, and of which.
fn to_cache(current: Current) -> (Uuid, CacheContent) {
    match current {
        Current::Item(item) => (item.id, CacheContent::Item(item)),
        Current::Gone { id } => (id, CacheContent::tombstone(id)),
    }
}

/// The tombstone for an item that the cache knows and the database does not.
///
/// An entry is made only after its row was committed, and identities are never
/// used again; so the item was deleted, and that did not reach the cache.
fn tombstone_over(id: Uuid, known: &CacheEntry) -> Option<CacheContent> {
    match known.content {
        CacheContent::Item(_) | CacheContent::Tombstone { .. } => Some(CacheContent::tombstone(id)),
        CacheContent::Page(_) => None,
    }
}

fn log(error: &CacheError, what: &'static str) {
    if matches!(error, CacheError::Withheld(_)) {
        tracing::debug!(%error, "{what}");
    } else {
        tracing::warn!(error = %Causes(error), "{what}");
    }
}
