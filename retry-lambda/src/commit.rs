//! Whether a write may have been done although nobody knows its outcome.

use std::sync::atomic::{AtomicBool, Ordering};

/// What is known of the commit of one write.
///
/// Until the database is told to commit, whatever goes wrong leaves it as it was: the
/// transaction ends with its connection. From then on only the database's answer tells.
#[derive(Debug, Default)]
pub struct Commit {
    sent: AtomicBool,
}

impl Commit {
    /// The database is about to be told to commit, or turns out to have been told before.
    pub(crate) fn sending(&self) {
        self.sent.store(true, Ordering::Relaxed);
    }

    /// Whether it is certain that the write was not done.
    pub fn is_certainly_undone(&self) -> bool {
        !self.sent.load(Ordering::Relaxed)
    }
}
