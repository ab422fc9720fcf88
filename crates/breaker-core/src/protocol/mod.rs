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
mod evidence;
mod record;
mod traffic;
mod verdict;

pub use change::{Cause, Change, Conflict, OnBehalf, Report, TransitionEvent};
pub use decide::{Decision, Measure, Opening, ProbePlan, Rejection, RejectionReason};
pub use evidence::{Counts, Evidence, Slot, SlotKey, Tally};
pub use record::{
    Epoch, Lease, LeaseOwner, LeaseSlot, MAX_LEASE_SLOTS, Override, OverrideMode, Phase, Record,
    State,
};
pub use traffic::{FleetSize, Heartbeats, TRAFFIC_SLOT, TRAFFIC_SLOTS, Traffic, TrafficSlot};
pub use verdict::{EXPECTED_SHARE, THIN_CALLS_PER_S};
