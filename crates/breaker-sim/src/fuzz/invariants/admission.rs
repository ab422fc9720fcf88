//! Watches who passes and who does not, given what their environments know.

use std::time::Duration;

use breaker_core::{OverrideMode, Timestamp, protocol::Phase};

use super::{super::bounds::stops_for, Finding, Invariant, Rule, Scene};
use crate::{process::Refusal, watch::StepEvent};

/// Each decision has a reason that the environment knows.
#[derive(Debug)]
pub(super) struct AdmissionInvariant;

impl Invariant for AdmissionInvariant {
    fn check(&mut self, scene: &Scene<'_>) -> Finding {
        match scene.event {
            StepEvent::Admitted {
                permit,
                asks_beside,
                ..
            } => {
                may_pass(scene, permit.is_probe())?;
                // Probes have just asked.
                if permit.is_probe() || *asks_beside {
                    return Ok(());
                }
                knows_enough(scene)
            }
            StepEvent::Refused {
                by: Refusal::Circuit,
            } => may_be_refused(scene),
            StepEvent::Refused {
                by: Refusal::Itself,
            } => may_refuse_itself(scene),
            StepEvent::Arrives
            | StepEvent::Ends { .. }
            | StepEvent::Vanishes
            | StepEvent::Asks { .. }
            | StepEvent::Served { .. }
            | StepEvent::Hears { .. } => Ok(()),
        }
    }
}

fn may_pass(scene: &Scene<'_>, is_probe: bool) -> Finding {
    let known = &scene.member.known;
    let clock = scene.who.clock;
    let broken = |how: &str| {
        let how = format!("{how}, knowing {:?} in epoch {}", known.phase, known.epoch);
        Err((Rule::KnownOpen, how))
    };
    match known.active_override(clock).map(|placed| placed.mode) {
        Some(OverrideMode::ForceOpen) => return broken("passes although forced open"),
        Some(OverrideMode::ForceClosed | OverrideMode::Shadow) => return Ok(()),
        None => {}
    }
    // Without the store there are no leases, and an environment that has
    // waited for as long as one it cannot see may try for itself.
    let alone = |since: Timestamp| {
        scene.member.in_trouble && since + scene.bounds.policy.lease_for <= clock
    };
    match &known.phase {
        Phase::Closed { .. } => Ok(()),
        Phase::Open { until, .. } if clock < *until => broken("passes"),
        Phase::Open { until: since, .. } | Phase::HalfOpen { since, .. } => {
            if is_probe || alone(*since) {
                Ok(())
            } else {
                broken("passes without being a probe")
            }
        }
    }
}

fn knows_enough(scene: &Scene<'_>) -> Finding {
    let member = scene.member;
    if member.in_trouble || member.asking > 0 {
        return Ok(());
    }
    let clock = scene.who.clock;
    let Some(heard) = member.heard else {
        return Err((Rule::Fresh, "passes before anything is known".to_owned()));
    };
    let policy = &scene.bounds.policy;
    let size = member.known.traffic.fleet_size(heard);
    let of_large_fleets = size.map_or(0.0, |size| size.processes / policy.reads_per_s);
    let refresh = policy
        .refresh_after
        .max(Duration::try_from_secs_f64(of_large_fleets).unwrap_or_default())
        .min(policy.max_stale)
        .mul_f64(1.2);
    let age = clock.since(heard);
    if age > refresh + Duration::from_millis(1) {
        let how = format!("passes on news that are {age:?} old without asking for more");
        return Err((Rule::Fresh, how));
    }
    Ok(())
}

fn may_be_refused(scene: &Scene<'_>) -> Finding {
    let known = &scene.member.known;
    let clock = scene.who.clock;
    let needless = |why: &str| {
        let how = format!("refused {why}, in epoch {}", known.epoch);
        Err((Rule::NeedlessRefusal, how))
    };
    match known.active_override(clock).map(|placed| placed.mode) {
        Some(OverrideMode::ForceOpen) => return Ok(()),
        Some(OverrideMode::ForceClosed | OverrideMode::Shadow) => {
            return needless("although an operator lets all pass");
        }
        None => {}
    }
    match known.phase {
        Phase::Closed { since, .. } if since == Timestamp::default() => {
            needless("by a circuit that has always been closed")
        }
        // It lasts no longer than the circuit was open.
        Phase::Closed { since, opened, .. }
            if since + scene.bounds.policy.ramp_for.min(since.since(opened)) <= clock =>
        {
            needless("by a closed circuit after the ramp")
        }
        Phase::Closed { .. } | Phase::Open { .. } | Phase::HalfOpen { .. } => Ok(()),
    }
}

/// An environment stops itself for its own failures, for five seconds, doubled
/// with each trial that fails, and lets one call at a time find out. Where it
/// stands in for a store that is away, its first call is a trial already.
fn may_refuse_itself(scene: &Scene<'_>) -> Finding {
    let member = scene.member;
    let longest = stops_for(member.failed_trials.saturating_add(1)) + Duration::from_millis(1);
    let longest = crate::units::micros_of(longest);
    let felt = member
        .felt_trouble
        .is_some_and(|at| scene.moment.at - at <= longest);
    if felt || !member.running.is_empty() {
        return Ok(());
    }
    let how = format!(
        "refuses by itself although none of its calls failed lately, after {} failed trials",
        member.failed_trials
    );
    Err((Rule::NeedlessRefusal, how))
}
