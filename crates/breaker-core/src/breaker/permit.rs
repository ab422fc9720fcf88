//! The right to make one call.

use super::{Breaker, draw, view::Staleness};
use crate::{
    breaker::Outcome,
    protocol::{
        Change, Decision, Epoch, LeaseOwner, LeaseSlot, Measure, ProbePlan, Record, Rejection,
        RejectionReason, Slot,
    },
    store::StateStore,
    time::Clock,
};

/// How often a call tries for a probe's place against others.
const PROBE_ATTEMPTS: u32 = 3;

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
    Probe {
        epoch: Epoch,
        slot: LeaseSlot,
        owner: LeaseOwner,
    },
}

impl Permit {
    /// Whether the call is a probe.
    pub fn is_probe(&self) -> bool {
        matches!(self.kind, Kind::Probe { .. })
    }

    /// Whether the store should be asked alongside the call.
    pub(super) fn wants_refresh(&self) -> bool {
        self.staleness != Staleness::Fresh && !self.is_probe()
    }
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
            self.contact().await;
            staleness = Staleness::Fresh;
        }
        let mut attempts = 0;
        loop {
            let basis = self.view().record.clone();
            let now = self.now();
            match basis.decide(&self.inner.policy, now, draw()) {
                Decision::Admit(measure) => {
                    return Ok(Permit {
                        kind: Kind::Ordinary(measure),
                        staleness,
                    });
                }
                // Perhaps the fleet knows better by now: a refusal has the
                // time to ask.
                Decision::Reject(_) if staleness == Staleness::Aging => {
                    self.contact().await;
                    staleness = Staleness::Fresh;
                }
                Decision::Reject(rejection) => return Err(rejection),
                Decision::Probe(plan) => match self.take_lease(&basis, &plan).await {
                    Some(permit) => return Ok(permit),
                    None if attempts < PROBE_ATTEMPTS => attempts += 1,
                    None => {
                        return Err(Rejection {
                            state: basis.effective_state(now),
                            reason: RejectionReason::ProbesBusy,
                            retry_at: now + self.inner.policy.refresh_after,
                        });
                    }
                },
            }
        }
    }

    async fn take_lease(&self, basis: &Record, plan: &ProbePlan) -> Option<Permit> {
        let record = self.commit(basis, &plan.change).await.ok()?;
        let kind = Kind::Probe {
            epoch: record.epoch,
            slot: plan.slot,
            owner: plan.owner,
        };
        Some(Permit {
            kind,
            staleness: Staleness::Fresh,
        })
    }

    fn staleness(&self) -> Staleness {
        let now = self.now();
        self.view().staleness(&self.inner.policy, now)
    }

    /// Takes a permit back with what became of the call.
    ///
    /// A failure is reported to the fleet at once; a success goes along with
    /// the next contact.
    pub async fn record(&self, permit: Permit, outcome: Outcome) {
        match permit.kind {
            Kind::Ordinary(Measure::Ignored) => {}
            Kind::Ordinary(Measure::Counted(epoch)) => self.count(epoch, outcome).await,
            Kind::Probe { epoch, slot, owner } => {
                self.settle_probe(epoch, slot, owner, outcome).await;
            }
        }
    }

    async fn count(&self, epoch: Epoch, outcome: Outcome) {
        let failures = match outcome {
            Outcome::Ignored => return,
            Outcome::Success => 0,
            Outcome::Failure => 1,
        };
        let slot = Slot::at(self.now(), &self.inner.policy);
        self.view().count(epoch, slot, failures);
        if failures > 0 {
            self.contact().await;
        }
    }

    async fn settle_probe(
        &self,
        epoch: Epoch,
        slot: LeaseSlot,
        owner: LeaseOwner,
        outcome: Outcome,
    ) {
        let basis = self.view().record.clone();
        if basis.epoch != epoch {
            // Another probe has decided in the meantime.
            return;
        }
        let change = match outcome {
            Outcome::Success => Change::ProbeSucceeded { slot, owner },
            Outcome::Ignored => Change::ReleaseLease { slot, owner },
            Outcome::Failure => basis.reopen(slot, owner, &self.inner.policy, self.now(), draw()),
        };
        if self.commit(&basis, &change).await.is_ok() {
            self.carry_out_what_is_due().await;
        }
    }
}
