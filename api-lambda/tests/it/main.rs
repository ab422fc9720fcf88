//! The API Lambda, request by request.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test says no"
)]

mod amplification;
mod answers;
mod bad_documents;
mod bad_input;
mod circuits;
mod conditions;
mod doubt;
mod events;
mod faults;
mod head;
mod metastability;
mod nested;
mod nonsense;
mod openapi;
mod paused_clock;
mod secrets;
mod several;
mod stand_in;
mod start;
mod support;
mod throttled;
mod watched;
mod wire;
mod world;
