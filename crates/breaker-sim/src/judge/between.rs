//! Within the margin of the threshold a breaker may go either way, but not all
//! the time.
//!
//! Judged are spells of at least ten minutes and thirty calls. What a true trip
//! still costs when the share comes from worse does not count, nor do calls of
//! environments that fail alone.

use super::{Case, Measure, oracle::Zone};
use crate::{
    process::CircuitState,
    trace::Fate,
    units::{SECOND, number, share},
};

const SHORTEST: u64 = 600 * SECOND;
const FEWEST_CALLS: usize = 30;
const MOST_REFUSED: f64 = 0.1;
/// In this time the circuit opens once at most.
const CALM: u64 = 600 * SECOND;

pub(super) fn judge(case: &Case<'_>) -> Vec<Measure> {
    let bad = case.oracle.spells(|zone| zone == Zone::Bad);
    let spells = case.oracle.spells(|zone| zone == Zone::Between);
    let measures = spells.iter().filter_map(|spell| {
        let comes_from_worse = bad.iter().any(|bad| bad.end == spell.start);
        let from = if comes_from_worse {
            case.deadline(spell.start).normal.min(spell.end)
        } else {
            spell.start
        };
        let lasts = spell.end - from;
        let calls = case.calls_together(&(from..spell.end));
        if lasts < SHORTEST || calls.len() < FEWEST_CALLS {
            return None;
        }
        let refused = calls.iter().filter(|call| call.fate != Fate::Admitted);
        let mut previous = CircuitState::Closed;
        let mut opens = 0;
        for (at, state) in &case.states {
            let opens_now = previous == CircuitState::Closed && *state == CircuitState::Open;
            opens += u64::from(opens_now && (from..spell.end).contains(at));
            previous = *state;
        }
        let allowed = lasts.div_ceil(CALM);
        Some([
            Measure {
                what: "share of calls refused",
                figure: share(refused.count() as u64, calls.len() as u64).unwrap_or(0.0),
                bound: MOST_REFUSED,
            },
            Measure {
                what: "openings",
                figure: number(opens),
                bound: number(allowed),
            },
        ])
    });
    let measures: Vec<[Measure; 2]> = measures.collect();
    let worst = |index: usize| Measure::worst(measures.iter().map(|both| both[index].clone()));
    [worst(0), worst(1)].into_iter().flatten().collect()
}
