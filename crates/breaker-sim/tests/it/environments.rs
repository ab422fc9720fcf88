//! Environments: one call at a time, their own clocks, sudden ends.

use std::collections::{BTreeMap, BTreeSet};

use breaker_core::Outcome;
use breaker_sim::{
    run::run_with,
    scenario::{ClockStep, Exception, FleetChange, Scenario},
};

use crate::probe_process::{Operation, ProbeProcess, Rules, Seen};

fn quiet(environments: u32, calls_per_second: f64) -> Scenario {
    let mut scenario = Scenario::quiet();
    scenario.fleet.environments = environments;
    scenario.fleet.calls_per_second = calls_per_second;
    scenario.fleet.warm_up_s = 0.0;
    scenario
}

fn all_errands() -> Rules {
    Rules {
        before: Some(Operation::ReadEventual),
        beside: Some(Operation::Add),
        after: Some(Operation::Transact),
        ..Rules::default()
    }
}

/// The most calls that one environment had at once.
fn overlap(seen: &[Seen]) -> i32 {
    let mut calls: BTreeMap<u64, i32> = BTreeMap::new();
    let mut most = 0;
    for seen in seen {
        match seen {
            Seen::Begun(id, _) => {
                let now = calls.entry(*id).or_default();
                *now += 1;
                most = most.max(*now);
            }
            Seen::Ended(id, ..) => *calls.entry(*id).or_default() -= 1,
            Seen::Answered(..) => {}
        }
    }
    most
}

#[test]
fn an_environment_has_one_call_at_a_time_as_long_as_one_is_idle() {
    let rules = all_errands();
    // On average 3 of 20 are busy.
    run_with::<ProbeProcess>(&quiet(20, 100.0), &rules, 1);
    let seen = rules.seen();
    assert!(seen.len() > 10_000);
    assert_eq!(overlap(&seen), 1);
}

#[test]
fn calls_overlap_only_when_none_is_idle() {
    let rules = all_errands();
    run_with::<ProbeProcess>(&quiet(2, 200.0), &rules, 1);
    assert!(overlap(&rules.seen()) > 1);
}

#[test]
fn nothing_is_under_way_when_an_environment_sleeps() {
    let rules = Rules {
        before: None,
        ..all_errands()
    };
    let mut scenario = quiet(20, 100.0);
    scenario.fleet.freeze = true;
    scenario.store.latency_ms = 30.0;
    run_with::<ProbeProcess>(&scenario, &rules, 1);
    // Each call brings two answers, and both come before the next call begins.
    let mut answers: BTreeMap<u64, u32> = BTreeMap::new();
    for seen in rules.seen() {
        match seen {
            Seen::Begun(id, _) => {
                let pending = answers.insert(id, 2);
                assert!(pending.is_none_or(|pending| pending == 0), "{pending:?}");
            }
            Seen::Answered(id, ..) => *answers.get_mut(&id).unwrap() -= 1,
            Seen::Ended(..) => {}
        }
    }
}

#[test]
fn clocks_are_off_by_at_most_the_skew_and_each_by_its_own() {
    let rules = Rules::default();
    let mut scenario = quiet(20, 1000.0);
    scenario.fleet.clock_skew_ms = 400.0;
    run_with::<ProbeProcess>(&scenario, &rules, 1);
    // Calls come every millisecond, so what a clock shows against the others'
    // mean is how far it is off.
    let mut offsets: BTreeMap<u64, i64> = BTreeMap::new();
    for (placed, seen) in (0_i64..).zip(rules.seen().iter().filter(|seen| is_begun(seen))) {
        if let Seen::Begun(id, ms) = seen {
            offsets.insert(*id, i64::try_from(*ms).unwrap() - placed);
        }
    }
    let spread = offsets.values().max().unwrap() - offsets.values().min().unwrap();
    assert!((200..=1_000).contains(&spread), "{spread}");
}

fn is_begun(seen: &Seen) -> bool {
    matches!(seen, Seen::Begun(..))
}

#[test]
fn an_environment_that_vanishes_is_replaced_by_a_cold_one() {
    let rules = Rules::default();
    let mut scenario = quiet(5, 20.0);
    scenario.fleet.crash_rate = 0.1;
    let (figures, _) = run_with::<ProbeProcess>(&scenario, &rules, 1);
    let seen = rules.seen();
    let ids: BTreeSet<u64> = seen
        .iter()
        .filter_map(|seen| match seen {
            Seen::Begun(id, _) => Some(*id),
            Seen::Answered(..) | Seen::Ended(..) => None,
        })
        .collect();
    assert!((80..=160).contains(&figures.crashed), "{}", figures.crashed);
    // The last of them may not have had a call yet.
    let replaced = u64::try_from(ids.len()).unwrap() - 5;
    assert!(figures.crashed - replaced <= 5, "{replaced}");
    // Whoever vanished tells nothing any more.
    let ended = seen.iter().filter(|seen| matches!(seen, Seen::Ended(..)));
    let ended = u64::try_from(ended.count()).unwrap();
    assert_eq!(ended, figures.succeeded + figures.failed);
}

#[test]
fn a_call_ends_at_the_callers_own_limit_and_is_slow() {
    let rules = Rules::default();
    let mut scenario = quiet(100, 10.0);
    scenario.dependency[0].latency_ms = 60_000.0;
    scenario.fleet.timeout_ms = 700.0;
    let (figures, _) = run_with::<ProbeProcess>(&scenario, &rules, 1);
    let outcomes: Vec<Outcome> = rules
        .seen()
        .iter()
        .filter_map(|seen| match seen {
            Seen::Ended(_, _, outcome) => Some(*outcome),
            Seen::Begun(..) | Seen::Answered(..) => None,
        })
        .collect();
    assert!(outcomes.len() > 400);
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Slow));
    assert_eq!(figures.succeeded, 0);
}

/// The calls of each environment, by when they begin.
fn begun(seen: &[Seen]) -> BTreeMap<u64, Vec<u64>> {
    let mut calls: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for seen in seen {
        if let Seen::Begun(id, ms) = seen {
            calls.entry(*id).or_default().push(*ms);
        }
    }
    calls
}

#[test]
fn a_fleet_grows_by_cold_environments_and_shrinks_by_its_last_ones() {
    let rules = Rules::default();
    let mut scenario = quiet(2, 100.0);
    scenario.fleet.changes = [(20.0, 6), (40.0, 1), (50.0, 3)]
        .map(|(at_s, environments)| FleetChange { at_s, environments })
        .into();
    run_with::<ProbeProcess>(&scenario, &rules, 1);
    let calls = begun(&rules.seen());
    let start = calls.values().map(|calls| calls[0]).min().unwrap();
    // From and until when each has calls, in tens of seconds.
    let mut times: Vec<(u64, u64)> = calls
        .values()
        .map(|calls| {
            let tens = |ms: u64| (ms - start + 200) / 10_000;
            (tens(calls[0]), tens(*calls.last().unwrap() - 400))
        })
        .collect();
    times.sort_unstable();
    let expected = [
        (0, 3),
        (0, 5),
        (2, 3),
        (2, 3),
        (2, 3),
        (2, 3),
        (5, 5),
        (5, 5),
    ];
    assert_eq!(times, expected);
}

#[test]
fn the_clocks_of_the_first_environments_are_set_at_a_moment() {
    let rules = Rules::default();
    let mut scenario = quiet(5, 100.0);
    scenario.clocks = vec![ClockStep {
        at_s: 30.0,
        count: 2,
        by_ms: -7_000,
    }];
    run_with::<ProbeProcess>(&scenario, &rules, 1);
    let calls = begun(&rules.seen());
    let is_set = |calls: &&Vec<u64>| calls.windows(2).any(|pair| pair[1] + 6_000 < pair[0]);
    assert_eq!(calls.values().filter(is_set).count(), 2);
}

#[test]
fn environments_differ_in_failures_and_traffic_for_their_time_only() {
    let rules = Rules::default();
    let mut scenario = quiet(10, 100.0);
    scenario.environments = vec![Exception {
        count: 1,
        failure_rate: 1.0,
        traffic: 5.0,
        from_s: Some(20.0),
        until_s: Some(40.0),
    }];
    let (figures, trace) = run_with::<ProbeProcess>(&scenario, &rules, 1);
    let failed = |from: usize, until: usize| -> u32 {
        let seconds = trace.seconds[from..until].iter();
        seconds.map(|second| second.failed).sum()
    };
    assert_eq!(failed(0, 20) + failed(41, 60), 0);
    // 5 of 14 of 2,000 calls, but for those that come while it has one: a call
    // takes 20 ms, and it gets 36 a second.
    let share = f64::from(failed(20, 41)) / 2_000.0;
    assert!((0.2..0.36).contains(&share), "{share} of {figures:?}");
}
