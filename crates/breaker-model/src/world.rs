//! A state of the model.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use breaker_core::{
    Change, Record, Timestamp,
    member::Operation,
    protocol::{OnBehalf, Phase, Suspicion},
};

use crate::{
    Coverage, CoverageSet, Environment, Lane, Rule, Shared, TICK_MS, Wishes,
    leases::{lease, leases},
};

/// When the clock stands at zero.
const DAWN: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

/// A request that nobody waits for any more. It may be done at any time.
#[derive(Debug, Hash)]
pub(crate) struct Stray {
    pub(crate) basis: Arc<Record>,
    pub(crate) change: Change,
    pub(crate) at: Timestamp,
}

/// What really happened in the record's epoch, whatever anybody says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Ledger {
    /// Calls admitted in it that ended and said something.
    pub ended: u8,
    /// Probes of it that ended well.
    pub wins: u8,
    /// Failures of its probes that the store was told to count.
    pub losses: u8,
    /// Calls that went wrong, as witnesses told the store.
    pub witnessed: u8,
    /// The slots of those calls, a bit each; no world lasts for so many.
    pub bad_slots: u16,
}

/// Everything there is at one moment.
#[derive(Debug, Clone)]
pub struct World {
    /// How many steps the clock has taken.
    pub tick: u8,
    /// The store's record.
    pub stored: Shared<Record>,
    /// The version before it, which a read may still show.
    pub before: Shared<Record>,
    /// The environments.
    pub environments: Vec<Shared<Environment>>,
    pub(crate) strays: Vec<Shared<Stray>>,
    /// How often something may still go wrong.
    pub faults_left: u8,
    /// What really happened.
    pub ledger: Ledger,
    /// What really became of operators' wishes.
    pub wishes: Wishes,
    /// The rule that the last step broke.
    pub broken: Option<Rule>,
    /// What the last step covered. Worlds that differ in nothing else are one.
    pub covered: CoverageSet,
}

impl Hash for World {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Self {
            tick,
            stored,
            before,
            environments,
            strays,
            faults_left,
            ledger,
            wishes,
            broken,
            covered: _,
        } = self;
        (tick, stored, before, environments).hash(hasher);
        (strays, faults_left, ledger, wishes, broken).hash(hasher);
    }
}

impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        (self.tick, &self.stored, &self.before, &self.environments)
            == (
                other.tick,
                &other.stored,
                &other.before,
                &other.environments,
            )
            && (&self.strays, self.faults_left, self.ledger)
                == (&other.strays, other.faults_left, other.ledger)
            && (self.wishes, self.broken) == (other.wishes, other.broken)
    }
}

/// What a clock that is off by `skew_ms` shows at `tick`.
pub(crate) fn clock(tick: u8, skew_ms: i64) -> Timestamp {
    let true_ms = DAWN.as_unix_ms() + u64::from(tick) * TICK_MS;
    Timestamp::from_unix_ms(true_ms.saturating_add_signed(skew_ms))
}

impl Ledger {
    /// The store makes a change of the record's epoch.
    pub(crate) fn note(&mut self, change: &Change) {
        match change {
            Change::ProbeFailed { .. } => self.losses += 1,
            Change::Report(report) => {
                for (slot, counts) in &report.tally {
                    let wrong = counts.failures + counts.slow - counts.both;
                    self.witnessed += u8::try_from(wrong).unwrap_or(u8::MAX);
                    self.bad_slots |= u16::from(wrong > 0) << (slot.0 % 16);
                }
            }
            Change::TakeLease { .. }
            | Change::ProbeSucceeded { .. }
            | Change::ReleaseLease { .. }
            | Change::Transition { .. }
            | Change::PlaceOverride(_)
            | Change::WithdrawOverride { .. } => {}
        }
    }
}

impl World {
    /// Notes what a change, made or refused, shows.
    pub(crate) fn watch(
        &mut self,
        basis: &Record,
        change: &Change,
        at: Timestamp,
        after: Option<&Record>,
    ) {
        let stored = &self.stored;
        let covered = &mut self.covered;
        let Some(after) = after else {
            covered.note_if(basis.epoch != stored.epoch, Coverage::OldEpochRefused);
            let of_probe = match change {
                Change::ProbeSucceeded { .. } | Change::ProbeFailed { .. } => true,
                Change::Transition { on_behalf, .. } => *on_behalf != OnBehalf::Fleet,
                _ => false,
            };
            let late = of_probe && basis.epoch == stored.epoch;
            covered.note_if(late, Coverage::LateProbeRefused);
            return;
        };
        if let Change::TakeLease { index, .. } = change {
            let over = lease(stored, *index).is_some_and(|held| held.expires <= at);
            covered.note_if(over, Coverage::TakenOver);
            covered.note_if(leases(after).count() >= 2, Coverage::AllPlacesTaken);
        }
        if let Change::Transition { .. } = change {
            match (&stored.phase, &after.phase) {
                (Phase::Closed { .. }, Phase::Open { .. }) => covered.note(Coverage::Opened),
                (Phase::Open { .. }, Phase::HalfOpen { .. }) => covered.note(Coverage::HalfOpened),
                (Phase::HalfOpen { .. }, Phase::Open { .. }) => covered.note(Coverage::Reopened),
                (Phase::HalfOpen { failures, .. }, Phase::Closed { .. }) => {
                    covered.note(Coverage::ClosedByProbes);
                    covered.note_if(*failures > 0, Coverage::ClosedDespiteFailure);
                }
                _ => {}
            }
        }
        if let Change::ProbeFailed { .. } = change {
            covered.note(Coverage::ProbeFailureOutweighed);
        }
        if let Change::Report(report) = change {
            let stood = stored.suspected().is_some();
            match report.suspicion {
                Some(Suspicion::Raised(_)) if stood => {
                    covered.note(Coverage::SuspicionRaisedTwice);
                }
                Some(Suspicion::Raised(_)) => covered.note(Coverage::SuspicionRaised),
                Some(Suspicion::Cleared) => covered.note_if(stood, Coverage::SuspicionCleared),
                None => {}
            }
        }
        if let Change::PlaceOverride(_) | Change::WithdrawOverride { .. } = change {
            let voids = leases(stored).count() > 0;
            covered.note_if(voids, Coverage::ProbeVoidedByOverride);
        }
    }

    /// What was sent and has not arrived may still arrive, though nobody waits.
    pub(crate) fn let_stray(&mut self, lane: &Lane) {
        let Some(request) = lane.request().filter(|request| request.is_sent()) else {
            return;
        };
        if let Operation::Apply { basis, change } = &request.operation {
            self.strays.push(Shared::new(Stray {
                basis: Arc::clone(basis),
                change: change.clone(),
                at: request.at,
            }));
            self.strays.sort_by_key(Shared::digest);
        }
    }
}
