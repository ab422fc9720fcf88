//! The leases of a record.

use breaker_core::{
    Record,
    protocol::{Lease, LeaseIndex, Phase},
};

pub(crate) fn lease(record: &Record, index: LeaseIndex) -> Option<Lease> {
    leases(record)
        .find(|(place, _)| *place == index)
        .map(|(_, lease)| lease)
}

pub(crate) fn leases(record: &Record) -> impl Iterator<Item = (LeaseIndex, Lease)> {
    let leases = match &record.phase {
        Phase::HalfOpen { leases, .. } => Some(leases),
        Phase::Closed { .. } | Phase::Open { .. } => None,
    };
    leases
        .into_iter()
        .flatten()
        .map(|(index, lease)| (*index, *lease))
}
