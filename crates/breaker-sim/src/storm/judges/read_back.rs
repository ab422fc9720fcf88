//! Watches what follows a change whose answer never came.

use std::collections::BTreeMap;

use breaker_core::{Reading, member::Operation, protocol::Change};

use super::{Finding, Judge, Rule, Scene};
use crate::{
    process::Answer,
    watch::{CallId, Sight},
};

/// The next thing that a call does after it is to read.
#[derive(Debug, Default)]
pub(super) struct ReadBackJudge {
    /// Calls that do not know what became of their change, and where.
    in_doubt: BTreeMap<CallId, u32>,
}

impl Judge for ReadBackJudge {
    fn judge(&mut self, scene: &Scene<'_>) -> Finding {
        match scene.sight {
            Sight::Hears {
                call,
                operation: Operation::Apply { change, .. },
                answer: Answer::Nothing,
            } if !matches!(change, Change::Report(_)) => {
                self.in_doubt.insert(*call, scene.who.environment);
                Ok(())
            }
            Sight::Asks { call, operation } if self.in_doubt.remove(call).is_some() => {
                match operation {
                    Operation::Load(Reading::Latest) => Ok(()),
                    Operation::Load(Reading::Eventual) | Operation::Apply { .. } => {
                        broken("asks for something else")
                    }
                }
            }
            Sight::Admitted { call, .. } if self.in_doubt.contains_key(call) => broken("passes"),
            Sight::Vanishes => {
                let gone = scene.who.environment;
                self.in_doubt.retain(|_, environment| *environment != gone);
                Ok(())
            }
            Sight::Arrives
            | Sight::Admitted { .. }
            | Sight::Refused { .. }
            | Sight::Ends { .. }
            | Sight::Asks { .. }
            | Sight::Served { .. }
            | Sight::Hears { .. } => Ok(()),
        }
    }

    fn close(&mut self, _law: &super::Law) -> Finding {
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
