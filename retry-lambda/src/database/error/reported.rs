//! What `sqlx` reports, without a word of what the server says.
//!
//! A server quotes what it refuses (`Failing row contains (…)`, `Duplicate entry '…'`), and
//! what it refuses is what clients store. So the errors of `sqlx` end here and in `migration`:
//! a code, a kind and the name of a constraint are taken over, and no text. None can get into a
//! log line or a reply, because from here on none is there.
#![expect(clippy::disallowed_types, reason = "they end here")]

use std::{fmt, io};

use sqlx::{mysql::MySqlDatabaseError, postgres::PgDatabaseError};

use super::{Condition, mysql, postgres};

/// An error of the database, or of the way to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// PostgreSQL refuses.
    #[error("SQLSTATE {state}{}", of_constraint(.constraint.as_deref()))]
    Postgres {
        /// Its documentation, appendix A.
        state: SqlState,
        /// The constraint that is violated, if it is one.
        constraint: Option<String>,
    },
    /// MySQL or MariaDB refuses.
    #[error("error {number}, SQLSTATE {state}")]
    MySql {
        /// Their server error references.
        number: u16,
        /// The class of it.
        state: SqlState,
    },
    /// There is no connection, or it broke.
    #[error("{0}")]
    Connection(io::ErrorKind),
    /// Nobody who is trusted vouches for the server.
    #[error("the server's certificate is not trusted")]
    Untrusted,
    /// No TLS came about.
    #[error("no TLS with the server")]
    Tls,
    /// The server does not speak as it should.
    #[error("the server breaks its protocol")]
    Protocol,
    /// A row or a column is not there, or has a type or a value that it cannot have.
    #[error("a row has another form than expected")]
    Row,
    /// A value cannot be sent.
    #[error("a value cannot be sent")]
    Encode,
    /// Anything else: a mistake in how the driver is used.
    #[error("the driver cannot be used like this")]
    Driver,
}

fn of_constraint(constraint: Option<&str>) -> String {
    constraint.map_or_else(String::new, |name| format!(", constraint {name}"))
}

/// Five letters and digits; anything else is shown as `?????`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlState(String);

impl SqlState {
    fn new(text: &str) -> Self {
        let is_state = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        Self(if is_state { text } else { "?????" }.to_owned())
    }
}

impl fmt::Display for SqlState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl SqlError {
    /// What it says about asking again. A condition that is not known to pass is a defect, so
    /// that it is seen.
    pub(crate) fn condition(&self) -> Condition {
        match self {
            Self::Postgres { state, .. } => postgres::condition(&state.0),
            Self::MySql { number, state } => mysql::condition(*number, &state.0),
            Self::Connection(_) | Self::Untrusted | Self::Tls | Self::Protocol => Condition::Passes,
            Self::Row | Self::Encode | Self::Driver => Condition::Stays,
        }
    }

    /// Whether a lock was waited for as long as one waits.
    pub(crate) fn is_lock(&self) -> bool {
        self.condition() == Condition::LockHeld
    }
}

impl From<sqlx::Error> for SqlError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(reported) => {
                if let Some(error) = reported.try_downcast_ref::<PgDatabaseError>() {
                    Self::Postgres {
                        state: SqlState::new(error.code()),
                        constraint: error.constraint().map(ToOwned::to_owned),
                    }
                } else if let Some(error) = reported.try_downcast_ref::<MySqlDatabaseError>() {
                    Self::MySql {
                        number: error.number(),
                        state: SqlState::new(error.code().unwrap_or_default()),
                    }
                } else {
                    Self::Driver
                }
            }
            sqlx::Error::Io(error) if is_about_the_certificate(&error) => Self::Untrusted,
            sqlx::Error::Io(error) => Self::Connection(error.kind()),
            sqlx::Error::Tls(_) => Self::Tls,
            sqlx::Error::Protocol(_) => Self::Protocol,
            sqlx::Error::RowNotFound
            | sqlx::Error::TypeNotFound { .. }
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_) => Self::Row,
            sqlx::Error::Encode(_) => Self::Encode,
            _ => Self::Driver,
        }
    }
}

fn is_about_the_certificate(error: &io::Error) -> bool {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(tls, Some(rustls::Error::InvalidCertificate(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "s3cr3t";

    /// Of every error of `sqlx` that holds free text.
    #[test]
    fn no_text_of_the_driver_comes_through() {
        let secret = || Box::<dyn std::error::Error + Send + Sync>::from(SECRET);
        let errors = [
            sqlx::Error::Configuration(secret()),
            sqlx::Error::InvalidArgument(SECRET.to_owned()),
            sqlx::Error::Io(io::Error::other(SECRET)),
            sqlx::Error::Tls(secret()),
            sqlx::Error::Protocol(SECRET.to_owned()),
            sqlx::Error::TypeNotFound {
                type_name: SECRET.to_owned(),
            },
            sqlx::Error::ColumnNotFound(SECRET.to_owned()),
            sqlx::Error::ColumnDecode {
                index: SECRET.to_owned(),
                source: secret(),
            },
            sqlx::Error::Encode(secret()),
            sqlx::Error::Decode(secret()),
            sqlx::Error::AnyDriverError(secret()),
        ];
        for error in errors {
            assert!(format!("{error:?}").contains(SECRET), "{error:?}");
            let taken_over = SqlError::from(error);
            let told = format!("{taken_over} {taken_over:?}");
            assert!(!told.contains(SECRET), "{told}");
        }
    }

    #[test]
    fn what_is_no_state_is_not_repeated() {
        assert_eq!(SqlState::new("23505").to_string(), "23505");
        for text in ["", SECRET, "2350", "235055", "23 05", "é2350"] {
            assert_eq!(SqlState::new(text).to_string(), "?????", "{text}");
        }
    }
}
