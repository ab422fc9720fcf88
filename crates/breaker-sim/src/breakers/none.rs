//! No breaker: what the dependency's callers suffer and do to it by themselves.

use std::{convert::Infallible, time::Duration};

use breaker_core::{Outcome, Timestamp};

use crate::process::{Answer, CircuitState, ConditionFailed, Process, Request, Step, Stored};

/// An environment that makes every call.
#[derive(Debug)]
pub struct NoBreaker;

/// No record.
#[derive(Debug, Clone, Default)]
pub struct NoRecord;

impl Process for NoBreaker {
    type Rules = ();
    type Permit = ();
    type Errand = Infallible;
    type Operation = Infallible;
    type Record = NoRecord;

    fn start((): &(), _seed: u64) -> Self {
        Self
    }

    fn begin(&mut self, _now: Timestamp) -> Step<Self> {
        Step::Admitted(())
    }

    fn answer(
        &mut self,
        errand: Infallible,
        _answer: Answer<NoRecord>,
        _now: Timestamp,
    ) -> Step<Self> {
        match errand {}
    }

    fn end(&mut self, (): (), _outcome: Outcome, _now: Timestamp) -> Step<Self> {
        Step::Done
    }

    fn is_probe((): &()) -> bool {
        false
    }

    fn operation(errand: &Infallible) -> &Infallible {
        errand
    }

    fn request(operation: &Infallible) -> Request {
        match *operation {}
    }

    fn write(
        operation: &Infallible,
        _found: &NoRecord,
        _now: Timestamp,
    ) -> Result<NoRecord, ConditionFailed> {
        match *operation {}
    }

    fn store_timeout((): &()) -> Duration {
        Duration::ZERO
    }
}

impl Stored for NoRecord {
    fn size(&self) -> u64 {
        0
    }

    fn state(&self) -> CircuitState {
        CircuitState::Closed
    }
}
