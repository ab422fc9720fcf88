//! What operators see is what calls meet.
//!
//! Whenever more than half of the fleet's calls of 5 s in a row were refused,
//! the record says open or half-open, or did so within those 5 s, or ramps.
//! Where 5 s hold fewer than ten calls, the last ten are taken. An environment
//! that fails alone rightly stops itself and tells nobody, so its calls do not
//! count. While the store cannot be written, and for 5 s after that, the record
//! can say nothing.

use std::collections::BTreeSet;

use super::{Case, Measure, windows::Windows};
use crate::{
    trace::{Call, Fate},
    units::{SECOND, number},
};

const WINDOW: u64 = 5 * SECOND;
const FEWEST_CALLS: usize = 10;

pub(super) fn judge(case: &Case<'_>) -> Vec<Measure> {
    let told = told(case);
    let calls = case.calls_together(&(0..case.end));
    if calls.len() < FEWEST_CALLS {
        return Vec::new();
    }
    let is_refused = |call: &Call| call.fate != Fate::Admitted;
    let mut silent = BTreeSet::new();
    let (mut first, mut refused) = (0, 0);
    for (last, call) in calls.iter().enumerate() {
        refused += usize::from(is_refused(call));
        while last - first >= FEWEST_CALLS && calls[first].arrived + WINDOW < call.arrived {
            refused -= usize::from(is_refused(calls[first]));
            first += 1;
        }
        let count = last + 1 - first;
        let lasts = call.arrived - calls[0].arrived >= WINDOW && count >= FEWEST_CALLS;
        let window = calls[first].arrived..call.arrived + 1;
        if lasts && 2 * refused > count && told.meeting(&window).is_none() {
            silent.insert(call.arrived / SECOND);
        }
    }
    vec![Measure {
        what: "seconds in which the record is silent",
        figure: number(silent.len() as u64),
        bound: 0.0,
    }]
}

/// When the record says that calls are refused, or cannot say so.
fn told(case: &Case<'_>) -> Windows {
    let down = case
        .store_down
        .iter()
        .map(|fault| fault.start..fault.end + WINDOW);
    Windows::of(case.interrupted().iter().cloned().chain(down))
}
