//! Where entries lie.

use std::fmt;

use uuid::Uuid;

use crate::{Cursor, PageLimit, Read};

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

impl CacheKey {
    /// More than the longest item takes: 2,200 characters, each an escape of six
    /// bytes, and everything around them.
    const LONGEST_ITEM: usize = 16 * 1_024;

    /// The most bytes that an entry under this key may have. What is longer is no
    /// entry, and is not read to its end.
    pub fn longest_entry(&self) -> usize {
        match self {
            Self::Item(_) => Self::LONGEST_ITEM,
            Self::Page { limit, .. } => (usize::from(limit.get()) + 1) * Self::LONGEST_ITEM,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_as_both_functions_expect() {
        let id = Uuid::from_u128(7);
        let first = Read::List {
            limit: PageLimit::default(),
            cursor: None,
        };
        assert_eq!(CacheKey::from(&first).to_string(), "page:20:-");
        let next = Read::List {
            limit: PageLimit::default(),
            cursor: Some(Cursor { after: id }),
        };
        assert_eq!(
            CacheKey::from(&next).to_string(),
            "page:20:AAAAAAAAAAAAAAAAAAAAB3Lf3vY"
        );
        assert_eq!(
            CacheKey::from(&Read::Get { id }).to_string(),
            "item:00000000-0000-0000-0000-000000000007"
        );
    }
}
