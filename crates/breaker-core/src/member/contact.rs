//! Contacts with the store: when a process reports, and when it only looks.

use std::{sync::Arc, time::Duration};

use super::{Operation, context::Context, state::State};
use crate::{
    protocol::{Change, Conflict, Epoch, Heartbeats, Record, Report, TrafficSlot},
    store::{Consistency, StoreError},
};

/// The chance of a heartbeat at the first contact of a process in a fleet of
/// unknown size. It doubles with each contact: large fleets must not shout
/// when they start, and small ones must be heard.
const FIRST_CHANCE: f64 = 1.0 / 32.0;

/// Who has seen the record so lately tells without another look.
const TELLS_BY: Duration = Duration::from_secs(1);

/// A request that brings the record. It may be lost: nothing depends on it.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) enum Contact {
    /// It reads the record.
    Look {
        consistency: Consistency,
        /// The epoch that was known.
        known: Epoch,
    },
    /// It adds to the record and brings what that makes of it.
    Report {
        /// The record that was known.
        basis: Arc<Record>,
        /// What is added.
        report: Report,
    },
}

/// Whether a contact is a heartbeat, and for how many it speaks.
struct Chance {
    of_reporting: f64,
    weight: f64,
}

impl Contact {
    /// A contact that tells what there is to tell, and otherwise looks.
    ///
    /// How much is told depends on what the others tell. Who does not know that
    /// well enough looks first, and then [tells](Self::tell).
    pub(super) fn begin(state: &mut State, cx: &mut Context<'_>) -> Self {
        if state.must_report() && has_seen(state, cx) {
            Self::tell(state, cx).unwrap_or_else(|| Self::look(state))
        } else {
            Self::look(state)
        }
    }

    /// A contact that tells of calls that have just ended. `None` if the others
    /// have told enough of their slot.
    pub(super) fn after_calls(state: &mut State, cx: &mut Context<'_>) -> Option<Self> {
        if !has_seen(state, cx) {
            return Some(Self::look(state));
        }
        thin(state, cx);
        if state.must_report() {
            Self::tell_thinned(state, cx)
        } else {
            None
        }
    }

    /// What there is to tell after a look at the record.
    pub(super) fn tell(state: &mut State, cx: &mut Context<'_>) -> Option<Self> {
        thin(state, cx);
        Self::tell_thinned(state, cx)
    }

    fn tell_thinned(state: &mut State, cx: &mut Context<'_>) -> Option<Self> {
        state.collect();
        let seen = state.unreported.take_traffic(cx);
        let mut heartbeats = state.unreported.take_owed();
        if state.must_report() {
            // It is written anyway, and so speaks for itself alone.
            heartbeats.add(Heartbeats {
                contacts: 0,
                ..seen
            });
            return Some(Self::report(heartbeats, state, cx));
        }
        let chance = heartbeat_chance(state, cx);
        if cx.draw() < chance.of_reporting {
            heartbeats.add(weighted(seen, chance.weight, cx.draw()));
        }
        (!heartbeats.is_empty()).then(|| Self::report(heartbeats, state, cx))
    }

    /// Looks, and tells nothing.
    pub(super) fn look(state: &State) -> Self {
        Self::Look {
            consistency: state.view.consistency(),
            known: state.view.record().epoch,
        }
    }

    fn report(heartbeats: Heartbeats, state: &mut State, cx: &Context<'_>) -> Self {
        let basis = state.view.record();
        let mut report = Report {
            stale: basis.stale_evidence(cx.policy, cx.now),
            stale_traffic: basis.traffic.stale_slots(cx.now),
            heartbeats: (!heartbeats.is_empty()).then(|| (TrafficSlot::at(cx.now), heartbeats)),
            tally: state.unreported.take_tally(),
            suspicion: None,
        };
        if !report.tally.is_empty() {
            let after = basis.after(&Change::Report(report.clone()), cx.now);
            report.suspicion = after.suspicion_due(cx.policy, cx.now);
        }
        Self::Report {
            basis: Arc::clone(basis),
            report,
        }
    }

    /// Raises or clears the suspicion, if what is known calls for that.
    pub(super) fn suspicion_due(state: &State, cx: &Context<'_>) -> Option<Self> {
        if state.backoff.is_pausing(cx.now) {
            return None;
        }
        let basis = state.view.record();
        let suspicion = basis.suspicion_due(cx.policy, cx.now)?;
        Some(Self::Report {
            basis: Arc::clone(basis),
            report: Report {
                suspicion: Some(suspicion),
                ..Report::default()
            },
        })
    }

    /// What the store is asked.
    pub(super) fn operation(&self) -> Operation {
        match self {
            Self::Look { consistency, .. } => Operation::Load(*consistency),
            Self::Report { basis, report } => Operation::Apply {
                basis: Arc::clone(basis),
                change: Change::Report(report.clone()),
            },
        }
    }

    /// Takes in the store's answer. Gives what there is to tell after a look.
    pub(super) fn answer(
        self,
        answer: Result<Record, StoreError>,
        state: &mut State,
        cx: &mut Context<'_>,
    ) -> Option<Self> {
        let has_looked = matches!(self, Self::Look { .. });
        self.take_in(answer, state, cx);
        if !has_looked {
            return None;
        }
        if state.backoff.is_failing() {
            // While the store is away traffic would pile up, and be taken for a
            // burst.
            state.unreported.take_traffic(cx);
            return None;
        }
        Self::tell(state, cx)
    }

    fn take_in(self, answer: Result<Record, StoreError>, state: &mut State, cx: &mut Context<'_>) {
        match (self, answer) {
            (Self::Look { consistency, known }, Ok(record)) => match consistency {
                Consistency::Eventual => state.on_eventual_read(record, cx),
                Consistency::Strong => state.on_strong_read(record, known, cx),
            },
            (Self::Report { basis, report }, Ok(record)) => {
                state.on_write_result(record, basis.epoch, cx);
                if !report.tally.is_empty() {
                    state.view.watch(cx);
                }
            }
            (Self::Report { basis, report }, Err(StoreError::Conflict(Conflict { current }))) => {
                state.on_write_result(*current, basis.epoch, cx);
                // Its calls are void with their epoch; traffic has none.
                if let Some((_, heartbeats)) = report.heartbeats {
                    state.unreported.owe(heartbeats);
                }
            }
            // The store is well; others were faster.
            (contact, Err(StoreError::Contended)) => contact.put_back_calls(state),
            (contact, Err(error)) => {
                state.on_store_failure(&error, cx);
                // Without an answer the fleet may know these calls: counting
                // twice would be worse than not counting.
                if error.had_no_effect() {
                    contact.put_back_calls(state);
                }
            }
        }
    }

    /// The contact does not take place: what it was to report is unreported
    /// again.
    pub(super) fn cancel(self, state: &mut State) {
        if let Self::Report { report, .. } = &self
            && let Some((_, seen)) = report.heartbeats
        {
            state.unreported.owe(seen);
        }
        self.put_back_calls(state);
    }

    /// Takes back the counts of a report without effect. Its traffic is gone:
    /// while the store is away that would pile up, and be taken for a burst.
    fn put_back_calls(self, state: &mut State) {
        if let Self::Report { basis, report } = self
            && basis.epoch == state.view.record().epoch
        {
            state.unreported.put_back(&report.tally);
        }
    }
}

/// Whether the record was seen so lately that this process tells by it.
fn has_seen(state: &State, cx: &Context<'_>) -> bool {
    state.view.is_younger_than(TELLS_BY, cx)
}

/// Drops of the calls to tell what the others leave no room for in the slot.
fn thin(state: &mut State, cx: &mut Context<'_>) {
    state.unreported.forget_the_past(cx);
    if state.must_report() {
        let room = state.view.record().room_in_slot(cx.policy, cx.now);
        state.unreported.thin(room, cx);
    }
}

fn heartbeat_chance(state: &mut State, cx: &Context<'_>) -> Chance {
    let known = state.view.fleet_size().map(|size| size.contacts_per_s);
    if let Some(contacts_per_s) = known.filter(|per_s| *per_s > 0.0) {
        state.unreported.see_the_fleet();
        let of_reporting = (cx.policy.heartbeats_per_s / contacts_per_s).min(1.0);
        return Chance {
            of_reporting,
            weight: 1.0 / of_reporting,
        };
    }
    let contacts = state.unreported.count_contact_in_the_dark();
    let doubled = 2_f64.powi(i32::try_from(contacts).unwrap_or(i32::MAX));
    Chance {
        of_reporting: (FIRST_CHANCE * doubled).min(1.0),
        // One process may be all there is: a first heartbeat speaks for
        // itself alone. The next ones, by a better chance, soon add up.
        weight: 1.0,
    }
}

/// Each number times `weight`, as a whole number: rounded up as often as its
/// fraction says, or the sum over many small numbers would be off by up to a
/// third. `draw` is uniform from 0 to 1, without 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "estimates far below 2^52, never negative"
)]
fn weighted(seen: Heartbeats, weight: f64, draw: f64) -> Heartbeats {
    let times = |number: u64| (number as f64 * weight + draw) as u64;
    Heartbeats {
        arrivals: times(seen.arrivals),
        contacts: times(seen.contacts),
        lifetime_ms: times(seen.lifetime_ms),
        refused: times(seen.refused),
    }
}
