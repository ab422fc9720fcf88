//! What must hold, whatever happens.
//!
//! The rules look at the store's record, at what was asked of it and at a
//! [`Ledger`] of what really happened. They use none of the breaker's own
//! judgements.

use breaker_core::{
    Change, Policy, Record, Timestamp,
    protocol::{Lease, LeaseOwner, LeaseSlot, OnBehalf, Phase},
};

use crate::{Ledger, World};

/// A promise of the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// S1: a transition raises the epoch by one, and nothing else does. What a
    /// process knows never goes back to an earlier epoch.
    EpochsRiseByOne,
    /// S2: what was decided on another epoch, or on a lease that is over or
    /// not the call's own, changes nothing.
    StaleChangesNothing,
    /// S3: there are no more leases than places, a place is taken only when it
    /// is free or its lease is over, and no two calls share an owner.
    LeasesAreBounded,
    /// S4: a probe that is within its time holds its lease, by everybody's
    /// clock, or the circuit has moved on.
    ProbesHoldTheirLeases,
    /// S5: a change of the record whose answer was lost is read back before
    /// anything else is done.
    DoubtIsReadBack,
    /// S6: a process that knows that the circuit is not closed, and was never
    /// left alone by the store, admits probes only.
    OnlyProbesPassWhileNotClosed,
    /// S7: only probes that really succeeded count as successes, and a circuit
    /// closes only by enough of them.
    OnlySuccessesClose,
    /// S10: a stored value that cannot be understood changes nothing of what a
    /// process knows.
    UnreadableKeepsTheLastKnown,
    /// Evidence is of the record's own epoch, and no call is counted twice.
    CountsOnce,
    /// Closed to open only on failures, open to half open only when the time
    /// has come, half open to open or closed, and nowhere else.
    MovesAreLegal,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::EpochsRiseByOne,
        Self::StaleChangesNothing,
        Self::LeasesAreBounded,
        Self::ProbesHoldTheirLeases,
        Self::DoubtIsReadBack,
        Self::OnlyProbesPassWhileNotClosed,
        Self::OnlySuccessesClose,
        Self::UnreadableKeepsTheLastKnown,
        Self::CountsOnce,
        Self::MovesAreLegal,
    ];

    /// The rule in a few words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EpochsRiseByOne => "S1 epochs rise by one",
            Self::StaleChangesNothing => "S2 stale results change nothing",
            Self::LeasesAreBounded => "S3 leases are bounded and unique",
            Self::ProbesHoldTheirLeases => "S4 probes hold their leases",
            Self::DoubtIsReadBack => "S5 doubt is read back",
            Self::OnlyProbesPassWhileNotClosed => "S6 only probes pass while not closed",
            Self::OnlySuccessesClose => "S7 only successes close",
            Self::UnreadableKeepsTheLastKnown => "S10 unreadable keeps the last known",
            Self::CountsOnce => "counts once",
            Self::MovesAreLegal => "moves are legal",
        }
    }
}

/// A change that the store made.
pub(crate) struct Write<'a> {
    pub(crate) before: &'a Record,
    pub(crate) basis: &'a Record,
    pub(crate) change: &'a Change,
    pub(crate) at: Timestamp,
    pub(crate) after: &'a Record,
}

impl Write<'_> {
    /// The rules that the store broke by making the change.
    pub(crate) fn breaks(&self, policy: &Policy, ledger: Ledger) -> Vec<Rule> {
        let raises = matches!(
            self.change,
            Change::Transition { .. } | Change::Order { .. }
        );
        let next = self.before.epoch.0 + u64::from(raises);
        let mut broken = Vec::new();
        let mut must = |holds: bool, rule: Rule| {
            if !holds {
                broken.push(rule);
            }
        };
        must(self.after.epoch.0 == next, Rule::EpochsRiseByOne);
        must(!self.is_stale(), Rule::StaleChangesNothing);
        if let Change::TakeLease { slot, lease } = self.change {
            must(self.is_free(*slot), Rule::LeasesAreBounded);
            must(!self.is_known(lease.owner), Rule::LeasesAreBounded);
        }
        if let Change::Transition { .. } = self.change {
            must(self.is_legal_move(), Rule::MovesAreLegal);
            let enough = u32::from(ledger.wins) >= policy.successes_to_close;
            must(enough || !self.closes(), Rule::OnlySuccessesClose);
        }
        broken
    }

    /// Whether what the change was decided on is over.
    fn is_stale(&self) -> bool {
        let by_lease = match self.change {
            Change::ProbeSucceeded { slot, owner }
            | Change::Transition {
                on_behalf: OnBehalf::Probe { slot, owner },
                ..
            } => !self.is_held(*slot, *owner),
            Change::ReleaseLease { slot, owner } => {
                lease(self.before, *slot).is_none_or(|held| held.owner != *owner)
            }
            Change::Report(_)
            | Change::TakeLease { .. }
            | Change::Order { .. }
            | Change::Transition {
                on_behalf: OnBehalf::Fleet,
                ..
            } => false,
        };
        by_lease || self.basis.epoch != self.before.epoch
    }

    fn is_held(&self, slot: LeaseSlot, owner: LeaseOwner) -> bool {
        lease(self.before, slot).is_some_and(|held| held.owner == owner && self.at < held.expires)
    }

    fn is_free(&self, slot: LeaseSlot) -> bool {
        matches!(self.before.phase, Phase::HalfOpen { .. })
            && lease(self.before, slot).is_none_or(|held| held.expires <= self.at)
    }

    fn is_known(&self, owner: LeaseOwner) -> bool {
        leases(self.before).any(|(_, held)| held.owner == owner)
    }

    fn closes(&self) -> bool {
        !matches!(self.before.phase, Phase::Closed { .. })
            && matches!(self.after.phase, Phase::Closed { .. })
    }

    fn is_legal_move(&self) -> bool {
        match (&self.before.phase, &self.after.phase) {
            (Phase::Closed { .. }, Phase::Open { .. }) => {
                let counts = self.before.evidence.0.values();
                counts.map(|counts| counts.failures).sum::<u64>() >= 2
            }
            (Phase::Open { until, .. }, Phase::HalfOpen { .. }) => *until <= self.at,
            (Phase::HalfOpen { reopens, .. }, Phase::Open { reopens: after, .. }) => {
                *after == reopens + 1
            }
            (Phase::HalfOpen { .. }, Phase::Closed { .. }) => true,
            _ => false,
        }
    }
}

/// The rules that `world` breaks as it stands; `fastest` is the time by the
/// clock that is furthest ahead.
pub(crate) fn broken_by(world: &World, policy: &Policy, fastest: Timestamp) -> Vec<Rule> {
    let mut broken = Vec::new();
    let mut must = |holds: bool, rule: Rule| {
        if !holds {
            broken.push(rule);
        }
    };
    let record = &world.stored;
    let places = usize::try_from(policy.max_probes).unwrap_or(usize::MAX);
    let fit = leases(record).all(|(slot, _)| usize::from(slot) < places);
    must(fit, Rule::LeasesAreBounded);
    if let Phase::HalfOpen { successes, .. } = record.phase {
        let real = successes <= u32::from(world.ledger.wins);
        must(real, Rule::OnlySuccessesClose);
    }
    let lanes = world.environments.iter().flat_map(|place| &place.lanes);
    let mut owners = Vec::new();
    let mut in_time = 0;
    for (lane, probe) in lanes.filter_map(|lane| Some((lane, lane.probe()?.0))) {
        must(!owners.contains(&probe.owner), Rule::LeasesAreBounded);
        owners.push(probe.owner);
        if probe.epoch != record.epoch || lane.is_frozen() {
            continue;
        }
        in_time += 1;
        let held = lease(record, probe.slot)
            .is_some_and(|held| held.owner == probe.owner && fastest < held.expires);
        must(held && in_time <= places, Rule::ProbesHoldTheirLeases);
    }
    let evidence = &record.evidence.0;
    let own = evidence.keys().all(|key| key.epoch == record.epoch);
    let calls: u64 = evidence.values().map(|counts| counts.calls).sum();
    let once = calls <= u64::from(world.ledger.ended);
    must(own && once, Rule::CountsOnce);
    broken
}

pub(crate) fn lease(record: &Record, slot: LeaseSlot) -> Option<Lease> {
    leases(record)
        .find(|(place, _)| *place == slot)
        .map(|(_, lease)| lease)
}

pub(crate) fn leases(record: &Record) -> impl Iterator<Item = (LeaseSlot, Lease)> {
    let leases = match &record.phase {
        Phase::HalfOpen { leases, .. } => Some(leases),
        Phase::Closed { .. } | Phase::Open { .. } => None,
    };
    leases
        .into_iter()
        .flatten()
        .map(|(slot, lease)| (*slot, *lease))
}
