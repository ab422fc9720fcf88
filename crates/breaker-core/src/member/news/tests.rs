//! How old news may grow, and how a store in trouble is left alone.

use super::*;
use crate::protocol::{Heartbeats, Traffic, TrafficSlot};

const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

const NO_SPREAD: f64 = 0.0;

/// Pauses are as long as they get.
const LONGEST: f64 = 1.0;

fn after_ms(ms: u64) -> Timestamp {
    START + Duration::from_millis(ms)
}

fn epoch(number: u64) -> Record {
    Record {
        epoch: Epoch(number),
        ..Record::default()
    }
}

fn heard(record: Record, spread: f64) -> News {
    let mut news = News::default();
    news.hear(record, Epoch(0), spread, &Policy::default(), START);
    news
}

/// An answer to what set out when the fleet was known to be in `basis`.
fn hear(news: &mut News, record: Record, basis: Epoch) -> bool {
    news.hear(record, basis, NO_SPREAD, &Policy::default(), START)
}

fn glimpse(news: &mut News, record: Record) -> bool {
    news.glimpse(record, NO_SPREAD, &Policy::default(), START)
}

/// A fleet of so many processes, known for twenty seconds.
fn fleet_of(processes: u64) -> Record {
    let heartbeats = Heartbeats {
        arrivals: 1,
        contacts: 1,
        lifetime_ms: processes * 20_000,
    };
    let slot = TrafficSlot(TrafficSlot::at(START).0 - 1);
    Record {
        traffic: Traffic([(slot, heartbeats)].into()),
        ..Record::default()
    }
}

/// How old the news grow before they are refreshed beside a call.
fn interval(news: &News) -> Duration {
    let policy = Policy::default();
    let refreshed = |ms: &u64| news.need(&policy, after_ms(*ms)) == Need::Beside;
    let ms = (0..200_000).step_by(50).find(refreshed);
    Duration::from_millis(ms.unwrap())
}

#[test]
fn a_process_that_has_heard_nothing_asks_first() {
    let need = News::default().need(&Policy::default(), START);
    assert_eq!(need, Need::Before);
}

#[test]
fn news_are_refreshed_beside_a_call_and_only_old_ones_before_it() {
    let policy = Policy::default();
    let news = heard(epoch(0), NO_SPREAD);
    assert_eq!(news.need(&policy, after_ms(5_999)), Need::None);
    assert_eq!(news.need(&policy, after_ms(6_000)), Need::Beside);
    assert_eq!(news.need(&policy, after_ms(119_999)), Need::Beside);
    assert_eq!(news.need(&policy, after_ms(120_000)), Need::Before);
}

#[test]
fn processes_are_spread_over_a_fifth_of_the_interval() {
    assert_eq!(interval(&heard(epoch(0), 0.0)), Duration::from_secs(6));
    assert_eq!(
        interval(&heard(epoch(0), 1.0)),
        Duration::from_millis(7_200)
    );
}

#[test]
fn a_large_fleet_refreshes_less_often() {
    let news = heard(fleet_of(4_000), NO_SPREAD);
    assert_eq!(interval(&news), Duration::from_secs(20));
}

#[test]
fn while_the_circuit_is_on_its_way_back_news_are_refreshed_more_often() {
    let phase = Phase::Open {
        since: START,
        until: START,
        reopens: 0,
    };
    let of = |processes| Record {
        phase: phase.clone(),
        ..fleet_of(processes)
    };
    assert_eq!(interval(&heard(of(1), 0.5)), Duration::from_millis(250));
    assert_eq!(interval(&heard(of(2_000), 0.5)), Duration::from_secs(2));
    assert_eq!(interval(&heard(of(100_000), 0.5)), Duration::from_secs(5));
}

#[test]
fn one_errand_at_a_time_is_enough_but_a_lost_one_is_not_waited_for_for_ever() {
    let policy = Policy::default();
    let mut news = heard(epoch(0), NO_SPREAD);
    let due = after_ms(6_000);
    news.set_out(due);
    assert_eq!(news.need(&policy, due), Need::None);
    let patience = policy.store_timeout * 2;
    assert_eq!(news.need(&policy, due + patience), Need::Beside);
}

#[test]
fn pauses_grow_up_to_a_bound_and_are_spread() {
    let pauses = |draw: f64| -> Vec<u128> {
        let mut news = News::default();
        (0..7)
            .map(|_| {
                news.miss(&StoreError::Throttled, START, draw);
                let over = (0..10_000).find(|ms| !news.is_pausing(after_ms(*ms)));
                u128::from(over.unwrap())
            })
            .collect()
    };
    assert_eq!(
        pauses(LONGEST),
        [250, 500, 1_000, 2_000, 3_000, 3_000, 3_000]
    );
    assert_eq!(pauses(0.0), [125, 250, 500, 1_000, 1_500, 1_500, 1_500]);
}

#[test]
fn a_store_in_trouble_is_left_alone_and_then_asked_beside_a_call() {
    let policy = Policy::default();
    let mut news = heard(epoch(0), NO_SPREAD);
    news.miss(&StoreError::Throttled, after_ms(1_000), LONGEST);
    assert_eq!(news.need(&policy, after_ms(1_249)), Need::None);
    assert_eq!(news.need(&policy, after_ms(1_250)), Need::Beside);
    // Even if what is known is so old that a call would wait for news.
    news.miss(&StoreError::Throttled, after_ms(200_000), LONGEST);
    assert_eq!(news.need(&policy, after_ms(200_001)), Need::None);
}

#[test]
fn a_clock_that_is_set_back_ends_a_pause_and_leaves_the_age_unknown() {
    let policy = Policy::default();
    let hour_ago = Timestamp::from_unix_ms(START.as_unix_ms() - 3_600_000);
    let mut news = heard(epoch(0), NO_SPREAD);
    assert_eq!(news.need(&policy, hour_ago), Need::Before);
    news.miss(&StoreError::Throttled, START, LONGEST);
    assert!(!news.is_pausing(hour_ago));
}

#[test]
fn a_store_is_away_after_two_misses_or_if_it_has_never_answered() {
    let missed = StoreError::NoAnswer("timed out".to_owned());
    let mut news = heard(epoch(0), NO_SPREAD);
    news.miss(&missed, START, LONGEST);
    assert!(!news.is_away() && news.is_in_trouble());
    news.miss(&missed, START, LONGEST);
    assert!(news.is_away());
    hear(&mut news, epoch(0), Epoch(0));
    assert!(!news.is_away() && !news.is_in_trouble());
    let mut never = News::default();
    never.miss(&missed, START, LONGEST);
    assert!(never.is_away());
}

#[test]
fn only_a_later_epoch_replaces_news_that_came_in_between() {
    let mut news = heard(epoch(3), NO_SPREAD);
    // Set out when epoch 2 was known, and shows that epoch.
    assert!(!hear(&mut news, epoch(2), Epoch(2)));
    assert_eq!(news.record().epoch, Epoch(3));
    assert!(hear(&mut news, epoch(4), Epoch(2)));
    assert_eq!(news.record().epoch, Epoch(4));
}

/// A store whose record was deleted begins again at epoch 0: what is read for
/// certain is believed.
#[test]
fn what_is_read_for_certain_is_believed_even_if_its_epoch_is_lower() {
    let mut news = heard(epoch(3), NO_SPREAD);
    assert!(hear(&mut news, epoch(0), Epoch(3)));
    assert_eq!(news.record().epoch, Epoch(0));
}

#[test]
fn a_glimpse_of_the_past_asks_for_the_latest() {
    let mut news = heard(epoch(3), NO_SPREAD);
    assert_eq!(news.reading(), Reading::Eventual);
    assert!(!glimpse(&mut news, epoch(2)));
    assert_eq!(news.record().epoch, Epoch(3));
    assert_eq!(news.reading(), Reading::Latest);
    assert!(glimpse(&mut news, epoch(4)));
    assert_eq!(news.reading(), Reading::Eventual);
}
