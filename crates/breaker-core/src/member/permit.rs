//! The right to make one call.

use std::{sync::Arc, time::Duration};

use super::{
    context::Context,
    gate::EpochTag,
    local_breaker::Trial,
    request::{AdmissionRequest, ReportRequest},
};
use crate::{
    observe::Event,
    protocol::{LeaseIndex, LeaseOwner, Measure, Record, Rejection},
    time::Steady,
};

/// What becomes of a call that arrives.
#[derive(Debug)]
#[must_use]
pub enum Admission {
    /// The call passes.
    Admitted(Permit),
    /// The call does not pass.
    Rejected(Rejection),
    /// The store must be asked first.
    Pending(AdmissionRequest),
}

impl Admission {
    /// The call does not pass; observers hear of it.
    pub(super) fn reject(rejection: Rejection, cx: &mut Context<'_>) -> Self {
        cx.emit(Event::Rejected(rejection));
        Self::Rejected(rejection)
    }

    /// The call passes, and there is nothing to ask beside it.
    pub(super) fn admit(kind: Kind, cx: &Context<'_>) -> Self {
        Self::Admitted(Permit {
            admitted: cx.steady,
            kind,
            in_flight: false,
            beside: None,
        })
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
    pub(super) admitted: Steady,
    pub(super) kind: Kind,
    /// Whether it is counted as under way.
    pub(super) in_flight: bool,
    /// What is asked beside the call.
    pub(super) beside: Option<ReportRequest>,
}

/// What is to be remembered of a call that is under way.
#[derive(Debug, Clone, Copy)]
pub struct InFlightPermit(pub(super) Steady);

#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) enum Kind {
    /// It passed the gate.
    Plain(EpochTag),
    /// One of many.
    Ordinary(Measure),
    /// This process tries whether its own calls work again.
    Trial(Measure, Trial),
    /// The fleet tries whether the dependency works again.
    Probe(Box<Probe>),
}

/// What a probe must know to report its result, whatever its process has learnt
/// since.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) struct Probe {
    /// The record right after the lease was given.
    pub(super) granted: Arc<Record>,
    pub(super) index: LeaseIndex,
    pub(super) owner: LeaseOwner,
    /// How long the call may take; no limit if every call is to pass anyway.
    pub(super) limit: Option<Duration>,
}

impl Permit {
    #[inline]
    pub(super) fn plain(epoch: EpochTag, admitted: Steady) -> Self {
        Self {
            admitted,
            kind: Kind::Plain(epoch),
            in_flight: false,
            beside: None,
        }
    }

    /// Whether the call is a probe of the fleet.
    pub fn is_probe(&self) -> bool {
        matches!(self.kind, Kind::Probe(_))
    }

    /// Whether the call is evidence about a closed circuit: it is no probe, and
    /// was not admitted by an operator's override.
    #[inline]
    pub(super) fn is_evidence(&self) -> bool {
        match self.kind {
            Kind::Plain(_) => true,
            Kind::Ordinary(measure) | Kind::Trial(measure, _) => measure != Measure::Ignored,
            Kind::Probe(_) => false,
        }
    }

    /// Whether there is nothing special about the call: no limit, and nothing
    /// to ask beside it.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.kind, Kind::Plain(_))
    }

    /// How long the call may take, if the breaker limits it: a probe that
    /// takes longer is to be ended and counts as failed.
    pub fn limit(&self) -> Option<Duration> {
        match &self.kind {
            Kind::Probe(probe) => probe.limit,
            Kind::Plain(_) | Kind::Ordinary(_) | Kind::Trial(..) => None,
        }
    }

    /// A request to perform beside the call, if there is one.
    pub fn take_report(&mut self) -> Option<ReportRequest> {
        self.beside.take()
    }
}
