//! The modelled table, and worse ones.

use std::collections::BTreeMap;

use breaker_core::{
    Change, Record, StoreError, Timestamp,
    protocol::{Conflict, Counts, LeaseIndex, OnBehalf, Phase, Slot, SlotKey, Suspicion},
};

/// What a store makes sure of before it changes its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// Everything.
    Fenced,
    /// Not that the epoch is the one that the change was decided on. (To show
    /// that this is caught.)
    WithoutEpochs,
    /// Not that leases are as the change assumes. (To show that this is
    /// caught.)
    WithoutLeases,
    /// Not that failures of probes are counted. (To show that this is caught.)
    WithoutFailures,
    /// Not that alarms are kept apart from what witnesses tell. (To show that
    /// this is caught.)
    AlarmsAsFailures,
    /// Not that what happened in one slot stays there. (To show that this is
    /// caught.)
    MomentsAsOutages,
    /// Not that a suspicion that stands is kept. (To show that this is caught.)
    SuspicionsAnew,
    /// Not that it is remembered when the circuit opened before all attempts to
    /// recover. (To show that this is caught.)
    OpeningsAnew,
}

impl Store {
    /// The record after `change`, which was decided on `basis` at `now`.
    pub(crate) fn apply(
        self,
        stored: &Record,
        basis: &Record,
        change: &Change,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        let done = match self {
            Self::Fenced => stored.apply(basis.epoch, change, now),
            Self::WithoutEpochs => blindly(stored, basis, change, now),
            Self::WithoutLeases => stored
                .apply(basis.epoch, &demanding_nothing(change), now)
                .or_else(|conflict| greedily(stored, basis, change).ok_or(conflict)),
            Self::WithoutFailures => {
                let done = stored.apply(basis.epoch, change, now);
                done.map(|after| without_failures(after, change))
            }
            Self::AlarmsAsFailures => stored.apply(basis.epoch, &alarmed(change), now),
            Self::MomentsAsOutages => stored.apply(basis.epoch, &spread(change, stored), now),
            Self::SuspicionsAnew => {
                let done = stored.apply(basis.epoch, change, now);
                done.map(|after| suspected_anew(after, change))
            }
            Self::OpeningsAnew => {
                let done = stored.apply(basis.epoch, change, now);
                done.map(opened_anew)
            }
        };
        done.map_err(StoreError::Conflict)
    }
}

/// Replaces the item or adds to it, whatever epoch it is in.
fn blindly(
    stored: &Record,
    basis: &Record,
    change: &Change,
    now: Timestamp,
) -> Result<Record, Conflict> {
    match change {
        Change::Transition { .. } | Change::PlaceOverride(_) | Change::WithdrawOverride { .. } => {
            basis.apply(basis.epoch, change, now)
        }
        Change::Report(_)
        | Change::TakeLease { .. }
        | Change::ProbeSucceeded { .. }
        | Change::ProbeFailed { .. }
        | Change::ReleaseLease { .. } => {
            let pretended = Record {
                epoch: basis.epoch,
                ..stored.clone()
            };
            let done = pretended.apply(basis.epoch, change, now)?;
            Ok(Record {
                epoch: stored.epoch,
                ..done
            })
        }
    }
}

/// A transition that does not ask who holds which lease.
fn demanding_nothing(change: &Change) -> Change {
    let mut change = change.clone();
    if let Change::Transition { on_behalf, .. } = &mut change {
        *on_behalf = OnBehalf::Fleet;
    }
    change
}

/// Sets or removes a lease, whoever has it.
fn greedily(stored: &Record, basis: &Record, change: &Change) -> Option<Record> {
    let mut next = stored.clone();
    let Phase::HalfOpen {
        leases,
        successes,
        failures,
        ..
    } = &mut next.phase
    else {
        return None;
    };
    if stored.epoch != basis.epoch {
        return None;
    }
    match change {
        Change::TakeLease { index, lease } => {
            leases.insert(*index, *lease);
        }
        Change::ProbeSucceeded { index, .. } => {
            forget(leases, *index);
            *successes += 1;
        }
        Change::ProbeFailed { index, .. } => {
            forget(leases, *index);
            *failures += 1;
        }
        Change::ReleaseLease { index, .. } => forget(leases, *index),
        Change::Report(_)
        | Change::Transition { .. }
        | Change::PlaceOverride(_)
        | Change::WithdrawOverride { .. } => return None,
    }
    Some(next)
}

fn forget<T>(leases: &mut BTreeMap<LeaseIndex, T>, index: LeaseIndex) {
    leases.remove(&index);
}

/// Forgets the failure that `change` tells of.
fn without_failures(mut after: Record, change: &Change) -> Record {
    if let (Change::ProbeFailed { .. }, Phase::HalfOpen { failures, .. }) =
        (change, &mut after.phase)
    {
        *failures -= 1;
    }
    after
}

/// Takes alarms for calls of witnesses that failed.
fn alarmed(change: &Change) -> Change {
    let mut change = change.clone();
    if let Change::Report(report) = &mut change {
        for counts in report.tally.values_mut() {
            *counts = Counts {
                calls: counts.calls + counts.alarms,
                failures: counts.failures + counts.alarms,
                alarms: 0,
                ..*counts
            };
        }
    }
    change
}

/// Counts calls of a slot that has some already in the one before.
fn spread(change: &Change, stored: &Record) -> Change {
    let mut change = change.clone();
    if let Change::Report(report) = &mut change {
        let tally = std::mem::take(&mut report.tally);
        report.tally.extend(tally.into_iter().map(|(slot, counts)| {
            let key = SlotKey {
                epoch: stored.epoch,
                slot,
            };
            let is_taken = stored.evidence.0.contains_key(&key);
            (Slot(slot.0 - u64::from(is_taken)), counts)
        }));
    }
    change
}

/// Lets the last one who raises a suspicion say since when.
fn suspected_anew(mut after: Record, change: &Change) -> Record {
    if let (Change::Report(report), Phase::Closed { suspected, .. }) = (change, &mut after.phase)
        && let Some(Suspicion::Raised(at)) = report.suspicion
    {
        *suspected = Some(at);
    }
    after
}

/// Says that an open circuit opened when it opened last.
fn opened_anew(mut after: Record) -> Record {
    if let Phase::Open { since, opened, .. } = &mut after.phase {
        *opened = *since;
    }
    after
}
