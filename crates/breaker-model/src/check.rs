//! Whether the rules hold.
//!
//! They look at the store's record, at what was asked of it and at a
//! [`Ledger`] of what really happened. They use none of the breaker's own
//! judgements.

use breaker_core::{
    Change, OverrideMode, Policy, Record, Timestamp,
    protocol::{LeaseIndex, LeaseOwner, OnBehalf, Phase, Suspicion},
};

use crate::{
    Ledger, Rule, World,
    leases::{lease, leases},
};

/// So many failures are enough evidence by the policy of these worlds.
const FAILURES_THAT_OPEN: u8 = 2;

/// They must lie in so many slots: the window has no more.
const SLOTS_OF_AN_OUTAGE: u32 = 2;

/// In these worlds a record that promises fewer calls is one of thin traffic.
const CALLS_OF_BUSY_TRAFFIC: u64 = 100;

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
            Change::Transition { .. } | Change::PlaceOverride(_) | Change::WithdrawOverride { .. }
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
        if let Change::TakeLease { index, lease } = self.change {
            must(self.is_free(*index), Rule::LeasesAreBounded);
            must(!self.is_known(lease.owner), Rule::LeasesAreBounded);
        }
        if let Change::PlaceOverride(placed) = self.change {
            let stands = self.before.standing_override.as_ref() == Some(placed);
            must(!stands, Rule::OverridesTakeEffectOnce);
        }
        if let Change::Transition { .. } = self.change {
            must(self.is_legal_move(), Rule::MovesAreLegal);
            let closes = self.may_close(policy, ledger);
            must(closes || !self.closes(), Rule::OnlySuccessesClose);
            let opens = ledger.witnessed >= FAILURES_THAT_OPEN;
            must(opens || !self.opens(), Rule::OnlyWitnessesOpen);
            let fills = ledger.bad_slots.count_ones() >= SLOTS_OF_AN_OUTAGE;
            must(fills || !self.opens(), Rule::OutagesFillSlots);
        }
        must(self.remembers_the_opening(), Rule::OpeningIsRemembered);
        must(self.keeps_suspicion(), Rule::SuspicionsStand);
        broken
    }

    /// Whether what the change was decided on is over.
    fn is_stale(&self) -> bool {
        let by_lease = match self.change {
            Change::ProbeSucceeded { index, owner }
            | Change::ProbeFailed { index, owner }
            | Change::Transition {
                on_behalf: OnBehalf::Probe { index, owner },
                ..
            } => !self.is_held(*index, *owner),
            Change::ReleaseLease { index, owner } => {
                lease(self.before, *index).is_none_or(|held| held.owner != *owner)
            }
            Change::Report(_)
            | Change::TakeLease { .. }
            | Change::PlaceOverride(_)
            | Change::WithdrawOverride { .. }
            | Change::Transition {
                on_behalf: OnBehalf::Fleet,
                ..
            } => false,
        };
        by_lease || self.basis.epoch != self.before.epoch
    }

    fn is_held(&self, index: LeaseIndex, owner: LeaseOwner) -> bool {
        lease(self.before, index).is_some_and(|held| held.owner == owner && self.at < held.expires)
    }

    fn is_free(&self, index: LeaseIndex) -> bool {
        matches!(self.before.phase, Phase::HalfOpen { .. })
            && lease(self.before, index).is_none_or(|held| held.expires <= self.at)
    }

    fn is_known(&self, owner: LeaseOwner) -> bool {
        leases(self.before).any(|(_, held)| held.owner == owner)
    }

    fn closes(&self) -> bool {
        !matches!(self.before.phase, Phase::Closed { .. })
            && matches!(self.after.phase, Phase::Closed { .. })
    }

    fn opens(&self) -> bool {
        matches!(self.before.phase, Phase::Closed { .. })
            && matches!(self.after.phase, Phase::Open { .. })
    }

    /// Whether enough probes really succeeded, beside those that failed.
    fn may_close(&self, policy: &Policy, ledger: Ledger) -> bool {
        let Phase::HalfOpen {
            successes,
            failures,
            doubt,
            ..
        } = self.before.phase
        else {
            return false;
        };
        let told = self.basis.traffic.0.values().map(|told| told.arrivals);
        let is_busy = told.sum::<u64>() >= CALLS_OF_BUSY_TRAFFIC;
        let times = if doubt > 0 && is_busy { 4 } else { 1 };
        let won = successes.min(ledger.wins.into());
        won >= failures + times * policy.successes_to_close
    }

    fn is_legal_move(&self) -> bool {
        match (&self.before.phase, &self.after.phase) {
            (Phase::Closed { .. }, Phase::Open { since, reopens, .. }) => {
                // Another's success may have cleared it in the meantime.
                self.basis.suspected().is_some() && *since == self.at && *reopens == 0
            }
            (
                Phase::Open {
                    until,
                    reopens: before,
                    ..
                },
                Phase::HalfOpen {
                    since,
                    reopens,
                    successes: 0,
                    failures: 0,
                    ..
                },
            ) => *until <= self.at && *since == self.at && reopens == before,
            (
                Phase::HalfOpen {
                    reopens: before, ..
                },
                Phase::Open { since, reopens, .. },
            ) => *since == self.at && *reopens == before + 1,
            (Phase::HalfOpen { .. }, Phase::Closed { since, .. }) => *since == self.at,
            _ => false,
        }
    }

    fn remembers_the_opening(&self) -> bool {
        let (opened, doubt) = opening(&self.after.phase);
        if opened > self.after.since() {
            return false;
        }
        let is_anew = match self.change {
            Change::PlaceOverride(placed) => placed.mode == OverrideMode::ForceClosed,
            Change::Transition { .. } => self.opens(),
            Change::Report(_)
            | Change::TakeLease { .. }
            | Change::ProbeSucceeded { .. }
            | Change::ProbeFailed { .. }
            | Change::ReleaseLease { .. }
            | Change::WithdrawOverride { .. } => false,
        };
        if is_anew {
            opened == self.after.since()
        } else {
            (opened, doubt) == opening(&self.before.phase)
        }
    }

    /// Whether the suspicion is what the change makes of it.
    fn keeps_suspicion(&self) -> bool {
        let (before, after) = (self.before.suspected(), self.after.suspected());
        match self.change {
            Change::Report(report) => match (report.suspicion, before) {
                (Some(Suspicion::Raised(at)), None) => after == Some(at),
                (Some(Suspicion::Cleared), _) => after.is_none(),
                (Some(Suspicion::Raised(_)) | None, _) => after == before,
            },
            Change::Transition { .. }
            | Change::PlaceOverride(_)
            | Change::WithdrawOverride { .. }
            | Change::TakeLease { .. }
            | Change::ProbeSucceeded { .. }
            | Change::ProbeFailed { .. }
            | Change::ReleaseLease { .. } => after.is_none(),
        }
    }
}

/// When the circuit opened, and in what doubt it is.
const fn opening(phase: &Phase) -> (Timestamp, u32) {
    match phase {
        Phase::Closed { opened, doubt, .. }
        | Phase::Open { opened, doubt, .. }
        | Phase::HalfOpen { opened, doubt, .. } => (*opened, *doubt),
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
    let fit = leases(record).all(|(index, _)| usize::from(index) < places);
    must(fit, Rule::LeasesAreBounded);
    if let Phase::HalfOpen {
        successes,
        failures,
        ..
    } = record.phase
    {
        let real = successes <= u32::from(world.ledger.wins);
        must(real, Rule::OnlySuccessesClose);
        let all = failures == u32::from(world.ledger.losses);
        must(all, Rule::FailedProbesCount);
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
        let held = lease(record, probe.index)
            .is_some_and(|held| held.owner == probe.owner && fastest < held.expires);
        must(held && in_time <= places, Rule::ProbesHoldTheirLeases);
    }
    let evidence = &record.evidence.0;
    let own = evidence.keys().all(|key| key.epoch == record.epoch);
    let told = evidence.values().map(|counts| counts.calls + counts.alarms);
    let once = told.sum::<u64>() <= u64::from(world.ledger.ended);
    must(own && once, Rule::CountsOnce);
    broken
}
