//! Who watches a run.
//!
//! An invariant knows what no environment does: the true time, every record and
//! every call. What an environment may know is what it has [heard](Member). No
//! invariant looks into the breaker; each compares what it does with what it was
//! told.

mod admission;
mod budget;
mod containment;
mod counts;
mod liveness;
mod member;
mod opening;
mod probes;
mod read_back;
mod record;

use std::collections::BTreeMap;

use breaker_core::protocol::Record;

use self::member::Member;
use super::{Bounds, Rule, StepLog, Violation};
use crate::{
    breakers::fleet::FleetProcess,
    units::Micros,
    watch::{Moment, StepEvent, Watch, Who},
};

/// A rule was broken, and how.
type Broken = (Rule, String);

/// Whether an invariant holds.
type Finding = Result<(), Broken>;

/// One step of the fleet's, with all that is known.
pub(super) struct Scene<'s> {
    bounds: &'s Bounds,
    moment: Moment,
    who: Who,
    event: &'s StepEvent<'s, FleetProcess>,
    /// What the environment knew before this step.
    member: &'s Member,
}

/// One who watches over some rules.
trait Invariant {
    /// A step.
    fn check(&mut self, scene: &Scene<'_>) -> Finding;

    /// An operator's override.
    fn check_override(&mut self, _moment: Moment, _after: &Record) {}

    /// The run is over.
    fn close(&mut self, _bounds: &Bounds) -> Finding {
        Ok(())
    }
}

/// All invariants.
pub(super) struct Checker {
    bounds: Bounds,
    step_log: StepLog,
    members: BTreeMap<u32, Member>,
    invariants: Vec<Box<dyn Invariant>>,
    violation: Option<Violation>,
}

impl Checker {
    pub(super) fn new(bounds: Bounds, step_log: StepLog) -> Self {
        let invariants: Vec<Box<dyn Invariant>> = vec![
            Box::new(record::RecordInvariant::default()),
            Box::new(counts::CountsInvariant::default()),
            Box::new(probes::ProbesInvariant::default()),
            Box::new(read_back::ReadBackInvariant::default()),
            Box::new(admission::AdmissionInvariant),
            Box::new(containment::ContainmentInvariant::default()),
            Box::new(budget::BudgetInvariant::default()),
            Box::new(opening::OpeningInvariant::new(&bounds)),
            Box::new(liveness::LivenessInvariant::new(&bounds)),
        ];
        Self {
            bounds,
            step_log,
            members: BTreeMap::new(),
            invariants,
            violation: None,
        }
    }

    /// The first rule that was broken.
    pub(super) fn close(mut self) -> Option<Violation> {
        for invariant in &mut self.invariants {
            if let Err(broken) = invariant.close(&self.bounds)
                && self.violation.is_none()
            {
                self.violation = Some(report(
                    &self.bounds,
                    &self.step_log,
                    self.bounds.end,
                    broken,
                ));
            }
        }
        self.violation
    }
}

fn report(bounds: &Bounds, step_log: &StepLog, at: Micros, (rule, how): Broken) -> Violation {
    Violation {
        rule,
        at_s: bounds.seconds(at),
        how,
        last_steps: step_log.lines(),
    }
}

impl Watch<FleetProcess> for Checker {
    fn see(&mut self, moment: Moment, who: Who, event: StepEvent<'_, FleetProcess>) {
        // What comes after the first mistake may follow from it.
        if self.violation.is_some() {
            return;
        }
        self.step_log.enter(&self.bounds, moment, who, &event);
        let member = self.members.entry(who.environment).or_default();
        let scene = Scene {
            bounds: &self.bounds,
            moment,
            who,
            event: &event,
            member,
        };
        let findings = self
            .invariants
            .iter_mut()
            .map(|invariant| invariant.check(&scene));
        // Every invariant must see the step.
        let findings: Vec<Finding> = findings.collect();
        member.follow(&self.bounds, moment, who, &event);
        if let Some(broken) = findings.into_iter().find_map(Result::err) {
            self.violation = Some(report(&self.bounds, &self.step_log, moment.at, broken));
        }
    }

    fn see_override(&mut self, moment: Moment, _before: &Record, after: &Record) {
        self.step_log.enter_override(&self.bounds, moment, after);
        for invariant in &mut self.invariants {
            invariant.check_override(moment, after);
        }
    }
}
