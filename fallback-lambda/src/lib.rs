//! Answers reads when the normal way fails: from the cache alone, never from
//! the database, and labelled as second best.
//!
//! * [`handler`] answers an event.
//! * [`config`] is what the environment variables say.

pub mod config;
pub mod handler;
