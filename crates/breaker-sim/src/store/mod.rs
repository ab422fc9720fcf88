//! A DynamoDB with one item.
//!
//! What a write does is the breaker's own pure definition of it. What the
//! simulation adds is what a network and a busy partition add: time, stale
//! reads, throttling, answers that get lost, and faults by the scenario.

pub mod capacity;

use std::collections::VecDeque;

use breaker_core::{Consistency, Timestamp};
use fastrand::Rng;

use self::capacity::{
    Bucket, READ_UNITS_PER_S, WRITE_UNITS_PER_S, eventual_read_units, latest_read_units,
    write_units,
};
use crate::{
    process::{Answer, Process, Request, Stored},
    random::{LogNormal, Stream, stream},
    scenario::{Fault, FaultKind, StoreRules},
    units::{Micros, micros_of_ms, moment},
};

/// How much longer everything takes while the store is slow, unless a fault
/// says how long.
const SLOWNESS: f64 = 50.0;

/// The item that records an event: a transition is written together with one.
const EVENT_BYTES: u64 = 300;

/// One item and what can happen to it.
#[derive(Debug)]
pub struct Store<R> {
    /// What the item was, oldest first, as far back as reads may look. Never
    /// empty.
    versions: VecDeque<Version<R>>,
    read_units: Bucket,
    write_units: Bucket,
    latency: LogNormal,
    median: Micros,
    staleness: Micros,
    lost_reply_rate: f64,
    /// From then on no answer is lost.
    calm_from: Micros,
    faults: Vec<TimedFault>,
    rng: Rng,
}

#[derive(Debug)]
struct Version<R> {
    since: Micros,
    record: R,
}

#[derive(Debug)]
struct TimedFault {
    from: Micros,
    until: Micros,
    kind: FaultKind,
    /// Median, if it is slow.
    latency: Micros,
}

/// What became of a request.
#[derive(Debug)]
pub struct Served<R> {
    /// What the environment hears, unless that takes too long.
    pub answer: Answer<R>,
    /// What it cost.
    pub cost: Cost,
}

/// What a request cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cost {
    /// It never reached the item.
    Nothing,
    /// It was refused.
    Refused,
    /// It was a read.
    Read {
        /// Read request units.
        units: f64,
    },
    /// It was a write, or one whose condition did not hold.
    Write {
        /// Write request units.
        units: f64,
    },
}

impl<R: Stored> Store<R> {
    /// A store by a scenario's rules; time 0 is the start of the warm-up,
    /// which takes `warm_up`. From `calm_from` on no answer is lost.
    pub fn new(rules: &StoreRules, warm_up: Micros, calm_from: Micros, seed: u64) -> Self {
        let fault = |fault: &Fault| TimedFault {
            from: moment(warm_up, fault.at_s),
            until: moment(warm_up, fault.at_s + fault.for_s),
            kind: fault.kind,
            latency: micros_of_ms(fault.latency_ms.unwrap_or(rules.latency_ms * SLOWNESS)),
        };
        Self {
            versions: VecDeque::from([Version {
                since: 0,
                record: R::default(),
            }]),
            read_units: Bucket::full(READ_UNITS_PER_S),
            write_units: Bucket::full(WRITE_UNITS_PER_S),
            latency: LogNormal::new(0.5),
            median: micros_of_ms(rules.latency_ms),
            staleness: micros_of_ms(rules.stale_read_ms),
            lost_reply_rate: rules.lost_reply_rate,
            calm_from,
            faults: rules.faults.iter().map(fault).collect(),
            rng: stream(seed, Stream::Store),
        }
    }

    /// How long a request that is sent now is under way, to the item and back.
    pub fn round_trip(&mut self, now: Micros) -> Micros {
        let slow = self
            .fault(now)
            .filter(|fault| fault.kind == FaultKind::Slow);
        let median = slow.map_or(self.median, |fault| fault.latency);
        self.latency.draw(&mut self.rng, median)
    }

    /// Uniform from 0 to 1, for what else is random about requests.
    pub fn draw(&mut self) -> f64 {
        self.rng.f64()
    }

    /// The item as it is.
    pub fn current(&self) -> &R {
        &self.versions[self.versions.len() - 1].record
    }

    /// A request reaches the item; it was sent when the environment's clock
    /// showed `sent`.
    pub fn serve<P: Process<Record = R>>(
        &mut self,
        operation: &P::Operation,
        sent: Timestamp,
        now: Micros,
    ) -> Served<R> {
        match self.fault(now).map(|fault| fault.kind) {
            Some(FaultKind::Unavailable) => {
                return Served {
                    answer: Answer::Nothing,
                    cost: Cost::Nothing,
                };
            }
            Some(FaultKind::Throttled) => return refused(),
            Some(FaultKind::Slow) | None => {}
        }
        let mut served = match P::request(operation) {
            Request::Read(reading) => self.read(reading, now),
            Request::Write => self.write::<P>(operation, sent, 1.0, 0, now),
            Request::Transaction => self.write::<P>(operation, sent, 2.0, EVENT_BYTES, now),
        };
        let loses = self.lost_reply_rate > 0.0 && now < self.calm_from;
        if loses && self.rng.f64() < self.lost_reply_rate {
            served.answer = Answer::Nothing;
        }
        served
    }

    fn fault(&self, now: Micros) -> Option<&TimedFault> {
        let mut faults = self.faults.iter();
        faults.find(|fault| (fault.from..fault.until).contains(&now))
    }

    fn read(&mut self, consistency: Consistency, now: Micros) -> Served<R> {
        let size = self.current().size();
        let units = match consistency {
            Consistency::Eventual => eventual_read_units(size),
            Consistency::Strong => latest_read_units(size),
        };
        if !self.read_units.take(units, now) {
            return refused();
        }
        let record = match consistency {
            Consistency::Eventual => {
                let age = self.rng.u64(..=self.staleness);
                self.as_of(now.saturating_sub(age)).clone()
            }
            Consistency::Strong => self.current().clone(),
        };
        Served {
            answer: Answer::Record(record),
            cost: Cost::Read { units },
        }
    }

    fn write<P: Process<Record = R>>(
        &mut self,
        operation: &P::Operation,
        sent: Timestamp,
        factor: f64,
        event_bytes: u64,
        now: Micros,
    ) -> Served<R> {
        let written = P::write(operation, self.current(), sent);
        let before = self.current().size();
        let size = written
            .as_ref()
            .map_or(before, |next| before.max(next.size()));
        let event = if event_bytes > 0 {
            write_units(event_bytes)
        } else {
            0.0
        };
        let units = factor * (write_units(size) + event);
        if !self.write_units.take(units, now) {
            return refused();
        }
        let answer = match written {
            Ok(next) => {
                self.keep(next.clone(), now);
                Answer::Record(next)
            }
            Err(_) => Answer::Conflict(self.current().clone()),
        };
        Served {
            answer,
            cost: Cost::Write { units },
        }
    }

    fn keep(&mut self, record: R, now: Micros) {
        self.versions.push_back(Version { since: now, record });
        let oldest = now.saturating_sub(self.staleness);
        // The one that was current at `oldest` is still to be seen.
        while self.versions.len() > 1 && self.versions[1].since <= oldest {
            self.versions.pop_front();
        }
    }

    fn as_of(&self, moment: Micros) -> &R {
        let newest_first = self.versions.iter().rev();
        let mut then = newest_first.skip_while(|version| version.since > moment);
        let version = then.next().unwrap_or(&self.versions[0]);
        &version.record
    }
}

fn refused<R>() -> Served<R> {
    Served {
        answer: Answer::Throttled,
        cost: Cost::Refused,
    }
}
