//! What the counts prove.
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
//! last n slots, for any n. With the defaults that takes 23 failures in a row.
//! Slow calls are judged alike, by their own threshold.
//!
//! Where calls are a slot or more apart, each takes a slot of its own, and a
//! window of [`Policy::window_slots`] may not hold enough of them. There a full
//! window with as many failures as slots, and no success, opens as well.
//!
//! # Calls that nobody reported
//!
//! Failures are reported at once and successes later, so the newest slots hold
//! too few successes. The number of calls is therefore taken to be at least
//! [`EXPECTED_SHARE`] of what heartbeats promise ([`Traffic`](super::Traffic))
//! for the time looked at; what was not reported of it counts as successes.
//! That makes one process that fails alone as small as it is. While a record
//! shows trouble ([`Record::is_suspicious`]) every process that knows reports
//! its successes at once as well, so that a burst of traffic that no heartbeat
//! has told of yet is not taken for an outage. Once trouble has lasted longer
//! than anybody goes without news, everybody knows and tells of every call, and
//! nothing needs to be assumed any more: an outage opens even if traffic has
//! dropped since the last heartbeats, down to about a fifth; if to less, once
//! heartbeats tell of it.
//!
//! A fleet that has just started has promised nothing yet. Until its
//! heartbeats have covered 10 to 30 seconds, only evidence from at least two
//! seconds counts: by then those who fail have told of their successes too.
//!
//! # Thin traffic
//!
//! Below [`THIN_CALLS_PER_S`] 23 calls take long. There a run of
//! [`Policy::consecutive_failures`] with no success in between opens. Where a
//! share q of healthy calls fails, one in q⁻ᵏ/(1−q) calls completes such a run
//! of k by chance: at 5 % and k = 5 one in 3.4 million.

use super::{
    Cause, Counts, Record, Slot,
    evidence::{as_f64, length_ms},
};
use crate::{policy::Policy, time::Timestamp};

/// How much of the calls that heartbeats promise is relied upon. Less than 1,
/// because the promise is an estimate and traffic may have dropped since.
pub const EXPECTED_SHARE: f64 = 0.7;

/// How long evidence must have been gathered in a fleet that has just started:
/// its first failures are told before its first successes.
const YOUNG_FLEETS_TAKE_S: f64 = 2.0;

/// Below this many calls a second in the whole fleet, failures in a row decide.
pub const THIN_CALLS_PER_S: f64 = 1.0;

/// A record is suspicious if its failures speak rather for this rate than for
/// [`CALM_RATE`].
const SUSPICIOUS_RATE: f64 = 0.3;
const CALM_RATE: f64 = 0.1;

/// ln(100): suspicion costs a few writes, so 100 to 1 is certain enough.
const SUSPICION_BOUND: f64 = 4.6;

/// The time over which a crowd is noticed.
const CROWD_SLOTS: u64 = 4;

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

    fn around(threshold: f64, margin: f64) -> Self {
        Self::between(threshold - margin, threshold + margin)
    }

    /// The log-likelihood ratio of so many calls, `bad` of which went wrong.
    fn likelihood(self, calls: f64, bad: f64) -> f64 {
        bad * self.bad + (calls - bad) * self.good
    }
}

impl Record {
    /// Why the circuit must open, if it must.
    pub(super) fn verdict(&self, policy: &Policy, now: Timestamp) -> Option<Cause> {
        let seen = self.seen(policy, now);
        let test = |bad: fn(Counts) -> u64, threshold: f64| {
            let weights = Weights::around(threshold, policy.rate_margin);
            let whole_window = f64::from(policy.window_slots) * weights.bad;
            seen.likelihood(weights, bad) >= policy.evidence_bound
                || seen.likelihood_of_a_full_window(policy, weights, bad) >= whole_window
        };
        let Counts {
            calls,
            failures,
            slow,
        } = self.evidence.total(self.epoch, policy, now);
        if test(|counts| counts.failures, policy.failure_rate_threshold) {
            return Some(Cause::FailureRate { failures, calls });
        }
        if test(|counts| counts.slow, policy.slow_rate_threshold) {
            return Some(Cause::SlowCallRate { slow, calls });
        }
        let run = seen.run();
        (seen.thin && run >= u64::from(policy.consecutive_failures))
            .then_some(Cause::ConsecutiveFailures { failures: run })
    }

    /// How much speaks for an outage, as a share of what would open the
    /// circuit: 0 if the fleet is well. The caution with young fleets aside: it
    /// is a reason not to open, not one to think the fleet well.
    pub fn suspicion(&self, policy: &Policy, now: Timestamp) -> f64 {
        let seen = self.seen_at_once(policy, now);
        let failing = Weights::around(policy.failure_rate_threshold, policy.rate_margin);
        let slow = Weights::around(policy.slow_rate_threshold, policy.rate_margin);
        let likelihood = f64::max(
            seen.likelihood(failing, |counts| counts.failures),
            seen.likelihood(slow, |counts| counts.slow),
        );
        likelihood / policy.evidence_bound
    }

    /// Whether the record shows so much trouble that every process should
    /// report its successes too.
    pub fn is_suspicious(&self, policy: &Policy, now: Timestamp) -> bool {
        self.seen_at_once(policy, now).is_suspicious()
    }

    /// How many calls a second were counted in the last seconds.
    pub(crate) fn counted_per_s(&self, policy: &Policy, now: Timestamp) -> f64 {
        let since = Slot::at(now, policy).0.saturating_sub(CROWD_SLOTS);
        let calls: u64 = self
            .evidence
            .newest_first(self.epoch, policy, now)
            .take_while(|(slot, _)| slot.0 >= since)
            .map(|(_, counts)| counts.calls)
            .sum();
        let seconds = as_f64(CROWD_SLOTS * length_ms(policy)) / 1_000.0;
        as_f64(calls) / seconds
    }

    /// How many calls a second the fleet has at least, by its heartbeats.
    fn promised_calls_per_s(&self, now: Timestamp) -> Option<f64> {
        let size = self.traffic.fleet_size(now)?;
        Some(size.calls_per_s.min(size.recent_calls_per_s))
    }

    /// Whether there is little traffic, and not merely no heartbeat of late. Who
    /// knows of much traffic tells of no success while all is well, so there a
    /// run of failures would be one only because nobody spoke.
    fn is_thin(&self, now: Timestamp) -> bool {
        let size = self.traffic.fleet_size(now);
        let most = size.map(|size| size.calls_per_s.max(size.recent_calls_per_s));
        most.is_none_or(|calls_per_s| calls_per_s < THIN_CALLS_PER_S)
    }

    /// What is seen, however little time it took.
    fn seen_at_once(&self, policy: &Policy, now: Timestamp) -> Seen {
        Seen {
            shortest_s: 0.0,
            ..self.seen(policy, now)
        }
    }

    fn seen(&self, policy: &Policy, now: Timestamp) -> Seen {
        let half_a_slot = as_f64(length_ms(policy)) / 2_000.0;
        let slots: Vec<SlotSeen> = self
            .evidence
            .newest_first(self.epoch, policy, now)
            .map(|(slot, counts)| SlotSeen {
                counts,
                seconds: seconds_since(slot, policy, now).max(half_a_slot),
            })
            .collect();
        let shortest_s = if self.traffic.is_young(now) {
            YOUNG_FLEETS_TAKE_S
        } else {
            0.0
        };
        let promised = self.promised_calls_per_s(now);
        let processes = self
            .traffic
            .fleet_size(now)
            .map_or(1.0, |size| size.processes);
        let mut seen = Seen {
            shortest_s,
            thin: self.is_thin(now),
            expected_per_s: promised.unwrap_or(0.0).min(policy.sampled_calls_per_s)
                * EXPECTED_SHARE,
            told_by_all_s: 0.0,
            slots,
        };
        let everybody_knows_after = policy.longest_refresh(processes).as_secs_f64();
        seen.told_by_all_s = (seen.suspicious_for_s() - everybody_knows_after).max(0.0);
        seen
    }
}

fn seconds_since(slot: Slot, policy: &Policy, now: Timestamp) -> f64 {
    let start = slot.0.saturating_mul(length_ms(policy));
    as_f64(now.as_unix_ms().saturating_sub(start)) / 1_000.0
}

/// The counts that matter, newest first.
struct Seen {
    /// Evidence from less time proves nothing.
    shortest_s: f64,
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

impl SlotSeen {
    fn is_troubled(&self) -> bool {
        self.counts.tells_of_trouble()
    }
}

impl Seen {
    /// The greatest log-likelihood ratio of the last n slots, over all n.
    fn likelihood(&self, weights: Weights, bad: fn(Counts) -> u64) -> f64 {
        self.likelihoods(weights, bad)
            .map(|(_, likelihood)| likelihood)
            .fold(0.0, f64::max)
    }

    /// The log-likelihood ratio of all slots that a window has; 0 if some are
    /// free.
    fn likelihood_of_a_full_window(
        &self,
        policy: &Policy,
        weights: Weights,
        bad: fn(Counts) -> u64,
    ) -> f64 {
        let all = self.likelihoods(weights, bad).last();
        let slots = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        all.filter(|_| slots >= policy.window_slots)
            .map_or(0.0, |(_, likelihood)| likelihood)
    }

    /// The log-likelihood ratio of the last n slots, for each n, with the time
    /// that they cover.
    fn likelihoods(
        &self,
        weights: Weights,
        bad: fn(Counts) -> u64,
    ) -> impl Iterator<Item = (f64, f64)> {
        let (mut calls, mut all_bad) = (0_u64, 0_u64);
        let slots = self.slots.iter();
        slots.filter_map(move |SlotSeen { counts, seconds }| {
            calls = calls.saturating_add(counts.calls);
            // Slot by slot: a call that failed and was slow is told to be one
            // only as long as the slot has no other calls to confuse it with.
            all_bad = all_bad.saturating_add(bad(*counts));
            let untold_s = seconds - self.told_by_all_s.min(*seconds);
            let all = as_f64(calls).max(self.expected_per_s * untold_s);
            let likelihood = weights.likelihood(all, as_f64(all_bad));
            (*seconds >= self.shortest_s).then_some((*seconds, likelihood))
        })
    }

    /// Whether there is so much trouble that every success should be told.
    fn is_suspicious(&self) -> bool {
        if self.thin {
            self.slots.iter().any(SlotSeen::is_troubled)
        } else {
            self.was_suspicious(0, 0.0)
        }
    }

    /// For how long the record has been suspicious without a break; 0 if it is
    /// not.
    ///
    /// That there is trouble may only show by what came last, however far back
    /// it then reaches; so each moment is judged by what was known at it. Who
    /// asked in a break tells of no success.
    fn suspicious_for_s(&self) -> f64 {
        if self.thin {
            let oldest = self.slots.iter().rev().find(|seen| seen.is_troubled());
            return oldest.map_or(0.0, |seen| seen.seconds);
        }
        self.slots
            .iter()
            .enumerate()
            .take_while(|(index, seen)| self.was_suspicious(index + 1, seen.seconds))
            .last()
            .map_or(0.0, |(_, seen)| seen.seconds)
    }

    /// Whether there was trouble `seconds_ago`, when the slots from `first` were
    /// all that was known.
    fn was_suspicious(&self, first: usize, seconds_ago: f64) -> bool {
        let weights = Weights::between(CALM_RATE, SUSPICIOUS_RATE);
        let known = self.slots.get(first..).unwrap_or_default();
        let (mut calls, mut bad) = (0_u64, 0_u64);
        known.iter().any(|SlotSeen { counts, seconds }| {
            calls = calls.saturating_add(counts.calls);
            bad = bad.saturating_add(counts.bad());
            let expected = self.expected_per_s * (seconds - seconds_ago);
            weights.likelihood(as_f64(calls).max(expected), as_f64(bad)) >= SUSPICION_BOUND
        })
    }

    /// How many calls went wrong since the last success.
    fn run(&self) -> u64 {
        let run = || {
            self.slots
                .iter()
                .take_while(|seen| !seen.counts.has_success())
        };
        let bad = |seen: &SlotSeen| seen.counts.failures.max(seen.counts.slow);
        let began_s = run()
            .filter(|seen| bad(seen) > 0)
            .last()
            .map_or(0.0, |seen| seen.seconds);
        if began_s < self.shortest_s {
            return 0;
        }
        run().map(bad).sum()
    }
}

#[cfg(test)]
mod tests;
