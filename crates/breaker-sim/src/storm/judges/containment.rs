//! Watches that a dependency which is down is left alone while the store is
//! away as well.

use std::{collections::BTreeMap, time::Duration};

use super::{Finding, Judge, Law, Rule, Scene};
use crate::{
    units::{Micros, number, seconds_of},
    watch::Sight,
};

/// After so long an environment must have noticed that nobody answers.
const NOTICED: Duration = Duration::from_secs(2);

/// Counts the calls of each environment that fails and cannot ask.
#[derive(Debug, Default)]
pub(super) struct ContainmentJudge {
    forsaken: BTreeMap<u32, Forsaken>,
}

/// An environment while neither the store nor the dependency answers.
#[derive(Debug)]
struct Forsaken {
    /// When its first call failed since.
    since: Micros,
    failures: u32,
    /// When it had felt enough to stop itself.
    warned: Option<Micros>,
    /// Calls that it admitted after that.
    admitted: u32,
}

impl Judge for ContainmentJudge {
    fn judge(&mut self, scene: &Scene<'_>) -> Finding {
        let now = scene.moment.at;
        let law = scene.law;
        let dark = |at: Micros| law.store_is_dead(at) && law.is_total_at(at);
        match scene.sight {
            Sight::Vanishes => {
                self.forsaken.remove(&scene.who.environment);
                Ok(())
            }
            Sight::Arrives if !dark(now) => {
                self.forsaken.remove(&scene.who.environment);
                Ok(())
            }
            Sight::Ends { call, outcome } if dark(now) => {
                let Some(running) = scene.member.running.get(call) else {
                    return Ok(());
                };
                if !dark(running.admitted) || !running.is_bad(*outcome, &law.policy, now) {
                    return Ok(());
                }
                let new = || Forsaken {
                    since: now,
                    failures: 0,
                    warned: None,
                    admitted: 0,
                };
                let forsaken = self
                    .forsaken
                    .entry(scene.who.environment)
                    .or_insert_with(new);
                forsaken.failures += 1;
                let noticed = Law::after(forsaken.since, NOTICED) <= now;
                if noticed && forsaken.failures > law.policy.local_failures {
                    forsaken.warned.get_or_insert(now);
                }
                Ok(())
            }
            Sight::Admitted { .. }
                if scene
                    .member
                    .known
                    .active_override(scene.who.clock)
                    .is_none() =>
            {
                let forsaken = self.forsaken.get_mut(&scene.who.environment);
                forsaken.map_or(Ok(()), |forsaken| forsaken.admits(law, now))
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
}

impl Forsaken {
    /// From now on one call at a time tries, each after an open time.
    fn admits(&mut self, law: &Law, now: Micros) -> Finding {
        let Some(warned) = self.warned else {
            return Ok(());
        };
        self.admitted += 1;
        let policy = &law.policy;
        // One that hangs is not waited for longer than a probe.
        let shortest = policy
            .open_for
            .mul_f64(1.0 - policy.open_jitter)
            .min(policy.probe_timeout)
            .as_secs_f64();
        let tries = 2.0 + seconds_of(now - warned) / shortest;
        if number(self.admitted.into()) > tries {
            let how = format!(
                "{} calls pass in {:.1} s after {} failures while nobody answers",
                self.admitted,
                seconds_of(now - warned),
                self.failures
            );
            return Err((Rule::Containment, how));
        }
        Ok(())
    }
}
