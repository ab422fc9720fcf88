//! What the simulator promises, tested through its public face.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test says no"
)]

mod command_line;
mod determinism;
mod environments;
mod fuzz;
mod grid;
mod mistakes;
mod peers;
mod probe_process;
mod rows;
mod scenario;
mod store;
