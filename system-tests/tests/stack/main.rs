//! The running system, tested from outside: over HTTP, in DynamoDB, and by
//! killing the servers it stands on.
//!
//! `cargo xtask test` brings the stack up and runs these; with a stack of your
//! own running: `cargo test --profile local -p system-tests --features
//! running-stack`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test says no"
)]

mod bad_input;
mod browser;
mod cache_gone;
mod database_gone;
mod failure_matrix;
mod faults;
mod fleet;
mod http;
mod inner_circuits;
mod items;
mod stack;
mod store_contract;
mod telemetry;
mod trouble;
