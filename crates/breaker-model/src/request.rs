//! What is on its way between an environment and the store.

use breaker_core::{
    Change, Record, StoreError, Timestamp,
    member::Operation,
    protocol::{Epoch, LeaseIndex, LeaseOwner, Phase},
};

use crate::Shared;

/// A request that has been sent. How its environment goes on with the answer is
/// for the lane to know.
#[derive(Debug, Clone, Hash)]
pub struct Request {
    /// What is asked.
    pub operation: Operation,
    /// The tick at which it was sent.
    pub sent: u8,
    /// What the sender's clock showed.
    pub at: Timestamp,
    /// How far it got.
    pub stage: Stage,
    /// What it finds out after an answer was lost, if that is what it is for.
    pub confirms: Option<Doubt>,
}

/// How far a request got.
#[derive(Debug, Clone, Hash)]
pub enum Stage {
    /// It has not reached the store.
    Sent,
    /// The store has done it and this answer is on its way.
    Answered(Result<Shared<Record>, StoreError>),
}

/// A change that may or may not have been made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// A lease, taken or by opening the way back.
    Lease,
    /// An operator's override.
    Override,
    /// Any other change of the record.
    Other,
}

impl Request {
    pub(crate) fn new(operation: Operation, sent: u8, at: Timestamp) -> Self {
        Self {
            operation,
            sent,
            at,
            stage: Stage::Sent,
            confirms: None,
        }
    }

    pub(crate) fn is_sent(&self) -> bool {
        matches!(self.stage, Stage::Sent)
    }

    pub(crate) fn change(&self) -> Option<&Change> {
        match &self.operation {
            Operation::Load(_) => None,
            Operation::Apply { change, .. } => Some(change),
        }
    }

    /// The lease that the request asks for.
    pub(crate) fn attempt(&self) -> Option<Attempt> {
        match &self.operation {
            Operation::Load(_) => None,
            Operation::Apply { basis, change } => Attempt::by(basis, change),
        }
    }

    /// The doubt that there is if no answer to this request comes. Reports are
    /// left to their fate: sums do not show what they are made of.
    pub(crate) fn doubt(&self) -> Option<Doubt> {
        match self.change()? {
            Change::Report(_) => None,
            Change::PlaceOverride(_) | Change::WithdrawOverride { .. } => Some(Doubt::Override),
            _ if self.attempt().is_some() => Some(Doubt::Lease),
            _ => Some(Doubt::Other),
        }
    }
}

/// A call's bid for a place among the probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attempt {
    pub(crate) epoch: Epoch,
    pub(crate) index: LeaseIndex,
    pub(crate) owner: LeaseOwner,
}

impl Attempt {
    /// The bid that `change`, decided on `basis`, makes, if it does.
    pub(crate) fn by(basis: &Record, change: &Change) -> Option<Self> {
        match change {
            Change::TakeLease { index, lease } => Some(Self {
                epoch: basis.epoch,
                index: *index,
                owner: lease.owner,
            }),
            Change::Transition {
                to: Phase::HalfOpen { leases, .. },
                ..
            } => leases.iter().next().map(|(index, lease)| Self {
                epoch: basis.epoch.next(),
                index: *index,
                owner: lease.owner,
            }),
            _ => None,
        }
    }
}
