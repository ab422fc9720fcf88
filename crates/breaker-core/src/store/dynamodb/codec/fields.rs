//! Attributes, read by name and type.

use std::num::{IntErrorKind, ParseIntError};

use crate::{
    store::{StoreError, dynamodb::attribute::Item},
    time::Timestamp,
};

/// No circuit opens, closes or is held open so late: whatever wrote such a time
/// was wrong, and nobody lives to see it pass.
const YEAR_2200_MS: u64 = 7_258_118_400_000;

/// An item that is being read.
pub(super) struct Fields<'a>(pub(super) &'a Item);

impl<'a> Fields<'a> {
    pub(super) fn number(&self, name: &str) -> Result<u64, StoreError> {
        let value = self.0.get(name).and_then(|value| value.as_n());
        value
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| unreadable(name))
    }

    /// A counter. Others add to it, so it may be larger than what is counted with: it
    /// is read as [`u64::MAX`] then, or the slot could never be removed.
    pub(super) fn counter(&self, name: &str) -> Result<u64, StoreError> {
        let value = self.0.get(name).and_then(|value| value.as_n());
        let digits = value.ok_or_else(|| unreadable(name))?;
        digits.parse().or_else(|error: ParseIntError| {
            let is_larger = *error.kind() == IntErrorKind::PosOverflow;
            is_larger
                .then_some(u64::MAX)
                .ok_or_else(|| unreadable(name))
        })
    }

    pub(super) fn small(&self, name: &str) -> Result<u32, StoreError> {
        u32::try_from(self.number(name)?).map_err(|_| unreadable(name))
    }

    pub(super) fn timestamp(&self, name: &str) -> Result<Timestamp, StoreError> {
        let ms = self.number(name)?;
        if ms >= YEAR_2200_MS {
            return Err(unreadable(name));
        }
        Ok(Timestamp::from_unix_ms(ms))
    }

    pub(super) fn optional_timestamp(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let present = self.0.contains_key(name);
        present.then(|| self.timestamp(name)).transpose()
    }

    pub(super) fn text(&self, name: &str) -> Result<&'a str, StoreError> {
        self.optional_text(name)?.ok_or_else(|| unreadable(name))
    }

    pub(super) fn optional_text(&self, name: &str) -> Result<Option<&'a str>, StoreError> {
        match self.0.get(name).map(|value| value.as_s()) {
            None => Ok(None),
            Some(None) => Err(unreadable(name)),
            Some(text) => Ok(text),
        }
    }

    pub(super) fn has_any(&self, names: &[impl AsRef<str>]) -> bool {
        names.iter().any(|name| self.0.contains_key(name.as_ref()))
    }
}

/// An attribute whose value a newer program may have written. It is not repeated: errors are
/// logged, and what lies in a table is not all this program's.
pub(super) fn unknown(name: &str) -> StoreError {
    StoreError::Unreadable(format!(
        "attribute {name} has a value that this version does not know"
    ))
}

/// An attribute that is not as it should be.
pub(super) fn unreadable(name: &str) -> StoreError {
    StoreError::Unreadable(format!("attribute {name} is missing or malformed"))
}
