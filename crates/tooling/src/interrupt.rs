//! Ctrl-C and SIGTERM, as a flag that everything that waits looks at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

/// Why something ended early: the user, or a step beside it that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Raised once, never lowered. A part of the work can have an interrupt of its
/// own, which is raised with the whole's.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    own: Arc<AtomicBool>,
    whole: Option<Arc<AtomicBool>>,
}

impl Interrupt {
    /// One that only [`Self::raise`] raises.
    pub fn new() -> Self {
        Self::default()
    }

    /// Raised by Ctrl-C, SIGTERM and SIGHUP.
    ///
    /// # Errors
    /// When the handler cannot be installed.
    pub fn from_signals() -> Result<Self> {
        let interrupt = Self::new();
        let raised = interrupt.clone();
        ctrlc::set_handler(move || raised.raise()).context("handling Ctrl-C")?;
        Ok(interrupt)
    }

    /// For steps that run beside one another: one that fails stops the others,
    /// and nothing but them.
    #[must_use]
    pub fn part(&self) -> Self {
        Self {
            own: Arc::default(),
            whole: Some(Arc::clone(&self.own)),
        }
    }

    /// Asks everything that looks at it to stop.
    pub fn raise(&self) {
        self.own.store(true, Ordering::SeqCst);
    }

    /// Whether to stop.
    pub fn is_raised(&self) -> bool {
        let is_set = |flag: &Arc<AtomicBool>| flag.load(Ordering::SeqCst);
        is_set(&self.own) || self.whole.as_ref().is_some_and(is_set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_stops_with_the_whole_but_not_the_other_way_round() {
        let whole = Interrupt::new();
        let part = whole.part();
        part.raise();
        assert!(!whole.is_raised());

        let other = whole.part();
        whole.raise();
        assert!(other.is_raised());
    }
}
