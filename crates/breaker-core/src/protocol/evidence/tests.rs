//! Which counts matter, and which can go.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

/// The beginning of a slot.
const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

const EPOCH: Epoch = Epoch(3);

fn bad(count: u64) -> Counts {
    Counts {
        calls: count,
        failures: count,
        ..Counts::default()
    }
}

fn key(epoch: Epoch, at: Timestamp) -> SlotKey {
    let slot = Slot::at(at, &Policy::default());
    SlotKey { epoch, slot }
}

fn evidence(keys: &[SlotKey]) -> Evidence {
    Evidence(keys.iter().map(|&key| (key, bad(1))).collect())
}

fn stale(evidence: &Evidence, now: Timestamp) -> Vec<SlotKey> {
    let policy = Policy::default();
    evidence.stale_keys(EPOCH, &policy, policy.window, now)
}

/// The beginnings of so many slots, one after the other.
fn slots(count: u32) -> Vec<Timestamp> {
    let slot = Policy::default().slot;
    (0..count).map(|number| START + slot * number).collect()
}

#[test]
fn counts_of_one_slot_and_epoch_add_up() {
    let mut evidence = Evidence::default();
    let slot = Slot::at(START, &Policy::default());
    for counts in [bad(2), Counts::SUCCESS] {
        evidence.add(EPOCH, &Tally::from([(slot, counts)]));
    }
    evidence.add(EPOCH.next(), &Tally::from([(slot, bad(7))]));
    let total = evidence.total(EPOCH, &Policy::default(), START);
    assert_eq!((total.calls, total.failures), (3, 2));
    assert_eq!(total.failure_rate(), Some(2.0 / 3.0));
    assert_eq!(Counts::default().failure_rate(), None);
}

#[test]
fn only_the_newest_slots_count() {
    let policy = Policy::default();
    let times = slots(policy.window_slots + 3);
    let keys: Vec<_> = times.iter().map(|&at| key(EPOCH, at)).collect();
    let evidence = evidence(&keys);
    let now = times[times.len() - 1];
    let counted: Vec<_> = evidence
        .newest_first(EPOCH, &policy, policy.window, now)
        .map(|(slot, _)| slot)
        .collect();
    let newest_first: Vec<_> = keys[3..].iter().rev().map(|key| key.slot).collect();
    assert_eq!(counted, newest_first);
    assert_eq!(stale(&evidence, now), keys[..3]);
}

#[test]
fn slots_without_calls_take_no_place() {
    let policy = Policy::default();
    // One call each four seconds, for two minutes.
    let times = (0..30).map(|number| START + Duration::from_secs(4 * number));
    let keys: Vec<_> = times.map(|at| key(EPOCH, at)).collect();
    let now = START + Duration::from_secs(4 * 29);
    let total = evidence(&keys).total(EPOCH, &policy, now);
    assert_eq!(total.calls, u64::from(policy.window_slots));
}

#[test]
fn what_has_left_the_window_is_stale() {
    let policy = Policy::default();
    let keys = [key(EPOCH, START)];
    let last_moment = START + policy.window.saturating_sub(Duration::from_millis(1));
    let evidence = evidence(&keys);
    assert_eq!(stale(&evidence, last_moment), []);
    assert_eq!(evidence.total(EPOCH, &policy, last_moment).calls, 1);
    let over = START + policy.window;
    assert_eq!(stale(&evidence, over), keys);
    assert_eq!(evidence.total(EPOCH, &policy, over).calls, 0);
}

#[test]
fn all_of_other_epochs_is_stale() {
    let (before, after) = (key(Epoch(2), START), key(Epoch(4), START));
    let evidence = evidence(&[before, key(EPOCH, START), after]);
    assert_eq!(stale(&evidence, START), [before, after]);
}

/// It may be this process's clock that is wrong: others need those counts.
#[test]
fn what_lies_ahead_is_neither_counted_nor_stale() {
    let policy = Policy::default();
    let ahead = START + Duration::from_mins(10);
    let evidence = evidence(&[key(EPOCH, START), key(EPOCH, ahead)]);
    assert_eq!(evidence.total(EPOCH, &policy, START).calls, 1);
    assert_eq!(stale(&evidence, START), []);
}

#[test]
fn counts_that_lie_ahead_do_not_push_others_out() {
    let policy = Policy::default();
    let ahead = slots(policy.window_slots)
        .into_iter()
        .map(|at| key(EPOCH, at + Duration::from_mins(10)));
    let keys: Vec<_> = ahead.chain([key(EPOCH, START)]).collect();
    assert_eq!(evidence(&keys).total(EPOCH, &policy, START).calls, 1);
}

/// Where traffic is thin an hour counts, or failures in a row would be forgotten
/// before there are enough.
#[test]
fn counts_of_a_quiet_circuit_are_kept_for_an_hour() {
    let policy = Policy::default();
    let record = Record {
        epoch: EPOCH,
        evidence: evidence(&[key(EPOCH, START)]),
        ..Record::default()
    };
    let last_moment = START + Duration::from_millis(3_599_999);
    assert_eq!(record.stale_evidence(&policy, last_moment), []);
    let over = START + Duration::from_hours(1);
    assert_eq!(record.stale_evidence(&policy, over), [key(EPOCH, START)]);
}

proptest! {
    /// Of each kind of call any number, told together.
    #[test]
    fn a_call_that_failed_and_was_slow_is_one_bad_call(
        good in 0..1_000_u64,
        failed in 0..1_000_u64,
        slow in 0..1_000_u64,
        both in 0..1_000_u64,
        alarms in 0..1_000_u64,
    ) {
        let mut counts = Counts::default();
        counts.add(Counts {
            calls: good + failed,
            failures: failed,
            alarms,
            ..Counts::default()
        });
        counts.add(Counts {
            calls: slow + both,
            slow: slow + both,
            failures: both,
            both,
            alarms: 0,
        });
        prop_assert_eq!(counts.bad(), failed + slow + both);
        prop_assert_eq!(counts.has_success(), good > 0);
        let trouble = failed + slow + both + alarms > 0;
        prop_assert_eq!(counts.tells_of_trouble(), trouble);
        prop_assert_eq!(counts.alarms, alarms, "no call that a witness told of");
    }
}

#[test]
fn sums_never_wrap() {
    let most = Counts {
        calls: u64::MAX,
        failures: u64::MAX,
        slow: u64::MAX,
        both: u64::MAX,
        alarms: u64::MAX,
    };
    let mut sum = most;
    sum.add(most);
    assert_eq!(sum, most);
}
