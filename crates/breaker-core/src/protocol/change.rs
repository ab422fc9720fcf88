//! What can happen to a record, and what it does.

use std::{collections::BTreeMap, fmt};

use super::{
    Epoch, Heartbeats, Lease, LeaseOwner, LeaseSlot, Override, OverrideMode, Phase, Record,
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
        slot: LeaseSlot,
        /// The call's lease.
        lease: Lease,
    },
    /// A probe succeeded: one more success, and its place is free. The epoch
    /// stays. Takes effect only if the owner still holds the place.
    ProbeSucceeded {
        /// The probe's place.
        slot: LeaseSlot,
        /// The probe.
        owner: LeaseOwner,
    },
    /// A probe proved nothing: its place is free. The epoch stays. Takes
    /// effect only if the owner still holds the place.
    ReleaseLease {
        /// The probe's place.
        slot: LeaseSlot,
        /// The probe.
        owner: LeaseOwner,
    },
    /// The circuit moves. The epoch rises and all evidence is void.
    Transition {
        /// Where to.
        to: Phase,
        /// Why.
        cause: Cause,
        /// Who says so.
        on_behalf: OnBehalf,
    },
    /// An operator gives an order or takes it back. The epoch rises.
    Order {
        /// The order, or none.
        order: Option<Override>,
        /// Who gives it or takes it back.
        actor: String,
    },
}

impl Change {
    /// Whether `record` shows that this change, decided on epoch `basis`, has
    /// been made.
    pub(crate) fn shows_in(&self, record: &Record, basis: Epoch) -> bool {
        let next = record.epoch == basis.next();
        match self {
            Self::TakeLease { slot, lease } => record.has_leased(*slot, lease.owner),
            // Others may have joined the probes since; the first lease tells.
            Self::Transition {
                to: Phase::HalfOpen { leases, .. },
                ..
            } => {
                next && leases
                    .iter()
                    .all(|(slot, lease)| record.has_leased(*slot, lease.owner))
            }
            // Timestamps and jitter make a phase as good as unique.
            Self::Transition { to, .. } => next && record.phase == *to,
            Self::ProbeSucceeded { slot, owner } | Self::ReleaseLease { slot, owner } => {
                record.epoch == basis && !record.has_leased(*slot, *owner)
            }
            Self::Order { order, .. } => next && record.standing_override == *order,
            // Sums do not show what they are made of.
            Self::Report(_) => false,
        }
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
}

/// Who calls for a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnBehalf {
    /// The evidence of the fleet.
    Fleet,
    /// A probe; it must still hold its lease.
    Probe {
        /// The probe's place.
        slot: LeaseSlot,
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
    },
    /// An operator ordered it.
    Ordered {
        /// The operator's reason.
        reason: String,
    },
    /// An operator took the order back.
    OrderWithdrawn,
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
            Self::ConsecutiveFailures { failures } => {
                write!(
                    formatter,
                    "the last {failures} calls all failed or were too slow"
                )
            }
            Self::ProbeStarted => formatter.write_str("the open time is over and a probe began"),
            Self::ProbeFailed => formatter.write_str("a probe failed"),
            Self::ProbeWithheld => formatter.write_str("a probe met another circuit that is open"),
            Self::ProbesSucceeded { successes } => {
                write!(formatter, "{successes} probes succeeded")
            }
            Self::Ordered { reason } => formatter.write_str(reason),
            Self::OrderWithdrawn => formatter.write_str("the override was withdrawn"),
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
    /// For an order: when it ends by itself, of which no entry tells, because
    /// nobody does anything at that time.
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
            Change::TakeLease { slot, lease } => {
                if let Phase::HalfOpen { leases, .. } = &mut next.phase {
                    leases.insert(*slot, *lease);
                }
            }
            Change::ProbeSucceeded { slot, .. } => {
                if let Phase::HalfOpen {
                    leases, successes, ..
                } = &mut next.phase
                {
                    leases.remove(slot);
                    *successes = successes.saturating_add(1);
                }
            }
            Change::ReleaseLease { slot, .. } => {
                if let Phase::HalfOpen { leases, .. } = &mut next.phase {
                    leases.remove(slot);
                }
            }
            Change::Transition { to, cause, .. } => next.move_to(to.clone(), cause),
            Change::Order { order, .. } => next.obey(order.clone(), now),
        }
        next
    }

    /// The audit entry that `change` leaves behind, if it raises the epoch.
    pub fn event_of(&self, change: &Change, now: Timestamp) -> Option<TransitionEvent> {
        let (actor, expires) = match change {
            Change::Transition { .. } => ("breaker", None),
            Change::Order { actor, order } => {
                (actor.as_str(), order.as_ref().map(|order| order.expires))
            }
            Change::Report(_)
            | Change::TakeLease { .. }
            | Change::ProbeSucceeded { .. }
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
            Change::Report(_) | Change::Order { .. } => true,
            Change::TakeLease { slot, .. } => match &self.phase {
                Phase::HalfOpen { leases, .. } => {
                    leases.get(slot).is_none_or(|held| held.expires <= now)
                }
                Phase::Closed { .. } | Phase::Open { .. } => false,
            },
            Change::ProbeSucceeded { slot, owner } => self.is_held(*slot, *owner, now),
            Change::ReleaseLease { slot, owner } => self.has_leased(*slot, *owner),
            Change::Transition { on_behalf, .. } => match on_behalf {
                OnBehalf::Fleet => true,
                OnBehalf::Probe { slot, owner } => self.is_held(*slot, *owner, now),
            },
        }
    }

    /// Whether `owner` has the place `slot`, even if its time is over and
    /// merely nobody else has taken it yet.
    pub fn has_leased(&self, slot: LeaseSlot, owner: LeaseOwner) -> bool {
        self.lease(slot).is_some_and(|lease| lease.owner == owner)
    }

    /// Whether `owner` holds the place `slot` at `now`.
    pub fn is_held(&self, slot: LeaseSlot, owner: LeaseOwner, now: Timestamp) -> bool {
        self.lease(slot)
            .is_some_and(|lease| lease.owner == owner && now < lease.expires)
    }

    fn lease(&self, slot: LeaseSlot) -> Option<&Lease> {
        match &self.phase {
            Phase::HalfOpen { leases, .. } => leases.get(&slot),
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
        if let Some((slot, heartbeats)) = report.heartbeats {
            self.traffic.add(slot, heartbeats);
        }
    }

    fn move_to(&mut self, phase: Phase, cause: &Cause) {
        self.epoch = self.epoch.next();
        self.phase = phase;
        self.evidence.0.clear();
        self.cause = Some(cause.to_string());
    }

    /// Being forced closed is a fresh start; the other orders leave the phase
    /// as it is, to be found again when they end. Probes under way are void,
    /// as all results of an epoch that is over.
    fn obey(&mut self, order: Option<Override>, now: Timestamp) {
        let phase = match (order.as_ref().map(|order| order.mode), &self.phase) {
            (Some(OverrideMode::ForceClosed), _) => Phase::Closed { since: now },
            (_, Phase::HalfOpen { since, reopens, .. }) => Phase::HalfOpen {
                since: *since,
                reopens: *reopens,
                successes: 0,
                leases: BTreeMap::new(),
            },
            (_, phase) => phase.clone(),
        };
        let cause = match &order {
            Some(order) => Cause::Ordered {
                reason: order.reason.clone(),
            },
            None => Cause::OrderWithdrawn,
        };
        self.move_to(phase, &cause);
        self.standing_override = order;
    }
}
