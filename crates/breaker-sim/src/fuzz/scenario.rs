//! A scenario from a seed.

use std::time::Duration;

use breaker_core::{OverrideMode, Policy};
use fastrand::Rng;

use super::bounds::LONGEST_STOP;
use crate::{
    random::{Draw, mixed},
    scenario::{Dependency, Exception, Fault, FaultKind, Scenario, ScheduledOverride, Traffic},
};

/// Sets the draws of scenarios apart from those of runs.
const SALT: u64 = 100;

/// The run of a seed.
///
/// A run ends at `calm_from_s`: from then on the dependency and the store
/// are well, traffic is as usual, and nothing is lost. The calm lasts until
/// open times, leases and probes must be over, and then a little.
pub fn scenario(seed: u64) -> Scenario {
    let mut draw = Draw(Rng::with_seed(mixed(seed, SALT)));
    let mut scenario = Scenario::quiet();
    scenario.name = format!("run {seed}");
    scenario.seed = seed;
    scenario.policy = draw.policy();
    draw.fleet(&mut scenario);
    let calm_s = draw.between(20.0, 120.0);
    scenario.calm_from_s = Some(calm_s);
    draw.store(&mut scenario, calm_s);
    draw.dependency(&mut scenario, calm_s);
    draw.traffic(&mut scenario, calm_s);
    draw.overrides(&mut scenario, calm_s);
    scenario.duration_s = calm_s + calm_takes_s(&scenario);
    scenario
}

/// How long after a run there must be calls, so that everything that has to
/// happen can happen: see the invariants of liveness.
fn calm_takes_s(scenario: &Scenario) -> f64 {
    let policy = &scenario.policy;
    let opens = policy.open_for_max.mul_f64(1.0 + policy.open_jitter);
    let waits = opens.max(LONGEST_STOP) + policy.lease_for + policy.probe_timeout + policy.ramp_for;
    // In doubt four times as many must succeed.
    let calls = 4.0 * f64::from(policy.successes_to_close) + 25.0;
    waits.as_secs_f64() + 40.0 + calls / scenario.fleet.calls_per_second
}

impl Draw {
    /// The default in two of three fuzz.
    fn policy(&mut self) -> Policy {
        let usual = Policy::default();
        if self.chance(2.0 / 3.0) {
            return usual;
        }
        let open_for = self.of_magnitude(1.0, 10.0);
        let consecutive_failures = self.0.u32(3..=8);
        let probe_timeout = milliseconds(self.of_magnitude(1.0, 10.0));
        let hold = probe_timeout + 2 * usual.clock_skew + 2 * usual.store_timeout;
        Policy {
            consecutive_failures,
            local_failures: consecutive_failures + self.0.u32(..10),
            open_for: milliseconds(open_for),
            open_for_max: milliseconds(open_for * self.of_magnitude(1.0, 10.0)),
            open_growth: self.between(1.0, 3.0),
            max_probes: self.0.u32(1..=4),
            successes_to_close: self.0.u32(1..=6),
            probe_timeout,
            lease_for: hold + Duration::from_millis(self.0.u64(1..3_000)),
            ramp_for: milliseconds(self.one_of(&[0.0, 1.0, 20.0])),
            refresh_after: milliseconds(self.of_magnitude(1.0, 10.0)),
            ..usual
        }
    }

    fn fleet(&mut self, scenario: &mut Scenario) {
        let fleet = &mut scenario.fleet;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 1 to 60"
        )]
        let environments = self.of_magnitude(1.0, 61.0) as u32;
        fleet.environments = environments;
        fleet.calls_per_second = self.of_magnitude(0.2, 40.0);
        fleet.freeze = self.chance(0.5);
        fleet.timeout_ms = self.one_of(&[500.0, 1_000.0, 1_000.0, 4_000.0, 15_000.0]);
        fleet.clock_skew_ms = self.one_of(&[0.0, 50.0, 500.0]);
        fleet.crash_rate = self.one_of(&[0.0, 0.0, 0.002, 0.05]);
        fleet.warm_up_s = if self.chance(0.25) {
            0.0
        } else {
            self.of_magnitude(1.0, 200.0)
        };
        if self.chance(0.2) {
            scenario.environments.push(Exception {
                count: 1,
                failure_rate: self.one_of(&[0.5, 1.0]),
                traffic: 1.0,
                from_s: None,
                until_s: None,
            });
        }
    }

    fn store(&mut self, scenario: &mut Scenario, calm_s: f64) {
        let store = &mut scenario.store;
        store.latency_ms = self.of_magnitude(1.0, 20.0);
        store.stale_read_ms = self.one_of(&[0.0, 50.0, 500.0]);
        store.lost_reply_rate = self.one_of(&[0.0, 0.0, 0.02, 0.3]);
        for _ in 0..self.0.u32(..4) {
            let kinds = [
                FaultKind::Unavailable,
                FaultKind::Slow,
                FaultKind::Throttled,
            ];
            let at_s = self.between(-10.0, calm_s);
            let for_s = self.of_magnitude(0.2, 90.0);
            store.faults.push(Fault {
                at_s,
                for_s: for_s.min(calm_s - at_s),
                kind: self.one_of(&kinds),
                latency_ms: None,
            });
        }
    }

    fn dependency(&mut self, scenario: &mut Scenario, calm_s: f64) {
        let usual = Dependency {
            at_s: 0.0,
            failure_rate: self.one_of(&[0.0, 0.01, 0.05]),
            latency_ms: 20.0,
            retry_after_s: self.chance(0.15).then(|| self.of_magnitude(0.5, 120.0)),
        };
        let timeout_ms = scenario.fleet.timeout_ms;
        let mut timeline = vec![usual];
        let mut at_s = self.between(0.1, 30.0);
        while at_s < calm_s {
            let bad = Dependency { at_s, ..usual };
            let (bad, for_s) = match self.0.u32(..6) {
                0 | 1 => (failing(bad, 1.0), self.of_magnitude(2.0, 90.0)),
                2 => {
                    let rate = self.between(0.1, 0.95);
                    (failing(bad, rate), self.of_magnitude(2.0, 90.0))
                }
                3 => (taking(bad, 5.0 * timeout_ms), self.of_magnitude(2.0, 60.0)),
                4 => (failing(bad, 1.0), self.of_magnitude(0.1, 3.0)),
                _ => (taking(bad, 2_500.0), self.of_magnitude(2.0, 60.0)),
            };
            timeline.push(bad);
            let over_s = at_s + for_s;
            // Some go from bad to worse.
            if over_s < calm_s && self.chance(0.8) {
                timeline.push(Dependency {
                    at_s: over_s,
                    ..usual
                });
            }
            at_s = over_s + self.of_magnitude(0.5, 40.0);
        }
        timeline.push(Dependency {
            at_s: calm_s,
            failure_rate: 0.0,
            latency_ms: 20.0,
            retry_after_s: None,
        });
        scenario.dependency = timeline;
    }

    fn traffic(&mut self, scenario: &mut Scenario, calm_s: f64) {
        if !self.chance(0.4) {
            return;
        }
        let mut at_s = self.between(0.0, calm_s);
        while at_s < calm_s {
            let factor = self.one_of(&[0.0, 0.05, 0.3, 3.0, 10.0]);
            scenario.traffic.push(Traffic { at_s, factor });
            at_s += self.of_magnitude(1.0, 60.0);
        }
        scenario.traffic.push(Traffic {
            at_s: calm_s,
            factor: 1.0,
        });
    }

    fn overrides(&mut self, scenario: &mut Scenario, calm_s: f64) {
        if !self.chance(0.15) {
            return;
        }
        let mut at_s = self.between(0.0, calm_s);
        while at_s < calm_s {
            let modes = [
                Some(OverrideMode::ForceOpen),
                Some(OverrideMode::ForceClosed),
                Some(OverrideMode::Shadow),
                None,
            ];
            let for_s = self.of_magnitude(1.0, 60.0);
            scenario.overrides.push(ScheduledOverride {
                at_s,
                for_s: for_s.min(calm_s - at_s),
                mode: self.one_of(&modes),
            });
            at_s += self.of_magnitude(1.0, 60.0);
        }
    }
}

fn failing(health: Dependency, failure_rate: f64) -> Dependency {
    Dependency {
        failure_rate,
        ..health
    }
}

fn taking(health: Dependency, latency_ms: f64) -> Dependency {
    Dependency {
        latency_ms,
        ..health
    }
}

fn milliseconds(seconds: f64) -> Duration {
    let whole = Duration::from_secs_f64(seconds).as_millis();
    Duration::from_millis(u64::try_from(whole).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_that_is_drawn_makes_sense() {
        for seed in 0..1_000 {
            assert_eq!(scenario(seed).policy.check(), Ok(()), "seed {seed}");
        }
    }

    #[test]
    fn a_seed_draws_the_same_run_each_time_and_another_seed_another() {
        assert_eq!(scenario(7), scenario(7));
        assert_ne!(scenario(7).fleet, scenario(8).fleet);
    }
}
