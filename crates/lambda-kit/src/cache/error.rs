//! Why the cache was of no use.

use std::time::Duration;

use breaker_core::Outcome;
use contract::{AttemptOutcome, CacheEntryError, JsonError};
use redis::RedisError;

use super::Failure;
use crate::{circuit::Withheld, faults::InjectedFault, iam::TokenError};

/// Why the cache was of no use. Callers go on as if nothing had been found. It
/// never shows what keys or entries hold.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// Its circuit did not let the question through.
    #[error("not asked: {0}")]
    Withheld(#[from] Withheld),
    /// There was no answer in time.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// There was no connection, or it broke, or the cache refused the command.
    #[error("cache failed")]
    Failed(#[from] Failure),
    /// There is no token to log in with.
    #[error("cache cannot be logged in to")]
    Token(#[from] TokenError),
    /// The entry found is not one that this version can use.
    #[error("entry cannot be used")]
    Entry(#[from] CacheEntryError),
    /// Somebody asked for this.
    #[error(transparent)]
    Injected(#[from] InjectedFault),
    /// The entry cannot be written as JSON.
    #[error("entry cannot be written")]
    Unwritable(#[source] JsonError),
}

impl CacheError {
    /// What the client says of a connection on which a step may take `step`.
    pub(super) fn of_client(error: RedisError, step: Duration) -> Self {
        if error.is_timeout() {
            Self::Timeout(step)
        } else {
            Self::Failed(error.into())
        }
    }

    /// Whether the cache answered and only this command was at fault, so that
    /// others may well succeed.
    pub fn is_about_the_command(&self) -> bool {
        match self {
            Self::Failed(failure) => failure.is_about_the_command(),
            Self::Entry(_) | Self::Unwritable(_) => true,
            Self::Withheld(_) | Self::Timeout(_) | Self::Token(_) | Self::Injected(_) => false,
        }
    }

    /// Whether something answered, though not as it was asked, so that another
    /// command may be worth its time.
    pub(super) fn is_an_answer(&self) -> bool {
        match self {
            Self::Failed(Failure::Refused(_) | Failure::UnexpectedAnswer)
            | Self::Entry(_)
            | Self::Injected(_)
            | Self::Unwritable(_) => true,
            Self::Failed(
                Failure::Connection(_) | Failure::TurnedAway(_) | Failure::Protocol(_),
            )
            | Self::Withheld(_)
            | Self::Timeout(_)
            | Self::Token(_) => false,
        }
    }
}

impl From<&CacheError> for AttemptOutcome {
    fn from(error: &CacheError) -> Self {
        match error {
            CacheError::Withheld(withheld) => withheld.into(),
            CacheError::Timeout(_) => Self::Timeout,
            CacheError::Entry(_) => Self::Miss,
            CacheError::Failed(_)
            | CacheError::Token(_)
            | CacheError::Injected(_)
            | CacheError::Unwritable(_) => Self::Error,
        }
    }
}

/// What an answer says about the health of the cache.
pub(super) fn classify<T>(answer: &Result<T, CacheError>) -> Outcome {
    match answer {
        Err(error) if !error.is_about_the_command() => Outcome::Failure,
        Ok(_) | Err(_) => Outcome::Success,
    }
}

#[cfg(test)]
mod tests {
    use serde::ser::Error;

    use super::*;
    use crate::telemetry::Causes;

    /// A serializer's own words may quote the value.
    #[test]
    fn why_an_entry_cannot_be_written_is_told_without_a_word_of_it() {
        for words in [
            serde_json::from_str::<u32>("\"secret\"").unwrap_err(),
            serde_json::Error::custom("secret"),
        ] {
            assert!(words.to_string().contains("secret"));
            let error = CacheError::Unwritable(words.into());
            let shown = format!("{error:?} {}", Causes(&error));
            assert!(!shown.contains("secret"), "{shown}");
        }
    }
}
