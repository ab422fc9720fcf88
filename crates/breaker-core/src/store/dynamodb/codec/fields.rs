//! Attributes, read by name and type.

use aws_sdk_dynamodb::types::AttributeValue;

use super::Item;
use crate::{store::StoreError, time::Timestamp};

/// An item that is being read.
pub(super) struct Fields<'a>(pub(super) &'a Item);

impl<'a> Fields<'a> {
    pub(super) fn number(&self, name: &str) -> Result<u64, StoreError> {
        let value = self.0.get(name).and_then(|value| value.as_n().ok());
        value
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| unreadable(name))
    }

    pub(super) fn small(&self, name: &str) -> Result<u32, StoreError> {
        u32::try_from(self.number(name)?).map_err(|_| unreadable(name))
    }

    pub(super) fn timestamp(&self, name: &str) -> Result<Timestamp, StoreError> {
        self.number(name).map(Timestamp::from_unix_ms)
    }

    pub(super) fn optional_timestamp(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let present = self.0.contains_key(name);
        present.then(|| self.timestamp(name)).transpose()
    }

    pub(super) fn text(&self, name: &str) -> Result<&'a str, StoreError> {
        self.optional_text(name)?.ok_or_else(|| unreadable(name))
    }

    pub(super) fn optional_text(&self, name: &str) -> Result<Option<&'a str>, StoreError> {
        let read = |value: &'a AttributeValue| value.as_s().map(String::as_str);
        self.0
            .get(name)
            .map(read)
            .transpose()
            .map_err(|_| unreadable(name))
    }

    pub(super) fn has_any(&self, names: &[impl AsRef<str>]) -> bool {
        names.iter().any(|name| self.0.contains_key(name.as_ref()))
    }
}

/// An attribute that is not as it should be.
pub(super) fn unreadable(name: &str) -> StoreError {
    StoreError::Unreadable(format!("attribute {name} is missing or malformed"))
}
