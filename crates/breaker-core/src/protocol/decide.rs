//! What becomes of a call, and what the record calls for.

use std::{collections::BTreeMap, fmt};

use super::{
    Cause, Change, Epoch, Lease, LeaseOwner, LeaseSlot, OnBehalf, OverrideMode, Phase, Record,
    State,
};
use crate::{policy::Policy, time::Timestamp};

/// The randomness that a decision may need; drawn anew for each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draw {
    /// Uniform from 0 to 1.
    pub jitter: f64,
    /// Never drawn twice.
    pub owner: LeaseOwner,
}

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It passes.
    Admit(Measure),
    /// It passes as a probe if the store grants what the plan asks for.
    Probe(ProbePlan),
    /// It does not pass.
    Reject(Rejection),
}

/// Whether an admitted call's outcome is evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// It counts for this epoch.
    Counted(Epoch),
    /// It was admitted by an operator's order and proves nothing.
    Ignored,
}

/// A lease to ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbePlan {
    /// The change that gives the lease.
    pub change: Change,
    /// The place asked for.
    pub slot: LeaseSlot,
    /// The call.
    pub owner: LeaseOwner,
}

/// Why a call was not admitted, and when it may come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejection {
    /// The state that the call met.
    pub state: State,
    /// Why.
    pub reason: RejectionReason,
    /// When another attempt may pass.
    pub retry_at: Timestamp,
}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.reason {
            RejectionReason::Open => "the circuit is open",
            RejectionReason::ProbesBusy => "the circuit is half open and all probes are under way",
            RejectionReason::ForcedOpen => "the circuit is held open by an operator",
        })
    }
}

/// Why a call was not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectionReason {
    /// The circuit is open.
    Open,
    /// The circuit is half open and has as many probes as it may have.
    ProbesBusy,
    /// An operator holds the circuit open.
    ForcedOpen,
}

impl Record {
    /// What becomes of a call that arrives at `now`.
    pub fn decide(&self, policy: &Policy, now: Timestamp, draw: Draw) -> Decision {
        let order = self.active_override(now);
        match order.map(|order| (order.mode, order.expires)) {
            Some((OverrideMode::ForceOpen, expires)) => Decision::Reject(Rejection {
                state: State::ForcedOpen,
                reason: RejectionReason::ForcedOpen,
                retry_at: expires,
            }),
            Some((OverrideMode::ForceClosed, _)) => Decision::Admit(Measure::Ignored),
            Some((OverrideMode::Shadow, _)) => match self.decide_by_rules(policy, now, draw) {
                Decision::Reject(_) => Decision::Admit(Measure::Ignored),
                decision @ (Decision::Admit(_) | Decision::Probe(_)) => decision,
            },
            None => self.decide_by_rules(policy, now, draw),
        }
    }

    fn decide_by_rules(&self, policy: &Policy, now: Timestamp, draw: Draw) -> Decision {
        match &self.phase {
            Phase::Closed { .. } => Decision::Admit(Measure::Counted(self.epoch)),
            Phase::Open { until, .. } if now < *until => Decision::Reject(Rejection {
                state: State::Open,
                reason: RejectionReason::Open,
                retry_at: *until,
            }),
            Phase::Open { reopens, .. } => {
                let slot = 0;
                let lease = Lease {
                    owner: draw.owner,
                    expires: now + policy.lease_for,
                };
                let to = Phase::HalfOpen {
                    since: now,
                    reopens: *reopens,
                    successes: 0,
                    leases: BTreeMap::from([(slot, lease)]),
                };
                let cause = Cause::ProbeStarted;
                let change = Change::Transition {
                    to,
                    cause,
                    on_behalf: OnBehalf::Fleet,
                };
                plan(change, slot, draw.owner)
            }
            Phase::HalfOpen { leases, .. } => join_probes(leases, policy, now, draw),
        }
    }

    /// The transition that the record itself calls for at `now`.
    ///
    /// Whoever reads such a record carries the transition out; the epoch makes
    /// sure that it happens once.
    pub fn due(&self, policy: &Policy, now: Timestamp, draw: Draw) -> Option<Change> {
        match &self.phase {
            Phase::Closed { .. } => {
                let cause = self.evidence.verdict(self.epoch, policy, now)?;
                Some(open(0, cause, OnBehalf::Fleet, policy, now, draw))
            }
            Phase::HalfOpen { successes, .. } if *successes >= policy.successes_to_close => {
                Some(Change::Transition {
                    to: Phase::Closed { since: now },
                    cause: Cause::ProbesSucceeded {
                        successes: *successes,
                    },
                    on_behalf: OnBehalf::Fleet,
                })
            }
            Phase::Open { .. } | Phase::HalfOpen { .. } => None,
        }
    }

    /// The transition that the failure of a probe calls for.
    pub fn reopen(
        &self,
        slot: LeaseSlot,
        owner: LeaseOwner,
        policy: &Policy,
        now: Timestamp,
        draw: Draw,
    ) -> Change {
        let reopens = match self.phase {
            Phase::HalfOpen { reopens, .. } | Phase::Open { reopens, .. } => {
                reopens.saturating_add(1)
            }
            Phase::Closed { .. } => 0,
        };
        let on_behalf = OnBehalf::Probe { slot, owner };
        open(reopens, Cause::ProbeFailed, on_behalf, policy, now, draw)
    }
}

fn join_probes(
    leases: &BTreeMap<LeaseSlot, Lease>,
    policy: &Policy,
    now: Timestamp,
    draw: Draw,
) -> Decision {
    let places = 0..u8::try_from(policy.max_probes).unwrap_or(u8::MAX);
    let free = |slot: &LeaseSlot| leases.get(slot).is_none_or(|held| held.expires <= now);
    if let Some(slot) = places.clone().find(free) {
        let lease = Lease {
            owner: draw.owner,
            expires: now + policy.lease_for,
        };
        return plan(Change::TakeLease { slot, lease }, slot, draw.owner);
    }
    let first_free = places
        .filter_map(|slot| leases.get(&slot))
        .map(|held| held.expires)
        .min();
    Decision::Reject(Rejection {
        state: State::HalfOpen,
        reason: RejectionReason::ProbesBusy,
        // A place is free when a probe ends, which is nearly always long
        // before its lease does; a second is worth waiting for.
        retry_at: first_free.unwrap_or(now).min(now + policy.refresh_after),
    })
}

fn plan(change: Change, slot: LeaseSlot, owner: LeaseOwner) -> Decision {
    Decision::Probe(ProbePlan {
        change,
        slot,
        owner,
    })
}

fn open(
    reopens: u32,
    cause: Cause,
    on_behalf: OnBehalf,
    policy: &Policy,
    now: Timestamp,
    draw: Draw,
) -> Change {
    let until = now + policy.open_time(reopens, draw.jitter);
    Change::Transition {
        to: Phase::Open {
            since: now,
            until,
            reopens,
        },
        cause,
        on_behalf,
    }
}
