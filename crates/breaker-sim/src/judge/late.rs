//! Calls are not admitted for long while the share is bad.
//!
//! The oracle knows as soon as a call shows that it is bad, and still has to let
//! some calls pass: those of the first 2 s from then on or the first 30 of the
//! fleet, whichever are more, two of each process that has calls, which hears of
//! it late, and one probe a second.
//! A spell with no more calls than that is not judged.
//!
//! While the store cannot be written each process has only its own calls to
//! learn from: then the first 2 s or 30 calls are those of each process.

use super::{Case, Measure, oracle::Zone};
use crate::{
    trace::{Call, Fate},
    units::{Micros, SECOND, number, seconds_of},
};

const LEEWAY: f64 = 1.5;
const FIRST: u64 = 2 * SECOND;
const FIRST_CALLS: u32 = 30;
const CALLS_OF_A_PROCESS: u32 = 2;
const PROBES_PER_S: f64 = 1.0;

pub(super) fn judge(case: &Case<'_>) -> Vec<Measure> {
    let spells = case.oracle.spells(|zone| zone == Zone::Bad);
    let judged = spells.iter().filter_map(|spell| {
        let calls = case.calls_in(spell);
        let admitted = calls.iter().filter(|call| call.fate == Fate::Admitted);
        let alone = case.store_down.meeting(spell).is_some();
        let shows = spell.start + case.oracle.at(spell.start).shows_after;
        let needed = needed(calls, shows, alone);
        let probes = PROBES_PER_S * seconds_of(spell.end - spell.start);
        let bound = LEEWAY * (needed + probes);
        (number(calls.len() as u64) > bound).then(|| Measure {
            what: "calls admitted",
            figure: number(admitted.count() as u64),
            bound,
        })
    });
    Measure::worst(judged).into_iter().collect()
}

/// How many of the calls of a spell the oracle admits, but for probes.
fn needed(calls: &[Call], shows: Micros, alone: bool) -> f64 {
    let environments = calls.iter().map(|call| call.environment + 1).max();
    let mut seen = vec![Seen::default(); environments.unwrap_or(0) as usize];
    let mut early = 0;
    for call in calls {
        let own = &mut seen[call.environment as usize];
        own.calls += 1;
        if call.arrived < shows + FIRST {
            own.early += 1;
            early += 1;
        }
    }
    let each = |most: fn(&Seen) -> u32| -> f64 {
        let needed = seen.iter().map(|own| f64::from(most(own).min(own.calls)));
        needed.sum()
    };
    let late = each(|_| CALLS_OF_A_PROCESS);
    let learning = if alone {
        each(|own| own.early.max(FIRST_CALLS))
    } else {
        f64::from(early.max(FIRST_CALLS))
    };
    learning + late
}

/// The calls of a process in a spell.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    calls: u32,
    early: u32,
}
