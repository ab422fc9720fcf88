//! Admit, run, record: in one step.

use std::{future::Future, time::Duration};

use super::Breaker;
use crate::{
    member::{InFlightPermit, Member, Permit},
    outcome::Outcome,
    protocol::{Rejection, RejectionReason},
    store::StateStore,
    time::{Clock, Timestamp},
};

/// Why a protected call gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError<E> {
    /// The breaker did not admit it.
    #[error("{0}")]
    Rejected(Rejection),
    /// It was a probe and took longer than a probe may.
    #[error("the probe took too long")]
    ProbeTimedOut,
    /// It was not done by the caller's deadline.
    #[error("the call was not done by its deadline")]
    DeadlineExceeded,
    /// It was made and failed.
    #[error(transparent)]
    Inner(E),
}

/// By when a call must be done, and how long it takes at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// By then it must be done.
    pub at: Timestamp,
    /// A call that has less time than this left is not worth making.
    pub needs: Duration,
}

impl<S: StateStore, C: Clock> Breaker<S, C> {
    /// Makes a call if the circuit admits it.
    ///
    /// The record is read alongside the call, never before it,
    /// unless what is known is older than
    /// [`Policy::max_stale`](crate::Policy::max_stale) or the last calls of
    /// this process have all failed.
    ///
    /// Safe to cancel: a dropped call counts for nothing, and a dropped
    /// probe's lease runs out by itself. Calls that it was just reporting for
    /// others may go uncounted; none is ever counted twice.
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    pub async fn call<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        classify: impl FnOnce(&Result<T, E>) -> Outcome,
    ) -> Result<T, CallError<E>> {
        let permit = self.admit().await.map_err(CallError::Rejected)?;
        self.run(permit, call, classify).await
    }

    /// Makes a call that must be done by a deadline.
    ///
    /// A call that cannot be done in time is not made. One that is not done in
    /// time is ended; that counts as slow only if it took
    /// [`Policy::slow_call_after`](crate::Policy::slow_call_after), else it was
    /// the caller who was in a hurry. The store is not asked before the call if
    /// there is no time for that.
    ///
    /// The deadline is the call's: to tell the fleet of its failure may take
    /// [`Policy::store_timeout`](crate::Policy::store_timeout) more, three times
    /// that at worst.
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    pub async fn call_by<T, E>(
        &self,
        deadline: Deadline,
        call: impl Future<Output = Result<T, E>>,
        classify: impl FnOnce(&Result<T, E>) -> Outcome,
    ) -> Result<T, CallError<E>> {
        let permit = self.admit_by(deadline).await.map_err(CallError::Rejected)?;
        let left = deadline.at.since(self.now());
        let limited = async { tokio::time::timeout(left, call).await };
        let clock = &self.inner.clock;
        let admitted = clock.steady();
        let classify = |result: &Result<Result<T, E>, _>| match result {
            Ok(result) => classify(result),
            Err(_) if clock.steady().since(admitted) >= self.policy().slow_call_after => {
                Outcome::Slow
            }
            Err(_) => Outcome::Ignored,
        };
        match self.run(permit, limited, classify).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(CallError::Inner(error)),
            Err(CallError::Rejected(rejection)) => Err(CallError::Rejected(rejection)),
            Err(CallError::ProbeTimedOut) => Err(CallError::ProbeTimedOut),
            Err(CallError::Inner(_) | CallError::DeadlineExceeded) => {
                Err(CallError::DeadlineExceeded)
            }
        }
    }

    /// Decides about a call that must be done by a deadline.
    async fn admit_by(&self, deadline: Deadline) -> Result<Permit, Rejection> {
        let now = self.now();
        if now + deadline.needs > deadline.at {
            return Err(Rejection {
                state: self.inner.member.effective_state(now),
                reason: RejectionReason::DeadlineTooClose,
                retry_at: now,
            });
        }
        let admission = self.inner.member.begin(&self.inner.clock);
        self.decide(admission, Some(deadline)).await
    }

    /// Makes a call that has been admitted.
    async fn run<T, E>(
        &self,
        mut permit: Permit,
        call: impl Future<Output = Result<T, E>>,
        classify: impl FnOnce(&Result<T, E>) -> Outcome,
    ) -> Result<T, CallError<E>> {
        let under_way = UnderWay::begin(&self.inner.member, &mut permit);
        let result = if permit.is_plain() {
            call.await
        } else {
            let Some(result) = Box::pin(self.attend(&mut permit, call)).await else {
                under_way.end();
                self.record(permit, Outcome::Slow).await;
                return Err(CallError::ProbeTimedOut);
            };
            result
        };
        let outcome = classify(&result);
        under_way.end();
        self.record(permit, outcome).await;
        result.map_err(CallError::Inner)
    }

    /// Makes a call that is not plain: a probe is limited, and a report is
    /// performed beside its call. `None` is a probe that took too long.
    async fn attend<T>(&self, permit: &mut Permit, call: impl Future<Output = T>) -> Option<T> {
        if let Some(limit) = permit.limit() {
            tokio::time::timeout(limit, call).await.ok()
        } else if let Some(report) = permit.take_report() {
            Some(tokio::join!(call, self.drive(report)).0)
        } else {
            Some(call.await)
        }
    }
}

/// A call that is being made. Dropped before its end, it was given up.
struct UnderWay<'a> {
    member: &'a Member,
    permit: Option<InFlightPermit>,
}

impl<'a> UnderWay<'a> {
    fn begin(member: &'a Member, permit: &mut Permit) -> Self {
        Self {
            member,
            permit: member.make(permit),
        }
    }

    /// The permit is handed back with what became of the call.
    fn end(mut self) {
        self.permit = None;
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit {
            self.member.give_up(permit);
        }
    }
}
