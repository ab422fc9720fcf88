//! The ramp, and the names of states.

use std::time::Duration;

use super::*;

const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

fn closed(since: Timestamp) -> Record {
    Record {
        phase: Phase::Closed { since },
        ..Record::default()
    }
}

fn assert_near(found: f64, expected: f64) {
    let near = (found - expected).abs() < 1e-9;
    assert!(near, "{found} instead of {expected}");
}

#[test]
fn the_ramp_grows_from_its_first_share_to_all() {
    let policy = Policy::default();
    let record = closed(START);
    let share = |done: f64| record.ramp(&policy, START + policy.ramp_for.mul_f64(done));
    assert_near(share(0.0), 0.1);
    assert_near(share(0.5), 0.55);
    assert_near(share(0.9), 0.91);
    assert_near(share(1.0), 1.0);
    assert_near(share(100.0), 1.0);
    assert_eq!(record.ramp_ends(&policy), Some(START + policy.ramp_for));
}

#[test]
fn a_clock_that_is_behind_sees_the_ramp_at_its_beginning() {
    let policy = Policy::default();
    let earlier = Timestamp::from_unix_ms(START.as_unix_ms() - 500);
    assert_near(closed(START).ramp(&policy, earlier), policy.ramp_from);
}

#[test]
fn a_ramp_of_no_time_admits_all_at_once() {
    let policy = Policy {
        ramp_for: Duration::ZERO,
        ..Policy::default()
    };
    assert_near(closed(START).ramp(&policy, START), 1.0);
}

#[test]
fn a_circuit_that_nobody_has_written_yet_has_no_ramp() {
    let policy = Policy::default();
    let record = Record::default();
    let soon = Timestamp::default() + Duration::from_millis(1);
    assert_near(record.ramp(&policy, soon), 1.0);
    assert_eq!(record.ramp_ends(&policy), None);
}

#[test]
fn an_order_ends_by_itself() {
    let order = Override {
        mode: OverrideMode::ForceOpen,
        reason: "drill".to_owned(),
        actor: "ada".to_owned(),
        expires: START,
    };
    let record = Record {
        standing_override: Some(order),
        ..Record::default()
    };
    let just_before = Timestamp::from_unix_ms(START.as_unix_ms() - 1);
    assert_eq!(record.effective_state(just_before), State::ForcedOpen);
    assert_eq!(record.effective_state(START), State::Closed);
}
