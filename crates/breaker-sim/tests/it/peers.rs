//! The peers behave as what they model, for better and for worse.

use breaker_core::{Outcome, Timestamp};
use breaker_sim::{
    breakers::{
        per_environment::{self, PerEnvironment},
        shared_counter::{self, SharedCounter},
    },
    process::{Answer, CircuitState, Decision, Process, Stored},
    run::run,
    scenario::Kind,
};

use crate::scenario::outage;

/// One record that every environment reaches at once.
struct Shared<P: Process> {
    record: P::Record,
    now: Timestamp,
}

impl<P: Process<Rules = ()>> Shared<P> {
    fn new() -> Self {
        Self {
            record: P::Record::default(),
            now: Timestamp::from_unix_ms(1_000_000_000),
        }
    }

    fn sleep(&mut self, seconds: u64) {
        self.now = Timestamp::from_unix_ms(self.now.as_unix_ms() + 1_000 * seconds);
    }

    fn answer(&mut self, operation: &P::Operation) -> Answer<P::Record> {
        match P::write(operation, &self.record, self.now) {
            Ok(next) => {
                self.record = next.clone();
                Answer::Record(next)
            }
            Err(_) => Answer::Conflict(self.record.clone()),
        }
    }

    fn begin(&mut self, process: &mut P) -> Option<P::Permit> {
        let mut decision = process.begin(self.now);
        loop {
            match decision {
                Decision::Admitted(permit) => return Some(permit),
                Decision::Rejected(_) => return None,
                Decision::Pending(request) => {
                    let answer = self.answer(&P::admission_operation(&request));
                    decision = process.answer_admission(request, answer, self.now);
                }
            }
        }
    }

    fn end(&mut self, process: &mut P, permit: P::Permit, outcome: Outcome) {
        let mut report = process.end(permit, outcome, self.now);
        while let Some(request) = report {
            let answer = self.answer(&P::report_operation(&request));
            report = process.answer_report(request, answer, self.now);
        }
    }

    /// Whether a call passes.
    fn call(&mut self, process: &mut P, outcome: Outcome) -> bool {
        let Some(permit) = self.begin(process) else {
            return false;
        };
        self.end(process, permit, outcome);
        true
    }
}

const OPEN: CircuitState = CircuitState::Open;
const CLOSED: CircuitState = CircuitState::Closed;

fn environments<P: Process<Rules = ()>>(count: u64) -> Vec<P> {
    (0..count).map(|seed| P::start(&(), seed)).collect()
}

#[test]
fn per_environment_a_thousand_environments_with_four_failures_each_never_open() {
    let mut fleet: Vec<PerEnvironment> = environments(1_000);
    let mut shared = Shared::<PerEnvironment>::new();
    for process in &mut fleet {
        for _ in 0..4 {
            assert!(shared.call(process, Outcome::Failure));
        }
    }
    assert_eq!(shared.record.state(), CLOSED);
    assert!(shared.call(&mut fleet[0], Outcome::Failure));
    assert_eq!(shared.record.state(), OPEN);
}

#[test]
fn per_environment_others_hear_of_an_open_when_their_cache_is_old() {
    let mut fleet: Vec<PerEnvironment> = environments(2);
    let mut shared = Shared::<PerEnvironment>::new();
    assert!(shared.call(&mut fleet[1], Outcome::Success));
    for _ in 0..5 {
        shared.call(&mut fleet[0], Outcome::Failure);
    }
    assert!(!shared.call(&mut fleet[0], Outcome::Success));
    shared.sleep(4);
    assert!(shared.call(&mut fleet[1], Outcome::Success));
    shared.sleep(1);
    assert!(!shared.call(&mut fleet[1], Outcome::Success));
}

#[test]
fn per_environment_one_environment_probes_three_times_and_closes() {
    let mut fleet: Vec<PerEnvironment> = environments(2);
    let mut shared = Shared::<PerEnvironment>::new();
    for _ in 0..5 {
        shared.call(&mut fleet[0], Outcome::Failure);
    }
    shared.sleep(30);
    let permit = shared.begin(&mut fleet[1]).unwrap();
    assert_eq!(permit, per_environment::Permit::Probe);
    assert!(shared.begin(&mut fleet[0]).is_none());
    shared.end(&mut fleet[1], permit, Outcome::Success);
    assert!(!shared.call(&mut fleet[0], Outcome::Success));
    for _ in 0..2 {
        assert_eq!(shared.record.state(), CircuitState::HalfOpen);
        assert!(shared.call(&mut fleet[1], Outcome::Success));
    }
    assert_eq!(shared.record.state(), CLOSED);
}

#[test]
fn per_environment_a_prober_that_is_gone_is_replaced_after_thirty_seconds() {
    let mut fleet: Vec<PerEnvironment> = environments(2);
    let mut shared = Shared::<PerEnvironment>::new();
    for _ in 0..5 {
        shared.call(&mut fleet[0], Outcome::Failure);
    }
    shared.sleep(30);
    assert!(shared.begin(&mut fleet[0]).is_some());
    shared.sleep(29);
    assert!(!shared.call(&mut fleet[1], Outcome::Success));
    shared.sleep(6);
    assert!(shared.call(&mut fleet[1], Outcome::Success));
}

#[test]
fn per_environment_a_late_failure_reopens_a_recovered_circuit() {
    let mut fleet: Vec<PerEnvironment> = environments(2);
    let mut shared = Shared::<PerEnvironment>::new();
    // Four failures and a fifth call that hangs.
    for _ in 0..4 {
        shared.call(&mut fleet[0], Outcome::Failure);
    }
    let late = shared.begin(&mut fleet[0]).unwrap();
    for _ in 0..5 {
        shared.call(&mut fleet[1], Outcome::Failure);
    }
    shared.sleep(31);
    for _ in 0..3 {
        assert!(shared.call(&mut fleet[1], Outcome::Success));
    }
    assert_eq!(shared.record.state(), CLOSED);
    shared.end(&mut fleet[0], late, Outcome::Failure);
    assert_eq!(shared.record.state(), OPEN);
}

#[test]
fn shared_counter_a_success_admitted_before_the_trip_erases_the_open() {
    let mut fleet: Vec<SharedCounter> = environments(2);
    let mut shared = Shared::<SharedCounter>::new();
    let late = shared.begin(&mut fleet[1]).unwrap();
    for _ in 0..5 {
        assert!(shared.call(&mut fleet[0], Outcome::Failure));
    }
    assert_eq!(shared.record.state(), OPEN);
    shared.end(&mut fleet[1], late, Outcome::Success);
    assert_eq!(shared.record.state(), CLOSED);
}

#[test]
fn shared_counter_a_hundred_in_lock_step_need_five_hundred_failures() {
    let mut fleet: Vec<SharedCounter> = environments(100);
    let mut shared = Shared::<SharedCounter>::new();
    let mut failures = 0;
    while shared.record.state() == CLOSED {
        let permits: Vec<shared_counter::Counter> = fleet
            .iter_mut()
            .map(|process| shared.begin(process).unwrap())
            .collect();
        for (process, permit) in fleet.iter_mut().zip(permits) {
            shared.end(process, permit, Outcome::Failure);
            failures += 1;
        }
    }
    assert_eq!(failures, 500);
}

#[test]
fn shared_counter_all_pass_when_the_open_time_is_over() {
    let mut fleet: Vec<SharedCounter> = environments(100);
    let mut shared = Shared::<SharedCounter>::new();
    for _ in 0..5 {
        shared.call(&mut fleet[0], Outcome::Failure);
    }
    shared.sleep(11);
    let probes = fleet
        .iter_mut()
        .filter_map(|process| shared.begin(process))
        .filter(SharedCounter::is_probe);
    assert_eq!(probes.count(), 100);
}

#[test]
fn shared_counter_never_slides_while_failures_keep_coming() {
    let mut fleet: Vec<SharedCounter> = environments(1);
    let mut shared = Shared::<SharedCounter>::new();
    for _ in 0..5 {
        for _ in 0..1_000 {
            assert!(shared.call(&mut fleet[0], Outcome::Success));
        }
        shared.sleep(55);
        assert!(shared.call(&mut fleet[0], Outcome::Failure));
    }
    assert_eq!(shared.record.state(), OPEN);
}

#[test]
fn shared_counter_costs_what_a_read_and_a_write_cost_for_each_call() {
    let mut scenario = outage(100, 100.0, Kind::SharedCounter);
    scenario.dependency.truncate(1);
    scenario.dependency[0].failure_rate = 0.0;
    let figures = run(&scenario, 1).figures;
    // 0.5 × 0.125 + 1 × 0.625
    let usd = figures.usd_per_million_calls.unwrap();
    assert!((usd - 0.6875).abs() < 0.002, "{usd}");
    assert!(figures.blocking_reads >= figures.calls - 5);
}

#[test]
fn no_breaker_lets_everything_through() {
    let figures = run(&outage(100, 100.0, Kind::None), 1).figures;
    assert_eq!(
        (figures.rejected, figures.opens, figures.store_reads),
        (0, 0, 0)
    );
    assert!((900..1_100).contains(&figures.failed), "{}", figures.failed);
}

#[test]
fn every_other_breaker_opens_in_an_outage_and_closes_after_it() {
    for kind in [Kind::Fleet, Kind::PerEnvironment, Kind::SharedCounter] {
        let figures = run(&outage(20, 100.0, kind), 1).figures;
        assert!(figures.opens >= 1, "{}", kind.as_str());
        assert!(figures.seconds_to_open.unwrap() < 5.0, "{}", kind.as_str());
        assert!(figures.closed_at_end, "{}", kind.as_str());
        assert!(figures.closed_after_recovery_s.is_some());
    }
}
