//! The kit against real servers.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test says no"
)]

mod access;
mod bad_keys;
mod cache;
mod incarnations;
mod invoke;
mod relay;
mod server_states;
