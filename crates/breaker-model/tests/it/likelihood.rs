//! What the evidence proves, reckoned again in the slow and obvious way.

use std::time::Duration;

use breaker_core::{
    Cause, Change, Policy, Record, Timestamp,
    protocol::{
        Counts, EXPECTED_SHARE, Epoch, Heartbeats, Opening, Phase, Slot, SlotKey, THIN_CALLS_PER_S,
        TRAFFIC_SLOT, TRAFFIC_SLOTS, TrafficSlot,
    },
};
use proptest::prelude::*;

const NOON: u64 = 1_700_000_000_000;

/// Two numbers that should be the same, but for the order of additions.
fn alike(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * (1.0 + one.abs())
}

/// Counts by slot, oldest first: those of the record's epoch that are inside
/// the window and not further ahead than two clocks can be apart, and of those
/// the newest that the policy remembers.
pub(crate) fn remembered(record: &Record, policy: &Policy, now: Timestamp) -> Vec<(u64, Counts)> {
    let slot_ms = millis(policy.slot);
    let window = millis(policy.window) / slot_ms;
    let current = now.as_unix_ms() / slot_ms;
    let ahead = (now.as_unix_ms() + 2 * millis(policy.clock_skew)) / slot_ms;
    let mut kept: Vec<(u64, Counts)> = Vec::new();
    for (key, counts) in &record.evidence.0 {
        let slot = key.slot.0;
        if key.epoch == record.epoch && slot + window > current && slot <= ahead {
            kept.push((slot, *counts));
        }
    }
    kept.sort_by_key(|(slot, _)| *slot);
    let most = usize::try_from(policy.window_slots).unwrap();
    kept.split_off(kept.len().saturating_sub(most))
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

/// Calls a second that the heartbeats promise: the lesser of the two.
fn promised(record: &Record, now: Timestamp) -> Option<f64> {
    told(record, now).map(|[all, lately]| all.min(lately))
}

/// What is judged, and how.
struct Case<'a> {
    record: &'a Record,
    policy: &'a Policy,
    now: Timestamp,
}

impl Case<'_> {
    fn is_thin(&self) -> bool {
        // By the most that is known of it: heartbeats may stay away by chance.
        told(self.record, self.now).is_none_or(|[all, lately]| all.max(lately) < THIN_CALLS_PER_S)
    }

    /// In a fleet that has just started, evidence must cover two seconds.
    fn shortest_s(&self) -> f64 {
        let first = first_traffic(self.record, self.now);
        let known_ms = first.map(|first| {
            self.now
                .as_unix_ms()
                .saturating_sub(first * millis(TRAFFIC_SLOT))
        });
        if known_ms.is_some_and(|ms| ms >= 30_000) {
            0.0
        } else {
            2.0
        }
    }

    /// From the beginning of a slot until now, at least half a slot.
    fn age_s(&self, slot: u64) -> f64 {
        let slot_ms = millis(self.policy.slot);
        let age_ms = self.now.as_unix_ms().saturating_sub(slot * slot_ms);
        real(age_ms.max(slot_ms / 2)) / 1_000.0
    }

    /// The log-likelihood ratio of `high` against `low` of everything since
    /// each slot, with the time covered: every sum is added up anew.
    fn ratios(
        &self,
        (low, high): (f64, f64),
        told_by_all_s: f64,
        bad: fn(&Counts) -> u64,
    ) -> Vec<(f64, f64)> {
        let slots = remembered(self.record, self.policy, self.now);
        let expected_per_s = self.expected_per_s();
        let mut ratios = Vec::new();
        for (first, _) in &slots {
            let mut failed = 0;
            let mut calls = 0;
            for (slot, counts) in &slots {
                if slot >= first {
                    failed += bad(counts);
                    calls += counts.calls;
                }
            }
            let covered_s = self.age_s(*first);
            let untold_s = (covered_s - told_by_all_s).max(0.0);
            let good = real(calls).max(expected_per_s * untold_s) - real(failed);
            let ratio = real(failed) * (high / low).ln() + good * ((1.0 - high) / (1.0 - low)).ln();
            ratios.push((covered_s, ratio));
        }
        ratios
    }

    /// Whether there was trouble by all that lies before the slot `end`.
    fn was_suspicious_before(&self, end: u64) -> bool {
        let slots = remembered(self.record, self.policy, self.now);
        let before: Vec<_> = slots.into_iter().filter(|(slot, _)| *slot < end).collect();
        before.iter().any(|(first, _)| {
            let counted = before.iter().filter(|(slot, _)| slot >= first);
            let (bad, calls) = counted.fold((0, 0), |(bad, calls), (_, counts)| {
                let gone_wrong = (counts.failures + counts.slow).min(counts.calls);
                (bad + gone_wrong, calls + counts.calls)
            });
            let covered_s = self.age_s(*first) - self.age_s(end);
            let good = real(calls).max(self.expected_per_s() * covered_s) - real(bad);
            real(bad) * (0.3_f64 / 0.1).ln() + good * (0.7_f64 / 0.9).ln() >= 4.6
        })
    }

    /// Calls a second that are relied upon, reported or not.
    fn expected_per_s(&self) -> f64 {
        promised(self.record, self.now)
            .unwrap_or(0.0)
            .min(self.policy.sampled_calls_per_s)
            * EXPECTED_SHARE
    }

    /// For so long everybody has known of trouble, and told of every call.
    fn told_by_all_s(&self) -> f64 {
        let slots = remembered(self.record, self.policy, self.now);
        let suspicious_s = if self.is_thin() {
            let troubled = slots.iter().filter(|(_, counts)| counts.tells_of_trouble());
            troubled
                .map(|(slot, _)| self.age_s(*slot))
                .fold(0.0, f64::max)
        } else {
            let newest_calm = slots
                .iter()
                .rposition(|(slot, _)| !self.was_suspicious_before(*slot));
            let since = newest_calm.map_or(slots.first(), |calm| slots.get(calm + 1));
            since.map_or(0.0, |(slot, _)| self.age_s(*slot))
        };
        let processes = first_traffic(self.record, self.now).map_or(1.0, |first| {
            told_per_s(self.record, first, self.now, |told| told.lifetime_ms) / 1_000.0
        });
        let share_s = processes / self.policy.reads_per_s;
        let refresh_s = share_s
            .max(self.policy.refresh_after.as_secs_f64())
            .min(self.policy.max_stale.as_secs_f64());
        let everybody_knows_s = refresh_s * 1.2 + self.policy.store_timeout.as_secs_f64();
        (suspicious_s - everybody_knows_s).max(0.0)
    }

    /// The ratios about `threshold` of what covers that much time, newest end
    /// last.
    fn about(&self, threshold: f64, bad: fn(&Counts) -> u64, shortest_s: f64) -> Vec<f64> {
        let margin = self.policy.rate_margin;
        self.ratios(
            (threshold - margin, threshold + margin),
            self.told_by_all_s(),
            bad,
        )
        .into_iter()
        .filter(|(covered_s, _)| *covered_s >= shortest_s)
        .map(|(_, ratio)| ratio)
        .collect()
    }

    /// What speaks for trouble, however little time it took.
    fn greatest(&self, threshold: f64, bad: fn(&Counts) -> u64) -> f64 {
        let ratios = self.about(threshold, bad, 0.0);
        ratios.into_iter().fold(0.0, f64::max)
    }

    fn opens(&self, threshold: f64, bad: fn(&Counts) -> u64) -> Opens {
        let policy = self.policy;
        let full = remembered(self.record, policy, self.now).len()
            >= usize::try_from(policy.window_slots).unwrap();
        let ratios = self.about(threshold, bad, self.shortest_s());
        let all = ratios.first().copied();
        let one_bad = ((threshold + policy.rate_margin) / (threshold - policy.rate_margin)).ln();
        let whole = f64::from(policy.window_slots) * one_bad;
        let all = all.filter(|_| full).unwrap_or(0.0);
        let greatest = ratios.into_iter().fold(0.0, f64::max);
        if alike(greatest, policy.evidence_bound) || alike(all, whole) {
            Opens::TooCloseToCall
        } else if greatest > policy.evidence_bound || all > whole {
            Opens::Yes
        } else {
            Opens::No
        }
    }

    /// How many calls went wrong since the newest slot with a success in it.
    fn run(&self) -> u64 {
        let mut run = 0;
        let mut began_s = 0.0;
        for (slot, counts) in remembered(self.record, self.policy, self.now).iter().rev() {
            if counts.calls > (counts.failures + counts.slow).min(counts.calls) {
                break;
            }
            if counts.tells_of_trouble() {
                began_s = self.age_s(*slot);
            }
            run += counts.failures.max(counts.slow);
        }
        if began_s < self.shortest_s() { 0 } else { run }
    }

    fn verdict(&self) -> Option<Verdict> {
        let policy = self.policy;
        let failing = self.opens(policy.failure_rate_threshold, |counts| counts.failures);
        let slow = self.opens(policy.slow_rate_threshold, |counts| counts.slow);
        match (failing, slow) {
            (Opens::TooCloseToCall, _) | (_, Opens::TooCloseToCall) => None,
            (Opens::Yes, _) => Some(Verdict::Failing),
            (Opens::No, Opens::Yes) => Some(Verdict::Slow),
            (Opens::No, Opens::No) => {
                let long = self.run() >= u64::from(policy.consecutive_failures);
                Some(if self.is_thin() && long {
                    Verdict::Run
                } else {
                    Verdict::Well
                })
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opens {
    Yes,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Well,
    Failing,
    Slow,
    Run,
}

impl Verdict {
    /// What the record says.
    pub(crate) fn told(due: Option<&Change>) -> Self {
        match due {
            None => Self::Well,
            Some(Change::Transition { cause, .. }) => match cause {
                Cause::FailureRate { .. } => Self::Failing,
                Cause::SlowCallRate { .. } => Self::Slow,
                Cause::ConsecutiveFailures { .. } => Self::Run,
                other => panic!("no reason to open: {other}"),
            },
            Some(other) => panic!("not a transition: {other:?}"),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn real(number: u64) -> f64 {
    number as f64
}

/// A slot: how many slots ago (two of them lie ahead), calls, failures, slow.
type Sum = (u64, u64, u64, u64);

/// How far ahead slots can be.
const AHEAD: u64 = 4;

/// Counts that may be: a call that failed is a call. Some are few, so that
/// runs and thin traffic are met, too.
fn evidence() -> impl Strategy<Value = Vec<Sum>> {
    let few = (0_u64..3, 0_u64..3, 0_u64..2);
    let many = (0_u64..40, 0_u64..=40, 0_u64..=40);
    let counts = prop_oneof![few, many]
        .prop_map(|(calls, failures, slow)| (calls, failures.min(calls), slow.min(calls)));
    let age = prop_oneof![3 => 0_u64..40, 1 => 0_u64..260];
    let slot =
        (age, counts).prop_map(|(age, (calls, failures, slow))| (age, calls, failures, slow));
    proptest::collection::vec(slot, 0..40)
}

/// Everything within the time that it takes until all know.
fn recent_evidence() -> impl Strategy<Value = Vec<Sum>> {
    let slot =
        (4_u64..17, 0_u64..40, 0_u64..=40, 0_u64..=40).prop_map(|(age, calls, failures, slow)| {
            (age, calls, failures.min(calls), slow.min(calls))
        });
    proptest::collection::vec(slot, 0..20)
}

fn heartbeats() -> impl Strategy<Value = Vec<(u64, u64)>> {
    let arrivals = prop_oneof![0_u64..30, 0_u64..3_000, 0_u64..100_000];
    proptest::collection::vec((0_u64..10, arrivals), 0..6)
}

fn record(now: Timestamp, evidence: &[Sum], heard: &[(u64, u64)]) -> Record {
    let policy = Policy::default();
    let mut record = Record {
        epoch: Epoch(7),
        phase: Phase::Closed {
            since: Timestamp::from_unix_ms(NOON - 1_000_000),
        },
        ..Record::default()
    };
    for &(age, calls, failures, slow) in evidence {
        let slot = Slot(Slot::at(now, &policy).0 + AHEAD - age);
        let epoch = Epoch(if age % 7 == 6 { 6 } else { 7 });
        let counts = Counts {
            calls,
            failures,
            slow,
        };
        let sum = record
            .evidence
            .0
            .entry(SlotKey { epoch, slot })
            .or_default();
        sum.add(counts);
    }
    for &(age, arrivals) in heard {
        let slot = TrafficSlot(TrafficSlot::at(now).0 + 2 - age);
        let told = Heartbeats {
            arrivals,
            contacts: 1,
            lifetime_ms: 20_000,
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
    #[test]
    fn the_likelihood_is_what_adding_up_every_end_of_the_window_gives(
        after_ms in 0_u64..30_000,
        evidence in evidence(),
        heartbeats in heartbeats(),
    ) {
        let (now, policy) = (Timestamp::from_unix_ms(NOON + after_ms), Policy::default());
        let record = record(now, &evidence, &heartbeats);
        let case = Case { record: &record, policy: &policy, now };
        let failing = case.greatest(policy.failure_rate_threshold, |counts| counts.failures);
        let slow = case.greatest(policy.slow_rate_threshold, |counts| counts.slow);
        let expected = failing.max(slow);
        let found = record.suspicion(&policy, now) * policy.evidence_bound;
        prop_assert!(alike(expected, found), "{expected} is not {found}");
    }

    #[test]
    fn the_verdict_is_what_the_likelihoods_and_the_run_say(
        after_ms in 0_u64..30_000,
        evidence in evidence(),
        heartbeats in heartbeats(),
    ) {
        let (now, policy) = (Timestamp::from_unix_ms(NOON + after_ms), Policy::default());
        let record = record(now, &evidence, &heartbeats);
        if let Some(expected) = verdict(&record, &policy, now) {
            let due = record.due(&policy, now, OPENING);
            prop_assert_eq!(Verdict::told(due.as_ref()), expected);
        }
    }

    /// In a fleet that is not young, while not everybody can know of the
    /// trouble yet. Elsewhere an older slot shows how long things have been
    /// going on, whatever it holds, and that may speak against health.
    #[test]
    fn a_success_never_speaks_against_health(
        after_ms in 0_u64..30_000,
        evidence in recent_evidence(),
        arrivals in 0_u64..10_000,
        age in 4_u64..17,
    ) {
        let (now, policy) = (Timestamp::from_unix_ms(NOON + after_ms), Policy::default());
        let suspicion = |more: Option<Sum>| {
            let evidence: Vec<Sum> = evidence.iter().copied().chain(more).collect();
            let record = record(now, &evidence, &[(4, arrivals), (6, arrivals)]);
            let case = Case { record: &record, policy: &policy, now };
            assert_eq!((case.shortest_s(), case.told_by_all_s()), (0.0, 0.0));
            record.suspicion(&policy, now)
        };
        prop_assert!(suspicion(Some((age, 1, 0, 0))) <= suspicion(None) + 1e-9);
    }
}
