//! How to use this crate, in examples that are run as tests.
//!
//! * This page: what it is for, a circuit's life, a first call.
//! * [`calls`]: what counts as a failure, deadlines, calls in two steps,
//!   cancellation, AWS Lambda.
//! * `middleware`: tower and axum; with the feature `tower`.
//! * [`operating`]: policies from files, many circuits, telemetry, overrides, costs.
//! * [`stores`]: a store of your own.
//! * [`guarantees`]: what holds, what does not, and which test says so.
//! * [`estimator`]: how a fleet knows its failure rate though nobody sees all
//!   calls.
//! * [`policy_fields`]: every field, its range, and when to change it.
//!
//! # What it is for
//!
//! Many processes call one dependency: AWS Lambda execution environments,
//! containers, machines. It fails. Every call to it is then a wait for nothing,
//! and the calls themselves may be what keeps it down. A circuit breaker
//! notices and refuses calls for a while, so that callers can do something else
//! at once.
//!
//! A breaker that counts inside one process must see enough failures *there*.
//! A thousand processes with one call a second each need a thousand times as
//! many failures as one process would, and later all of them try the way back
//! at the same moment. Processes that share a [`Breaker`](crate::Breaker)'s
//! record act as one: 28 failures anywhere, if they last for a second, open the
//! circuit, and two calls of the whole fleet at once try the way back.
//!
//! It is not for limiting rates, nor for retrying: put a retry outside of it,
//! and each attempt is evidence and an open circuit ends the attempts.
//!
//! # A first call
//!
//! ```
//! use breaker_core::{Breaker, CallError, MemoryStore, Outcome, Policy};
//! # async fn charge() -> Result<&'static str, std::io::Error> { Ok("receipt") }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A store that all processes share would be a `DynamoDbStore`.
//! let breaker = Breaker::new("payments".parse()?, Policy::default(), MemoryStore::new())?;
//!
//! let receipt = match breaker.call(charge(), Outcome::from_result).await {
//!     Ok(receipt) => receipt,
//!     // Not made: do something else, and not before `retry_at` again.
//!     Err(CallError::Rejected(rejection)) => panic!("{rejection}: {}", rejection.retry_at),
//!     // Made, and ended by the breaker.
//!     Err(CallError::ProbeTimedOut | CallError::DeadlineExceeded) => panic!("too slow"),
//!     // Made, and failed by itself.
//!     Err(CallError::Inner(error)) => return Err(error.into()),
//! };
//! assert_eq!(receipt, "receipt");
//! # Ok(())
//! # }
//! ```
//!
//! One handle serves any number of concurrent calls, and clones share
//! everything. Keep it for as long as the process lives: a process that knows
//! nothing yet asks the store before its first call.
//!
//! # A circuit's life
//!
//! ```text
//!            evidence of failure                    open time over, lease taken
//!  Closed ─────────────────────────▶ Open ───────────────────────────▶ HalfOpen
//!    ▲                                 ▲                                   │ │
//!    │                                 └──────── the first probe fails ─────┘ │
//!    └──────────────────── enough probes succeed ────────────────────────────┘
//! ```
//!
//! * **Closed**: calls pass. Failures are reported, and from the first few on
//!   successes are too: together they are the evidence.
//! * **Open**: calls are refused, and told when to come back. It lasts
//!   [`open_for`](crate::Policy::open_for), times
//!   [`open_growth`](crate::Policy::open_growth) after each recovery that
//!   failed, and as long as the dependency itself asks for, both up to
//!   [`open_for_max`](crate::Policy::open_for_max).
//! * **Half open**: at most [`max_probes`](crate::Policy::max_probes) calls at
//!   once in the whole fleet pass as *probes*, each on a lease.
//!   [`successes_to_close`](crate::Policy::successes_to_close) successes more
//!   than failures close the circuit, wherever they happened; a failure that no
//!   success outweighs opens it again.
//! * **Closed again**: a growing share of calls passes for
//!   [`ramp_for`](crate::Policy::ramp_for), or for as long as the circuit was
//!   open if that was shorter, so that the dependency is not met by everybody
//!   at once.

pub mod calls;
pub mod estimator;
pub mod guarantees;
#[cfg(feature = "tower")]
pub mod middleware;
pub mod operating;
pub mod stores;

#[expect(clippy::doc_markdown, reason = "rules are quoted as errors tell them")]
#[doc = include_str!("../../../../docs/policy.md")]
pub mod policy_fields {}
