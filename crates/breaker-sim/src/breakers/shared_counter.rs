//! Counts in the store at each call: a model of circuitbreaker-lambda 1.0
//! (Node.js), by its sources (`src/index.ts`, `src/types.ts`,
//! `src/dynamodb-provider.ts`).
//!
//! Its defaults: no cache, so each call reads the record before it is made,
//! eventually consistent, and writes all of it when it is over; whoever writes
//! last wins. 5 failures open for 10 s, doubled with each failed recovery up
//! to 60 s; when that is over every call that finds it so passes, until one of
//! them has written; 2 successes close. Failures are forgotten only if none
//! has come for 60 s; successes in between do not matter. If the record cannot
//! be read, what this environment knew holds; if it cannot be written, nothing
//! happens.
//!
//! Requests are those of the AWS SDK for JavaScript: up to 3 attempts, a
//! throttled one repeated after up to 500 ms · 2ⁿ. Given to it as a benefit:
//! an answer is waited for no longer than 60 s, where the SDK waits without end,
//! and a request that is not answered is not repeated. Lambda's own time-out,
//! which would end the wait together with the call, is not modelled.

use std::time::Duration;

use breaker_core::{Consistency, Outcome, Timestamp};

use crate::process::{
    Answer, CircuitState, ConditionFailed, Decision, Process, Refusal, Request, Stored,
};

const FAILURES_TO_OPEN: u32 = 5;
const SUCCESSES_TO_CLOSE: u32 = 2;
const OPEN_MS: u64 = 10_000;
const LONGEST_OPEN_MS: u64 = 60_000;
const WINDOW_MS: u64 = 60_000;

/// One environment.
#[derive(Debug)]
pub struct SharedCounter {
    known: Counter,
}

/// The record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counter {
    state: CircuitState,
    failures: u32,
    successes: u32,
    next_attempt_ms: u64,
    last_failure_ms: u64,
    reopens: u32,
    is_written: bool,
}

/// What is asked of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// The record is read.
    Read,
    /// The record is replaced.
    Save(Counter),
}

/// What is asked before a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// How the circuit stands.
    Check,
    /// That this call tries the way back.
    Try(Counter),
}

impl Counter {
    fn open(&mut self, now_ms: u64) {
        self.reopens = match self.state {
            CircuitState::HalfOpen => self.reopens + 1,
            CircuitState::Closed | CircuitState::Open => 0,
        };
        self.state = CircuitState::Open;
        let grown = OPEN_MS << self.reopens.min(16);
        self.next_attempt_ms = now_ms + grown.min(LONGEST_OPEN_MS);
    }

    fn fail(&mut self, now_ms: u64) {
        self.failures += 1;
        self.last_failure_ms = now_ms;
        if self.state == CircuitState::HalfOpen || self.failures >= FAILURES_TO_OPEN {
            self.open(now_ms);
        }
    }

    fn succeed(&mut self) {
        if self.state != CircuitState::HalfOpen {
            return;
        }
        self.successes += 1;
        if self.successes >= SUCCESSES_TO_CLOSE {
            self.state = CircuitState::Closed;
            self.successes = 0;
            self.failures = 0;
            self.reopens = 0;
        }
    }
}

impl SharedCounter {
    /// `check`, once the record is known.
    fn check(&mut self, now: Timestamp) -> Decision<Self> {
        let now_ms = now.as_unix_ms();
        let known = &mut self.known;
        let forgotten =
            known.last_failure_ms > 0 && now_ms.saturating_sub(known.last_failure_ms) > WINDOW_MS;
        if known.state == CircuitState::Closed && forgotten {
            known.failures = 0;
        }
        if known.state != CircuitState::Open {
            return Decision::Admitted(*known);
        }
        if known.next_attempt_ms > now_ms {
            return Decision::Rejected(Refusal::Circuit);
        }
        known.state = CircuitState::HalfOpen;
        known.successes = 0;
        Decision::Pending(Before::Try(*known))
    }
}

impl Process for SharedCounter {
    type Rules = ();
    /// What the record was when the call was admitted: the call goes on from
    /// there, whatever others have written meanwhile.
    type Permit = Counter;
    type AdmissionRequest = Before;
    /// The record after a call.
    type ReportRequest = Counter;
    type Operation = Operation;
    type Record = Counter;

    fn start((): &(), _seed: u64) -> Self {
        Self {
            known: Counter::default(),
        }
    }

    fn begin(&mut self, _now: Timestamp) -> Decision<Self> {
        Decision::Pending(Before::Check)
    }

    fn answer_admission(
        &mut self,
        request: Before,
        answer: Answer<Counter>,
        now: Timestamp,
    ) -> Decision<Self> {
        match request {
            Before::Check => {
                if let Answer::Record(found) = answer
                    && found.is_written
                {
                    self.known = found;
                }
                self.check(now)
            }
            Before::Try(counter) => Decision::Admitted(counter),
        }
    }

    fn end(&mut self, mut permit: Counter, outcome: Outcome, now: Timestamp) -> Option<Counter> {
        if outcome == Outcome::Success {
            permit.succeed();
        } else {
            permit.fail(now.as_unix_ms());
        }
        self.known = permit;
        Some(permit)
    }

    fn answer_report(
        &mut self,
        _counter: Counter,
        _answer: Answer<Counter>,
        _now: Timestamp,
    ) -> Option<Counter> {
        None
    }

    fn is_probe(permit: &Counter) -> bool {
        permit.state == CircuitState::HalfOpen
    }

    fn admission_operation(request: &Before) -> Operation {
        match request {
            Before::Check => Operation::Read,
            Before::Try(counter) => Operation::Save(*counter),
        }
    }

    fn report_operation(counter: &Counter) -> Operation {
        Operation::Save(*counter)
    }

    fn request(operation: &Operation) -> Request {
        match operation {
            Operation::Read => Request::Read(Consistency::Eventual),
            Operation::Save(_) => Request::Write,
        }
    }

    fn write(
        operation: &Operation,
        found: &Counter,
        _now: Timestamp,
    ) -> Result<Counter, ConditionFailed> {
        match *operation {
            Operation::Read => Ok(*found),
            Operation::Save(counter) => Ok(Counter {
                is_written: true,
                ..counter
            }),
        }
    }

    fn store_timeout((): &()) -> Duration {
        Duration::from_mins(1)
    }

    fn repeat_after(attempt: u32, draw: f64) -> Option<Duration> {
        let longest = Duration::from_millis(500 << attempt.min(8).saturating_sub(1));
        (attempt <= 2).then(|| longest.mul_f64(draw))
    }
}

impl Stored for Counter {
    fn size(&self) -> u64 {
        if self.is_written { 180 } else { 0 }
    }

    fn state(&self) -> CircuitState {
        self.state
    }
}
