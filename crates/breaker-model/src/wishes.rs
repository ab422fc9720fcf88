//! What operators want, and what has come of it.

use breaker_core::Change;

/// An operator's wish, by its number in the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OverrideTask {
    pub(crate) number: u8,
    pub(crate) wish: Placing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Placing {
    Place,
    Withdraw,
}

/// What really became of operators' wishes, whatever anybody says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Wishes {
    /// How many there have been.
    begun: u8,
    /// Bit `i` is set when the record has been changed as wish `i` says.
    made: u8,
}

impl Wishes {
    /// A new wish: its number.
    pub(crate) fn begin(&mut self) -> u8 {
        let number = self.begun;
        self.begun += 1;
        number
    }

    pub(crate) fn is_made(self, placed: OverrideTask) -> bool {
        self.made & (1 << placed.number) != 0
    }

    /// The record is changed.
    pub(crate) fn note(&mut self, change: &Change) {
        if let Some(number) = number_of(change) {
            self.made |= 1 << number;
        }
    }
}

/// The number of the wish that a change fulfils.
pub(crate) fn number_of(change: &Change) -> Option<u8> {
    let number = match change {
        Change::PlaceOverride(placed) => &placed.actor,
        Change::WithdrawOverride { actor } => actor,
        Change::Report(_)
        | Change::TakeLease { .. }
        | Change::ProbeSucceeded { .. }
        | Change::ProbeFailed { .. }
        | Change::ReleaseLease { .. }
        | Change::Transition { .. } => return None,
    };
    number.parse().ok()
}
