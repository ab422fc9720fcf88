//! Watches that everything is as it was once all is well.

use std::time::Duration;

use breaker_core::{
    Outcome,
    protocol::{Phase, Record},
};

use super::{
    super::bounds::{LONGEST_STOP, successes_needed},
    Bounds, Finding, Invariant, Rule, Scene,
};
use crate::{
    units::{Micros, number, seconds_of},
    watch::{Moment, StepEvent},
};

/// So many calls more than the successes that are needed may pass until the
/// circuit closes: those that find a probe under way or lose a race.
const SPARE_CALLS: u32 = 12;

/// And so long until somebody carries the last transition out.
const SPARE: Duration = Duration::from_secs(5);

/// How long what happened in a run may still open the circuit: an
/// environment that slept tells of it late.
const LATE_NEWS: Duration = Duration::from_secs(30);

/// What part of calls must succeed.
const GOODPUT: f64 = 0.99;

/// Follows the way back.
#[derive(Debug)]
pub(super) struct LivenessInvariant {
    phase: Phase,
    /// From when on the circuit must find its way back.
    due: Micros,
    /// Calls since then.
    calls: u32,
    /// How many probes must have succeeded by what the record shows.
    needed: u32,
    /// When it closed, after the run or before.
    closed: Option<Micros>,
    /// Calls from the time at which all must pass, and those that succeeded.
    late: u64,
    good: u64,
}

impl LivenessInvariant {
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self {
            phase: Record::default().phase,
            due: bounds.calm,
            calls: 0,
            needed: bounds.policy.successes_to_close,
            closed: Some(0),
            late: 0,
            good: 0,
        }
    }

    fn note(&mut self, bounds: &Bounds, moment: Moment, record: &Record) {
        self.phase = record.phase.clone();
        self.closed = match self.phase {
            Phase::Closed { .. } => Some(moment.at),
            Phase::Open { .. } | Phase::HalfOpen { .. } => None,
        };
        let from = moment.at.max(bounds.calm);
        if let Phase::Open { until, .. } = &self.phase {
            self.due = Bounds::after(from, until.since(moment.right) + bounds.skew);
            self.calls = 0;
        }
    }

    /// What was found on the way back so far.
    fn note_probes(&mut self, bounds: &Bounds, record: &Record) {
        let (doubt, failures) = match record.phase {
            Phase::Closed { .. } => return,
            Phase::Open { doubt, .. } => (doubt, 0),
            Phase::HalfOpen {
                doubt, failures, ..
            } => (doubt, failures),
        };
        self.needed = successes_needed(&bounds.policy, doubt, false) + failures;
    }

    /// From when on all calls must pass and succeed.
    fn is_over(&self, bounds: &Bounds) -> Option<Micros> {
        let closed = self.closed?.max(bounds.calm);
        // An environment that had stopped itself stays so for a while.
        let stopped = bounds.longest_open().max(LONGEST_STOP)
            + bounds.longest_call()
            + bounds.policy.probe_timeout;
        let ramped = Bounds::after(closed, bounds.policy.ramp_for + bounds.skew * 2 + SPARE);
        Some(ramped.max(Bounds::after(bounds.calm, stopped)))
    }

    fn must_be_closed(&self, bounds: &Bounds, now: Micros) -> Finding {
        let calls = self.needed + SPARE_CALLS;
        let waited = Bounds::after(self.due, bounds.policy.lease_for + SPARE) < now;
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

impl Invariant for LivenessInvariant {
    fn check(&mut self, scene: &Scene<'_>) -> Finding {
        let bounds = scene.bounds;
        let now = scene.moment.at;
        if let StepEvent::Served { after, .. } = scene.event {
            self.note_probes(bounds, after);
        }
        match scene.event {
            StepEvent::Served { before, after, .. } if before.epoch != after.epoch => {
                let opens = matches!(after.phase, Phase::Open { .. });
                let late = Bounds::after(bounds.calm, LATE_NEWS + bounds.longest_call()) < now;
                self.note(bounds, scene.moment, after);
                if opens && late {
                    let how = "opens although all has been well".to_owned();
                    return Err((Rule::NoFalseOpening, how));
                }
            }
            StepEvent::Arrives if self.due < now => {
                self.calls += 1;
                return self.must_be_closed(bounds, now);
            }
            StepEvent::Refused { .. } if self.is_over(bounds).is_some_and(|over| over < now) => {
                self.late += 1;
            }
            StepEvent::Ends { call, outcome } => {
                let over = self.is_over(bounds);
                let running = scene.member.running.get(call);
                if let (Some(over), Some(running)) = (over, running)
                    && over < running.admitted
                {
                    self.late += 1;
                    self.good += u64::from(*outcome == Outcome::Success);
                }
            }
            StepEvent::Arrives
            | StepEvent::Admitted { .. }
            | StepEvent::Refused { .. }
            | StepEvent::Vanishes
            | StepEvent::Asks { .. }
            | StepEvent::Served { .. }
            | StepEvent::Hears { .. } => {}
        }
        Ok(())
    }

    fn check_override(&mut self, moment: Moment, after: &Record) {
        self.phase = after.phase.clone();
        self.closed = match self.phase {
            Phase::Closed { .. } => Some(moment.at),
            Phase::Open { .. } | Phase::HalfOpen { .. } => None,
        };
    }

    fn close(&mut self, _bounds: &Bounds) -> Finding {
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
