//! Watches that everything is as it was once all is well.

use std::time::Duration;

use breaker_core::{
    Outcome,
    protocol::{Phase, Record},
};

use super::{Finding, Judge, Law, Rule, Scene};
use crate::{
    units::{Micros, number, seconds_of},
    watch::{Moment, Sight},
};

/// So many calls more than the successes that are needed may pass until the
/// circuit closes: those that find a probe under way or lose a race.
const SPARE_CALLS: u32 = 12;

/// And so long until somebody carries the last transition out.
const SPARE: Duration = Duration::from_secs(5);

/// How long what happened in a storm may still open the circuit: an
/// environment that slept tells of it late.
const LATE_NEWS: Duration = Duration::from_secs(30);

/// What part of calls must succeed.
const GOODPUT: f64 = 0.99;

/// Follows the way back.
#[derive(Debug)]
pub(super) struct LivenessJudge {
    phase: Phase,
    /// From when on the circuit must find its way back.
    due: Micros,
    /// Calls since then.
    calls: u32,
    /// When it closed, after the storm or before.
    closed: Option<Micros>,
    /// Calls from the time at which all must pass, and those that succeeded.
    late: u64,
    good: u64,
}

impl LivenessJudge {
    pub(super) fn new(law: &Law) -> Self {
        Self {
            phase: Record::default().phase,
            due: law.calm,
            calls: 0,
            closed: Some(0),
            late: 0,
            good: 0,
        }
    }

    fn note(&mut self, law: &Law, moment: Moment, record: &Record) {
        self.phase = record.phase.clone();
        self.closed = match self.phase {
            Phase::Closed { .. } => Some(moment.at),
            Phase::Open { .. } | Phase::HalfOpen { .. } => None,
        };
        let from = moment.at.max(law.calm);
        if let Phase::Open { until, .. } = &self.phase {
            self.due = Law::after(from, until.since(moment.right) + law.skew);
            self.calls = 0;
        }
    }

    /// From when on all calls must pass and succeed.
    fn is_over(&self, law: &Law) -> Option<Micros> {
        let closed = self.closed?.max(law.calm);
        // An environment that had stopped itself stays so for an open time.
        let stopped = law.longest_open() + law.longest_call() + law.policy.probe_timeout;
        let ramped = Law::after(closed, law.policy.ramp_for + law.skew * 2 + SPARE);
        Some(ramped.max(Law::after(law.calm, stopped)))
    }

    fn must_be_closed(&self, law: &Law, now: Micros) -> Finding {
        let calls = law.policy.successes_to_close + SPARE_CALLS;
        let waited = Law::after(self.due, law.policy.lease_for + SPARE) < now;
        if self.closed.is_none() && waited && self.calls > calls {
            let how = format!(
                "{:?} after {} calls in {:.1} s",
                self.phase,
                self.calls,
                seconds_of(now - self.due)
            );
            return Err((Rule::Closes, how));
        }
        Ok(())
    }
}

impl Judge for LivenessJudge {
    fn judge(&mut self, scene: &Scene<'_>) -> Finding {
        let law = scene.law;
        let now = scene.moment.at;
        match scene.sight {
            Sight::Served { before, after, .. } if before.epoch != after.epoch => {
                let opens = matches!(after.phase, Phase::Open { .. });
                let late = Law::after(law.calm, LATE_NEWS + law.longest_call()) < now;
                self.note(law, scene.moment, after);
                if opens && late {
                    let how = "opens although all has been well".to_owned();
                    return Err((Rule::NoFalseOpening, how));
                }
            }
            Sight::Arrives if self.due < now => {
                self.calls += 1;
                return self.must_be_closed(law, now);
            }
            Sight::Refused { .. } if self.is_over(law).is_some_and(|over| over < now) => {
                self.late += 1;
            }
            Sight::Ends { call, outcome } => {
                let over = self.is_over(law);
                let running = scene.member.running.get(call);
                if let (Some(over), Some(running)) = (over, running)
                    && over < running.admitted
                {
                    self.late += 1;
                    self.good += u64::from(*outcome == Outcome::Success);
                }
            }
            Sight::Arrives
            | Sight::Admitted { .. }
            | Sight::Refused { .. }
            | Sight::Vanishes
            | Sight::Asks { .. }
            | Sight::Served { .. }
            | Sight::Hears { .. } => {}
        }
        Ok(())
    }

    fn judge_order(&mut self, moment: Moment, after: &Record) {
        self.phase = after.phase.clone();
        self.closed = match self.phase {
            Phase::Closed { .. } => Some(moment.at),
            Phase::Open { .. } | Phase::HalfOpen { .. } => None,
        };
    }

    fn close(&mut self, _law: &Law) -> Finding {
        if self.closed.is_none() {
            let how = format!("{:?} at the end", self.phase);
            return Err((Rule::Closes, how));
        }
        let bad = number(self.late - self.good);
        // One call is no share.
        if bad > (number(self.late) * (1.0 - GOODPUT)).max(1.0) {
            let how = format!("{} of {} calls succeed", self.good, self.late);
            return Err((Rule::Goodput, how));
        }
        Ok(())
    }
}
