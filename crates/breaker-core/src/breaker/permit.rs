//! The right to make one call.

use std::time::Duration;

use super::{
    Breaker,
    contact::Refusal,
    draw,
    view::{Staleness, Standing},
};
use crate::{
    breaker::Outcome,
    policy::Policy,
    protocol::{
        Change, Counts, Decision, Epoch, LeaseOwner, LeaseSlot, Measure, OverrideMode, Phase,
        ProbePlan, Record, Rejection, RejectionReason,
    },
    store::StateStore,
    time::{Clock, Timestamp},
};

/// How often a call is decided anew while the record moves under it.
const DECISIONS: u32 = 5;

/// The right to make one call; hand it back with what became of the call.
///
/// Dropping it counts for nothing. If it was a probe's, its lease runs out by
/// itself.
#[derive(Debug)]
#[must_use = "a permit that is dropped counts for nothing"]
pub struct Permit {
    kind: Kind,
    staleness: Staleness,
}

#[derive(Debug)]
enum Kind {
    Ordinary(Measure),
    Probe(Probe),
}

/// What a probe must know to be settled, whatever its process has heard since.
#[derive(Debug)]
struct Probe {
    /// The record right after the lease was given.
    granted: Box<Record>,
    slot: LeaseSlot,
    owner: LeaseOwner,
    standing: Standing,
    /// How long the call may take; no limit if every call is to pass anyway.
    limit: Option<Duration>,
}

impl Permit {
    /// Whether the call is a probe.
    pub fn is_probe(&self) -> bool {
        matches!(self.kind, Kind::Probe(_))
    }

    /// How long the call may take, if the breaker limits it.
    pub(super) fn limit(&self) -> Option<Duration> {
        match &self.kind {
            Kind::Probe(probe) => probe.limit,
            Kind::Ordinary(_) => None,
        }
    }

    /// Whether the store should be asked alongside the call.
    pub(super) fn wants_refresh(&self) -> bool {
        self.staleness != Staleness::Fresh
    }

    fn ordinary(measure: Measure, staleness: Staleness) -> Self {
        Self {
            kind: Kind::Ordinary(measure),
            staleness,
        }
    }
}

/// What came of asking for a lease.
enum Leasing {
    Granted(Probe),
    /// The record has moved; decide anew.
    Moved,
    /// Not now.
    Denied,
}

impl<S: StateStore, C: Clock> Breaker<S, C> {
    /// Decides about a call.
    ///
    /// No I/O while the circuit is closed and known well enough.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] says why, and when to come back.
    pub async fn admit(&self) -> Result<Permit, Rejection> {
        let mut staleness = self.staleness();
        if staleness == Staleness::Stale {
            self.refresh_before().await;
            staleness = Staleness::Fresh;
        }
        for _ in 0..DECISIONS {
            let (basis, standing) = self.basis();
            let now = self.now();
            match basis.decide(&self.policy_of(standing), now, draw()) {
                Decision::Admit(measure) => return Ok(Permit::ordinary(measure, staleness)),
                // Perhaps the fleet knows better by now, and a call that does
                // not simply pass has the time to ask.
                Decision::Reject(_) | Decision::Probe(_) if staleness == Staleness::Aging => {
                    self.refresh_before().await;
                    staleness = Staleness::Fresh;
                }
                Decision::Reject(rejection) => return Err(rejection),
                Decision::Probe(plan) => match self.lease(&basis, standing, plan).await {
                    Leasing::Granted(probe) => {
                        return Ok(Permit {
                            kind: Kind::Probe(probe),
                            staleness,
                        });
                    }
                    Leasing::Moved => {}
                    Leasing::Denied => break,
                },
            }
        }
        self.deny()
    }

    /// Alone, a process tries the way back with one call at a time.
    fn policy_of(&self, standing: Standing) -> Policy {
        let policy = self.inner.policy.clone();
        match standing {
            Standing::WithFleet => policy,
            Standing::Alone => Policy {
                max_probes: 1,
                ..policy
            },
        }
    }

    /// No lease could be had. Under a shadow order the call passes all the
    /// same.
    fn deny(&self) -> Result<Permit, Rejection> {
        let (record, _) = self.basis();
        let now = self.now();
        if in_shadow(&record, now) {
            return Ok(Permit::ordinary(Measure::Ignored, Staleness::Fresh));
        }
        Err(Rejection {
            state: record.effective_state(now),
            reason: RejectionReason::ProbesBusy,
            retry_at: now + self.inner.policy.refresh_after,
        })
    }

    async fn lease(&self, basis: &Record, standing: Standing, plan: ProbePlan) -> Leasing {
        let ProbePlan {
            change,
            slot,
            owner,
        } = plan;
        let granted = match standing {
            Standing::WithFleet => match self.commit(basis, &change).await {
                Ok(record) => record,
                Err(Refusal::Moved(_)) => return Leasing::Moved,
                Err(Refusal::Trouble(_)) => return Leasing::Denied,
            },
            // A fleet that lost its store must not probe all at once: each
            // process waits until nothing has been heard for long.
            Standing::Alone => {
                let now = self.now();
                if !self.view().is_forsaken(&self.inner.policy, now) {
                    return Leasing::Denied;
                }
                match self.commit_alone(basis, &change) {
                    Ok(record) => record,
                    Err(_) => return Leasing::Moved,
                }
            }
        };
        let limit = (!in_shadow(&granted, self.now())).then_some(self.inner.policy.probe_timeout);
        Leasing::Granted(Probe {
            granted: Box::new(granted),
            slot,
            owner,
            standing,
            limit,
        })
    }

    /// Takes a permit back with what became of the call.
    ///
    /// A failure is reported to the fleet at once; a success goes along with
    /// the next contact.
    pub async fn record(&self, permit: Permit, outcome: Outcome) {
        match permit.kind {
            Kind::Ordinary(Measure::Ignored) => {}
            Kind::Ordinary(Measure::Counted(epoch)) => self.count(epoch, outcome).await,
            Kind::Probe(probe) => self.settle(&probe, outcome).await,
        }
    }

    async fn count(&self, epoch: Epoch, outcome: Outcome) {
        let failures = match outcome {
            Outcome::Ignored => return,
            Outcome::Success => 0,
            Outcome::Failure => 1,
        };
        let now = self.now();
        self.view().count(
            epoch,
            Counts { calls: 1, failures },
            &self.inner.policy,
            now,
        );
        if failures > 0 {
            self.report_failures().await;
        }
    }

    async fn settle(&self, probe: &Probe, outcome: Outcome) {
        let Probe {
            granted,
            slot,
            owner,
            standing,
            ..
        } = probe;
        let (slot, owner) = (*slot, *owner);
        let change = match outcome {
            Outcome::Success => Change::ProbeSucceeded { slot, owner },
            Outcome::Ignored => Change::ReleaseLease { slot, owner },
            Outcome::Failure => granted.reopen(slot, owner, &self.inner.policy, self.now(), draw()),
        };
        let settled = match standing {
            Standing::WithFleet => self.commit(granted, &change).await.is_ok(),
            Standing::Alone => self.commit_alone(granted, &change).is_ok(),
        };
        if settled {
            self.carry_out_what_is_due().await;
        }
    }
}

fn in_shadow(record: &Record, now: Timestamp) -> bool {
    // Only a probing circuit hands out leases at all.
    let probing = !matches!(record.phase, Phase::Closed { .. });
    let order = record.active_override(now).map(|order| order.mode);
    probing && order == Some(OverrideMode::Shadow)
}
