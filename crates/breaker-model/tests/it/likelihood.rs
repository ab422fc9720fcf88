//! What the evidence proves, reckoned again in the slow and obvious way.

use std::time::Duration;

use breaker_core::{
    Cause, Change, Policy, Record, Timestamp,
    protocol::{
        Counts, Epoch, Heartbeats, Opening, PLAUSIBLE, Phase, Slot, SlotKey, Suspicion,
        THIN_CALLS_PER_S, TRAFFIC_SLOT, TRAFFIC_SLOTS, TrafficSlot,
    },
};
use proptest::prelude::*;

const NOON: u64 = 1_700_000_000_000;

/// Two numbers that should be the same, but for the order of additions.
fn alike(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * (1.0 + one.abs())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap()
}

/// What the heartbeats told since the slot `first`, a second, until `now`.
fn told_per_s(record: &Record, first: u64, now: Timestamp, part: fn(&Heartbeats) -> u64) -> f64 {
    let slot_ms = millis(TRAFFIC_SLOT);
    let current = TrafficSlot::at(now).0;
    let mut told = 0;
    for (slot, heartbeats) in &record.traffic.0 {
        // A clock may be ahead, but not by more than a slot.
        if slot.0 >= first && slot.0 <= current + 1 {
            told += part(heartbeats);
        }
    }
    let ms = now.as_unix_ms().saturating_sub(first * slot_ms).max(10_000);
    real(told) * 1_000.0 / real(ms)
}

/// The oldest slot of traffic that still matters.
fn first_traffic(record: &Record, now: Timestamp) -> Option<u64> {
    let current = TrafficSlot::at(now).0;
    let known = record.traffic.0.keys().map(|slot| slot.0);
    known
        .filter(|slot| slot + TRAFFIC_SLOTS > current && *slot <= current + 1)
        .min()
}

/// Calls a second by the heartbeats of the last two minutes, and of the last 20
/// to 40 seconds.
fn told(record: &Record, now: Timestamp) -> Option<[f64; 2]> {
    let first = first_traffic(record, now)?;
    let lately = (TrafficSlot::at(now).0 - 1).max(first);
    let arrivals = |first| told_per_s(record, first, now, |heartbeats| heartbeats.arrivals);
    Some([arrivals(first), arrivals(lately)])
}

/// How much of what was promised is a success that nobody told of, in all and
/// lately: the fewer heartbeats there are, the more they may be off.
fn promised(record: &Record, now: Timestamp) -> f64 {
    told(record, now).map_or(0.0, |[all, lately]| all.min(1.25 * lately))
}

/// What is judged, and how.
struct Case<'a> {
    record: &'a Record,
    policy: &'a Policy,
    now: Timestamp,
}

/// One of the three tests: what goes wrong, and how much of it is too much.
#[derive(Clone, Copy)]
struct Test {
    why: Why,
    threshold: f64,
    bad: fn(&Counts) -> u64,
}

/// What was told in the slots from one on.
#[derive(Debug, Clone)]
struct Told {
    /// By witnesses, and how many of them went wrong.
    calls: u64,
    bad: u64,
    alarms: u64,
    /// Of all these, calls of slots that began when everybody had heard.
    since_all_know: u64,
    /// Calls before that, which somebody may have made and not told of.
    expected: f64,
    /// What witnesses told in each slot: calls, and how many went wrong.
    each: Vec<(u64, u64)>,
}

impl Told {
    fn by_witnesses(&self, rates: [f64; 2]) -> f64 {
        ratio(rates, real(self.calls), real(self.bad))
    }

    fn by_all(&self, rates: [f64; 2]) -> f64 {
        let before = self.calls + self.alarms - self.since_all_know;
        let calls = real(self.since_all_know) + real(before).max(self.expected);
        ratio(rates, calls, real(self.bad + self.alarms))
    }

    /// What witnesses told, without the slots that a blip may lie in: the two
    /// that say the most, or fewer where the policy remembers less than three.
    fn lasting(&self, rates: [f64; 2], window_slots: usize) -> f64 {
        let each = self.each.iter();
        let mut each: Vec<f64> = each
            .map(|(calls, bad)| ratio(rates, real(*calls), real(*bad)))
            .collect();
        for _ in 1..window_slots.min(3) {
            let most = (0..each.len()).max_by(|a, b| each[*a].total_cmp(&each[*b]));
            most.map(|most| each.remove(most));
        }
        each.iter().sum()
    }
}

/// The log-likelihood ratio of the second rate against the first.
fn ratio([low, high]: [f64; 2], calls: f64, bad: f64) -> f64 {
    bad * (high / low).ln() + (calls - bad) * ((1.0 - high) / (1.0 - low)).ln()
}

impl Case<'_> {
    /// Counts by slot, oldest first: those of the record's epoch that are inside
    /// the window and not further ahead than two clocks can be apart, and of
    /// those the newest that the policy remembers.
    fn remembered(&self) -> Vec<(u64, Counts)> {
        let slot_ms = millis(self.policy.slot);
        let now_ms = self.now.as_unix_ms();
        // Where calls are rare, those in a row lie far apart.
        let window_ms = if self.is_thin() {
            millis(self.policy.window).max(3_600_000)
        } else {
            millis(self.policy.window)
        };
        let ahead = (now_ms + 2 * millis(self.policy.clock_skew)) / slot_ms;
        let mut kept: Vec<(u64, Counts)> = Vec::new();
        for (key, counts) in &self.record.evidence.0 {
            let slot = key.slot.0;
            let is_over = slot + window_ms / slot_ms <= now_ms / slot_ms;
            if key.epoch == self.record.epoch && !is_over && slot <= ahead {
                kept.push((slot, *counts));
            }
        }
        kept.sort_by_key(|(slot, _)| *slot);
        let most = usize::try_from(self.policy.window_slots).unwrap();
        kept.split_off(kept.len().saturating_sub(most))
    }

    fn is_thin(&self) -> bool {
        is_thin(self.record, self.now)
    }

    fn suspected(&self) -> Option<Timestamp> {
        match self.record.phase {
            Phase::Closed { suspected, .. } => suspected,
            Phase::Open { .. } | Phase::HalfOpen { .. } => None,
        }
    }

    /// How often in a row it opened on a partial failure; after ten minutes
    /// that is over.
    fn doubt(&self) -> u32 {
        match self.record.phase {
            Phase::Closed { since, doubt, .. } => {
                let age_ms = self.now.as_unix_ms().saturating_sub(since.as_unix_ms());
                if age_ms < 600_000 { doubt } else { 0 }
            }
            Phase::Open { doubt, .. } | Phase::HalfOpen { doubt, .. } => doubt,
        }
    }

    fn tests(&self) -> [Test; 3] {
        let (failing, slow) = (
            self.policy.failure_rate_threshold,
            self.policy.slow_rate_threshold,
        );
        [
            Test {
                why: Why::Failing,
                threshold: failing,
                bad: |counts| counts.failures,
            },
            Test {
                why: Why::Slow,
                threshold: slow,
                bad: |counts| counts.slow,
            },
            Test {
                why: Why::FailedOrSlow,
                threshold: failing.max(slow),
                bad: went_wrong,
            },
        ]
    }

    /// The two rates that are told apart: a margin to both sides of the
    /// threshold; in doubt one margin higher, or one and a half.
    fn rates(&self, threshold: f64) -> [f64; 2] {
        let margin = self.policy.rate_margin;
        let shifts = [0.0, margin, 1.5 * margin];
        let shift = shifts[usize::try_from(self.doubt()).unwrap().min(2)];
        let high = (threshold + shift + margin).min(0.99);
        [(threshold + shift - margin).min(high - margin / 2.0), high]
    }

    /// From the beginning of a slot until now, at least half a slot.
    fn age_s(&self, slot: u64) -> f64 {
        let slot_ms = millis(self.policy.slot);
        let age_ms = self.now.as_unix_ms().saturating_sub(slot * slot_ms);
        real(age_ms.max(slot_ms / 2)) / 1_000.0
    }

    /// What was told since each slot, newest first: every sum is added up anew.
    fn windows(&self, bad: fn(&Counts) -> u64) -> Vec<Told> {
        let slots = self.remembered();
        let admitted = promised(self.record, self.now) * self.record.ramp(self.policy, self.now);
        let expected_per_s = admitted.min(self.policy.sampled_calls_per_s);
        let told_by_all_s = self.told_by_all_s();
        let firsts = slots.iter().rev();
        let since = firsts.map(|(first, _)| {
            let mut told = Told {
                calls: 0,
                bad: 0,
                alarms: 0,
                since_all_know: 0,
                expected: expected_per_s * (self.age_s(*first) - told_by_all_s).max(0.0),
                each: Vec::new(),
            };
            for (slot, counts) in slots.iter().filter(|(slot, _)| slot >= first) {
                told.calls += counts.calls;
                told.bad += bad(counts);
                told.alarms += counts.alarms;
                if self.age_s(*slot) <= told_by_all_s {
                    told.since_all_know += counts.calls + counts.alarms;
                }
                told.each.push((counts.calls, bad(counts)));
            }
            told
        });
        since.collect()
    }

    /// For so long everybody has known of the trouble, and told of every call.
    fn told_by_all_s(&self) -> f64 {
        let Some(suspected) = self.suspected() else {
            return 0.0;
        };
        let processes = first_traffic(self.record, self.now).map_or(1.0, |first| {
            told_per_s(self.record, first, self.now, |told| told.lifetime_ms) / 1_000.0
        });
        let refresh = Duration::from_secs_f64(processes / self.policy.reads_per_s)
            .max(self.policy.refresh_after)
            .min(self.policy.max_stale);
        let heard = millis(refresh.mul_f64(1.2) + self.policy.store_timeout);
        let known_since = suspected.as_unix_ms() + heard;
        real(self.now.as_unix_ms().saturating_sub(known_since)) / 1_000.0
    }

    /// What speaks for an outage: what witnesses told, or all beside promises.
    fn greatest(&self) -> f64 {
        let mut greatest: f64 = 0.0;
        for test in self.tests() {
            let rates = self.rates(test.threshold);
            for told in self.windows(test.bad) {
                greatest = greatest
                    .max(told.by_witnesses(rates))
                    .max(told.by_all(rates));
            }
        }
        greatest
    }

    /// What proves that the circuit must open, by one of the tests.
    fn opens(&self, test: Test) -> Opens {
        let rates = self.rates(test.threshold);
        let windows = self.windows(test.bad);
        let one_bad = (rates[1] / rates[0]).ln();
        let slots = u64::from(self.policy.window_slots);
        let bound = self.policy.evidence_bound;
        let most = usize::try_from(slots).unwrap();
        let lasts = |told: &Told, bound: f64| {
            let lasting = told.lasting(rates, most);
            (!alike(lasting, bound)).then_some(lasting > bound)
        };
        for told in &windows {
            let (witnesses, all) = (told.by_witnesses(rates), told.by_all(rates));
            let lasts = lasts(told, 0.25 * bound);
            if alike(witnesses, bound) || alike(all, PLAUSIBLE * bound) || lasts.is_none() {
                return Opens::TooCloseToCall;
            }
            if witnesses > bound && all > PLAUSIBLE * bound && lasts == Some(true) {
                return Opens::Yes {
                    is_partial: real(told.bad) < 0.9 * real(told.calls),
                };
            }
        }
        // A full window of which nothing is well needs only one call for each slot.
        let Some(whole) = windows
            .last()
            .filter(|told| told.each.len() >= most && told.bad == told.calls)
        else {
            return Opens::No;
        };
        let bound = real(slots) * one_bad;
        let (witnesses, all) = (whole.by_witnesses(rates), whole.by_all(rates));
        match lasts(whole, 0.25 * bound) {
            None => Opens::TooCloseToCall,
            _ if alike(all, PLAUSIBLE * bound) || alike(witnesses, bound) => Opens::TooCloseToCall,
            Some(true) if witnesses > bound && all > PLAUSIBLE * bound => {
                Opens::Yes { is_partial: false }
            }
            Some(_) => Opens::No,
        }
    }

    /// Whether an outage fills no more slots than these.
    fn fills(&self, slots: u64) -> bool {
        slots >= u64::from(self.policy.window_slots).min(3)
    }

    /// The slots after the newest one with a success in it.
    fn since_success(&self) -> Vec<Counts> {
        let slots = self.remembered();
        let newest_first = slots.into_iter().rev().map(|(_, counts)| counts);
        newest_first
            .take_while(|counts| counts.calls <= went_wrong(counts))
            .collect()
    }

    /// How many calls went wrong since the last success; between alarms there
    /// may have been some.
    fn run(&self) -> u64 {
        let slots = self.since_success();
        let told: u64 = slots.iter().map(went_wrong).sum();
        told + u64::from(slots.iter().any(|counts| counts.alarms > 0))
    }

    fn verdict(&self) -> Option<Verdict> {
        if self.suspected().is_none() {
            return Some(Verdict::Well);
        }
        for test in self.tests() {
            match self.opens(test) {
                Opens::TooCloseToCall => return None,
                Opens::Yes { is_partial } => return Some(self.opened(test.why, is_partial)),
                Opens::No => {}
            }
        }
        // In doubt twice as many, or three times.
        let times = 1 + u64::from(self.doubt().min(2));
        let is_long = self.run() >= times * u64::from(self.policy.consecutive_failures);
        Some(
            if self.is_thin() && is_long && self.fills(self.troubled_slots()) {
                let (mut calls, mut bad) = (0, 0);
                for (_, counts) in self.remembered() {
                    calls += counts.calls;
                    bad += went_wrong(&counts);
                }
                self.opened(Why::Run, real(bad) < 0.9 * real(calls))
            } else {
                Verdict::Well
            },
        )
    }

    fn opened(&self, why: Why, is_partial: bool) -> Verdict {
        Verdict::Opens(why, if is_partial { self.doubt() + 1 } else { 0 })
    }

    /// In how many slots since the last success calls of witnesses went wrong.
    fn troubled_slots(&self) -> u64 {
        let slots = self.since_success();
        let troubled = slots.iter().filter(|counts| went_wrong(counts) > 0);
        u64::try_from(troubled.count()).unwrap()
    }

    /// Whether there is trouble: at least `least` speaks for the second rate,
    /// or where traffic is thin anything went wrong since the last success.
    /// `None` if it is too close to call.
    fn is_troubled(&self, rates: [f64; 2], least: f64) -> Option<bool> {
        if self.is_thin() {
            let slots = self.since_success();
            return Some(slots.iter().any(is_trouble));
        }
        let windows = self.windows(went_wrong);
        let ratios = windows.iter().map(|told| told.by_all(rates));
        let greatest = ratios.fold(f64::NEG_INFINITY, f64::max);
        (!alike(greatest, least)).then_some(greatest > least)
    }

    fn suspicion_due(&self) -> Due {
        let is_closed = matches!(self.record.phase, Phase::Closed { .. });
        let (is_troubled, changes_to) = match self.suspected() {
            _ if !is_closed => return Due::Nothing,
            None => (
                self.is_troubled([0.02, 0.1], 4.6),
                Suspicion::Raised(self.now),
            ),
            // Nor before all have known it for three seconds.
            Some(_) if !self.is_thin() && self.told_by_all_s() <= 3.0 => return Due::Nothing,
            Some(_) => (self.is_troubled([0.005, 0.05], 1.0), Suspicion::Cleared),
        };
        match is_troubled {
            None => Due::TooCloseToCall,
            Some(troubled) if troubled == self.suspected().is_none() => Due::Change(changes_to),
            Some(_) => Due::Nothing,
        }
    }
}

/// Calls that failed or were slow, as witnesses tell.
fn went_wrong(counts: &Counts) -> u64 {
    counts.failures + counts.slow - counts.both
}

/// Whether anything failed or was slow, whoever tells.
fn is_trouble(counts: &Counts) -> bool {
    counts.failures + counts.slow + counts.alarms > 0
}

/// Whether there is little traffic, by the most that is known of it: heartbeats
/// may stay away by chance. If none came, no slot holds many calls.
pub(crate) fn is_thin(record: &Record, now: Timestamp) -> bool {
    if let Some([all, lately]) = told(record, now) {
        return all.max(lately) < THIN_CALLS_PER_S;
    }
    let mut slots = record.evidence.0.values();
    slots.all(|counts| counts.calls + counts.alarms <= 5)
}

/// What becomes of the suspicion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Nothing,
    Change(Suspicion),
    TooCloseToCall,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opens {
    Yes { is_partial: bool },
    No,
    TooCloseToCall,
}

/// Why a closed circuit must open, if it must; `None` if the numbers are too
/// close to call.
pub(crate) fn verdict(record: &Record, policy: &Policy, now: Timestamp) -> Option<Verdict> {
    let case = Case {
        record,
        policy,
        now,
    };
    case.verdict()
}

/// What a closed circuit calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Well,
    /// Why it opens, and in what doubt it is from then on.
    Opens(Why, u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Failing,
    Slow,
    FailedOrSlow,
    Run,
}

impl Verdict {
    /// What the record says.
    pub(crate) fn told(due: Option<&Change>) -> Self {
        match due {
            None => Self::Well,
            Some(Change::Transition {
                cause,
                to: Phase::Open { doubt, .. },
                ..
            }) => {
                let why = match cause {
                    Cause::FailureRate { .. } => Why::Failing,
                    Cause::SlowCallRate { .. } => Why::Slow,
                    Cause::FailedOrSlow { .. } => Why::FailedOrSlow,
                    Cause::ConsecutiveFailures { .. } => Why::Run,
                    other => panic!("no reason to open: {other}"),
                };
                Self::Opens(why, *doubt)
            }
            Some(other) => panic!("not a transition to open: {other:?}"),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn real(number: u64) -> f64 {
    number as f64
}

/// How many slots ago (some lie ahead), and what was counted.
type Sum = (u64, Counts);

/// How far ahead slots can be.
const AHEAD: u64 = 4;

prop_compose! {
    /// Counts that may be: a call that failed is a call.
    fn counts_up_to(most: u64)(
        (calls, alarms) in (0..most, 0..most),
        parts in (0.0..=1.0, 0.0..=1.0, 0.0..=1.0),
    ) -> Counts {
        let failures = part(parts.0, 0, calls);
        let slow = part(parts.1, 0, calls);
        let both = part(parts.2, (failures + slow).saturating_sub(calls), failures.min(slow));
        Counts { calls, failures, slow, both, alarms }
    }
}

/// A number between two others.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small and positive"
)]
fn part(share: f64, least: u64, most: u64) -> u64 {
    (real(least) + share * real(most - least)).round() as u64
}

/// Some are few, so that runs and thin traffic are met, too; in some nothing
/// but alarms came, or nothing but failures.
pub(crate) fn counts() -> impl Strategy<Value = Counts> {
    let any = || prop_oneof![counts_up_to(3), counts_up_to(40)];
    let alarms = any().prop_map(|counts| Counts {
        alarms: counts.alarms,
        ..Counts::default()
    });
    let failures = any().prop_map(|counts| Counts {
        failures: counts.calls,
        both: counts.slow,
        alarms: 0,
        ..counts
    });
    prop_oneof![3 => any(), 1 => alarms, 2 => failures]
}

/// Every fourth is of calls that lie far apart, most of which fail.
fn evidence() -> impl Strategy<Value = Vec<Sum>> {
    let age = prop_oneof![4 => 0_u64..40, 1 => 0_u64..260, 1 => 0_u64..8_000];
    let failure = Counts {
        calls: 1,
        failures: 1,
        ..Counts::default()
    };
    let rare = prop_oneof![7 => Just(failure), 1 => Just(Counts::SUCCESS)];
    prop_oneof![
        3 => proptest::collection::vec((age, counts()), 0..40),
        1 => proptest::collection::vec((4_u64..7_000, rare), 3..25),
    ]
}

/// Ages in slots of traffic, arrivals, and processes.
fn heartbeats() -> impl Strategy<Value = Vec<(u64, u64, u64)>> {
    let arrivals = prop_oneof![0_u64..30, 0_u64..3_000, 0_u64..100_000];
    let processes = prop_oneof![1_u64..20, 1_u64..3_000];
    proptest::collection::vec((0_u64..10, arrivals, processes), 0..6)
}

/// How long ago the circuit closed, and was suspected, in milliseconds; and its
/// doubt.
fn standing() -> impl Strategy<Value = (u64, Option<u64>, u32)> {
    let closed = prop_oneof![Just(1_000_000_u64), 500_000_u64..700_000];
    let suspected = prop_oneof![0_u64..3_000, 0_u64..40_000];
    (closed, proptest::option::weighted(0.8, suspected), 0_u32..4)
}

fn record(
    now: Timestamp,
    evidence: &[Sum],
    heard: &[(u64, u64, u64)],
    (closed, suspected, doubt): (u64, Option<u64>, u32),
) -> Record {
    let policy = Policy::default();
    let ago = |ms| Timestamp::from_unix_ms(now.as_unix_ms() - ms);
    let mut record = Record {
        epoch: Epoch(7),
        phase: Phase::Closed {
            since: ago(closed),
            opened: ago(closed + 30_000),
            doubt,
            suspected: suspected.map(ago),
        },
        ..Record::default()
    };
    for &(age, counts) in evidence {
        let slot = Slot(Slot::at(now, &policy).0 + AHEAD - age);
        let epoch = Epoch(if age % 7 == 6 { 6 } else { 7 });
        let sum = record
            .evidence
            .0
            .entry(SlotKey { epoch, slot })
            .or_default();
        sum.add(counts);
    }
    for &(age, arrivals, processes) in heard {
        let slot = TrafficSlot(TrafficSlot::at(now).0 + 2 - age);
        let told = Heartbeats {
            arrivals,
            contacts: 1,
            lifetime_ms: 20_000 * processes,
            refused: 0,
        };
        record.traffic.add(slot, told);
    }
    record
}

const OPENING: Opening = Opening {
    jitter: 0.5,
    retry_after: None,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn the_likelihood_is_what_adding_up_every_end_of_the_window_gives(
        after_ms in 0_u64..30_000,
        evidence in evidence(),
        heartbeats in heartbeats(),
        standing in standing(),
    ) {
        let (now, policy) = (Timestamp::from_unix_ms(NOON + after_ms), Policy::default());
        let record = record(now, &evidence, &heartbeats, standing);
        let case = Case { record: &record, policy: &policy, now };
        let expected = case.greatest();
        let found = record.suspicion(&policy, now) * policy.evidence_bound;
        prop_assert!(alike(expected, found), "{expected} is not {found}");
    }

    #[test]
    fn the_verdict_is_what_the_likelihoods_and_the_run_say(
        after_ms in 0_u64..30_000,
        evidence in evidence(),
        heartbeats in heartbeats(),
        standing in standing(),
    ) {
        let (now, policy) = (Timestamp::from_unix_ms(NOON + after_ms), Policy::default());
        let record = record(now, &evidence, &heartbeats, standing);
        if let Some(expected) = verdict(&record, &policy, now) {
            let due = record.due(&policy, now, OPENING);
            prop_assert_eq!(Verdict::told(due.as_ref()), expected);
        }
    }

    #[test]
    fn a_suspicion_is_raised_and_cleared_by_what_all_tell(
        after_ms in 0_u64..30_000,
        evidence in evidence(),
        heartbeats in heartbeats(),
        standing in standing(),
    ) {
        let (now, policy) = (Timestamp::from_unix_ms(NOON + after_ms), Policy::default());
        let record = record(now, &evidence, &heartbeats, standing);
        let case = Case { record: &record, policy: &policy, now };
        let found = record.suspicion_due(&policy, now).map_or(Due::Nothing, Due::Change);
        let expected = case.suspicion_due();
        prop_assert!(expected == Due::TooCloseToCall || found == expected, "{found:?}");
    }

    #[test]
    fn a_success_never_speaks_against_health(
        after_ms in 0_u64..30_000,
        evidence in evidence(),
        heartbeats in heartbeats(),
        standing in standing(),
        age in 4_u64..40,
    ) {
        let (now, policy) = (Timestamp::from_unix_ms(NOON + after_ms), Policy::default());
        let suspicion = |more: Option<Sum>| {
            let evidence: Vec<Sum> = evidence.iter().copied().chain(more).collect();
            record(now, &evidence, &heartbeats, standing).suspicion(&policy, now)
        };
        prop_assert!(suspicion(Some((age, Counts::SUCCESS))) <= suspicion(None) + 1e-9);
    }

    #[test]
    fn what_fills_two_slots_never_opens_however_much_it_is(
        after_ms in 0_u64..30_000,
        evidence in evidence(),
        heartbeats in heartbeats(),
        standing in standing(),
        newest in 0_u64..40,
    ) {
        let (now, policy) = (Timestamp::from_unix_ms(NOON + after_ms), Policy::default());
        let moment = evidence.into_iter().map(|(age, counts)| (newest + age % 2, counts));
        let record = record(now, &moment.collect::<Vec<_>>(), &heartbeats, standing);
        prop_assert_eq!(record.due(&policy, now, OPENING), None);
    }

    #[test]
    fn alarms_never_open_however_many_there_are(
        after_ms in 0_u64..30_000,
        evidence in evidence(),
        heartbeats in heartbeats(),
        standing in standing(),
    ) {
        let (now, policy) = (Timestamp::from_unix_ms(NOON + after_ms), Policy::default());
        let alarms = evidence.into_iter().map(|(age, counts)| {
            let told = Counts { alarms: 1_000 * counts.alarms, ..Counts::default() };
            (age, told)
        });
        let record = record(now, &alarms.collect::<Vec<_>>(), &heartbeats, standing);
        prop_assert_eq!(record.due(&policy, now, OPENING), None);
    }
}

/// How often what is said of such records, so that they are worth something.
#[test]
fn the_records_call_for_everything() {
    use std::collections::BTreeMap;

    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut verdicts: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..4_000 {
        let tree = (evidence(), heartbeats(), standing()).new_tree(&mut runner);
        let (evidence, heartbeats, standing) = tree.unwrap().current();
        let (now, policy) = (Timestamp::from_unix_ms(NOON), Policy::default());
        let record = record(now, &evidence, &heartbeats, standing);
        let case = Case {
            record: &record,
            policy: &policy,
            now,
        };
        let verdict = match case.verdict() {
            Some(Verdict::Opens(why, doubt)) => format!("{why:?}, partial: {}", doubt > 0),
            Some(Verdict::Well) => "well".to_owned(),
            None => "too close to call".to_owned(),
        };
        let suspicion = match case.suspicion_due() {
            Due::Change(Suspicion::Raised(_)) => "raised",
            Due::Change(Suspicion::Cleared) => "cleared",
            Due::Nothing => "as it is",
            Due::TooCloseToCall => "too close to call",
        };
        *verdicts.entry(verdict).or_default() += 1;
        *verdicts.entry(suspicion.to_owned()).or_default() += 1;
    }
    println!("{verdicts:?}");
    for expected in [
        "Failing, partial: false",
        "Failing, partial: true",
        "Slow, partial: true",
        "FailedOrSlow, partial: true",
        "Run, partial: false",
        "Run, partial: true",
        "well",
        "raised",
        "cleared",
        "as it is",
    ] {
        assert!(
            verdicts.get(expected).is_some_and(|count| *count >= 10),
            "{expected}: {verdicts:?}"
        );
    }
}
