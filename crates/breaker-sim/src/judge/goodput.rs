//! A breaker is never much worse than none.
//!
//! Judged are the same calls as for needless refusals, but spells of at most
//! 2 s, blips, excuse nothing: a breaker that trips on them has to make up for
//! it by what it gains. A call that was admitted counts with its chance to
//! succeed, so that the same calls give the same figure and the draws of two
//! runs do not matter. Without a breaker every call is admitted.

use super::{Case, Measure, oracle::Zone};
use crate::{trace::Fate, units::SECOND};

const LONGEST_BLIP: u64 = 2 * SECOND;
const MOST_LOST: f64 = 0.01;
const MOST_LOST_WITH_BLIPS: f64 = 0.05;
/// Fewer successes say nothing about one in a hundred.
const FEWEST: f64 = 100.0;

pub(super) fn judge(case: &Case<'_>) -> Vec<Measure> {
    let excused = case.all_excused(LONGEST_BLIP);
    let (mut all, mut lost) = (0.0, 0.0);
    for call in &case.calls {
        if excused[case.oracle.group(call.environment)].contain(call.arrived) {
            continue;
        }
        let succeeds = 1.0 - case.oracle.share_of(call.environment, call.arrived);
        all += succeeds;
        if call.fate != Fate::Admitted {
            lost += succeeds;
        }
    }
    if all < FEWEST {
        return Vec::new();
    }
    let spells = case.oracle.spells(|zone| zone != Zone::Well);
    let has_blips = spells
        .iter()
        .any(|spell| spell.end - spell.start <= LONGEST_BLIP);
    vec![Measure {
        what: "share of successes lost",
        figure: lost / all,
        bound: if has_blips {
            MOST_LOST_WITH_BLIPS
        } else {
            MOST_LOST
        },
    }]
}
