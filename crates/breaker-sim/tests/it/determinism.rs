//! The same scenario and seed give the same bytes.

use breaker_sim::{
    run::run,
    scenario::{Fault, FaultKind, Grid, Kind, Scenario},
    sweep::run_all,
};

use crate::scenario::outage;

fn adverse(kind: Kind) -> Scenario {
    let mut scenario = outage(50, 100.0, kind);
    scenario.fleet.clock_skew_ms = 300.0;
    scenario.fleet.crash_rate = 0.01;
    scenario.store.lost_reply_rate = 0.1;
    scenario.store.faults = vec![Fault {
        at_s: 30.0,
        for_s: 5.0,
        kind: FaultKind::Slow,
        latency_ms: None,
    }];
    scenario
}

#[test]
fn the_same_seed_gives_the_same_bytes_with_every_breaker() {
    for kind in Kind::ALL {
        let scenario = adverse(kind);
        let json = |seed| serde_json::to_string(&run(&scenario, seed)).unwrap();
        assert_eq!(json(3), json(3), "{}", kind.as_str());
        assert_ne!(json(3), json(4), "{}", kind.as_str());
    }
}

#[test]
fn every_breaker_meets_the_same_calls() {
    let arrivals = Kind::ALL.map(|kind| {
        let trace = run(&adverse(kind), 3).trace;
        let calls = trace.seconds.iter().map(|second| second.calls);
        calls.collect::<Vec<_>>()
    });
    assert!(arrivals.iter().all(|calls| *calls == arrivals[0]));
}

#[test]
fn many_runs_on_many_cores_give_what_each_gives_alone() {
    let scenario = outage(10, 20.0, Kind::Fleet);
    let grid = Grid {
        environments: vec![5, 20],
        ..Grid::default()
    };
    let cells = grid.cells(&scenario);
    let seeds = [1, 2, 3];
    let together = run_all(&cells, &seeds, || {});
    for (cell, figures) in cells.iter().zip(together) {
        let alone = seeds.map(|seed| run(&cell.scenario, seed).figures);
        assert_eq!(figures, alone);
    }
}

#[test]
fn every_call_ends_in_one_way() {
    for kind in Kind::ALL {
        let figures = run(&adverse(kind), 5).figures;
        let ended = figures.succeeded + figures.failed + figures.crashed + figures.rejected;
        // What is under way when the run ends has no end yet. A peer whose
        // request was lost waits for a minute.
        let unended = figures.calls - ended;
        let most = match kind {
            Kind::Fleet | Kind::None => 50,
            Kind::PerEnvironment | Kind::SharedCounter => figures.calls / 2,
        };
        assert!(unended <= most, "{}: {unended}", kind.as_str());
    }
}
