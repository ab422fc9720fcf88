//! Service is normal soon after the share is well again.
//!
//! For each return of the share to well: the time until the record is closed
//! and the ramp is over. A circuit that opens again before its deadline to
//! close counts as not yet closed; later openings are needless, not slow. A
//! return whose deadline lies beyond the end of the run, or in the next spell
//! that is not well, is not judged.

use super::{Case, Measure, oracle::Zone, windows::Windows};
use crate::units::{Micros, seconds_of};

pub(super) fn judge(case: &Case<'_>) -> Vec<Measure> {
    let interrupted = case.interrupted();
    let well = case.oracle.spells(|zone| zone == Zone::Well);
    let returns = well.iter().filter(|spell| spell.start > 0);
    let judged = returns.filter_map(|spell| {
        let deadline = case.deadline(spell.start);
        (deadline.normal < spell.end).then(|| Measure {
            what: "seconds to normal service",
            figure: seconds_of(
                normal_from(&interrupted, deadline.from, deadline.closed) - deadline.from,
            ),
            bound: seconds_of(deadline.normal - deadline.from),
        })
    });
    Measure::worst(judged).into_iter().collect()
}

/// When the last interruption that begins in a time is over.
fn normal_from(interrupted: &Windows, from: Micros, until: Micros) -> Micros {
    let mut normal = from;
    while let Some(window) = interrupted.meeting(&(normal..until.max(normal + 1))) {
        normal = window.end;
    }
    normal
}
