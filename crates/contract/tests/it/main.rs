//! What comes from outside this process: nothing of it makes a parser panic,
//! and everything that is valid survives the wire.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test says no"
)]

mod arbitrary;
mod nonsense;
mod round_trips;
