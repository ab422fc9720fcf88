//! What happened when, as a picture.

use crate::{scenario::Scenario, trace::Trace};

/// One run in a picture.
#[derive(Debug, Clone, Copy)]
pub struct Panel<'a> {
    /// What is run.
    pub title: &'a str,
    /// What happened.
    pub trace: &'a Trace,
}

/// Draws runs of a scenario below one another, as SVG.
pub fn plot(scenario: &Scenario, panels: &[Panel<'_>]) -> String {
    let _ = (scenario, panels);
    String::new()
}
