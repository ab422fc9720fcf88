//! Rules on traces made by hand.
//!
//! An ideal breaker, which knows the truth, keeps every rule in every small
//! cell of the grid; and each thing that is spoiled breaks the rule that is
//! about it wherever it can be seen.

use std::ops::Range;

use super::{
    Finding, Measure, Rule,
    case::Case,
    judge,
    oracle::{Oracle, Zone},
};
use crate::{
    figures::Figures,
    grid::Cell,
    process::{CircuitState, Refusal},
    run::{Outcome, run_keeping_calls},
    scenario::{Kind, Scenario},
    sweep::total_calls,
    trace::{Fate, Second, Trace},
    units::{Micros, SECOND, micros_of_s, seconds_of},
};

const CIRCUIT: Fate = Fate::Refused(Refusal::Circuit);
const ITSELF: Fate = Fate::Refused(Refusal::Itself);

/// A run in the making.
struct Run {
    scenario: Scenario,
    trace: Trace,
    /// When the ideal breaker refuses calls.
    open: Vec<Range<Micros>>,
}

impl Run {
    /// What a breaker does that knows the truth: it lets the fleet's first 2 s
    /// or 30 calls of a bad spell pass and closes half a second after it.
    fn ideal(scenario: &Scenario) -> Self {
        let scenario = Scenario {
            breaker: Kind::None,
            ..scenario.clone()
        };
        let mut trace = run_keeping_calls(&scenario, scenario.seed).trace;
        let oracle = Oracle::of(&scenario);
        let figures = Figures::default();
        let case = Case::new(&scenario, &figures, &trace);
        let spells = oracle.spells(|zone| zone == Zone::Bad);
        let opens = spells.iter().filter_map(|spell| {
            let learned = (spell.start + 2 * SECOND).max(case.time_of_calls(spell.start, 30));
            (learned < spell.end).then_some(learned..spell.end)
        });
        let open: Vec<Range<Micros>> = opens.collect();
        for call in &mut trace.calls {
            if open.iter().any(|open| open.contains(&call.arrived)) {
                call.fate = CIRCUIT;
            }
        }
        for open in &open {
            let closed = open.end + SECOND / 2;
            trace
                .states
                .push((seconds_of(open.start), CircuitState::Open));
            trace
                .states
                .push((seconds_of(closed), CircuitState::Closed));
        }
        Self {
            scenario: Scenario {
                breaker: Kind::Fleet,
                ..scenario
            },
            trace,
            open,
        }
    }

    /// Every `nth` of the calls that lie like this is refused.
    fn refuse(&mut self, nth: usize, by: Fate, lie_like_this: impl Fn(Micros) -> bool) {
        let calls = self.trace.calls.iter_mut();
        let mut calls: Vec<_> = calls.filter(|call| lie_like_this(call.arrived)).collect();
        calls.sort_by_key(|call| call.arrived);
        for call in calls.into_iter().step_by(nth) {
            call.fate = by;
        }
    }

    fn finding(&self, rule: Rule) -> Finding {
        let outcome = Outcome {
            scenario: self.scenario.name.clone(),
            breaker: self.scenario.breaker.as_str(),
            seed: self.scenario.seed,
            figures: Figures {
                store_writes: 1,
                store_wru: 1.0,
                ..Figures::default()
            },
            trace: self.trace.clone(),
        };
        judge(&self.scenario, &outcome, &[rule]).remove(0)
    }
}

/// Small cells of the grid.
fn cells() -> impl Iterator<Item = Cell> {
    let cells = (0..600).map(|number| Cell::draw(11, number));
    cells.filter(|cell| total_calls(&cell.scenario) < 30_000.0)
}

/// Spoils the ideal run of every small cell and asserts that a rule says so,
/// wherever it applies and there is something to spoil. `spoil` gives whether
/// there is.
fn spoiled(rule: Rule, spoil: impl Fn(&mut Run) -> bool) {
    let mut seen = 0;
    for cell in cells() {
        let mut run = Run::ideal(&cell.scenario);
        let applies = !run.finding(rule).measures.is_empty();
        if spoil(&mut run) && applies {
            let finding = run.finding(rule);
            assert_eq!(
                finding.holds(),
                Some(false),
                "{finding:?} {}",
                cell.scenario.name
            );
            seen += 1;
        }
    }
    assert!(seen >= 3, "{seen}");
}

#[test]
fn an_ideal_breaker_keeps_every_rule() {
    let mut applied = Vec::new();
    for cell in cells() {
        let run = Run::ideal(&cell.scenario);
        for rule in Rule::ALL {
            let finding = run.finding(rule);
            assert_ne!(
                finding.holds(),
                Some(false),
                "{finding:?} {:?}",
                cell.scenario
            );
            applied.extend(finding.holds().map(|_| rule));
        }
    }
    for rule in Rule::ALL {
        let times = applied.iter().filter(|applied| **applied == rule).count();
        assert!(times >= 3, "{rule:?} applied {times} times");
    }
}

#[test]
fn two_in_a_hundred_calls_refused_without_need_are_too_many() {
    for rule in [Rule::Needless, Rule::Goodput] {
        spoiled(rule, |run| {
            if rule == Rule::Goodput
                && run.finding(rule).measures[..]
                    .iter()
                    .any(|measure| measure.bound > 0.01)
            {
                return false;
            }
            let oracle = Oracle::of(&run.scenario);
            run.refuse(50, ITSELF, |arrived| oracle.at(arrived).zone == Zone::Well);
            true
        });
    }
}

#[test]
fn a_circuit_that_closes_late_is_slow_to_return() {
    spoiled(Rule::Return, |run| {
        let oracle = Oracle::of(&run.scenario);
        let figures = Figures::default();
        let deadlines: Vec<f64> = {
            let case = Case::new(&run.scenario, &figures, &run.trace);
            let deadline = |open: &Range<Micros>| {
                let deadline = case.deadline(open.end);
                let well = oracle.spells(|zone| zone == Zone::Well);
                let next = well.at(open.end).map_or(0, |spell| spell.end);
                if deadline.normal < next {
                    seconds_of(deadline.closed) + 0.1
                } else {
                    0.0
                }
            };
            run.open.iter().map(deadline).collect()
        };
        // The states are closed, and then open and closed for each spell.
        for (pair, closes) in run.trace.states[1..].chunks_mut(2).zip(&deadlines) {
            pair[1].0 = pair[1].0.max(*closes);
        }
        deadlines.iter().any(|closes| *closes > 0.0)
    });
}

#[test]
fn calls_that_all_pass_while_the_share_is_bad_are_admitted_late() {
    spoiled(Rule::Late, |run| {
        for call in &mut run.trace.calls {
            call.fate = Fate::Admitted;
        }
        true
    });
}

#[test]
fn a_fifth_of_calls_refused_between_is_too_many() {
    spoiled(Rule::Between, |run| {
        let oracle = Oracle::of(&run.scenario);
        run.refuse(5, CIRCUIT, |arrived| {
            oracle.at(arrived).zone == Zone::Between
        });
        true
    });
}

#[test]
fn a_circuit_that_opens_each_minute_flaps() {
    spoiled(Rule::Between, |run| {
        let states = (0..10_000).flat_map(|minute| {
            let opens = 60.0 * f64::from(minute);
            [
                (opens, CircuitState::Open),
                (opens + 0.1, CircuitState::Closed),
            ]
        });
        let end = run.scenario.duration_s;
        run.trace.states = states.take_while(|(at_s, _)| *at_s < end).collect();
        true
    });
}

#[test]
fn calls_refused_under_a_closed_record_are_not_honest() {
    spoiled(Rule::Honest, |run| {
        run.trace.states.truncate(1);
        let down = run.scenario.store.faults.is_empty();
        let figures = Figures::default();
        let case = Case::new(&run.scenario, &figures, &run.trace);
        // Some spells are too short to say so.
        let long = |open: &Range<Micros>| {
            case.calls_in(open).len() > 10 && open.end - open.start > 6 * SECOND
        };
        down && run.open.iter().any(long)
    });
}

#[test]
fn six_writes_a_second_and_a_burst_of_300_are_dear() {
    let seconds = |writes: u32, run: &Run| -> Vec<Second> {
        let all = run.trace.seconds.iter();
        all.map(|second| Second { writes, ..*second }).collect()
    };
    spoiled(Rule::Cheap, |run| {
        run.trace.seconds = seconds(6, run);
        run.finding(Rule::Cheap).measures.len() > 1
    });
    spoiled(Rule::Cheap, |run| {
        run.trace.seconds[7].writes = 300;
        true
    });
    // 3 writes/s are few, but for a quiet fleet they cost too much.
    spoiled(Rule::Cheap, |run| {
        run.trace.seconds = seconds(3, run);
        run.finding(Rule::Cheap).measures.len() > 1 && run.scenario.fleet.calls_per_second < 1.0
    });
}

/// Three environments of nine fail alone from 100 s on, so many calls of the
/// others besides.
fn a_third(until_s: u32, failure_rate: f64) -> Run {
    let text = format!(
        "name = \"a\"\nduration_s = 900\n[fleet]\nenvironments = 9\n\
         calls_per_second = 10\n[[dependency]]\nat_s = 0\nfailure_rate = {failure_rate}\n\
         [[environment]]\ncount = 3\nfailure_rate = 1.0\nfrom_s = 100\nuntil_s = {until_s}\n"
    );
    Run::ideal(&Scenario::read(&text).unwrap())
}

#[test]
fn environments_that_fail_alone_do_not_make_the_others_look_bad() {
    // 47 % of all calls are bad.
    for (stop, holds) in [(0..3, true), (3..6, false)] {
        let mut run = a_third(900, 0.2);
        for call in &mut run.trace.calls {
            if stop.contains(&call.environment) && call.arrived > 105 * SECOND {
                call.fate = ITSELF;
            }
        }
        for rule in [Rule::Between, Rule::Honest] {
            assert_eq!(run.finding(rule).holds(), Some(holds), "{rule:?} {stop:?}");
        }
    }
}

#[test]
fn an_environment_that_fails_alone_may_stop_itself_and_no_other_may() {
    let rules = [Rule::Needless, Rule::Goodput, Rule::Honest];
    for (environment, may) in [(0, true), (3, false)] {
        let mut run = a_third(200, 0.0);
        for call in &mut run.trace.calls {
            if call.environment == environment && call.arrived > 105 * SECOND {
                call.fate = ITSELF;
            }
        }
        // It has not yet come back when the run ends.
        run.trace.calls.retain(|call| call.arrived < 201 * SECOND);
        for rule in &rules[..2] {
            assert_eq!(run.finding(*rule).holds(), Some(may), "{rule:?}");
        }
        assert_eq!(run.finding(rules[2]).holds(), Some(true));
    }
}

#[test]
fn blips_excuse_refusals_but_not_what_they_cost() {
    let text = "name = \"a\"\nduration_s = 200\n[fleet]\nenvironments = 3\n\
        calls_per_second = 100\n[[dependency]]\nat_s = 0\n\
        [[dependency]]\nat_s = 100\nfailure_rate = 1.0\n\
        [[dependency]]\nat_s = 101\nfailure_rate = 0.0\n";
    for (lasts, holds) in [(5, true), (12, false)] {
        let mut run = Run::ideal(&Scenario::read(text).unwrap());
        let refused = 101 * SECOND..(101 + lasts) * SECOND;
        run.refuse(1, CIRCUIT, |arrived| refused.contains(&arrived));
        assert_eq!(run.finding(Rule::Needless).holds(), Some(true));
        assert_eq!(run.finding(Rule::Goodput).holds(), Some(holds), "{lasts}");
    }
}

#[test]
fn an_opening_soon_after_the_return_is_part_of_it_and_a_later_one_is_not() {
    let text = "name = \"a\"\nduration_s = 300\n[fleet]\nenvironments = 3\n\
        calls_per_second = 100\n[[dependency]]\nat_s = 0\nfailure_rate = 1.0\n\
        [[dependency]]\nat_s = 100\nfailure_rate = 0.0\n";
    for (reopens, figure) in [(107.0, 27.0), (109.0, 5.5)] {
        let mut run = Run::ideal(&Scenario::read(text).unwrap());
        run.trace.states.push((reopens, CircuitState::Open));
        run.trace.states.push((122.0, CircuitState::Closed));
        let measures = run.finding(Rule::Return).measures;
        assert!((measures[0].figure - figure).abs() < 1e-6, "{measures:?}");
        assert!((measures[0].bound - 13.0).abs() < 1e-6, "{measures:?}");
    }
}

#[test]
fn the_way_back_is_counted_from_the_stores_return_if_that_is_later() {
    let text = "name = \"a\"\nduration_s = 300\n[fleet]\nenvironments = 3\n\
        calls_per_second = 100\n[[dependency]]\nat_s = 0\nfailure_rate = 1.0\n\
        [[dependency]]\nat_s = 100\nfailure_rate = 0.0\n\
        [[store.fault]]\nat_s = 90\nfor_s = 60\nkind = \"unavailable\"\n";
    let run = Run::ideal(&Scenario::read(text).unwrap());
    let figures = Figures::default();
    let case = Case::new(&run.scenario, &figures, &run.trace);
    assert_eq!(case.deadline(100 * SECOND).normal, micros_of_s(163.0));
}

#[test]
fn what_misses_its_bound_by_most_is_told() {
    let measure = |figure, bound| Measure {
        what: "",
        figure,
        bound,
    };
    let worst = Measure::worst([measure(3.0, 2.0), measure(9.0, 8.0), measure(0.0, 0.0)]);
    assert_eq!(worst, Some(measure(3.0, 2.0)));
    assert!(measure(1.0, 0.0).excess() > measure(0.0, 0.0).excess());
}
