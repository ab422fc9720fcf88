//! One execution environment: a process and the calls it has under way.

use breaker_core::{
    Permit,
    member::{AdmissionRequest, Entropy, Member, OverrideRequest, ReportRequest},
    protocol::{Epoch, LeaseOwner},
};

use crate::{
    Request, Shared,
    request::{Attempt, Doubt},
    wishes::OverrideTask,
};

/// A process, and what it is at.
#[derive(Debug, Clone, Hash)]
pub struct Environment {
    /// The process.
    pub member: Shared<Member>,
    /// Its calls, each in a lane of its own, and behind them the operator's.
    pub lanes: Vec<Lane>,
    /// How many calls are still to come.
    pub calls_left: u8,
    /// How many owners it has drawn; goes on when the process starts again,
    /// because owners are unique for ever.
    pub owners: u8,
}

/// Where a call stands, or an operator's override.
#[derive(Debug, Clone, Hash)]
pub enum Lane {
    /// There is none.
    Idle,
    /// The store is asked before the call.
    Deciding {
        /// What is asked.
        request: Request,
        /// How the call goes on.
        next: AdmissionRequest,
        /// The lease that this call asked for last.
        attempt: Option<Attempt>,
        /// Whether the process was frozen meanwhile.
        frozen: bool,
    },
    /// The call is under way.
    Calling {
        /// The right to it.
        permit: Permit,
        /// What is asked alongside, and what follows.
        beside: Option<(Request, ReportRequest)>,
        /// When it was admitted.
        began: u8,
        /// The epoch that it was admitted in.
        epoch: Epoch,
        /// The lease that it was admitted by.
        probe: Option<Attempt>,
        /// Whether the process was frozen meanwhile.
        frozen: bool,
    },
    /// The store is told after the call.
    Reporting {
        /// What is asked.
        request: Request,
        /// What follows.
        next: ReportRequest,
        /// Whether the process was frozen meanwhile.
        frozen: bool,
    },
    /// An operator's override is on its way.
    Overriding {
        /// What is asked.
        request: Request,
        /// What follows.
        next: OverrideRequest,
        /// What the operator wants.
        placed: OverrideTask,
        /// Whether the process was frozen meanwhile.
        frozen: bool,
    },
}

impl Lane {
    pub(crate) const fn is_idle(&self) -> bool {
        matches!(self, Self::Idle)
    }

    pub(crate) fn request(&self) -> Option<&Request> {
        match self {
            Self::Idle => None,
            Self::Deciding { request, .. }
            | Self::Reporting { request, .. }
            | Self::Overriding { request, .. } => Some(request),
            Self::Calling { beside, .. } => beside.as_ref().map(|(request, _)| request),
        }
    }

    pub(crate) fn request_mut(&mut self) -> Option<&mut Request> {
        match self {
            Self::Idle => None,
            Self::Deciding { request, .. }
            | Self::Reporting { request, .. }
            | Self::Overriding { request, .. } => Some(request),
            Self::Calling { beside, .. } => beside.as_mut().map(|(request, _)| request),
        }
    }

    pub(crate) fn is_frozen(&self) -> bool {
        match self {
            Self::Idle => false,
            Self::Deciding { frozen, .. }
            | Self::Calling { frozen, .. }
            | Self::Reporting { frozen, .. }
            | Self::Overriding { frozen, .. } => *frozen,
        }
    }

    pub(crate) fn freeze(&mut self) {
        match self {
            Self::Idle => {}
            Self::Deciding { frozen, .. }
            | Self::Calling { frozen, .. }
            | Self::Reporting { frozen, .. }
            | Self::Overriding { frozen, .. } => *frozen = true,
        }
    }

    /// Marks what is asked next as the reading back of a change in doubt.
    pub(crate) fn confirms(&mut self, doubt: Option<Doubt>) {
        if let Some(request) = self.request_mut() {
            request.confirms = doubt;
        }
    }

    /// The probe under way, and when it began.
    pub(crate) fn probe(&self) -> Option<(Attempt, u8)> {
        match self {
            Self::Calling {
                probe: Some(probe),
                began,
                ..
            } => Some((*probe, *began)),
            Self::Idle
            | Self::Deciding { .. }
            | Self::Calling { .. }
            | Self::Reporting { .. }
            | Self::Overriding { .. } => None,
        }
    }
}

/// Randomness of which nothing is random: the checker's choices are the
/// orders of events. Owners are unique because they number themselves.
#[derive(Debug)]
pub(crate) struct Draws {
    pub(crate) owner: LeaseOwner,
}

impl Entropy for Draws {
    fn uniform(&mut self) -> f64 {
        0.5
    }

    fn owner(&mut self) -> LeaseOwner {
        self.owner
    }
}
