//! Verdicts as pages of Markdown.

use std::fmt::Write as _;

use super::{CellVerdict, CheckVerdict, RowVerdict};
use crate::{
    report::short,
    scenario::{Row, Scenario},
    sweep::spread,
};

/// A row that was run, and the name of its scenario's file without `.toml`.
#[derive(Debug)]
pub struct Measured {
    /// The file's name.
    pub stem: String,
    /// What was run.
    pub scenario: Scenario,
    /// What it was to show.
    pub row: Row,
    /// What came of it.
    pub verdict: RowVerdict,
}

/// The page about all rows, with what each comes to at its head.
pub fn page(rows: &[Measured]) -> String {
    let mut page = String::from(
        "# The breaker, simulated\n\nWhat must hold, over fleets of many sizes and many seeds. \
         Every number follows from the scenarios' seeds. How other kinds of breakers fare with \
         the same calls is told [side by side](peers.md).\n\n\
         | scenario | must hold | held |\n| --- | --- | --- |\n",
    );
    for Measured {
        stem,
        row,
        verdict,
        scenario,
    } in rows
    {
        let name = capitalised(&scenario.name);
        let held = held(scenario, row, verdict);
        let _ = writeln!(page, "| [{name}](#{stem}) | {} | {held} |", row.must);
    }
    page.push_str(
        "\nWhere runs differ, a table says median / 99th percentile / largest. A number in \
         parentheses is in how many runs the figure applies, if not in all.\n",
    );
    for row in rows {
        page.push('\n');
        page.push_str(&section(row));
    }
    page
}

/// In how many fleets it held.
fn held(scenario: &Scenario, row: &Row, verdict: &RowVerdict) -> String {
    let seeds = if row.seeds == 1 { "seed" } else { "seeds" };
    format!(
        "{} of {} fleets, {} {seeds} each, {} s",
        verdict.cells_held(),
        verdict.cells.len(),
        row.seeds,
        short(scenario.duration_s),
    )
}

/// The section of one row.
fn section(measured: &Measured) -> String {
    let Measured {
        stem,
        scenario,
        row,
        verdict,
    } = measured;
    let name = capitalised(&scenario.name);
    let mut page = format!(
        "## <a id=\"{stem}\"></a>{name}\n\n**Must hold:** {}\n\n",
        row.must
    );
    let _ = writeln!(
        page,
        "Held in {} of simulated time. Scenario: \
         [`{stem}.toml`](../../crates/breaker-sim/scenarios/{stem}.toml).\n",
        held(scenario, row, verdict),
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

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
