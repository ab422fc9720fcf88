//! Watches that the circuit opens when it must, and only for a reason.

use std::time::Duration;

use breaker_core::protocol::{Phase, Record};

use super::{Finding, Judge, Law, Rule, Scene};
use crate::{
    units::{Micros, micros_of, micros_of_s},
    watch::{Moment, Sight},
};

/// How long traffic is remembered that is no more: the promises of heartbeats.
const PROMISED: Duration = Duration::from_secs(130);

/// Follows the record's phase and the calls that went wrong.
#[derive(Debug)]
pub(super) struct OpeningJudge {
    /// Outages that are still to come, latest first.
    outages: Vec<Outage>,
    phase: Phase,
    since: Micros,
    /// Calls that went wrong, and that were wrong to begin with.
    bad: Vec<Micros>,
}

/// A time in which every call fails.
#[derive(Debug, Clone, Copy)]
struct Outage {
    from: Micros,
    until: Micros,
    /// When the circuit must have opened.
    bound: Micros,
}

impl OpeningJudge {
    pub(super) fn new(law: &Law) -> Self {
        let mut outages = outages(law);
        outages.reverse();
        Self {
            outages,
            phase: Record::default().phase,
            since: 0,
            bad: Vec::new(),
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
    fn must_be_open(&mut self, law: &Law, now: Micros) -> Finding {
        let Some(outage) = self.outages.last().copied() else {
            return Ok(());
        };
        if now < outage.bound {
            return Ok(());
        }
        self.outages.pop();
        let since = Law::after(self.since, law.policy.ramp_for);
        if self.is_closed() && since < outage.from && outage.bound <= outage.until {
            let how = format!(
                "closed since {:.3} s, in an outage since {:.3} s, bound {:.3} s",
                law.seconds(self.since),
                law.seconds(outage.from),
                law.seconds(outage.bound)
            );
            return Err((Rule::Opens, how));
        }
        Ok(())
    }

    fn opens_for_a_reason(&mut self, law: &Law, now: Micros) -> Finding {
        let window = micros_of(law.policy.window + law.skew * 2);
        self.bad.retain(|at| now.saturating_sub(*at) <= window);
        let least = law.policy.consecutive_failures.min(10) as usize;
        if self.bad.len() < least {
            let how = format!("opens after {} calls that went wrong", self.bad.len());
            return Err((Rule::NoFalseOpening, how));
        }
        Ok(())
    }
}

impl Judge for OpeningJudge {
    fn judge(&mut self, scene: &Scene<'_>) -> Finding {
        let now = scene.moment.at;
        self.must_be_open(scene.law, now)?;
        match scene.sight {
            Sight::Ends { call, outcome } => {
                let running = scene.member.running.get(call);
                if running.is_some_and(|run| run.is_bad(*outcome, &scene.law.policy, now)) {
                    self.bad.push(now);
                }
                Ok(())
            }
            Sight::Served { before, after, .. } if before.epoch != after.epoch => {
                let opens = self.is_closed() && matches!(after.phase, Phase::Open { .. });
                self.note_phase(now, after);
                if opens {
                    return self.opens_for_a_reason(scene.law, now);
                }
                Ok(())
            }
            Sight::Arrives
            | Sight::Admitted { .. }
            | Sight::Refused { .. }
            | Sight::Vanishes
            | Sight::Asks { .. }
            | Sight::Served { .. }
            | Sight::Hears { .. } => Ok(()),
        }
    }

    fn judge_order(&mut self, moment: Moment, after: &Record) {
        self.note_phase(moment.at, after);
    }
}

/// The outages of a scenario that nothing else disturbs.
fn outages(law: &Law) -> Vec<Outage> {
    let timeline = &law.scenario.dependency;
    let mut outages = Vec::new();
    for (index, entry) in timeline.iter().enumerate() {
        let goes_on = index > 0 && law.is_total(&timeline[index - 1]);
        if !law.is_total(entry) || goes_on {
            continue;
        }
        let rest = &timeline[index + 1..];
        let over = rest.iter().find(|later| !law.is_total(later));
        let from = law.start + micros_of_s(entry.at_s);
        let until = over.map_or(law.end, |over| law.start + micros_of_s(over.at_s));
        let bound = from + bound(law, entry, from);
        let before = from.saturating_sub(micros_of(Duration::from_secs(15)));
        let disturbed = law.has_fault_within(before, bound)
            || law.scenario.store.lost_reply_rate > 0.05
            || !law.scenario.orders.is_empty()
            || law.traffic_is_new(bound, Duration::from_micros(bound - from))
            || law.vanishes_with_calls(entry);
        if !disturbed && law.calls_per_s(from) > 0.0 {
            outages.push(Outage { from, until, bound });
        }
    }
    outages
}

/// How long an outage may last before the circuit opens.
fn bound(law: &Law, outage: &crate::scenario::Dependency, from: Micros) -> Micros {
    let tried_per_s = law.calls_per_s(from) * law.healthy_share();
    let calls = 60.0 / tried_per_s.max(0.001);
    let promised = if law.traffic_is_new(from, PROMISED) {
        45.0
    } else {
        0.0
    };
    law.call_takes(outage) + micros_of_s(8.0 + calls + promised)
}
