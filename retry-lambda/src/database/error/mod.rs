//! Telling trouble, which passes, from defects, which somebody must mend.

mod mysql;
mod postgres;

use std::time::Duration;

use chrono::{DateTime, Utc};
use contract::{AttemptOutcome, Setback};
use lambda_kit::{guard::Withheld, iam::TokenError, telemetry::Causes};
use sqlx::{mysql::MySqlDatabaseError, postgres::PgDatabaseError};

/// Why the database gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The database is in trouble; asking again may help.
    #[error("database unavailable: {reason}")]
    Unavailable {
        /// What it came to.
        reason: String,
        /// Until when its circuit lets nobody through, if that is open now.
        open_until: Option<DateTime<Utc>>,
    },
    /// Its circuit did not let the question through.
    #[error("database not asked: {0}")]
    Withheld(Withheld),
    /// It was asked, but whoever wants to know could not wait as long as others may.
    #[error("no answer within the {} ms that were left", .0.as_millis())]
    CutShort(Duration),
    /// Another transaction holds what this one needs. Whoever wrote it is to blame, and
    /// the database is well.
    #[error("held by another transaction: {0}")]
    Held(String),
    /// Nobody waits for the answer any more, so the database was not asked.
    #[error("no time left")]
    NoTimeLeft,
    /// The system and its database do not fit together: a bug, or migrations
    /// that were not applied. Asking again cannot help.
    #[error("database refused: {0}")]
    Defect(sqlx::Error),
}

impl From<&DatabaseError> for AttemptOutcome {
    fn from(error: &DatabaseError) -> Self {
        match error {
            DatabaseError::Withheld(withheld) => withheld.into(),
            DatabaseError::CutShort(_) | DatabaseError::Held(_) | DatabaseError::NoTimeLeft => {
                Self::Timeout
            }
            DatabaseError::Unavailable { .. } | DatabaseError::Defect(_) => Self::Error,
        }
    }
}

impl DatabaseError {
    pub(crate) fn unavailable(reason: String) -> Self {
        Self::Unavailable {
            reason,
            open_until: None,
        }
    }

    pub(crate) fn no_answer_within(limit: Duration) -> Self {
        Self::unavailable(format!("no answer within {} ms", limit.as_millis()))
    }

    /// What the circuit makes of it, for the one around this function; `None` if
    /// the database was not to be asked, or is not what is wrong.
    pub fn setback(&self) -> Option<Setback> {
        match self {
            Self::Unavailable { open_until, .. } => Some(Setback::Failed {
                open_until: *open_until,
            }),
            Self::Withheld(withheld) => Some(withheld.setback()),
            Self::CutShort(_) | Self::Held(_) => Some(Setback::CutShort),
            Self::NoTimeLeft | Self::Defect(_) => None,
        }
    }
}

/// Without a token there is no connection.
impl From<TokenError> for DatabaseError {
    fn from(error: TokenError) -> Self {
        Self::unavailable(Causes(&error).to_string())
    }
}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        match condition(&error) {
            Condition::LockHeld => Self::Held(error.to_string()),
            Condition::Passes => Self::unavailable(error.to_string()),
            Condition::Stays => Self::Defect(error),
        }
    }
}

/// What an error says about asking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Another transaction holds a lock, and has done so for as long as one waits.
    LockHeld,
    /// The trouble ends without anybody's help.
    Passes,
    /// Somebody has to mend something.
    Stays,
}

/// A condition that is not known to pass is a defect, so that it is seen.
pub(crate) fn condition(error: &sqlx::Error) -> Condition {
    match error {
        // The connection could not be made, or broke.
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => Condition::Passes,
        sqlx::Error::Database(reported) => {
            if let Some(error) = reported.try_downcast_ref::<PgDatabaseError>() {
                postgres::condition(error.code())
            } else if let Some(error) = reported.try_downcast_ref::<MySqlDatabaseError>() {
                mysql::condition(error.number(), error.code().unwrap_or_default())
            } else {
                Condition::Stays
            }
        }
        _ => Condition::Stays,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_connection_is_trouble() {
        let error = sqlx::Error::Io(std::io::ErrorKind::UnexpectedEof.into());
        assert!(matches!(error.into(), DatabaseError::Unavailable { .. }));
    }

    #[test]
    fn a_row_that_cannot_be_understood_is_a_defect() {
        let error = sqlx::Error::ColumnNotFound("colour".to_owned());
        assert!(matches!(error.into(), DatabaseError::Defect(_)));
    }
}
