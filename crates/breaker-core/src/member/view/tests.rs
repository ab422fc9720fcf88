//! Which records are taken over, and how old they may grow.

use super::*;
use crate::{
    member::steps::Steps,
    protocol::{Heartbeats, Traffic, TrafficSlot},
    time::Now,
};

const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

const NO_SPREAD: f64 = 0.0;

fn after_ms(ms: u64) -> Timestamp {
    START + Duration::from_millis(ms)
}

fn epoch(number: u64) -> Record {
    Record {
        epoch: Epoch(number),
        ..Record::default()
    }
}

fn showing(record: Record, spread: f64) -> CircuitView {
    let mut view = CircuitView::default();
    let cx = &mut Steps::drawing(spread);
    let _ = view.on_write_result(record, Epoch(0), &mut cx.at(START));
    view
}

/// The result of a change that was decided on epoch `basis`.
fn write(view: &mut CircuitView, record: Record, basis: Epoch) -> Taken {
    view.on_write_result(record, basis, &mut Steps::drawing(NO_SPREAD).at(START))
}

fn eventual_read(view: &mut CircuitView, record: Record) -> Taken {
    view.on_eventual_read(record, &mut Steps::drawing(NO_SPREAD).at(START))
}

fn age(view: &CircuitView, now: Timestamp) -> Age {
    view.age(&Steps::drawing(NO_SPREAD).at(now))
}

/// A fleet of so many processes, known for twenty seconds.
fn fleet_of(processes: u64) -> Record {
    let heartbeats = Heartbeats {
        arrivals: 1,
        contacts: 1,
        lifetime_ms: processes * 20_000,
        refused: 0,
    };
    let slot = TrafficSlot(TrafficSlot::at(START).0 - 1);
    Record {
        traffic: Traffic([(slot, heartbeats)].into()),
        ..Record::default()
    }
}

/// How old the view grows before it is refreshed beside a call.
fn interval(view: &CircuitView) -> Duration {
    let due = |ms: &u64| age(view, after_ms(*ms)) == Age::Due;
    let ms = (0..200_000).step_by(50).find(due);
    Duration::from_millis(ms.unwrap())
}

#[test]
fn a_view_of_nothing_is_too_old_to_decide_by() {
    assert_eq!(age(&CircuitView::default(), START), Age::Expired);
}

#[test]
fn a_view_is_fresh_then_due_and_then_expired() {
    let view = showing(epoch(0), NO_SPREAD);
    assert_eq!(age(&view, after_ms(5_999)), Age::Fresh);
    assert_eq!(age(&view, after_ms(6_000)), Age::Due);
    assert_eq!(age(&view, after_ms(119_999)), Age::Due);
    assert_eq!(age(&view, after_ms(120_000)), Age::Expired);
}

#[test]
fn processes_are_spread_over_a_fifth_of_the_interval() {
    assert_eq!(interval(&showing(epoch(0), 0.0)), Duration::from_secs(6));
    assert_eq!(
        interval(&showing(epoch(0), 1.0)),
        Duration::from_millis(7_200)
    );
}

#[test]
fn a_large_fleet_refreshes_less_often() {
    let view = showing(fleet_of(4_000), NO_SPREAD);
    assert_eq!(interval(&view), Duration::from_secs(20));
}

#[test]
fn while_the_circuit_is_on_its_way_back_views_are_refreshed_more_often() {
    let phase = Phase::Open {
        since: START,
        opened: START,
        until: START,
        reopens: 0,
        doubt: 0,
    };
    let of = |processes| Record {
        phase: phase.clone(),
        ..fleet_of(processes)
    };
    assert_eq!(interval(&showing(of(1), 0.5)), Duration::from_millis(250));
    assert_eq!(interval(&showing(of(2_000), 0.5)), Duration::from_secs(2));
    assert_eq!(interval(&showing(of(100_000), 0.5)), Duration::from_secs(5));
}

/// The wall clock is set while `passed` go by.
fn after_a_step(passed: Duration, set_to: Timestamp) -> Moment {
    Moment {
        wall: set_to,
        steady: START.steady() + passed,
    }
}

#[test]
fn a_clock_that_is_set_back_makes_no_view_fresh_for_ever() {
    let hour_ago = Timestamp::from_unix_ms(START.as_unix_ms() - 3_600_000);
    let view = showing(epoch(0), NO_SPREAD);
    let age = |seconds, wall| {
        let moment = after_a_step(Duration::from_secs(seconds), wall);
        view.age(&Steps::drawing(NO_SPREAD).at(moment))
    };
    assert_eq!(age(5, hour_ago), Age::Fresh);
    assert_eq!(age(6, hour_ago), Age::Due);
    assert_eq!(age(120, hour_ago), Age::Expired);
}

/// It may also have stood still, in a frozen process.
#[test]
fn a_wall_clock_that_went_on_alone_makes_a_view_as_old_as_it_says() {
    let view = showing(epoch(0), NO_SPREAD);
    let age = |seconds| {
        let later = START + Duration::from_secs(seconds);
        view.age(&Steps::drawing(NO_SPREAD).at(after_a_step(Duration::ZERO, later)))
    };
    assert_eq!(age(5), Age::Fresh);
    assert_eq!(age(6), Age::Due);
    assert_eq!(age(120), Age::Expired);
}

#[test]
fn only_a_later_epoch_replaces_a_view_that_changed_in_between() {
    let mut view = showing(epoch(3), NO_SPREAD);
    // Sent when epoch 2 was known, and shows that epoch.
    assert_eq!(write(&mut view, epoch(2), Epoch(2)), Taken::SameEpoch);
    assert_eq!(view.record().epoch, Epoch(3));
    assert_eq!(write(&mut view, epoch(4), Epoch(2)), Taken::NewEpoch);
    assert_eq!(view.record().epoch, Epoch(4));
}

/// A store whose record was deleted begins again at epoch 0.
#[test]
fn a_strong_read_is_believed_even_if_its_epoch_is_lower() {
    let mut view = showing(epoch(3), NO_SPREAD);
    let taken = view.on_strong_read(epoch(0), Epoch(3), &mut Steps::drawing(NO_SPREAD).at(START));
    assert_eq!(taken, Taken::NewEpoch);
    assert_eq!(view.record().epoch, Epoch(0));
}

#[test]
fn a_strong_read_from_before_another_answer_does_not_undo_that_answer() {
    let mut view = showing(epoch(3), NO_SPREAD);
    assert_eq!(write(&mut view, epoch(4), Epoch(3)), Taken::NewEpoch);
    let taken = view.on_strong_read(epoch(3), Epoch(3), &mut Steps::drawing(NO_SPREAD).at(START));
    assert_eq!(taken, Taken::SameEpoch);
    assert_eq!(view.record().epoch, Epoch(4));
}

#[test]
fn an_eventual_read_of_the_past_asks_for_a_strong_one() {
    let mut view = showing(epoch(3), NO_SPREAD);
    assert_eq!(view.consistency(), Consistency::Eventual);
    assert_eq!(eventual_read(&mut view, epoch(2)), Taken::SameEpoch);
    assert_eq!(view.record().epoch, Epoch(3));
    assert_eq!(view.consistency(), Consistency::Strong);
    assert_eq!(eventual_read(&mut view, epoch(4)), Taken::NewEpoch);
    assert_eq!(view.consistency(), Consistency::Eventual);
}

#[test]
fn a_process_is_a_witness_while_the_record_that_it_knows_is_suspected() {
    let mut view = showing(epoch(0), NO_SPREAD);
    assert!(!view.is_suspected());
    let suspected = Record {
        phase: Phase::Closed {
            since: Timestamp::default(),
            opened: Timestamp::default(),
            doubt: 0,
            suspected: Some(START),
        },
        ..Record::default()
    };
    assert_eq!(eventual_read(&mut view, suspected), Taken::SameEpoch);
    assert!(view.is_suspected());
    assert_eq!(eventual_read(&mut view, epoch(0)), Taken::SameEpoch);
    assert!(!view.is_suspected());
}
