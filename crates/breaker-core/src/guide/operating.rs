//! Policies, many circuits, telemetry, overrides, costs.
//!
//! # A policy from a file
//!
//! [`Policy::default`](crate::Policy) suits most. What is to differ stands in a
//! TOML or JSON file; all mistakes are told at once, and nothing is used in
//! part. [`policy_fields`](super::policy_fields) has every field. All processes
//! of a circuit should have the same policy: each decides by its own.
//!
//! ```
//! # #[cfg(feature = "toml")] {
//! use breaker_core::Policy;
//!
//! let policy = Policy::from_toml(
//!     "
//!     open_for_ms = 10_000
//!     slow_call_after_ms = 800
//!     max_probes = 1
//!     ",
//! )?;
//! assert_eq!(policy.open_for.as_secs(), 10);
//!
//! let mistakes = Policy::from_toml("open_for_s = 10\nmax_probes = 100").unwrap_err();
//! assert_eq!(
//!     mistakes.to_string(),
//!     "unusable policy: unknown field `open_for_s` (is it `open_for_ms`?); \
//!      max_probes must be an integer from 1 to 8, not 100"
//! );
//! # }
//! # Ok::<(), breaker_core::PolicyError>(())
//! ```
//!
//! # Many circuits
//!
//! One circuit for each thing that fails by itself: a region, a shard, a
//! tenant's own endpoint. [`KeyedBreakers`](crate::KeyedBreakers) makes them
//! when they are first asked for and keeps the most recently used ones in mind:
//!
//! ```
//! use breaker_core::{KeyedBreakers, MemoryStore, Outcome, Policy};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let search = KeyedBreakers::new("search".parse()?, Policy::default(), MemoryStore::new())?;
//! let found = search
//!     .get("eu-west")?
//!     .call(async { Ok::<_, std::io::Error>(["a result"]) }, Outcome::from_result)
//!     .await?;
//! assert_eq!(found, ["a result"]);
//! assert!(search.get("no spaces, please").is_err());
//! # Ok(())
//! # }
//! ```
//!
//! Each circuit has its own record, and costs reads and heartbeats of its own:
//! a key for each user is too many.
//!
//! # Telemetry
//!
//! Events go to `tracing`: transitions at `INFO`, trouble at `WARN`, the rest
//! at `DEBUG`. An [`Observer`](crate::Observer) gets them as values, for
//! metrics. It is called in the path of calls and must not block.
//!
//! ```
//! use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
//!
//! use breaker_core::{Breaker, Event, MemoryStore, Observer, Outcome, Policy, StoreError};
//!
//! #[derive(Clone, Default)]
//! struct Metrics(Arc<Counts>);
//!
//! #[derive(Default)]
//! struct Counts {
//!     transitions: AtomicU64,
//!     rejections: AtomicU64,
//!     store_troubles: AtomicU64,
//! }
//!
//! impl Observer for Metrics {
//!     fn on(&self, circuit: &str, event: &Event) {
//!         let counter = match event {
//!             // Told by the one process that moved the circuit: sum over the fleet.
//!             Event::Transitioned { .. } => &self.0.transitions,
//!             Event::Rejected(_) => &self.0.rejections,
//!             Event::StoreFailed(_) => &self.0.store_troubles,
//!             // More kinds may come.
//!             _ => return,
//!         };
//!         counter.fetch_add(1, Ordering::Relaxed);
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let metrics = Metrics::default();
//! let (circuit, store) = ("orders".parse()?, MemoryStore::new());
//! let breaker = Breaker::builder(circuit, Policy::default(), store)
//!     .observer(metrics.clone())
//!     .build()?;
//! breaker.call(async { Ok::<_, std::io::Error>(()) }, Outcome::from_result).await?;
//! assert_eq!(metrics.0.rejections.load(Ordering::Relaxed), 0);
//! # Ok(())
//! # }
//! ```
//!
//! For a dashboard, [`Breaker::inspect`](crate::Breaker::inspect) gives the
//! record as the store has it, and [`Breaker::events`](crate::Breaker::events)
//! the trail of its transitions: what moved, when, why, and on whose word.
//! Attempts to recover that follow a failed one leave no entry: there is one a
//! second. The record's `traffic.fleet_size` says how many calls a second
//! there are and how many of them are refused, by the circuit or by processes
//! that stopped themselves.
//!
//! # Overrides
//!
//! An operator may hold a circuit open or closed, or let it decide without
//! effect: `Shadow` admits everything and measures as if it counted, which is
//! how to try a policy on real traffic. An override has a reason, a name and an
//! end.
//!
//! ```
//! use std::time::Duration;
//!
//! use breaker_core::{
//!     Breaker, Epoch, MemoryStore, Override, OverrideMode, Policy, RejectionReason,
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let breaker = Breaker::new("orders".parse()?, Policy::default(), MemoryStore::new())?;
//! let order = Override {
//!     mode: OverrideMode::ForceOpen,
//!     reason: "the database is being moved".to_owned(),
//!     actor: "ada".to_owned(),
//!     expires: breaker.known().now + Duration::from_secs(3_600),
//! };
//! breaker.place_override(order).await?;
//! let refused = breaker.admit().await.unwrap_err();
//! assert_eq!(refused.reason, RejectionReason::ForcedOpen);
//!
//! // Done earlier than expected.
//! breaker.withdraw_override("ada").await?;
//! assert!(breaker.admit().await.is_ok());
//! let trail = breaker.events(Epoch(0), 10).await?;
//! assert_eq!(trail[0].reason, "the database is being moved");
//! # Ok(())
//! # }
//! ```
//!
//! Other processes learn of an override with their next news, as of a transition.
//!
//! # Costs
//!
//! For the whole fleet and each circuit, with the default policy, n processes
//! that are all in use, and λ calls a second:
//!
//! | | reads a second | writes a second |
//! | --- | --- | --- |
//! | in health | n ÷ 6.6, at most [`reads_per_s`](crate::Policy::reads_per_s) = 200 | [`heartbeats_per_s`](crate::Policy::heartbeats_per_s) = 0.7, and one for each sampled alarm: at 1 % of errors up to 0.75 |
//! | a suspicion stands | the same, and up to five a second for each process whose calls fail | one for each sampled call of a process that knows: up to 3 while next to nothing speaks for an outage, 10 while little does, else 75, and 150 if traffic has just grown |
//! | open | as on the way back, for it is probed once a second | 0.7 and what meets a moved record, and four a second for probes; none for calls that are refused |
//! | on the way back | some 4 a process, 1,000 in a fleet of 250 to 5,000, n ÷ 5 in a larger one | some 20 attempts to get a lease |
//!
//! A process with less than a call every six seconds reads at most once a call.
//! A healthy call of a process that knows enough takes no lock and asks nobody.
