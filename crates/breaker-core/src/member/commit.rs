//! Changes of which it must be known whether they were made.
//!
//! A report may be lost; a lease, a transition and an override may not. Where
//! the answer to such a change does not come, the change may have been made or
//! not, and the record is read before anything follows from it. This is the
//! one rule for that.

use std::sync::Arc;

use super::{Operation, context::Context, state::State};
use crate::{
    observe::Event,
    protocol::{Change, Conflict, Record},
    store::{Consistency, StoreError},
};

/// How often a probe's result is sent again that was certainly not taken down
/// so far: without it the probe's place stays taken until its lease is over.
const RESENDS: u8 = 2;

/// A change on its way to the store.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(super) struct Commit {
    /// The record that the change was decided on.
    basis: Arc<Record>,
    change: Change,
    stage: Stage,
    /// How often it may be sent again if the record shows that it was not made.
    resends_left: u8,
}

#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
enum Stage {
    /// The change is to be made.
    Sent,
    /// Its answer was lost, with this error; the record is read.
    InDoubt(StoreError),
}

/// Where a change stands after an answer of the store.
#[derive(Debug)]
pub(super) enum Progress {
    /// The record must be read to find out.
    Pending(Commit),
    /// It is known what became of the change, and the view shows it.
    Settled(Fate),
}

/// What became of a change.
#[derive(Debug)]
pub(super) enum Fate {
    /// It was made. This record shows it.
    Made(Record),
    /// The record had moved on before.
    Superseded,
    /// The store has failed. [`StoreError::had_no_effect`] says whether the
    /// change may still be made.
    Failed(StoreError),
}

impl Commit {
    pub(super) fn new(basis: Arc<Record>, change: Change) -> Self {
        Self {
            basis,
            change,
            stage: Stage::Sent,
            resends_left: 0,
        }
    }

    /// What became of a probe: it takes effect once, so it may be sent again.
    pub(super) fn of_probe(granted: Arc<Record>, result: Change) -> Self {
        Self {
            resends_left: RESENDS,
            ..Self::new(granted, result)
        }
    }

    /// The transition that the known record calls for.
    pub(super) fn due(state: &State, cx: &mut Context<'_>) -> Option<Self> {
        if state.backoff.is_pausing(cx.now) {
            return None;
        }
        let opening = state.opening(cx);
        let basis = state.view.record();
        let change = basis.due(cx.policy, cx.now, opening)?;
        Some(Self::new(Arc::clone(basis), change))
    }

    /// Whether the store has been asked to make the change.
    pub(super) fn is_in_doubt(&self) -> bool {
        matches!(self.stage, Stage::InDoubt(_))
    }

    /// What the store is asked.
    pub(super) fn operation(&self) -> Operation {
        match self.stage {
            Stage::Sent => Operation::Apply {
                basis: Arc::clone(&self.basis),
                change: self.change.clone(),
            },
            Stage::InDoubt(_) => Operation::Load(Consistency::Strong),
        }
    }

    /// Takes in the store's answer.
    pub(super) fn answer(
        self,
        answer: Result<Record, StoreError>,
        state: &mut State,
        cx: &mut Context<'_>,
    ) -> Progress {
        let Self {
            basis,
            change,
            stage,
            resends_left,
        } = self;
        Progress::Settled(match (stage, answer) {
            (Stage::Sent, Ok(record)) => made(&change, &basis, record, state, cx),
            (Stage::Sent, Err(StoreError::Conflict(Conflict { current }))) => {
                state.on_write_result(*current, basis.epoch, cx);
                Fate::Superseded
            }
            (Stage::Sent, Err(doubt @ (StoreError::Contended | StoreError::NoAnswer(_)))) => {
                return Progress::Pending(Self {
                    basis,
                    change,
                    stage: Stage::InDoubt(doubt),
                    resends_left,
                });
            }
            (Stage::Sent, Err(error)) => {
                state.on_store_failure(&error, cx);
                Fate::Failed(error)
            }
            (Stage::InDoubt(_), Ok(record)) if change.shows_in(&record, basis.epoch) => {
                made(&change, &basis, record, state, cx)
            }
            (Stage::InDoubt(doubt), Ok(record)) => {
                let is_as_before = record.epoch == basis.epoch;
                let still_grants = || record.apply(basis.epoch, &change, cx.now).is_ok();
                let resends_left = resends_left.checked_sub(1).filter(|_| still_grants());
                state.on_write_result(record, basis.epoch, cx);
                if let Some(resends_left) = resends_left {
                    return Progress::Pending(Self {
                        basis,
                        change: change.made_at(cx.now),
                        stage: Stage::Sent,
                        resends_left,
                    });
                }
                if is_as_before && doubt != StoreError::Contended {
                    Fate::Failed(doubt)
                } else {
                    Fate::Superseded
                }
            }
            (Stage::InDoubt(doubt), Err(error)) => {
                state.on_store_failure(&error, cx);
                // The change may have been made, whatever became of the read.
                Fate::Failed(if doubt.had_no_effect() { error } else { doubt })
            }
        })
    }
}

fn made(
    change: &Change,
    basis: &Record,
    record: Record,
    state: &mut State,
    cx: &mut Context<'_>,
) -> Fate {
    if let Change::Transition { .. } = change {
        cx.emit(Event::moved(basis, &record, cx.now));
    }
    state.on_write_result(record.clone(), basis.epoch, cx);
    Fate::Made(record)
}
