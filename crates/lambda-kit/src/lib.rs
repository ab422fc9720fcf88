//! What every function of this system needs, and nothing that only one needs.
//!
//! * [`config`] reads environment variables and reports every mistake at once.
//! * [`telemetry`] writes one JSON log line per event to standard output.
//! * [`aws`] makes SDK clients that never retry by themselves and never wait
//!   without a bound.
//! * [`function`] invokes another function and tells apart the ways in which
//!   that can fail.
//! * [`clock`] is the one place that reads the time.

pub mod aws;
pub mod clock;
pub mod config;
pub mod function;
pub mod telemetry;
