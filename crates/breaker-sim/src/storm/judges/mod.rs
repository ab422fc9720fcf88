//! Who watches a storm.
//!
//! A judge knows what no environment does: the true time, every record and
//! every call. What an environment may know is what it has [heard](Member). No
//! judge looks into the breaker; each compares what it does with what it was
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
use super::{Journal, Law, Rule, Violation};
use crate::{
    breakers::fleet::FleetProcess,
    units::Micros,
    watch::{Moment, Sight, Watch, Who},
};

/// A rule was broken, and how.
type Broken = (Rule, String);

/// What a judge finds.
type Finding = Result<(), Broken>;

/// One step of the fleet's, with all that is known.
pub(super) struct Scene<'s> {
    law: &'s Law,
    moment: Moment,
    who: Who,
    sight: &'s Sight<'s, FleetProcess>,
    /// What the environment knew before this step.
    member: &'s Member,
}

/// One who watches over some rules.
trait Judge {
    /// A step.
    fn judge(&mut self, scene: &Scene<'_>) -> Finding;

    /// An operator's order.
    fn judge_order(&mut self, _moment: Moment, _after: &Record) {}

    /// The run is over.
    fn close(&mut self, _law: &Law) -> Finding {
        Ok(())
    }
}

/// All judges.
pub(super) struct Bench {
    law: Law,
    journal: Journal,
    members: BTreeMap<u32, Member>,
    judges: Vec<Box<dyn Judge>>,
    violation: Option<Violation>,
}

impl Bench {
    pub(super) fn new(law: Law, journal: Journal) -> Self {
        let judges: Vec<Box<dyn Judge>> = vec![
            Box::new(record::RecordJudge::default()),
            Box::new(counts::CountsJudge::default()),
            Box::new(probes::ProbesJudge::default()),
            Box::new(read_back::ReadBackJudge::default()),
            Box::new(admission::AdmissionJudge),
            Box::new(containment::ContainmentJudge::default()),
            Box::new(budget::BudgetJudge::default()),
            Box::new(opening::OpeningJudge::new(&law)),
            Box::new(liveness::LivenessJudge::new(&law)),
        ];
        Self {
            law,
            journal,
            members: BTreeMap::new(),
            judges,
            violation: None,
        }
    }

    /// The first rule that was broken.
    pub(super) fn close(mut self) -> Option<Violation> {
        for judge in &mut self.judges {
            if let Err(broken) = judge.close(&self.law)
                && self.violation.is_none()
            {
                self.violation = Some(report(&self.law, &self.journal, self.law.end, broken));
            }
        }
        self.violation
    }
}

fn report(law: &Law, journal: &Journal, at: Micros, (rule, how): Broken) -> Violation {
    Violation {
        rule,
        at_s: law.seconds(at),
        how,
        last_steps: journal.lines(),
    }
}

impl Watch<FleetProcess> for Bench {
    fn see(&mut self, moment: Moment, who: Who, sight: Sight<'_, FleetProcess>) {
        // What comes after the first mistake may follow from it.
        if self.violation.is_some() {
            return;
        }
        self.journal.enter(&self.law, moment, who, &sight);
        let member = self.members.entry(who.environment).or_default();
        let scene = Scene {
            law: &self.law,
            moment,
            who,
            sight: &sight,
            member,
        };
        let findings = self.judges.iter_mut().map(|judge| judge.judge(&scene));
        // Every judge must see the step.
        let findings: Vec<Finding> = findings.collect();
        member.follow(&self.law, moment, who, &sight);
        if let Some(broken) = findings.into_iter().find_map(Result::err) {
            self.violation = Some(report(&self.law, &self.journal, moment.at, broken));
        }
    }

    fn see_order(&mut self, moment: Moment, _before: &Record, after: &Record) {
        self.journal.enter_order(&self.law, moment, after);
        for judge in &mut self.judges {
            judge.judge_order(moment, after);
        }
    }
}
