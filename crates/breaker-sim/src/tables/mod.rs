//! Tables of what was measured against what must hold.
//!
//! A row is a scenario with a `[row]` table: over which fleets and how many
//! seeds it is run, and what must hold. The rows live in `scenarios/`, one a
//! file, and each can be run alone.

mod comparison;
mod condition;
mod document;
mod judge;
mod row;

pub use comparison::Comparison;
pub use condition::Condition;
pub use document::{page, summary};
pub use judge::{CellVerdict, CheckVerdict, RowVerdict, judge};
pub use row::{Check, Row};
