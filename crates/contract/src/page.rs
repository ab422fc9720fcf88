//! Keyset pagination: a page says where the next one begins.

use std::{fmt, num::NonZeroU16, str::FromStr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Item, decimal};

/// How many items a page may hold: 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct PageLimit(NonZeroU16);

/// A page limit outside 1 to 100, or not in plain decimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a whole number from 1 to {}, without a sign or leading zeros",
    PageLimit::MAX
)]
pub struct PageLimitError;

impl PageLimit {
    /// The largest page.
    pub const MAX: u16 = 100;

    /// The limit as a number.
    pub fn get(self) -> u16 {
        self.0.get()
    }
}

impl Default for PageLimit {
    /// Twenty items.
    fn default() -> Self {
        Self(const { NonZeroU16::new(20).unwrap() })
    }
}

impl TryFrom<u16> for PageLimit {
    type Error = PageLimitError;

    fn try_from(limit: u16) -> Result<Self, Self::Error> {
        NonZeroU16::new(limit)
            .filter(|limit| limit.get() <= Self::MAX)
            .map(Self)
            .ok_or(PageLimitError)
    }
}

impl From<PageLimit> for u16 {
    fn from(limit: PageLimit) -> Self {
        limit.get()
    }
}

impl FromStr for PageLimit {
    type Err = PageLimitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        decimal::<u16>(text).ok_or(PageLimitError)?.try_into()
    }
}

/// Where a page ended. Opaque to clients: they hand back what they were given.
///
/// Its text carries a checksum. Any sixteen bytes are an id, so without one a mangled
/// cursor would not be refused but quietly show other items. It is no signature, and
/// need not be: a forged cursor shows nothing that a list does not show anyhow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    /// The last item of the page before.
    pub after: Uuid,
}

/// A cursor that this system did not make.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor of this list; use next_cursor of the page before, or leave it out")]
pub struct CursorError;

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.after.as_bytes();
        let checksum = crc32fast::hash(id).to_be_bytes();
        formatter.write_str(&BASE64_URL_SAFE_NO_PAD.encode([&id[..], &checksum].concat()))
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| CursorError)?;
        let (id, checksum) = bytes.split_last_chunk().ok_or(CursorError)?;
        if crc32fast::hash(id) != u32::from_be_bytes(*checksum) {
            return Err(CursorError);
        }
        Ok(Self {
            after: Uuid::from_slice(id).map_err(|_| CursorError)?,
        })
    }
}

impl TryFrom<String> for Cursor {
    type Error = CursorError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

/// Some items, newest first, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemPage {
    /// The items, newest first.
    pub items: Vec<Item>,
    /// Pass this as `cursor` for the next page; null on the last one.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, required))]
    pub next_cursor: Option<Cursor>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_round_trip_as_text() {
        let cursor = Cursor {
            after: Uuid::from_u128(7),
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn foreign_cursors_are_refused() {
        let without_checksum = BASE64_URL_SAFE_NO_PAD.encode(Uuid::from_u128(7));
        for text in [
            "",
            "abc",
            "not base64!",
            "AAAA",
            "AAAAAA",
            &without_checksum,
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(CursorError));
        }
    }

    #[test]
    fn a_cursor_with_any_letter_mangled_is_refused() {
        let cursor = Cursor {
            after: Uuid::from_u128(0x0192_f0c1_7a3b_7def_8123_4567_89ab_cdef),
        };
        let text = cursor.to_string();
        for (place, letter) in text.char_indices() {
            for other in "AZaz09-_".chars().filter(|other| *other != letter) {
                let mut mangled = text.clone();
                mangled.replace_range(place..=place, &other.to_string());
                assert_eq!(mangled.parse::<Cursor>(), Err(CursorError), "{mangled}");
            }
        }
    }

    #[test]
    fn limits_outside_the_bounds_are_refused() {
        for text in [
            "0", "101", "-1", "ten", "70000", "", "+5", "05", " 5", "5.0", "٥",
        ] {
            assert_eq!(text.parse::<PageLimit>(), Err(PageLimitError));
        }
        assert_eq!("100".parse::<PageLimit>().map(PageLimit::get), Ok(100));
    }
}
