//! Deployments, at the wire: the program runs against a server that behaves as
//! AWS does, as far as a deployment can tell.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test says no"
)]

mod cloud;
mod function;
mod web;
