//! The rules, as pure functions.
//!
//! [`Record`] is what the fleet shares. [`Record::decide`] says what becomes of
//! a call. [`Record::due`] says which transition the record itself calls for.
//! [`Record::apply`] says what a [`Change`] does; a store must do exactly
//! that, and the contract tests of the stores hold them to it.
//!
//! ```text
//!            evidence of failure                    open time over, lease taken
//!  Closed ─────────────────────────▶ Open ───────────────────────────▶ HalfOpen
//!    ▲                                 ▲                                   │ │
//!    │                                 └──────────── a probe fails ────────┘ │
//!    └──────────────────── enough probes succeed ────────────────────────────┘
//! ```

mod change;
mod decide;
mod epoch;
mod evidence;
mod record;
mod traffic;
mod verdict;

pub use change::{Cause, Change, Conflict, OnBehalf, Report, Suspicion, TransitionEvent};
pub use decide::{Decision, Measure, Opening, ProbePlan, Rejection, RejectionReason};
pub use epoch::Epoch;
pub use evidence::{Counts, Evidence, Slot, SlotKey, Tally};
pub use record::{
    Lease, LeaseIndex, LeaseOwner, MAX_LEASES, Override, OverrideMode, Phase, Record, State,
};
pub use traffic::{FleetSize, Heartbeats, TRAFFIC_SLOT, TRAFFIC_SLOTS, Traffic, TrafficSlot};
pub(crate) use verdict::likelihoods;
pub use verdict::{PLAUSIBLE, THIN_CALLS_PER_S};
