//! Watches that the circuit opens when it must, and only for a reason.

use std::{collections::BTreeMap, time::Duration};

use breaker_core::protocol::{Phase, Record};

use super::{Bounds, Finding, Invariant, Rule, Scene};
use crate::{
    units::{Micros, micros_of, micros_of_s},
    watch::{CallId, Moment, StepEvent},
};

/// How long traffic is remembered that is no more: the promises of heartbeats.
const PROMISED: Duration = Duration::from_secs(130);

/// Failures in a row count for so long where traffic is thin.
const LONGEST_RUN: Duration = Duration::from_hours(1);

/// Where traffic is surely not too thin for a rate, by heartbeats that are off
/// by half.
const PLENTY_PER_S: f64 = 3.0;

/// And where it surely is.
const THIN_PER_S: f64 = 0.4;

/// With the usual threshold and margin 28 failures in a row are proof; in doubt,
/// where higher rates are told apart, it takes so many.
const PROOF: u32 = 36;

/// An outage must fill three slots, and reports take their time.
const NOTICED_S: f64 = 3.0;

/// Follows the record's phase and the calls that went wrong.
#[derive(Debug)]
pub(super) struct OpeningInvariant {
    /// Outages that are still to come, latest first.
    outages: Vec<Outage>,
    phase: Phase,
    since: Micros,
    /// Calls that went wrong, and that were wrong to begin with.
    bad: Vec<Micros>,
    /// Calls under way: where, and since when.
    running: BTreeMap<CallId, (u32, Micros)>,
}

/// A time in which every call fails.
#[derive(Debug, Clone, Copy)]
struct Outage {
    from: Micros,
    until: Micros,
    /// When the circuit must have opened.
    bound: Micros,
}

impl OpeningInvariant {
    pub(super) fn new(bounds: &Bounds) -> Self {
        let mut outages = outages(bounds);
        outages.reverse();
        Self {
            outages,
            phase: Record::default().phase,
            since: 0,
            bad: Vec::new(),
            running: BTreeMap::new(),
        }
    }

    fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed { .. })
    }

    fn note_phase(&mut self, at: Micros, record: &Record) {
        self.since = at;
        self.phase = record.phase.clone();
    }

    /// Whether an outage has reached its bound with the circuit closed since
    /// before.
    fn must_be_open(&mut self, bounds: &Bounds, now: Micros) -> Finding {
        let Some(outage) = self.outages.last().copied() else {
            return Ok(());
        };
        if now < outage.bound {
            return Ok(());
        }
        self.outages.pop();
        let since = Bounds::after(self.since, bounds.policy.ramp_for);
        if self.is_closed() && since < outage.from && outage.bound <= outage.until {
            let how = format!(
                "closed since {:.3} s, in an outage since {:.3} s, bound {:.3} s",
                bounds.seconds(self.since),
                bounds.seconds(outage.from),
                bounds.seconds(outage.bound)
            );
            return Err((Rule::Opens, how));
        }
        Ok(())
    }

    fn opens_for_a_reason(&mut self, bounds: &Bounds, now: Micros) -> Finding {
        let policy = &bounds.policy;
        let longest = policy.window.max(LONGEST_RUN) + bounds.skew * 2;
        self.bad
            .retain(|at| now.saturating_sub(*at) <= micros_of(longest));
        let window = micros_of(policy.window + bounds.skew * 2);
        let recent = self.bad.iter().rev();
        let recent = recent.take_while(|at| now.saturating_sub(**at) <= window);
        // Those that hang are counted before they end.
        let hanging = self.running.values();
        let hanging = hanging.filter(|(_, since)| is_overdue(bounds, *since, now));
        let hanging = hanging.count();
        let is_plenty = bounds.calls_per_s(now) >= PLENTY_PER_S
            && !bounds.traffic_is_new(now, PROMISED)
            && bounds.scenario.store.faults.is_empty()
            && bounds.scenario.store.lost_reply_rate == 0.0
            && Bounds::after(0, PROMISED) < now;
        let (found, least) = if is_plenty {
            // So many fill the window, one in each slot.
            (recent.count() + hanging, policy.window_slots)
        } else {
            (self.bad.len() + hanging, policy.consecutive_failures)
        };
        if found < least as usize {
            let how = format!("opens after {found} of {least} calls that went wrong");
            return Err((Rule::NoFalseOpening, how));
        }
        Ok(())
    }
}

impl Invariant for OpeningInvariant {
    fn check(&mut self, scene: &Scene<'_>) -> Finding {
        let now = scene.moment.at;
        self.must_be_open(scene.bounds, now)?;
        match scene.event {
            StepEvent::Ends { call, outcome } => {
                let running = scene.member.running.get(call);
                if running.is_some_and(|run| run.is_bad(*outcome, &scene.bounds.policy, now)) {
                    self.bad.push(now);
                }
                self.running.remove(call);
                Ok(())
            }
            StepEvent::Admitted { call, .. } => {
                let here = (scene.who.environment, now);
                self.running.insert(*call, here);
                Ok(())
            }
            StepEvent::Vanishes => {
                self.running.retain(|_, (environment, since)| {
                    let is_gone = *environment == scene.who.environment;
                    // It may have told of those that hung.
                    if is_gone && is_overdue(scene.bounds, *since, now) {
                        self.bad.push(now);
                    }
                    !is_gone
                });
                Ok(())
            }
            StepEvent::Served { before, after, .. } if before.epoch != after.epoch => {
                let opens = self.is_closed() && matches!(after.phase, Phase::Open { .. });
                self.note_phase(now, after);
                if opens {
                    return self.opens_for_a_reason(scene.bounds, now);
                }
                Ok(())
            }
            StepEvent::Arrives
            | StepEvent::Refused { .. }
            | StepEvent::Asks { .. }
            | StepEvent::Served { .. }
            | StepEvent::Hears { .. } => Ok(()),
        }
    }

    fn check_override(&mut self, moment: Moment, after: &Record) {
        self.note_phase(moment.at, after);
    }
}

/// Whether a call has been under way for so long that it is slow; clocks count
/// whole milliseconds.
fn is_overdue(bounds: &Bounds, since: Micros, now: Micros) -> bool {
    Bounds::after(since, bounds.policy.slow_call_after) <= now + 1_000
}

/// The outages of a scenario that nothing else disturbs.
fn outages(bounds: &Bounds) -> Vec<Outage> {
    let timeline = &bounds.scenario.dependency;
    let mut outages = Vec::new();
    for (index, entry) in timeline.iter().enumerate() {
        let goes_on = index > 0 && bounds.is_total(&timeline[index - 1]);
        if !bounds.is_total(entry) || goes_on {
            continue;
        }
        let rest = &timeline[index + 1..];
        let over = rest.iter().find(|later| !bounds.is_total(later));
        let from = bounds.start + micros_of_s(entry.at_s);
        let until = over.map_or(bounds.end, |over| bounds.start + micros_of_s(over.at_s));
        let bound = from + bound(bounds, entry, from);
        let before = from.saturating_sub(micros_of(Duration::from_secs(15)));
        let disturbed = bounds.has_fault_within(before, bound)
            || bounds.scenario.store.lost_reply_rate > 0.05
            || !bounds.scenario.overrides.is_empty()
            || bounds.traffic_is_new(bound, Duration::from_micros(bound - from))
            || bounds.vanishes_with_calls(entry);
        if !disturbed && bounds.calls_per_s(from) > 0.0 {
            outages.push(Outage { from, until, bound });
        }
    }
    outages
}

/// How long an outage may last before the circuit opens.
fn bound(bounds: &Bounds, outage: &crate::scenario::Dependency, from: Micros) -> Micros {
    let tried_per_s = bounds.calls_per_s(from) * bounds.healthy_share();
    let policy = &bounds.policy;
    let environments = bounds.scenario.fleet.environments;
    // The first failure of each environment may be an alarm; chance spreads calls.
    let calls = if tried_per_s < THIN_PER_S {
        // In doubt it takes a run three times as long.
        3 * policy.consecutive_failures + 12
    } else {
        PROOF + environments.min(PROOF) + 12
    };
    // One that fails by itself and stops is free while others wait for a
    // dependency that hangs, so more than its share of the calls comes to it.
    let calls = if bounds.scenario.environments.is_empty() {
        calls
    } else {
        2 * calls
    };
    // Promises of more calls than there are count until everybody has heard.
    let promised = if bounds.traffic_is_new(from, PROMISED) {
        policy.refresh_after.mul_f64(1.2) + policy.store_timeout
    } else {
        Duration::ZERO
    };
    let seconds = NOTICED_S + f64::from(calls) / tried_per_s.max(0.001);
    bounds.call_takes(outage) + micros_of_s(seconds) + micros_of(promised)
}
