//! When a process stops itself, and how it comes back.

use super::*;

const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

fn after(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

/// Open times are exact.
fn policy() -> Policy {
    Policy {
        open_jitter: 0.0,
        ..Policy::default()
    }
}

const DRAW: f64 = 0.5;

fn failed(times: u32, now: Timestamp) -> Guard {
    let mut guard = Guard::default();
    for _ in 0..times {
        guard.fail(None, &policy(), now);
    }
    guard
}

#[test]
fn failures_in_a_row_are_counted_and_one_success_forgets_them() {
    let mut guard = failed(3, START);
    assert_eq!(guard.streak(), 3);
    guard.succeed();
    assert_eq!(guard.streak(), 0);
}

#[test]
fn failures_from_before_a_long_sleep_are_forgotten() {
    let policy = policy();
    let mut guard = failed(3, START);
    let last_moment = START + policy.window.saturating_sub(Duration::from_millis(1));
    guard.forget_the_past(&policy, last_moment);
    assert_eq!(guard.streak(), 3);
    guard.fail(None, &policy, START + policy.window);
    assert_eq!(guard.streak(), 1);
}

#[test]
fn a_stopped_process_lets_one_call_at_a_time_find_out() {
    let policy = policy();
    let mut guard = failed(10, START);
    assert_eq!(guard.opinion(&policy, START), Opinion::Pass);
    let until = guard.stop(&policy, START, DRAW);
    assert_eq!(until, after(5));
    assert!(guard.is_stopped());
    assert_eq!(guard.opinion(&policy, START), Opinion::Stop(until));
    assert_eq!(guard.opinion(&policy, until), Opinion::Try);
    guard.begin_trial(until);
    let patience = until + policy.probe_timeout;
    assert_eq!(guard.opinion(&policy, until), Opinion::Stop(patience));
    guard.succeed();
    assert_eq!(guard.opinion(&policy, until), Opinion::Pass);
}

#[test]
fn a_trial_that_never_came_back_or_proved_nothing_makes_room_for_another() {
    let policy = policy();
    let mut guard = failed(10, START);
    let until = guard.stop(&policy, START, DRAW);
    guard.begin_trial(until);
    let patience = until + policy.probe_timeout;
    assert_eq!(guard.opinion(&policy, patience), Opinion::Try);
    guard.begin_trial(patience);
    guard.give_up_trial();
    assert_eq!(guard.opinion(&policy, patience), Opinion::Try);
}

#[test]
fn each_failed_trial_stops_the_process_for_longer_up_to_a_bound() {
    let policy = policy();
    let mut guard = failed(10, START);
    let mut now = START;
    let stops: Vec<u64> = (0..6)
        .map(|_| {
            let until = guard.stop(&policy, now, DRAW);
            let stop = until.since(now).as_secs();
            now = until;
            guard.begin_trial(now);
            stop
        })
        .collect();
    assert_eq!(stops, [5, 10, 20, 40, 60, 60]);
}

#[test]
fn a_clock_that_is_set_back_does_not_stop_the_process_for_longer() {
    let policy = policy();
    let hour_ago = Timestamp::from_unix_ms(START.as_unix_ms() - 3_600_000);
    let mut guard = failed(10, START);
    let until = guard.stop(&policy, START, DRAW);
    assert_eq!(guard.opinion(&policy, hour_ago), Opinion::Try);
    guard.begin_trial(until);
    assert_eq!(guard.opinion(&policy, hour_ago), Opinion::Try);
    let a_bit_off = Timestamp::from_unix_ms(START.as_unix_ms() - 500);
    assert_eq!(guard.opinion(&policy, a_bit_off), Opinion::Stop(until));
}

#[test]
fn a_process_that_is_well_again_starts_with_the_shortest_stop() {
    let policy = policy();
    let mut guard = failed(10, START);
    guard.stop(&policy, START, DRAW);
    guard.stop(&policy, after(5), DRAW);
    guard.succeed();
    assert_eq!(guard.stop(&policy, after(20), DRAW), after(25));
}

#[test]
fn what_was_decided_without_the_store_ends_when_it_answers() {
    let policy = policy();
    let mut forsaken = failed(5, START);
    forsaken.stop_forsaken(&policy, START, DRAW);
    forsaken.return_to_the_fleet();
    assert_eq!(forsaken.opinion(&policy, START), Opinion::Pass);
    assert_eq!(forsaken.streak(), 0);
    // A process that fails alone is stopped whether the store answers or not.
    let mut alone = failed(10, START);
    let until = alone.stop(&policy, START, DRAW);
    alone.return_to_the_fleet();
    assert_eq!(alone.opinion(&policy, START), Opinion::Stop(until));
}

#[test]
fn a_process_that_stands_by_tries_one_call_at_a_time() {
    let policy = policy();
    let mut guard = Guard::default();
    guard.stand_by(START);
    assert_eq!(guard.opinion(&policy, START), Opinion::Try);
    guard.begin_trial(START);
    assert!(matches!(guard.opinion(&policy, START), Opinion::Stop(_)));
    guard.return_to_the_fleet();
    assert_eq!(guard.opinion(&policy, START), Opinion::Pass);
}

#[test]
fn the_last_word_of_the_dependency_is_remembered() {
    let mut guard = Guard::default();
    let minute = Duration::from_mins(1);
    guard.fail(Some(minute), &policy(), START);
    assert_eq!(guard.retry_after(), Some(minute));
    guard.succeed();
    assert_eq!(guard.retry_after(), None);
}

#[test]
fn a_moment_is_spread_between_a_quarter_and_half_a_second() {
    let (shortest, longest) = (Guard::hold(START, 0.0), Guard::hold(START, 1.0));
    assert_eq!(shortest, START + Duration::from_millis(250));
    assert_eq!(longest, START + Duration::from_millis(500));
}
