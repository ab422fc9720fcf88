//! The store is written to seldom, and costs little.
//!
//! A state is steady once the share has not changed for a minute; then every
//! minute is judged, beginning at any whole second. The cost is that of all
//! seconds of steady minutes at the run's mean price of a read and of a write,
//! scaled to a month, against a floor plus a tenth of what a counter costs
//! that is written at each call.

use super::{Case, Measure};
use crate::{
    store::capacity::{USD_PER_MILLION_RRU, USD_PER_MILLION_WRU},
    trace::Second,
    units::{SECOND, index, number},
};

const MINUTE: usize = 60;
const MOST_WRITES_PER_S: f64 = 5.0;
const MOST_WRITES_IN_A_SECOND: f64 = 200.0;
const FLOOR_USD: f64 = 3.0;
const SHARE_OF_A_COUNTER: f64 = 0.1;
/// Seconds of a month, which is a twelfth of a year.
const MONTH_S: f64 = 365.25 / 12.0 * 86_400.0;

pub(super) fn judge(case: &Case<'_>) -> Vec<Measure> {
    let busiest = case.seconds.iter().map(|second| second.writes).max();
    let mut measures = vec![Measure {
        what: "writes in a second",
        figure: f64::from(busiest.unwrap_or(0)),
        bound: MOST_WRITES_IN_A_SECOND,
    }];
    let mut steady = Vec::new();
    for span in case.oracle.spans() {
        let settled = if span.time.start == 0 { 0 } else { MINUTE };
        let from = index(span.time.start.div_ceil(SECOND)) + settled;
        let until = index(span.time.end / SECOND).min(case.seconds.len());
        if let Some(seconds) = case.seconds.get(from..until)
            && seconds.len() >= MINUTE
        {
            steady.push(seconds);
        }
    }
    if !steady.is_empty() {
        measures.push(writes(&steady));
        measures.push(cost(case, &steady));
    }
    measures
}

/// The mean of the minute with most writes.
fn writes(steady: &[&[Second]]) -> Measure {
    let mut most = 0;
    for seconds in steady {
        let mut writes: u32 = seconds[..MINUTE].iter().map(|second| second.writes).sum();
        most = most.max(writes);
        for (out, next) in seconds.iter().zip(&seconds[MINUTE..]) {
            writes = writes + next.writes - out.writes;
            most = most.max(writes);
        }
    }
    Measure {
        what: "writes/s of a steady minute",
        figure: f64::from(most) / number(MINUTE as u64),
        bound: MOST_WRITES_PER_S,
    }
}

fn cost(case: &Case<'_>, steady: &[&[Second]]) -> Measure {
    let sum = |count: fn(&Second) -> u32| -> f64 {
        let seconds = steady.iter().flat_map(|seconds| seconds.iter());
        seconds.map(|second| f64::from(count(second))).sum()
    };
    let seconds: usize = steady.iter().map(|seconds| seconds.len()).sum();
    let months = number(seconds as u64) / MONTH_S;
    let figures = case.figures;
    let mean = |units: f64, requests: u64| units / number(requests.max(1));
    let rru = sum(|second| second.reads) * mean(figures.store_rru, figures.store_reads);
    let wru = sum(|second| second.writes) * mean(figures.store_wru, figures.store_writes);
    let usd = (rru * USD_PER_MILLION_RRU + wru * USD_PER_MILLION_WRU) / 1e6;
    let counter = sum(|second| second.calls) * USD_PER_MILLION_WRU / 1e6;
    Measure {
        what: "$ a month",
        figure: usd / months,
        bound: FLOOR_USD + SHARE_OF_A_COUNTER * counter / months,
    }
}
