//! What one Lambda answers another.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Attempt, AttemptOutcome, Incarnation, Item, ItemPage, Version};

/// What a function returns for a [`Request`](crate::Request).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Response {
    /// The answer.
    #[serde(flatten)]
    pub reply: Reply,
    /// What was asked for it, timed from the start of the invocation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
}

/// A [`Response`] as it is written, with one of the replies. Read by this, and not by
/// `flatten`, which would first read all of it into a tree of its own.
#[derive(Deserialize)]
struct Written {
    served: Option<Served>,
    refused: Option<Refusal>,
    unavailable: Option<Unavailable>,
    #[serde(default)]
    attempts: Vec<Attempt>,
}

/// No reply, or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected one of `served`, `refused` and `unavailable`")]
struct NotOneReply;

impl TryFrom<Written> for Response {
    type Error = NotOneReply;

    fn try_from(written: Written) -> Result<Self, NotOneReply> {
        let reply = match (written.served, written.refused, written.unavailable) {
            (Some(served), None, None) => Reply::Served(served),
            (None, Some(refusal), None) => Reply::Refused(refusal),
            (None, None, Some(unavailable)) => Reply::Unavailable(unavailable),
            _ => return Err(NotOneReply),
        };
        Ok(Self {
            reply,
            attempts: written.attempts,
        })
    }
}

impl From<Reply> for Response {
    /// With no word on what was asked for it.
    fn from(reply: Reply) -> Self {
        Self {
            reply,
            attempts: Vec::new(),
        }
    }
}

/// The answer to a [`Request`](crate::Request).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Here it is.
    Served(Served),
    /// The caller asked for something that cannot be; asking again will not help.
    Refused(Refusal),
    /// The service is temporarily unavailable; asking again may help.
    Unavailable(Unavailable),
}

/// An answer and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// What was asked for.
    pub body: Body,
    /// Who knew it.
    pub source: Source,
    /// The moment at which the database said so.
    pub as_of: DateTime<Utc>,
    /// Why the database had no part in it, if it should have had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setback: Option<Setback>,
}

/// What a [`Served`] reply holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// One item.
    Item(Item),
    /// A page of items.
    Page(ItemPage),
    /// The item is gone, as asked.
    Deleted {
        /// Which item.
        id: Uuid,
    },
}

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The database, just now.
    Database,
    /// A cache entry that is still fresh.
    Cache,
    /// A cache entry of any age, because the normal way failed.
    Fallback,
}

impl Source {
    /// Whether the answer is second best.
    pub fn is_degraded(self) -> bool {
        self == Self::Fallback
    }
}

/// Why the caller cannot have what it asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// There is no such item.
    NotFound {
        /// The item asked for.
        id: Uuid,
        /// Why the database had no part in that, if it should have had.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        setback: Option<Setback>,
    },
    /// The item has been written since the version that the caller knows.
    VersionMismatch {
        /// The item's version now.
        current: Version,
    },
    /// The idempotency key has been used for another request.
    IdempotencyKeyReused,
    /// The first write with this idempotency key is still under way.
    StillUnderWay,
}

impl Refusal {
    /// There is no such item, and whoever had to say so did.
    pub fn not_found(id: Uuid) -> Self {
        Self::NotFound { id, setback: None }
    }

    /// The same, said by somebody else than the database, because of `setback`.
    #[must_use]
    pub fn after(self, setback: Option<Setback>) -> Self {
        match self {
            Self::NotFound { id, .. } => Self::NotFound { id, setback },
            refusal => refusal,
        }
    }

    /// Why the database had no part in it, if it should have had.
    pub fn setback(&self) -> Option<Setback> {
        match self {
            Self::NotFound { setback, .. } => *setback,
            _ => None,
        }
    }
}

/// What is temporarily unavailable, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unavailable {
    /// What failed.
    pub dependency: Dependency,
    /// Why, in words fit for a log; never shown to clients.
    pub reason: String,
    /// What the database's circuit made of it, if it is the database that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setback: Option<Setback>,
    /// Whether it is certain that a write was not done; of no meaning for a read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
}

/// Why the database gave no answer, as its own circuit sees it.
///
/// The circuit around the function that asked needs it, so that both agree when
/// to come back: what the inner one would refuse, the outer one does not try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setback {
    /// It was asked and failed.
    Failed {
        /// Until when its circuit now lets nobody through, if it is open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        open_until: Option<DateTime<Utc>>,
    },
    /// Its circuit is open, by its rules or by order, and let nobody through.
    Open {
        /// Until when.
        until: DateTime<Utc>,
    },
    /// Its circuit is on the way back and lets only some through.
    Recovering,
    /// It was asked, and the caller could not wait any longer.
    CutShort,
}

impl Setback {
    /// Until when asking again is in vain, if that is known.
    pub fn open_until(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Failed { open_until } => open_until,
            Self::Open { until } => Some(until),
            Self::Recovering | Self::CutShort => None,
        }
    }
}

/// The parts that can fail behind the API Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dependency {
    /// The relational database.
    Database,
    /// The cache, when there is nothing but the cache to ask.
    Cache,
    /// The cache works but holds nothing for this question.
    NothingCached,
    /// No time was left before the caller's deadline.
    Time,
}

/// The answer to an [`Operation`](crate::Operation).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorReply {
    /// The database has every migration now: `{"migrated": {"applied": 1}}`.
    Migrated {
        /// How many were applied just now; zero if none was missing.
        applied: usize,
    },
    /// A new incarnation has begun:
    /// `{"incarnation_begun": {"number": 1767225600000, "cache_knows": true}}`.
    IncarnationBegun {
        /// The number that it has.
        number: Incarnation,
        /// Whether the cache was told, so that no function serves anything of before
        /// any more. If not, it is told with the next entry.
        cache_knows: bool,
    },
}

impl From<&Reply> for AttemptOutcome {
    fn from(reply: &Reply) -> Self {
        match reply {
            Reply::Served(served) if served.source.is_degraded() => Self::Degraded,
            Reply::Served(_) => Self::Ok,
            Reply::Refused(_) => Self::Refused,
            Reply::Unavailable(_) => Self::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused() -> Reply {
        Reply::Refused(Refusal::not_found(Uuid::from_u128(1)))
    }

    #[test]
    fn each_kind_of_reply_survives_the_wire() {
        let served = Reply::Served(Served {
            body: Body::Deleted {
                id: Uuid::from_u128(1),
            },
            source: Source::Database,
            as_of: DateTime::UNIX_EPOCH,
            setback: None,
        });
        let unavailable = Reply::Unavailable(Unavailable {
            dependency: Dependency::Database,
            reason: "it is gone".to_owned(),
            setback: Some(Setback::Recovering),
            unchanged: true,
        });
        for reply in [served, refused(), unavailable] {
            let response = Response::from(reply);
            let wire = serde_json::to_string(&response).unwrap();
            assert_eq!(serde_json::from_str::<Response>(&wire).unwrap(), response);
        }
    }

    #[test]
    fn a_response_holds_one_reply() {
        let mut wire = serde_json::to_value(Response::from(refused())).unwrap();
        wire["unavailable"] = json!({"dependency": "time", "reason": ""});
        for wire in [wire, json!({"attempts": []})] {
            let error = serde_json::from_value::<Response>(wire).unwrap_err();
            assert_eq!(
                error.to_string(),
                "expected one of `served`, `refused` and `unavailable`"
            );
        }
    }

    #[test]
    fn the_operator_is_told_how_many_migrations_were_applied() {
        let reply = serde_json::to_value(OperatorReply::Migrated { applied: 1 }).unwrap();
        assert_eq!(reply, json!({"migrated": {"applied": 1}}));
    }
}
