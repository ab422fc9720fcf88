//! Performing the member's requests: bounded, and never fatal.

use std::future::Future;

use super::{Breaker, Deadline};
use crate::{
    member::{Admission, AdmissionRequest, Operation, ReportRequest},
    protocol::Record,
    store::{Consistency, StateStore, StoreError},
    time::Clock,
};

impl<S: StateStore, C: Clock> Breaker<S, C> {
    /// Performs a report and what follows from it.
    pub(super) async fn drive(&self, report: ReportRequest) {
        let mut next = Some(report);
        while let Some(request) = next {
            let answer = self.perform(request.operation()).await;
            let member = &self.inner.member;
            next = member.answer_report(request, answer, &self.inner.clock);
        }
        self.tell_observer();
    }

    /// Asks the store on behalf of a call that waits, or waits for another
    /// call that is at it.
    pub(super) async fn ask_first(
        &self,
        request: AdmissionRequest,
        deadline: Option<Deadline>,
    ) -> Admission {
        let member = &self.inner.member;
        if !self.leaves_time_to_ask(deadline) {
            return member.decline(request, &self.inner.clock);
        }
        let Ok(_turn) = self.inner.contact.try_lock() else {
            let turn = self.inner.contact.lock().await;
            // What is still needed is asked for while it is this call's turn:
            // calls that pass the turn on to one another never come to ask.
            return match member.reconsider(request, &self.inner.clock) {
                Admission::Pending(request) if self.leaves_time_to_ask(deadline) => {
                    self.ask(request).await
                }
                Admission::Pending(request) => member.decline(request, &self.inner.clock),
                decided @ (Admission::Admitted(_) | Admission::Rejected(_)) => {
                    drop(turn);
                    decided
                }
            };
        };
        self.ask(request).await
    }

    fn leaves_time_to_ask(&self, deadline: Option<Deadline>) -> bool {
        deadline.is_none_or(|deadline| {
            self.now() + self.policy().store_timeout + deadline.needs <= deadline.at
        })
    }

    async fn ask(&self, request: AdmissionRequest) -> Admission {
        let answer = self.perform(request.operation()).await;
        let member = &self.inner.member;
        member.answer_admission(request, answer, &self.inner.clock)
    }

    pub(super) async fn perform(&self, operation: Operation) -> Result<Record, StoreError> {
        match operation {
            Operation::Load(consistency) => self.load(consistency).await,
            Operation::Apply { basis, change } => {
                let now = self.now();
                let (store, circuit) = (&self.inner.store, &self.inner.circuit);
                self.bounded(store.apply(circuit, &basis, &change, now))
                    .await
            }
        }
    }

    pub(super) async fn load(&self, consistency: Consistency) -> Result<Record, StoreError> {
        self.bounded(self.inner.store.load(&self.inner.circuit, consistency))
            .await
    }

    pub(super) async fn bounded<T>(
        &self,
        operation: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        tokio::time::timeout(self.policy().store_timeout, operation)
            .await
            .unwrap_or_else(|_| Err(StoreError::NoAnswer("timed out".to_owned())))
    }
}
