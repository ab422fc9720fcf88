//! What the Retry Lambda leaves in the cache for the Fallback Lambda.
//!
//! Two functions that are deployed at different times share these entries, so
//! each entry names the schema it was written in. An entry that cannot be read
//! is an error of its own kind, which readers treat like a missing entry.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Body, Cursor, Item, ItemPage, PageLimit, Read, Refusal, Reply, Served, Source, Version,
};

/// Where an entry lies: `item:<uuid>` or `page:<limit>:<cursor>`, where the
/// first page has `-` for a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheKey {
    /// What is known of one item.
    Item(Uuid),
    /// One page of the list.
    Page {
        /// The most items on the page.
        limit: PageLimit,
        /// Where the page before ended.
        cursor: Option<Cursor>,
    },
}

impl From<&Read> for CacheKey {
    fn from(read: &Read) -> Self {
        match *read {
            Read::Get { id } => Self::Item(id),
            Read::List { limit, cursor } => Self::Page { limit, cursor },
        }
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(id) => write!(formatter, "item:{id}"),
            Self::Page { limit, cursor } => {
                write!(formatter, "page:{}:", limit.get())?;
                match cursor {
                    Some(cursor) => write!(formatter, "{cursor}"),
                    None => formatter.write_str("-"),
                }
            }
        }
    }
}

/// What the database said about one key, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheEntry {
    /// What it said.
    pub content: CacheContent,
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
}

/// An entry that this version cannot use.
#[derive(Debug, thiserror::Error)]
pub enum CacheEntryError {
    /// Written by a version of the system with other entries.
    #[error("entry has schema {0}, not {expected}", expected = CacheEntry::SCHEMA)]
    UnknownSchema(u32),
    /// Not what any version of the system writes.
    #[error("entry cannot be understood")]
    Corrupt(#[source] serde_json::Error),
    /// An entry of something else lies under this key.
    #[error("entry does not belong under its key")]
    Misplaced,
}

#[derive(Serialize)]
struct Written<'a> {
    schema: u32,
    #[serde(flatten)]
    entry: &'a CacheEntry,
}

#[derive(Deserialize)]
struct SchemaOnly {
    schema: u32,
}

impl CacheEntry {
    /// The schema that this version writes, and the only one that it reads.
    pub const SCHEMA: u32 = 1;

    /// The entry as text for the cache.
    ///
    /// # Errors
    ///
    /// If it cannot be written as JSON.
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Written {
            schema: Self::SCHEMA,
            entry: self,
        })
    }

    /// The entry that was found as `text` under `key`.
    ///
    /// # Errors
    ///
    /// If the text is no entry of this version's schema, or not one for `key`.
    pub fn decode(key: &CacheKey, text: &str) -> Result<Self, CacheEntryError> {
        let SchemaOnly { schema } = serde_json::from_str(text).map_err(CacheEntryError::Corrupt)?;
        if schema != Self::SCHEMA {
            return Err(CacheEntryError::UnknownSchema(schema));
        }
        let entry: Self = serde_json::from_str(text).map_err(CacheEntryError::Corrupt)?;
        if entry.belongs_under(key) {
            Ok(entry)
        } else {
            Err(CacheEntryError::Misplaced)
        }
    }

    /// What orders entries under one key: of two, the one with the higher
    /// version is the later. Pages have no version and are ordered by
    /// [`CacheEntry::as_of`] alone.
    pub fn version(&self) -> Version {
        match &self.content {
            CacheContent::Item(item) => item.version,
            CacheContent::Tombstone { version, .. } => *version,
            CacheContent::Page(_) => 0,
        }
    }

    /// Whether the entry may stand in for the database at `now`.
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        now < self.fresh_until
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
    use serde_json::{Value, json};

    use super::*;

    const ID: Uuid = Uuid::from_u128(7);

    fn tombstone() -> CacheEntry {
        CacheEntry {
            content: CacheContent::Tombstone { id: ID, version: 4 },
            as_of: DateTime::UNIX_EPOCH,
            fresh_until: DateTime::UNIX_EPOCH + std::time::Duration::from_secs(30),
        }
    }

    #[test]
    fn keys_are_named_as_both_functions_expect() {
        let first = Read::List {
            limit: PageLimit::default(),
            cursor: None,
        };
        assert_eq!(CacheKey::from(&first).to_string(), "page:20:-");
        let next = Read::List {
            limit: PageLimit::default(),
            cursor: Some(Cursor { after: ID }),
        };
        assert_eq!(
            CacheKey::from(&next).to_string(),
            "page:20:AAAAAAAAAAAAAAAAAAAAB3Lf3vY"
        );
        assert_eq!(
            CacheKey::from(&Read::Get { id: ID }).to_string(),
            "item:00000000-0000-0000-0000-000000000007"
        );
    }

    #[test]
    fn an_entry_survives_the_cache_and_names_its_schema() {
        let text = tombstone().encode().unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["schema"], json!(1));
        let decoded = CacheEntry::decode(&CacheKey::Item(ID), &text).unwrap();
        assert_eq!(decoded, tombstone());
    }

    #[test]
    fn an_entry_of_another_schema_is_told_apart_from_a_corrupt_one() {
        let key = CacheKey::Item(ID);
        let other = CacheEntry::decode(&key, r#"{"schema": 2, "whatever": true}"#);
        assert!(matches!(other, Err(CacheEntryError::UnknownSchema(2))));
        for text in ["", "null", "{}", r#"{"schema": 1}"#, r#"{"schema": "x"}"#] {
            let corrupt = CacheEntry::decode(&key, text);
            assert!(
                matches!(corrupt, Err(CacheEntryError::Corrupt(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn an_entry_under_a_foreign_key_is_refused() {
        let text = tombstone().encode().unwrap();
        let foreign = CacheEntry::decode(&CacheKey::Item(Uuid::from_u128(8)), &text);
        assert!(matches!(foreign, Err(CacheEntryError::Misplaced)));
    }

    #[test]
    fn freshness_ends_at_its_moment() {
        let entry = tombstone();
        assert!(entry.is_fresh(entry.fresh_until - std::time::Duration::from_millis(1)));
        assert!(!entry.is_fresh(entry.fresh_until));
    }
}
