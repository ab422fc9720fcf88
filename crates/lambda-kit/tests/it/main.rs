//! The kit against real servers.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a panic is how a test says no"
)]

mod cache;
mod relay;
