//! What a read of the cache says, before the database is asked.

use chrono::{DateTime, Utc};
use contract::{AttemptOutcome, CacheContent, CacheEntry, Incarnation};
use uuid::Uuid;

use super::Freshness;

/// What the cache has under a key.
#[derive(Debug)]
pub(super) enum Found {
    /// An entry that stands in for the database.
    Fresh(CacheEntry),
    /// Anything else.
    Other(Known),
}

/// What is known of a key when the database has to be asked.
#[derive(Debug, Default)]
pub(super) enum Known {
    /// Nothing lies there.
    #[default]
    Nothing,
    /// What was so once.
    Stale(CacheEntry),
    /// Something that cannot be used, which has to go.
    Unusable,
}

impl Found {
    /// What an entry is worth to somebody who knows of `incarnation`.
    pub(super) fn of(
        entry: Option<CacheEntry>,
        incarnation: Incarnation,
        freshness: Freshness,
        now: DateTime<Utc>,
    ) -> Self {
        match entry {
            None => Self::Other(Known::Nothing),
            Some(entry) if entry.incarnation < incarnation => Self::Other(Known::Unusable),
            Some(entry) if freshness.covers(&entry, now) => Self::Fresh(entry),
            Some(entry) => Self::Other(Known::Stale(entry)),
        }
    }
}

impl Known {
    /// The tombstone for an item that the cache knows and the database does not.
    ///
    /// An entry is made only after its row was committed, and identities are never
    /// used again; so the item was deleted, and that did not reach the cache.
    pub(super) fn tombstone_of(&self, id: Uuid) -> Option<CacheContent> {
        match self {
            Self::Stale(entry) => match entry.content {
                CacheContent::Item(_) | CacheContent::Tombstone { .. } => {
                    Some(CacheContent::tombstone(id))
                }
                CacheContent::Page(_) => None,
            },
            Self::Nothing | Self::Unusable => None,
        }
    }

    /// Whether it would keep out what the database says now, and must not.
    ///
    /// An entry is made only after its row was committed, and versions only rise. So
    /// an entry of a later version than the database gave *afterwards*, of the same
    /// incarnation, is not of its history.
    pub(super) fn contradicts(&self, said: &CacheContent, incarnation: Incarnation) -> bool {
        match self {
            Self::Stale(entry) => {
                entry.incarnation <= incarnation && entry.version() > said.version()
            }
            Self::Nothing | Self::Unusable => false,
        }
    }
}

/// How a read goes on after it has asked the cache.
pub(super) enum Turn {
    /// The database has to be asked; the cache has nothing fresh.
    Ask(Known),
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
    pub(super) fn outcome(&self) -> AttemptOutcome {
        match self {
            Self::Fresh(_) => AttemptOutcome::Ok,
            Self::Absent => AttemptOutcome::Refused,
            Self::Ask(_) => AttemptOutcome::Miss,
            Self::AskAlone(InTrouble(outcome)) => *outcome,
        }
    }
}

/// The cache does not answer, or its circuit lets nothing through.
#[derive(Debug)]
pub(super) struct InTrouble(pub(super) AttemptOutcome);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use contract::Item;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn item(version: i64) -> CacheContent {
        CacheContent::Item(Item {
            id: Uuid::nil(),
            name: "bolt".to_owned(),
            description: String::new(),
            quantity: 1,
            version,
            created_at: NOW,
            updated_at: NOW,
        })
    }

    fn entry(incarnation: i64, content: CacheContent) -> CacheEntry {
        CacheEntry {
            content,
            incarnation: Incarnation::numbered(incarnation),
            as_of: NOW,
            fresh_until: NOW + Duration::from_secs(1),
        }
    }

    fn found(incarnation: i64, now: DateTime<Utc>) -> Found {
        let known = Incarnation::numbered(5);
        let entry = entry(incarnation, item(1));
        Found::of(Some(entry), known, Freshness::default(), now)
    }

    #[test]
    fn an_entry_of_an_earlier_incarnation_is_unusable_however_fresh() {
        assert!(matches!(found(4, NOW), Found::Other(Known::Unusable)));
        assert!(matches!(found(5, NOW), Found::Fresh(_)));
        // Another function has learnt of it first.
        assert!(matches!(found(6, NOW), Found::Fresh(_)));
        let later = NOW + Duration::from_secs(1);
        assert!(matches!(found(5, later), Found::Other(Known::Stale(_))));
    }

    #[test]
    fn only_a_later_version_of_no_later_incarnation_contradicts_the_database() {
        let id = Uuid::nil();
        let contradicts = |known, said: &CacheContent| {
            Known::Stale(known).contradicts(said, Incarnation::numbered(5))
        };
        for (known, said, expected) in [
            (entry(5, item(3)), item(2), true),
            (entry(5, item(3)), item(3), false),
            (entry(5, item(3)), item(4), false),
            (entry(6, item(3)), item(2), false),
            (entry(5, CacheContent::tombstone(id)), item(9), true),
            (entry(5, item(3)), CacheContent::tombstone(id), false),
        ] {
            assert_eq!(
                contradicts(known.clone(), &said),
                expected,
                "{known:?} {said:?}"
            );
        }
        let now = Incarnation::numbered(5);
        assert!(!Known::Nothing.contradicts(&item(1), now));
        assert!(!Known::Unusable.contradicts(&item(1), now));
    }
}
