//! Where the database is, how it is logged in to, and what its errors mean.

mod config;
mod error;
mod url;

pub use self::{
    config::DatabaseConfig,
    error::DatabaseError,
    url::{DatabaseUrl, DatabaseUrlError},
};
pub(crate) use self::{
    error::{Condition, condition},
    url::Address,
};
