//! A call that arrives, from its arrival to the decision about it.
//!
//! ```text
//!   begin ──▶ Admitted(permit)
//!     ├─────▶ Rejected(rejection)
//!     └─────▶ Pending(request) ── answer, reconsider, decline ──▶ one of the three
//! ```

use super::{
    commit::{Commit, Fate, Progress},
    context::Context,
    decide::{after_asking, before_asking},
    permit::Admission,
    probe::{bid, deny, grant},
    request::{AdmissionRequest, Admitting, LeaseBid},
    state::{State, is_forced},
};
use crate::{protocol::Record, store::StoreError};

/// A call arrives.
pub(super) fn begin(state: &mut State, cx: &mut Context<'_>) -> Admission {
    state.unreported.arrive();
    state.local.forget_the_past(cx);
    state.take_in_overdue(cx);
    before_asking(state, cx)
}

impl AdmissionRequest {
    /// The store has answered.
    pub(super) fn answer(
        self,
        answer: Result<Record, StoreError>,
        state: &mut State,
        cx: &mut Context<'_>,
    ) -> Admission {
        match *self.0 {
            Admitting::Contact(contact) => {
                let told = contact.answer(answer, state, cx);
                // The transition comes first: it decides about the call as well.
                if let Some(commit) = Commit::due(state, cx) {
                    return Admission::Pending(Self::new(Admitting::Transition(commit)));
                }
                match told {
                    Some(contact) => Admission::Pending(Self::new(Admitting::Contact(contact))),
                    None => after_asking(state, cx),
                }
            }
            Admitting::Transition(commit) => match commit.answer(answer, state, cx) {
                Progress::Pending(commit) => {
                    Admission::Pending(Self::new(Admitting::Transition(commit)))
                }
                // A loser of the race has the winner's record now.
                Progress::Settled(_) => after_asking(state, cx),
            },
            Admitting::Lease(bid, commit) => match commit.answer(answer, state, cx) {
                Progress::Pending(commit) => {
                    Admission::Pending(Self::new(Admitting::Lease(bid, commit)))
                }
                Progress::Settled(fate) => bid.settle(fate, state, cx),
            },
        }
    }

    /// Another call has asked the store while this one waited for its turn.
    pub(super) fn reconsider(self, state: &mut State, cx: &mut Context<'_>) -> Admission {
        match *self.0 {
            Admitting::Contact(contact) => {
                contact.cancel(state);
                before_asking(state, cx)
            }
            // A lease counts from when it was planned, not from when it is asked
            // for; by now it may be over before its probe is.
            Admitting::Lease(_, commit) if !commit.is_in_doubt() => before_asking(state, cx),
            admitting @ (Admitting::Transition(_) | Admitting::Lease(..)) => {
                Admission::Pending(Self::new(admitting))
            }
        }
    }

    /// There is no time to ask.
    pub(super) fn decline(self, state: &mut State, cx: &mut Context<'_>) -> Admission {
        match *self.0 {
            Admitting::Contact(contact) => {
                contact.cancel(state);
                after_asking(state, cx)
            }
            Admitting::Transition(_) => after_asking(state, cx),
            Admitting::Lease(..) => without_lease(state, cx),
        }
    }
}

impl LeaseBid {
    /// It is known what became of the lease.
    fn settle(self, fate: Fate, state: &mut State, cx: &mut Context<'_>) -> Admission {
        match fate {
            // The lease ended with its epoch, and another call has heard so.
            Fate::Made(granted) if granted.epoch < state.view.record().epoch => {
                after_asking(state, cx)
            }
            Fate::Made(granted) => grant(&self, granted, cx),
            Fate::Superseded => {
                let record = state.view.record();
                if state.view.is_recovering(cx.now) && !is_forced(record, cx.now) {
                    bid(self.attempts_left, state, cx)
                } else {
                    after_asking(state, cx)
                }
            }
            Fate::Failed(_) => without_lease(state, cx),
        }
    }
}

/// The store gives no lease just now.
fn without_lease(state: &mut State, cx: &mut Context<'_>) -> Admission {
    if state.view.is_recovering(cx.now) {
        deny(state, cx)
    } else {
        // It came too late for a lease, and another call has heard so.
        after_asking(state, cx)
    }
}
