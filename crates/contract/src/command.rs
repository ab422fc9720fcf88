//! What one Lambda asks of another.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value;
use uuid::Uuid;

use crate::{Cursor, Deadline, Faults, ItemDraft, PageLimit, Version};

/// A command with what every hop needs to know about it.
///
/// The Retry Lambda takes `Request<Command>`, the Fallback Lambda
/// `Request<Read>`: it cannot even be asked to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request<C> {
    /// Ties log lines of all hops to the client's request.
    pub request_id: String,
    /// After this moment nobody waits for the reply.
    pub deadline: Deadline,
    /// The faults that somebody asked for; usually none.
    #[serde(default, skip_serializing_if = "Faults::is_empty")]
    pub faults: Faults,
    /// What is asked for.
    pub command: C,
}

/// Something to do with items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Asks, and changes nothing.
    Read(Read),
    /// Changes one item, exactly once for each key.
    Write {
        /// Attempts with the same key have one effect together.
        idempotency_key: IdempotencyKey,
        /// The change.
        write: Write,
    },
}

/// A question about items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Read {
    /// A page of items, newest first.
    List {
        /// The most items wanted.
        limit: PageLimit,
        /// Where the page before ended.
        cursor: Option<Cursor>,
    },
    /// One item.
    Get {
        /// Which one.
        id: Uuid,
    },
}

/// A change to one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Write {
    /// A new item.
    Create {
        /// Its identity, made by the API Lambda.
        id: Uuid,
        /// What the client wants it to be.
        draft: ItemDraft,
    },
    /// Everything the client decides about an item, anew.
    Replace {
        /// Which item.
        id: Uuid,
        /// What it shall be.
        draft: ItemDraft,
        /// Only if the item still is at this version (`If-Match`).
        expected: Option<Version>,
    },
    /// The end of an item.
    Delete {
        /// Which item.
        id: Uuid,
        /// Only if the item still is at this version (`If-Match`).
        expected: Option<Version>,
    },
}

/// All that the Retry Lambda can be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum RetryEvent {
    /// The deployment asks for the database's schema to be brought up to date:
    /// `{"command": "migrate"}`.
    Operator {
        /// What the operator wants.
        command: Operation,
    },
    /// The API Lambda asks about items.
    Items(Request<Command>),
}

/// A command that is one word comes from an operator. Deciding by that, and not
/// by trying one variant after the other, keeps the reason why an event cannot
/// be read.
impl<'de> Deserialize<'de> for RetryEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = Value::deserialize(deserializer)?;
        match event.get("command") {
            Some(word @ Value::String(_)) => Operation::deserialize(word)
                .map(|command| Self::Operator { command })
                .map_err(D::Error::custom),
            _ => Request::deserialize(event)
                .map(Self::Items)
                .map_err(D::Error::custom),
        }
    }
}

/// What an operator may ask of the Retry Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Apply the migrations that the database does not have yet.
    Migrate,
}

/// Names one intent of a client: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);

/// A key that is empty, too long, or not visible ASCII.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be 1 to {} visible ASCII characters, such as a UUID",
    IdempotencyKey::MAX_LENGTH
)]
pub struct IdempotencyKeyError;

impl IdempotencyKey {
    /// The longest key.
    pub const MAX_LENGTH: usize = 255;

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Uuid> for IdempotencyKey {
    fn from(id: Uuid) -> Self {
        Self(id.to_string())
    }
}

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if visible && (1..=Self::MAX_LENGTH).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdempotencyKeyError)
        }
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = IdempotencyKeyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> Self {
        key.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_operator_asks_for_migrations_in_one_word() {
        let event: RetryEvent = serde_json::from_value(json!({"command": "migrate"})).unwrap();
        assert_eq!(
            event,
            RetryEvent::Operator {
                command: Operation::Migrate
            }
        );
    }

    #[test]
    fn an_unreadable_event_says_what_is_wrong_with_it() {
        for (event, reason) in [
            (
                json!({"command": "drop"}),
                "unknown variant `drop`, expected `migrate`",
            ),
            (json!({}), "missing field `request_id`"),
            (
                json!({"request_id": "r-1", "deadline": "1970-01-01T00:00:01Z", "command": {"read": {"get": {}}}}),
                "missing field `id`",
            ),
        ] {
            let error = serde_json::from_value::<RetryEvent>(event).unwrap_err();
            assert_eq!(error.to_string(), reason);
        }
    }

    #[test]
    fn a_write_survives_the_wire() {
        let draft = ItemDraft::parse(&json!({"name": "bolt", "quantity": 1})).unwrap();
        let request = Request {
            request_id: "r-1".to_owned(),
            deadline: Deadline::after(DateTime::UNIX_EPOCH, std::time::Duration::from_secs(1)),
            faults: Faults::default(),
            command: Command::Write {
                idempotency_key: Uuid::from_u128(1).into(),
                write: Write::Replace {
                    id: Uuid::from_u128(2),
                    draft,
                    expected: Some(3),
                },
            },
        };
        let event = RetryEvent::Items(request);
        let wire = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<RetryEvent>(&wire).unwrap(), event);
    }

    #[test]
    fn the_fallback_cannot_be_asked_to_write() {
        let request = json!({
            "request_id": "r-1",
            "deadline": "1970-01-01T00:00:01Z",
            "command": {"delete": {"id": Uuid::from_u128(2), "expected": null}},
        });
        assert!(serde_json::from_value::<Request<Read>>(request).is_err());
    }

    #[test]
    fn unusable_idempotency_keys_are_refused() {
        let too_long = "k".repeat(256);
        for text in ["", "two words", "naïve", "tab\t", too_long.as_str()] {
            assert_eq!(text.parse::<IdempotencyKey>(), Err(IdempotencyKeyError));
        }
    }
}
