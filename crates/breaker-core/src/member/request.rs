//! Requests for the store, and how the member goes on with their answers.
//!
//! There is one kind for each of the member's machines: a call that waits to be
//! decided about, a report that nobody waits for, an operator's override. What
//! follows an answer is part of the request, so an answer cannot reach a
//! machine that has no use for it.

use super::{Operation, commit::Commit, contact::Contact};
use crate::protocol::{LeaseIndex, LeaseOwner};

/// A request on behalf of a call that waits to be decided about.
///
/// Perform the operation and give the answer to
/// [`Member::answer_admission`](super::Member::answer_admission). Dropping it
/// drops the call.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub struct AdmissionRequest(
    // On the heap, so that decisions that ask for nothing stay small.
    pub(super) Box<Admitting>,
);

/// What a call waits for.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) enum Admitting {
    /// The record; then the call is decided about.
    Contact(Contact),
    /// A transition that the record calls for; then the call is decided about.
    Transition(Commit),
    /// A lease; with it the call becomes a probe.
    Lease(LeaseBid, Commit),
}

/// A call's bid for a place among the probes.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) struct LeaseBid {
    /// The place.
    pub(super) index: LeaseIndex,
    /// The call.
    pub(super) owner: LeaseOwner,
    /// How many more times it may bid.
    pub(super) attempts_left: u32,
}

/// A request that no call waits for: a report of what was counted, a look at
/// the record, or a probe's result.
///
/// Perform the operation and give the answer to
/// [`Member::answer_report`](super::Member::answer_report). Dropping it loses
/// what was counted, and no more.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub struct ReportRequest(pub(super) Box<Reporting>);

/// What is done that no call waits for.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) enum Reporting {
    /// A look at the record, or a report.
    Contact(Contact),
    /// A probe's result.
    Probe(Commit),
    /// A transition that the record calls for.
    Transition(Commit),
}

impl AdmissionRequest {
    pub(super) fn new(admitting: Admitting) -> Self {
        Self(Box::new(admitting))
    }

    /// What to ask the store.
    pub fn operation(&self) -> Operation {
        match &*self.0 {
            Admitting::Contact(contact) => contact.operation(),
            Admitting::Transition(commit) | Admitting::Lease(_, commit) => commit.operation(),
        }
    }
}

impl ReportRequest {
    pub(super) fn new(reporting: Reporting) -> Self {
        Self(Box::new(reporting))
    }

    /// What to ask the store.
    pub fn operation(&self) -> Operation {
        match &*self.0 {
            Reporting::Contact(contact) => contact.operation(),
            Reporting::Probe(commit) | Reporting::Transition(commit) => commit.operation(),
        }
    }
}
