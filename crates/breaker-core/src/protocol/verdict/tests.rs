//! What opens a circuit, and what never does.
//!
//! The fleets of these tests tell what they see truthfully and at once, so that
//! nothing but the verdict is judged.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::protocol::{Change, Epoch, Heartbeats, Report, Tally, Traffic, TrafficSlot};

/// The beginning of a slot of evidence and of traffic.
const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

const SLOT: Duration = Duration::from_millis(500);

/// What a call can come to.
const GOOD: Counts = Counts::SUCCESS;
const BAD: Counts = Counts {
    failures: 1,
    ..Counts::SUCCESS
};
const SLOW: Counts = Counts {
    slow: 1,
    ..Counts::SUCCESS
};
const BOTH: Counts = Counts {
    failures: 1,
    slow: 1,
    both: 1,
    ..Counts::SUCCESS
};

fn times(count: u64, one: Counts) -> Counts {
    Counts {
        calls: count * one.calls,
        failures: count * one.failures,
        slow: count * one.slow,
        both: count * one.both,
        alarms: count * one.alarms,
    }
}

/// A circuit's record, and the traffic that it is told of.
#[derive(Debug, Clone)]
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
        fleet.pass_for(Duration::from_mins(2));
        fleet
    }

    /// A settled fleet that has been suspected for so long that everybody
    /// knows: all calls are told, and promises are moot.
    fn of_witnesses(calls_per_s: f64) -> Self {
        let mut fleet = Self::settled(calls_per_s);
        fleet.suspect_for(Duration::from_hours(2));
        fleet
    }

    /// Has been suspected for so long.
    fn suspect_for(&mut self, age: Duration) {
        let age_ms = u64::try_from(age.as_millis()).unwrap();
        let since = Timestamp::from_unix_ms(self.now.as_unix_ms() - age_ms);
        self.set_suspected(Some(since));
    }

    fn set_suspected(&mut self, since: Option<Timestamp>) {
        if let Phase::Closed { suspected, .. } = &mut self.record.phase {
            *suspected = since;
        }
    }

    /// Has opened so often in a row on a partial failure, and just closed.
    fn set_doubt(&mut self, times: u32) {
        self.record.phase = Phase::Closed {
            since: self.now,
            opened: self.now,
            doubt: times,
            suspected: self.record.suspected(),
        };
    }

    /// Half a second passes; heartbeats tell of it.
    fn pass(&mut self) {
        let calls = self.draw(self.calls_per_s * SLOT.as_secs_f64());
        let heartbeats = Heartbeats {
            arrivals: calls,
            contacts: 0,
            lifetime_ms: self.processes * 500,
            refused: 0,
        };
        let slot = TrafficSlot::at(self.now);
        self.record.traffic.add(slot, heartbeats);
        self.now = self.now + SLOT;
        for stale in self.record.traffic.stale_slots(self.now) {
            self.record.traffic.0.remove(&stale);
        }
        for stale in self.record.stale_evidence(&self.policy, self.now) {
            self.record.evidence.0.remove(&stale);
        }
    }

    fn pass_for(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.pass();
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

    /// Tells so many bad calls, a third of them in each of three slots, the
    /// last of which is not over; before them, a success.
    fn tell_outage(&mut self, calls: u64) {
        self.tell(GOOD);
        for past in [calls / 3, calls / 3] {
            self.pass();
            self.tell(times(past, BAD));
        }
        self.pass();
        self.tell(times(calls - 2 * (calls / 3), BAD));
    }

    fn verdict(&self) -> Option<Cause> {
        let verdict = self.record.verdict(&self.policy, self.now);
        verdict.map(|verdict| verdict.cause)
    }

    fn suspicion_due(&self) -> Option<Suspicion> {
        self.record.suspicion_due(&self.policy, self.now)
    }

    /// Tells a call as processes do that all know the record as it is: as
    /// witnesses while it is suspected, else trouble alone.
    fn live(&mut self, outcome: Counts) {
        if self.record.suspected().is_some() {
            self.tell(outcome);
        } else if outcome.tells_of_trouble() {
            self.tell(Counts::ALARM);
        }
        let suspicion = self.suspicion_due();
        let report = Report {
            suspicion,
            ..Report::default()
        };
        self.record = self.record.after(&Change::Report(report), self.now);
    }

    /// Half a second of calls, each of which is `bad` with the probability
    /// `rate`.
    fn serve(&mut self, rate: f64, bad: Counts, tell: fn(&mut Self, Counts)) -> u64 {
        let calls = self.draw(self.calls_per_s * SLOT.as_secs_f64());
        for _ in 0..calls {
            let outcome = if self.chance.f64() < rate { bad } else { GOOD };
            tell(self, outcome);
        }
        calls
    }

    /// Serves until the circuit opens; gives how many calls that took.
    fn calls_to_open(&mut self, rate: f64, bad: Counts, at_most: u64) -> Option<u64> {
        let mut calls = 0;
        while calls < at_most {
            calls += self.serve(rate, bad, Self::tell);
            if self.verdict().is_some() {
                return Some(calls);
            }
            self.pass();
        }
        None
    }

    /// Serves as in life until the circuit opens; gives how long that took.
    fn time_to_open(&mut self, rate: f64, at_most: Duration) -> Option<Duration> {
        let began = self.now;
        while self.now.since(began) < at_most {
            self.serve(rate, BAD, Self::live);
            if self.verdict().is_some() {
                return Some(self.now.since(began));
            }
            self.pass();
        }
        None
    }
}

#[test]
fn a_total_outage_opens_with_the_twenty_eighth_failure_that_witnesses_tell_of() {
    let mut fleet = Fleet::of_witnesses(50.0);
    fleet.tell_outage(27);
    assert_eq!(fleet.verdict(), None);
    fleet.tell(BAD);
    let (failures, calls) = (28, 28);
    assert_eq!(
        fleet.verdict(),
        Some(Cause::FailureRate { failures, calls })
    );
}

/// As many as there are slots.
#[test]
fn a_failure_in_each_slot_of_a_window_opens_if_nothing_but_failures_was_told() {
    let outage = |good| {
        let mut fleet = Fleet::of_witnesses(50.0);
        for number in 0..20 {
            assert_eq!(fleet.verdict(), None, "{number}");
            fleet.pass();
            fleet.tell(BAD);
            fleet.tell(times(if number == 9 { good } else { 0 }, GOOD));
        }
        fleet.verdict().is_some()
    };
    assert!(outage(0));
    assert!(!outage(1));
}

/// A fleet that meets a blip.
#[derive(Debug, Clone)]
struct Blip {
    calls_per_s: f64,
    /// The share of calls that fail before and after it.
    background: f64,
    slot_ms: u64,
    phase_ms: u64,
    /// So many calls come and fail at its beginning.
    burst: u64,
    /// And for so long all others fail.
    lasts_ms: u64,
    seed: u64,
}

fn blips(shortest_slot_ms: u64, burst: u64, lasts_ms: u64) -> impl Strategy<Value = Blip> {
    (
        prop::sample::select(vec![2.0, 10.0, 75.0]),
        prop::sample::select(vec![0.0, 0.05, 0.2]),
        shortest_slot_ms..5_000_u64,
        0..10_000_u64,
        any::<u64>(),
    )
        .prop_map(
            move |(calls_per_s, background, slot_ms, phase_ms, seed)| Blip {
                calls_per_s,
                background,
                slot_ms,
                phase_ms,
                burst,
                lasts_ms,
                seed,
            },
        )
}

impl Blip {
    /// Whether it opens the circuit, by the calls of a fleet of witnesses.
    fn opens(&self) -> bool {
        const STEP_MS: u64 = 10;
        let mut fleet = Fleet::of_witnesses(self.calls_per_s);
        fleet.policy.slot = Duration::from_millis(self.slot_ms);
        fleet.chance = fastrand::Rng::with_seed(self.seed);
        fleet.now = fleet.now + Duration::from_millis(self.phase_ms);
        let (begins, ends) = (100, 100 + self.lasts_ms / STEP_MS);
        let step_s = Duration::from_millis(STEP_MS).as_secs_f64();
        (0..ends + 500).any(|step| {
            if step == begins {
                fleet.tell(times(self.burst, BAD));
            }
            let fails = (begins..ends).contains(&step);
            let opens = (0..fleet.draw(self.calls_per_s * step_s)).any(|_| {
                let bad = fails || fleet.chance.f64() < self.background;
                fleet.tell(if bad { BAD } else { GOOD });
                fleet.verdict().is_some()
            });
            fleet.now = fleet.now + Duration::from_millis(STEP_MS);
            opens || fleet.verdict().is_some()
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Connections that are reset fail together, and then all is well.
    #[test]
    fn failures_of_one_moment_never_open(blip in blips(100, 64, 0)) {
        prop_assert!(!blip.opens());
    }

    /// It lies in two slots at most.
    #[test]
    fn a_blip_that_is_no_longer_than_a_slot_never_opens(blip in blips(400, 34, 400)) {
        prop_assert!(!blip.opens());
    }
}

/// The worst moment: the blip has ended with a slot.
#[test]
fn a_failure_of_the_background_does_not_make_an_outage_of_a_blip() {
    let mut fleet = Fleet::of_witnesses(50.0);
    fleet.tell(times(25, GOOD));
    for _ in 0..2 {
        fleet.pass();
        fleet.tell(times(32, BAD));
    }
    fleet.pass();
    for _ in 0..3 {
        fleet.tell(BAD);
        assert_eq!(fleet.verdict(), None);
    }
}

proptest! {
    #[test]
    fn an_outage_must_fill_three_slots(
        calls in 28..10_000_u64,
        slot_ms in 100..10_000_u64,
        phase_ms in 0..10_000_u64,
        slots in 1..6_u32,
    ) {
        let mut fleet = Fleet::of_witnesses(50.0);
        fleet.policy.slot = Duration::from_millis(slot_ms);
        fleet.now = fleet.now + Duration::from_millis(phase_ms);
        for _ in 0..slots {
            fleet.tell(times(calls, BAD));
            fleet.now = fleet.now + fleet.policy.slot;
        }
        prop_assert_eq!(fleet.verdict().is_some(), slots >= 3);
        fleet.set_suspected(None);
        prop_assert_eq!(fleet.verdict(), None);
    }

    /// If by policy there are no three.
    #[test]
    fn an_outage_must_fill_all_slots_of_a_window_of_two(calls in 28..10_000_u64) {
        let mut fleet = Fleet::of_witnesses(50.0);
        fleet.policy.window_slots = 2;
        fleet.tell(times(calls, BAD));
        prop_assert_eq!(fleet.verdict(), None);
        fleet.pass();
        fleet.tell(times(calls, BAD));
        prop_assert!(fleet.verdict().is_some());
    }

    /// Where as many calls go well as wrong, a slot is not filled.
    #[test]
    fn slots_in_which_no_more_went_wrong_than_well_are_not_filled(
        bad in 100..10_000_u64,
        even in 1..100_u64,
        bad_at in 0..3_usize,
    ) {
        let mut fleet = Fleet::of_witnesses(50.0);
        for slot in 0..3 {
            let calls = if slot == bad_at { bad } else { even };
            fleet.tell(times(calls, BAD));
            fleet.tell(times(if slot == bad_at { 0 } else { even }, GOOD));
            prop_assert_eq!(fleet.verdict(), None);
            fleet.pass();
        }
    }

    /// Only those who fail tell of alarms: they say nothing about a rate.
    #[test]
    fn alarms_alone_never_open(
        calls_per_s in 0.0..500.0_f64,
        alarms in prop::collection::vec(0..1_000_u64, 1..40),
        suspected_for_s in 0..7_200_u64,
    ) {
        let mut fleet = Fleet::settled(calls_per_s);
        for alarms in alarms {
            fleet.tell(times(alarms, Counts::ALARM));
            fleet.suspect_for(Duration::from_secs(suspected_for_s));
            prop_assert_eq!(fleet.verdict(), None);
            fleet.pass();
        }
    }

    /// Once everybody knows, what slots of witnessed calls prove is a matter of
    /// counting: bad calls must outnumber the good by 28, with the default
    /// thresholds, by failures, by slow calls, or by both taken together.
    #[test]
    fn witnessed_calls_open_if_bad_calls_outnumber_good_by_28(
        good in 0..100_u64,
        failed in 0..50_u64,
        slow in 0..50_u64,
        both in 0..20_u64,
        alarms in 0..100_u64,
    ) {
        let mut fleet = Fleet::of_witnesses(50.0);
        fleet.tell(GOOD);
        for slot in 0..3 {
        fleet.pass();
        for (count, one) in [
            (good, GOOD),
            (failed, BAD),
            (slow, SLOW),
            (both, BOTH),
            (alarms, Counts::ALARM),
        ] {
            fleet.tell(times(count, one));
        }
        if slot < 2 {
            prop_assert_eq!(fleet.verdict(), None);
        }
        }
        let calls = 3 * (good + failed + slow + both);
        let proves = |bad: u64| 2 * bad >= calls + 28;
        let (failures, slow) = (3 * (failed + both), 3 * (slow + both));
        let bad = failures + slow - 3 * both;
        let expected = if proves(failures) {
            Some(Cause::FailureRate { failures, calls })
        } else if proves(slow) {
            Some(Cause::SlowCallRate { slow, calls })
        } else if proves(bad) {
            Some(Cause::FailedOrSlow { bad, calls })
        } else {
            None
        };
        prop_assert_eq!(fleet.verdict(), expected);
    }

    /// What went well before does not delay the opening.
    #[test]
    fn a_healthy_history_does_not_delay_the_opening(slots in 0..48_u32, good in 1..100_u64) {
        let mut fleet = Fleet::of_witnesses(50.0);
        for _ in 0..slots {
            fleet.tell(times(good, GOOD));
            fleet.pass();
        }
        fleet.tell_outage(27);
        prop_assert_eq!(fleet.verdict(), None);
        fleet.tell(BAD);
        let opened = matches!(fleet.verdict(), Some(Cause::FailureRate { failures: 28, .. }));
        prop_assert!(opened);
    }

    /// The first to hear of a suspicion are those who fail. Beside what
    /// heartbeats promise their calls are a minority, however many they are and
    /// whatever they tell, until everybody has heard.
    #[test]
    fn promises_veto_those_who_fail_until_everybody_has_heard(
        calls_per_s in 20.0..75.0_f64,
        share in 0.0..0.4_f64,
        processes in 1..5_000_u64,
    ) {
        let mut fleet = Fleet::new(calls_per_s);
        fleet.processes = processes;
        fleet.pass_for(Duration::from_mins(2));
        fleet.suspect_for(Duration::ZERO);
        let everybody_knows = fleet.policy.longest_refresh(as_f64(processes));
        let until = fleet.now + everybody_knows;
        while fleet.now < until {
            prop_assert_eq!(fleet.verdict(), None);
            let failures = fleet.draw(share * calls_per_s * SLOT.as_secs_f64());
            fleet.tell(times(failures, BAD));
            fleet.pass();
        }
    }

    /// Nobody has kept silent since: what was not told did not happen.
    #[test]
    fn what_was_told_since_everybody_has_heard_is_all_there_is(
        calls_per_s in 1.0..500.0_f64,
        processes in 1..5_000_u64,
    ) {
        let mut fleet = Fleet::new(calls_per_s);
        fleet.processes = processes;
        fleet.pass_for(Duration::from_mins(2));
        let everybody_knows = fleet.policy.longest_refresh(as_f64(processes));
        fleet.suspect_for(everybody_knows + Duration::from_millis(500));
        fleet.tell_outage(28);
        prop_assert!(fleet.verdict().is_some());
    }

    /// In doubt the rates that are told apart are higher: 0.5 and 0.7 the first
    /// time, 0.55 and 0.75 from the second on.
    #[test]
    fn doubt_takes_more_failures_to_open(doubt in 0..5_u32) {
        let mut fleet = Fleet::of_witnesses(50.0);
        fleet.set_doubt(doubt);
        let needed = [28, 33, 36, 36, 36][doubt as usize];
        fleet.tell_outage(needed - 1);
        prop_assert_eq!(fleet.verdict(), None);
        fleet.tell(BAD);
        prop_assert!(fleet.verdict().is_some());
    }

    /// It costs nothing and changes nothing to hold on a little longer.
    #[test]
    fn what_raises_a_suspicion_never_clears_it(
        calls_per_s in 0.0..300.0_f64,
        told in prop::collection::vec((0..100_u64, 0..20_u64, 0..20_u64), 1..30),
        suspected_for_ms in 0..20_000_u64,
    ) {
        let mut fleet = Fleet::settled(calls_per_s);
        for (good, failed, alarms) in told {
            fleet.tell(times(good, GOOD));
            fleet.tell(times(failed, BAD));
            fleet.tell(times(alarms, Counts::ALARM));
            fleet.set_suspected(None);
            let raised = fleet.suspicion_due();
            // As long as promises count, the two look at the same.
            let known_late = suspected_for_ms.min(6_000);
            fleet.suspect_for(Duration::from_millis(known_late));
            let cleared = fleet.suspicion_due();
            prop_assert_ne!(cleared.map(|due| due == Suspicion::Cleared), Some(false));
            prop_assert!(
                raised.is_none() || cleared.is_none(),
                "raised and cleared at once"
            );
            if let Some(Suspicion::Raised(at)) = raised {
                prop_assert_eq!(at, fleet.now);
            }
            fleet.pass();
        }
    }

    /// Whatever it was, once it is over the fleet stops telling of successes.
    #[test]
    fn a_suspicion_is_cleared_within_the_slots_that_count(
        calls_per_s in 2.0..75.0_f64,
        alarms in 1..500_u64,
    ) {
        let mut fleet = Fleet::settled(calls_per_s);
        fleet.tell(times(alarms, Counts::ALARM));
        fleet.suspect_for(Duration::ZERO);
        let longest = SLOT * fleet.policy.window_slots * 3;
        let end = fleet.now + longest;
        while fleet.now < end && fleet.record.suspected().is_some() {
            fleet.serve(0.0, BAD, Fleet::live);
            fleet.pass();
        }
        prop_assert_eq!(fleet.record.suspected(), None);
    }
}

#[test]
fn thirty_eight_per_cent_never_open() {
    let mut fleet = Fleet::of_witnesses(50.0);
    assert_eq!(fleet.calls_to_open(0.38, BAD, 400_000), None);
}

#[test]
fn sixty_per_cent_open_after_some_hundred_calls() {
    let settled = Fleet::of_witnesses(50.0);
    let mut counts: Vec<u64> = (0..200)
        .map(|seed| {
            let mut fleet = settled.clone();
            fleet.chance = fastrand::Rng::with_seed(seed);
            fleet.calls_to_open(0.6, BAD, 2_000).unwrap()
        })
        .collect();
    counts.sort_unstable();
    let (median, high) = (counts[100], counts[190]);
    assert!((60..=200).contains(&median), "{median} calls at the median");
    assert!(high <= 500, "{high} calls in one case of twenty");
}

/// The window holds ten seconds of such calls, which are not many.
#[test]
fn sixty_per_cent_open_within_two_minutes_from_ten_calls_a_second_on() {
    let settled = Fleet::of_witnesses(10.0);
    for seed in 0..40 {
        let mut fleet = settled.clone();
        fleet.chance = fastrand::Rng::with_seed(seed);
        let opened = fleet.calls_to_open(0.6, BAD, 1_200);
        assert!(opened.is_some(), "seed {seed}");
    }
}

#[test]
fn slow_calls_are_judged_as_failures_are() {
    let mut fleet = Fleet::of_witnesses(50.0);
    assert_eq!(fleet.calls_to_open(0.38, SLOW, 100_000), None);
    assert!(fleet.calls_to_open(0.6, SLOW, 2_000).is_some());
}

/// A slot in which more went well than wrong may be one of an outage.
#[test]
fn a_low_threshold_opens_at_a_rate_below_half() {
    let opens = |rate| {
        let mut fleet = Fleet::of_witnesses(75.0);
        fleet.policy.slot = Duration::from_secs(2);
        fleet.policy.failure_rate_threshold = 0.2;
        fleet.policy.slow_rate_threshold = 0.2;
        fleet.calls_to_open(rate, BAD, 20_000).is_some()
    };
    assert!(opens(0.35));
    assert!(!opens(0.1));
}

#[test]
fn slow_calls_and_failures_are_judged_by_thresholds_of_their_own() {
    let mut fleet = Fleet::of_witnesses(50.0);
    fleet.policy.slow_rate_threshold = 0.8;
    assert_eq!(fleet.calls_to_open(0.65, SLOW, 50_000), None);
    assert!(fleet.calls_to_open(0.65, BAD, 2_000).is_some());
}

/// Four of ten calls fail and four are slow.
#[test]
fn failures_and_slow_calls_that_are_not_the_same_calls_open_together() {
    let mut fleet = Fleet::of_witnesses(50.0);
    let slot = |fleet: &mut Fleet| {
        fleet.pass();
        fleet.tell(times(10, BAD));
        fleet.tell(times(10, SLOW));
        fleet.tell(times(5, GOOD));
    };
    for _ in 0..2 {
        slot(&mut fleet);
        assert_eq!(fleet.verdict(), None);
    }
    slot(&mut fleet);
    let (bad, calls) = (60, 75);
    assert_eq!(fleet.verdict(), Some(Cause::FailedOrSlow { bad, calls }));
    // Where they are the same calls, six of ten are well.
    let mut fleet = Fleet::of_witnesses(50.0);
    assert_eq!(fleet.calls_to_open(0.4, BOTH, 20_000), None);
}

#[test]
fn failures_and_slow_calls_together_are_judged_by_the_larger_threshold() {
    let mut fleet = Fleet::of_witnesses(50.0);
    fleet.policy.slow_rate_threshold = 0.8;
    // Six of ten are bad, of which three failed.
    for _ in 0..1_000 {
        fleet.tell(times(8, BAD));
        fleet.tell(times(7, SLOW));
        fleet.tell(times(10, GOOD));
        assert_eq!(fleet.verdict(), None);
        fleet.pass();
    }
}

#[test]
fn a_rate_that_opened_once_does_not_open_again_while_in_doubt() {
    let fleet = |doubt| {
        let mut fleet = Fleet::of_witnesses(50.0);
        fleet.set_doubt(doubt);
        fleet
    };
    assert!(fleet(0).calls_to_open(0.56, BAD, 20_000).is_some());
    // Ten minutes of them, for as long as the doubt lasts.
    assert_eq!(fleet(1).calls_to_open(0.52, BAD, 29_000), None);
    assert_eq!(fleet(2).calls_to_open(0.56, BAD, 29_000), None);
    // What fails for certain opens as before.
    assert!(fleet(1).calls_to_open(0.7, BAD, 2_000).is_some());
    assert!(fleet(2).calls_to_open(0.8, BAD, 2_000).is_some());
}

#[test]
fn doubt_ends_after_ten_minutes_without_opening() {
    let mut fleet = Fleet::of_witnesses(50.0);
    fleet.set_doubt(2);
    fleet.pass_for(Duration::from_secs(598));
    fleet.tell_outage(28);
    assert_eq!(fleet.verdict(), None);
    fleet.pass();
    assert!(fleet.verdict().is_some());
}

/// The dependency works now and then: perhaps the threshold is what is wrong.
#[test]
fn an_opening_is_partial_below_nine_failures_of_ten() {
    for (failures, is_partial) in [(899, true), (900, false)] {
        let mut fleet = Fleet::of_witnesses(50.0);
        for _ in 0..3 {
            fleet.pass();
            fleet.tell(times(failures, BAD));
            fleet.tell(times(1_000 - failures, GOOD));
        }
        let verdict = fleet.record.verdict(&fleet.policy, fleet.now).unwrap();
        assert_eq!(verdict.is_partial, is_partial, "{failures} of 1,000");
    }
}

/// Each call takes a slot of its own, and 28 slots do not fit into the window.
#[test]
fn an_outage_opens_where_calls_are_few_but_not_thin() {
    for calls_per_s in [1.1, 1.5, 1.9] {
        let mut fleet = Fleet::settled(calls_per_s);
        let opened = fleet.time_to_open(1.0, Duration::from_mins(10));
        let longest = Duration::from_secs(25);
        assert!(opened.is_some_and(|after| after < longest), "{opened:?}");
    }
}

#[test]
fn every_second_call_does_not_open_where_calls_are_few() {
    let mut fleet = Fleet::of_witnesses(1.9);
    for _ in 0..600 {
        for outcome in [BAD, GOOD] {
            fleet.tell(outcome);
            assert_eq!(fleet.verdict(), None);
            fleet.pass();
        }
    }
}

/// Whatever the traffic, and whether or not everybody knows.
#[test]
fn an_outage_opens_within_seconds_or_thirty_calls() {
    for calls_per_s in [2.0, 5.0, 20.0, 50.0, 75.0, 500.0] {
        let mut fleet = Fleet::settled(calls_per_s);
        let opened = fleet.time_to_open(1.0, Duration::from_mins(2));
        let longest = Duration::from_secs_f64(1.5 + 30.0 / calls_per_s);
        let opened_in_time = opened.is_some_and(|after| after <= longest);
        assert!(opened_in_time, "{calls_per_s} calls/s: {opened:?}");
    }
}

#[test]
fn one_process_of_a_hundred_that_fails_always_does_not_open() {
    for (calls_per_s, minutes) in [(5.0, 60), (50.0, 15), (500.0, 2)] {
        let mut fleet = Fleet::settled(calls_per_s);
        let opened = fleet.time_to_open(0.01, Duration::from_mins(minutes));
        assert_eq!(opened, None, "{calls_per_s} calls/s");
    }
}

#[test]
fn no_more_calls_are_expected_than_are_sampled() {
    let mut fleet = Fleet::settled(10_000.0);
    // A sample of 75 a second, all of which failed.
    fleet.suspect_for(Duration::from_secs(1));
    for _ in 0..3 {
        fleet.tell(times(37, BAD));
        fleet.pass();
    }
    assert!(fleet.verdict().is_some());
}

/// Some slots before everybody knew, nearly all was silent: most processes did
/// not tell yet.
#[test]
fn what_all_tell_does_not_stand_in_for_what_was_not_told_before() {
    let mut fleet = Fleet::settled(50.0);
    let everybody_knows = fleet.policy.longest_refresh(100.0);
    fleet.suspect_for(everybody_knows);
    // Those who failed, of fifty calls a second.
    let before = 20;
    for ago in 1..=before {
        let at = Timestamp::from_unix_ms(fleet.now.as_unix_ms() - 500 * ago);
        fleet.tell_of(Epoch(0), at, times(10, BAD));
    }
    fleet.pass();
    // Many more than promised, of which three in ten fail.
    fleet.tell(times(700, GOOD));
    fleet.tell(times(300, BAD));
    let windows: Vec<_> = fleet
        .record
        .seen(&fleet.policy, fleet.now)
        .windows(Counts::bad)
        .collect();
    let whole = windows.last().unwrap();
    let weights = Weights::around(0.5, 0.1, 0);
    let all_told = weights.likelihood(as_f64(whole.calls), as_f64(whole.bad));
    // The calls of nine slots and a half that nobody told.
    let untold = as_f64(before - 2) * 15.0;
    let found = whole.told_beside_promises(weights);
    assert!(
        found < all_told + untold * weights.good,
        "{found} of {all_told}"
    );
}

/// As they come: the first as an alarm, which makes witnesses of all others.
#[test]
fn the_fifth_failure_in_a_row_opens_where_traffic_is_thin() {
    for (calls_per_s, apart) in [
        (0.5, Duration::from_secs(2)),
        (0.1, Duration::from_secs(10)),
        (1.0 / 60.0, Duration::from_mins(1)),
        (1.0 / 600.0, Duration::from_mins(10)),
    ] {
        let mut fleet = Fleet::settled(calls_per_s);
        for _ in 0..4 {
            fleet.live(BAD);
            assert_eq!(fleet.verdict(), None, "{apart:?} apart");
            fleet.pass_for(apart);
        }
        fleet.live(BAD);
        let failures = 5;
        let expected = Some(Cause::ConsecutiveFailures { failures });
        assert_eq!(fleet.verdict(), expected, "{apart:?} apart");
    }
}

#[test]
fn a_success_in_between_clears_the_suspicion_and_breaks_the_run() {
    let minute = Duration::from_mins(1);
    let mut fleet = Fleet::settled(1.0 / 60.0);
    for hour in 0..10 {
        for outcome in [BAD, BAD, BAD, BAD, GOOD] {
            fleet.live(outcome);
            assert_eq!(fleet.verdict(), None, "in hour {hour}");
            let suspected = fleet.record.suspected().is_some();
            assert_eq!(suspected, outcome == BAD);
            fleet.pass_for(minute);
        }
    }
    for _ in 0..5 {
        fleet.live(BAD);
        fleet.pass_for(minute);
    }
    assert!(fleet.verdict().is_some(), "five since the last success");
}

/// Alarms tell of no success that may have been between them.
#[test]
fn alarms_make_one_failure_of_a_run() {
    let mut fleet = Fleet::settled(0.2);
    fleet.tell(times(100, Counts::ALARM));
    fleet.suspect_for(Duration::from_secs(10));
    for _ in 0..3 {
        fleet.tell(BAD);
        assert_eq!(fleet.verdict(), None);
        fleet.pass();
    }
    fleet.tell(BAD);
    let failures = 5;
    let expected = Some(Cause::ConsecutiveFailures { failures });
    assert_eq!(fleet.verdict(), expected);
}

/// Calls that fail together may have one reason.
#[test]
fn a_run_that_lies_in_fewer_than_three_slots_does_not_open() {
    let mut fleet = Fleet::settled(0.2);
    fleet.suspect_for(Duration::from_mins(1));
    for _ in 0..2 {
        fleet.tell(times(9, BAD));
        assert_eq!(fleet.verdict(), None);
        fleet.pass();
    }
    fleet.tell(BAD);
    let failures = 19;
    let expected = Some(Cause::ConsecutiveFailures { failures });
    assert_eq!(fleet.verdict(), expected);
}

#[test]
fn in_doubt_a_run_must_be_two_and_then_three_times_as_long() {
    for (doubt, needed) in [(0, 5), (1, 10), (2, 15), (9, 15)] {
        let mut fleet = Fleet::settled(0.2);
        fleet.suspect_for(Duration::from_mins(1));
        fleet.set_doubt(doubt);
        let run = (1..=20).find(|_| {
            fleet.pass();
            fleet.tell(BAD);
            fleet.verdict().is_some()
        });
        assert_eq!(run, Some(needed), "in doubt {doubt}");
    }
}

/// The dependency worked within the hour.
#[test]
fn a_run_is_partial_if_more_than_a_tenth_of_the_window_went_well() {
    for (good, is_partial) in [(0, false), (1, false), (2, true)] {
        let mut fleet = Fleet::settled(0.2);
        fleet.suspect_for(Duration::from_mins(1));
        fleet.tell(times(good, GOOD));
        for _ in 0..9 {
            fleet.pass();
            fleet.tell(BAD);
        }
        let verdict = fleet.record.verdict(&fleet.policy, fleet.now).unwrap();
        assert_eq!(verdict.is_partial, is_partial, "{good} of {}", good + 9);
    }
}

/// No heartbeat has told how much traffic there is.
#[test]
fn unknown_traffic_is_thin_unless_a_slot_holds_many_calls() {
    for (in_a_slot, is_thin) in [(5, true), (6, false)] {
        let mut fleet = Fleet::new(0.0);
        fleet.suspect_for(Duration::from_mins(1));
        for _ in 0..3 {
            fleet.record.traffic = Traffic::default();
            fleet.tell(times(2, BAD));
            fleet.now = fleet.now + SLOT;
        }
        assert!(fleet.verdict().is_some());
        fleet.tell_of(Epoch(9), fleet.now, times(in_a_slot, GOOD));
        assert_eq!(fleet.record.is_thin(fleet.now), is_thin);
        assert_eq!(fleet.verdict().is_some(), is_thin);
    }
}

#[test]
fn failures_of_more_than_an_hour_ago_are_no_part_of_a_run() {
    let mut fleet = Fleet::settled(1.0 / 600.0);
    fleet.suspect_for(Duration::from_mins(1));
    for _ in 0..4 {
        fleet.tell(BAD);
        fleet.pass();
    }
    fleet.pass_for(Duration::from_hours(1));
    fleet.tell(BAD);
    assert_eq!(fleet.verdict(), None);
}

#[test]
fn five_failures_in_a_row_prove_nothing_where_traffic_is_not_thin() {
    let mut fleet = Fleet::of_witnesses(2.0 * THIN_CALLS_PER_S);
    for _ in 0..5 {
        fleet.pass();
        fleet.tell(BAD);
    }
    assert_eq!(fleet.verdict(), None);
}

#[test]
fn traffic_is_not_thin_because_heartbeats_stay_away_for_a_while() {
    let mut fleet = Fleet::of_witnesses(20.0);
    // One process fails alone. The others see nothing that is worth telling,
    // and whether they send a heartbeat is left to chance.
    for _ in 0..5 {
        fleet.tell(BAD);
        fleet.pass();
    }
    fleet.now = fleet.now + Duration::from_secs(45);
    assert_eq!(fleet.verdict(), None);
}

#[test]
fn calls_that_are_slow_or_fail_make_one_run() {
    let mut fleet = Fleet::of_witnesses(0.2);
    for outcome in [BAD, SLOW, BOTH, SLOW, BAD] {
        assert_eq!(fleet.verdict(), None);
        fleet.tell(outcome);
        fleet.pass();
    }
    assert!(fleet.verdict().is_some());
}

#[test]
fn evidence_of_other_epochs_is_ignored() {
    let mut fleet = Fleet::of_witnesses(50.0);
    fleet.record.epoch = Epoch(7);
    for epoch in [6, 8] {
        fleet.tell_of(Epoch(epoch), fleet.now, times(1_000, BAD));
        fleet.tell_of(Epoch(epoch), fleet.now, times(1_000, Counts::ALARM));
    }
    assert_eq!(fleet.verdict(), None);
    assert_eq!(fleet.suspicion_due(), Some(Suspicion::Cleared));
    fleet.tell_outage(28);
    assert!(fleet.verdict().is_some());
}

#[test]
fn evidence_from_the_future_is_ignored_beyond_what_clocks_may_be_off() {
    let mut fleet = Fleet::of_witnesses(50.0);
    let skew = 2 * fleet.policy.clock_skew;
    fleet.tell_of(Epoch(0), fleet.now + skew + SLOT, times(1_000, BAD));
    assert_eq!(fleet.verdict(), None);
    assert_eq!(fleet.suspicion_due(), Some(Suspicion::Cleared));
    for ahead in [2 * SLOT, SLOT, Duration::ZERO] {
        assert!(ahead <= skew);
        fleet.tell_of(Epoch(0), fleet.now + ahead, times(10, BAD));
    }
    assert!(fleet.verdict().is_some());
}

#[test]
fn evidence_that_has_left_the_window_is_ignored() {
    let mut fleet = Fleet::of_witnesses(50.0);
    fleet.tell(times(1_000, BAD));
    // Kept by a process that has not tidied up, or whose clock is behind.
    let kept = fleet.record.evidence.clone();
    fleet.pass_for(Duration::from_mins(2));
    fleet.record.evidence = kept;
    assert_eq!(fleet.verdict(), None);
}

/// How many seconds of an hour a fleet is suspected in whose calls fail at this
/// rate.
fn suspected_s(calls_per_s: f64, rate: f64) -> u32 {
    let mut fleet = Fleet::settled(calls_per_s);
    let mut slots = 0;
    for _ in 0..7_200 {
        fleet.serve(rate, BAD, Fleet::live);
        slots += u32::from(fleet.record.suspected().is_some());
        fleet.pass();
    }
    slots / 2
}

#[test]
fn a_fleet_is_suspected_from_a_tenth_of_failures_on_and_hardly_at_one_in_a_thousand() {
    for calls_per_s in [5.0, 50.0] {
        let usual = suspected_s(calls_per_s, 0.001);
        assert!(usual < 36, "{calls_per_s} calls/s: {usual} s of an hour");
        let troubled = suspected_s(calls_per_s, 0.1);
        let always = 3_000..=3_600;
        assert!(
            always.contains(&troubled),
            "{calls_per_s} calls/s: {troubled} s of an hour"
        );
    }
}

#[test]
fn two_alarms_raise_no_suspicion_and_ten_at_once_do() {
    let mut fleet = Fleet::settled(50.0);
    assert_eq!(fleet.suspicion_due(), None);
    fleet.tell(times(2, Counts::ALARM));
    assert_eq!(fleet.suspicion_due(), None);
    fleet.tell(times(8, Counts::ALARM));
    assert_eq!(fleet.suspicion_due(), Some(Suspicion::Raised(fleet.now)));
    assert_eq!(fleet.verdict(), None);
}

/// Between the two rates it stays as it is: a suspicion that comes and goes
/// costs a write each time.
#[test]
fn three_per_cent_neither_raise_a_suspicion_nor_clear_it() {
    let told = |fleet: &mut Fleet| {
        // Three of a hundred, one in every second slot or so.
        for slot in 0..20 {
            fleet.tell(times(24, GOOD));
            if slot % 4 != 0 {
                fleet.tell(BAD);
            }
            fleet.pass();
        }
    };
    let mut calm = Fleet::settled(50.0);
    told(&mut calm);
    assert_eq!(calm.suspicion_due(), None);
    let mut suspected = Fleet::of_witnesses(50.0);
    told(&mut suspected);
    assert_eq!(suspected.suspicion_due(), None);
}

#[test]
fn successes_that_are_told_end_the_suspicion() {
    let mut fleet = Fleet::settled(50.0);
    fleet.tell(times(10, Counts::ALARM));
    fleet.suspect_for(Duration::from_secs(1));
    fleet.tell(times(500, GOOD));
    assert_eq!(fleet.suspicion_due(), None, "not all can have told");
    fleet.suspect_for(Duration::from_secs(20));
    assert_eq!(fleet.suspicion_due(), Some(Suspicion::Cleared));
}

#[test]
fn a_single_failure_makes_a_thin_fleet_suspicious_for_as_long_as_it_counts() {
    let mut fleet = Fleet::settled(0.2);
    fleet.live(BAD);
    assert!(fleet.record.suspected().is_some());
    fleet.pass_for(Duration::from_mins(59));
    assert_eq!(fleet.suspicion_due(), None);
    fleet.pass_for(Duration::from_mins(1));
    assert_eq!(fleet.suspicion_due(), Some(Suspicion::Cleared));
}

#[test]
fn only_a_closed_circuit_is_suspected() {
    let mut fleet = Fleet::settled(50.0);
    fleet.tell(times(100, Counts::ALARM));
    assert!(fleet.suspicion_due().is_some());
    fleet.record.phase = Phase::Open {
        since: START,
        opened: START,
        until: START,
        reopens: 0,
        doubt: 0,
    };
    assert_eq!(fleet.suspicion_due(), None);
    assert_eq!(fleet.verdict(), None);
}

#[test]
fn suspicion_reaches_one_exactly_when_a_rate_opens() {
    let mut fleet = Fleet::of_witnesses(50.0);
    let suspicion = |fleet: &Fleet| fleet.record.suspicion(&fleet.policy, fleet.now);
    assert!(suspicion(&fleet) < f64::EPSILON);
    fleet.tell_outage(24);
    let mut before = 0.0;
    for _ in 0..9 {
        fleet.tell(BAD);
        let after = suspicion(&fleet);
        assert!(after >= before);
        assert_eq!(after >= 1.0, fleet.verdict().is_some());
        before = after;
    }
    assert!(before > 1.0);
}

/// A sample of 75 a second is 37.5 in half a second, and there is room for two.
#[test]
fn the_more_of_a_slot_has_been_told_the_less_room_it_has() {
    let mut fleet = Fleet::settled(10_000.0);
    let room = |fleet: &Fleet| fleet.record.room_in_slot(&fleet.policy, fleet.now);
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}");
    // Of other slots and epochs.
    fleet.tell(times(75, BAD));
    fleet.pass();
    fleet.tell_of(Epoch(1), fleet.now, times(75, BAD));
    near(room(&fleet), 1.0);
    fleet.tell(times(30, GOOD));
    near(room(&fleet), 1.0);
    fleet.tell(times(15, Counts::ALARM));
    near(room(&fleet), 0.8);
    fleet.tell(times(15, BAD));
    near(room(&fleet), 0.4);
    fleet.tell(times(15, BAD));
    near(room(&fleet), 0.0);
    fleet.tell(times(1_000, BAD));
    near(room(&fleet), 0.0);
    fleet.policy.sampled_calls_per_s = 10_000.0;
    assert!(room(&fleet) > 0.0);
}

/// Traffic falls to the part `left` and all of it fails: how long it takes at
/// most, over moments of a slot of traffic at which that may happen.
fn longest_outage_after_a_drop(left: f64) -> Duration {
    let outage = |slots_since: u64| {
        let mut fleet = Fleet::settled(50.0);
        (0..slots_since).for_each(|_| fleet.pass());
        fleet.calls_per_s *= left;
        fleet.time_to_open(1.0, Duration::from_mins(5))
    };
    let moments = (0..40).step_by(3);
    moments.map(|slots| outage(slots).unwrap()).max().unwrap()
}

/// Until then, what heartbeats promised is taken for successes.
#[test]
fn an_outage_opens_once_everybody_knows_whatever_traffic_has_dropped_to() {
    let everybody_knows = Policy::default().longest_refresh(100.0);
    for left in [0.5, 0.2, 0.1] {
        // Some seconds until it is suspected, and 28 calls.
        let calls = Duration::from_secs_f64(28.0 / (50.0 * left));
        let soon_after = everybody_knows + calls + Duration::from_secs(4);
        let longest = longest_outage_after_a_drop(left);
        assert!(longest <= soon_after, "{longest:?} at {left}");
    }
    // Fewer look as if all were well until heartbeats tell how few they are.
    let two_slots_of_traffic = Duration::from_secs(40);
    for left in [0.06, 0.03] {
        let longest = longest_outage_after_a_drop(left);
        let soon_after = two_slots_of_traffic + everybody_knows + Duration::from_secs(20);
        assert!(longest <= soon_after, "{longest:?} at {left}");
    }
}
