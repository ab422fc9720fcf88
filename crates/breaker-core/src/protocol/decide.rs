//! What becomes of a call, and what the record calls for.

use std::{collections::BTreeMap, fmt, time::Duration};

use super::{
    Cause, Change, Epoch, Lease, LeaseIndex, LeaseOwner, OnBehalf, OverrideMode, Phase, Record,
    State, verdict::Verdict,
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
    /// It was admitted by an operator's override and proves nothing.
    Ignored,
}

/// A lease to ask for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProbePlan {
    /// The change that gives the lease.
    pub change: Change,
    /// The place asked for.
    pub index: LeaseIndex,
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
            | RejectionReason::LocalBreakerOpen
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
            RejectionReason::LocalBreakerOpen => "all calls of this process failed lately",
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
    LocalBreakerOpen,
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
        let placed = self.active_override(now);
        match placed.map(|placed| (placed.mode, placed.expires)) {
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
            Phase::Closed { .. } => Decision::Reject(Rejection {
                state: State::Closed,
                reason: RejectionReason::Ramping,
                retry_at: self.ramp_ends(policy).unwrap_or(now).min(now + SOON),
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
        let (index, change) = match &self.phase {
            Phase::Open {
                opened,
                until,
                reopens,
                doubt,
                ..
            } if *until <= now => {
                let index = 0;
                let to = Phase::HalfOpen {
                    since: now,
                    opened: *opened,
                    reopens: *reopens,
                    doubt: *doubt,
                    successes: 0,
                    failures: 0,
                    leases: BTreeMap::from([(index, lease)]),
                };
                let change = Change::Transition {
                    to,
                    cause: Cause::ProbeStarted,
                    on_behalf: OnBehalf::Fleet,
                };
                (index, change)
            }
            Phase::HalfOpen { leases, .. } => {
                let index = free_place(leases, policy, now)?;
                (index, Change::TakeLease { index, lease })
            }
            Phase::Closed { .. } | Phase::Open { .. } => return None,
        };
        Some(ProbePlan {
            change,
            index,
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
                let Verdict { cause, is_partial } = self.verdict(policy, now)?;
                let doubt = if is_partial {
                    self.doubt(now).saturating_add(1)
                } else {
                    0
                };
                let to = open(now, 0, doubt, policy, now, opening);
                Some(Change::Transition {
                    to,
                    cause,
                    on_behalf: OnBehalf::Fleet,
                })
            }
            Phase::HalfOpen {
                opened,
                successes,
                failures,
                doubt,
                ..
            } if successes.saturating_sub(*failures)
                >= successes_needed(*doubt, self.is_thin(now), policy) =>
            {
                Some(Change::Transition {
                    to: Phase::Closed {
                        since: now,
                        opened: *opened,
                        doubt: *doubt,
                        suspected: None,
                    },
                    cause: Cause::ProbesSucceeded {
                        successes: *successes,
                        failures: *failures,
                    },
                    on_behalf: OnBehalf::Fleet,
                })
            }
            Phase::Open { .. } | Phase::HalfOpen { .. } => None,
        }
    }

    /// How far the successes of probes must outweigh their failures to close
    /// the circuit.
    pub fn successes_needed(&self, policy: &Policy, now: Timestamp) -> u32 {
        successes_needed(self.doubt(now), self.is_thin(now), policy)
    }

    /// What the failure of a probe calls for: the circuit opens again, unless
    /// other probes succeeded and outweigh it. A dependency that asks to be left
    /// alone is left alone, however many succeeded.
    pub fn probe_failed(
        &self,
        index: LeaseIndex,
        owner: LeaseOwner,
        policy: &Policy,
        now: Timestamp,
        opening: Opening,
    ) -> Change {
        match self.phase {
            Phase::HalfOpen {
                successes,
                failures,
                ..
            } if successes > failures && opening.retry_after.is_none() => {
                Change::ProbeFailed { index, owner }
            }
            _ => self.reopen(index, owner, policy, now, opening),
        }
    }

    fn reopen(
        &self,
        index: LeaseIndex,
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
        Change::Transition {
            to: open(
                self.opened(now),
                reopens,
                self.doubt(now),
                policy,
                now,
                opening,
            ),
            cause: Cause::ProbeFailed,
            on_behalf: OnBehalf::Probe { index, owner },
        }
    }

    /// The transition that a probe calls for which another circuit on the way
    /// did not let through, and will not for `duration`.
    ///
    /// It is no failed recovery: the dependency was not asked, so the open time
    /// does not grow. Clocks differ, so the circuit does not come back sooner
    /// than two of them may be apart; nor is it told to stay away for ever.
    pub fn postpone(
        &self,
        index: LeaseIndex,
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
                opened: self.opened(now),
                until: now + duration.max(shortest).min(policy.open_for_max),
                reopens,
                doubt: self.doubt(now),
            },
            cause: Cause::ProbeWithheld,
            on_behalf: OnBehalf::Probe { index, owner },
        }
    }
}

fn free_place(
    leases: &BTreeMap<LeaseIndex, Lease>,
    policy: &Policy,
    now: Timestamp,
) -> Option<LeaseIndex> {
    let mut places = 0..u8::try_from(policy.max_probes).unwrap_or(u8::MAX);
    places.find(|index| leases.get(index).is_none_or(|held| held.expires <= now))
}

/// A place is free when a probe ends, which is nearly always long before its
/// lease does; a second is worth waiting for.
fn probes_busy(leases: &BTreeMap<LeaseIndex, Lease>, now: Timestamp) -> Rejection {
    let first_free = leases.values().map(|held| held.expires).min();
    Rejection {
        state: State::HalfOpen,
        reason: RejectionReason::ProbesBusy,
        retry_at: first_free.unwrap_or(now).min(now + SOON),
    }
}

/// How far successes must outweigh failures to close the circuit: further after
/// a partial failure, because among failures as frequent as those a few
/// successes in a row come by chance.
fn successes_needed(doubt: u32, is_thin: bool, policy: &Policy) -> u32 {
    const AFTER_PARTIAL_FAILURE: u32 = 4;
    // Where calls are rare each further probe takes long.
    let is_sure = doubt == 0 || is_thin;
    let times = if is_sure { 1 } else { AFTER_PARTIAL_FAILURE };
    policy.successes_to_close.saturating_mul(times)
}

fn open(
    opened: Timestamp,
    reopens: u32,
    doubt: u32,
    policy: &Policy,
    now: Timestamp,
    opening: Opening,
) -> Phase {
    let asked_for = opening
        .retry_after
        .unwrap_or_default()
        .min(policy.open_for_max);
    Phase::Open {
        since: now,
        opened,
        until: now + policy.open_time(reopens, opening.jitter).max(asked_for),
        reopens,
        doubt,
    }
}

#[cfg(test)]
mod tests;
