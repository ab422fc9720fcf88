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

use breaker_core::{Outcome, Reading, Timestamp};

use crate::process::{
    Answer, CircuitState, ConditionFailed, Process, Refusal, Request, Step, Stored,
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
    /// Before a call.
    Read,
    /// Before a call: this one tries the way back.
    SaveHalfOpen(Counter),
    /// After a call.
    Save(Counter),
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
    fn check(&mut self, now: Timestamp) -> Step<Self> {
        let now_ms = now.as_unix_ms();
        let known = &mut self.known;
        let forgotten =
            known.last_failure_ms > 0 && now_ms.saturating_sub(known.last_failure_ms) > WINDOW_MS;
        if known.state == CircuitState::Closed && forgotten {
            known.failures = 0;
        }
        if known.state != CircuitState::Open {
            return Step::Admitted(*known);
        }
        if known.next_attempt_ms > now_ms {
            return Step::Rejected(Refusal::Circuit);
        }
        known.state = CircuitState::HalfOpen;
        known.successes = 0;
        Step::Ask(Operation::SaveHalfOpen(*known))
    }
}

impl Process for SharedCounter {
    type Rules = ();
    /// What the record was when the call was admitted: the call goes on from
    /// there, whatever others have written meanwhile.
    type Permit = Counter;
    type Errand = Operation;
    type Operation = Operation;
    type Record = Counter;

    fn start((): &(), _seed: u64) -> Self {
        Self {
            known: Counter::default(),
        }
    }

    fn begin(&mut self, _now: Timestamp) -> Step<Self> {
        Step::Ask(Operation::Read)
    }

    fn answer(&mut self, errand: Operation, answer: Answer<Counter>, now: Timestamp) -> Step<Self> {
        match errand {
            Operation::Read => {
                if let Answer::Record(found) = answer
                    && found.is_written
                {
                    self.known = found;
                }
                self.check(now)
            }
            Operation::SaveHalfOpen(counter) => Step::Admitted(counter),
            Operation::Save(_) => Step::Done,
        }
    }

    fn end(&mut self, mut permit: Counter, outcome: Outcome, now: Timestamp) -> Step<Self> {
        if outcome == Outcome::Success {
            permit.succeed();
        } else {
            permit.fail(now.as_unix_ms());
        }
        self.known = permit;
        Step::Ask(Operation::Save(permit))
    }

    fn is_probe(permit: &Counter) -> bool {
        permit.state == CircuitState::HalfOpen
    }

    fn operation(errand: &Operation) -> &Operation {
        errand
    }

    fn request(operation: &Operation) -> Request {
        match operation {
            Operation::Read => Request::Read(Reading::Eventual),
            Operation::SaveHalfOpen(_) | Operation::Save(_) => Request::Write,
        }
    }

    fn write(
        operation: &Operation,
        found: &Counter,
        _now: Timestamp,
    ) -> Result<Counter, ConditionFailed> {
        match *operation {
            Operation::Read => Ok(*found),
            Operation::SaveHalfOpen(counter) | Operation::Save(counter) => Ok(Counter {
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
