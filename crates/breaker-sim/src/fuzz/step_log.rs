//! The last steps of a run, in words.

use std::collections::VecDeque;

use breaker_core::{
    member::Operation,
    protocol::{Change, Phase, Record},
};

use super::Bounds;
use crate::{
    breakers::fleet::FleetProcess,
    process::Answer,
    watch::{Moment, StepEvent, Who},
};

/// So many steps tell how something came about.
const STEPS: usize = 60;

/// The last steps; none unless they are wanted.
#[derive(Debug)]
pub(super) struct StepLog(Option<VecDeque<String>>);

impl StepLog {
    pub(super) fn closed() -> Self {
        Self(None)
    }

    pub(super) fn open() -> Self {
        Self(Some(VecDeque::new()))
    }

    pub(super) fn enter(
        &mut self,
        bounds: &Bounds,
        moment: Moment,
        who: Who,
        event: &StepEvent<'_, FleetProcess>,
    ) {
        self.write(|| {
            let seconds = bounds.seconds(moment.at);
            let off =
                who.clock.as_unix_ms().cast_signed() - moment.right.as_unix_ms().cast_signed();
            let told = tell(event);
            format!("{seconds:9.3} #{:<2} ({off:+4} ms) {told}", who.environment)
        });
    }

    pub(super) fn enter_override(&mut self, bounds: &Bounds, moment: Moment, after: &Record) {
        self.write(|| {
            let seconds = bounds.seconds(moment.at);
            let placed = after.standing_override.as_ref().map(|placed| placed.mode);
            format!(
                "{seconds:9.3} operator overrides {placed:?}: {}",
                brief(after)
            )
        });
    }

    fn write(&mut self, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.0 {
            if lines.len() >= STEPS {
                lines.pop_front();
            }
            lines.push_back(line());
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.0.iter().flatten().cloned().collect()
    }
}

fn tell(event: &StepEvent<'_, FleetProcess>) -> String {
    match event {
        StepEvent::Arrives => "a call arrives".to_owned(),
        StepEvent::Admitted {
            call,
            permit,
            asks_beside,
        } => {
            let kind = if permit.is_probe() { "as a probe" } else { "" };
            let asks = if *asks_beside { ", asks beside" } else { "" };
            format!("call {call:x} passes {kind}{asks}")
        }
        StepEvent::Refused { by } => format!("refused by {by:?}"),
        StepEvent::Ends { call, outcome } => format!("call {call:x} ends: {outcome:?}"),
        StepEvent::Vanishes => "vanishes".to_owned(),
        StepEvent::Asks { call, operation } => format!("call {call:x} asks: {}", asked(operation)),
        StepEvent::Served {
            call,
            operation,
            before,
            after,
            cost,
            ..
        } => {
            let done = if before == after {
                "changes nothing".to_owned()
            } else {
                brief(after)
            };
            format!(
                "call {call:x} is served {}: {cost:?}, {done}",
                asked(operation)
            )
        }
        StepEvent::Hears { call, answer, .. } => {
            let answer = match answer {
                Answer::Record(record) => brief(record),
                Answer::Conflict(record) => format!("conflict with {}", brief(record)),
                Answer::Throttled => "throttled".to_owned(),
                Answer::Nothing => "nothing".to_owned(),
            };
            format!("call {call:x} hears {answer}")
        }
    }
}

fn asked(operation: &Operation) -> String {
    match operation {
        Operation::Load(reading) => format!("read {reading:?}"),
        Operation::Apply { basis, change } => {
            let change = match change {
                Change::Report(report) => {
                    format!("report {:?}, {:?}", report.tally, report.suspicion)
                }
                Change::TakeLease { index, .. } => format!("take lease {index}"),
                Change::ProbeSucceeded { index, .. } => format!("probe {index} succeeded"),
                Change::ProbeFailed { index, .. } => format!("probe {index} failed"),
                Change::ReleaseLease { index, .. } => format!("release {index}"),
                Change::Transition { cause, .. } => format!("move, {cause}"),
                Change::PlaceOverride(_) => "place override".to_owned(),
                Change::WithdrawOverride { .. } => "withdraw override".to_owned(),
            };
            format!("{change} [epoch {}]", basis.epoch)
        }
    }
}

fn brief(record: &Record) -> String {
    let phase = match &record.phase {
        Phase::Closed {
            suspected: Some(at),
            ..
        } => format!("closed, suspected since {at}"),
        Phase::Closed { .. } => "closed".to_owned(),
        Phase::Open { until, reopens, .. } => format!("open {reopens} until {until}"),
        Phase::HalfOpen {
            successes,
            failures,
            leases,
            ..
        } => {
            let slots: Vec<_> = leases.keys().collect();
            format!("half open, {successes} successes, {failures} failures, leases {slots:?}")
        }
    };
    format!("epoch {} {phase}", record.epoch)
}
