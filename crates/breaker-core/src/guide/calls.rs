//! Calls: outcomes, deadlines, two steps, cancellation, AWS Lambda.
//!
//! # What counts as a failure
//!
//! A classifier says what a result means *for the dependency's health*. What
//! the caller did wrong proves nothing against the dependency, and "not found"
//! is work done. [`Outcome::from_result`] takes every `Err` for a failure, which
//! is right where errors are the dependency's own; else write one:
//!
//! ```
//! use std::time::Duration;
//!
//! use breaker_core::{Breaker, MemoryStore, Outcome, Policy};
//!
//! /// What a client of some HTTP service gives.
//! #[derive(Debug)]
//! struct Reply {
//!     status: u16,
//!     retry_after_s: Option<u64>,
//! }
//!
//! #[derive(Debug)]
//! enum ClientError {
//!     /// The request could not even be built.
//!     Invalid,
//!     /// No answer came.
//!     Connection,
//! }
//!
//! fn classify(result: &Result<Reply, ClientError>) -> Outcome {
//!     match result {
//!         // It asks to be left alone, and says for how long.
//!         Ok(Reply { status: 429 | 503, retry_after_s: Some(seconds) }) => {
//!             Outcome::RetryAfter(Duration::from_secs(*seconds))
//!         }
//!         Ok(Reply { status: 429 | 500.., .. }) => Outcome::Failure,
//!         // 404, 409 and 422 are answers. So is 200.
//!         Ok(_) => Outcome::Success,
//!         Err(ClientError::Connection) => Outcome::Failure,
//!         // The dependency has not even heard of it.
//!         Err(ClientError::Invalid) => Outcome::Ignored,
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let breaker = Breaker::new("orders".parse()?, Policy::default(), MemoryStore::new())?;
//! let missing = async { Ok(Reply { status: 404, retry_after_s: None }) };
//! let reply = breaker.call(missing, classify).await;
//! assert!(matches!(reply, Ok(Reply { status: 404, .. })), "handed through");
//!
//! let busy = Ok(Reply { status: 503, retry_after_s: Some(30) });
//! assert_eq!(classify(&busy), Outcome::RetryAfter(Duration::from_secs(30)));
//! # Ok(())
//! # }
//! ```
//!
//! A call that took [`Policy::slow_call_after`] or longer counts as slow, even
//! if it succeeded: slow calls open the circuit by a threshold of their own. An
//! ordinary call is never cut off; bring a time-out, or a deadline.
//!
//! # A circuit inside another
//!
//! What a call goes through may have a circuit of its own further in. Let its word
//! travel outward, or the outer circuit's probes fail at an inner one that is still
//! open, and each keeps the other open:
//!
//! ```
//! use breaker_core::{CallError, Outcome, Timestamp};
//!
//! /// What the outer circuit makes of a call through the inner one.
//! fn classify<T, E>(result: &Result<T, CallError<E>>, now: Timestamp) -> Outcome {
//!     match result {
//!         Ok(_) => Outcome::Success,
//!         Err(CallError::Rejected(rejection)) => match rejection.open_until() {
//!             // In vain until then, but no recovery has failed.
//!             Some(until) => Outcome::Withheld(until.since(now)),
//!             // On its way back it lets only some through; that proves nothing.
//!             None => Outcome::Ignored,
//!         },
//!         Err(_) => Outcome::Failure,
//!     }
//! }
//! ```
//!
//! Where the two have different clocks, add what these may be apart.
//!
//! # Deadlines
//!
//! [`Breaker::call_by`] does not make a call that cannot be done in time, ends
//! one that is not, and does not wait for the store's news if there is no time
//! for that. A call that is cut off early says nothing about the dependency: it
//! was the caller who was in a hurry.
//!
//! ```
//! use std::time::Duration;
//!
//! use breaker_core::{
//!     Breaker, CallError, Clock, Deadline, MemoryStore, Outcome, Policy, RejectionReason,
//!     SystemClock,
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let breaker = Breaker::new("orders".parse()?, Policy::default(), MemoryStore::new())?;
//! let deadline = Deadline {
//!     // What the caller has left: here, 10 ms.
//!     at: SystemClock.now() + Duration::from_millis(10),
//!     // What the fastest good answer takes.
//!     needs: Duration::from_millis(50),
//! };
//! let call = async { Ok::<_, std::io::Error>("unreachable") };
//! match breaker.call_by(deadline, call, Outcome::from_result).await {
//!     Err(CallError::Rejected(rejection)) => {
//!         assert_eq!(rejection.reason, RejectionReason::DeadlineTooClose);
//!     }
//!     other => panic!("{other:?}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The deadline is the call's. To tell the fleet of a failure afterwards can
//! take [`Policy::store_timeout`] more, and three times that at worst (a report
//! that opens the circuit, and a look whether it did), if the store is slow.
//! Leave that much between the deadline and the moment that nothing must pass.
//!
//! # In two steps
//!
//! Where a call is no future, or its result comes from elsewhere, ask first and
//! tell afterwards:
//!
//! ```
//! use breaker_core::{Breaker, MemoryStore, Outcome, Policy};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let breaker = Breaker::new("orders".parse()?, Policy::default(), MemoryStore::new())?;
//! match breaker.admit().await {
//!     Ok(permit) => {
//!         // A probe may take only so long; `call` sees to that, here you do.
//!         let limit = permit.limit();
//!         assert_eq!(limit, None, "this is no probe");
//!         breaker.record(permit, Outcome::Success).await;
//!     }
//!     Err(rejection) => println!("come back at {}", rejection.retry_at),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Cancellation
//!
//! Every future of this crate may be dropped at any moment. A dropped call
//! counts for nothing. A dropped probe delays recovery by what is left of its
//! lease, [`Policy::lease_for`] at most. Outcomes that were just being told may
//! go uncounted; none is counted twice.
//!
//! # AWS Lambda
//!
//! An execution environment is frozen between its calls, so nothing runs in the
//! background: what is to be asked of the store is asked beside a call, and a
//! failure is told before `call` gives its result.
//!
//! Learn the fleet's state in the init phase, where the first connection to the
//! store has the time that it takes:
//!
//! ```
//! use std::time::Duration;
//!
//! # use breaker_core::{Breaker, MemoryStore, Policy};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let breaker = Breaker::new("orders".parse()?, Policy::default(), MemoryStore::new())?;
//! if let Err(error) = breaker.warm_up(Duration::from_secs(2)).await {
//!     // Calls can be made all the same: the first of them will ask again.
//!     println!("the breaker starts without news: {error}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A release build with `panic = "abort"` is fine: leases expire by themselves,
//! and no destructor is owed anything.
//!
//! [`Breaker::call_by`]: crate::Breaker::call_by
//! [`Outcome::from_result`]: crate::Outcome::from_result
//! [`Policy::lease_for`]: crate::Policy::lease_for
//! [`Policy::slow_call_after`]: crate::Policy::slow_call_after
//! [`Policy::store_timeout`]: crate::Policy::store_timeout
