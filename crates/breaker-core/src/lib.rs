//! A circuit breaker shared by a whole fleet of processes.
//!
//! A breaker that counts inside one process sees too little when a thousand
//! AWS Lambda execution environments each make one call a second. This one
//! keeps one small record for each circuit in a store that all share, and
//! costs next to nothing while all is well: no write and no waiting on the
//! path of a healthy call beyond a bounded heartbeat.
//!
//! ```
//! use breaker_core::{Breaker, MemoryStore, Outcome, Policy};
//! # async fn charge() -> Result<&'static str, std::io::Error> { Ok("receipt") }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let breaker = Breaker::new("payments".parse()?, Policy::default(), MemoryStore::new())?;
//! let receipt = breaker.call(charge(), Outcome::from_result).await?;
//! # assert_eq!(receipt, "receipt");
//! # Ok(())
//! # }
//! ```
//!
//! # How it is built
//!
//! * [`protocol`] decides. It is pure: a [`Record`], a [`Policy`] and the time
//!   go in, a decision or a [`Change`] comes out. No clock, no I/O, no async.
//! * [`store`] keeps the record. Every [`Change`] is conditional on the
//!   [`Epoch`] that was read, so a late result changes nothing.
//! * [`Breaker`] joins the two around a protected call, and `BreakerLayer`
//!   does so for tower services.
//!
//! * [`observe`] tells what happens, for metrics and logs.
//!
//! # Where to go from here
//!
//! * [`guide`]: a first call, tower and axum, deadlines, policies, stores of
//!   your own; all of it in examples that run.
//! * [`guide::guarantees`]: what holds, what does not, and which test says so.
//! * [`guide::estimator`]: how a fleet knows its failure rate though nobody
//!   sees all calls, with its errors and its costs.
//! * [`guide::policy_fields`]: every field of a [`Policy`].
//!
//! # Features
//!
//! * `dynamodb` (default): `DynamoDbStore`, with the AWS SDK.
//! * `tower` (default): `BreakerLayer`; brings along `tokio`.
//! * `tokio`: `Breaker` and `KeyedBreakers`; brings along `os`.
//! * `os`: `SystemClock` and `OsEntropy`, which the operating system gives.
//! * `toml`, `json`: `Policy::from_toml`, `Policy::from_json`.
//! * `testing`: `store::contract`, the tests that every store must pass.
//!
//! Without any, what is left is pure: [`protocol`], [`member`], [`policy`] and
//! the requests of [`store::dynamodb`] need no clock, no runtime and no SDK, and
//! compile for `wasm32-unknown-unknown`.

#[cfg(feature = "tokio")]
pub mod breaker;
pub mod guide;
pub mod member;
pub mod observe;
mod outcome;
pub mod policy;
pub mod protocol;
pub mod store;
pub mod time;

#[cfg(feature = "tokio")]
pub use breaker::{Breaker, BreakerBuilder, CallError, Deadline, KeyedBreakers, Snapshot};
#[cfg(feature = "tower")]
pub use breaker::{BreakerLayer, BreakerService, NoDeadline, PerRequest, RequestDeadline};
pub use member::Permit;
pub use observe::{Event, Observer};
pub use outcome::Outcome;
pub use policy::{Policy, PolicyError};
pub use protocol::{
    Cause, Change, Decision, Epoch, Override, OverrideMode, Record, Rejection, RejectionReason,
    State, TransitionEvent,
};
#[cfg(feature = "dynamodb")]
pub use store::DynamoDbStore;
pub use store::{CircuitName, Consistency, MemoryStore, StateStore, StoreError};
#[cfg(feature = "os")]
pub use time::SystemClock;
pub use time::{Clock, Now, Steady, Timestamp};
