//! The last steps of a run, in words.

use std::collections::VecDeque;

use breaker_core::{
    member::Operation,
    protocol::{Change, Phase, Record},
};

use super::Law;
use crate::{
    breakers::fleet::FleetProcess,
    process::Answer,
    watch::{Moment, Sight, Who},
};

/// So many steps tell how something came about.
const STEPS: usize = 60;

/// The last steps; a closed journal keeps none.
#[derive(Debug)]
pub(super) struct Journal(Option<VecDeque<String>>);

impl Journal {
    pub(super) fn closed() -> Self {
        Self(None)
    }

    pub(super) fn open() -> Self {
        Self(Some(VecDeque::new()))
    }

    pub(super) fn enter(
        &mut self,
        law: &Law,
        moment: Moment,
        who: Who,
        sight: &Sight<'_, FleetProcess>,
    ) {
        self.write(|| {
            let seconds = law.seconds(moment.at);
            let off =
                who.clock.as_unix_ms().cast_signed() - moment.right.as_unix_ms().cast_signed();
            let told = tell(sight);
            format!("{seconds:9.3} #{:<2} ({off:+4} ms) {told}", who.environment)
        });
    }

    pub(super) fn enter_order(&mut self, law: &Law, moment: Moment, after: &Record) {
        self.write(|| {
            let seconds = law.seconds(moment.at);
            let order = after.standing_override.as_ref().map(|order| order.mode);
            format!("{seconds:9.3} operator orders {order:?}: {}", brief(after))
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

fn tell(sight: &Sight<'_, FleetProcess>) -> String {
    match sight {
        Sight::Arrives => "a call arrives".to_owned(),
        Sight::Admitted {
            call,
            permit,
            asks_beside,
        } => {
            let kind = if permit.is_probe() { "as a probe" } else { "" };
            let asks = if *asks_beside { ", asks beside" } else { "" };
            format!("call {call:x} passes {kind}{asks}")
        }
        Sight::Refused { by } => format!("refused by {by:?}"),
        Sight::Ends { call, outcome } => format!("call {call:x} ends: {outcome:?}"),
        Sight::Vanishes => "vanishes".to_owned(),
        Sight::Asks { call, operation } => format!("call {call:x} asks: {}", asked(operation)),
        Sight::Served {
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
        Sight::Hears { call, answer, .. } => {
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
                Change::Report(report) => format!("report {:?}", report.tally),
                Change::TakeLease { slot, .. } => format!("take lease {slot}"),
                Change::ProbeSucceeded { slot, .. } => format!("probe {slot} succeeded"),
                Change::ReleaseLease { slot, .. } => format!("release {slot}"),
                Change::Transition { cause, .. } => format!("move, {cause}"),
                Change::Order { .. } => "order".to_owned(),
            };
            format!("{change} [epoch {}]", basis.epoch)
        }
    }
}

fn brief(record: &Record) -> String {
    let phase = match &record.phase {
        Phase::Closed { .. } => "closed".to_owned(),
        Phase::Open { until, reopens, .. } => format!("open {reopens} until {until}"),
        Phase::HalfOpen {
            successes, leases, ..
        } => {
            let slots: Vec<_> = leases.keys().collect();
            format!("half open, {successes} successes, leases {slots:?}")
        }
    };
    format!("epoch {} {phase}", record.epoch)
}
