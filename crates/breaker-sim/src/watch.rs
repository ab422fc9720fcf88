//! Watching a run, step by step.
//!
//! Figures say what a run came to. Whether every single step on the way was
//! allowed is for an observer to decide, who is shown each as it happens.

use breaker_core::{Outcome, Timestamp};

use crate::{
    process::{Answer, Process, Refusal},
    store::Cost,
    units::Micros,
};

/// Somebody who is shown every step of a run.
pub trait Watch<P: Process> {
    /// An environment has done something, or something was done for it.
    fn see(&mut self, moment: Moment, who: Who, event: StepEvent<'_, P>);

    /// An operator has written to the record.
    fn see_override(&mut self, _moment: Moment, _before: &P::Record, _after: &P::Record) {}
}

/// A moment of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Since the start of the warm-up.
    pub at: Micros,
    /// What a clock that is right shows.
    pub right: Timestamp,
}

/// An environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    /// Its number in the fleet. A cold one inherits it from one that vanished.
    pub environment: u32,
    /// What its clock shows.
    pub clock: Timestamp,
}

/// The name of a call. No two calls of a run share one.
pub type CallId = u64;

/// One step.
#[derive(Debug)]
pub enum StepEvent<'s, P: Process> {
    /// A call arrives.
    Arrives,
    /// A call passes.
    Admitted {
        /// The call.
        call: CallId,
        /// Its permit.
        permit: &'s P::Permit,
        /// Whether the store is asked beside it.
        asks_beside: bool,
    },
    /// A call does not pass.
    Refused {
        /// Who refuses it.
        by: Refusal,
    },
    /// The dependency has answered a call, or the call was given up.
    Ends {
        /// The call.
        call: CallId,
        /// What became of it.
        outcome: Outcome,
    },
    /// The environment vanishes with all its calls.
    Vanishes,
    /// The store is going to be asked.
    Asks {
        /// On behalf of this call.
        call: CallId,
        /// What is asked.
        operation: &'s P::Operation,
    },
    /// A request has reached the item. The environment may be gone by now.
    Served {
        /// On behalf of this call.
        call: CallId,
        /// What was asked.
        operation: &'s P::Operation,
        /// What the environment's clock showed when it asked.
        sent: Timestamp,
        /// The record before.
        before: &'s P::Record,
        /// The record after.
        after: &'s P::Record,
        /// What that cost.
        cost: Cost,
    },
    /// The store's answer is there, or is no longer waited for.
    Hears {
        /// On behalf of this call.
        call: CallId,
        /// What was asked.
        operation: &'s P::Operation,
        /// What is answered.
        answer: &'s Answer<P::Record>,
    },
}

/// Whoever watches a run, if anybody does.
pub(crate) struct Audience<'a, P: Process>(pub(crate) Option<&'a mut dyn Watch<P>>);

impl<P: Process> Audience<'_, P> {
    pub(crate) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn see(&mut self, moment: Moment, who: Who, event: StepEvent<'_, P>) {
        if let Some(watch) = &mut self.0 {
            watch.see(moment, who, event);
        }
    }

    pub(crate) fn see_override(&mut self, moment: Moment, before: &P::Record, after: &P::Record) {
        if let Some(watch) = &mut self.0 {
            watch.see_override(moment, before, after);
        }
    }
}
