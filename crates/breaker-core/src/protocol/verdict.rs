//! What the counts prove.
//!
//! # Two kinds of evidence
//!
//! While all is well nobody tells of successes, and a process tells of a call
//! that went wrong at once: that is an *alarm*. If only those who fail speak,
//! a fleet that is nearly well looks as if all of it failed, so alarms open
//! nothing. They raise a *suspicion* ([`Record::suspected`]), a mark in the
//! record. Whoever knows of it is a *witness* from then on and tells of its
//! calls whatever becomes of them. Whether a call is told was settled before
//! its outcome was, so the rate that witnesses tell of is unbiased from the
//! first moment.
//!
//! # The sequential test
//!
//! A window with a threshold must wait until failures outnumber the successes
//! it still remembers. A CUSUM (E. S. Page, "Continuous Inspection Schemes",
//! 1954) forgets successes as soon as they stop: with p₁ = threshold + margin
//! and p₀ = threshold − margin, F failures and S successes have the
//! log-likelihood ratio
//!
//! ```text
//! L = F · ln(p₁/p₀) + S · ln((1−p₁)/(1−p₀))
//! ```
//!
//! and the circuit opens when L reaches [`Policy::evidence_bound`] over the
//! last n slots, for any n. With the defaults that takes 28 failures in a row.
//! Failures of a moment do not open it: without the two slots that prove the
//! most, a quarter of the evidence must be left ([`SLOTS_OF_AN_OUTAGE`],
//! [`LASTING`]).
//! Slow calls are judged alike by their own threshold, and calls that failed or
//! were slow by the larger of the two.
//!
//! Where calls are a slot or more apart, each takes a slot of its own, and a
//! window of [`Policy::window_slots`] may not hold enough of them. There a full
//! window with as many failures as slots, and no success, opens as well.
//!
//! A circuit that opened on a partial failure and closed again is in *doubt*:
//! its dependency fails about as often as the threshold says. For ten minutes
//! it is judged one margin higher, p₀ = threshold and p₁ = threshold + 2 margins,
//! so that it does not open and close all the time.
//!
//! # Calls that nobody reported
//!
//! Processes that fail learn of the suspicion first, so where some fail and
//! others do not, the first witnesses are not like the fleet. Until everybody
//! has heard, the same calls must therefore look like an outage beside all the
//! calls that heartbeats promise ([`Traffic`](super::Traffic)) too: what was not
//! reported of those counts as successes. That makes one process that fails
//! alone as small as it is. It is an estimate, and half of the evidence
//! is enough of it ([`PLAUSIBLE`]). Once the suspicion has lasted longer than
//! anybody goes without news, everybody is a witness and nothing is assumed.
//!
//! # Thin traffic
//!
//! Below [`THIN_CALLS_PER_S`] 28 calls take long. There any failure raises a
//! suspicion, a success clears it, and a run of
//! [`Policy::consecutive_failures`] with no success in between opens. Where a
//! share q of healthy calls fails, one in q⁻ᵏ/(1−q) calls completes such a run
//! of k by chance: at 5 % and k = 5 one in 3.4 million.

use std::time::Duration;

use super::{
    Cause, Counts, Phase, Record, Slot, SlotKey, Suspicion,
    evidence::{as_f64, length_ms},
};
use crate::{policy::Policy, time::Timestamp};

/// How much of the evidence that opens the circuit must be left beside all
/// calls that heartbeats promise.
pub const PLAUSIBLE: f64 = 0.5;

/// How much of what a few recent heartbeats promise is expected, if the longer
/// look promises more: the fewer they are, the more they may be off.
const RECENT_SLACK: f64 = 1.25;

/// Calls that fail together may have one reason that is over in a moment, which
/// lies in one slot, or in two that meet there. So many slots must prove
/// something; all of them, if there are no more.
const SLOTS_OF_AN_OUTAGE: u32 = 3;

/// How much of the evidence that opens the circuit must be left without the
/// slots that prove the most, one fewer than make an outage: a failure or two
/// are in the next slot by chance.
const LASTING: f64 = 0.25;

/// From this rate on a failure is as good as total.
const TOTAL: f64 = 0.9;

/// Below this many calls a second in the whole fleet, failures in a row decide.
pub const THIN_CALLS_PER_S: f64 = 1.0;

/// More calls than this in one slot are not thin traffic.
const MANY_IN_A_SLOT: u64 = 5;

/// How long failures in a row count where traffic is thin.
const LONGEST_RUN: Duration = Duration::from_hours(1);

/// A suspicion is raised if so much more speaks for the second rate than for
/// the first: it costs a few writes, so 100 to 1 is certain enough. Much lower
/// than what opens the circuit: traffic may have dropped to a tenth.
const RAISED: Suspect = Suspect {
    rates: [0.02, 0.1],
    likelihood: 4.6,
};

/// It is kept while this much speaks for it: between the two a suspicion is
/// neither raised nor cleared.
const KEPT: Suspect = Suspect {
    rates: [0.005, 0.05],
    likelihood: 1.0,
};

/// For so long everybody must have known of a suspicion before it is cleared:
/// until then calls that nobody told of would be taken for successes.
const ALL_TELL_S: f64 = 3.0;

/// What it takes to suspect an outage.
struct Suspect {
    rates: [f64; 2],
    likelihood: f64,
}

/// What one outcome adds to the log-likelihood ratio.
#[derive(Debug, Clone, Copy)]
struct Weights {
    bad: f64,
    good: f64,
}

impl Weights {
    /// Of "the rate is `high`" against "the rate is `low`".
    fn between(low: f64, high: f64) -> Self {
        Self {
            bad: (high / low).ln(),
            good: ((1.0 - high) / (1.0 - low)).ln(),
        }
    }

    /// Of a rate above the threshold against one below, or of higher ones where
    /// the circuit is in doubt.
    fn around(threshold: f64, margin: f64, doubt: u32) -> Self {
        const CERTAIN: f64 = 0.99;
        let shift = match doubt {
            0 => 0.0,
            1 => margin,
            _ => 1.5 * margin,
        };
        let high = (threshold + margin + shift).min(CERTAIN);
        Self::between((threshold - margin + shift).min(high - margin / 2.0), high)
    }

    /// The log-likelihood ratio of so many calls, `bad` of which went wrong.
    fn likelihood(self, calls: f64, bad: f64) -> f64 {
        bad * self.bad + (calls - bad) * self.good
    }
}

/// What counts as a call that went wrong, and how many of them are too many.
#[derive(Debug, Clone, Copy)]
struct Test {
    bad: fn(Counts) -> u64,
    threshold: f64,
    cause: fn(bad: u64, calls: u64) -> Cause,
}

fn tests(policy: &Policy) -> [Test; 3] {
    let Policy {
        failure_rate_threshold,
        slow_rate_threshold,
        ..
    } = *policy;
    [
        Test {
            bad: |counts| counts.failures,
            threshold: failure_rate_threshold,
            cause: |failures, calls| Cause::FailureRate { failures, calls },
        },
        Test {
            bad: |counts| counts.slow,
            threshold: slow_rate_threshold,
            cause: |slow, calls| Cause::SlowCallRate { slow, calls },
        },
        Test {
            bad: Counts::bad,
            threshold: failure_rate_threshold.max(slow_rate_threshold),
            cause: |bad, calls| Cause::FailedOrSlow { bad, calls },
        },
    ]
}

/// What `counts` add to the log-likelihood ratio of each test.
pub(crate) fn likelihoods(counts: Counts, policy: &Policy, doubt: u32) -> [f64; 3] {
    tests(policy).map(|test| {
        let weights = Weights::around(test.threshold, policy.rate_margin, doubt);
        weights.likelihood(as_f64(counts.calls), as_f64((test.bad)(counts)))
    })
}

/// Why the circuit must open.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) cause: Cause,
    /// The dependency works now and then.
    pub(super) is_partial: bool,
}

impl Record {
    /// Why the circuit must open, if it must.
    pub(super) fn verdict(&self, policy: &Policy, now: Timestamp) -> Option<Verdict> {
        self.suspected()?;
        let seen = self.seen(policy, now);
        let doubt = self.doubt(now);
        let proof = tests(policy).into_iter().find_map(|test| {
            let weights = Weights::around(test.threshold, policy.rate_margin, doubt);
            let window = seen.proof(policy, weights, test.bad)?;
            Some(Verdict {
                is_partial: as_f64(window.bad) < TOTAL * as_f64(window.calls),
                cause: (test.cause)(window.bad, window.calls),
            })
        });
        let run = || {
            let failures = seen.run();
            let enough = policy.consecutive_failures.saturating_mul(1 + doubt.min(2));
            let is_long = seen.thin
                && failures >= u64::from(enough)
                && seen.troubled_slots() >= SLOTS_OF_AN_OUTAGE.min(policy.window_slots);
            let total = seen.total();
            is_long.then_some(Verdict {
                cause: Cause::ConsecutiveFailures { failures },
                is_partial: as_f64(total.bad()) < TOTAL * as_f64(total.calls),
            })
        };
        proof.or_else(run)
    }

    /// How much speaks for an outage, as a share of what would open the
    /// circuit: 0 if the fleet is well.
    pub fn suspicion(&self, policy: &Policy, now: Timestamp) -> f64 {
        let seen = self.seen(policy, now);
        let doubt = self.doubt(now);
        let likelihoods = tests(policy).into_iter().flat_map(|test| {
            let weights = Weights::around(test.threshold, policy.rate_margin, doubt);
            let windows = seen.windows(test.bad);
            windows.map(move |window| {
                let witnesses = window.told_by_witnesses(weights);
                witnesses.max(window.told_beside_promises(weights))
            })
        });
        likelihoods.fold(0.0, f64::max) / policy.evidence_bound
    }

    /// Whether a suspicion is to be raised or cleared.
    pub fn suspicion_due(&self, policy: &Policy, now: Timestamp) -> Option<Suspicion> {
        let Phase::Closed { suspected, .. } = self.phase else {
            return None;
        };
        let seen = self.seen(policy, now);
        match suspected {
            None if seen.is_troubled(&RAISED) => Some(Suspicion::Raised(now)),
            // Before all could tell of their successes, none are missed.
            Some(_)
                if !seen.is_troubled(&KEPT) && (seen.thin || seen.told_by_all_s > ALL_TELL_S) =>
            {
                Some(Suspicion::Cleared)
            }
            None | Some(_) => None,
        }
    }

    /// Since when everybody who makes calls has known of the suspicion.
    pub(crate) fn known_to_all_since(&self, policy: &Policy, now: Timestamp) -> Option<Timestamp> {
        let size = self.traffic.fleet_size(now);
        let processes = size.map_or(1.0, |size| size.processes);
        Some(self.suspected()? + policy.longest_refresh(processes))
    }

    /// Which share of the calls that there are to tell may be told just now: all,
    /// unless more of this slot has been told already than
    /// [`Policy::sampled_calls_per_s`], and the less, the more that is; none beyond
    /// twice as many. Traffic may have grown since the last heartbeats.
    pub(crate) fn room_in_slot(&self, policy: &Policy, now: Timestamp) -> f64 {
        let key = SlotKey {
            epoch: self.epoch,
            slot: Slot::at(now, policy),
        };
        let counts = self.evidence.0.get(&key).copied().unwrap_or_default();
        let enough = policy.sampled_calls_per_s * as_f64(length_ms(policy)) / 1_000.0;
        let told = as_f64(counts.calls.saturating_add(counts.alarms));
        (2.0 - told / enough).clamp(0.0, 1.0)
    }

    /// How long what was counted matters: where calls are rare, failures in a
    /// row lie far apart.
    pub fn window(&self, policy: &Policy, now: Timestamp) -> Duration {
        if self.is_thin(now) {
            policy.window.max(LONGEST_RUN)
        } else {
            policy.window
        }
    }

    /// How many calls a second the fleet has, by its heartbeats.
    fn promised_calls_per_s(&self, now: Timestamp) -> Option<f64> {
        let size = self.traffic.fleet_size(now)?;
        Some(size.calls_per_s.min(size.recent_calls_per_s * RECENT_SLACK))
    }

    /// Whether there is little traffic. If no heartbeat tells, the counts do.
    pub(super) fn is_thin(&self, now: Timestamp) -> bool {
        if let Some(size) = self.traffic.fleet_size(now) {
            return size.calls_per_s.max(size.recent_calls_per_s) < THIN_CALLS_PER_S;
        }
        let told = |counts: &Counts| counts.calls.saturating_add(counts.alarms);
        self.evidence.0.values().map(told).max() <= Some(MANY_IN_A_SLOT)
    }

    fn seen(&self, policy: &Policy, now: Timestamp) -> Seen {
        let half_a_slot = as_f64(length_ms(policy)) / 2_000.0;
        let slots = self
            .evidence
            .newest_first(self.epoch, policy, self.window(policy, now), now)
            .map(|(slot, counts)| SlotSeen {
                counts,
                seconds: seconds_since(slot, policy, now).max(half_a_slot),
            })
            .collect();
        let known_to_all = self.known_to_all_since(policy, now);
        Seen {
            thin: self.is_thin(now),
            // What the ramp refuses is promised, too, and nobody can tell of it.
            expected_per_s: (self.promised_calls_per_s(now).unwrap_or(0.0)
                * self.ramp(policy, now))
            .min(policy.sampled_calls_per_s),
            told_by_all_s: known_to_all.map_or(0.0, |since| now.since(since).as_secs_f64()),
            slots,
        }
    }
}

fn seconds_since(slot: Slot, policy: &Policy, now: Timestamp) -> f64 {
    let start = slot.0.saturating_mul(length_ms(policy));
    as_f64(now.as_unix_ms().saturating_sub(start)) / 1_000.0
}

/// The counts that matter, newest first.
struct Seen {
    /// Traffic is too thin for a rate.
    thin: bool,
    /// Calls a second that are relied upon whether or not they were reported.
    expected_per_s: f64,
    /// For so long everybody has known of the trouble and told of every call.
    told_by_all_s: f64,
    slots: Vec<SlotSeen>,
}

struct SlotSeen {
    counts: Counts,
    /// From the slot's beginning until now.
    seconds: f64,
}

/// The last slots, taken together.
#[derive(Debug, Clone, Copy)]
struct Window {
    /// Calls that witnesses told of, and those of them that went wrong.
    calls: u64,
    bad: u64,
    /// Calls that others told of because they went wrong.
    alarms: u64,
    /// Of all these, calls in slots that began when everybody knew.
    told_by_all: u64,
    /// Calls before that are expected by what heartbeats promise.
    expected: f64,
    /// How many slots it has.
    slots: usize,
}

impl Window {
    /// The log-likelihood ratio of what witnesses told.
    fn told_by_witnesses(&self, weights: Weights) -> f64 {
        weights.likelihood(as_f64(self.calls), as_f64(self.bad))
    }

    /// The log-likelihood ratio of all that was told, if what is missing of
    /// what heartbeats promise was well.
    fn told_beside_promises(&self, weights: Weights) -> f64 {
        let told = self.calls.saturating_add(self.alarms);
        // What all told since does not stand in for what is missing before.
        let before = as_f64(told.saturating_sub(self.told_by_all));
        let calls = as_f64(self.told_by_all) + before.max(self.expected);
        let bad = as_f64(self.bad.saturating_add(self.alarms));
        weights.likelihood(calls, bad)
    }
}

impl Seen {
    /// The last n slots, for each n.
    fn windows(&self, bad: fn(Counts) -> u64) -> impl Iterator<Item = Window> {
        let mut sum = Window {
            calls: 0,
            bad: 0,
            alarms: 0,
            told_by_all: 0,
            expected: 0.0,
            slots: 0,
        };
        self.slots.iter().map(move |SlotSeen { counts, seconds }| {
            sum.calls = sum.calls.saturating_add(counts.calls);
            sum.bad = sum.bad.saturating_add(bad(*counts));
            sum.alarms = sum.alarms.saturating_add(counts.alarms);
            sum.slots += 1;
            if *seconds <= self.told_by_all_s {
                sum.told_by_all = sum.calls.saturating_add(sum.alarms);
            }
            let untold_s = seconds - self.told_by_all_s.min(*seconds);
            sum.expected = self.expected_per_s * untold_s;
            sum
        })
    }

    /// The shortest window that proves that the circuit must open.
    fn proof(&self, policy: &Policy, weights: Weights, bad: fn(Counts) -> u64) -> Option<Window> {
        let proves = |window: &Window, bound: f64| {
            window.told_by_witnesses(weights) >= bound
                && self.lasting(window, policy, weights, bad) >= LASTING * bound
                && window.told_beside_promises(weights) >= PLAUSIBLE * bound
        };
        let shortest = self
            .windows(bad)
            .find(|window| proves(window, policy.evidence_bound));
        let whole = || {
            let bound = f64::from(policy.window_slots) * weights.bad;
            let whole = self.windows(bad).last()?;
            let slots = u32::try_from(whole.slots).unwrap_or(u32::MAX);
            let is_full = slots >= policy.window_slots;
            (is_full && whole.bad == whole.calls && proves(&whole, bound)).then_some(whole)
        };
        shortest.or_else(whole)
    }

    /// The log-likelihood ratio of what witnesses told, without the slots that
    /// a blip may lie in: those that prove the most.
    fn lasting(
        &self,
        window: &Window,
        policy: &Policy,
        weights: Weights,
        bad: fn(Counts) -> u64,
    ) -> f64 {
        let slots = self.slots.iter().take(window.slots);
        let likelihood = |seen: &SlotSeen| {
            weights.likelihood(as_f64(seen.counts.calls), as_f64(bad(seen.counts)))
        };
        let mut likelihoods: Vec<f64> = slots.map(likelihood).collect();
        likelihoods.sort_by(f64::total_cmp);
        let of_a_blip = SLOTS_OF_AN_OUTAGE
            .min(policy.window_slots)
            .saturating_sub(1);
        let of_a_blip = usize::try_from(of_a_blip).unwrap_or(usize::MAX);
        likelihoods.iter().rev().skip(of_a_blip).sum()
    }

    /// Whether so much speaks for trouble that every success should be told.
    fn is_troubled(&self, suspect: &Suspect) -> bool {
        if self.thin {
            return self
                .since_last_success()
                .any(|seen| seen.counts.tells_of_trouble());
        }
        let [low, high] = suspect.rates;
        let weights = Weights::between(low, high);
        self.windows(Counts::bad)
            .any(|window| window.told_beside_promises(weights) >= suspect.likelihood)
    }

    fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.slots.iter().for_each(|seen| total.add(seen.counts));
        total
    }

    fn since_last_success(&self) -> impl Iterator<Item = &SlotSeen> {
        let slots = self.slots.iter();
        slots.take_while(|seen| !seen.counts.has_success())
    }

    /// In how many slots since the last success calls of witnesses went wrong.
    fn troubled_slots(&self) -> u32 {
        let slots = self.since_last_success();
        let troubled = slots.filter(|seen| seen.counts.bad() > 0);
        u32::try_from(troubled.count()).unwrap_or(u32::MAX)
    }

    /// How many calls went wrong since the last success. Alarms count as one:
    /// successes between them were not told.
    fn run(&self) -> u64 {
        let mut run = Counts::default();
        self.since_last_success()
            .for_each(|seen| run.add(seen.counts));
        run.bad().saturating_add(run.alarms.min(1))
    }
}

#[cfg(test)]
mod tests;
