//! The function against a real database and a real cache.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test says no"
)]
// The whole function as one future that goes from thread to thread is deep.
#![recursion_limit = "256"]

mod attempts;
mod bad_keys;
mod cache_aside;
mod circuits;
mod engine;
mod idempotency;
mod items;
mod locks;
mod login;
mod migrations;
mod refused_writes;
mod secrets;
mod set_back;
mod several;
mod stampede;
mod start;
mod throttled_fallback;
mod trouble;
mod undone;
mod world;
