//! How an entry is written.
//!
//! An entry is one line with three whole numbers, and then JSON:
//!
//! ```text
//! <incarnation> <version> <as_of in ms>
//! {"schema": 2, …}
//! ```
//!
//! The line is what the cache's script compares; it stays as it is when the schema
//! of the JSON changes. What it says has to be what the JSON says, or the entry is
//! unusable: else one bad line would outrank every entry to come.

use serde::{Deserialize, Serialize};

use super::{CacheEntry, CacheKey};
use crate::JsonError;

/// An entry that this version cannot use. It never shows what the entry holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CacheEntryError {
    /// Written by a version of the system with other entries.
    #[error("entry has schema {0}, not {expected}", expected = CacheEntry::SCHEMA)]
    UnknownSchema(u32),
    /// Not what any version of the system writes.
    #[error("entry cannot be parsed")]
    Corrupt,
    /// Longer than any entry under its key can be.
    #[error("entry is longer than {0} bytes")]
    TooLong(usize),
    /// The key holds another type of the cache's than text.
    #[error("entry is not a string")]
    WrongType,
    /// An entry of something else lies under this key.
    #[error("entry does not belong under its key")]
    Misplaced,
    /// The database has been set back since.
    #[error("entry is of an earlier incarnation of the database")]
    Superseded,
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
    pub const SCHEMA: u32 = 2;

    /// The entry as text for the cache.
    ///
    /// # Errors
    ///
    /// If it cannot be written as JSON.
    pub fn encode(&self) -> Result<String, JsonError> {
        let json = serde_json::to_string(&Written {
            schema: Self::SCHEMA,
            entry: self,
        })?;
        Ok(format!("{}\n{json}", self.rank()))
    }

    /// The entry that was found as `text` under `key`.
    ///
    /// # Errors
    ///
    /// If the text is no entry of this version's schema, or not one for `key`.
    pub fn decode(key: &CacheKey, text: &[u8]) -> Result<Self, CacheEntryError> {
        let longest = key.longest_entry();
        if text.len() > longest {
            return Err(CacheEntryError::TooLong(longest));
        }
        let line_end = text.iter().position(|byte| *byte == b'\n');
        let (rank, json) = line_end
            .and_then(|end| Some((text.get(..end)?, text.get(end + 1..)?)))
            .ok_or(CacheEntryError::Corrupt)?;
        // The parser's own words would repeat what it found.
        let SchemaOnly { schema } =
            serde_json::from_slice(json).map_err(|_| CacheEntryError::Corrupt)?;
        if schema != Self::SCHEMA {
            return Err(CacheEntryError::UnknownSchema(schema));
        }
        let entry: Self = serde_json::from_slice(json).map_err(|_| CacheEntryError::Corrupt)?;
        if entry.rank().as_bytes() != rank {
            return Err(CacheEntryError::Corrupt);
        }
        if entry.belongs_under(key) {
            Ok(entry)
        } else {
            Err(CacheEntryError::Misplaced)
        }
    }

    /// The line that orders entries under one key, from the left to the right.
    fn rank(&self) -> String {
        format!(
            "{} {} {}",
            self.incarnation.number(),
            self.version(),
            self.as_of.timestamp_millis()
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::{CacheContent, Incarnation, Item, ItemPage, PageLimit};

    const ID: Uuid = Uuid::from_u128(7);

    fn entry(content: CacheContent) -> CacheEntry {
        CacheEntry {
            content,
            incarnation: Incarnation::numbered(5),
            as_of: DateTime::UNIX_EPOCH + Duration::from_millis(9),
            fresh_until: DateTime::UNIX_EPOCH + Duration::from_secs(2),
        }
    }

    fn tombstone() -> CacheEntry {
        entry(CacheContent::Tombstone { id: ID, version: 4 })
    }

    fn decode(text: &str) -> Result<CacheEntry, CacheEntryError> {
        CacheEntry::decode(&CacheKey::Item(ID), text.as_bytes())
    }

    #[test]
    fn an_entry_survives_the_cache_and_names_its_rank_and_schema() {
        let text = tombstone().encode().unwrap();
        let (rank, json) = text.split_once('\n').unwrap();
        assert_eq!(rank, "5 4 9");
        let value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(value["schema"], json!(2));
        assert_eq!(decode(&text), Ok(tombstone()));
    }

    #[test]
    fn an_entry_of_another_schema_is_told_apart_from_a_corrupt_one() {
        let other = decode("1 2 3\n{\"schema\": 3, \"whatever\": true}");
        assert_eq!(other, Err(CacheEntryError::UnknownSchema(3)));
        for text in [
            "",
            "\n",
            "5 4 9",
            "null",
            "5 4 9\n{}",
            "5 4 9\n{\"schema\": 2}",
            "5 4 9\n{\"schema\": \"x\"}",
        ] {
            assert_eq!(decode(text), Err(CacheEntryError::Corrupt), "{text}");
        }
    }

    #[test]
    fn a_rank_that_the_entry_does_not_have_makes_it_unusable() {
        let text = tombstone().encode().unwrap();
        let (_, json) = text.split_once('\n').unwrap();
        for rank in [
            "6 4 9",
            "5 5 9",
            "5 4 10",
            "5 4 9 ",
            " 5 4 9",
            "05 4 9",
            "5 4",
            "5 4 9 1",
            "inf inf inf",
            "0x5 4 9",
        ] {
            let found = decode(&format!("{rank}\n{json}"));
            assert_eq!(found, Err(CacheEntryError::Corrupt), "{rank}");
        }
    }

    #[test]
    fn an_entry_under_a_foreign_key_is_refused() {
        let text = tombstone().encode().unwrap();
        let foreign = CacheKey::Item(Uuid::from_u128(8));
        let found = CacheEntry::decode(&foreign, text.as_bytes());
        assert_eq!(found, Err(CacheEntryError::Misplaced));
    }

    #[test]
    fn what_is_not_text_is_corrupt() {
        let text = tombstone()
            .encode()
            .unwrap()
            .replace("tombstone", "\u{fffd}");
        let mut bytes = text.into_bytes();
        let odd = bytes.iter().position(|byte| *byte == 0xef).unwrap();
        bytes[odd] = 0xff;
        let found = CacheEntry::decode(&CacheKey::Item(ID), &bytes);
        assert_eq!(found, Err(CacheEntryError::Corrupt));
    }

    /// Every character as an escape of six bytes, which is the most it can take.
    fn longest_item() -> Item {
        Item {
            id: Uuid::max(),
            name: "\u{1}".repeat(200),
            description: "\u{1}".repeat(2_000),
            quantity: 1_000_000_000,
            version: (1 << 53) - 1,
            created_at: DateTime::from_timestamp_nanos(253_402_300_799_999_999),
            updated_at: DateTime::from_timestamp_nanos(253_402_300_799_999_999),
        }
    }

    #[test]
    fn the_longest_item_and_the_longest_page_are_entries_and_anything_longer_is_none() {
        let limit = PageLimit::try_from(PageLimit::MAX).unwrap();
        let page = ItemPage {
            items: vec![longest_item(); usize::from(PageLimit::MAX)],
            next_cursor: None,
        };
        let cursor = None;
        for (key, content) in [
            (
                CacheKey::Item(Uuid::max()),
                CacheContent::Item(longest_item()),
            ),
            (CacheKey::Page { limit, cursor }, CacheContent::Page(page)),
        ] {
            let mut text = entry(content).encode().unwrap();
            assert!(CacheEntry::decode(&key, text.as_bytes()).is_ok(), "{key}");
            text.push_str(&" ".repeat(key.longest_entry()));
            let longest = key.longest_entry();
            assert_eq!(
                CacheEntry::decode(&key, text.as_bytes()),
                Err(CacheEntryError::TooLong(longest))
            );
        }
    }
}
