//! Where records live.

mod memory;

#[cfg(feature = "testing")]
pub mod contract;
pub mod dynamodb;

use std::{fmt, future::Future, str::FromStr};

#[cfg(feature = "dynamodb")]
pub use dynamodb::DynamoDbStore;
pub use memory::MemoryStore;

use crate::{
    protocol::{Change, Conflict, Epoch, Record, TransitionEvent},
    time::Timestamp,
};

/// Keeps one record a circuit and the trail of its transitions.
///
/// A store does what [`Record::apply`] says, atomically, and nothing more: it
/// decides nothing, retries nothing and caches nothing. The breaker bounds
/// every operation with [`Policy::store_timeout`](crate::Policy).
pub trait StateStore: Send + Sync + 'static {
    /// The record of `circuit`; [`Record::default`] if there is none.
    fn load(
        &self,
        circuit: &CircuitName,
        consistency: Consistency,
    ) -> impl Future<Output = Result<Record, StoreError>> + Send;

    /// Applies `change`, decided on `basis` at `now`, to the stored record and
    /// gives the record after it.
    ///
    /// It has no effect unless the stored epoch still is that of `basis` and
    /// the stored leases are as the change assumes; `basis` may be older than
    /// the stored record in everything else. What a transition keeps, an
    /// operator's override, is the same in all records of one epoch.
    fn apply(
        &self,
        circuit: &CircuitName,
        basis: &Record,
        change: &Change,
        now: Timestamp,
    ) -> impl Future<Output = Result<Record, StoreError>> + Send;

    /// Transitions after epoch `since`, oldest first, at most `limit`.
    fn events(
        &self,
        circuit: &CircuitName,
        since: Epoch,
        limit: u16,
    ) -> impl Future<Output = Result<Vec<TransitionEvent>, StoreError>> + Send;
}

/// How recent a record must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consistency {
    /// May be a moment old; costs half as much.
    Eventual,
    /// Shows every change that was made before the read began.
    Strong,
}

/// The ways in which a store can fail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Hash)]
pub enum StoreError {
    /// The change came too late and had no effect.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// Another change of the same record was under way; this one had no effect.
    #[error("another change of the same record was under way")]
    Contended,
    /// The store has too much to do; a change had no effect.
    #[error("the store has too much to do")]
    Throttled,
    /// The store refused: forbidden or invalid. The change had no
    /// effect.
    #[error("the store refused: {0}")]
    Refused(String),
    /// No answer came; a change may or may not have taken effect.
    #[error("the store did not answer: {0}")]
    NoAnswer(String),
    /// The record is not one that this version understands. It was left as it is.
    #[error("the stored record cannot be understood: {0}")]
    Unreadable(String),
}

impl StoreError {
    /// Whether it is certain that a change had no effect.
    pub fn had_no_effect(&self) -> bool {
        match self {
            Self::Conflict(_)
            | Self::Contended
            | Self::Throttled
            | Self::Refused(_)
            | Self::Unreadable(_) => true,
            Self::NoAnswer(_) => false,
        }
    }
}

/// The name of a circuit: 1 to 100 of `a–z A–Z 0–9 . _ - /`.
///
/// A slash separates a key from the policy's name: `orders/eu-west`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CircuitName(String);

/// A circuit's name that is empty, too long, or has a character it may not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a circuit's name must be 1 to {} of a-z A-Z 0-9 . _ - /",
    CircuitName::MAX_LENGTH
)]
pub struct CircuitNameError;

impl CircuitName {
    /// The longest name.
    pub const MAX_LENGTH: usize = 100;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CircuitName {
    type Err = CircuitNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/');
        if (1..=Self::MAX_LENGTH).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(CircuitNameError)
        }
    }
}

impl fmt::Display for CircuitName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
