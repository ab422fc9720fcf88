//! What is known of a request while it is answered.

use lambda_kit::journal::Journal;

use crate::budget::Budget;

/// A request on its way, with the notes taken about it.
#[derive(Debug)]
pub struct Call {
    /// How long it may take.
    pub budget: Budget,
    /// What was asked for it.
    pub journal: Journal,
}
