//! Where the database is, how it is logged in to, and what its errors mean.

mod config;
mod error;
mod url;

pub(crate) use self::url::Address;
pub use self::{
    config::DatabaseConfig,
    error::{DatabaseError, MigrationError, SqlError, SqlState, Trouble},
    url::{DatabaseUrl, DatabaseUrlError},
};
