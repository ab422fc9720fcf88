//! `tables`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::bail;
use breaker_sim::{
    scenario::{Row, Scenario},
    sweep::run_all,
    tables::{Measured, RowVerdict, judge, page},
};
use clap::Args;

use super::{SCENARIOS, files_in, load, progress::bar};

/// What a quick look is content with.
const QUICK_SEEDS: u32 = 5;
const QUICK_ENVIRONMENTS: u32 = 100;
const QUICK_S: f64 = 600.0;

/// What must hold, measured, as a page.
#[derive(Debug, Args)]
pub(super) struct Tables {
    /// Only these rows, by the names of their files without `.toml`.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    row: Vec<String>,
    /// A quick look: few seeds, small fleets, ten minutes at most.
    #[arg(long)]
    quick: bool,
    /// The folder of the scenarios.
    #[arg(long, value_name = "FOLDER", default_value = SCENARIOS)]
    scenarios: PathBuf,
}

impl Tables {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let mut rows = Vec::new();
        for (stem, scenario, row) in self.rows()? {
            let verdict = measure(&stem, &scenario, &row);
            let (held, of) = (verdict.cells_held(), verdict.cells.len());
            eprintln!("{stem}: held in {held} of {of} fleets");
            rows.push(Measured {
                stem,
                scenario,
                row,
                verdict,
            });
        }
        print!("{}", page(&rows));
        let held = |row: &Measured| row.verdict.cells_held() == row.verdict.cells.len();
        if rows.iter().all(held) {
            Ok(ExitCode::SUCCESS)
        } else {
            Ok(ExitCode::FAILURE)
        }
    }

    /// The rows that are asked for, by the names of their files.
    fn rows(&self) -> anyhow::Result<Vec<(String, Scenario, Row)>> {
        let mut files = files_in(&self.scenarios, "toml")?;
        for name in &self.row {
            if !files.iter().any(|(stem, _)| stem == name) {
                let known: Vec<&str> = files.iter().map(|(stem, _)| stem.as_str()).collect();
                bail!("there is no row {name}; there are {}", known.join(", "));
            }
        }
        files.retain(|(stem, _)| self.row.is_empty() || self.row.contains(stem));
        let mut rows = Vec::new();
        for (stem, path) in files {
            let mut scenario = load(&path)?;
            if let Some(mut row) = scenario.row.take() {
                if self.quick {
                    hurry(&mut scenario, &mut row);
                }
                rows.push((stem, scenario, row));
            }
        }
        Ok(rows)
    }
}

fn hurry(scenario: &mut Scenario, row: &mut Row) {
    row.seeds = row.seeds.min(QUICK_SEEDS);
    let sizes = &mut row.grid.environments;
    for size in sizes.iter_mut() {
        *size = (*size).min(QUICK_ENVIRONMENTS);
    }
    sizes.dedup();
    scenario.duration_s = scenario.duration_s.min(QUICK_S);
}

fn measure(stem: &str, scenario: &Scenario, row: &Row) -> RowVerdict {
    let seeds: Vec<u64> = (0..u64::from(row.seeds))
        .map(|number| scenario.seed.wrapping_add(number))
        .collect();
    let cells = row.grid.cells(scenario);
    let bar = bar(cells.len() * seeds.len(), stem);
    let runs = run_all(&cells, &seeds, || bar.inc(1));
    bar.finish_and_clear();
    judge(row, cells, runs)
}
