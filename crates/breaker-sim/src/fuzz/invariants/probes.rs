//! Watches probes: who may be one, how many there are, and what they prove.

use std::collections::BTreeMap;

use breaker_core::{
    Outcome, Timestamp,
    member::Operation,
    protocol::{Change, Epoch, Lease, LeaseIndex, LeaseOwner, OnBehalf, Phase},
};

use super::{Finding, Invariant, Rule, Scene};
use crate::watch::{CallId, StepEvent};

/// Follows each lease to the call that owns it.
#[derive(Debug, Default)]
pub(super) struct ProbesInvariant {
    /// By the call that asked for it.
    leases: BTreeMap<CallId, Granted>,
    /// Which call owns what.
    owners: BTreeMap<u128, CallId>,
    /// Successes and failures that were counted in the current epoch.
    successes: u32,
    failures: u32,
    epoch: Epoch,
}

/// A lease that the store gave, and its probe.
#[derive(Debug)]
struct Granted {
    expires: Timestamp,
    /// Whether its probe may take only so long: under a shadow order every call
    /// passes anyway, and a probe that takes too long proves nothing.
    limited: bool,
    environment: u32,
    epoch: Epoch,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Its call has not begun.
    Given,
    Running,
    /// A slow success may be taken for either.
    Over {
        good: bool,
        bad: bool,
    },
    /// What it proved has been counted.
    Counted,
    Crashed,
}

impl Invariant for ProbesInvariant {
    fn check(&mut self, scene: &Scene<'_>) -> Finding {
        match scene.event {
            StepEvent::Served {
                call,
                operation: Operation::Apply { change, .. },
                before,
                after,
                ..
            } if before != after => {
                if after.epoch != self.epoch {
                    self.epoch = after.epoch;
                    self.successes = 0;
                    self.failures = 0;
                }
                let given = given(change);
                if let Some((_, lease)) = given {
                    let granted = Granted {
                        expires: lease.expires,
                        limited: true,
                        environment: scene.who.environment,
                        epoch: after.epoch,
                        stage: Stage::Given,
                    };
                    self.owners.insert(lease.owner.0, *call);
                    self.leases.insert(*call, granted);
                }
                self.proves_what_it_found(change)?;
                match &after.phase {
                    Phase::HalfOpen {
                        successes,
                        failures,
                        ..
                    } if (*successes, *failures) != (self.successes, self.failures) => {
                        let how = format!(
                            "{successes} successes and {failures} failures, not {} and {}",
                            self.successes, self.failures
                        );
                        Err((Rule::ProbeResults, how))
                    }
                    _ => Ok(()),
                }
            }
            StepEvent::Admitted { call, permit, .. } if permit.is_probe() => {
                self.begins(*call, permit.limit().is_some(), scene)
            }
            StepEvent::Ends { call, outcome } => self.ends(*call, *outcome, scene),
            StepEvent::Vanishes => {
                for granted in self.leases.values_mut() {
                    let gone = granted.environment == scene.who.environment;
                    if gone && matches!(granted.stage, Stage::Given | Stage::Running) {
                        granted.stage = Stage::Crashed;
                    }
                }
                Ok(())
            }
            StepEvent::Arrives
            | StepEvent::Admitted { .. }
            | StepEvent::Refused { .. }
            | StepEvent::Asks { .. }
            | StepEvent::Served { .. }
            | StepEvent::Hears { .. } => Ok(()),
        }
    }
}

impl ProbesInvariant {
    fn begins(&mut self, call: CallId, limited: bool, scene: &Scene<'_>) -> Finding {
        let Some(granted) = self.leases.get_mut(&call) else {
            return Err((Rule::Owners, "a probe that was given no lease".to_owned()));
        };
        if granted.stage != Stage::Given {
            let how = format!("a probe begins that is {:?}", granted.stage);
            return Err((Rule::Owners, how));
        }
        granted.stage = Stage::Running;
        granted.limited = limited;
        let of_epoch = granted.epoch;
        let running = |granted: &&Granted| {
            granted.stage == Stage::Running && granted.limited && granted.epoch == of_epoch
        };
        let probes = self.leases.values().filter(running).count();
        let most = scene.bounds.policy.max_probes as usize;
        if probes > most {
            return Err((Rule::Probes, format!("{probes} probes at once")));
        }
        Ok(())
    }

    fn ends(&mut self, call: CallId, outcome: Outcome, scene: &Scene<'_>) -> Finding {
        // A call that never heard of its lease may have passed for another
        // reason, such as a shadow order.
        let granted = self.leases.get_mut(&call);
        let Some(granted) = granted.filter(|granted| granted.stage == Stage::Running) else {
            return Ok(());
        };
        let Some(running) = scene.member.running.get(&call) else {
            return Ok(());
        };
        granted.stage = Stage::Over {
            good: outcome == Outcome::Success,
            bad: running.is_bad(outcome, &scene.bounds.policy, scene.moment.at),
        };
        let expires = granted.expires;
        if granted.limited && expires < scene.moment.right + scene.bounds.skew {
            let how = format!("its lease ends at {expires}, now is {}", scene.moment.right);
            return Err((Rule::LeaseOutlastsProbe, how));
        }
        Ok(())
    }

    /// Results are only from probes that are over, and only once.
    fn proves_what_it_found(&mut self, change: &Change) -> Finding {
        let (owner, success): (LeaseOwner, bool) = match change {
            Change::ProbeSucceeded { owner, .. } => {
                self.successes += 1;
                (*owner, true)
            }
            Change::ProbeFailed { owner, .. } => {
                self.failures += 1;
                (*owner, false)
            }
            Change::Transition {
                on_behalf: OnBehalf::Probe { owner, .. },
                ..
            } => (*owner, false),
            Change::Transition { .. }
            | Change::Report(_)
            | Change::TakeLease { .. }
            | Change::ReleaseLease { .. }
            | Change::PlaceOverride(_)
            | Change::WithdrawOverride { .. } => return Ok(()),
        };
        let call = self.owners.get(&owner.0);
        let granted = call.and_then(|call| self.leases.get_mut(call));
        let stage = granted.as_ref().map(|granted| granted.stage);
        if let Some(granted) = granted {
            granted.stage = Stage::Counted;
        }
        match stage {
            Some(Stage::Over { good: true, .. }) if success => Ok(()),
            Some(Stage::Over { bad: true, .. }) if !success => Ok(()),
            _ => {
                let said = if success { "success" } else { "failure" };
                let how = format!("{said} of a probe that is {stage:?}");
                Err((Rule::ProbeResults, how))
            }
        }
    }
}

/// The lease that a change gives.
fn given(change: &Change) -> Option<(LeaseIndex, Lease)> {
    match change {
        Change::TakeLease { index, lease } => Some((*index, *lease)),
        Change::Transition {
            to: Phase::HalfOpen { leases, .. },
            ..
        } => leases.iter().next().map(|(slot, lease)| (*slot, *lease)),
        Change::Transition { .. }
        | Change::Report(_)
        | Change::ProbeSucceeded { .. }
        | Change::ProbeFailed { .. }
        | Change::ReleaseLease { .. }
        | Change::PlaceOverride(_)
        | Change::WithdrawOverride { .. } => None,
    }
}
