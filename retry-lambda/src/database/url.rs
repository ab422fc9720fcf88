//! The address of the database.

use std::{fmt, str::FromStr};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// The address of a PostgreSQL database; may hold a password, which it never
/// shows. Parameters after `?` are those of `sqlx`, such as `sslmode`,
/// `sslrootcert`, and `statement-cache-capacity` (0 behind RDS Proxy, which
/// pins a session that names its statements).
#[derive(Clone)]
pub struct DatabaseUrl(PgConnectOptions);

/// A text that is no address of a PostgreSQL database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {}", DatabaseUrl::EXPECTED)]
pub struct DatabaseUrlError;

impl DatabaseUrl {
    /// What [`DatabaseUrl::from_str`] accepts, in words.
    pub const EXPECTED: &str = "postgres://user@host:port/database, with :password after user and ?sslmode=verify-full as needed";

    pub(super) fn host(&self) -> &str {
        self.0.get_host()
    }

    pub(super) fn port(&self) -> u16 {
        self.0.get_port()
    }

    pub(super) fn user(&self) -> &str {
        self.0.get_username()
    }

    /// Whether a connection is refused unless the server proves who it is.
    pub(super) fn verifies_server(&self) -> bool {
        matches!(self.0.get_ssl_mode(), PgSslMode::VerifyFull)
    }

    pub(super) fn into_options(self) -> PgConnectOptions {
        self.0.application_name("retry-lambda")
    }
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    /// `sqlx` would take any scheme, and fill in a user and a database of its
    /// own; a mistake shall show at the start.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once("://").ok_or(DatabaseUrlError)?;
        let names_user = rest
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
        if !matches!(scheme, "postgres" | "postgresql") || !names_user {
            return Err(DatabaseUrlError);
        }
        let options: PgConnectOptions = text.parse().map_err(|_| DatabaseUrlError)?;
        if options.get_database().is_none_or(str::is_empty) {
            return Err(DatabaseUrlError);
        }
        Ok(Self(options))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "DatabaseUrl({}:{})",
            self.0.get_host(),
            self.0.get_port()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_of_postgresql_is_refused() {
        for bad in [
            "",
            "secret",
            "mysql://user@host/items",
            "postgres://",
            "postgres:///items",
            "postgres://host/items",
            "postgres://user@host",
            "postgres://user@host:port/items",
            "postgres://user@host/items?sslmode=maybe",
        ] {
            assert!(bad.parse::<DatabaseUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let url: DatabaseUrl = "postgres://user:secret@db.example.org:6432/items"
            .parse()
            .unwrap();
        assert_eq!(format!("{url:?}"), "DatabaseUrl(db.example.org:6432)");
    }
}
