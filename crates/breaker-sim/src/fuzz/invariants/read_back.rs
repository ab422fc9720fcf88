//! Watches what follows a change whose answer never came.

use std::collections::BTreeMap;

use breaker_core::{Consistency, member::Operation, protocol::Change};

use super::{Finding, Invariant, Rule, Scene};
use crate::{
    process::Answer,
    watch::{CallId, StepEvent},
};

/// The next thing that a call does after it is to read.
#[derive(Debug, Default)]
pub(super) struct ReadBackInvariant {
    /// Calls that do not know what became of their change, and where.
    in_doubt: BTreeMap<CallId, u32>,
}

impl Invariant for ReadBackInvariant {
    fn check(&mut self, scene: &Scene<'_>) -> Finding {
        match scene.event {
            StepEvent::Hears {
                call,
                operation: Operation::Apply { change, .. },
                answer: Answer::Nothing,
            } if !matches!(change, Change::Report(_)) => {
                self.in_doubt.insert(*call, scene.who.environment);
                Ok(())
            }
            StepEvent::Asks { call, operation } if self.in_doubt.remove(call).is_some() => {
                match operation {
                    Operation::Load(Consistency::Strong) => Ok(()),
                    Operation::Load(Consistency::Eventual) | Operation::Apply { .. } => {
                        broken("asks for something else")
                    }
                }
            }
            StepEvent::Admitted { call, .. } if self.in_doubt.contains_key(call) => {
                broken("passes")
            }
            StepEvent::Vanishes => {
                let gone = scene.who.environment;
                self.in_doubt.retain(|_, environment| *environment != gone);
                Ok(())
            }
            StepEvent::Arrives
            | StepEvent::Admitted { .. }
            | StepEvent::Refused { .. }
            | StepEvent::Ends { .. }
            | StepEvent::Asks { .. }
            | StepEvent::Served { .. }
            | StepEvent::Hears { .. } => Ok(()),
        }
    }

    fn close(&mut self, _bounds: &super::Bounds) -> Finding {
        if self.in_doubt.is_empty() {
            Ok(())
        } else {
            broken("never asks what became of it")
        }
    }
}

fn broken(what: &str) -> Finding {
    let how = format!("a call that has heard nothing of its change {what}");
    Err((Rule::ReadBack, how))
}
