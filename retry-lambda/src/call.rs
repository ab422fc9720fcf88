//! What is known of a request while it is answered.

use lambda_kit::attempt_log::AttemptLog;

use crate::{budget::Budget, commit::Commit};

/// A request on its way, with the notes taken about it.
#[derive(Debug)]
pub struct Call {
    /// How long it may take.
    pub budget: Budget,
    /// What was asked for it.
    pub attempt_log: AttemptLog,
    /// What is known of its commit, if it is a write.
    pub commit: Commit,
}
