//! Tables of what was measured against what must hold.
//!
//! A row is a scenario with a `[row]` table: over which fleets and how many
//! seeds it is run, and what must hold. The rows live in `scenarios/`, one a
//! file, and each can be run alone.

mod comparison;
mod document;
mod judge;

pub use comparison::Comparison;
pub use document::{Measured, page};
pub use judge::{CellVerdict, CheckVerdict, RowVerdict, judge};
