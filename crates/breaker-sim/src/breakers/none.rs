//! No breaker: what the dependency's callers suffer and do to it by themselves.

use std::{convert::Infallible, time::Duration};

use breaker_core::{Outcome, Timestamp};

use crate::process::{Answer, CircuitState, ConditionFailed, Decision, Process, Request, Stored};

/// An environment that makes every call.
#[derive(Debug)]
pub struct NoBreaker;

/// No record.
#[derive(Debug, Clone, Default)]
pub struct NoRecord;

impl Process for NoBreaker {
    type Rules = ();
    type Permit = ();
    type AdmissionRequest = Infallible;
    type ReportRequest = Infallible;
    type Operation = Infallible;
    type Record = NoRecord;

    fn start((): &(), _seed: u64) -> Self {
        Self
    }

    fn begin(&mut self, _now: Timestamp) -> Decision<Self> {
        Decision::Admitted(())
    }

    fn answer_admission(
        &mut self,
        request: Infallible,
        _answer: Answer<NoRecord>,
        _now: Timestamp,
    ) -> Decision<Self> {
        match request {}
    }

    fn end(&mut self, (): (), _outcome: Outcome, _now: Timestamp) -> Option<Infallible> {
        None
    }

    fn answer_report(
        &mut self,
        request: Infallible,
        _answer: Answer<NoRecord>,
        _now: Timestamp,
    ) -> Option<Infallible> {
        match request {}
    }

    fn is_probe((): &()) -> bool {
        false
    }

    fn admission_operation(request: &Infallible) -> Infallible {
        *request
    }

    fn report_operation(request: &Infallible) -> Infallible {
        *request
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
