//! What every function of this system needs, and nothing that only one needs.
//!
//! * [`config`] reads environment variables and reports every mistake at once.
//! * [`entry`] is the way every function starts, takes events, and ends.
//! * [`telemetry`] writes one JSON log line per event to standard output.
//! * [`aws`] makes SDK clients that never retry by themselves and never wait
//!   without a bound.
//! * [`metrics`] gathers metrics and writes them as log lines.
//! * [`function`] invokes another function and tells apart the ways in which
//!   that can fail.
//! * [`faults`] strikes operations with the faults that somebody asked for.
//! * [`attempt_log`] notes what was asked on the way to an answer.
//! * [`clock`] is the one place that reads the time.
//! * [`code`] is what errors hold in place of a server's words.
//! * `cache` (with the feature of that name) is a handle on the cache that
//!   costs little when the cache is dead.
//! * `circuits` (with the feature of that name) are those of this system, in their
//!   table; `circuit` puts one of them around calls.
//! * `iam` (with the feature of that name) signs tokens that stand in for
//!   passwords.
//! * `testing` (with the feature of that name) is for the tests of functions.

pub mod attempt_log;
pub mod aws;
#[cfg(feature = "cache")]
pub mod cache;
#[cfg(any(feature = "cache", feature = "circuits"))]
pub mod circuit;
#[cfg(feature = "circuits")]
pub mod circuits;
pub mod clock;
pub mod code;
pub mod config;
pub mod entry;
pub mod faults;
pub mod function;
#[cfg(feature = "iam")]
pub mod iam;
pub mod metrics;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
