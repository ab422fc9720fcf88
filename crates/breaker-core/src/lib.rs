//! A circuit breaker shared by a whole fleet of processes.
//!
//! A breaker that counts inside one process sees too little when a thousand
//! AWS Lambda execution environments each make one call a second. This one
//! keeps one small record for each circuit in a store that all share, and
//! costs next to nothing while all is well: no write and no waiting on the
//! path of a healthy call beyond a bounded heartbeat.
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
//! # What it guarantees
//!
//! * Epochs only rise; a change that was decided on an older epoch has no effect.
//! * At most [`Policy::max_probes`] unexpired probe leases exist in the whole
//!   fleet, each owned by one call.
//! * A cancelled or crashed probe never closes a circuit, and delays its
//!   recovery by one lease at most.
//! * A store that fails means neither unlimited admission nor unlimited
//!   refusal: each process carries on alone with the state it knew and its own
//!   evidence, by the same rules. What it decides alone is never written. It
//!   tries the way back alone only when it has heard nothing for
//!   [`Policy::max_stale`], and then with one call at a time: in that case
//!   alone there can be more probes than leases.
//! * A result on a lease that is over, or that another call has taken, decides
//!   nothing.
//! * A stored value that this version does not understand is an error that
//!   keeps the last known state; it is never read as "closed".
//!
//! # What it does not guarantee yet
//!
//! * A process reports its successes with its next call. In a fleet whose
//!   processes each make a call every half minute, failures, which are told at
//!   once, weigh more than they should.
//! * Writes are not budgeted for the fleet: a process with traffic writes at
//!   most once a second, and once for each failure.

pub mod breaker;
pub mod member;
pub mod policy;
pub mod protocol;
pub mod store;
pub mod time;

pub use breaker::{Breaker, CallError, Outcome, Permit, Snapshot};
#[cfg(feature = "tower")]
pub use breaker::{BreakerLayer, BreakerService};
pub use policy::{Policy, PolicyError};
pub use protocol::{
    Cause, Change, Decision, Epoch, Override, OverrideMode, Record, Rejection, RejectionReason,
    State, TransitionEvent,
};
#[cfg(feature = "dynamodb")]
pub use store::DynamoDbStore;
pub use store::{CircuitName, MemoryStore, Reading, StateStore, StoreError};
pub use time::{Clock, SystemClock, Timestamp};
