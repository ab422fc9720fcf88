//! The contract of stores: kept by the one in memory, and broken on purpose.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use breaker_core::{
    Change, CircuitName, Epoch, MemoryStore, Record, StateStore, StoreError, Timestamp,
    TransitionEvent,
    protocol::{Phase, SlotKey, Suspicion},
    store::{Consistency, contract},
};

#[tokio::test]
async fn the_memory_store_keeps_the_contract() {
    contract::holds_for(&MemoryStore::new()).await;
}

/// A mistake that a store may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    None,
    /// The last writer wins, on whatever view it had.
    OverwritesWhatItHasNotSeen,
    DoesNotCompareEpochs,
    GrantsPlacesThatAreTaken,
    TakesAnybodyForTheOwner,
    TakesATransitionsViewOfTheTraffic,
    ForgetsHeartbeats,
    ForgetsRefusals,
    ForgetsThatCallsWereSlow,
    ForgetsAlarms,
    ForgetsSuspicions,
    DatesASuspicionAnew,
    ForgetsASuspicionThatIsNotRepeated,
    NeverClearsASuspicion,
    KeepsASuspicionThroughATransition,
    ForgetsThatCallsWereBoth,
    ForgetsThatProbesFailed,
    CountsFailuresOfProbesWithoutALease,
    CountsFailuresOfProbesOfAnEarlierEpoch,
    ClosesWhateverProbesFailed,
    KeepsEvidenceForTheNextEpoch,
    KeepsLeasesThroughATransition,
    ForgetsAnOrderAtATransition,
    LosesTheOrdersReason,
    DropsWhatIsReportedJustNow,
    DropsNothing,
    LeavesNoTrail,
    RecordsEveryAttempt,
    TellsTheTrailFromTheBeginning,
    TellsTooManyEvents,
    SwallowsConflicts,
}

const MISTAKES: [Mistake; 30] = [
    Mistake::OverwritesWhatItHasNotSeen,
    Mistake::DoesNotCompareEpochs,
    Mistake::GrantsPlacesThatAreTaken,
    Mistake::TakesAnybodyForTheOwner,
    Mistake::TakesATransitionsViewOfTheTraffic,
    Mistake::ForgetsHeartbeats,
    Mistake::ForgetsRefusals,
    Mistake::ForgetsThatCallsWereSlow,
    Mistake::ForgetsAlarms,
    Mistake::ForgetsSuspicions,
    Mistake::DatesASuspicionAnew,
    Mistake::ForgetsASuspicionThatIsNotRepeated,
    Mistake::NeverClearsASuspicion,
    Mistake::KeepsASuspicionThroughATransition,
    Mistake::ForgetsThatCallsWereBoth,
    Mistake::ForgetsThatProbesFailed,
    Mistake::CountsFailuresOfProbesWithoutALease,
    Mistake::CountsFailuresOfProbesOfAnEarlierEpoch,
    Mistake::ClosesWhateverProbesFailed,
    Mistake::KeepsEvidenceForTheNextEpoch,
    Mistake::KeepsLeasesThroughATransition,
    Mistake::ForgetsAnOrderAtATransition,
    Mistake::LosesTheOrdersReason,
    Mistake::DropsWhatIsReportedJustNow,
    Mistake::DropsNothing,
    Mistake::LeavesNoTrail,
    Mistake::RecordsEveryAttempt,
    Mistake::TellsTheTrailFromTheBeginning,
    Mistake::TellsTooManyEvents,
    Mistake::SwallowsConflicts,
];

type Kept = (Record, Vec<TransitionEvent>);

/// A store that makes one mistake.
struct Mistaken {
    mistake: Mistake,
    circuits: Mutex<HashMap<CircuitName, Kept>>,
    /// The suspicion that was raised last.
    suspected: Mutex<Option<Timestamp>>,
}

impl Mistaken {
    fn new(mistake: Mistake) -> Self {
        Self {
            mistake,
            circuits: Mutex::default(),
            suspected: Mutex::default(),
        }
    }

    /// The change as this store understands it.
    fn misread(&self, stored: &Record, change: &Change) -> Change {
        let mut change = change.clone();
        match (&mut change, self.mistake) {
            (Change::Report(report), Mistake::ForgetsHeartbeats) => report.heartbeats = None,
            (Change::Report(report), Mistake::ForgetsThatCallsWereSlow) => {
                report.tally.values_mut().for_each(|counts| counts.slow = 0);
            }
            (Change::Report(report), Mistake::ForgetsRefusals) => {
                if let Some((_, heartbeats)) = &mut report.heartbeats {
                    heartbeats.refused = 0;
                }
            }
            (Change::Report(report), Mistake::ForgetsAlarms) => {
                let counts = report.tally.values_mut();
                counts.for_each(|counts| counts.alarms = 0);
            }
            (Change::Report(report), Mistake::ForgetsThatCallsWereBoth) => {
                report.tally.values_mut().for_each(|counts| counts.both = 0);
            }
            (Change::Report(report), Mistake::ForgetsSuspicions) => report.suspicion = None,
            (Change::Report(report), Mistake::ForgetsASuspicionThatIsNotRepeated) => {
                report.suspicion = report.suspicion.or(Some(Suspicion::Cleared));
            }
            (Change::Report(report), Mistake::NeverClearsASuspicion)
                if report.suspicion == Some(Suspicion::Cleared) =>
            {
                report.suspicion = None;
            }
            (Change::ProbeFailed { index, owner }, Mistake::ForgetsThatProbesFailed) => {
                let (index, owner) = (*index, *owner);
                change = Change::ReleaseLease { index, owner };
            }
            (Change::Report(report), Mistake::DropsNothing) => {
                report.stale.clear();
                report.stale_traffic.clear();
            }
            (
                Change::ProbeSucceeded { index, owner }
                | Change::ProbeFailed { index, owner }
                | Change::ReleaseLease { index, owner },
                Mistake::TakesAnybodyForTheOwner,
            ) => {
                if let Phase::HalfOpen { leases, .. } = &stored.phase {
                    *owner = leases.get(index).map_or(*owner, |lease| lease.owner);
                }
            }
            _ => {}
        }
        change
    }

    fn spoil(&self, before: &Record, basis: &Record, change: &Change, next: &mut Record) {
        let moved = next.epoch != before.epoch;
        match self.mistake {
            Mistake::TakesATransitionsViewOfTheTraffic if moved => {
                next.traffic = basis.traffic.clone();
            }
            Mistake::KeepsASuspicionThroughATransition if moved => {
                if let Phase::Closed { suspected, .. } = &mut next.phase {
                    *suspected = self.suspected.lock().unwrap().or(*suspected);
                }
            }
            Mistake::KeepsEvidenceForTheNextEpoch if moved => {
                let evidence = before.evidence.0.iter();
                let kept = evidence.map(|(key, counts)| {
                    let epoch = next.epoch;
                    (SlotKey { epoch, ..*key }, *counts)
                });
                next.evidence.0 = kept.collect();
            }
            Mistake::KeepsLeasesThroughATransition if moved => {
                if let (Phase::HalfOpen { leases: old, .. }, Phase::HalfOpen { leases: new, .. }) =
                    (&before.phase, &mut next.phase)
                {
                    new.extend(old);
                }
            }
            Mistake::ForgetsAnOrderAtATransition if matches!(change, Change::Transition { .. }) => {
                next.standing_override = None;
            }
            Mistake::DatesASuspicionAnew => {
                if let (Phase::Closed { suspected, .. }, Change::Report(report)) =
                    (&mut next.phase, change)
                    && let Some(Suspicion::Raised(at)) = report.suspicion
                {
                    *suspected = Some(at);
                }
            }
            Mistake::LosesTheOrdersReason => {
                if let Some(placed) = &mut next.standing_override {
                    placed.reason.clear();
                }
            }
            Mistake::DropsWhatIsReportedJustNow => {
                if let Change::Report(report) = change {
                    report.stale.iter().for_each(|key| {
                        next.evidence.0.remove(key);
                    });
                }
            }
            _ => {}
        }
    }
}

impl StateStore for Mistaken {
    async fn load(&self, circuit: &CircuitName, _: Consistency) -> Result<Record, StoreError> {
        let circuits = self.circuits.lock().unwrap();
        Ok(circuits
            .get(circuit)
            .map(|(record, _)| record.clone())
            .unwrap_or_default())
    }

    async fn apply(
        &self,
        circuit: &CircuitName,
        basis: &Record,
        change: &Change,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        let mut circuits = self.circuits.lock().unwrap();
        let (stored, trail) = circuits.entry(circuit.clone()).or_default();
        let understood = self.misread(stored, change);
        if let Some(suspected) = stored.suspected() {
            *self.suspected.lock().unwrap() = Some(suspected);
        }
        let applied = match (self.mistake, &understood, &mut stored.phase.clone()) {
            (Mistake::OverwritesWhatItHasNotSeen, ..) if stored.epoch == basis.epoch => {
                basis.apply(basis.epoch, &understood, now)
            }
            (Mistake::DoesNotCompareEpochs, ..) => stored.apply(stored.epoch, &understood, now),
            (
                Mistake::GrantsPlacesThatAreTaken,
                Change::TakeLease { index, .. },
                Phase::HalfOpen { leases, .. },
            ) if leases.contains_key(index) => {
                let mut emptied = stored.clone();
                if let Phase::HalfOpen { leases, .. } = &mut emptied.phase {
                    leases.remove(index);
                }
                emptied.apply(basis.epoch, &understood, now)
            }
            (
                Mistake::CountsFailuresOfProbesWithoutALease,
                Change::ProbeFailed { .. },
                Phase::HalfOpen { .. },
            ) if stored.epoch == basis.epoch => Ok(with_a_failed_probe(stored)),
            (Mistake::CountsFailuresOfProbesOfAnEarlierEpoch, Change::ProbeFailed { .. }, ..)
                if stored.epoch > basis.epoch =>
            {
                Ok(with_a_failed_probe(stored))
            }
            (
                Mistake::ClosesWhateverProbesFailed,
                Change::Transition {
                    to: Phase::Closed { .. },
                    ..
                },
                Phase::HalfOpen { .. },
            ) => match (&basis.phase, stored.clone()) {
                (
                    Phase::HalfOpen {
                        failures: known, ..
                    },
                    mut seen,
                ) => {
                    if let Phase::HalfOpen { failures, .. } = &mut seen.phase {
                        *failures = *known;
                    }
                    seen.apply(basis.epoch, &understood, now)
                }
                (Phase::Closed { .. } | Phase::Open { .. }, seen) => {
                    seen.apply(basis.epoch, &understood, now)
                }
            },
            _ => stored.apply(basis.epoch, &understood, now),
        };
        let mut next = match applied {
            Err(_) if self.mistake == Mistake::SwallowsConflicts => stored.clone(),
            applied => applied?,
        };
        self.spoil(stored, basis, change, &mut next);
        if self.mistake != Mistake::LeavesNoTrail && next.epoch != stored.epoch {
            let told = match change {
                // The first attempt has an entry, so this one is given that.
                Change::Transition {
                    cause, on_behalf, ..
                } if self.mistake == Mistake::RecordsEveryAttempt => {
                    let to = Phase::closed(now);
                    let (cause, on_behalf) = (cause.clone(), *on_behalf);
                    stored.event_of(
                        &Change::Transition {
                            to,
                            cause,
                            on_behalf,
                        },
                        now,
                    )
                }
                change => stored.event_of(change, now),
            };
            trail.extend(told);
        }
        *stored = next.clone();
        Ok(next)
    }

    async fn events(
        &self,
        circuit: &CircuitName,
        since: Epoch,
        limit: u16,
    ) -> Result<Vec<TransitionEvent>, StoreError> {
        let circuits = self.circuits.lock().unwrap();
        let trail = circuits.get(circuit).map(|(_, trail)| trail.as_slice());
        let from_the_beginning = self.mistake == Mistake::TellsTheTrailFromTheBeginning;
        let limit = usize::from(limit) + usize::from(self.mistake == Mistake::TellsTooManyEvents);
        let events = trail.unwrap_or_default().iter();
        let after = events.filter(|event| from_the_beginning || event.epoch > since);
        Ok(after.take(limit).cloned().collect())
    }
}

/// The record, with one more probe that failed.
fn with_a_failed_probe(record: &Record) -> Record {
    let mut next = record.clone();
    if let Phase::HalfOpen { failures, .. } = &mut next.phase {
        *failures += 1;
    }
    next
}

/// Whether the contract lets the mistake pass.
async fn passes(mistake: Mistake) -> bool {
    let store = Arc::new(Mistaken::new(mistake));
    let trial = tokio::spawn(async move { contract::holds_for(&store).await });
    match trial.await {
        Ok(()) => true,
        Err(ended) if ended.is_panic() => false,
        Err(ended) => panic!("{ended}"),
    }
}

#[tokio::test]
async fn no_mistake_passes() {
    assert!(passes(Mistake::None).await, "the stand-in itself is sound");
    for mistake in MISTAKES {
        assert!(!passes(mistake).await, "{mistake:?} went unnoticed");
    }
}
