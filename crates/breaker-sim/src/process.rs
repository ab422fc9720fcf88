//! What the engine knows of a breaker: one environment's side of it.
//!
//! Every kind of breaker is driven alike, as [`breaker_core::member`] is: it
//! decides about a call, or hands out a request for the store and decides when
//! the answer is there. So the comparison is one of protocols and not of
//! harnesses.

use std::{fmt, time::Duration};

use breaker_core::{Consistency, Outcome, OverrideMode, Timestamp};

/// One environment's side of one circuit.
pub trait Process: Sized {
    /// What all environments of a fleet share: the rules.
    type Rules;
    /// The right to make one call.
    type Permit;
    /// What a call that waits to be decided about asks of the store.
    type AdmissionRequest;
    /// What is asked of the store beside a call, or after it.
    type ReportRequest;
    /// What is asked.
    type Operation: Clone;
    /// What the store keeps.
    type Record: Stored;

    /// An environment that has just started.
    fn start(rules: &Self::Rules, seed: u64) -> Self;

    /// A call arrives.
    fn begin(&mut self, now: Timestamp) -> Decision<Self>;

    /// The store has answered a call that waits.
    fn answer_admission(
        &mut self,
        request: Self::AdmissionRequest,
        answer: Answer<Self::Record>,
        now: Timestamp,
    ) -> Decision<Self>;

    /// A call has ended. Gives what there is to report.
    fn end(
        &mut self,
        permit: Self::Permit,
        outcome: Outcome,
        now: Timestamp,
    ) -> Option<Self::ReportRequest>;

    /// The store has answered a report. Gives what there is still to do.
    fn answer_report(
        &mut self,
        request: Self::ReportRequest,
        answer: Answer<Self::Record>,
        now: Timestamp,
    ) -> Option<Self::ReportRequest>;

    /// Whether calls that wait for the store wait for one another as well; if
    /// so, those that waited for another's request are to
    /// [reconsider](Self::reconsider) theirs.
    const TAKES_TURNS: bool = false;

    /// Another call has asked the store while this one waited for its turn.
    fn reconsider(&mut self, request: Self::AdmissionRequest, _now: Timestamp) -> Decision<Self> {
        Decision::Pending(request)
    }

    /// Whether the call is a probe.
    fn is_probe(permit: &Self::Permit) -> bool;

    /// How long the call may take, if the breaker limits it.
    fn limit(_permit: &Self::Permit) -> Option<Duration> {
        None
    }

    /// A request to perform beside the call.
    fn beside(_permit: &mut Self::Permit) -> Option<Self::ReportRequest> {
        None
    }

    /// What a call that waits asks of the store.
    fn admission_operation(request: &Self::AdmissionRequest) -> Self::Operation;

    /// What a report asks of the store.
    fn report_operation(request: &Self::ReportRequest) -> Self::Operation;

    /// How the store is to be asked.
    fn request(operation: &Self::Operation) -> Request;

    /// What a write makes of the record that it finds. `now` is the
    /// environment's clock when it asked.
    ///
    /// # Errors
    ///
    /// [`ConditionFailed`] if the write's condition does not hold.
    fn write(
        operation: &Self::Operation,
        found: &Self::Record,
        now: Timestamp,
    ) -> Result<Self::Record, ConditionFailed>;

    /// What an operator writes to place an override, who has just read the
    /// record; none if the breaker takes no orders.
    fn placed(
        _record: &Self::Record,
        _instruction: Instruction,
        _now: Timestamp,
    ) -> Option<Self::Operation> {
        None
    }

    /// How long an answer of the store is waited for.
    fn store_timeout(rules: &Self::Rules) -> Duration;

    /// After how long a refused request is sent again, the `attempt`th time,
    /// counted from 1; `draw` is uniform from 0 to 1.
    fn repeat_after(_attempt: u32, _draw: f64) -> Option<Duration> {
        None
    }

    /// How long after closing not all calls are admitted.
    fn ramp(_rules: &Self::Rules) -> Duration {
        Duration::ZERO
    }
}

/// What becomes of a call that arrives.
pub enum Decision<P: Process> {
    /// The call passes.
    Admitted(P::Permit),
    /// The call does not pass.
    Rejected(Refusal),
    /// The store must be asked first.
    Pending(P::AdmissionRequest),
}

/// Who refused a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The fleet's circuit.
    Circuit,
    /// The environment, for its own reasons.
    Itself,
}

/// What an operator orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// The order; none takes back the one that stands.
    pub mode: Option<OverrideMode>,
    /// For how long.
    pub lasts: Duration,
}

/// How the store is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// `GetItem`.
    Read(Consistency),
    /// `UpdateItem` or `PutItem`.
    Write,
    /// `TransactWriteItems` of the record and an event.
    Transaction,
}

/// A write's condition did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConditionFailed;

/// What the store answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<R> {
    /// The record that was read, or that a write left.
    Record(R),
    /// The condition did not hold for this record.
    Conflict(R),
    /// Refused: too much to do.
    Throttled,
    /// None came in time.
    Nothing,
}

/// A record as the store keeps it.
pub trait Stored: Clone + Default + fmt::Debug {
    /// How many bytes it takes.
    fn size(&self) -> u64;

    /// Where the circuit stands.
    fn state(&self) -> CircuitState;

    /// Until when it is open, by the clock of whoever opened it.
    fn open_until(&self) -> Option<Timestamp> {
        None
    }
}

/// Where a circuit stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CircuitState {
    /// Calls pass.
    #[default]
    Closed,
    /// Calls are refused.
    Open,
    /// The way back is tried.
    HalfOpen,
}
