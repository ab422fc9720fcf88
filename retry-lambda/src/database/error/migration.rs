//! Why migrations were not applied, without a word of what the server says.
#![expect(clippy::disallowed_types, reason = "they end here")]

use std::time::Duration;

use sqlx::migrate::MigrateError;

use super::{DatabaseError, SqlError};

/// Why the schema is not up to date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MigrationError {
    /// No connection, or it broke.
    #[error("cannot migrate: {0}")]
    Database(#[from] DatabaseError),
    /// The database refuses a migration.
    #[error("cannot migrate: migration {version}: {error}")]
    Refused {
        /// Which.
        version: i64,
        /// How.
        error: SqlError,
    },
    /// A newer version of the system was here.
    #[error("cannot migrate: migration {0} was applied and is not known to this version")]
    Unknown(i64),
    /// A migration was changed after it had been applied.
    #[error("cannot migrate: migration {0} was applied with another content")]
    Changed(i64),
    /// A migration was cut off half-way.
    #[error("cannot migrate: migration {0} was applied in part")]
    Partial(i64),
    /// Another process migrates this database and does not end.
    #[error("cannot migrate: the lock of the migrations was not given")]
    Locked,
    /// A mistake in how migrations are written.
    #[error("cannot migrate: the migrations cannot be used like this")]
    Unusable,
    /// The invocation is about to end.
    #[error("cannot migrate: not done within {} ms", .0.as_millis())]
    Timeout(Duration),
}

impl From<MigrateError> for MigrationError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) => error.into(),
            MigrateError::ExecuteMigration(error, version) => Self::Refused {
                version,
                error: error.into(),
            },
            MigrateError::VersionMissing(version) => Self::Unknown(version),
            MigrateError::VersionMismatch(version) => Self::Changed(version),
            MigrateError::Dirty(version) => Self::Partial(version),
            _ => Self::Unusable,
        }
    }
}

impl From<sqlx::Error> for MigrationError {
    fn from(error: sqlx::Error) -> Self {
        DatabaseError::from(SqlError::from(error)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_migration_is_named_without_the_servers_words() {
        let refused = sqlx::Error::Tls("s3cr3t".into());
        let error = MigrationError::from(MigrateError::ExecuteMigration(refused, 3));
        assert_eq!(
            error.to_string(),
            "cannot migrate: migration 3: no TLS with the server"
        );
    }
}
