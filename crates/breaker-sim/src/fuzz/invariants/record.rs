//! Watches what becomes of the record: epochs, transitions, leases, size.

use std::{collections::BTreeSet, time::Duration};

use breaker_core::{
    Timestamp,
    member::Operation,
    protocol::{Change, Counts, Lease, LeaseIndex, LeaseOwner, OnBehalf, Phase, Record, Suspicion},
};

use super::{
    super::bounds::{is_thin, successes_needed},
    Bounds, Broken, Finding, Invariant, Rule, Scene,
};
use crate::{process::Stored as _, watch::StepEvent};

/// A write is paid by the kilobyte.
const MOST_BYTES: u64 = 4_096;

/// How long a request may be under way to the item of a slow store.
const UNDER_WAY: Duration = Duration::from_secs(5);

/// In so many slots something must have gone wrong before the circuit opens, if
/// there are so many.
const SLOTS_OF_AN_OUTAGE: u32 = 3;

/// After so long a closed circuit is no longer in doubt.
const DOUBT_LASTS: Duration = Duration::from_mins(10);

/// The record may change as the protocol says and not otherwise.
#[derive(Debug, Default)]
pub(super) struct RecordInvariant {
    /// Everybody who ever had a lease.
    owners: BTreeSet<u128>,
}

/// One change that a request made.
struct Deed<'s> {
    bounds: &'s Bounds,
    /// The true time.
    now: Timestamp,
    change: &'s Change,
    basis: &'s Record,
    before: &'s Record,
    after: &'s Record,
}

impl Invariant for RecordInvariant {
    fn check(&mut self, scene: &Scene<'_>) -> Finding {
        let StepEvent::Served {
            operation: Operation::Apply { basis, change },
            before,
            after,
            ..
        } = scene.event
        else {
            return Ok(());
        };
        if before == after {
            return Ok(());
        }
        let moves = matches!(
            change,
            Change::Transition { .. } | Change::PlaceOverride(_) | Change::WithdrawOverride { .. }
        );
        if basis.epoch != before.epoch {
            let rule = if moves { Rule::Epochs } else { Rule::Stale };
            let how = format!(
                "a change that was decided in epoch {} changed a record in epoch {}",
                basis.epoch, before.epoch
            );
            return Err((rule, how));
        }
        let rises = if moves {
            before.epoch.next()
        } else {
            before.epoch
        };
        if after.epoch != rises {
            let how = format!("epoch {} became {}", before.epoch, after.epoch);
            return Err((Rule::Epochs, how));
        }
        let size = after.size();
        if size > MOST_BYTES {
            let how = format!(
                "{size} bytes, with {} slots of counts and {} of traffic",
                after.evidence.0.len(),
                after.traffic.0.len()
            );
            return Err((Rule::RecordSize, how));
        }
        let deed = Deed {
            bounds: scene.bounds,
            now: scene.moment.right,
            change,
            basis,
            before,
            after,
        };
        deed.leads_where_it_may()?;
        deed.remembers_the_opening()?;
        deed.keeps_suspicion()?;
        for (slot, lease) in deed.leases_given() {
            deed.may_be_leased(slot, lease)?;
            if !self.owners.insert(lease.owner.0) {
                let how = format!("a second lease for {:x}", lease.owner.0);
                return Err((Rule::Owners, how));
            }
        }
        Ok(())
    }
}

impl Deed<'_> {
    fn leads_where_it_may(&self) -> Finding {
        let Change::Transition { on_behalf, .. } = self.change else {
            return Ok(());
        };
        let policy = &self.bounds.policy;
        match (&self.before.phase, &self.after.phase) {
            (
                Phase::Closed { .. },
                Phase::Open {
                    since,
                    until,
                    reopens: 0,
                    ..
                },
            ) => {
                self.opens_for_a_reason(*since)?;
                self.opens_as_long_as_it_may(*since, *until, 0)
            }
            (Phase::Open { until, reopens, .. }, Phase::HalfOpen { reopens: now, .. })
                if reopens == now =>
            {
                if *until > self.now + self.bounds.skew {
                    let how = format!("half open although open until {until}, now is {}", self.now);
                    return Err((Rule::Transitions, how));
                }
                Ok(())
            }
            (
                Phase::HalfOpen {
                    reopens, leases, ..
                },
                Phase::Open {
                    since,
                    until,
                    reopens: now,
                    ..
                },
            ) if reopens + 1 == *now => {
                let OnBehalf::Probe { index, owner } = on_behalf else {
                    let how = "reopened by somebody who is no probe".to_owned();
                    return Err((Rule::Transitions, how));
                };
                self.still_holds(leases.get(index), *owner)?;
                self.opens_as_long_as_it_may(*since, *until, *now)
            }
            (
                Phase::HalfOpen {
                    successes,
                    failures,
                    doubt,
                    ..
                },
                Phase::Closed { since, .. },
            ) => {
                let needed = successes_needed(policy, *doubt, is_thin(self.basis, *since));
                if *successes < failures + needed {
                    let how = format!(
                        "closed after {successes} successes, {failures} failures, in doubt {doubt}"
                    );
                    return Err((Rule::Transitions, how));
                }
                self.is_about_now(*since)
            }
            (from, to) => Err((Rule::Transitions, format!("from {from:?} to {to:?}"))),
        }
    }

    /// The circuit was suspected, calls went wrong for long enough, and witnesses
    /// told of enough: as many failures as fill the window, or where traffic is
    /// thin a run. All alarms together count as one of it.
    fn opens_for_a_reason(&self, since: Timestamp) -> Finding {
        let policy = &self.bounds.policy;
        if self.basis.suspected().is_none() {
            let how = format!("opens at {since} without a suspicion");
            return Err((Rule::Transitions, how));
        }
        let is_thin = is_thin(self.basis, since);
        let evidence = || self.basis.evidence.0.values();
        let is_bad = |counts: &&Counts| {
            2 * counts.bad() > counts.calls || is_thin && counts.tells_of_trouble()
        };
        let slots = evidence().filter(is_bad).count();
        if slots < SLOTS_OF_AN_OUTAGE.min(policy.window_slots) as usize {
            let how = format!("opens although calls went wrong in {slots} slots only");
            return Err((Rule::NoFalseOpening, how));
        }
        let told: u64 = evidence().map(|counts| counts.bad()).sum();
        let least = if is_thin {
            let run = policy.consecutive_failures * (1 + self.doubt_before(since).min(2));
            policy.window_slots.min(run - 1)
        } else {
            policy.window_slots
        };
        if told < u64::from(least) {
            let how = format!("opens although witnesses told of {told} calls that went wrong");
            return Err((Rule::NoFalseOpening, how));
        }
        Ok(())
    }

    /// In what doubt the closed circuit was.
    fn doubt_before(&self, now: Timestamp) -> u32 {
        let is_over = now.since(self.basis.since()) >= DOUBT_LASTS;
        if is_over {
            0
        } else {
            opening(&self.basis.phase).1
        }
    }

    /// When the circuit opened, and in what doubt it is, stays the same until it
    /// opens again.
    fn remembers_the_opening(&self) -> Finding {
        let (opened, doubt) = opening(&self.after.phase);
        let since = self.after.since();
        let (before, doubted) = opening(&self.before.phase);
        let opens = matches!(self.before.phase, Phase::Closed { .. })
            && matches!(self.after.phase, Phase::Open { .. });
        let holds = if opens {
            opened == since && doubt <= doubted + 1
        } else {
            (opened, doubt) == (before, doubted)
        };
        if holds && opened <= since + self.bounds.skew * 2 {
            return Ok(());
        }
        let how = format!(
            "opened at {opened} in doubt {doubt}, before at {before} in {doubted}, since {since}"
        );
        Err((Rule::Transitions, how))
    }

    /// A suspicion stands as it was raised until it is cleared or the epoch ends.
    fn keeps_suspicion(&self) -> Finding {
        let (before, after) = (self.before.suspected(), self.after.suspected());
        let expected = match self.change {
            Change::Report(report) => match (report.suspicion, before) {
                (Some(Suspicion::Raised(at)), None) => Some(at),
                (Some(Suspicion::Cleared), _) => None,
                (Some(Suspicion::Raised(_)) | None, _) => before,
            },
            Change::Transition { .. }
            | Change::PlaceOverride(_)
            | Change::WithdrawOverride { .. }
            | Change::TakeLease { .. }
            | Change::ProbeSucceeded { .. }
            | Change::ProbeFailed { .. }
            | Change::ReleaseLease { .. } => None,
        };
        if after == expected {
            return Ok(());
        }
        let how = format!("suspected since {before:?}, and then {after:?}");
        Err((Rule::Transitions, how))
    }

    fn opens_as_long_as_it_may(&self, since: Timestamp, until: Timestamp, reopens: u32) -> Finding {
        self.is_about_now(since)?;
        let policy = &self.bounds.policy;
        let growth = policy
            .open_growth
            .powi(i32::try_from(reopens).unwrap_or(i32::MAX));
        let longest = policy.open_for_max.as_secs_f64();
        let usual = (policy.open_for.as_secs_f64() * growth).min(longest);
        let least = usual * (1.0 - policy.open_jitter) - 0.002;
        let most = if self.asks_to_be_left_alone() {
            longest * (1.0 + policy.open_jitter) + 0.002
        } else {
            usual * (1.0 + policy.open_jitter) + 0.002
        };
        let open = until.since(since).as_secs_f64();
        if !(least..=most).contains(&open) {
            let how = format!("open for {open} s, not {least} to {most}, after {reopens} reopens");
            return Err((Rule::Transitions, how));
        }
        Ok(())
    }

    fn asks_to_be_left_alone(&self) -> bool {
        let mut entries = self.bounds.scenario.dependency.iter();
        entries.any(|entry| entry.retry_after_s.is_some())
    }

    fn is_about_now(&self, said: Timestamp) -> Finding {
        let early = said + UNDER_WAY + self.bounds.skew;
        if early < self.now || self.bounds.surely_after(said, self.now) {
            let how = format!("said to be at {said}, now is {}", self.now);
            return Err((Rule::Transitions, how));
        }
        Ok(())
    }

    fn still_holds(&self, lease: Option<&Lease>, owner: LeaseOwner) -> Finding {
        let holds = lease.is_some_and(|lease| {
            // What it sent while it held the lease may have been under way.
            let over = lease.expires + self.bounds.skew + UNDER_WAY;
            lease.owner == owner && self.now <= over
        });
        if holds {
            return Ok(());
        }
        let how = format!("{:x} decided, and {lease:?} is the lease", owner.0);
        Err((Rule::Leases, how))
    }

    /// Leases that are there now and were not before.
    fn leases_given(&self) -> Vec<(LeaseIndex, Lease)> {
        let before = leases_of(self.before);
        let new = leases_of(self.after).into_iter();
        new.filter(|given| !before.contains(given)).collect()
    }

    fn may_be_leased(&self, slot: LeaseIndex, lease: Lease) -> Finding {
        let broken = |how: String| -> Result<(), Broken> { Err((Rule::Leases, how)) };
        let policy = &self.bounds.policy;
        let unexpired = leases_of(self.after);
        if unexpired.len() > policy.max_probes as usize {
            return broken(format!("{} leases", unexpired.len()));
        }
        if u32::from(slot) >= policy.max_probes {
            return broken(format!("place {slot} of {}", policy.max_probes));
        }
        let latest = self.now + self.bounds.skew + policy.lease_for;
        // One that ends too early is the business of who watches its probe.
        if latest < lease.expires {
            let how = format!("a lease until {}, now is {}", lease.expires, self.now);
            return broken(how);
        }
        // Whoever is gone from the place had better be over.
        let held = match &self.before.phase {
            Phase::HalfOpen { leases, .. } => leases.get(&slot),
            Phase::Closed { .. } | Phase::Open { .. } => None,
        };
        match held {
            Some(held) if self.bounds.surely_after(held.expires, self.now) => {
                broken(format!("place {slot} was taken, until {}", held.expires))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// When the circuit opened, and in what doubt it is.
fn opening(phase: &Phase) -> (Timestamp, u32) {
    match phase {
        Phase::Closed { opened, doubt, .. }
        | Phase::Open { opened, doubt, .. }
        | Phase::HalfOpen { opened, doubt, .. } => (*opened, *doubt),
    }
}

fn leases_of(record: &Record) -> Vec<(LeaseIndex, Lease)> {
    match &record.phase {
        Phase::HalfOpen { leases, .. } => {
            leases.iter().map(|(slot, lease)| (*slot, *lease)).collect()
        }
        Phase::Closed { .. } | Phase::Open { .. } => Vec::new(),
    }
}
