//! Telling trouble, which passes, from defects, which somebody must mend.
//!
//! None of these errors holds a text of the server's; [`SqlError`] says why and how.

mod migration;
mod mysql;
mod postgres;
mod reported;

use std::time::Duration;

use chrono::{DateTime, Utc};
use contract::{AttemptOutcome, Setback};
use lambda_kit::{circuit::Withheld, faults::InjectedFault, iam::TokenError};

pub use self::{
    migration::MigrationError,
    reported::{SqlError, SqlState},
};

/// Why the database gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// The database is in trouble; asking again may help.
    #[error("database unavailable: {trouble}")]
    Unavailable {
        /// What it came to.
        trouble: Trouble,
        /// Until when its circuit lets nobody through, if that is open now.
        open_until: Option<DateTime<Utc>>,
    },
    /// Its circuit did not let the question through.
    #[error("database not asked: {0}")]
    Withheld(Withheld),
    /// It was asked, but the caller's deadline left less time than `DATABASE_TIMEOUT_MS`.
    #[error("no answer within the {} ms that were left", .0.as_millis())]
    CutShort(Duration),
    /// Another transaction holds the row that this one writes. The callers are to blame, and
    /// the database is well.
    #[error("row held by another transaction: {0}")]
    Held(SqlError),
    /// Nobody waits for the answer any more, so the database was not asked.
    #[error("no time left")]
    NoTimeLeft,
    /// The system and its database do not fit together: a bug, or migrations
    /// that were not applied. Asking again cannot help.
    #[error("database refused: {0}")]
    Defect(SqlError),
}

/// What is wrong with a database that is unavailable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It says so, or cannot be reached.
    #[error("{0}")]
    Reported(#[from] SqlError),
    /// It does not answer within `DATABASE_TIMEOUT_MS`.
    #[error("no answer within {} ms", .0.as_millis())]
    NoAnswer(Duration),
    /// There is no token to log in with.
    #[error("{0}")]
    NoToken(#[from] TokenError),
    /// A fault was injected.
    #[error("{0}")]
    Injected(#[from] InjectedFault),
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
    pub(crate) fn unavailable(trouble: impl Into<Trouble>) -> Self {
        Self::Unavailable {
            trouble: trouble.into(),
            open_until: None,
        }
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

impl From<TokenError> for DatabaseError {
    fn from(error: TokenError) -> Self {
        Self::unavailable(error)
    }
}

/// A lock that is not given in time is trouble: a read waits for no row, so what holds it up
/// holds up everybody. Only a write knows better, which may wait for a row that another
/// caller writes (`repository::write_once`).
impl From<SqlError> for DatabaseError {
    fn from(error: SqlError) -> Self {
        match error.condition() {
            Condition::LockHeld | Condition::Passes => Self::unavailable(error),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_connection_is_trouble() {
        let error = SqlError::Connection(std::io::ErrorKind::UnexpectedEof);
        assert!(matches!(error.into(), DatabaseError::Unavailable { .. }));
    }

    #[test]
    fn a_row_that_cannot_be_understood_is_a_defect() {
        assert!(matches!(SqlError::Row.into(), DatabaseError::Defect(_)));
    }
}
