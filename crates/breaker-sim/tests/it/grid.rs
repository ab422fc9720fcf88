//! Conditions that no hand has picked, judged by rules that know the truth.

use std::sync::LazyLock;

use breaker_sim::{
    grid::{Cell, File, Judged, Tally, files, judge_all},
    judge::{Rule, run_and_judge},
    scenario::{Kind, Scenario},
};

const KINDS: [Kind; 2] = [Kind::Fleet, Kind::None];

/// Small cells of a fixed seed, judged.
static JUDGED: LazyLock<Vec<Judged>> = LazyLock::new(|| {
    let cells = (0..400).map(|number| Cell::draw(7, number));
    let calls = |cell: &Cell| cell.scenario.duration_s * cell.scenario.fleet.calls_per_second;
    let small = cells.filter(|cell| calls(cell) < 10_000.0);
    judge_all(small.collect(), &KINDS, &Rule::ALL, || {})
});

/// In how many cells a rule applies to a kind, and in how many it holds.
fn count(judged: &[Judged], kind: usize, rule: Rule) -> (usize, usize) {
    let position = Rule::ALL.iter().position(|known| *known == rule).unwrap();
    let holds = judged
        .iter()
        .map(|one| one.findings[kind][position].holds());
    let applies: Vec<bool> = holds.flatten().collect();
    (
        applies.len(),
        applies.iter().filter(|holds| **holds).count(),
    )
}

#[test]
fn without_a_breaker_only_calls_that_should_be_refused_are_missed() {
    let judged = &*JUDGED;
    assert!(judged.len() > 50);
    for rule in Rule::ALL {
        let (applies, holds) = count(judged, 1, rule);
        let expected = if rule == Rule::Late { 0 } else { applies };
        assert!(applies >= 3, "{rule:?} applies to {applies} cells");
        assert_eq!(holds, expected, "{rule:?}");
    }
}

#[test]
fn the_fleets_breaker_is_rarely_late() {
    let judged = &*JUDGED;
    let (applies, holds) = count(judged, 0, Rule::Late);
    assert!(2 * holds > applies, "{holds} of {applies}");
}

#[test]
fn many_points_on_many_cores_give_what_each_gives_alone_and_when_it_is_replayed() {
    let cells: Vec<Cell> = (0..40).map(|number| Cell::draw(7, number)).collect();
    let quick = |cell: &Cell| cell.scenario.fleet.calls_per_second < 20.0;
    let cells: Vec<Cell> = cells.into_iter().filter(quick).collect();
    let together = judge_all(cells.clone(), &[Kind::Fleet], &Rule::ALL, || {});
    assert!(cells.len() > 10);
    for (cell, judged) in cells.iter().zip(together) {
        let replayed = Scenario::read(&cell.scenario.to_toml()).unwrap();
        let alone = run_and_judge(&replayed, replayed.seed, &Rule::ALL);
        assert_eq!(judged.findings, [alone]);
    }
}

#[test]
fn the_page_shows_every_rule_and_scenarios_that_say_how_to_replay_them() {
    let judged = &*JUDGED;
    let files = files(judged, &Rule::ALL, &KINDS, "breaker-sim grid");
    let text = |name: &str| &files.iter().find(|file| file.name == name).unwrap().text;
    let page = text("grid.md");
    let rows = Tally::of(judged, &Rule::ALL, &KINDS).rows();
    assert_eq!(rows.len(), 1 + Rule::ALL.len());
    for (rule, row) in Rule::ALL.iter().zip(&rows[1..]) {
        assert!(page.contains(&format!("| {} |", row.join(" | "))), "{page}");
        let map = text(&format!("map-{}.svg", rule.as_str()));
        assert!(map.contains("prefers-color-scheme:dark") && map.ends_with("</svg>\n"));
    }
    let is_scenario = |file: &&File| file.text.contains("# Replay: ");
    let cells = text("cells.csv");
    let commas = |line: &str| line.matches(',').count();
    assert!(cells.lines().count() > judged.len() * KINDS.len());
    assert!(cells.lines().all(|line| commas(line) == 12), "{cells}");
    let scenarios = files.iter().filter(is_scenario);
    let mut seen = 0;
    for file in scenarios {
        assert!(page.contains(&format!("({})", file.name)), "{}", file.name);
        assert!(file.text.contains(&format!("-- judge {}", file.name)));
        let scenario = Scenario::read(&file.text).unwrap();
        assert_eq!(scenario.breaker, Kind::Fleet);
        seen += 1;
    }
    assert!(seen >= 5, "{seen}");
}
