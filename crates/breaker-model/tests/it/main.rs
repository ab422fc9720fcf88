//! The breaker's promises, against everything that can happen in a small world.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test says no"
)]

mod controls;
mod exhaustive;
mod likelihood;
mod members;
mod reference;
mod traffic;
mod worlds;
