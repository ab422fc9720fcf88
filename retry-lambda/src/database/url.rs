//! The address of the database.

use std::{fmt, str::FromStr};

use sqlx::{
    mysql::{MySqlConnectOptions, MySqlSslMode},
    postgres::{PgConnectOptions, PgSslMode},
};

/// The address of a PostgreSQL, MySQL or MariaDB database; may hold a password,
/// which it never shows. Parameters after `?` are those of `sqlx`: for
/// PostgreSQL such as `sslmode` and `sslrootcert`, for the others `ssl-mode` and
/// `ssl-ca`, and for all `statement-cache-capacity` (0 behind RDS Proxy, which
/// pins a session that names its statements).
#[derive(Clone)]
pub struct DatabaseUrl(Address);

/// What an address says, for the kind of server that it names.
#[derive(Clone)]
pub(crate) enum Address {
    /// `postgres://`
    Postgres(PgConnectOptions),
    /// `mysql://`, also for MariaDB.
    MySql(MySqlConnectOptions),
}

/// A text that is no address of a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {}", DatabaseUrl::EXPECTED)]
pub struct DatabaseUrlError;

impl DatabaseUrl {
    /// What [`DatabaseUrl::from_str`] accepts, in words.
    pub const EXPECTED: &str = "postgres://user@host:port/database or mysql://user@host:port/database, with :password after user and ?sslmode=verify-full (mysql: ?ssl-mode=VERIFY_IDENTITY) as needed";

    pub(super) fn host(&self) -> &str {
        match &self.0 {
            Address::Postgres(options) => options.get_host(),
            Address::MySql(options) => options.get_host(),
        }
    }

    pub(super) fn port(&self) -> u16 {
        match &self.0 {
            Address::Postgres(options) => options.get_port(),
            Address::MySql(options) => options.get_port(),
        }
    }

    pub(super) fn user(&self) -> &str {
        match &self.0 {
            Address::Postgres(options) => options.get_username(),
            Address::MySql(options) => options.get_username(),
        }
    }

    /// Whether a connection is refused unless the server proves who it is.
    pub(super) fn verifies_server(&self) -> bool {
        match &self.0 {
            Address::Postgres(options) => matches!(options.get_ssl_mode(), PgSslMode::VerifyFull),
            Address::MySql(options) => {
                matches!(options.get_ssl_mode(), MySqlSslMode::VerifyIdentity)
            }
        }
    }

    /// The parameter with which it would be.
    pub(super) fn to_verify_server(&self) -> &'static str {
        match &self.0 {
            Address::Postgres(_) => "sslmode=verify-full",
            Address::MySql(_) => "ssl-mode=VERIFY_IDENTITY",
        }
    }

    pub(crate) fn into_address(self) -> Address {
        self.0
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
        if !names_user {
            return Err(DatabaseUrlError);
        }
        let address = match scheme {
            "postgres" | "postgresql" => text.parse().map(Address::Postgres),
            "mysql" => text.parse().map(Address::MySql),
            _ => return Err(DatabaseUrlError),
        };
        let address = address.map_err(|_| DatabaseUrlError)?;
        let database = match &address {
            Address::Postgres(options) => options.get_database(),
            Address::MySql(options) => options.get_database(),
        };
        if database.is_none_or(str::is_empty) {
            return Err(DatabaseUrlError);
        }
        Ok(Self(address))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DatabaseUrl({}:{})", self.host(), self.port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_of_a_database_is_refused() {
        for bad in [
            "",
            "secret",
            "sqlite://user@host/items",
            "postgres://",
            "postgres:///items",
            "postgres://host/items",
            "postgres://user@host",
            "postgres://user@host:port/items",
            "postgres://user@host/items?sslmode=maybe",
            "mysql://",
            "mysql:///items",
            "mysql://host/items",
            "mysql://user@host",
            "mysql://user@host/",
            "mysql://user@host:port/items",
            "mysql://user@host/items?ssl-mode=maybe",
        ] {
            assert!(bad.parse::<DatabaseUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        for scheme in ["postgres", "mysql"] {
            let url = format!("{scheme}://user:secret@db.example.org:6432/items");
            let url: DatabaseUrl = url.parse().unwrap();
            assert_eq!(format!("{url:?}"), "DatabaseUrl(db.example.org:6432)");
        }
    }
}
