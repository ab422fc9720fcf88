//! The right to make one call, and what became of it.

use std::{sync::Arc, time::Duration};

use super::{Errand, gate::EpochTag};
use crate::{
    protocol::{LeaseOwner, LeaseSlot, Measure, Record},
    time::Timestamp,
};

/// What a call says about the dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The dependency did its work. "Not found" and "conflict" are work done.
    /// If it took [`Policy::slow_call_after`](crate::Policy::slow_call_after)
    /// or longer, the call counts as slow.
    Success,
    /// The dependency failed.
    Failure,
    /// The dependency failed and said how long it wants to be left alone.
    RetryAfter(Duration),
    /// Another circuit on the way did not let the call through, and will not for
    /// so long: the dependency was not even asked. Counts like a failure, but a
    /// probe that meets it has not failed: the circuit opens again for as long as
    /// the other one says, and not for longer than the last time.
    Withheld(Duration),
    /// The dependency was too slow, whether or not it did its work.
    Slow,
    /// The call says nothing about the dependency: the caller's own mistake,
    /// or the caller's own deadline was too short.
    Ignored,
}

impl Outcome {
    /// Takes every `Ok` for a success and every `Err` for a failure.
    pub fn of_result<T, E>(result: &Result<T, E>) -> Self {
        match result {
            Ok(_) => Self::Success,
            Err(_) => Self::Failure,
        }
    }
}

/// The right to make one call; hand it back with what became of the call.
///
/// Dropping it counts for nothing. If it was a probe's, its lease runs out by
/// itself.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
#[must_use = "a permit that is dropped counts for nothing"]
pub struct Permit {
    pub(super) admitted: Timestamp,
    pub(super) kind: Kind,
    pub(super) errand: Option<Errand>,
}

#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) enum Kind {
    /// It passed the gate.
    Plain(EpochTag),
    /// One of many.
    Ordinary(Measure),
    /// This process tries whether its own calls work again.
    Trial(Measure),
    /// The fleet tries whether the dependency works again.
    Probe(Box<Probe>),
}

/// What a probe must know to be settled, whatever its process has heard since.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) struct Probe {
    /// The record right after the lease was given.
    pub(super) granted: Arc<Record>,
    pub(super) slot: LeaseSlot,
    pub(super) owner: LeaseOwner,
    /// How long the call may take; no limit if every call is to pass anyway.
    pub(super) limit: Option<Duration>,
}

impl Permit {
    #[inline]
    pub(super) fn plain(epoch: EpochTag, admitted: Timestamp) -> Self {
        Self {
            admitted,
            kind: Kind::Plain(epoch),
            errand: None,
        }
    }

    /// Whether the call is a probe of the fleet.
    pub fn is_probe(&self) -> bool {
        matches!(self.kind, Kind::Probe(_))
    }

    /// Whether there is nothing special about the call: no limit and no errand.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.kind, Kind::Plain(_))
    }

    /// How long the call may take, if the breaker limits it: a probe that
    /// takes longer is to be ended and counts as failed.
    pub fn limit(&self) -> Option<Duration> {
        match &self.kind {
            Kind::Probe(probe) => probe.limit,
            Kind::Plain(_) | Kind::Ordinary(_) | Kind::Trial(_) => None,
        }
    }

    /// What is to be asked of the store beside the call, if anything.
    pub fn take_errand(&mut self) -> Option<Errand> {
        self.errand.take()
    }
}
