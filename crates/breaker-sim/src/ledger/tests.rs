//! The definitions of figures, event by event.

use super::*;
use crate::units::micros_of_s;

const START_S: f64 = 100.0;

fn at(seconds: f64) -> Micros {
    micros_of_s(START_S + seconds)
}

fn ledger() -> Ledger {
    let terms = Terms {
        start: at(0.0),
        window: micros_of_s(12.0),
        ramp: micros_of_s(5.0),
        environments: 3,
        store_back: None,
    };
    let mut ledger = Ledger::new(terms, micros_of_s(60.0));
    ledger.dependency_is(false, 0);
    ledger
}

fn call(ledger: &mut Ledger, seconds: f64, environment: u32, is_probe: bool) -> Admission {
    let call = Admission {
        arrived: at(seconds),
        environment,
        is_probe,
    };
    ledger.arrived(at(seconds));
    ledger.admitted(call, at(seconds));
    call
}

#[derive(Debug, Clone, Default)]
struct Bare(CircuitState);

impl Stored for Bare {
    fn size(&self) -> u64 {
        200
    }

    fn state(&self) -> CircuitState {
        self.0
    }
}

fn record(ledger: &mut Ledger, state: CircuitState, seconds: f64) {
    ledger.record_is(&Bare(state), None, at(seconds));
}

use CircuitState::{Closed, HalfOpen, Open};

#[test]
fn what_happens_in_the_warm_up_is_in_no_figure() {
    let mut ledger = ledger();
    let early = call(&mut ledger, -1.0, 0, true);
    ledger.ended(early, false, at(1.0));
    ledger.served(Cost::Write { units: 1.0 }, at(-1.0));
    record(&mut ledger, Open, -50.0);
    record(&mut ledger, Closed, -1.0);
    let (figures, trace) = ledger.close();
    assert_eq!(figures.calls, 0);
    assert_eq!(figures.failed, 0);
    assert_eq!(figures.opens, 0);
    assert_eq!(figures.store_writes, 0);
    assert_eq!(figures.max_concurrent_probes, 0);
    assert_eq!(trace.states, [(0.0, Closed)]);
}

#[test]
fn an_open_in_health_is_false_and_one_in_an_outage_is_true() {
    let opens = |outage: Option<(f64, f64)>, open: f64| {
        let mut ledger = ledger();
        if let Some((from, until)) = outage {
            ledger.dependency_is(true, at(from));
            if until <= open {
                ledger.dependency_is(false, at(until));
            }
        }
        record(&mut ledger, Open, open);
        let figures = ledger.close().0;
        (figures.opens, figures.false_opens)
    };
    assert_eq!(opens(None, 10.0), (1, 1));
    assert_eq!(opens(Some((5.0, 60.0)), 10.0), (1, 0));
    // Evidence of an outage counts until the window is over.
    assert_eq!(opens(Some((5.0, 10.0)), 21.0), (1, 0));
    assert_eq!(opens(Some((5.0, 10.0)), 23.0), (1, 1));
}

#[test]
fn detection_counts_from_the_beginning_of_the_outage() {
    let mut ledger = ledger();
    call(&mut ledger, 1.0, 0, false);
    ledger.dependency_is(true, at(10.0));
    call(&mut ledger, 10.5, 0, false);
    call(&mut ledger, 11.0, 1, false);
    record(&mut ledger, Open, 12.0);
    call(&mut ledger, 13.0, 1, false);
    // A failed recovery is not another detection.
    record(&mut ledger, HalfOpen, 20.0);
    record(&mut ledger, Open, 21.0);
    let figures = ledger.close().0;
    assert_eq!(figures.first_open_s, Some(12.0));
    assert_eq!(figures.seconds_to_open, Some(2.0));
    assert_eq!(figures.calls_to_open, Some(2));
    assert_eq!((figures.opens, figures.reopen_count), (1, 1));
}

#[test]
fn a_leak_is_an_ordinary_call_after_the_open_and_before_the_outage_ends() {
    let mut ledger = ledger();
    ledger.dependency_is(true, at(10.0));
    call(&mut ledger, 10.5, 0, false);
    record(&mut ledger, Open, 11.0);
    call(&mut ledger, 12.0, 0, false);
    call(&mut ledger, 12.5, 1, false);
    call(&mut ledger, 13.0, 1, false);
    call(&mut ledger, 14.0, 2, true);
    ledger.dependency_is(false, at(20.0));
    call(&mut ledger, 21.0, 1, false);
    let figures = ledger.close().0;
    assert_eq!(figures.leaked_after_outage, Some(3));
    assert_eq!(figures.max_leaked_per_environment, Some(2));
    assert_eq!(figures.admitted_in_outage, 4);
    assert_eq!(figures.max_admitted_in_outage_per_environment, 2);
}

#[test]
fn without_an_open_nothing_leaks_and_nothing_recovers() {
    let mut ledger = ledger();
    ledger.dependency_is(true, at(10.0));
    call(&mut ledger, 11.0, 0, false);
    let figures = ledger.close().0;
    assert_eq!(figures.leaked_after_outage, None);
    assert_eq!(figures.max_leaked_per_environment, None);
    assert_eq!(figures.closed_after_recovery_s, None);
    assert_eq!(figures.goodput_after_recovery, None);
}

#[test]
fn recovery_counts_from_the_dependencys_to_the_first_close() {
    let mut ledger = ledger();
    ledger.dependency_is(true, at(10.0));
    record(&mut ledger, Open, 11.0);
    // Closed too early, which is no recovery.
    record(&mut ledger, HalfOpen, 15.0);
    record(&mut ledger, Closed, 16.0);
    record(&mut ledger, Open, 17.0);
    ledger.dependency_is(false, at(20.0));
    record(&mut ledger, HalfOpen, 22.0);
    record(&mut ledger, Closed, 24.0);
    // Of four calls in the first second, one passes.
    let first = call(&mut ledger, 24.2, 0, false);
    ledger.ended(first, true, at(24.3));
    for seconds in [24.4, 24.6, 24.8] {
        ledger.arrived(at(seconds));
        ledger.rejected(at(seconds), 0, Refusal::Circuit, at(seconds));
    }
    // After the ramp three of four succeed; one is still under way at the end.
    for (seconds, success) in [(29.5, true), (30.0, true), (31.0, false), (32.0, true)] {
        let after = call(&mut ledger, seconds, 1, false);
        ledger.ended(after, success, at(seconds + 0.1));
    }
    call(&mut ledger, 59.9, 2, false);
    record(&mut ledger, Open, 59.95);
    let figures = ledger.close().0;
    assert_eq!(figures.closed_after_recovery_s, Some(4.0));
    assert_eq!(
        figures.admitted_fraction_first_second_after_close,
        Some(0.25)
    );
    assert_eq!(figures.goodput_after_recovery, Some(0.75));
    assert_eq!(figures.opens_after_recovery, 1);
    assert_eq!(figures.rejected_while_healthy, 3);
    assert!(!figures.closed_at_end);
}

#[test]
fn probes_are_counted_while_they_are_really_under_way() {
    let mut ledger = ledger();
    let one = call(&mut ledger, 1.0, 0, true);
    let two = call(&mut ledger, 2.0, 1, true);
    ledger.ended(one, true, at(3.0));
    let three = call(&mut ledger, 4.0, 0, true);
    ledger.vanished(two);
    ledger.ended(three, false, at(5.0));
    call(&mut ledger, 6.0, 0, true);
    let figures = ledger.close().0;
    assert_eq!((figures.probes, figures.max_concurrent_probes), (4, 2));
    assert_eq!(figures.crashed, 1);
}

#[test]
fn the_store_is_counted_by_the_second_and_paid_by_the_unit() {
    let mut ledger = ledger();
    for _ in 0..4 {
        ledger.arrived(at(0.5));
    }
    for seconds in [1.0, 1.5, 1.9, 2.0] {
        ledger.served(Cost::Read { units: 0.5 }, at(seconds));
    }
    ledger.served(Cost::Write { units: 4.0 }, at(1.0));
    ledger.served(Cost::Refused, at(1.0));
    ledger.served(Cost::Nothing, at(1.0));
    let figures = ledger.close().0;
    assert_eq!((figures.store_reads, figures.max_store_reads_per_s), (4, 3));
    assert_eq!(
        (figures.store_writes, figures.max_store_writes_per_s),
        (1, 1)
    );
    assert_eq!(figures.max_store_ops_refused_per_s, 1);
    // (2 × 0.125 + 4 × 0.625) / 4
    assert_eq!(figures.usd_per_million_calls, Some(0.6875));
}

#[test]
fn a_close_is_measured_from_when_it_could_have_come() {
    let closed_after = |until: f64| {
        let mut ledger = ledger();
        ledger.dependency_is(true, at(10.0));
        ledger.record_is(&Bare(Open), Some(at(until)), at(11.0));
        ledger.dependency_is(false, at(20.0));
        record(&mut ledger, HalfOpen, 27.0);
        record(&mut ledger, Closed, 28.0);
        // What comes after is another story.
        ledger.record_is(&Bare(Open), Some(at(50.0)), at(40.0));
        ledger.close().0.closed_after_open_time_s
    };
    assert_eq!(closed_after(26.0), Some(2.0));
    assert_eq!(closed_after(16.0), Some(8.0));
}
