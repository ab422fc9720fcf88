//! What one Lambda asks of another.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{
        Error as _, IntoDeserializer, MapAccess, Visitor,
        value::{MapAccessDeserializer, StrDeserializer},
    },
};
use uuid::Uuid;

use crate::{Cursor, Deadline, Expected, Faults, ItemDraft, PageLimit};

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
        /// Only while the item has such a version.
        expected: Option<Expected>,
    },
    /// The end of an item.
    Delete {
        /// Which item.
        id: Uuid,
        /// Only while the item has such a version.
        expected: Option<Expected>,
    },
}

/// All that the Retry Lambda can be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum RetryEvent {
    /// An operator, or the deployment for one: `{"command": "migrate"}`.
    Operator {
        /// What the operator wants.
        command: Operation,
    },
    /// The API Lambda asks about items.
    Items(Request<Command>),
}

/// A command that is one word comes from an operator. Deciding by that, and not
/// by trying one variant after the other, keeps the reason why an event cannot
/// be read, and reads it once.
impl<'de> Deserialize<'de> for RetryEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// A request, of which an operator gives the command alone.
        #[derive(Deserialize)]
        struct Event {
            request_id: Option<String>,
            deadline: Option<Deadline>,
            #[serde(default)]
            faults: Faults,
            command: Option<Wanted>,
        }
        let event = Event::deserialize(deserializer)?;
        let command = match event.command {
            Some(Wanted::Operation(command)) => return Ok(Self::Operator { command }),
            Some(Wanted::Command(command)) => Some(command),
            None => None,
        };
        let missing = D::Error::missing_field;
        Ok(Self::Items(Request {
            request_id: event.request_id.ok_or_else(|| missing("request_id"))?,
            deadline: event.deadline.ok_or_else(|| missing("deadline"))?,
            faults: event.faults,
            command: command.ok_or_else(|| missing("command"))?,
        }))
    }
}

/// A word, or a command about items.
enum Wanted {
    Operation(Operation),
    Command(Command),
}

impl<'de> Deserialize<'de> for Wanted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Wanted;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an operator's word or a command about items")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Wanted, E> {
                let word: StrDeserializer<'_, E> = word.into_deserializer();
                Operation::deserialize(word).map(Wanted::Operation)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Wanted, A::Error> {
                Command::deserialize(MapAccessDeserializer::new(map)).map(Wanted::Command)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// What an operator may ask of the Retry Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Apply the migrations that the database does not have yet.
    Migrate,
    /// Trust nothing that the cache knows: the database was set back, to a backup or to
    /// a standby without the last writes.
    NewIncarnation,
}

/// Names one intent of a client: 1 to 255 visible ASCII characters without a comma.
///
/// API Gateway joins the values of repeated headers with commas, so a key with a comma may be
/// two keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);

/// A key that is empty, too long, not visible ASCII, or holds a comma.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be given once, as 1 to {} visible ASCII characters without a comma, such as a UUID",
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
        let usable = |byte: u8| byte.is_ascii_graphic() && byte != b',';
        if text.bytes().all(usable) && (1..=Self::MAX_LENGTH).contains(&text.len()) {
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
    fn the_operator_commands_in_one_word() {
        for (word, command) in [
            ("migrate", Operation::Migrate),
            ("new_incarnation", Operation::NewIncarnation),
        ] {
            let event: RetryEvent = serde_json::from_value(json!({"command": word})).unwrap();
            assert_eq!(event, RetryEvent::Operator { command });
        }
    }

    #[test]
    fn an_unreadable_event_says_what_is_wrong_with_it() {
        for (event, reason) in [
            (
                json!({"command": "drop"}),
                "unknown variant `drop`, expected `migrate` or `new_incarnation`",
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
                    expected: Some(3.into()),
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
        for text in [
            "",
            "two words",
            "naïve",
            "tab\t",
            "a,b",
            ",",
            "a,",
            too_long.as_str(),
        ] {
            assert_eq!(text.parse::<IdempotencyKey>(), Err(IdempotencyKeyError));
        }
    }
}
