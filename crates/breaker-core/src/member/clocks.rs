//! An operating system may set its clock at any moment. What took how long is
//! told by the one that is never set.

use proptest::prelude::*;

use super::*;
use crate::{
    protocol::{Counts, Phase},
    time::Steady,
};

const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);
const HOUR_MS: i64 = 3_600_000;

/// Milliseconds after [`START`] by the clock that is never set, while the other
/// is an hour behind, right, or an hour ahead.
fn moment(ms: u64, set: i64) -> Moment {
    let wall = (START.as_unix_ms() + ms).checked_add_signed(set * HOUR_MS);
    Moment {
        wall: Timestamp::from_unix_ms(wall.unwrap()),
        steady: Steady::from_ms(1_000_000 + ms),
    }
}

fn steps_of_the_clock() -> impl Strategy<Value = i64> {
    -1..=1_i64
}

/// A process that has read the record of a healthy circuit that is suspected or
/// not.
fn knowing(suspected: Option<Timestamp>) -> Member {
    let member = Member::new(Policy::default(), Seeded::new(1)).unwrap();
    let record = Record {
        phase: Phase::Closed {
            since: Timestamp::default(),
            opened: Timestamp::default(),
            doubt: 0,
            suspected,
        },
        ..Record::default()
    };
    member.on_strong_read(record, Epoch(0), moment(0, 0));
    member
}

/// What is told of a call that is admitted at once.
fn told(member: &Member, took_ms: u64, set: i64) -> Option<Counts> {
    let Admission::Admitted(permit) = member.begin(moment(0, 0)) else {
        panic!("the circuit is closed");
    };
    let now = moment(took_ms, set);
    // What the record says must be known lately, by either clock.
    member.on_strong_read(member.known(), Epoch(0), now);
    let request = member.end(permit, Outcome::Success, now)?;
    let Operation::Apply {
        change: Change::Report(report),
        ..
    } = request.operation()
    else {
        panic!("the record is known: {request:?}");
    };
    let mut sum = Counts::default();
    report.tally.values().for_each(|counts| sum.add(*counts));
    Some(sum)
}

proptest! {
    #[test]
    fn a_call_is_as_slow_as_it_was_whatever_the_wall_clock_says(
        took_ms in 0..10_000_u64,
        set in steps_of_the_clock(),
    ) {
        let slow = took_ms >= 3_000;
        // Those who tell of trouble alone, and those who tell of all.
        let told_alone = told(&knowing(None), took_ms, set);
        prop_assert_eq!(told_alone, slow.then_some(Counts::ALARM));
        let witnessed = told(&knowing(Some(START)), took_ms, set);
        let expected = if slow { Counts::SLOW } else { Counts::SUCCESS };
        prop_assert_eq!(witnessed, Some(expected));
    }

    /// Nor is one asked for all the time.
    #[test]
    fn a_view_is_asked_for_anew_in_time_whatever_the_wall_clock_says(set in -1..=0_i64) {
        let member = knowing(None);
        let asks = |now: Moment| match member.begin(now) {
            Admission::Admitted(mut permit) => {
                let asks = permit.take_report().is_some();
                let _ = member.end(permit, Outcome::Success, now);
                asks
            }
            Admission::Rejected(_) | Admission::Pending(_) => true,
        };
        let first = (0..200_u64).map(|tenth| tenth * 100).find(|ms| asks(moment(*ms, set)));
        // Six seconds, spread by up to a fifth.
        prop_assert!(first.is_some_and(|ms| (6_000..=7_300).contains(&ms)), "{:?}", first);
    }
}

/// A process that was frozen may find its steady clock where it left it.
#[test]
fn a_view_is_asked_for_anew_after_a_sleep_that_the_wall_clock_alone_saw() {
    let member = knowing(None);
    let woken = Moment {
        wall: moment(0, 1).wall,
        steady: moment(1_001, 0).steady,
    };
    assert!(matches!(member.begin(woken), Admission::Pending(_)));
}
