//! Watches what becomes of the record: epochs, transitions, leases, size.

use std::{collections::BTreeSet, time::Duration};

use breaker_core::{
    Timestamp,
    member::Operation,
    protocol::{Change, Lease, LeaseOwner, LeaseSlot, OnBehalf, Phase, Record},
};

use super::{Broken, Finding, Judge, Law, Rule, Scene};
use crate::{process::Stored as _, watch::Sight};

/// A write is paid by the kilobyte.
const MOST_BYTES: u64 = 4_096;

/// How long a request may be under way to the item of a slow store.
const UNDER_WAY: Duration = Duration::from_secs(5);

/// The record may change as the protocol says and not otherwise.
#[derive(Debug, Default)]
pub(super) struct RecordJudge {
    /// Everybody who ever had a lease.
    owners: BTreeSet<u128>,
}

/// One change that a request made.
struct Deed<'s> {
    law: &'s Law,
    /// The true time.
    now: Timestamp,
    change: &'s Change,
    before: &'s Record,
    after: &'s Record,
}

impl Judge for RecordJudge {
    fn judge(&mut self, scene: &Scene<'_>) -> Finding {
        let Sight::Served {
            operation: Operation::Apply { basis, change },
            before,
            after,
            ..
        } = scene.sight
        else {
            return Ok(());
        };
        if before == after {
            return Ok(());
        }
        let moves = matches!(change, Change::Transition { .. } | Change::Order { .. });
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
            law: scene.law,
            now: scene.moment.right,
            change,
            before,
            after,
        };
        deed.leads_where_it_may()?;
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
        let policy = &self.law.policy;
        match (&self.before.phase, &self.after.phase) {
            (
                Phase::Closed { .. },
                Phase::Open {
                    since,
                    until,
                    reopens: 0,
                },
            ) => self.opens_as_long_as_it_may(*since, *until, 0),
            (Phase::Open { until, reopens, .. }, Phase::HalfOpen { reopens: now, .. })
                if reopens == now =>
            {
                if *until > self.now + self.law.skew {
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
                },
            ) if reopens + 1 == *now => {
                let OnBehalf::Probe { slot, owner } = on_behalf else {
                    let how = "reopened by somebody who is no probe".to_owned();
                    return Err((Rule::Transitions, how));
                };
                self.still_holds(leases.get(slot), *owner)?;
                self.opens_as_long_as_it_may(*since, *until, *now)
            }
            (Phase::HalfOpen { successes, .. }, Phase::Closed { since }) => {
                if *successes < policy.successes_to_close {
                    let how = format!("closed after {successes} successes");
                    return Err((Rule::Transitions, how));
                }
                self.is_about_now(*since)
            }
            (from, to) => Err((Rule::Transitions, format!("from {from:?} to {to:?}"))),
        }
    }

    fn opens_as_long_as_it_may(&self, since: Timestamp, until: Timestamp, reopens: u32) -> Finding {
        self.is_about_now(since)?;
        let policy = &self.law.policy;
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
        let mut entries = self.law.scenario.dependency.iter();
        entries.any(|entry| entry.retry_after_s.is_some())
    }

    fn is_about_now(&self, said: Timestamp) -> Finding {
        let early = said + UNDER_WAY + self.law.skew;
        if early < self.now || self.law.surely_after(said, self.now) {
            let how = format!("said to be at {said}, now is {}", self.now);
            return Err((Rule::Transitions, how));
        }
        Ok(())
    }

    fn still_holds(&self, lease: Option<&Lease>, owner: LeaseOwner) -> Finding {
        let holds = lease.is_some_and(|lease| {
            // What it sent while it held the lease may have been under way.
            let over = lease.expires + self.law.skew + UNDER_WAY;
            lease.owner == owner && self.now <= over
        });
        if holds {
            return Ok(());
        }
        let how = format!("{:x} decided, and {lease:?} is the lease", owner.0);
        Err((Rule::Leases, how))
    }

    /// Leases that are there now and were not before.
    fn leases_given(&self) -> Vec<(LeaseSlot, Lease)> {
        let before = leases_of(self.before);
        let new = leases_of(self.after).into_iter();
        new.filter(|given| !before.contains(given)).collect()
    }

    fn may_be_leased(&self, slot: LeaseSlot, lease: Lease) -> Finding {
        let broken = |how: String| -> Result<(), Broken> { Err((Rule::Leases, how)) };
        let policy = &self.law.policy;
        let unexpired = leases_of(self.after);
        if unexpired.len() > policy.max_probes as usize {
            return broken(format!("{} leases", unexpired.len()));
        }
        if u32::from(slot) >= policy.max_probes {
            return broken(format!("place {slot} of {}", policy.max_probes));
        }
        let latest = self.now + self.law.skew + policy.lease_for;
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
            Some(held) if self.law.surely_after(held.expires, self.now) => {
                broken(format!("place {slot} was taken, until {}", held.expires))
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn leases_of(record: &Record) -> Vec<(LeaseSlot, Lease)> {
    match &record.phase {
        Phase::HalfOpen { leases, .. } => {
            leases.iter().map(|(slot, lease)| (*slot, *lease)).collect()
        }
        Phase::Closed { .. } | Phase::Open { .. } => Vec::new(),
    }
}
