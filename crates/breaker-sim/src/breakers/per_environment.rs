//! Counts in each environment and shares the state: a model of Powertools for
//! AWS Lambda (Python), `circuit_breaker_alpha`, by its sources of release
//! 3.31 and later (`base.py`, `config.py`, `persistence/base.py`,
//! `persistence/dynamodb.py`).
//!
//! Its defaults: 5 consecutive failures in one environment open; a record is
//! read, eventually consistent and before the call, when the cached one is 5 s
//! old; after 30 s open one environment takes the lease and probes, for at
//! most 30 s; 3 successes in a row in that environment close; a failure opens
//! again for as long. Times are whole seconds by the environment's clock.
//! Opening, closing and reopening are written unconditionally. A read that
//! fails counts as closed; a transition that cannot be written is skipped,
//! and the local cache stays as it was.
//!
//! Requests are boto3's: an answer is waited for 60 s, and a throttled request
//! is repeated up to 9 times, after up to 50 ms · 2ⁿ. Given to it as a
//! benefit: a request that is not answered is not repeated. Lambda's own
//! time-out, which would end the wait together with the call, is not modelled.

use std::time::Duration;

use breaker_core::{Consistency, Outcome, Timestamp};

use crate::process::{
    Answer, CircuitState, ConditionFailed, Decision, Process, Refusal, Request, Stored,
};

const FAILURES_TO_OPEN: u32 = 5;
const RECOVERY_S: u64 = 30;
const SUCCESSES_TO_CLOSE: u32 = 3;
const CACHE_S: u64 = 5;

/// One environment.
#[derive(Debug)]
pub struct PerEnvironment {
    owner: u64,
    failures: u32,
    successes: u32,
    /// What was read or written last, and until when that holds.
    cached: Option<(u64, Shared)>,
    /// The state that the last call met.
    observed: Option<CircuitState>,
    /// Whether this environment's probe is under way: another call of it would
    /// be another thread, with another name.
    probing: bool,
}

/// The record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shared {
    state: CircuitState,
    opened_at_s: Option<u64>,
    prober: Option<u64>,
    lease_until_s: Option<u64>,
    is_written: bool,
}

/// The right to make one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// The circuit is closed.
    Closed,
    /// It is half open, and this environment has the lease.
    Probe,
}

/// What is asked of the store before a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// `get_state`
    Read,
    /// `try_acquire_half_open`
    Acquire {
        /// When the circuit opened, as far as this environment knows.
        opened_at_s: u64,
        /// This environment.
        owner: u64,
    },
}

/// What is asked of the store after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// `save_open` replaces the record.
    SaveOpen,
    /// `save_reopen` updates it.
    SaveReopen,
    /// `save_closed` updates it.
    SaveClosed,
}

/// What is asked of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Before a call.
    Before(Before),
    /// After a call.
    After(After),
}

fn seconds(now: Timestamp) -> u64 {
    now.as_unix_ms() / 1_000
}

impl PerEnvironment {
    fn cache(&mut self, record: Shared, now: Timestamp) {
        self.cached = Some((seconds(now) + CACHE_S, record));
    }

    /// `CircuitBreakerHandler.handle`, once the record is known.
    fn handle(&mut self, record: Shared, now: Timestamp) -> Decision<Self> {
        let before = self.observed.replace(record.state);
        match record.state {
            CircuitState::Closed => {
                if before.is_some_and(|before| before != CircuitState::Closed) {
                    self.failures = 0;
                }
                Decision::Admitted(Permit::Closed)
            }
            CircuitState::Open => {
                let opened_at_s = record.opened_at_s.unwrap_or(seconds(now));
                if seconds(now) >= opened_at_s + RECOVERY_S {
                    self.acquire(opened_at_s)
                } else {
                    Decision::Rejected(Refusal::Circuit)
                }
            }
            CircuitState::HalfOpen => {
                let expired = |until: u64| seconds(now) >= until;
                if record.prober == Some(self.owner) && !self.probing {
                    self.probe()
                } else if record.lease_until_s.is_some_and(expired) && !self.probing {
                    self.acquire(record.opened_at_s.unwrap_or(0))
                } else {
                    Decision::Rejected(Refusal::Circuit)
                }
            }
        }
    }

    fn acquire(&self, opened_at_s: u64) -> Decision<Self> {
        Decision::Pending(Before::Acquire {
            opened_at_s,
            owner: self.owner,
        })
    }

    fn probe(&mut self) -> Decision<Self> {
        self.probing = true;
        Decision::Admitted(Permit::Probe)
    }

    fn end_closed(&mut self, success: bool) -> Option<After> {
        if success {
            self.failures = 0;
            return None;
        }
        self.failures += 1;
        if self.failures < FAILURES_TO_OPEN {
            return None;
        }
        self.failures = 0;
        Some(After::SaveOpen)
    }

    fn end_probe(&mut self, success: bool) -> Option<After> {
        self.probing = false;
        if !success {
            self.successes = 0;
            return Some(After::SaveReopen);
        }
        self.successes += 1;
        if self.successes < SUCCESSES_TO_CLOSE {
            return None;
        }
        self.successes = 0;
        self.failures = 0;
        Some(After::SaveClosed)
    }
}

impl Process for PerEnvironment {
    type Rules = ();
    type Permit = Permit;
    type AdmissionRequest = Before;
    type ReportRequest = After;
    type Operation = Operation;
    type Record = Shared;

    fn start((): &(), seed: u64) -> Self {
        Self {
            owner: seed,
            failures: 0,
            successes: 0,
            cached: None,
            observed: None,
            probing: false,
        }
    }

    fn begin(&mut self, now: Timestamp) -> Decision<Self> {
        match self.cached {
            Some((until, record)) if seconds(now) < until => self.handle(record, now),
            Some(_) | None => Decision::Pending(Before::Read),
        }
    }

    fn answer_admission(
        &mut self,
        request: Before,
        answer: Answer<Shared>,
        now: Timestamp,
    ) -> Decision<Self> {
        match (request, answer) {
            (Before::Read, Answer::Record(record)) => {
                self.cache(record, now);
                self.handle(record, now)
            }
            // Fails open, and reads again for the next call.
            (Before::Read, _) => self.handle(Shared::default(), now),
            (Before::Acquire { .. }, Answer::Record(record)) => {
                self.cache(record, now);
                self.probe()
            }
            // Lost the race, or raised an error: the call is not made.
            (Before::Acquire { .. }, _) => Decision::Rejected(Refusal::Circuit),
        }
    }

    fn answer_report(
        &mut self,
        _request: After,
        answer: Answer<Shared>,
        now: Timestamp,
    ) -> Option<After> {
        if let Answer::Record(record) = answer {
            self.cache(record, now);
        }
        None
    }

    fn end(&mut self, permit: Permit, outcome: Outcome, _now: Timestamp) -> Option<After> {
        let success = outcome == Outcome::Success;
        match permit {
            Permit::Closed => self.end_closed(success),
            Permit::Probe => self.end_probe(success),
        }
    }

    fn is_probe(permit: &Permit) -> bool {
        *permit == Permit::Probe
    }

    fn admission_operation(request: &Before) -> Operation {
        Operation::Before(*request)
    }

    fn report_operation(request: &After) -> Operation {
        Operation::After(*request)
    }

    fn request(operation: &Operation) -> Request {
        match operation {
            Operation::Before(Before::Read) => Request::Read(Consistency::Eventual),
            Operation::Before(Before::Acquire { .. }) | Operation::After(_) => Request::Write,
        }
    }

    fn write(
        operation: &Operation,
        found: &Shared,
        now: Timestamp,
    ) -> Result<Shared, ConditionFailed> {
        let now_s = seconds(now);
        let state = |state, opened_at_s| Shared {
            state,
            opened_at_s,
            prober: None,
            lease_until_s: None,
            is_written: true,
        };
        match *operation {
            Operation::Before(Before::Read) => Ok(*found),
            Operation::Before(Before::Acquire { opened_at_s, owner }) => {
                let is_free = match found.state {
                    CircuitState::Closed => false,
                    CircuitState::Open => {
                        found.prober.is_none() && found.opened_at_s == Some(opened_at_s)
                    }
                    CircuitState::HalfOpen => {
                        found.lease_until_s.is_some_and(|until| until <= now_s)
                    }
                };
                let taken = Shared {
                    prober: Some(owner),
                    lease_until_s: Some(now_s + RECOVERY_S),
                    ..state(CircuitState::HalfOpen, Some(opened_at_s))
                };
                is_free.then_some(taken).ok_or(ConditionFailed)
            }
            Operation::After(After::SaveOpen | After::SaveReopen) => {
                Ok(state(CircuitState::Open, Some(now_s)))
            }
            Operation::After(After::SaveClosed) => Ok(state(CircuitState::Closed, None)),
        }
    }

    fn store_timeout((): &()) -> Duration {
        Duration::from_mins(1)
    }

    fn repeat_after(attempt: u32, draw: f64) -> Option<Duration> {
        let longest = Duration::from_millis(50 << attempt.min(16).saturating_sub(1));
        (attempt <= 9).then(|| longest.mul_f64(draw))
    }
}

impl Stored for Shared {
    fn size(&self) -> u64 {
        if self.is_written { 150 } else { 0 }
    }

    fn state(&self) -> CircuitState {
        self.state
    }
}
