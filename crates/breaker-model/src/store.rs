//! The modelled table, and worse ones.

use std::collections::BTreeMap;

use breaker_core::{
    Change, Record, StoreError, Timestamp,
    protocol::{Conflict, LeaseSlot, OnBehalf, Phase},
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
        Change::Transition { .. } | Change::Order { .. } => basis.apply(basis.epoch, change, now),
        Change::Report(_)
        | Change::TakeLease { .. }
        | Change::ProbeSucceeded { .. }
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
        leases, successes, ..
    } = &mut next.phase
    else {
        return None;
    };
    if stored.epoch != basis.epoch {
        return None;
    }
    match change {
        Change::TakeLease { slot, lease } => {
            leases.insert(*slot, *lease);
        }
        Change::ProbeSucceeded { slot, .. } => {
            forget(leases, *slot);
            *successes += 1;
        }
        Change::ReleaseLease { slot, .. } => forget(leases, *slot),
        Change::Report(_) | Change::Transition { .. } | Change::Order { .. } => return None,
    }
    Some(next)
}

fn forget<T>(leases: &mut BTreeMap<LeaseSlot, T>, slot: LeaseSlot) {
    leases.remove(&slot);
}
