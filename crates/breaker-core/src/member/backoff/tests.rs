//! How a store that fails is left alone.

use super::*;
use crate::member::steps::Steps;

const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

/// Pauses are as long as they get.
const LONGEST: f64 = 1.0;

fn after_ms(ms: u64) -> Timestamp {
    START + Duration::from_millis(ms)
}

fn no_answer() -> StoreError {
    StoreError::NoAnswer("timed out".to_owned())
}

fn fail(backoff: &mut StoreBackoff, error: &StoreError, now: Timestamp) {
    backoff.on_failure(error, &mut Steps::drawing(LONGEST).at(now));
}

/// When the pause ends.
fn over(backoff: &StoreBackoff, now: Timestamp) -> Timestamp {
    let mut times = (0..10_000).map(|ms| now + Duration::from_millis(ms));
    times.find(|at| !backoff.is_pausing(*at)).unwrap()
}

fn answer(backoff: &mut StoreBackoff) -> Vec<Event> {
    let mut steps = Steps::drawing(LONGEST);
    backoff.on_answer(&mut steps.at(START));
    steps.events
}

#[test]
fn pauses_grow_up_to_a_bound_and_are_spread() {
    let pauses = |draw: f64| -> Vec<u128> {
        let mut steps = Steps::drawing(draw);
        let mut backoff = StoreBackoff::default();
        let mut now = START;
        (0..7)
            .map(|_| {
                backoff.on_failure(&StoreError::Throttled, &mut steps.at(now));
                let over = over(&backoff, now);
                let pause = over.since(now).as_millis();
                now = over;
                pause
            })
            .collect()
    };
    assert_eq!(
        pauses(LONGEST),
        [250, 500, 1_000, 2_000, 3_000, 3_000, 3_000]
    );
    assert_eq!(pauses(0.0), [125, 250, 500, 1_000, 1_500, 1_500, 1_500]);
}

/// They were under way together, and say one thing.
#[test]
fn requests_that_fail_together_are_one_failure() {
    let mut backoff = StoreBackoff::default();
    answer(&mut backoff);
    for _ in 0..64 {
        fail(&mut backoff, &no_answer(), START);
    }
    assert!(over(&backoff, START) <= after_ms(250));
    assert!(!backoff.is_unreachable());
}

#[test]
fn a_clock_that_is_set_back_ends_a_pause() {
    let hour_ago = Timestamp::from_unix_ms(START.as_unix_ms() - 3_600_000);
    let mut backoff = StoreBackoff::default();
    fail(&mut backoff, &StoreError::Throttled, START);
    assert!(!backoff.is_pausing(hour_ago));
}

#[test]
fn a_store_is_unreachable_after_two_failures_or_if_it_has_never_answered() {
    let mut backoff = StoreBackoff::default();
    answer(&mut backoff);
    fail(&mut backoff, &no_answer(), START);
    assert!(!backoff.is_unreachable() && backoff.is_failing());
    fail(&mut backoff, &no_answer(), after_ms(250));
    assert!(backoff.is_unreachable());
    answer(&mut backoff);
    assert!(!backoff.is_unreachable() && !backoff.is_failing());
    let mut never = StoreBackoff::default();
    fail(&mut never, &no_answer(), START);
    assert!(never.is_unreachable());
}

#[test]
fn observers_hear_of_each_failure_and_of_the_first_answer_after_it() {
    let mut steps = Steps::drawing(LONGEST);
    let mut backoff = StoreBackoff::default();
    backoff.on_failure(&StoreError::Throttled, &mut steps.at(START));
    assert_eq!(steps.events, [Event::StoreFailed(StoreError::Throttled)]);
    assert_eq!(answer(&mut backoff), [Event::StoreRecovered]);
    assert_eq!(answer(&mut backoff), []);
}

#[test]
fn a_request_whose_answer_never_comes_is_not_waited_for_for_ever() {
    let mut steps = Steps::drawing(LONGEST);
    let mut backoff = StoreBackoff::default();
    backoff.on_request(&steps.at(START));
    let longest = steps.policy.store_timeout * 2;
    assert!(backoff.is_under_way(&steps.at(START)));
    assert!(!backoff.is_under_way(&steps.at(START + longest)));
}
