//! When the store is asked: because of what is known, and of what is not.

use std::time::Duration;

use super::*;
use crate::{
    member::steps::Steps,
    protocol::{Counts, Heartbeats, Slot, TrafficSlot},
};

const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

fn after_ms(ms: u64) -> Timestamp {
    START + Duration::from_millis(ms)
}

/// The same draw each time: no spread, and pauses of half their length.
fn steps() -> Steps {
    Steps::drawing(0.0)
}

/// A process that knows nothing yet.
fn knows_nothing() -> State {
    State::new(Arc::new(Counters::new(0)), Arc::new(InFlight::new(0)))
}

/// A process that has just read a record.
fn informed() -> State {
    let mut state = knows_nothing();
    state.on_strong_read(Record::default(), Epoch(0), &mut steps().at(START));
    state
}

fn need(state: &State, now: Timestamp) -> Need {
    state.need(&steps().at(now))
}

fn fail(state: &mut State, now: Timestamp) {
    state.on_store_failure(&StoreError::Throttled, &mut steps().at(now));
}

#[test]
fn a_process_that_knows_nothing_asks_first() {
    let state = knows_nothing();
    assert_eq!(need(&state, START), Need::Before);
}

#[test]
fn a_view_is_refreshed_beside_a_call_and_only_an_old_one_before_it() {
    let state = informed();
    assert_eq!(need(&state, after_ms(5_999)), Need::None);
    assert_eq!(need(&state, after_ms(6_000)), Need::Beside);
    assert_eq!(need(&state, after_ms(119_999)), Need::Beside);
    assert_eq!(need(&state, after_ms(120_000)), Need::Before);
}

#[test]
fn one_request_beside_a_call_at_a_time_is_enough() {
    let mut state = informed();
    let due = after_ms(6_000);
    state.backoff.on_request(&steps().at(due));
    assert_eq!(need(&state, due), Need::None);
    let longest = steps().policy.store_timeout * 2;
    assert_eq!(need(&state, due + longest), Need::Beside);
}

#[test]
fn a_store_that_fails_is_left_alone_and_then_asked_beside_a_call() {
    let mut state = informed();
    fail(&mut state, after_ms(1_000));
    assert_eq!(need(&state, after_ms(1_124)), Need::None);
    assert_eq!(need(&state, after_ms(1_125)), Need::Beside);
    // Even if the view is so old that a call would wait for a newer one.
    fail(&mut state, after_ms(200_000));
    assert_eq!(need(&state, after_ms(200_001)), Need::None);
}

#[test]
fn a_process_that_fails_looks_beside_its_next_call_and_then_before_it() {
    let mut state = informed();
    state.local.fail(None, &steps().at(after_ms(1_000)));
    assert_eq!(need(&state, after_ms(1_000)), Need::Beside);
    state.local.fail(None, &steps().at(after_ms(2_000)));
    assert_eq!(need(&state, after_ms(2_000)), Need::Before);
    state.local.succeed();
    assert_eq!(need(&state, after_ms(2_000)), Need::None);
}

#[test]
fn what_a_failing_process_has_seen_is_good_for_a_fifth_of_a_second() {
    let mut state = informed();
    let look = |state: &mut State, ms| {
        state.on_strong_read(Record::default(), Epoch(0), &mut steps().at(after_ms(ms)));
    };
    for ms in [1_000, 2_000] {
        state.local.fail(None, &steps().at(after_ms(ms)));
    }
    look(&mut state, 2_001);
    assert_eq!(
        need(&state, after_ms(5_000)),
        Need::None,
        "no failure since"
    );
    look(&mut state, 5_000);
    state.local.fail(None, &steps().at(after_ms(5_001)));
    assert_eq!(need(&state, after_ms(5_199)), Need::None);
    assert_eq!(need(&state, after_ms(5_200)), Need::Before);
    // Unless the store is to be left alone.
    fail(&mut state, after_ms(5_200));
    assert_eq!(need(&state, after_ms(5_201)), Need::None);
}

#[test]
fn trouble_that_was_not_reported_is_reported_beside_a_call() {
    let mut state = informed();
    state.unreported.count(Counts::ALARM, &steps().at(START));
    assert_eq!(need(&state, START), Need::Beside);
    state.backoff.on_request(&steps().at(START));
    assert_eq!(need(&state, START), Need::Beside);
}

fn closed(suspected: Option<Timestamp>) -> Record {
    Record {
        phase: Phase::Closed {
            since: Timestamp::default(),
            opened: Timestamp::default(),
            doubt: 0,
            suspected,
        },
        ..Record::default()
    }
}

/// A fleet of ten processes that make so many calls a second.
fn busy(calls_per_s: u64, suspected: Option<Timestamp>) -> State {
    let heartbeats = Heartbeats {
        arrivals: 20 * calls_per_s,
        contacts: 1,
        lifetime_ms: 200_000,
        refused: 0,
    };
    let slot = TrafficSlot(TrafficSlot::at(START).0 - 1);
    let mut record = closed(suspected);
    record.traffic.add(slot, heartbeats);
    let mut state = informed();
    state.on_eventual_read(record, &mut steps().at(START));
    state
}

fn assert_near(found: f64, expected: f64) {
    let near = (found - expected).abs() < 1e-6;
    assert!(near, "{found} instead of {expected}");
}

#[test]
fn a_large_fleet_is_judged_by_a_sample() {
    let share = |calls_per_s| busy(calls_per_s, None).sampled_share(&steps().at(START));
    assert_near(share(10), 1.0);
    assert_near(share(75), 1.0);
    assert_near(share(150), 0.5);
    assert_near(share(7_500), 0.01);
}

/// A fleet in which trouble has been suspected for so long, and so many failures
/// were told last.
fn troubled(calls_per_s: u32, suspected_for_ms: u64, doubt: u32, failures: u64) -> State {
    let mut state = busy(calls_per_s.into(), Some(START));
    let mut record = Record::clone(state.view.record());
    record.phase = Phase::Closed {
        since: START,
        opened: START,
        doubt,
        suspected: Some(Timestamp::from_unix_ms(
            START.as_unix_ms() - suspected_for_ms,
        )),
    };
    let counts = Counts {
        calls: failures,
        failures,
        ..Counts::default()
    };
    let slot = Slot::at(START, &steps().policy);
    record.evidence.add(Epoch(0), &[(slot, counts)].into());
    state.on_eventual_read(record, &mut steps().at(START));
    state
}

/// How many calls a second of a fleet are told when trouble is no news any more.
fn watched_per_s(calls_per_s: u32, doubt: u32, failures: u64) -> f64 {
    let mut state = troubled(calls_per_s, 4_000, doubt, failures);
    state.view.watch(&steps().at(START));
    state.sampled_share(&steps().at(START)) * f64::from(calls_per_s)
}

#[test]
fn at_first_trouble_is_watched_as_closely_as_may_be() {
    let state = troubled(7_500, 3_999, 0, 0);
    assert_near(state.sampled_share(&steps().at(START)), 0.01);
}

/// Those that fail look more often than others do.
#[test]
fn a_look_alone_does_not_change_how_closely_calls_are_watched() {
    let mut state = troubled(7_500, 60_000, 0, 3);
    // The fleet's size is an estimate, which changes with time.
    let tells_all = |state: &State| state.sampled_share(&steps().at(START)) > 0.009;
    assert!(!tells_all(&state));
    let record = Record::clone(state.view.record());
    state.on_eventual_read(record.clone(), &mut steps().at(after_ms(1_000)));
    assert!(!tells_all(&state));
    state.on_eventual_read(record, &mut steps().at(after_ms(7_300)));
    assert!(tells_all(&state));
}

/// A failure adds 0.037 to what would open the circuit.
#[test]
fn trouble_is_watched_the_closer_the_more_speaks_for_an_outage() {
    assert_near(watched_per_s(7_500, 0, 0), 3.0);
    assert_near(watched_per_s(7_500, 0, 1), 10.0);
    assert_near(watched_per_s(7_500, 0, 2), 10.0);
    assert_near(watched_per_s(7_500, 0, 3), 75.0);
}

/// Rates that are close to each other take many calls to tell apart. A failure
/// adds 0.031 there.
#[test]
fn in_doubt_trouble_is_watched_closely_sooner() {
    assert_near(watched_per_s(7_500, 1, 1), 3.0);
    assert_near(watched_per_s(7_500, 1, 2), 75.0);
}

#[test]
fn while_little_speaks_for_an_outage_at_most_fifteen_per_cent_of_calls_are_told() {
    assert_near(watched_per_s(20, 0, 0), 3.0);
    assert_near(watched_per_s(10, 0, 0), 1.5);
    assert_near(watched_per_s(2, 0, 0), 0.3);
    // But all of them as soon as more does.
    assert_near(watched_per_s(10, 0, 1), 10.0);
}

#[test]
fn in_thin_traffic_a_witness_tells_of_every_call() {
    let heartbeats = Heartbeats {
        arrivals: 18,
        lifetime_ms: 200_000,
        ..Heartbeats::default()
    };
    let mut record = closed(Some(START));
    let slot = TrafficSlot(TrafficSlot::at(START).0 - 1);
    record.traffic.add(slot, heartbeats);
    let mut state = informed();
    state.on_eventual_read(record, &mut steps().at(START));
    assert_near(state.sampled_share(&steps().at(START)), 1.0);
}

#[test]
fn the_gate_is_shut_while_the_circuit_is_suspected() {
    let quiet = |record| {
        let mut state = informed();
        state.on_eventual_read(record, &mut steps().at(START));
        state.quiet_for(&steps().at(START))
    };
    assert!(quiet(closed(None)).is_some());
    assert_eq!(quiet(closed(Some(START))), None);
}

/// Calls that pass the gate look after none that hangs.
#[test]
fn no_quiet_lasts_longer_than_a_call_may_hang_unseen() {
    let quiet_ms = |slow_after_ms| {
        let mut steps = steps();
        steps.policy.slow_call_after = Duration::from_millis(slow_after_ms);
        informed().quiet_for(&steps.at(START)).unwrap().as_millis()
    };
    assert_eq!(quiet_ms(3_000), 1_000);
    assert_eq!(quiet_ms(700), 700);
    assert_eq!(quiet_ms(1), 200);
}

#[test]
fn only_a_witness_must_report_what_succeeded() {
    for (suspected, expected) in [(None, false), (Some(START), true)] {
        let mut state = busy(10, suspected);
        assert!(!state.must_report());
        state.unreported.count(Counts::SUCCESS, &steps().at(START));
        assert_eq!(state.must_report(), expected);
        state.unreported.count(Counts::ALARM, &steps().at(START));
        assert!(state.must_report());
    }
}
