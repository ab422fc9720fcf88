//! What opens a circuit, and what never does.
//!
//! The fleets of these tests tell what they see truthfully and at once, so that
//! nothing but the verdict is judged.

use std::time::Duration;

use super::*;
use crate::protocol::{Epoch, Heartbeats, SlotKey, Tally, Traffic, TrafficSlot};

/// The beginning of a slot of evidence and of traffic.
const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

const SLOT: Duration = Duration::from_millis(500);

/// What a call can come to.
const GOOD: Counts = Counts::SUCCESS;
const BAD: Counts = Counts {
    calls: 1,
    failures: 1,
    slow: 0,
};
const SLOW: Counts = Counts {
    calls: 1,
    failures: 0,
    slow: 1,
};

fn times(count: u64, one: Counts) -> Counts {
    Counts {
        calls: count * one.calls,
        failures: count * one.failures,
        slow: count * one.slow,
    }
}

/// A circuit's record, and the traffic that it is told of.
struct Fleet {
    policy: Policy,
    record: Record,
    now: Timestamp,
    calls_per_s: f64,
    processes: u64,
    chance: fastrand::Rng,
}

impl Fleet {
    /// A fleet that nobody has heard of.
    fn new(calls_per_s: f64) -> Self {
        Self {
            policy: Policy::default(),
            record: Record::default(),
            now: START,
            calls_per_s,
            processes: 100,
            chance: fastrand::Rng::with_seed(1),
        }
    }

    /// A fleet whose heartbeats have covered two minutes.
    fn settled(calls_per_s: f64) -> Self {
        let mut fleet = Self::new(calls_per_s);
        for _ in 0..240 {
            fleet.pass();
        }
        fleet
    }

    /// Half a second passes; heartbeats tell of it.
    fn pass(&mut self) {
        let calls = self.draw(self.calls_per_s * SLOT.as_secs_f64());
        let heartbeats = Heartbeats {
            arrivals: calls,
            contacts: 0,
            lifetime_ms: self.processes * 500,
        };
        let slot = TrafficSlot::at(self.now);
        self.record.traffic.add(slot, heartbeats);
        self.now = self.now + SLOT;
        for stale in self.record.traffic.stale_slots(self.now) {
            self.record.traffic.0.remove(&stale);
        }
        let Record {
            evidence, epoch, ..
        } = &mut self.record;
        for stale in evidence.stale_keys(*epoch, &self.policy, self.now) {
            evidence.0.remove(&stale);
        }
    }

    /// The whole number next to `mean`, below or above, so that the mean is
    /// right.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few calls"
    )]
    fn draw(&mut self, mean: f64) -> u64 {
        mean.floor() as u64 + u64::from(self.chance.f64() < mean.fract())
    }

    fn tell(&mut self, counts: Counts) {
        self.tell_of(self.record.epoch, self.now, counts);
    }

    fn tell_of(&mut self, epoch: Epoch, at: Timestamp, counts: Counts) {
        let tally = Tally::from([(Slot::at(at, &self.policy), counts)]);
        self.record.evidence.add(epoch, &tally);
    }

    fn verdict(&self) -> Option<Cause> {
        self.record.verdict(&self.policy, self.now)
    }

    fn is_suspicious(&self) -> bool {
        self.record.is_suspicious(&self.policy, self.now)
    }

    /// Half a second of calls, each of which fails with the probability
    /// `rate`; all of them are told.
    fn serve(&mut self, rate: f64, bad: Counts) -> u64 {
        let calls = self.draw(self.calls_per_s * SLOT.as_secs_f64());
        for _ in 0..calls {
            let outcome = if self.chance.f64() < rate { bad } else { GOOD };
            self.tell(outcome);
        }
        calls
    }

    /// Serves until the circuit opens; gives how many calls that took.
    fn calls_to_open(&mut self, rate: f64, bad: Counts, at_most: u64) -> Option<u64> {
        let mut calls = 0;
        while calls < at_most {
            calls += self.serve(rate, bad);
            if self.verdict().is_some() {
                return Some(calls);
            }
            self.pass();
        }
        None
    }

    /// How long it takes to open if failures are told at once, `per_s` in a
    /// second, and nothing else is.
    fn time_to_open(&mut self, failures_per_s: f64, at_most: Duration) -> Option<Duration> {
        let began = self.now;
        while self.now.since(began) < at_most {
            let failures = self.draw(failures_per_s * SLOT.as_secs_f64());
            if failures > 0 {
                self.tell(times(failures, BAD));
            }
            if self.verdict().is_some() {
                return Some(self.now.since(began));
            }
            self.pass();
        }
        None
    }
}

#[test]
fn a_total_outage_opens_with_the_twenty_third_failure() {
    let mut fleet = Fleet::settled(50.0);
    fleet.tell(times(22, BAD));
    assert_eq!(fleet.verdict(), None);
    fleet.tell(BAD);
    let (failures, calls) = (23, 23);
    assert_eq!(
        fleet.verdict(),
        Some(Cause::FailureRate { failures, calls })
    );
}

#[test]
fn a_healthy_history_does_not_delay_the_opening() {
    let mut fleet = Fleet::settled(50.0);
    for _ in 0..48 {
        fleet.tell(times(25, GOOD));
        fleet.pass();
    }
    fleet.tell(times(22, BAD));
    assert_eq!(fleet.verdict(), None);
    fleet.tell(BAD);
    assert!(matches!(
        fleet.verdict(),
        Some(Cause::FailureRate { failures: 23, .. })
    ));
}

#[test]
fn thirty_five_per_cent_never_open() {
    let mut fleet = Fleet::settled(50.0);
    assert_eq!(fleet.calls_to_open(0.35, BAD, 400_000), None);
}

#[test]
fn sixty_per_cent_open_after_some_hundred_calls() {
    let mut counts: Vec<u64> = (0..200)
        .map(|seed| {
            let mut fleet = Fleet::settled(50.0);
            fleet.chance = fastrand::Rng::with_seed(seed);
            fleet.calls_to_open(0.6, BAD, 1_000).unwrap()
        })
        .collect();
    counts.sort_unstable();
    let (median, high) = (counts[100], counts[190]);
    assert!((50..=150).contains(&median), "{median} calls at the median");
    assert!(high <= 400, "{high} calls in one case of twenty");
}

/// The window holds ten seconds of such calls, which are not many.
#[test]
fn sixty_per_cent_open_within_a_minute_from_ten_calls_a_second_on() {
    for seed in 0..40 {
        let mut fleet = Fleet::settled(10.0);
        fleet.chance = fastrand::Rng::with_seed(seed);
        assert!(fleet.calls_to_open(0.6, BAD, 600).is_some(), "seed {seed}");
    }
}

#[test]
fn slow_calls_are_judged_as_failures_are() {
    let mut fleet = Fleet::settled(50.0);
    fleet.tell(times(22, SLOW));
    assert_eq!(fleet.verdict(), None);
    fleet.tell(SLOW);
    let (slow, calls) = (23, 23);
    assert_eq!(fleet.verdict(), Some(Cause::SlowCallRate { slow, calls }));
    let mut fleet = Fleet::settled(50.0);
    assert_eq!(fleet.calls_to_open(0.35, SLOW, 100_000), None);
    assert!(fleet.calls_to_open(0.6, SLOW, 2_000).is_some());
}

#[test]
fn slow_calls_and_failures_are_judged_by_thresholds_of_their_own() {
    let mut fleet = Fleet::settled(50.0);
    fleet.policy.slow_rate_threshold = 0.8;
    assert_eq!(fleet.calls_to_open(0.65, SLOW, 50_000), None);
    assert!(fleet.calls_to_open(0.65, BAD, 2_000).is_some());
}

/// Each call takes a slot of its own, and 23 slots do not fit into the window.
#[test]
fn an_outage_opens_where_calls_are_few_but_not_thin() {
    for calls_per_s in [1.1, 1.5, 1.9] {
        let mut fleet = Fleet::settled(calls_per_s);
        fleet.policy.window_slots = 20;
        let opened = fleet.time_to_open(calls_per_s, Duration::from_mins(10));
        let longest = Duration::from_secs(25);
        assert!(opened.is_some_and(|after| after < longest), "{opened:?}");
    }
}

#[test]
fn every_second_call_does_not_open_where_calls_are_few() {
    let mut fleet = Fleet::settled(1.9);
    for _ in 0..600 {
        for outcome in [BAD, GOOD] {
            fleet.tell(outcome);
            assert_eq!(fleet.verdict(), None);
            fleet.pass();
        }
    }
}

/// Failures are told at once and successes are not: what heartbeats promise
/// stands in for them.
#[test]
fn successes_that_nobody_told_of_keep_the_circuit_closed() {
    let mut fleet = Fleet::settled(50.0);
    let hour = Duration::from_hours(1);
    assert_eq!(fleet.time_to_open(0.01 * 50.0, hour), None);
    assert!(!fleet.is_suspicious());
    // Without the promise the same failures open at once.
    fleet.record.traffic = Traffic::default();
    assert!(fleet.time_to_open(0.01 * 50.0, hour).is_some());
}

#[test]
fn one_process_of_a_hundred_that_fails_always_does_not_open() {
    for calls_per_s in [5.0, 50.0] {
        let mut fleet = Fleet::settled(calls_per_s);
        let failures_per_s = calls_per_s / 100.0;
        let opened = fleet.time_to_open(failures_per_s, Duration::from_hours(1));
        assert_eq!(opened, None, "{calls_per_s} calls/s");
    }
}

#[test]
fn no_more_calls_are_expected_than_are_sampled() {
    let mut fleet = Fleet::settled(10_000.0);
    // A sample of 50 in a second, all of which failed.
    let opened = fleet.time_to_open(50.0, Duration::from_secs(5));
    assert!(opened.is_some_and(|after| after <= Duration::from_secs(1)));
}

#[test]
fn a_young_fleet_needs_evidence_from_two_seconds() {
    let mut fleet = Fleet::new(20.0);
    let opened = fleet.time_to_open(20.0, Duration::from_secs(10));
    assert_eq!(opened, Some(Duration::from_secs(2)));
    // Thin traffic is no exception.
    let mut fleet = Fleet::new(0.5);
    fleet.tell(times(5, BAD));
    assert_eq!(fleet.verdict(), None);
    fleet.now = fleet.now + Duration::from_secs(2);
    let failures = 5;
    assert_eq!(
        fleet.verdict(),
        Some(Cause::ConsecutiveFailures { failures })
    );
}

#[test]
fn a_young_fleet_whose_successes_come_in_time_does_not_open() {
    let mut fleet = Fleet::new(50.0);
    // The failures of 5 % of the calls, and two seconds later all successes.
    for _ in 0..4 {
        fleet.tell(times(2, BAD));
        assert_eq!(fleet.verdict(), None);
        fleet.pass();
    }
    for slot in 0..4 {
        let at = START + SLOT * slot;
        fleet.tell_of(Epoch(0), at, times(23, GOOD));
    }
    assert_eq!(fleet.verdict(), None);
}

#[test]
fn five_failures_in_a_row_open_where_traffic_is_thin() {
    let mut fleet = Fleet::settled(0.2);
    for _ in 0..4 {
        fleet.tell(BAD);
        assert_eq!(fleet.verdict(), None);
        for _ in 0..10 {
            fleet.pass();
        }
    }
    fleet.tell(BAD);
    let failures = 5;
    assert_eq!(
        fleet.verdict(),
        Some(Cause::ConsecutiveFailures { failures })
    );
}

#[test]
fn a_success_in_between_breaks_the_run() {
    let mut fleet = Fleet::settled(0.2);
    for outcome in [BAD, BAD, BAD, BAD, GOOD, BAD, BAD, BAD, BAD] {
        fleet.tell(outcome);
        fleet.pass();
        assert_eq!(fleet.verdict(), None);
    }
    fleet.tell(BAD);
    assert!(fleet.verdict().is_some(), "five since the last success");
}

#[test]
fn five_failures_in_a_row_prove_nothing_where_traffic_is_not_thin() {
    let mut fleet = Fleet::settled(2.0 * THIN_CALLS_PER_S);
    fleet.tell(times(5, BAD));
    assert_eq!(fleet.verdict(), None);
}

#[test]
fn traffic_is_not_thin_because_heartbeats_stay_away_for_a_while() {
    let mut fleet = Fleet::settled(20.0);
    // One process fails alone. The others see nothing that is worth telling,
    // and whether they send a heartbeat is left to chance.
    fleet.tell(times(5, BAD));
    fleet.now = fleet.now + Duration::from_secs(45);
    assert_eq!(fleet.verdict(), None);
}

#[test]
fn calls_that_are_slow_or_fail_make_one_run() {
    let mut fleet = Fleet::settled(0.2);
    for outcome in [BAD, SLOW, BAD, SLOW, BAD] {
        assert_eq!(fleet.verdict(), None);
        fleet.tell(outcome);
        fleet.pass();
    }
    assert!(fleet.verdict().is_some());
}

#[test]
fn evidence_of_other_epochs_is_ignored() {
    let mut fleet = Fleet::settled(50.0);
    fleet.record.epoch = Epoch(7);
    for epoch in [6, 8] {
        fleet.tell_of(Epoch(epoch), fleet.now, times(1_000, BAD));
    }
    assert_eq!(fleet.verdict(), None);
    assert!(!fleet.is_suspicious());
    fleet.tell(times(23, BAD));
    assert!(fleet.verdict().is_some());
}

#[test]
fn evidence_from_the_future_is_ignored_beyond_what_clocks_may_be_off() {
    let mut fleet = Fleet::settled(50.0);
    let skew = 2 * fleet.policy.clock_skew;
    fleet.tell_of(Epoch(0), fleet.now + skew + SLOT, times(1_000, BAD));
    assert_eq!(fleet.verdict(), None);
    assert!(!fleet.is_suspicious());
    fleet.tell_of(Epoch(0), fleet.now + skew, times(23, BAD));
    assert!(fleet.verdict().is_some());
}

#[test]
fn evidence_that_has_left_the_window_is_ignored() {
    let mut fleet = Fleet::settled(50.0);
    fleet.tell(times(1_000, BAD));
    // Kept by a process that has not tidied up, or whose clock is behind.
    let kept = fleet.record.evidence.clone();
    for _ in 0..240 {
        fleet.pass();
    }
    fleet.record.evidence = kept;
    assert_eq!(fleet.verdict(), None);
}

#[test]
fn a_fleet_is_suspicious_while_failures_are_many_and_no_longer() {
    let mut fleet = Fleet::settled(50.0);
    assert!(!fleet.is_suspicious());
    fleet.tell(times(2, BAD));
    assert!(!fleet.is_suspicious(), "two failures");
    fleet.tell(times(8, BAD));
    assert!(fleet.is_suspicious(), "ten failures at once");
    assert_eq!(fleet.verdict(), None);
    // As time passes they become few among what heartbeats promise.
    for _ in 0..10 {
        fleet.pass();
    }
    assert!(!fleet.is_suspicious());
}

#[test]
fn successes_that_are_told_end_the_suspicion() {
    let mut fleet = Fleet::settled(50.0);
    fleet.tell(times(10, BAD));
    assert!(fleet.is_suspicious());
    fleet.tell(times(200, GOOD));
    assert!(!fleet.is_suspicious());
}

#[test]
fn a_single_failure_makes_a_thin_fleet_suspicious_for_as_long_as_it_counts() {
    let mut fleet = Fleet::settled(0.2);
    fleet.tell(BAD);
    assert!(fleet.is_suspicious());
    for _ in 0..240 {
        fleet.pass();
    }
    assert!(!fleet.is_suspicious());
}

#[test]
fn suspicion_reaches_one_exactly_when_the_failure_rate_opens() {
    let mut fleet = Fleet::settled(50.0);
    let suspicion = |fleet: &Fleet| fleet.record.suspicion(&fleet.policy, fleet.now);
    assert!(suspicion(&fleet) < f64::EPSILON);
    let mut before = 0.0;
    for _ in 0..30 {
        fleet.tell(BAD);
        let after = suspicion(&fleet);
        assert!(after >= before);
        assert_eq!(after >= 1.0, fleet.verdict().is_some());
        before = after;
    }
    assert!(before > 1.0);
}

#[test]
fn what_was_counted_lately_shows_a_crowd_before_heartbeats_do() {
    let mut fleet = Fleet::settled(50.0);
    for _ in 0..4 {
        fleet.tell(times(500, GOOD));
        fleet.pass();
    }
    let counted = fleet.record.counted_per_s(&fleet.policy, fleet.now);
    assert!((counted - 1_000.0).abs() < 1.0, "{counted} calls/s");
    let key = SlotKey {
        epoch: Epoch(1),
        slot: Slot::at(fleet.now, &fleet.policy),
    };
    fleet.record.evidence.0.insert(key, times(500, GOOD));
    let with_others = fleet.record.counted_per_s(&fleet.policy, fleet.now);
    assert!((with_others - counted).abs() < 1.0, "of another epoch");
}

/// Traffic falls to the part `left` and all of it fails: how long it takes at
/// most, over all moments of a slot of traffic at which that may happen.
fn longest_outage_after_a_drop(left: f64) -> Duration {
    let outage = |slots_since: u64| {
        let mut fleet = Fleet::settled(50.0);
        (0..slots_since).for_each(|_| fleet.pass());
        fleet.calls_per_s *= left;
        fleet.time_to_open(fleet.calls_per_s, Duration::from_mins(5))
    };
    (0..40).map(|slots| outage(slots).unwrap()).max().unwrap()
}

#[test]
fn an_outage_opens_once_everybody_knows_even_if_traffic_has_dropped_to_a_fifth() {
    assert!(longest_outage_after_a_drop(0.5) <= Duration::from_secs(1));
    // Until then, what heartbeats promised is taken for successes.
    let everybody_knows = Policy::default().longest_refresh(100.0);
    let soon_after = everybody_knows + Duration::from_secs(5);
    assert!(longest_outage_after_a_drop(0.2) > everybody_knows);
    assert!(longest_outage_after_a_drop(0.2) <= soon_after);
}

/// As seen in a simulated fleet of a thousand whose traffic had just grown
/// tenfold while one call in ten failed.
#[test]
fn trouble_that_shows_only_now_has_not_been_told_by_all_for_as_long_as_it_covers() {
    let mut fleet = Fleet::settled(75.0);
    let told = [
        (5, 3),
        (4, 6),
        (5, 5),
        (2, 2),
        (4, 5),
        (3, 5),
        (5, 1),
        (4, 5),
        (3, 3),
        (5, 5),
        (5, 5),
        (2, 1),
        (2, 2),
        (1, 2),
        (6, 1),
        (4, 2),
        (5, 1),
        (7, 0),
        (4, 5),
    ];
    for (failures, successes) in told {
        fleet.tell(Counts {
            calls: failures + successes,
            failures,
            slow: 0,
        });
        fleet.pass();
    }
    assert!(!fleet.is_suspicious());
    fleet.tell(Counts {
        calls: 28,
        failures: 22,
        slow: 0,
    });
    assert!(fleet.is_suspicious());
    assert_eq!(
        fleet.verdict(),
        None,
        "nobody has told of the successes yet"
    );
}

#[test]
fn an_outage_opens_once_heartbeats_tell_of_it_whatever_traffic_has_dropped_to() {
    let two_slots_of_traffic = Duration::from_secs(40);
    for left in [0.1, 0.06, 0.03] {
        assert!(longest_outage_after_a_drop(left) <= two_slots_of_traffic);
    }
}
