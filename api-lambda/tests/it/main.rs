//! The API Lambda, request by request.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test says no"
)]

mod amplification;
mod answers;
mod bad_input;
mod faults;
mod metastability;
mod nested;
mod nonsense;
mod openapi;
mod paused_clock;
mod start;
mod support;
mod wire;
