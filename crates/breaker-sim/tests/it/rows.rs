//! The scenarios that come with the simulator.

use std::path::Path;

use breaker_sim::{
    figures::Figures,
    run::run,
    scenario::{Kind, Scenario, read_file},
    sweep::run_all,
    tables::{Measured, judge, page},
};

use crate::scenario::outage;

#[test]
fn every_scenario_can_be_read_and_says_what_must_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let scenario = read_file(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let row = scenario.row.expect("it is a row");
        assert!(!row.checks.is_empty() && !row.show.is_empty(), "{path:?}");
        assert_eq!(scenario.breaker, Kind::Fleet);
        names.push(scenario.name);
    }
    assert!(names.len() >= 14, "{names:?}");
    names.sort();
    names.dedup();
    assert!(names.len() >= 14, "two scenarios have the same name");
}

fn with_row(checks: &str) -> Scenario {
    let text = format!(
        "name = \"a\"\nduration_s = 10\n\
         [fleet]\nenvironments = 4\ncalls_per_second = 8\nwarm_up_s = 0\n\
         [[dependency]]\nat_s = 0\n[breaker]\nkind = \"none\"\n\
         [row]\nmust = \"hold\"\nseeds = 4\nenvironments = [2, 4]\nshow = [\"calls\", \"opens\", \"first_open_s\"]\n{checks}"
    );
    Scenario::read(&text).unwrap()
}

fn verdict_page(checks: &str) -> (usize, String) {
    let scenario = with_row(checks);
    let row = scenario.row.clone().unwrap();
    let cells = row.grid.cells(&scenario);
    let runs = run_all(&cells, &[1, 2, 3, 4], || {});
    let verdict = judge(&row, cells, runs);
    let held = verdict.cells_held();
    let measured = Measured {
        stem: "a".to_owned(),
        scenario,
        row,
        verdict,
    };
    (held, page(&[measured]))
}

#[test]
fn what_holds_is_told_and_what_does_not_is_told_with_how_often() {
    let (held, page) = verdict_page(
        "[[row.check]]\nholds = \"opens == 0\"\n\
         [[row.check]]\nholds = \"calls < 0\"\nwhen = \"environments > 2\"\n",
    );
    assert_eq!(held, 1);
    assert!(
        page.contains("Held in 1 of 2 fleets, 4 seeds each"),
        "{page}"
    );
    assert!(page.contains("| yes |"), "{page}");
    assert!(page.contains("| **no**: 2 in 0 of 4 |"), "{page}");
    assert!(
        page.contains("2. `calls < 0`, when `environments > 2`"),
        "{page}"
    );
    // A figure that does not apply is a dash.
    assert!(page.contains("| 0 | – | yes |"), "{page}");
}

#[test]
fn a_share_of_runs_can_be_enough() {
    let scenario = with_row("");
    let larger = &scenario.row.clone().unwrap().grid.cells(&scenario)[1..];
    let runs = run_all(larger, &[1, 2, 3, 4], || {});
    let mut calls: Vec<u64> = runs[0].iter().map(|run| run.calls).collect();
    calls.sort_unstable();
    assert!(calls[2] < calls[3]);
    let check = |in_runs: f64| {
        verdict_page(&format!(
            "[[row.check]]\nholds = \"calls < {}\"\nwhen = \"environments > 2\"\nin_runs = {in_runs}\n",
            calls[3]
        ))
        .0
    };
    assert_eq!((check(0.75), check(0.76)), (2, 1));
}

#[test]
fn figures_have_the_names_that_others_rely_on() {
    let outcome = run(&outage(20, 50.0, Kind::Fleet), 1);
    let json = serde_json::to_value(&outcome).unwrap();
    for name in [
        "calls",
        "admitted",
        "rejected",
        "failed",
        "first_open_s",
        "opens",
        "closes",
        "false_opens",
        "leaked_after_outage",
        "reopen_count",
        "store_reads",
        "store_writes",
        "max_store_reads_per_s",
        "max_store_writes_per_s",
        "store_rru",
        "store_wru",
        "usd_per_million_calls",
        "probes",
        "max_concurrent_probes",
        "closed_after_recovery_s",
        "admitted_fraction_first_second_after_close",
        "goodput_after_recovery",
        "blocking_store_ms_total",
    ] {
        assert!(json[name].is_number(), "{name}: {}", json[name]);
        assert!(Figures::ALL.iter().any(|(known, _)| *known == name));
    }
}
