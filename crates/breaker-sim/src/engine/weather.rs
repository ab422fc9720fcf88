//! What the scenario makes the dependency and the traffic do, by time.

use std::time::Duration;

use breaker_core::Outcome;
use fastrand::Rng;

use crate::{
    process::Instruction,
    random::{LogNormal, Stream, gap, stream},
    scenario::Scenario,
    units::{Micros, micros_of_ms, micros_of_s},
};

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
    /// How many calls of the first environments fail at least.
    exceptions: Vec<f64>,
    /// From then on none is an exception.
    calm_from: Micros,
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
        let exceptions = scenario.environments.iter();
        let exceptions = exceptions
            .flat_map(|group| std::iter::repeat_n(group.failure_rate, group.count as usize));
        Self {
            changes,
            now: first,
            latency: LogNormal::new(0.3),
            latencies: stream(seed, Stream::Latency),
            outcomes: stream(seed, Stream::Outcome),
            exceptions: exceptions.collect(),
            calm_from,
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

    /// Whether a call of an environment succeeds.
    pub(super) fn succeeds(&mut self, environment: u32, now: Micros) -> bool {
        let own = self.exceptions.get(environment as usize);
        let own = own.filter(|_| now < self.calm_from);
        let rate = own.map_or(self.now.failure_rate, |own| own.max(self.now.failure_rate));
        self.outcomes.f64() >= rate
    }
}

/// What an operator orders, by time.
#[derive(Debug)]
pub(super) struct Orders(
    /// What is to come, latest first.
    Vec<(Micros, Instruction)>,
);

impl Orders {
    pub(super) fn of(scenario: &Scenario, warm_up: Micros) -> Self {
        let orders = scenario.orders.iter().rev();
        let orders = orders.map(|order| {
            let instruction = Instruction {
                mode: order.mode,
                lasts: Duration::from_secs_f64(order.for_s),
            };
            (warm_up + micros_of_s(order.at_s), instruction)
        });
        Self(orders.collect())
    }

    pub(super) fn next_at(&self) -> Option<Micros> {
        self.0.last().map(|(at, _)| *at)
    }

    pub(super) fn take(&mut self) -> Option<Instruction> {
        self.0.pop().map(|(_, order)| order)
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
            .map(|entry| (warm_up + micros_of_s(entry.at_s), usual * entry.factor))
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
