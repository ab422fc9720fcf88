//! What the Retry Lambda leaves in the cache for the Fallback Lambda.
//!
//! Two functions that are deployed at different times share these entries, so
//! each entry names the schema it was written in. An entry that cannot be read
//! is an error of its own kind, which readers treat like a missing entry.

mod key;
mod wire;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::{key::CacheKey, wire::CacheEntryError};
use crate::{Body, Incarnation, Item, ItemPage, Refusal, Reply, Served, Source, Version};

/// How far the clocks of two functions may be apart. An entry from further ahead
/// than that is from no clock.
const CLOCKS_APART: Duration = Duration::from_secs(1);

/// What the database said about one key, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheEntry {
    /// What it said.
    pub content: CacheContent,
    /// Which incarnation of the database said so.
    pub incarnation: Incarnation,
    /// The moment at which it said so.
    pub as_of: DateTime<Utc>,
    /// Until then the entry may stand in for the database; after that it is
    /// there for the fallback alone.
    pub fresh_until: DateTime<Utc>,
}

/// What an entry knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheContent {
    /// The item as it was.
    Item(Item),
    /// The item is gone, for good: identities are never used again. See
    /// [`CacheContent::tombstone`].
    Tombstone {
        /// Which item.
        id: Uuid,
        /// Later than every version that the item can have had.
        version: Version,
    },
    /// The page as it was.
    Page(ItemPage),
}

impl CacheContent {
    /// The version of every tombstone: 2^53 - 1, which no item reaches. It is
    /// the largest whole number that the cache's scripts, which compare
    /// versions as doubles, still tell from its neighbours.
    const LAST_VERSION: Version = (1 << 53) - 1;

    /// Says that the item `id` is gone, whatever version of it a late writer
    /// brings.
    pub fn tombstone(id: Uuid) -> Self {
        Self::Tombstone {
            id,
            version: Self::LAST_VERSION,
        }
    }

    /// What orders contents under one key: of two, the one with the higher
    /// version is the later. Pages have no version and are ordered by
    /// [`CacheEntry::as_of`] alone.
    pub fn version(&self) -> Version {
        match self {
            Self::Item(item) => item.version,
            Self::Tombstone { version, .. } => *version,
            Self::Page(_) => 0,
        }
    }
}

impl CacheEntry {
    /// The version of its content; see [`CacheContent::version`].
    pub fn version(&self) -> Version {
        self.content.version()
    }

    /// Whether the entry is from a moment that has been, as far as clocks agree.
    pub fn is_of_the_past(&self, now: DateTime<Utc>) -> bool {
        self.as_of <= now + CLOCKS_APART
    }

    /// Whether the entry may stand in for the database at `now`, for a reader who
    /// takes nothing older than `longest`. Its writer may have allowed more.
    pub fn is_fresh(&self, now: DateTime<Utc>, longest: Duration) -> bool {
        self.is_of_the_past(now) && now < self.fresh_until.min(self.as_of + longest)
    }

    /// The entry as an answer, labelled with where it came from.
    pub fn into_reply(self, source: Source) -> Reply {
        let body = match self.content {
            CacheContent::Item(item) => Body::Item(item),
            CacheContent::Page(page) => Body::Page(page),
            CacheContent::Tombstone { id, .. } => {
                return Reply::Refused(Refusal::not_found(id));
            }
        };
        Reply::Served(Served {
            body,
            source,
            as_of: self.as_of,
            setback: None,
        })
    }

    fn belongs_under(&self, key: &CacheKey) -> bool {
        match (&self.content, key) {
            (CacheContent::Item(item), CacheKey::Item(id)) => item.id == *id,
            (CacheContent::Tombstone { id: gone, .. }, CacheKey::Item(id)) => gone == id,
            (CacheContent::Page(_), CacheKey::Page { .. }) => true,
            (CacheContent::Page(_), CacheKey::Item(_))
            | (CacheContent::Item(_) | CacheContent::Tombstone { .. }, CacheKey::Page { .. }) => {
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn freshness_ends_when_writer_or_reader_says_so() {
        let as_of = START + ms(60_000);
        let entry = |fresh_for| CacheEntry {
            content: CacheContent::tombstone(Uuid::nil()),
            incarnation: Incarnation::numbered(1),
            as_of,
            fresh_until: as_of + fresh_for,
        };
        for (by_writer, by_reader, ends) in [
            (ms(2_000), ms(3_000), ms(2_000)),
            (ms(30_000), ms(2_000), ms(2_000)),
            (ms(1), ms(2_000), ms(1)),
        ] {
            let entry = entry(by_writer);
            let fresh_at = |now| entry.is_fresh(now, by_reader);
            assert!(!fresh_at(as_of + ends), "{by_writer:?} {by_reader:?}");
            assert!(
                fresh_at(as_of + ends - ms(1)),
                "{by_writer:?} {by_reader:?}"
            );
        }
    }

    #[test]
    fn an_entry_from_the_future_is_not_fresh() {
        let as_of = START + ms(60_000);
        let entry = CacheEntry {
            content: CacheContent::tombstone(Uuid::nil()),
            incarnation: Incarnation::numbered(1),
            as_of,
            fresh_until: as_of + ms(2_000),
        };
        assert!(entry.is_fresh(as_of - CLOCKS_APART, ms(2_000)), "a clock");
        assert!(!entry.is_fresh(as_of - CLOCKS_APART - ms(1), ms(2_000)));
    }
}
