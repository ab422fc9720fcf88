//! Calls are not refused without need.
//!
//! Judged are calls that arrive while the share of the fleet and that of their
//! own environment are well, but for those that a true trip still costs. Fewer
//! than a hundred such calls say nothing about one in a hundred.

use super::{Case, Measure};
use crate::{trace::Fate, units::share};

const MOST_REFUSED: f64 = 0.01;
const FEWEST_CALLS: u64 = 100;

pub(super) fn judge(case: &Case<'_>) -> Vec<Measure> {
    let excused = case.all_excused(0);
    let (mut calls, mut refused) = (0, 0);
    for call in &case.calls {
        if !excused[case.oracle.group(call.environment)].contain(call.arrived) {
            calls += 1;
            refused += u64::from(call.fate != Fate::Admitted);
        }
    }
    if calls < FEWEST_CALLS {
        return Vec::new();
    }
    vec![Measure {
        what: "share of calls refused",
        figure: share(refused, calls).unwrap_or(0.0),
        bound: MOST_REFUSED,
    }]
}
