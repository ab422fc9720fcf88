//! Who knows the truth: the share of bad calls at every moment.
//!
//! The share follows from the scenario alone: the dependency's failure rate,
//! its log-normal latency against the caller's time-out and the policy's
//! `slow_call_after`, and environments that differ, each weighted by its part
//! of the traffic. A call is bad if it fails, is slow, or both. Calls are
//! taken to be spread over environments by their traffic; that calls which
//! hang keep some of them busy is left out.

use std::ops::Range;

use super::windows::Windows;
use crate::{
    engine::LATENCY_SIGMA,
    random::LogNormal,
    scenario::{Dependency, Exception, Scenario},
    units::{Micros, micros_of_ms, micros_of_s},
};

/// What a share counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// At most threshold − margin: no call is to be refused.
    Well,
    /// Within the margin of the threshold.
    Between,
    /// At least threshold + margin: calls are to be refused.
    Bad,
}

/// The policy's limits of [zones](Zone).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bar {
    low: f64,
    high: f64,
}

/// Latencies are drawn from a table of 4,096 quantiles, so shares of slow calls
/// are no more exact than this.
const ROUNDING: f64 = 1e-3;

impl Bar {
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let policy = &scenario.policy;
        Self {
            low: policy.failure_rate_threshold - policy.rate_margin,
            high: policy.failure_rate_threshold + policy.rate_margin,
        }
    }

    /// What a share counts as.
    pub(crate) fn zone(self, share: f64) -> Zone {
        if share <= self.low + ROUNDING {
            Zone::Well
        } else if share < self.high - ROUNDING {
            Zone::Between
        } else {
            Zone::Bad
        }
    }
}

/// A time in which nothing changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// When, since the start of the run.
    pub time: Range<Micros>,
    /// The share of the fleet's calls that are bad.
    pub share: f64,
    /// What that share counts as.
    pub zone: Zone,
    /// For how long a call is under way before anybody can know that it is bad:
    /// a slow one is not before it has been slow.
    pub shows_after: Micros,
    /// The share of each group of environments that differ, in order, and of
    /// all others last.
    shares: Vec<f64>,
}

/// The truth about a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Oracle {
    spans: Vec<Span>,
    /// The first environment after each group that differs.
    ends: Vec<u32>,
    bar: Bar,
}

impl Oracle {
    /// The truth about every run of a scenario.
    pub fn of(scenario: &Scenario) -> Self {
        let truth = Truth::of(scenario);
        let end = micros_of_s(scenario.duration_s);
        let mut moments = truth.moments();
        moments.retain(|moment| *moment < end);
        moments.push(0);
        moments.sort_unstable();
        moments.dedup();
        let mut spans: Vec<Span> = Vec::with_capacity(moments.len());
        let ends = moments.iter().skip(1).copied().chain([end]);
        for (from, until) in moments.iter().copied().zip(ends) {
            let shares = truth.shares(from);
            let share = truth.weighted(&shares, from);
            let shows_after = truth.shows_after(from);
            match spans.last_mut() {
                Some(last)
                    if last.shares == shares
                        && last.shows_after == shows_after
                        && (last.share - share).abs() < f64::EPSILON =>
                {
                    last.time.end = until;
                }
                Some(_) | None => {
                    spans.push(Span {
                        time: from..until,
                        share,
                        zone: truth.bar.zone(share),
                        shows_after,
                        shares,
                    });
                }
            }
        }
        Self {
            spans,
            ends: truth.ends,
            bar: truth.bar,
        }
    }

    /// Times in which nothing changes, from the start of the run to its end.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// What is true at a moment; at the end, if that is later.
    pub fn at(&self, moment: Micros) -> &Span {
        let next = self.spans.partition_point(|span| span.time.end <= moment);
        &self.spans[next.min(self.spans.len() - 1)]
    }

    /// The share of bad calls of one environment.
    pub fn share_of(&self, environment: u32, moment: Micros) -> f64 {
        self.at(moment).shares[self.group(environment)]
    }

    /// The group that an environment belongs to: one of those that differ, in
    /// the scenario's order, or the last one.
    pub(super) fn group(&self, environment: u32) -> usize {
        self.ends.partition_point(|end| *end <= environment)
    }

    pub(super) fn groups(&self) -> usize {
        self.ends.len() + 1
    }

    /// Spells in which the fleet's share is like this.
    pub(super) fn spells(&self, is_like_this: impl Fn(Zone) -> bool) -> Windows {
        let spans = self.spans.iter().filter(|span| is_like_this(span.zone));
        Windows::of(spans.map(|span| span.time.clone()))
    }

    /// Spells in which a group is not well, and worse off than a fleet that is
    /// not bad.
    pub(super) fn spells_alone(&self, group: usize) -> Windows {
        let alone = |span: &&Span| {
            let share = span.shares[group];
            let is_worse = share > span.share + ROUNDING;
            span.zone != Zone::Bad && is_worse && self.bar.zone(share) != Zone::Well
        };
        let spans = self.spans.iter().filter(alone);
        Windows::of(spans.map(|span| span.time.clone()))
    }

    /// Spells in which the calls of a group are not well.
    pub(super) fn spells_of(&self, group: usize) -> Windows {
        let unwell = |span: &&Span| self.bar.zone(span.shares[group]) != Zone::Well;
        let spans = self.spans.iter().filter(unwell);
        Windows::of(spans.map(|span| span.time.clone()))
    }
}

/// What shares are computed from.
struct Truth<'a> {
    scenario: &'a Scenario,
    bar: Bar,
    ends: Vec<u32>,
    latency: LogNormal,
}

impl<'a> Truth<'a> {
    fn of(scenario: &'a Scenario) -> Self {
        let mut end = 0;
        let next = |group: &Exception| {
            end += group.count;
            end
        };
        Self {
            scenario,
            bar: Bar::of(scenario),
            ends: scenario.environments.iter().map(next).collect(),
            latency: LogNormal::new(LATENCY_SIGMA),
        }
    }

    /// When shares may change, since the start of the run.
    fn moments(&self) -> Vec<Micros> {
        let scenario = self.scenario;
        let dependency = scenario.dependency.iter().map(|entry| entry.at_s);
        let groups = scenario.environments.iter();
        let groups = groups.flat_map(|group| group.from_s.into_iter().chain(group.until_s));
        let sizes = scenario.fleet.changes.iter().map(|change| change.at_s);
        let all = dependency.chain(groups).chain(sizes);
        let all = all.chain(scenario.calm_from_s);
        all.map(micros_of_s).collect()
    }

    fn health(&self, moment: Micros) -> &'a Dependency {
        let entries = self.scenario.dependency.iter().rev();
        let mut past = entries.skip_while(|entry| micros_of_s(entry.at_s) > moment);
        past.next().unwrap_or(&self.scenario.dependency[0])
    }

    /// For how long a call is under way before it shows that it is bad.
    fn shows_after(&self, moment: Micros) -> Micros {
        let health = self.health(moment);
        let longest = micros_of_ms(self.scenario.slow_from_ms());
        if self.bar.zone(health.failure_rate) == Zone::Bad {
            micros_of_ms(health.latency_ms).min(longest)
        } else {
            longest
        }
    }

    /// The shares of all groups.
    fn shares(&self, moment: Micros) -> Vec<f64> {
        let health = self.health(moment);
        let groups = self.scenario.environments.iter();
        let rate = |group: &Exception| {
            if self.differs(group, moment) {
                group.failure_rate
            } else {
                0.0
            }
        };
        let own = groups.map(|group| self.share(health, rate(group)));
        own.chain([self.share(health, 0.0)]).collect()
    }

    fn differs(&self, group: &Exception, moment: Micros) -> bool {
        let has_come = |at_s: f64| micros_of_s(at_s) <= moment;
        let is_over = group.until_s.is_some_and(has_come);
        group.from_s.is_none_or(has_come)
            && !is_over
            && !self.scenario.calm_from_s.is_some_and(has_come)
    }

    /// The share of calls that fail, are slow, or both.
    fn share(&self, health: &Dependency, own_rate: f64) -> f64 {
        let median = micros_of_ms(health.latency_ms);
        let bound = micros_of_ms(self.scenario.slow_from_ms());
        let slow = self.latency.share_from(median, bound);
        1.0 - (1.0 - slow) * (1.0 - health.failure_rate.max(own_rate))
    }

    /// The share of the fleet: each group's by its part of the traffic.
    fn weighted(&self, shares: &[f64], moment: Micros) -> f64 {
        let fleet = &self.scenario.fleet;
        let past = fleet.changes.iter().rev();
        let mut past = past.skip_while(|change| micros_of_s(change.at_s) > moment);
        let size = past
            .next()
            .map_or(fleet.environments, |change| change.environments);
        let factors = self.scenario.environments.iter().map(|group| {
            if self.differs(group, moment) {
                group.traffic
            } else {
                1.0
            }
        });
        let ends = self.ends.iter().copied().chain([size]);
        let (mut bad, mut all, mut begin) = (0.0, 0.0, 0);
        for ((end, factor), share) in ends.zip(factors.chain([1.0])).zip(shares) {
            let end = end.min(size);
            let traffic = f64::from(end - begin) * factor;
            bad += traffic * share;
            all += traffic;
            begin = end;
        }
        bad / all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SECOND;

    fn oracle(rest: &str) -> Oracle {
        let text = format!(
            "name = \"a\"\nduration_s = 100\n[fleet]\nenvironments = 9\ncalls_per_second = 9\n{rest}"
        );
        Oracle::of(&Scenario::read(&text).unwrap())
    }

    fn shares(oracle: &Oracle) -> Vec<(Micros, f64)> {
        let spans = oracle.spans().iter();
        let rounded = |share: f64| (share * 1e3).round() / 1e3;
        spans
            .map(|span| (span.time.start / SECOND, rounded(span.share)))
            .collect()
    }

    #[test]
    fn calls_that_fail_or_are_slow_are_bad_once() {
        let oracle = oracle(
            "[[dependency]]\nat_s = 0\nfailure_rate = 0.1\n\
             [[dependency]]\nat_s = 20\nfailure_rate = 0.4\nlatency_ms = 1000\n\
             [[dependency]]\nat_s = 30\nfailure_rate = 0.0\nlatency_ms = 60000\n",
        );
        assert_eq!(shares(&oracle), [(0, 0.1), (20, 0.7), (30, 1.0)]);
        assert_eq!(
            oracle
                .spans()
                .iter()
                .map(|span| span.zone)
                .collect::<Vec<_>>(),
            [Zone::Well, Zone::Bad, Zone::Bad]
        );
    }

    #[test]
    fn a_call_is_slow_from_the_policys_bound_on_though_its_caller_waits_longer() {
        let oracle = oracle(
            "timeout_ms = 30000\n[[dependency]]\nat_s = 0\nlatency_ms = 3000\n\
             [policy]\nslow_call_after_ms = 3000\n",
        );
        assert_eq!(shares(&oracle), [(0, 0.5)]);
    }

    #[test]
    fn environments_that_differ_count_by_their_part_and_for_their_time() {
        let oracle = oracle(
            "[[dependency]]\nat_s = 0\nfailure_rate = 0.1\n\
             [[environment]]\ncount = 3\nfailure_rate = 1.0\nfrom_s = 60\nuntil_s = 80\n",
        );
        assert_eq!(shares(&oracle), [(0, 0.1), (60, 0.4), (80, 0.1)]);
        let of = |environment| oracle.share_of(environment, 70 * SECOND);
        assert!((of(2) - 1.0).abs() < ROUNDING && (of(3) - 0.1).abs() < ROUNDING);
    }

    #[test]
    fn the_share_at_a_limit_belongs_to_the_side_that_the_policy_promises() {
        let bar = Bar {
            low: 0.5 - 0.1,
            high: 0.5 + 0.1,
        };
        let zones = [0.4, 0.402, 0.598, 0.6].map(|share| bar.zone(share));
        assert_eq!(zones, [Zone::Well, Zone::Between, Zone::Between, Zone::Bad]);
    }
}
