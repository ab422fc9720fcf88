//! Telling trouble, which passes, from defects, which somebody must mend.

use std::time::Duration;

use lambda_kit::{iam::TokenError, telemetry::Causes};

/// Why the database gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The database is in trouble; asking again may help.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// Nobody waits for the answer any more, so the database was not asked.
    #[error("no time left")]
    NoTimeLeft,
    /// The system and its database do not fit together: a bug, or migrations
    /// that were not applied. Asking again cannot help.
    #[error("database refused: {0}")]
    Defect(sqlx::Error),
}

impl DatabaseError {
    pub(super) fn no_answer_within(limit: Duration) -> Self {
        Self::Unavailable(format!("no answer within {} ms", limit.as_millis()))
    }
}

/// Without a token there is no connection.
impl From<TokenError> for DatabaseError {
    fn from(error: TokenError) -> Self {
        Self::Unavailable(Causes(&error).to_string())
    }
}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        if passes(&error) {
            Self::Unavailable(error.to_string())
        } else {
            Self::Defect(error)
        }
    }
}

/// A condition that is not known to pass is a defect, so that it is seen.
fn passes(error: &sqlx::Error) -> bool {
    match error {
        // The connection could not be made, or broke.
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(reported) => reported.code().is_some_and(|code| code_passes(&code)),
        _ => false,
    }
}

/// Whether the condition with this SQLSTATE passes by itself (PostgreSQL's
/// documentation, appendix A).
fn code_passes(code: &str) -> bool {
    const CLASSES: [&str; 4] = [
        "08", // connection exception
        "28", // invalid authorization: a token or a password that was replaced
        "53", // insufficient resources: too many connections, disk full
        "58", // system error
    ];
    const CODES: [&str; 9] = [
        "25006", // read-only transaction: this server is no longer the primary
        "25P03", // idle in transaction for too long
        "40001", // serialization failure
        "40P01", // deadlock
        "55P03", // lock not available
        "57014", // cancelled: the statement took too long
        "57P01", // shut down by the administrator
        "57P02", // shut down by a crash of another session
        "57P03", // starting up or shutting down
    ];
    CODES.contains(&code) || CLASSES.iter().any(|class| code.starts_with(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_passes_and_defects_do_not() {
        for code in [
            "08006", "53300", "57P01", "40001", "40P01", "57014", "28P01",
        ] {
            assert!(code_passes(code), "{code}");
        }
        for code in [
            "23505", "42601", "42P01", "42501", "22P02", "3D000", "25001",
        ] {
            assert!(!code_passes(code), "{code}");
        }
    }

    #[test]
    fn a_broken_connection_is_trouble() {
        let error = sqlx::Error::Io(std::io::ErrorKind::UnexpectedEof.into());
        assert!(matches!(error.into(), DatabaseError::Unavailable(_)));
    }

    #[test]
    fn a_row_that_cannot_be_understood_is_a_defect() {
        let error = sqlx::Error::ColumnNotFound("colour".to_owned());
        assert!(matches!(error.into(), DatabaseError::Defect(_)));
    }
}
