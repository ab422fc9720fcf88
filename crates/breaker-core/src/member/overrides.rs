//! An operator's override, from the wish to the record that shows it.
//!
//! ```text
//!   place, withdraw ──▶ request ── answer ──▶ Done(record)
//!                                    ├──────▶ Failed(error)
//!                                    └──────▶ Pending(request) ── answer ──▶ …
//! ```
//!
//! The record is read first, and the override is written on what was read. If
//! the record moves in between, it is written again; if the answer is lost,
//! [`Commit`] finds out what became of it.

use std::sync::Arc;

use super::{
    Operation,
    commit::{Commit, Fate, Progress},
    context::Context,
    plausible::LONGEST,
    state::State,
};
use crate::{
    protocol::{Change, Epoch, Record},
    store::{Consistency, StoreError},
};

/// How many bytes an override's reason and its actor may have: both are stored,
/// and read with every look at the record.
const LONGEST_TEXT: usize = 1_000;

/// How often an override is written while the record moves under it.
const ATTEMPTS: u32 = 6;

/// Where an operator's override stands.
#[derive(Debug)]
#[must_use]
pub enum OverrideStep {
    /// It is in force, or withdrawn. The record shows it.
    Done(Record),
    /// The store has failed, or the record moves faster than the override can
    /// be written ([`StoreError::Contended`]). If the error leaves open whether
    /// it had an effect ([`StoreError::had_no_effect`]), so is the override's.
    Failed(StoreError),
    /// The store must be asked.
    Pending(OverrideRequest),
}

/// Whether a change is one that can be stored and understood.
///
/// # Errors
///
/// [`StoreError::Refused`] if it lasts for too long, or a text of it is too
/// long.
fn check(change: &Change, cx: &Context<'_>) -> Result<(), StoreError> {
    let (reason, actor, expires) = match change {
        Change::PlaceOverride(placed) => (&*placed.reason, &*placed.actor, placed.expires),
        Change::WithdrawOverride { actor } => ("", &**actor, cx.now),
        Change::Report(_)
        | Change::TakeLease { .. }
        | Change::ProbeSucceeded { .. }
        | Change::ProbeFailed { .. }
        | Change::ReleaseLease { .. }
        | Change::Transition { .. } => return Ok(()),
    };
    let refuse = |why| Err(StoreError::Refused(why));
    if cx.now + LONGEST < expires {
        let hours = LONGEST.as_secs() / 3_600;
        return refuse(format!("an override lasts for {hours} h at most"));
    }
    for (what, text) in [("reason", reason), ("actor", actor)] {
        let bytes = text.len();
        if bytes > LONGEST_TEXT {
            return refuse(format!(
                "an override's {what} has {LONGEST_TEXT} bytes at most, not {bytes}"
            ));
        }
    }
    Ok(())
}

/// A request on behalf of an operator.
///
/// Perform the operation and give the answer to
/// [`Member::answer_override`](super::Member::answer_override). Dropping it
/// leaves open whether the override is in force.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub struct OverrideRequest(Box<Overriding>);

#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
struct Overriding {
    /// What the operator wants.
    change: Change,
    /// How many more times it may be written.
    attempts_left: u32,
    stage: Stage,
}

#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
enum Stage {
    /// The record is read.
    Look {
        /// The epoch that was known.
        known: Epoch,
    },
    /// The override is written.
    Commit(Commit),
}

impl OverrideRequest {
    /// The first request on the way to `change`, when epoch `known` is known.
    pub(super) fn begin(change: Change, known: Epoch) -> Self {
        Self(Box::new(Overriding {
            change,
            attempts_left: ATTEMPTS,
            stage: Stage::Look { known },
        }))
    }

    /// What to ask the store.
    pub fn operation(&self) -> Operation {
        match &self.0.stage {
            Stage::Look { .. } => Operation::Load(Consistency::Strong),
            Stage::Commit(commit) => commit.operation(),
        }
    }

    /// The store has answered.
    pub(super) fn answer(
        self,
        answer: Result<Record, StoreError>,
        state: &mut State,
        cx: &mut Context<'_>,
    ) -> OverrideStep {
        let Overriding {
            change,
            attempts_left,
            stage,
        } = *self.0;
        match stage {
            Stage::Look { known } => match answer {
                Ok(record) => {
                    state.on_strong_read(record, known, cx);
                    if let Err(refused) = check(&change, cx) {
                        return OverrideStep::Failed(refused);
                    }
                    Self::write(change, attempts_left, state)
                }
                Err(error) => {
                    state.on_store_failure(&error, cx);
                    OverrideStep::Failed(error)
                }
            },
            Stage::Commit(commit) => match commit.answer(answer, state, cx) {
                Progress::Pending(commit) => OverrideStep::Pending(Self(Box::new(Overriding {
                    change,
                    attempts_left,
                    stage: Stage::Commit(commit),
                }))),
                Progress::Settled(Fate::Made(record)) => OverrideStep::Done(record),
                Progress::Settled(Fate::Superseded) => Self::write(change, attempts_left, state),
                Progress::Settled(Fate::Failed(error)) => OverrideStep::Failed(error),
            },
        }
    }

    /// Writes the override on the newest record that is known.
    fn write(change: Change, attempts_left: u32, state: &State) -> OverrideStep {
        let Some(attempts_left) = attempts_left.checked_sub(1) else {
            return OverrideStep::Failed(StoreError::Contended);
        };
        let basis = Arc::clone(state.view.record());
        let commit = Commit::new(basis, change.clone());
        OverrideStep::Pending(Self(Box::new(Overriding {
            change,
            attempts_left,
            stage: Stage::Commit(commit),
        })))
    }
}
