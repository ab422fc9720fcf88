//! `breaker-core`: the very code that runs in production, without a change.

use std::{sync::Arc, time::Duration};

use breaker_core::{
    Change, Consistency, Epoch, Outcome, Override, Permit, Policy, Record, RejectionReason,
    StoreError, Timestamp,
    member::{Admission, AdmissionRequest, Member, Operation, ReportRequest, Seeded},
    protocol::{Conflict, Phase},
};

use crate::process::{
    Answer, CircuitState, ConditionFailed, Decision, Instruction, Process, Refusal, Request, Stored,
};

/// One environment of a fleet.
#[derive(Debug)]
pub struct FleetProcess(Member);

impl FleetProcess {
    /// Lets go of what observers would hear of.
    fn forget_events(&self) {
        self.0.take_events();
    }

    fn decided(&self, admission: Admission) -> Decision<Self> {
        match admission {
            Admission::Admitted(mut permit) => {
                // In a simulation no call is given up but with its process.
                self.0.make(&mut permit);
                Decision::Admitted(permit)
            }
            Admission::Rejected(rejection) => {
                self.forget_events();
                Decision::Rejected(match rejection.reason {
                    RejectionReason::LocalBreakerOpen => Refusal::Itself,
                    RejectionReason::Open
                    | RejectionReason::ProbesBusy
                    | RejectionReason::Ramping
                    | RejectionReason::DeadlineTooClose
                    | RejectionReason::ForcedOpen => Refusal::Circuit,
                })
            }
            Admission::Pending(request) => Decision::Pending(request),
        }
    }
}

/// What the breaker is told of an answer.
fn told(answer: Answer<Record>) -> Result<Record, StoreError> {
    match answer {
        Answer::Record(record) => Ok(record),
        Answer::Conflict(current) => Err(StoreError::Conflict(Conflict {
            current: Box::new(current),
        })),
        Answer::Throttled => Err(StoreError::Throttled),
        Answer::Nothing => Err(StoreError::NoAnswer("timed out".to_owned())),
    }
}

impl Process for FleetProcess {
    type Rules = Policy;
    type Permit = Permit;
    type AdmissionRequest = AdmissionRequest;
    type ReportRequest = ReportRequest;
    type Operation = Operation;
    type Record = Record;

    const TAKES_TURNS: bool = true;

    fn start(rules: &Policy, seed: u64) -> Self {
        match Member::new(rules.clone(), Seeded::new(seed)) {
            Ok(member) => Self(member),
            Err(error) => unreachable!("the scenario's policy was checked: {error}"),
        }
    }

    fn begin(&mut self, now: Timestamp) -> Decision<Self> {
        let admission = self.0.begin(now);
        self.decided(admission)
    }

    fn answer_admission(
        &mut self,
        request: AdmissionRequest,
        answer: Answer<Record>,
        now: Timestamp,
    ) -> Decision<Self> {
        let admission = self.0.answer_admission(request, told(answer), now);
        self.forget_events();
        self.decided(admission)
    }

    fn end(&mut self, permit: Permit, outcome: Outcome, now: Timestamp) -> Option<ReportRequest> {
        let report = self.0.end(permit, outcome, now);
        if outcome != Outcome::Success {
            self.forget_events();
        }
        report
    }

    fn answer_report(
        &mut self,
        request: ReportRequest,
        answer: Answer<Record>,
        now: Timestamp,
    ) -> Option<ReportRequest> {
        let report = self.0.answer_report(request, told(answer), now);
        self.forget_events();
        report
    }

    fn reconsider(&mut self, request: AdmissionRequest, now: Timestamp) -> Decision<Self> {
        let admission = self.0.reconsider(request, now);
        self.forget_events();
        self.decided(admission)
    }

    fn is_probe(permit: &Permit) -> bool {
        permit.is_probe()
    }

    fn limit(permit: &Permit) -> Option<Duration> {
        permit.limit()
    }

    fn beside(permit: &mut Permit) -> Option<ReportRequest> {
        permit.take_report()
    }

    fn admission_operation(request: &AdmissionRequest) -> Operation {
        request.operation()
    }

    fn report_operation(request: &ReportRequest) -> Operation {
        request.operation()
    }

    fn request(operation: &Operation) -> Request {
        match operation {
            Operation::Load(Consistency::Eventual) => Request::Read(Consistency::Eventual),
            Operation::Load(Consistency::Strong) => Request::Read(Consistency::Strong),
            Operation::Apply { change, .. } => match change {
                Change::Transition { to, .. } if to.is_another_attempt() => Request::Write,
                Change::Transition { .. }
                | Change::PlaceOverride(_)
                | Change::WithdrawOverride { .. } => Request::Transaction,
                Change::Report(_)
                | Change::TakeLease { .. }
                | Change::ProbeSucceeded { .. }
                | Change::ProbeFailed { .. }
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

    fn placed(record: &Record, instruction: Instruction, now: Timestamp) -> Option<Operation> {
        let actor = "operator".to_owned();
        let change = match instruction.mode {
            Some(mode) => Change::PlaceOverride(Override {
                mode,
                reason: "an override".to_owned(),
                actor,
                expires: now + instruction.lasts,
            }),
            None => Change::WithdrawOverride { actor },
        };
        Some(Operation::Apply {
            basis: Arc::new(record.clone()),
            change,
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
            let counters = [
                counts.calls,
                counts.failures,
                counts.slow,
                counts.both,
                counts.alarms,
            ];
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
