//! What the invariants know beforehand.

use std::time::Duration;

use breaker_core::{Policy, Record, Timestamp, protocol::THIN_CALLS_PER_S};

use crate::{
    scenario::{Dependency, FaultKind, Scenario},
    units::{Micros, micros_of, micros_of_ms, micros_of_s, seconds_of},
};

/// How long an environment stops itself the first time, and at most; each stop is
/// up to a fifth shorter, and each failed trial doubles it.
pub(super) const FIRST_STOP: Duration = Duration::from_secs(5);
pub(super) const LONGEST_STOP: Duration = Duration::from_mins(1);

/// How long an environment stops itself at most after so many failed trials.
pub(super) fn stops_for(failed_trials: u32) -> Duration {
    let doubled = FIRST_STOP.saturating_mul(1 << failed_trials.min(10));
    doubled.min(LONGEST_STOP)
}

/// How far successes must outweigh failures to close a circuit in such doubt:
/// where traffic is thin, doubt changes nothing.
pub(super) fn successes_needed(policy: &Policy, doubt: u32, is_thin: bool) -> u32 {
    let times = if doubt == 0 || is_thin { 1 } else { 4 };
    times * policy.successes_to_close
}

/// Whether a record tells of little traffic, by its heartbeats, or else because
/// no slot holds more than five calls.
pub(super) fn is_thin(record: &Record, now: Timestamp) -> bool {
    if let Some(size) = record.traffic.fleet_size(now) {
        return size.calls_per_s.max(size.recent_calls_per_s) < THIN_CALLS_PER_S;
    }
    let mut slots = record.evidence.0.values();
    slots.all(|counts| counts.calls + counts.alarms <= 5)
}

/// The scenario as invariants look at it: with bounds, and by the engine's time.
#[derive(Debug, Clone)]
pub struct Bounds {
    pub(super) scenario: Scenario,
    pub(super) policy: Policy,
    /// How far a clock is off at most, with rounding.
    pub(super) skew: Duration,
    /// When the run begins; before is the warm-up.
    pub(super) start: Micros,
    /// From when on all is well, but for the clocks.
    pub(super) calm: Micros,
    /// When the run ends.
    pub(super) end: Micros,
}

impl Bounds {
    /// What is to hold for a scenario.
    pub fn of(scenario: &Scenario) -> Self {
        let start = micros_of_s(scenario.fleet.warm_up_s);
        let end = start + micros_of_s(scenario.duration_s);
        Self {
            policy: scenario.policy.clone(),
            skew: Duration::from_secs_f64(scenario.fleet.clock_skew_ms / 1e3)
                + Duration::from_millis(2),
            start,
            calm: scenario.calm_from().min(end),
            end,
            scenario: scenario.clone(),
        }
    }

    /// The time that people count: from the start of the run.
    pub(super) fn seconds(&self, at: Micros) -> f64 {
        seconds_of(at) - seconds_of(self.start)
    }

    /// The end of this length of time after a moment.
    pub(super) fn after(at: Micros, by: Duration) -> Micros {
        at.saturating_add(micros_of(by))
    }

    /// The longest open time, spread and all.
    pub(super) fn longest_open(&self) -> Duration {
        self.policy
            .open_for_max
            .mul_f64(1.0 + self.policy.open_jitter)
            + Duration::from_millis(1)
    }

    /// How long a call may be under way.
    pub(super) fn longest_call(&self) -> Duration {
        Duration::from_secs_f64(self.scenario.fleet.timeout_ms / 1e3)
    }

    /// Whether every call fails in this state of the dependency.
    pub(super) fn is_total(&self, health: &Dependency) -> bool {
        health.failure_rate >= 1.0 || health.latency_ms >= self.hanging_ms()
    }

    /// No call in 10,000 is that much faster than the median.
    fn hanging_ms(&self) -> f64 {
        4.0 * self.scenario.fleet.timeout_ms
    }

    fn entry_at(&self, at: Micros) -> &Dependency {
        let seconds = self.seconds(at);
        let entries = &self.scenario.dependency;
        let mut newest_first = entries.iter().rev();
        newest_first
            .find(|entry| entry.at_s <= seconds)
            .unwrap_or(&entries[0])
    }

    /// Whether every call that is made now fails.
    pub(super) fn is_total_at(&self, at: Micros) -> bool {
        self.is_total(self.entry_at(at))
    }

    /// Whether a store that is asked now answers nobody.
    pub(super) fn store_is_dead(&self, at: Micros) -> bool {
        let seconds = self.seconds(at);
        let faults = &self.scenario.store.faults;
        // The first one decides, as it does in the store.
        let fault = faults
            .iter()
            .find(|fault| (fault.at_s..fault.at_s + fault.for_s).contains(&seconds));
        fault.is_some_and(|fault| fault.kind != FaultKind::Slow)
    }

    /// Whether the store has a fault within a time.
    pub(super) fn has_fault_within(&self, from: Micros, until: Micros) -> bool {
        let (from, until) = (self.seconds(from), self.seconds(until));
        let mut faults = self.scenario.store.faults.iter();
        faults.any(|fault| fault.at_s < until && from < fault.at_s + fault.for_s)
    }

    /// Whether `moment` surely lies after `other`, by whichever clock each was
    /// told.
    pub(super) fn surely_after(&self, moment: Timestamp, other: Timestamp) -> bool {
        moment > other + self.skew
    }

    /// Calls a second of the whole fleet.
    pub(super) fn calls_per_s(&self, at: Micros) -> f64 {
        let seconds = self.seconds(at);
        let mut newest_first = self.scenario.traffic.iter().rev();
        let factor = newest_first
            .find(|entry| entry.at_s <= seconds)
            .map_or(1.0, |entry| entry.factor);
        self.scenario.fleet.calls_per_second * factor
    }

    /// Whether traffic has changed within a time before a moment.
    pub(super) fn traffic_is_new(&self, at: Micros, within: Duration) -> bool {
        let seconds = self.seconds(at);
        let since = seconds - within.as_secs_f64();
        let mut entries = self.scenario.traffic.iter();
        entries.any(|entry| since < entry.at_s && entry.at_s <= seconds)
    }

    /// Which share of the fleet does not fail by itself. The others stop
    /// themselves, and what they turn away tells nobody anything.
    pub(super) fn healthy_share(&self) -> f64 {
        let exceptions = self.scenario.environments.iter();
        let broken: u32 = exceptions.map(|exception| exception.count).sum();
        let all = self.scenario.fleet.environments;
        f64::from(all.saturating_sub(broken).max(1)) / f64::from(all)
    }

    /// Whether environments vanish with calls that hang, which then tell
    /// nobody that they failed.
    pub(super) fn vanishes_with_calls(&self, health: &Dependency) -> bool {
        self.scenario.fleet.crash_rate > 0.0 && health.latency_ms >= self.hanging_ms()
    }

    /// How long a call takes in this state of the dependency, about.
    pub(super) fn call_takes(&self, health: &Dependency) -> Micros {
        let ms = 2.0 * health.latency_ms;
        micros_of_ms(ms.min(self.scenario.fleet.timeout_ms))
    }
}
