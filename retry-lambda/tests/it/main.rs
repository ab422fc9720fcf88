//! The function against a real database and a real cache.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test says no"
)]

mod attempts;
mod cache_aside;
mod circuits;
mod engine;
mod idempotency;
mod items;
mod login;
mod migrations;
mod stampede;
mod start;
mod trouble;
mod world;
