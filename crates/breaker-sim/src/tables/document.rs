//! Verdicts as pages of Markdown.

use std::fmt::Write as _;

use super::{CellVerdict, CheckVerdict, Row, RowVerdict};
use crate::{report::short, scenario::Scenario, sweep::spread};

/// The page of one row; `file` is the scenario's file.
pub fn page(file: &str, scenario: &Scenario, row: &Row, verdict: &RowVerdict) -> String {
    let mut page = format!("# {}\n\n", capitalised(&scenario.name));
    let _ = writeln!(page, "**Must hold:** {}\n", row.must);
    let held = verdict.cells_held();
    let seeds = if row.seeds == 1 { "seed" } else { "seeds" };
    let _ = writeln!(
        page,
        "Held in {held} of {} fleets, {} {seeds} each, {} s of simulated time. Scenario: \
         [`{file}`](../../crates/breaker-sim/scenarios/{file}).\n",
        verdict.cells.len(),
        row.seeds,
        short(scenario.duration_s),
    );
    for (number, check) in (1..).zip(&row.checks) {
        let _ = write!(page, "{number}. `{}`", check.holds);
        if check.in_runs < 1.0 {
            let _ = write!(page, " in {} % of runs", short(check.in_runs * 100.0));
        }
        if let Some(when) = &check.when {
            let _ = write!(page, ", when `{when}`");
        }
        page.push('\n');
    }
    page.push('\n');
    table(&mut page, row, verdict);
    page
}

fn table(page: &mut String, row: &Row, verdict: &RowVerdict) {
    let mut heads = vec!["environments", "calls/s", "errors"]
        .into_iter()
        .map(ToOwned::to_owned)
        .collect::<Vec<_>>();
    heads.extend(row.show.iter().map(|name| name.replace('_', " ")));
    heads.push("held".to_owned());
    let _ = writeln!(page, "| {} |", heads.join(" | "));
    let _ = writeln!(page, "|{}", " ---: |".repeat(heads.len() - 1) + " --- |");
    for cell in &verdict.cells {
        let _ = writeln!(page, "| {} |", cells_of(row, cell).join(" | "));
    }
    if row.seeds > 1 {
        page.push_str(
            "\nWhere runs differ: median / 99th percentile / largest. A number in \
             parentheses is in how many runs the figure applies, if not in all.\n",
        );
    }
}

fn cells_of(row: &Row, cell: &CellVerdict) -> Vec<String> {
    let scenario = &cell.cell.scenario;
    let failure_rate = scenario.dependency[0].failure_rate;
    let mut texts = vec![
        scenario.fleet.environments.to_string(),
        short(scenario.fleet.calls_per_second),
        format!("{} %", short(failure_rate * 100.0)),
    ];
    texts.extend(row.show.iter().map(|name| seen(cell, name)));
    texts.push(verdict_text(cell));
    texts
}

fn seen(cell: &CellVerdict, name: &str) -> String {
    let Some(spread) = spread(&cell.runs, name) else {
        return "–".to_owned();
    };
    let mut text = short(spread.median);
    if spread.min < spread.max {
        text = format!("{text} / {} / {}", short(spread.p99), short(spread.max));
    }
    if spread.runs < cell.runs.len() {
        let _ = write!(text, " ({})", spread.runs);
    }
    text
}

fn verdict_text(cell: &CellVerdict) -> String {
    if cell.held() {
        return "yes".to_owned();
    }
    let failed = (1..).zip(&cell.checks).filter_map(|(number, check)| {
        let CheckVerdict { held_in, of, held } = (*check)?;
        (!held).then(|| format!("**no**: {number} in {held_in} of {of}"))
    });
    failed.collect::<Vec<_>>().join(", ")
}

/// The page that leads to the others; each with its file, its scenario and its
/// verdict.
pub fn summary(rows: &[(String, Scenario, Row, RowVerdict)]) -> String {
    let mut page = String::from(
        "# Measured\n\nMade by `cargo run --release -p breaker-sim -- tables --out \
         docs/measured`; every number follows from the scenarios' seeds.\n\n\
         | scenario | must hold | held |\n| --- | --- | --- |\n",
    );
    for (stem, scenario, row, verdict) in rows {
        let (held, of) = (verdict.cells_held(), verdict.cells.len());
        let held = if held == of {
            format!("yes ({of} fleets)")
        } else {
            format!("**in {held} of {of} fleets**")
        };
        let name = &scenario.name;
        let _ = writeln!(page, "| [{name}]({stem}.md) | {} | {held} |", row.must);
    }
    page
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
