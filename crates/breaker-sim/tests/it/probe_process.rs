//! A breaker made for tests: it does what its rules say and tells what it saw.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use breaker_core::{Consistency, Outcome, Timestamp};
use breaker_sim::process::{
    Answer, CircuitState, ConditionFailed, Decision, Process, Request, Stored,
};

/// What every environment does.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) before: Option<Operation>,
    pub(crate) beside: Option<Operation>,
    pub(crate) after: Option<Operation>,
    pub(crate) timeout: Duration,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            before: None,
            beside: None,
            after: None,
            timeout: Duration::from_millis(250),
            seen: Arc::default(),
        }
    }
}

impl Rules {
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// What an environment saw, and when by its clock.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen {
    Begun(u64, u64),
    Answered(u64, u64, Answer<Counter>),
    Ended(u64, u64, Outcome),
}

/// What the store is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    ReadEventual,
    ReadLatest,
    /// Counts one up.
    Add,
    /// Counts one up in a transaction.
    Transact,
    /// Never succeeds.
    Refuse,
}

/// A number in the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counter(pub(crate) u64);

impl Stored for Counter {
    fn size(&self) -> u64 {
        100
    }

    fn state(&self) -> CircuitState {
        CircuitState::Closed
    }
}

#[derive(Debug)]
pub(crate) struct ProbeProcess {
    id: u64,
    rules: Rules,
}

impl ProbeProcess {
    fn note(&self, seen: Seen) {
        self.rules.seen.lock().unwrap().push(seen);
    }
}

impl Process for ProbeProcess {
    type Rules = Rules;
    type Permit = Option<Operation>;
    type AdmissionRequest = Operation;
    type ReportRequest = Operation;
    type Operation = Operation;
    type Record = Counter;

    fn start(rules: &Rules, seed: u64) -> Self {
        Self {
            id: seed,
            rules: rules.clone(),
        }
    }

    fn begin(&mut self, now: Timestamp) -> Decision<Self> {
        self.note(Seen::Begun(self.id, now.as_unix_ms()));
        match self.rules.before {
            Some(operation) => Decision::Pending(operation),
            None => Decision::Admitted(self.rules.beside),
        }
    }

    fn answer_admission(
        &mut self,
        _: Operation,
        answer: Answer<Counter>,
        now: Timestamp,
    ) -> Decision<Self> {
        self.note(Seen::Answered(self.id, now.as_unix_ms(), answer));
        Decision::Admitted(self.rules.beside)
    }

    fn end(&mut self, _: Option<Operation>, outcome: Outcome, now: Timestamp) -> Option<Operation> {
        self.note(Seen::Ended(self.id, now.as_unix_ms(), outcome));
        self.rules.after
    }

    fn answer_report(
        &mut self,
        _: Operation,
        answer: Answer<Counter>,
        now: Timestamp,
    ) -> Option<Operation> {
        self.note(Seen::Answered(self.id, now.as_unix_ms(), answer));
        None
    }

    fn is_probe(_: &Option<Operation>) -> bool {
        false
    }

    fn beside(permit: &mut Option<Operation>) -> Option<Operation> {
        permit.take()
    }

    fn admission_operation(request: &Operation) -> Operation {
        *request
    }

    fn report_operation(request: &Operation) -> Operation {
        *request
    }

    fn request(operation: &Operation) -> Request {
        match operation {
            Operation::ReadEventual => Request::Read(Consistency::Eventual),
            Operation::ReadLatest => Request::Read(Consistency::Strong),
            Operation::Add | Operation::Refuse => Request::Write,
            Operation::Transact => Request::Transaction,
        }
    }

    fn write(
        operation: &Operation,
        found: &Counter,
        _: Timestamp,
    ) -> Result<Counter, ConditionFailed> {
        match operation {
            Operation::Refuse => Err(ConditionFailed),
            _ => Ok(Counter(found.0 + 1)),
        }
    }

    fn store_timeout(rules: &Rules) -> Duration {
        rules.timeout
    }
}
