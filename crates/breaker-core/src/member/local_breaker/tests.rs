//! When a process stops itself, and how it comes back.

use super::*;
use crate::member::steps::Steps;

const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

fn after(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

/// Stops are as long as they get.
fn steps() -> Steps {
    Steps::drawing(0.0)
}

fn failed(times: u32, now: Timestamp) -> LocalBreaker {
    let mut local = LocalBreaker::default();
    for _ in 0..times {
        local.fail(None, &steps().at(now));
    }
    local
}

fn opinion(local: &LocalBreaker, now: Timestamp) -> Opinion {
    local.opinion(&steps().at(now))
}

/// Trips and gives until when.
fn trip(local: &mut LocalBreaker, now: Timestamp) -> Timestamp {
    let mut steps = steps();
    local.trip(&mut steps.at(now));
    match steps.events[..] {
        [Event::TrippedLocally { until }] => until,
        _ => panic!("observers hear of it once: {:?}", steps.events),
    }
}

fn begin_trial(local: &mut LocalBreaker, now: Timestamp) {
    let _ = local.begin_trial(&steps().at(now));
}

#[test]
fn failures_in_a_row_are_counted_and_one_success_forgets_them() {
    let mut local = failed(3, START);
    assert_eq!(local.streak(), 3);
    local.succeed();
    assert_eq!(local.streak(), 0);
}

#[test]
fn failures_from_before_a_long_sleep_are_forgotten() {
    let window = steps().policy.window;
    let mut local = failed(3, START);
    let last_moment = START + window.saturating_sub(Duration::from_millis(1));
    local.forget_the_past(&steps().at(last_moment));
    assert_eq!(local.streak(), 3);
    local.fail(None, &steps().at(START + window));
    assert_eq!(local.streak(), 1);
}

#[test]
fn a_process_that_tripped_lets_one_call_at_a_time_find_out() {
    let mut local = failed(10, START);
    assert_eq!(opinion(&local, START), Opinion::Pass);
    let until = trip(&mut local, START);
    assert_eq!(until, after(5));
    assert!(local.is_tripped());
    assert_eq!(opinion(&local, START), Opinion::Stop(until));
    assert_eq!(opinion(&local, until), Opinion::Try);
    begin_trial(&mut local, until);
    let given_up = until + steps().policy.probe_timeout;
    assert_eq!(opinion(&local, until), Opinion::Stop(given_up));
    local.succeed();
    assert_eq!(opinion(&local, until), Opinion::Pass);
}

#[test]
fn a_trial_that_never_came_back_or_proved_nothing_makes_room_for_another() {
    let mut local = failed(10, START);
    let until = trip(&mut local, START);
    begin_trial(&mut local, until);
    let given_up = until + steps().policy.probe_timeout;
    assert_eq!(opinion(&local, given_up), Opinion::Try);
    begin_trial(&mut local, given_up);
    local.give_up_trial();
    assert_eq!(opinion(&local, given_up), Opinion::Try);
}

#[test]
fn each_failed_trial_stops_the_process_for_longer_up_to_a_bound() {
    let mut local = failed(10, START);
    let mut now = START;
    let stops: Vec<u64> = (0..6)
        .map(|_| {
            let until = trip(&mut local, now);
            let stop = until.since(now).as_secs();
            now = until;
            begin_trial(&mut local, now);
            stop
        })
        .collect();
    assert_eq!(stops, [5, 10, 20, 40, 60, 60]);
}

#[test]
fn stops_are_spread_over_a_fifth_of_their_length() {
    let stop = |draw| {
        let mut local = failed(10, START);
        local.trip(&mut Steps::drawing(draw).at(START));
        opinion(&local, START)
    };
    assert_eq!(stop(0.0), Opinion::Stop(after(5)));
    assert_eq!(stop(1.0), Opinion::Stop(after(4)));
}

#[test]
fn how_long_nothing_but_failures_came_counts_from_the_first_of_them() {
    let has_failed = |local: &LocalBreaker, seconds| {
        local.has_failed_for(Duration::from_secs(2), &steps().at(after(seconds)))
    };
    let mut local = failed(1, START);
    local.fail(None, &steps().at(after(1)));
    assert!(!has_failed(&local, 1));
    assert!(has_failed(&local, 2));
    local.succeed();
    assert!(!has_failed(&local, 9));
    local.fail(None, &steps().at(after(9)));
    assert!(!has_failed(&local, 10));
}

#[test]
fn a_clock_that_is_set_back_does_not_stop_the_process_for_longer() {
    let hour_ago = Timestamp::from_unix_ms(START.as_unix_ms() - 3_600_000);
    let mut local = failed(10, START);
    let until = trip(&mut local, START);
    assert_eq!(opinion(&local, hour_ago), Opinion::Try);
    begin_trial(&mut local, until);
    assert_eq!(opinion(&local, hour_ago), Opinion::Try);
    let a_bit_off = Timestamp::from_unix_ms(START.as_unix_ms() - 500);
    assert_eq!(opinion(&local, a_bit_off), Opinion::Stop(until));
}

#[test]
fn a_process_that_is_well_again_starts_with_the_shortest_stop() {
    let mut local = failed(10, START);
    trip(&mut local, START);
    trip(&mut local, after(5));
    local.succeed();
    assert_eq!(trip(&mut local, after(20)), after(25));
}

#[test]
fn what_was_decided_without_the_store_ends_when_it_answers() {
    let mut without_store = failed(5, START);
    without_store.trip_without_store(&mut steps().at(START));
    without_store.on_store_answer();
    assert_eq!(opinion(&without_store, START), Opinion::Pass);
    assert_eq!(without_store.streak(), 0);
    // A process that fails alone is stopped whether the store answers or not.
    let mut alone = failed(10, START);
    let until = trip(&mut alone, START);
    alone.on_store_answer();
    assert_eq!(opinion(&alone, START), Opinion::Stop(until));
}

#[test]
fn a_process_that_stands_in_for_the_store_tries_one_call_at_a_time() {
    let mut local = LocalBreaker::default();
    local.stand_in_for_store(&steps().at(START));
    assert_eq!(opinion(&local, START), Opinion::Try);
    begin_trial(&mut local, START);
    assert!(matches!(opinion(&local, START), Opinion::Stop(_)));
    local.on_store_answer();
    assert_eq!(opinion(&local, START), Opinion::Pass);
}

#[test]
fn the_last_word_of_the_dependency_is_remembered() {
    let mut local = LocalBreaker::default();
    let minute = Duration::from_mins(1);
    local.fail(Some(minute), &steps().at(START));
    assert_eq!(local.retry_after(), Some(minute));
    local.succeed();
    assert_eq!(local.retry_after(), None);
}

/// So many calls fail, or succeed, while the store is away.
fn weigh(local: &mut LocalBreaker, counts: Counts, times: u32) {
    (0..times).for_each(|_| local.weigh(counts, 0, &steps().at(START)));
}

const FAILURE: Counts = Counts {
    calls: 1,
    failures: 1,
    slow: 0,
    both: 0,
    alarms: 0,
};

/// With thresholds of a half it takes 28 more failures than successes.
#[test]
fn a_success_outweighs_one_failure_and_is_no_credit() {
    let proves = |local: &LocalBreaker| local.proves_an_outage(&steps().at(START));
    let mut local = LocalBreaker::default();
    weigh(&mut local, Counts::SUCCESS, 3);
    weigh(&mut local, FAILURE, 27);
    assert!(!proves(&local));
    weigh(&mut local, Counts::SUCCESS, 3);
    weigh(&mut local, FAILURE, 3);
    assert!(!proves(&local));
    weigh(&mut local, FAILURE, 1);
    assert!(proves(&local));
}

#[test]
fn what_was_weighed_is_forgotten_when_the_store_answers_and_after_a_long_sleep() {
    let weighed = || {
        let mut local = failed(28, START);
        weigh(&mut local, FAILURE, 28);
        local
    };
    let proves = |local: &LocalBreaker| local.proves_an_outage(&steps().at(START));
    assert!(proves(&weighed()));
    let mut local = weighed();
    local.on_store_answer();
    assert!(!proves(&local));
    let mut local = weighed();
    local.forget_the_past(&steps().at(START + steps().policy.window));
    assert!(!proves(&local));
}

#[test]
fn a_new_epoch_begins_without_failures() {
    let mut local = failed(9, START);
    trip(&mut local, START);
    local.start_epoch();
    assert_eq!(local.streak(), 0);
    assert_eq!(opinion(&local, START), Opinion::Pass);
}
