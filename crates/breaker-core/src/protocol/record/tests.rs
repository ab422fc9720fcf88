//! The ramp, and the names of states.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

/// Closed since then, after an outage of so long.
fn closed_after(outage: Duration, since: Timestamp) -> Record {
    let opened_ms = since.as_unix_ms() - u64::try_from(outage.as_millis()).unwrap();
    Record {
        phase: Phase::Closed {
            since,
            opened: Timestamp::from_unix_ms(opened_ms),
            doubt: 0,
            suspected: None,
        },
        ..Record::default()
    }
}

fn closed(since: Timestamp) -> Record {
    closed_after(Duration::from_hours(1), since)
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

proptest! {
    /// What was open for a moment missed no more than that moment's calls.
    #[test]
    fn the_ramp_lasts_no_longer_than_the_circuit_was_open(
        outage_ms in 0..20_000_u64,
        elapsed_ms in 0..20_000_u64,
    ) {
        let policy = Policy::default();
        let record = closed_after(Duration::from_millis(outage_ms), START);
        let now = START + Duration::from_millis(elapsed_ms);
        let longest = outage_ms.min(5_000);
        let share = record.ramp(&policy, now);
        prop_assert_eq!(share >= 1.0, elapsed_ms >= longest, "{}", share);
        prop_assert!(share >= policy.ramp_from);
        let ends = START + Duration::from_millis(longest);
        prop_assert_eq!(record.ramp_ends(&policy), (outage_ms > 0).then_some(ends));
    }
}

/// It was forced closed, and never open.
#[test]
fn a_circuit_that_was_not_open_has_no_ramp() {
    let policy = Policy::default();
    let record = Record {
        phase: Phase::closed(START),
        ..Record::default()
    };
    assert_near(record.ramp(&policy, START), 1.0);
    assert_eq!(record.ramp_ends(&policy), None);
}

#[test]
fn a_circuit_that_has_been_closed_for_ten_minutes_is_trusted_again() {
    let record = Record {
        phase: Phase::Closed {
            since: START,
            opened: START,
            doubt: 2,
            suspected: None,
        },
        ..Record::default()
    };
    let last_moment = START + Duration::from_millis(599_999);
    assert_eq!(record.doubt(last_moment), 2);
    assert_eq!(record.doubt(START + Duration::from_mins(10)), 0);
    // Not because it is open for long.
    let open = Record {
        phase: Phase::Open {
            since: START,
            opened: START,
            until: START,
            reopens: 9,
            doubt: 2,
        },
        ..Record::default()
    };
    assert_eq!(open.doubt(START + Duration::from_hours(1)), 2);
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
fn an_override_ends_by_itself() {
    let placed = Override {
        mode: OverrideMode::ForceOpen,
        reason: "drill".to_owned(),
        actor: "ada".to_owned(),
        expires: START,
    };
    let record = Record {
        standing_override: Some(placed),
        ..Record::default()
    };
    let just_before = Timestamp::from_unix_ms(START.as_unix_ms() - 1);
    assert_eq!(record.effective_state(just_before), State::ForcedOpen);
    assert_eq!(record.effective_state(START), State::Closed);
}
