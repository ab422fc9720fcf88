//! What the store is to be asked, and what for.

use std::sync::Arc;

use super::permit::Probe;
use crate::{
    protocol::{Change, ProbePlan, Record},
    store::{Reading, StoreError},
};

/// An operation for the store and what its answer is needed for.
///
/// Perform the operation and give the answer to
/// [`Member::answer`](super::Member::answer). Dropping it is allowed.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub struct Errand(
    // On the heap, so that the steps of calls that ask nobody stay small.
    Box<Content>,
);

#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) struct Content {
    pub(super) operation: Operation,
    pub(super) purpose: Purpose,
}

impl Errand {
    pub(super) fn new(operation: Operation, purpose: Purpose) -> Self {
        Self(Box::new(Content { operation, purpose }))
    }

    pub(super) fn content(self) -> Content {
        *self.0
    }

    /// What to ask the store.
    pub fn operation(&self) -> &Operation {
        &self.0.operation
    }
}

/// An operation of a [`StateStore`](crate::StateStore).
#[derive(Debug, Clone)]
#[cfg_attr(feature = "model", derive(Hash))]
pub enum Operation {
    /// [`StateStore::load`](crate::StateStore::load).
    Load(Reading),
    /// [`StateStore::apply`](crate::StateStore::apply).
    Apply {
        /// The record that the change was decided on.
        basis: Arc<Record>,
        /// The change.
        change: Change,
    },
}

/// What an answer is needed for.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) enum Purpose {
    /// To know and to tell; `then` says who waits.
    Contact(Then),
    /// To make a change for certain.
    Commit(Commit),
    /// To find out whether a change was made whose answer was lost.
    Confirm(Commit, StoreError),
}

/// What follows a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(super) enum Then {
    /// A call waits to be decided about.
    Decide,
    /// Nobody waits.
    Nothing,
}

/// A change that must not be lost, doubled or assumed.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) struct Commit {
    pub(super) basis: Arc<Record>,
    pub(super) change: Change,
    pub(super) aim: Aim,
}

/// What a change is for.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) enum Aim {
    /// A call wants to be a probe; so many more times it may try.
    Lease(ProbePlan, u32),
    /// A probe gives its result.
    Settle,
    /// The record itself called for it.
    Due(Then),
}

impl Errand {
    pub(super) fn commit(basis: Arc<Record>, change: Change, aim: Aim) -> Self {
        let operation = Operation::Apply {
            basis: Arc::clone(&basis),
            change: change.clone(),
        };
        Self::new(operation, Purpose::Commit(Commit { basis, change, aim }))
    }

    pub(super) fn settle(probe: &Probe, change: Change) -> Self {
        Self::commit(Arc::clone(&probe.granted), change, Aim::Settle)
    }
}
