//! What becomes of a call, and what the record calls for.

use std::{collections::BTreeMap, fmt, time::Duration};

use super::{
    Cause, Change, Epoch, Lease, LeaseOwner, LeaseSlot, OnBehalf, OverrideMode, Phase, Record,
    State,
};
use crate::{policy::Policy, time::Timestamp};

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It passes.
    Admit(Measure),
    /// It passes as a probe if the store grants it a lease
    /// ([`Record::plan_probe`]).
    Probe,
    /// It does not pass.
    Reject(Rejection),
}

/// Whether an admitted call's outcome is evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// It counts for this epoch.
    Counted(Epoch),
    /// It was admitted by an operator's order and proves nothing.
    Ignored,
}

/// A lease to ask for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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

impl Rejection {
    /// Until when no call passes at all; `None` if some may, as on the way back.
    ///
    /// A circuit around this one is to know the difference
    /// ([`Outcome::Withheld`](crate::Outcome::Withheld)).
    pub fn open_until(&self) -> Option<Timestamp> {
        match self.reason {
            RejectionReason::Open | RejectionReason::ForcedOpen => Some(self.retry_at),
            RejectionReason::ProbesBusy
            | RejectionReason::Ramping
            | RejectionReason::OwnGuard
            | RejectionReason::DeadlineTooClose => None,
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.reason {
            RejectionReason::Open => "the circuit is open",
            RejectionReason::ProbesBusy => "the circuit is half open and all probes are under way",
            RejectionReason::Ramping => "the circuit has just closed and admits only a share",
            RejectionReason::OwnGuard => "all calls of this process failed lately",
            RejectionReason::DeadlineTooClose => "the call cannot finish before its deadline",
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
    /// The circuit has just closed, and only a growing share of calls passes.
    Ramping,
    /// The calls of this process fail, whatever those of others do, or the
    /// store is away and nobody else can be asked.
    OwnGuard,
    /// The caller's deadline is nearer than the call takes.
    DeadlineTooClose,
    /// An operator holds the circuit open.
    ForcedOpen,
}

/// What a rejected call waits when things may change at any moment.
const SOON: Duration = Duration::from_secs(1);

/// How a circuit is to open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opening {
    /// Uniform from 0 to 1.
    pub jitter: f64,
    /// How long the dependency itself asked to be left alone.
    pub retry_after: Option<Duration>,
}

impl Record {
    /// What becomes of a call that arrives at `now`; `chance` is uniform from
    /// 0 to 1 and decides who passes while the circuit ramps up.
    pub fn decide(&self, policy: &Policy, now: Timestamp, chance: f64) -> Decision {
        let order = self.active_override(now);
        match order.map(|order| (order.mode, order.expires)) {
            Some((OverrideMode::ForceOpen, expires)) => Decision::Reject(Rejection {
                state: State::ForcedOpen,
                reason: RejectionReason::ForcedOpen,
                retry_at: expires,
            }),
            Some((OverrideMode::ForceClosed, _)) => Decision::Admit(Measure::Ignored),
            Some((OverrideMode::Shadow, _)) => match self.decide_by_rules(policy, now, chance) {
                Decision::Reject(_) => Decision::Admit(Measure::Ignored),
                decision @ (Decision::Admit(_) | Decision::Probe) => decision,
            },
            None => self.decide_by_rules(policy, now, chance),
        }
    }

    fn decide_by_rules(&self, policy: &Policy, now: Timestamp, chance: f64) -> Decision {
        match &self.phase {
            Phase::Closed { .. } if chance < self.ramp(policy, now) => {
                Decision::Admit(Measure::Counted(self.epoch))
            }
            Phase::Closed { since } => Decision::Reject(Rejection {
                state: State::Closed,
                reason: RejectionReason::Ramping,
                retry_at: (*since + policy.ramp_for).min(now + SOON),
            }),
            Phase::Open { until, .. } if now < *until => Decision::Reject(Rejection {
                state: State::Open,
                reason: RejectionReason::Open,
                retry_at: *until,
            }),
            Phase::Open { .. } => Decision::Probe,
            Phase::HalfOpen { leases, .. } => match free_place(leases, policy, now) {
                Some(_) => Decision::Probe,
                None => Decision::Reject(probes_busy(leases, now)),
            },
        }
    }

    /// The change that gives `owner` a lease at `now`, if one is to be had.
    pub fn plan_probe(
        &self,
        policy: &Policy,
        now: Timestamp,
        owner: LeaseOwner,
    ) -> Option<ProbePlan> {
        let lease = Lease {
            owner,
            expires: now + policy.lease_for,
        };
        let (slot, change) = match &self.phase {
            Phase::Open { until, reopens, .. } if *until <= now => {
                let slot = 0;
                let to = Phase::HalfOpen {
                    since: now,
                    reopens: *reopens,
                    successes: 0,
                    leases: BTreeMap::from([(slot, lease)]),
                };
                let change = Change::Transition {
                    to,
                    cause: Cause::ProbeStarted,
                    on_behalf: OnBehalf::Fleet,
                };
                (slot, change)
            }
            Phase::HalfOpen { leases, .. } => {
                let slot = free_place(leases, policy, now)?;
                (slot, Change::TakeLease { slot, lease })
            }
            Phase::Closed { .. } | Phase::Open { .. } => return None,
        };
        Some(ProbePlan {
            change,
            slot,
            owner,
        })
    }

    /// The transition that the record itself calls for at `now`.
    ///
    /// Whoever reads such a record carries the transition out; the epoch makes
    /// sure that it happens once.
    pub fn due(&self, policy: &Policy, now: Timestamp, opening: Opening) -> Option<Change> {
        match &self.phase {
            Phase::Closed { .. } => {
                let cause = self.verdict(policy, now)?;
                Some(open(0, cause, OnBehalf::Fleet, policy, now, opening))
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
        opening: Opening,
    ) -> Change {
        let reopens = match self.phase {
            Phase::HalfOpen { reopens, .. } | Phase::Open { reopens, .. } => {
                reopens.saturating_add(1)
            }
            Phase::Closed { .. } => 0,
        };
        let on_behalf = OnBehalf::Probe { slot, owner };
        open(reopens, Cause::ProbeFailed, on_behalf, policy, now, opening)
    }

    /// The transition that a probe calls for which another circuit on the way
    /// did not let through, and will not for `duration`.
    ///
    /// It is no failed recovery: the dependency was not asked, so the open time
    /// does not grow. Clocks differ, so the circuit does not come back sooner
    /// than two of them may be apart; nor is it told to stay away for ever.
    pub fn postpone(
        &self,
        slot: LeaseSlot,
        owner: LeaseOwner,
        policy: &Policy,
        now: Timestamp,
        duration: Duration,
    ) -> Change {
        let reopens = match self.phase {
            Phase::HalfOpen { reopens, .. } | Phase::Open { reopens, .. } => reopens,
            Phase::Closed { .. } => 0,
        };
        let shortest = policy.clock_skew.saturating_mul(2);
        Change::Transition {
            to: Phase::Open {
                since: now,
                until: now + duration.max(shortest).min(policy.open_for_max),
                reopens,
            },
            cause: Cause::ProbeWithheld,
            on_behalf: OnBehalf::Probe { slot, owner },
        }
    }
}

fn free_place(
    leases: &BTreeMap<LeaseSlot, Lease>,
    policy: &Policy,
    now: Timestamp,
) -> Option<LeaseSlot> {
    let mut places = 0..u8::try_from(policy.max_probes).unwrap_or(u8::MAX);
    places.find(|slot| leases.get(slot).is_none_or(|held| held.expires <= now))
}

/// A place is free when a probe ends, which is nearly always long before its
/// lease does; a second is worth waiting for.
fn probes_busy(leases: &BTreeMap<LeaseSlot, Lease>, now: Timestamp) -> Rejection {
    let first_free = leases.values().map(|held| held.expires).min();
    Rejection {
        state: State::HalfOpen,
        reason: RejectionReason::ProbesBusy,
        retry_at: first_free.unwrap_or(now).min(now + SOON),
    }
}

fn open(
    reopens: u32,
    cause: Cause,
    on_behalf: OnBehalf,
    policy: &Policy,
    now: Timestamp,
    opening: Opening,
) -> Change {
    let asked_for = opening
        .retry_after
        .unwrap_or_default()
        .min(policy.open_for_max);
    let until = now + policy.open_time(reopens, opening.jitter).max(asked_for);
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

#[cfg(test)]
mod tests;
