//! `breaker-core`: the very code that runs in production, without a change.

use std::{sync::Arc, time::Duration};

use breaker_core::{
    Change, Epoch, Outcome, Override, Permit, Policy, Reading, Record, RejectionReason, StoreError,
    Timestamp,
    member::{self, Errand, Member, Operation, Seeded},
    protocol::{Conflict, Phase},
};

use crate::process::{
    Answer, CircuitState, ConditionFailed, Instruction, Process, Refusal, Request, Step, Stored,
};

/// One environment of a fleet.
#[derive(Debug)]
pub struct FleetProcess(Member);

impl FleetProcess {
    /// Lets go of what observers would hear of.
    fn noted(&self, step: member::Step) -> Step<Self> {
        self.0.take_events();
        self.taken(step)
    }

    fn taken(&self, step: member::Step) -> Step<Self> {
        match step {
            member::Step::Admitted(permit) => Step::Admitted(permit),
            member::Step::Rejected(rejection) => {
                self.0.take_events();
                Step::Rejected(match rejection.reason {
                    RejectionReason::OwnGuard => Refusal::Itself,
                    RejectionReason::Open
                    | RejectionReason::ProbesBusy
                    | RejectionReason::Ramping
                    | RejectionReason::DeadlineTooClose
                    | RejectionReason::ForcedOpen => Refusal::Circuit,
                })
            }
            member::Step::Ask(errand) => Step::Ask(errand),
            member::Step::Done => Step::Done,
        }
    }
}

impl Process for FleetProcess {
    type Rules = Policy;
    type Permit = Permit;
    type Errand = Errand;
    type Operation = Operation;
    type Record = Record;

    const TAKES_TURNS: bool = true;

    fn start(rules: &Policy, seed: u64) -> Self {
        match Member::new(rules.clone(), Seeded::new(seed)) {
            Ok(member) => Self(member),
            Err(error) => unreachable!("the scenario's policy was checked: {error}"),
        }
    }

    fn begin(&mut self, now: Timestamp) -> Step<Self> {
        let step = self.0.begin(now);
        self.taken(step)
    }

    fn answer(&mut self, errand: Errand, answer: Answer<Record>, now: Timestamp) -> Step<Self> {
        let answer = match answer {
            Answer::Record(record) => Ok(record),
            Answer::Conflict(current) => Err(StoreError::Conflict(Conflict {
                current: Box::new(current),
            })),
            Answer::Throttled => Err(StoreError::Throttled),
            Answer::Nothing => Err(StoreError::NoAnswer("timed out".to_owned())),
        };
        let step = self.0.answer(errand, answer, now);
        self.noted(step)
    }

    fn end(&mut self, permit: Permit, outcome: Outcome, now: Timestamp) -> Step<Self> {
        let step = self.0.end(permit, outcome, now);
        if outcome == Outcome::Success {
            self.taken(step)
        } else {
            self.noted(step)
        }
    }

    fn reconsider(&mut self, errand: Errand, now: Timestamp) -> Step<Self> {
        let step = self.0.reconsider(errand, now);
        self.noted(step)
    }

    fn is_probe(permit: &Permit) -> bool {
        permit.is_probe()
    }

    fn limit(permit: &Permit) -> Option<Duration> {
        permit.limit()
    }

    fn beside(permit: &mut Permit) -> Option<Errand> {
        permit.take_errand()
    }

    fn operation(errand: &Errand) -> &Operation {
        errand.operation()
    }

    fn request(operation: &Operation) -> Request {
        match operation {
            Operation::Load(Reading::Eventual) => Request::Read(Reading::Eventual),
            Operation::Load(Reading::Latest) => Request::Read(Reading::Latest),
            Operation::Apply { change, .. } => match change {
                Change::Transition { .. } | Change::Order { .. } => Request::Transaction,
                Change::Report(_)
                | Change::TakeLease { .. }
                | Change::ProbeSucceeded { .. }
                | Change::ReleaseLease { .. } => Request::Write,
            },
        }
    }

    fn write(
        operation: &Operation,
        found: &Record,
        now: Timestamp,
    ) -> Result<Record, ConditionFailed> {
        match operation {
            Operation::Load(_) => Ok(found.clone()),
            Operation::Apply { basis, change } => found
                .apply(basis.epoch, change, now)
                .map_err(|Conflict { .. }| ConditionFailed),
        }
    }

    fn order(record: &Record, instruction: Instruction, now: Timestamp) -> Option<Operation> {
        let actor = "operator".to_owned();
        let order = instruction.mode.map(|mode| Override {
            mode,
            reason: "an order".to_owned(),
            actor: actor.clone(),
            expires: now + instruction.lasts,
        });
        Some(Operation::Apply {
            basis: Arc::new(record.clone()),
            change: Change::Order { order, actor },
        })
    }

    fn store_timeout(rules: &Policy) -> Duration {
        rules.store_timeout
    }

    fn ramp(rules: &Policy) -> Duration {
        rules.ramp_for
    }
}

/// Names, types and the fields that every record has.
const FIXED_BYTES: u64 = 200;
/// An attribute that holds a count: its name and its digits.
const COUNTER_BYTES: u64 = 14;
/// A lease: its owner's 32 digits, its expiry, their names.
const LEASE_BYTES: u64 = 64;

impl Stored for Record {
    fn size(&self) -> u64 {
        let of_counts = self.evidence.0.values().map(|counts| {
            let counters = [counts.calls, counts.failures, counts.slow];
            counters.iter().filter(|counter| **counter > 0).count()
        });
        let of_traffic = self.traffic.0.values().map(|seen| {
            let counters = [seen.arrivals, seen.contacts, seen.lifetime_ms];
            counters.iter().filter(|counter| **counter > 0).count()
        });
        let counters: usize = of_counts.chain(of_traffic).sum();
        let leases = match &self.phase {
            Phase::HalfOpen { leases, .. } => leases.len(),
            Phase::Closed { .. } | Phase::Open { .. } => 0,
        };
        // Nobody has written it yet.
        if self.epoch == Epoch::default() && counters == 0 {
            return 0;
        }
        let cause = self.cause.as_ref().map_or(0, String::len);
        FIXED_BYTES + COUNTER_BYTES * counters as u64 + LEASE_BYTES * leases as u64 + cause as u64
    }

    fn state(&self) -> CircuitState {
        match self.phase {
            Phase::Closed { .. } => CircuitState::Closed,
            Phase::Open { .. } => CircuitState::Open,
            Phase::HalfOpen { .. } => CircuitState::HalfOpen,
        }
    }

    fn open_until(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Open { until, .. } => Some(until),
            Phase::Closed { .. } | Phase::HalfOpen { .. } => None,
        }
    }
}
