//! What can happen to a record, and what it does.

use std::{collections::BTreeMap, fmt};

use super::{
    Epoch, Heartbeats, Lease, LeaseIndex, LeaseOwner, Override, OverrideMode, Phase, Record,
    SlotKey, State, Tally, TrafficSlot,
};
use crate::time::Timestamp;

/// A change to a record. It takes effect only if the record still is in the
/// epoch that the change was decided on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Change {
    /// Outcomes are added; nothing is overwritten. The epoch stays.
    Report(Report),
    /// A call takes a free or expired place among the probes. The epoch stays.
    TakeLease {
        /// Which place.
        index: LeaseIndex,
        /// The call's lease.
        lease: Lease,
    },
    /// A probe succeeded: one more success, and its place is free. The epoch
    /// stays. Takes effect only if the owner still holds the place.
    ProbeSucceeded {
        /// The probe's place.
        index: LeaseIndex,
        /// The probe.
        owner: LeaseOwner,
    },
    /// A probe failed after others had succeeded: that counts against them, and
    /// its place is free. The epoch stays. Takes effect only if the owner still
    /// holds the place.
    ProbeFailed {
        /// The probe's place.
        index: LeaseIndex,
        /// The probe.
        owner: LeaseOwner,
    },
    /// A probe proved nothing: its place is free. The epoch stays. Takes
    /// effect only if the owner still holds the place.
    ReleaseLease {
        /// The probe's place.
        index: LeaseIndex,
        /// The probe.
        owner: LeaseOwner,
    },
    /// The circuit moves. The epoch rises and all evidence is void. Closing
    /// takes effect only if no probe has failed since it was decided.
    Transition {
        /// Where to.
        to: Phase,
        /// Why.
        cause: Cause,
        /// Who says so.
        on_behalf: OnBehalf,
    },
    /// An operator places an override, which replaces the one that stands. The
    /// epoch rises.
    PlaceOverride(Override),
    /// An operator withdraws the override that stands. The epoch rises.
    WithdrawOverride {
        /// The operator.
        actor: String,
    },
}

impl Change {
    /// Whether `record` shows that this change, decided on epoch `basis`, has
    /// been made.
    pub(crate) fn shows_in(&self, record: &Record, basis: Epoch) -> bool {
        let next = record.epoch == basis.next();
        match self {
            Self::TakeLease { index, lease } => record.has_leased(*index, lease.owner),
            // Others may have joined the probes since; the first lease tells.
            Self::Transition {
                to: Phase::HalfOpen { leases, .. },
                ..
            } => {
                next && leases
                    .iter()
                    .all(|(index, lease)| record.has_leased(*index, lease.owner))
            }
            // Timestamps and jitter make a phase as good as unique.
            Self::Transition { to, .. } => next && record.phase == *to,
            Self::ProbeSucceeded { index, owner }
            | Self::ProbeFailed { index, owner }
            | Self::ReleaseLease { index, owner } => {
                record.epoch == basis && !record.has_leased(*index, *owner)
            }
            // Transitions that follow keep it.
            Self::PlaceOverride(placed) => {
                basis < record.epoch && record.standing_override.as_ref() == Some(placed)
            }
            Self::WithdrawOverride { .. } => next && record.standing_override.is_none(),
            // Sums do not show what they are made of.
            Self::Report(_) => false,
        }
    }

    /// The same change, made at `now`: a circuit that opens later is open for as
    /// long.
    pub(crate) fn made_at(mut self, now: Timestamp) -> Self {
        if let Self::Transition {
            to: Phase::Open { since, until, .. },
            ..
        } = &mut self
        {
            *until = now + until.since(*since);
            *since = now;
        }
        self
    }
}

/// What one process tells the fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Report {
    /// What it counted since it last reported.
    pub tally: Tally,
    /// How much traffic it has seen, and when.
    pub heartbeats: Option<(TrafficSlot, Heartbeats)>,
    /// Counts that no longer matter, to be dropped on this occasion.
    pub stale: Vec<SlotKey>,
    /// Traffic that no longer matters, to be dropped on this occasion.
    pub stale_traffic: Vec<TrafficSlot>,
    /// What the counts say about the circuit as a whole.
    pub suspicion: Option<Suspicion>,
}

/// Whether a closed circuit is suspected of an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Suspicion {
    /// From now on, unless it is already.
    Raised(Timestamp),
    /// No longer.
    Cleared,
}

/// Who calls for a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnBehalf {
    /// The evidence of the fleet.
    Fleet,
    /// A probe; it must still hold its lease.
    Probe {
        /// The probe's place.
        index: LeaseIndex,
        /// The probe.
        owner: LeaseOwner,
    },
}

/// Why a circuit moved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The failure rate is above the threshold, for certain.
    FailureRate {
        /// Failures in the window.
        failures: u64,
        /// Calls in the window.
        calls: u64,
    },
    /// The rate of slow calls is above the threshold, for certain.
    SlowCallRate {
        /// Slow calls in the window.
        slow: u64,
        /// Calls in the window.
        calls: u64,
    },
    /// Failures and slow calls together are above the threshold, for certain.
    FailedOrSlow {
        /// Calls in the window that failed, were slow, or both.
        bad: u64,
        /// Calls in the window.
        calls: u64,
    },
    /// Traffic is thin and nothing but failures and slow calls came.
    ConsecutiveFailures {
        /// How many in a row.
        failures: u64,
    },
    /// The open time is over and a call came to try.
    ProbeStarted,
    /// A probe failed.
    ProbeFailed,
    /// A probe met another circuit that is open.
    ProbeWithheld,
    /// Enough probes succeeded.
    ProbesSucceeded {
        /// How many.
        successes: u32,
        /// How many failed in between.
        failures: u32,
    },
    /// An operator placed an override.
    OverridePlaced {
        /// The operator's reason.
        reason: String,
    },
    /// An operator took the override back.
    OverrideWithdrawn,
}

impl Cause {
    /// How many probes had failed when it was decided to close.
    pub(crate) fn failed_probes(&self) -> Option<u32> {
        match self {
            Self::ProbesSucceeded { failures, .. } => Some(*failures),
            Self::FailureRate { .. }
            | Self::SlowCallRate { .. }
            | Self::FailedOrSlow { .. }
            | Self::ConsecutiveFailures { .. }
            | Self::ProbeStarted
            | Self::ProbeFailed
            | Self::ProbeWithheld
            | Self::OverridePlaced { .. }
            | Self::OverrideWithdrawn => None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FailureRate { failures, calls } => {
                write!(formatter, "{failures} of the last {calls} calls failed")
            }
            Self::SlowCallRate { slow, calls } => {
                write!(formatter, "{slow} of the last {calls} calls were too slow")
            }
            Self::FailedOrSlow { bad, calls } => {
                write!(
                    formatter,
                    "{bad} of the last {calls} calls failed or were too slow"
                )
            }
            Self::ConsecutiveFailures { failures } => {
                write!(
                    formatter,
                    "the last {failures} calls all failed or were too slow"
                )
            }
            Self::ProbeStarted => formatter.write_str("the open time is over and a probe began"),
            Self::ProbeFailed => formatter.write_str("a probe failed"),
            Self::ProbeWithheld => formatter.write_str("a probe met another circuit that is open"),
            Self::ProbesSucceeded {
                successes,
                failures: 0,
            } => write!(formatter, "{successes} probes succeeded"),
            Self::ProbesSucceeded {
                successes,
                failures,
            } => write!(
                formatter,
                "{successes} probes succeeded and {failures} failed"
            ),
            Self::OverridePlaced { reason } => formatter.write_str(reason),
            Self::OverrideWithdrawn => formatter.write_str("the override was withdrawn"),
        }
    }
}

/// The audit trail's entry about one rise of the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitionEvent {
    /// The epoch that began.
    pub epoch: Epoch,
    /// When, by the clock of the process that did it.
    pub at: Timestamp,
    /// The state before.
    pub from: State,
    /// The state after.
    pub to: State,
    /// Why, in words.
    pub reason: String,
    /// An operator's name, or `breaker`.
    pub actor: String,
    /// For an override: when it ends by itself. No entry says so, because
    /// nothing is written at that time.
    pub expires: Option<Timestamp>,
}

/// A change that came too late: the record has moved on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Hash)]
#[error("the record has moved on to epoch {}", current.epoch)]
pub struct Conflict {
    /// The record as it is now.
    pub current: Box<Record>,
}

impl Record {
    /// The record after `change`, which was decided on epoch `expected`, at
    /// `now`.
    ///
    /// # Errors
    ///
    /// [`Conflict`] if the epoch has risen since, or a lease is not, or no
    /// longer, as the change assumes.
    pub fn apply(
        &self,
        expected: Epoch,
        change: &Change,
        now: Timestamp,
    ) -> Result<Self, Conflict> {
        if self.epoch == expected && self.grants(change, now) {
            Ok(self.after(change, now))
        } else {
            Err(Conflict {
                current: Box::new(self.clone()),
            })
        }
    }

    /// What `change` makes of this record, once it is known to be in order.
    pub(crate) fn after(&self, change: &Change, now: Timestamp) -> Self {
        let mut next = self.clone();
        match change {
            Change::Report(report) => next.take_note(report),
            Change::TakeLease { index, lease } => {
                if let Phase::HalfOpen { leases, .. } = &mut next.phase {
                    leases.insert(*index, *lease);
                }
            }
            Change::ProbeSucceeded { index, .. } => {
                if let Phase::HalfOpen {
                    leases, successes, ..
                } = &mut next.phase
                {
                    leases.remove(index);
                    *successes = successes.saturating_add(1);
                }
            }
            Change::ProbeFailed { index, .. } => {
                if let Phase::HalfOpen {
                    leases, failures, ..
                } = &mut next.phase
                {
                    leases.remove(index);
                    *failures = failures.saturating_add(1);
                }
            }
            Change::ReleaseLease { index, .. } => {
                if let Phase::HalfOpen { leases, .. } = &mut next.phase {
                    leases.remove(index);
                }
            }
            Change::Transition { to, cause, .. } => next.move_to(to.clone(), cause),
            Change::PlaceOverride(placed) => next.override_by(Some(placed.clone()), now),
            Change::WithdrawOverride { .. } => next.override_by(None, now),
        }
        next
    }

    /// The audit entry that `change` leaves behind, if it raises the epoch.
    ///
    /// Attempts to recover go on once in an open time for as long as an outage
    /// lasts. The trail tells when the first began and when one has succeeded;
    /// an hour of failed ones would leave thousands of entries.
    pub fn event_of(&self, change: &Change, now: Timestamp) -> Option<TransitionEvent> {
        let (actor, expires) = match change {
            Change::Transition { to, .. } if to.is_another_attempt() => return None,
            Change::Transition { .. } => ("breaker", None),
            Change::PlaceOverride(placed) => (placed.actor.as_str(), Some(placed.expires)),
            Change::WithdrawOverride { actor } => (actor.as_str(), None),
            Change::Report(_)
            | Change::TakeLease { .. }
            | Change::ProbeSucceeded { .. }
            | Change::ProbeFailed { .. }
            | Change::ReleaseLease { .. } => return None,
        };
        let after = self.after(change, now);
        Some(TransitionEvent {
            epoch: after.epoch,
            at: now,
            from: self.effective_state_before(change, now),
            to: after.effective_state(now),
            reason: after.cause.unwrap_or_default(),
            actor: actor.to_owned(),
            expires,
        })
    }

    /// The state that a transition leaves. An open circuit whose time is over
    /// counts as half open for calls, but what ends here is its being open.
    fn effective_state_before(&self, change: &Change, now: Timestamp) -> State {
        match (change, &self.phase) {
            (
                Change::Transition {
                    to: Phase::HalfOpen { .. },
                    ..
                },
                Phase::Open { .. },
            ) => State::Open,
            _ => self.effective_state(now),
        }
    }

    /// Whether the leases are as `change` assumes.
    fn grants(&self, change: &Change, now: Timestamp) -> bool {
        match change {
            Change::Report(_) | Change::PlaceOverride(_) | Change::WithdrawOverride { .. } => true,
            Change::TakeLease { index, .. } => match &self.phase {
                Phase::HalfOpen { leases, .. } => {
                    leases.get(index).is_none_or(|held| held.expires <= now)
                }
                Phase::Closed { .. } | Phase::Open { .. } => false,
            },
            Change::ProbeSucceeded { index, owner } | Change::ProbeFailed { index, owner } => {
                self.is_held(*index, *owner, now)
            }
            Change::ReleaseLease { index, owner } => self.has_leased(*index, *owner),
            Change::Transition {
                on_behalf, cause, ..
            } => match on_behalf {
                OnBehalf::Fleet => self.has_failed_as_often(cause),
                OnBehalf::Probe { index, owner } => self.is_held(*index, *owner, now),
            },
        }
    }

    /// Whether `owner` has the place `index`, even if its time is over and
    /// merely nobody else has taken it yet.
    pub fn has_leased(&self, index: LeaseIndex, owner: LeaseOwner) -> bool {
        self.lease(index).is_some_and(|lease| lease.owner == owner)
    }

    /// Whether `owner` holds the place `index` at `now`.
    pub fn is_held(&self, index: LeaseIndex, owner: LeaseOwner, now: Timestamp) -> bool {
        self.lease(index)
            .is_some_and(|lease| lease.owner == owner && now < lease.expires)
    }

    /// Whether no probe has failed since it was decided to close: its failure
    /// is in the record, so it must not be lost.
    fn has_failed_as_often(&self, cause: &Cause) -> bool {
        match (cause.failed_probes(), &self.phase) {
            (Some(known), Phase::HalfOpen { failures, .. }) => *failures == known,
            (Some(_), Phase::Closed { .. } | Phase::Open { .. }) | (None, _) => true,
        }
    }

    fn lease(&self, index: LeaseIndex) -> Option<&Lease> {
        match &self.phase {
            Phase::HalfOpen { leases, .. } => leases.get(&index),
            Phase::Closed { .. } | Phase::Open { .. } => None,
        }
    }

    fn take_note(&mut self, report: &Report) {
        // What is reported just now is not stale for this change.
        for key in &report.stale {
            if key.epoch != self.epoch || !report.tally.contains_key(&key.slot) {
                self.evidence.0.remove(key);
            }
        }
        for slot in &report.stale_traffic {
            if report
                .heartbeats
                .is_none_or(|(reported, _)| reported != *slot)
            {
                self.traffic.0.remove(slot);
            }
        }
        self.evidence.add(self.epoch, &report.tally);
        if let Some((index, heartbeats)) = report.heartbeats {
            self.traffic.add(index, heartbeats);
        }
        if let Phase::Closed { suspected, .. } = &mut self.phase {
            match report.suspicion {
                Some(Suspicion::Raised(since)) => {
                    suspected.get_or_insert(since);
                }
                Some(Suspicion::Cleared) => *suspected = None,
                None => {}
            }
        }
    }

    fn move_to(&mut self, phase: Phase, cause: &Cause) {
        self.epoch = self.epoch.next();
        self.phase = phase;
        self.evidence.0.clear();
        self.cause = Some(cause.to_string());
    }

    /// Being forced closed is a fresh start; the other overrides leave the
    /// phase as it is, to be found again when they end. Probes under way and a
    /// suspicion are void, as all results of an epoch that is over.
    fn override_by(&mut self, placed: Option<Override>, now: Timestamp) {
        let phase = match (placed.as_ref().map(|placed| placed.mode), &self.phase) {
            (Some(OverrideMode::ForceClosed), _) => Phase::closed(now),
            (
                _,
                Phase::HalfOpen {
                    since,
                    opened,
                    reopens,
                    doubt,
                    ..
                },
            ) => Phase::HalfOpen {
                since: *since,
                opened: *opened,
                reopens: *reopens,
                doubt: *doubt,
                successes: 0,
                failures: 0,
                leases: BTreeMap::new(),
            },
            // What made it suspicious is void with the epoch.
            (
                _,
                Phase::Closed {
                    since,
                    opened,
                    doubt,
                    suspected: _,
                },
            ) => Phase::Closed {
                since: *since,
                opened: *opened,
                doubt: *doubt,
                suspected: None,
            },
            (_, phase @ Phase::Open { .. }) => phase.clone(),
        };
        let cause = match &placed {
            Some(placed) => Cause::OverridePlaced {
                reason: placed.reason.clone(),
            },
            None => Cause::OverrideWithdrawn,
        };
        self.move_to(phase, &cause);
        self.standing_override = placed;
    }
}
