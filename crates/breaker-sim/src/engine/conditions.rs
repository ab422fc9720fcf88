//! What the scenario makes the dependency and the traffic do, by time.

use std::{ops::Range, time::Duration};

use breaker_core::Outcome;
use fastrand::Rng;

use crate::{
    process::Instruction,
    random::{LogNormal, Stream, gap, stream},
    scenario::{Exception, Scenario},
    units::{Micros, micros_of_ms, micros_of_s, moment},
};

/// The standard deviation of the logarithm of the dependency's latency.
pub(crate) const LATENCY_SIGMA: f64 = 0.3;

/// The dependency at a moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Health {
    failure_rate: f64,
    latency: Micros,
    retry_after: Option<Duration>,
    pub(super) is_bad: bool,
}

/// The dependency over time.
#[derive(Debug)]
pub(super) struct Dependency {
    /// What is to come, latest first.
    changes: Vec<(Micros, Health)>,
    now: Health,
    latency: LogNormal,
    latencies: Rng,
    outcomes: Rng,
    /// Groups of the first environments, in order.
    exceptions: Vec<Group>,
}

/// Environments that differ for a time.
#[derive(Debug)]
struct Group {
    /// The number of the first environment after them.
    end: u32,
    /// When they differ.
    time: Range<Micros>,
    /// How many of their calls fail, at least.
    failure_rate: f64,
    /// How many times the calls of others each gets.
    traffic: f64,
}

impl Dependency {
    pub(super) fn of(scenario: &Scenario, warm_up: Micros, seed: u64) -> Self {
        let calm_from = scenario.calm_from();
        let mut changes: Vec<(Micros, Health)> = scenario
            .dependency
            .iter()
            .map(|entry| {
                let health = Health {
                    failure_rate: entry.failure_rate,
                    latency: micros_of_ms(entry.latency_ms),
                    retry_after: entry.retry_after_s.map(Duration::from_secs_f64),
                    is_bad: scenario.is_bad(entry),
                };
                (warm_up + micros_of_s(entry.at_s), health)
            })
            .collect();
        let first = changes[0].1;
        changes.reverse();
        let mut end = 0;
        let group = |group: &Exception| {
            end += group.count;
            let from = group.from_s.map_or(0, |from_s| moment(warm_up, from_s));
            let until = group.until_s.map(|until_s| moment(warm_up, until_s));
            Group {
                end,
                time: from..until.unwrap_or(Micros::MAX).min(calm_from),
                failure_rate: group.failure_rate,
                traffic: group.traffic,
            }
        };
        Self {
            changes,
            now: first,
            latency: LogNormal::new(LATENCY_SIGMA),
            latencies: stream(seed, Stream::Latency),
            outcomes: stream(seed, Stream::Outcome),
            exceptions: scenario.environments.iter().map(group).collect(),
        }
    }

    /// When the dependency changes next.
    pub(super) fn next_change(&self) -> Option<Micros> {
        self.changes.last().map(|(at, _)| *at)
    }

    pub(super) fn change(&mut self) -> Option<(Micros, Health)> {
        let (at, health) = self.changes.pop()?;
        self.now = health;
        Some((at, health))
    }

    /// How long a call takes that nobody ends.
    pub(super) fn latency(&mut self) -> Micros {
        self.latency.draw(&mut self.latencies, self.now.latency)
    }

    /// How a call fails.
    pub(super) fn failure(&self) -> Outcome {
        self.now
            .retry_after
            .map_or(Outcome::Failure, Outcome::RetryAfter)
    }

    fn group_of(&self, environment: u32, now: Micros) -> Option<&Group> {
        let own = self.exceptions.iter().find(|group| environment < group.end);
        own.filter(|group| group.time.contains(&now))
    }

    /// How many times the usual calls an environment gets.
    pub(super) fn traffic_of(&self, environment: u32, now: Micros) -> f64 {
        self.group_of(environment, now)
            .map_or(1.0, |group| group.traffic)
    }

    /// How many times the usual calls any environment gets at most; none, if
    /// all get the same.
    pub(super) fn most_traffic(&self) -> Option<f64> {
        let factors = self.exceptions.iter().map(|group| group.traffic);
        let differs = factors
            .clone()
            .any(|factor| (factor - 1.0).abs() > f64::EPSILON);
        differs.then(|| factors.fold(1.0, f64::max))
    }

    /// Whether a call of an environment succeeds.
    pub(super) fn succeeds(&mut self, environment: u32, now: Micros) -> bool {
        let own = self.group_of(environment, now);
        let rate = own.map_or(self.now.failure_rate, |own| {
            own.failure_rate.max(self.now.failure_rate)
        });
        self.outcomes.f64() >= rate
    }
}

/// What is to be done to a run, by time.
#[derive(Debug)]
pub(super) struct Timeline<T>(
    /// What is to come, latest first.
    Vec<(Micros, T)>,
);

impl<T> Timeline<T> {
    /// What is to be done when; of two things at the same time the earlier one
    /// comes first.
    pub(super) fn of(things: impl IntoIterator<Item = (Micros, T)>) -> Self {
        let mut things: Vec<(Micros, T)> = things.into_iter().collect();
        things.sort_by_key(|(at, _)| *at);
        things.reverse();
        Self(things)
    }

    pub(super) fn next_at(&self) -> Option<Micros> {
        self.0.last().map(|(at, _)| *at)
    }

    pub(super) fn take(&mut self) -> Option<T> {
        self.0.pop().map(|(_, thing)| thing)
    }
}

impl Timeline<Instruction> {
    pub(super) fn of_overrides(scenario: &Scenario, warm_up: Micros) -> Self {
        Self::of(scenario.overrides.iter().map(|placed| {
            let instruction = Instruction {
                mode: placed.mode,
                lasts: Duration::from_secs_f64(placed.for_s),
            };
            (warm_up + micros_of_s(placed.at_s), instruction)
        }))
    }
}

/// When calls arrive: a Poisson process whose rate changes at times.
#[derive(Debug)]
pub(super) struct Arrivals {
    /// What is to come, latest first.
    changes: Vec<(Micros, f64)>,
    per_second: f64,
    last: Micros,
    rng: Rng,
}

impl Arrivals {
    pub(super) fn of(scenario: &Scenario, warm_up: Micros, seed: u64) -> Self {
        let usual = scenario.fleet.calls_per_second;
        let mut changes: Vec<(Micros, f64)> = scenario
            .traffic
            .iter()
            .map(|entry| (moment(warm_up, entry.at_s), usual * entry.factor))
            .collect();
        changes.reverse();
        Self {
            changes,
            per_second: usual,
            last: 0,
            rng: stream(seed, Stream::Traffic),
        }
    }

    /// When the next call arrives; never, if no more come.
    pub(super) fn next(&mut self) -> Micros {
        loop {
            let next = if self.per_second > 0.0 {
                self.last
                    .saturating_add(gap(&mut self.rng, self.per_second))
            } else {
                Micros::MAX
            };
            match self.changes.last() {
                // A Poisson process has no memory: it begins anew.
                Some(&(at, per_second)) if at <= next => {
                    self.last = at;
                    self.per_second = per_second;
                    self.changes.pop();
                }
                Some(_) | None => {
                    self.last = next;
                    return next;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SECOND;

    #[test]
    fn traffic_follows_its_factors() {
        let mut scenario = Scenario::quiet();
        scenario.fleet.calls_per_second = 100.0;
        scenario.traffic = [(10.0, 0.0), (20.0, 10.0)]
            .map(|(at_s, factor)| crate::scenario::Traffic { at_s, factor })
            .into();
        let mut arrivals = Arrivals::of(&scenario, 0, 1);
        let times = std::iter::from_fn(|| Some(arrivals.next()));
        let times: Vec<Micros> = times.take_while(|at| *at < 30 * SECOND).collect();
        let within = |from: Micros, until: Micros| {
            let range = from * SECOND..until * SECOND;
            times.iter().filter(|at| range.contains(*at)).count()
        };
        assert!((900..1_100).contains(&within(0, 10)));
        assert_eq!(within(10, 20), 0);
        assert!((9_500..10_500).contains(&within(20, 30)));
    }
}
