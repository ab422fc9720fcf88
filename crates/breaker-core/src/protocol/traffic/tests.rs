//! What heartbeats add up to.

use super::*;

/// The beginning of a slot.
const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

fn heartbeats(arrivals: u64) -> Heartbeats {
    Heartbeats {
        arrivals,
        contacts: arrivals / 10,
        lifetime_ms: arrivals * 100,
        refused: arrivals / 4,
    }
}

/// Traffic told in slots that follow one another, the first of which began at
/// [`START`].
fn told(arrivals: &[u64]) -> Traffic {
    let mut traffic = Traffic::default();
    for (slot, &arrivals) in (TrafficSlot::at(START).0..).zip(arrivals) {
        traffic.add(TrafficSlot(slot), heartbeats(arrivals));
    }
    traffic
}

fn after(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

fn assert_near(found: f64, expected: f64) {
    let near = (found - expected).abs() < 1e-6;
    assert!(near, "{found} instead of {expected}");
}

#[test]
fn the_constants_tell_of_the_same_slots() {
    assert_eq!(TRAFFIC_SLOT, Duration::from_millis(SLOT_MS));
}

#[test]
fn nothing_is_known_of_a_fleet_that_nobody_has_heard_of() {
    assert_eq!(Traffic::default().fleet_size(START), None);
}

#[test]
fn sizes_are_what_was_told_over_the_time_that_it_was_told_of() {
    let traffic = told(&[200, 200, 200]);
    let size = traffic.fleet_size(after(60)).unwrap();
    assert_near(size.calls_per_s, 600.0 / 60.0);
    assert_near(size.contacts_per_s, 60.0 / 60.0);
    assert_near(size.processes, 60.0 / 60.0);
    // The slot before and the one that has just begun.
    assert_near(size.recent_calls_per_s, 200.0 / 20.0);
}

#[test]
fn a_drop_shows_in_the_recent_calls_first() {
    let traffic = told(&[2_000, 2_000, 200, 100]);
    let size = traffic.fleet_size(after(70)).unwrap();
    assert_near(size.calls_per_s, 4_300.0 / 70.0);
    assert_near(size.recent_calls_per_s, 300.0 / 30.0);
}

#[test]
fn nothing_is_concluded_from_less_than_ten_seconds() {
    let size = told(&[20]).fleet_size(after(1)).unwrap();
    assert_near(size.calls_per_s, 20.0 / 10.0);
    assert_near(size.recent_calls_per_s, 20.0 / 10.0);
}

#[test]
fn what_is_older_than_two_minutes_is_left_out_and_can_be_removed() {
    let traffic = told(&[1_000_000, 200, 200, 200, 200, 200, 200]);
    let size = traffic.fleet_size(after(139)).unwrap();
    assert_near(size.calls_per_s, 1_200.0 / 119.0);
    let first = TrafficSlot::at(START);
    assert_eq!(traffic.stale_slots(after(119)), []);
    assert_eq!(traffic.stale_slots(after(120)), [first]);
    assert_eq!(traffic.stale_slots(after(139)), [first]);
}

#[test]
fn after_a_long_silence_a_fleet_is_unknown_again() {
    let traffic = told(&[200, 200]);
    assert_eq!(traffic.fleet_size(after(3_600)), None);
}

#[test]
fn heartbeats_of_a_clock_that_is_far_ahead_are_left_out() {
    let mut traffic = told(&[200]);
    let next = TrafficSlot::at(after(20));
    traffic.add(TrafficSlot(next.0 + 1), heartbeats(1_000_000));
    let size = traffic.fleet_size(after(19)).unwrap();
    assert_near(size.calls_per_s, 200.0 / 19.0);
    // A slot ahead is what clocks may be off.
    traffic.add(next, heartbeats(180));
    let size = traffic.fleet_size(after(19)).unwrap();
    assert_near(size.calls_per_s, 380.0 / 19.0);
}

#[test]
fn calls_that_are_refused_show_at_once_and_end_at_once() {
    let mut traffic = told(&[200, 200]);
    let refusing = Heartbeats {
        arrivals: 200,
        refused: 180,
        ..Heartbeats::default()
    };
    traffic.add(TrafficSlot::at(after(40)), refusing);
    let size = traffic.fleet_size(after(60)).unwrap();
    assert_near(size.refused_per_s, 180.0 / 20.0);
    assert_near(size.calls_per_s, 600.0 / 60.0);
    traffic.add(TrafficSlot::at(after(80)), Heartbeats::default());
    let size = traffic.fleet_size(after(90)).unwrap();
    assert_near(size.refused_per_s, 0.0);
}

#[test]
fn sums_never_wrap() {
    let mut most = Heartbeats {
        arrivals: u64::MAX,
        contacts: u64::MAX,
        lifetime_ms: u64::MAX,
        refused: u64::MAX,
    };
    let before = most;
    most.add(heartbeats(100));
    assert_eq!(most, before);
}
