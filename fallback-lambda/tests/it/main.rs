//! The function against a real cache.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test says no"
)]

mod fallback;
mod start;
