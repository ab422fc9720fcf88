//! The simulated DynamoDB.

use std::time::Duration;

use breaker_core::Timestamp;
use breaker_sim::{
    process::Answer,
    run::run_with,
    scenario::{Fault, FaultKind, Scenario},
    store::{Cost, Store},
    units::{Micros, SECOND},
};

use crate::probe_process::{Counter, Operation, ProbeProcess, Rules, Seen};

fn scenario() -> Scenario {
    Scenario::quiet()
}

fn store(scenario: &Scenario) -> Store<Counter> {
    Store::new(&scenario.store, 0, Micros::MAX, 1)
}

fn ask(store: &mut Store<Counter>, operation: Operation, now: Micros) -> (Answer<Counter>, Cost) {
    let served = store.serve::<ProbeProcess>(&operation, Timestamp::default(), now);
    (served.answer, served.cost)
}

fn served(store: &mut Store<Counter>, operation: Operation, now: Micros) -> u64 {
    let answers = (0..10_000).map(|_| ask(store, operation, now).0);
    answers
        .filter(|answer| *answer != Answer::Throttled)
        .count() as u64
}

#[test]
fn a_partition_serves_its_units_and_refuses_the_rest() {
    // Saved up: one second's units. A transaction takes two of the record and
    // two of its event.
    for (operation, each_second) in [
        (Operation::Add, 1_000),
        (Operation::Refuse, 1_000),
        (Operation::Transact, 250),
        (Operation::ReadLatest, 3_000),
        (Operation::ReadEventual, 6_000),
    ] {
        let mut store = store(&scenario());
        assert_eq!(served(&mut store, operation, 0), each_second);
        assert_eq!(served(&mut store, operation, 0), 0);
        assert_eq!(served(&mut store, operation, SECOND / 2), each_second / 2);
        assert_eq!(served(&mut store, operation, 60 * SECOND), each_second);
    }
}

#[test]
fn a_refused_write_changes_nothing() {
    let mut store = store(&scenario());
    served(&mut store, Operation::Add, 0);
    assert_eq!(*store.current(), Counter(1_000));
    let (answer, cost) = ask(&mut store, Operation::Add, 0);
    assert_eq!((answer, cost), (Answer::Throttled, Cost::Refused));
    assert_eq!(*store.current(), Counter(1_000));
}

#[test]
fn a_write_whose_condition_fails_costs_as_much_and_shows_the_record() {
    let mut store = store(&scenario());
    ask(&mut store, Operation::Add, 0);
    assert_eq!(
        ask(&mut store, Operation::Refuse, 0),
        (Answer::Conflict(Counter(1)), Cost::Write { units: 1.0 })
    );
}

#[test]
fn eventual_reads_show_the_past_within_their_bound_and_latest_ones_never() {
    let mut scenario = scenario();
    scenario.store.stale_read_ms = 50.0;
    let mut store = store(&scenario);
    let millisecond = 1_000;
    let mut ages = Vec::new();
    for now in 1..=500 {
        ask(&mut store, Operation::Add, now * millisecond);
        let (answer, _) = ask(&mut store, Operation::ReadLatest, now * millisecond);
        assert_eq!(answer, Answer::Record(Counter(now)));
        let Answer::Record(Counter(shown)) =
            ask(&mut store, Operation::ReadEventual, now * millisecond).0
        else {
            panic!("no answer");
        };
        assert!(shown <= now && now - shown <= 50, "{shown} at {now}");
        ages.push(now - shown);
    }
    // Uniform up to the bound.
    let (oldest, sum) = (ages.iter().max().unwrap(), ages.iter().sum::<u64>());
    assert!(*oldest >= 45, "{oldest}");
    assert!((20 * 500..30 * 500).contains(&sum), "{sum}");
}

#[test]
fn a_store_without_staleness_shows_what_is() {
    let mut scenario = scenario();
    scenario.store.stale_read_ms = 0.0;
    let mut store = store(&scenario);
    for now in 1..=100 {
        ask(&mut store, Operation::Add, now);
        let (answer, _) = ask(&mut store, Operation::ReadEventual, now);
        assert_eq!(answer, Answer::Record(Counter(now)));
    }
}

#[test]
fn a_lost_reply_is_of_a_write_that_was_done() {
    let mut scenario = scenario();
    scenario.store.lost_reply_rate = 0.3;
    let mut store = store(&scenario);
    let lost = (0..1_000).filter(|_| ask(&mut store, Operation::Add, 0).0 == Answer::Nothing);
    let lost = lost.count();
    assert!((250..350).contains(&lost), "{lost}");
    assert_eq!(*store.current(), Counter(1_000));
}

#[test]
fn faults_come_and_go() {
    let mut scenario = scenario();
    let fault = |at_s, kind| Fault {
        at_s,
        for_s: 1.0,
        kind,
        latency_ms: None,
    };
    scenario.store.faults = vec![
        fault(1.0, FaultKind::Unavailable),
        fault(2.0, FaultKind::Throttled),
        fault(3.0, FaultKind::Slow),
        Fault {
            latency_ms: Some(70.0),
            ..fault(4.0, FaultKind::Slow)
        },
    ];
    let mut store = store(&scenario);
    let mut answer = |now| ask(&mut store, Operation::Add, now);
    let fine = |count| (Answer::Record(Counter(count)), Cost::Write { units: 1.0 });
    assert_eq!(answer(0), fine(1));
    assert_eq!(answer(SECOND), (Answer::Nothing, Cost::Nothing));
    assert_eq!(answer(2 * SECOND), (Answer::Throttled, Cost::Refused));
    assert_eq!(answer(3 * SECOND), fine(2));
    let mean = |store: &mut Store<Counter>, now| {
        let total: Micros = (0..1_000).map(|_| store.round_trip(now)).sum();
        total / 1_000
    };
    let (fast, slow) = (mean(&mut store, 0), mean(&mut store, 3 * SECOND));
    assert!((4_000..5_500).contains(&fast), "{fast}");
    assert!((200_000..275_000).contains(&slow), "{slow}");
    let as_told = mean(&mut store, 4 * SECOND);
    assert!((70_000..96_000).contains(&as_told), "{as_told}");
}

fn answers(rules: &Rules) -> Vec<Answer<Counter>> {
    rules
        .seen()
        .into_iter()
        .filter_map(|seen| match seen {
            Seen::Answered(_, _, answer) => Some(answer),
            Seen::Begun(..) | Seen::Ended(..) => None,
        })
        .collect()
}

#[test]
fn an_answer_that_takes_too_long_is_none_though_the_write_was_done() {
    let mut scenario = scenario();
    scenario.fleet.warm_up_s = 0.0;
    // Half of the way takes longer than anybody waits.
    scenario.store.latency_ms = 2_000.0;
    let rules = Rules {
        before: Some(Operation::Add),
        timeout: Duration::from_millis(100),
        ..Rules::default()
    };
    let (figures, _) = run_with::<ProbeProcess>(&scenario, &rules, 1);
    let answers = answers(&rules);
    assert!(answers.len() > 500);
    assert!(answers.iter().all(|answer| *answer == Answer::Nothing));
    // What is still on its way at the end is not counted.
    assert!(figures.store_writes > 500, "{}", figures.store_writes);
    // Each call waited exactly as long as it is willing to.
    assert!((figures.max_blocking_ms - 100.0).abs() < 1e-9);
}

#[test]
fn writes_of_a_fleet_are_counted_once_each_and_none_is_lost() {
    let mut scenario = scenario();
    scenario.fleet.warm_up_s = 0.0;
    scenario.fleet.calls_per_second = 200.0;
    let rules = Rules {
        after: Some(Operation::Add),
        ..Rules::default()
    };
    let (figures, _) = run_with::<ProbeProcess>(&scenario, &rules, 1);
    let most = answers(&rules)
        .into_iter()
        .filter_map(|answer| match answer {
            Answer::Record(Counter(count)) => Some(count),
            Answer::Conflict(_) | Answer::Throttled | Answer::Nothing => None,
        });
    let most = most.max().unwrap();
    assert!(figures.store_writes - most <= 5, "{most}");
    assert!(most > 11_000);
}
