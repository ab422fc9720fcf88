//! `sweep`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::ensure;
use breaker_sim::{
    figures::Figures,
    report::{columns, short},
    scenario::{Cell, Grid},
    sweep::{Spread, run_all, spread},
};
use clap::Args;
use serde::Serialize;

use super::{load, progress::bar};

/// What a sweep shows unless other figures are asked for.
const MAIN: [&str; 12] = [
    "opens",
    "false_opens",
    "seconds_to_open",
    "calls_to_open",
    "leaked_after_outage",
    "max_leaked_per_environment",
    "closed_after_recovery_s",
    "goodput_after_recovery",
    "max_store_reads_per_s",
    "max_store_writes_per_s",
    "blocking_reads",
    "usd_per_million_calls",
];

/// A scenario over many seeds and sizes of fleets.
#[derive(Debug, Args)]
pub(super) struct Sweep {
    /// The scenario, in TOML.
    scenario: PathBuf,
    /// How many seeds, from the scenario's own on.
    #[arg(long, default_value_t = 20)]
    seeds: u32,
    /// Another first seed than the scenario's.
    #[arg(long)]
    seed: Option<u64>,
    /// Sizes of the fleet.
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    environments: Vec<u32>,
    /// Calls a second of each environment.
    #[arg(long, value_delimiter = ',')]
    calls_per_environment: Vec<f64>,
    /// Failure rates of the dependency at the beginning.
    #[arg(long, value_delimiter = ',')]
    failure_rate: Vec<f64>,
    /// Which figures to show; all, if `all` is among them.
    #[arg(long, value_delimiter = ',', default_values_t = MAIN.map(str::to_owned))]
    figures: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A figure in a cell, for JSON.
#[derive(Debug, Serialize)]
struct Line<'a> {
    environments: u32,
    calls_per_second: f64,
    failure_rate: f64,
    runs: usize,
    figure: &'a str,
    spread: Option<Spread>,
}

impl Sweep {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let scenario = load(&self.scenario)?;
        self.check()?;
        let first = self.seed.unwrap_or(scenario.seed);
        let seeds: Vec<u64> = (0..u64::from(self.seeds))
            .map(|number| first.wrapping_add(number))
            .collect();
        let grid = Grid {
            environments: self.environments.clone(),
            calls_per_environment: self.calls_per_environment.clone(),
            failure_rates: self.failure_rate.clone(),
        };
        let cells = grid.cells(&scenario);
        let bar = bar(cells.len() * seeds.len(), &scenario.name);
        let runs = run_all(&cells, &seeds, || bar.inc(1));
        bar.finish_and_clear();
        let cells: Vec<_> = cells.iter().zip(&runs).collect();
        if self.json {
            let lines: Vec<_> = cells
                .iter()
                .flat_map(|(cell, runs)| self.lines(cell, runs))
                .collect();
            println!("{}", serde_json::to_string_pretty(&lines)?);
        } else {
            for (cell, runs) in cells {
                println!("{}", heading(cell, runs.len()));
                print!("{}", self.table(cell, runs));
                println!();
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn check(&self) -> anyhow::Result<()> {
        let known = |name: &String| Figures::ALL.iter().any(|(known, _)| known == name);
        for name in &self.figures {
            ensure!(known(name) || name == "all", "unknown figure `{name}`");
        }
        for rate in &self.calls_per_environment {
            let usable = rate.is_finite() && *rate >= 0.0;
            ensure!(usable, "--calls-per-environment must not be {rate}");
        }
        for rate in &self.failure_rate {
            let usable = (0.0..=1.0).contains(rate);
            ensure!(
                usable,
                "--failure-rate must lie between 0 and 1, not {rate}"
            );
        }
        Ok(())
    }

    fn shown(&self) -> impl Iterator<Item = &'static str> {
        let all = self.figures.iter().any(|name| name == "all");
        let names = Figures::ALL.iter().map(|(name, _)| *name);
        names.filter(move |name| all || self.figures.iter().any(|shown| shown == name))
    }

    fn lines(&self, cell: &Cell, runs: &[Figures]) -> Vec<Line<'static>> {
        let fleet = &cell.scenario.fleet;
        let line = |figure| Line {
            environments: fleet.environments,
            calls_per_second: fleet.calls_per_second,
            failure_rate: cell.scenario.dependency[0].failure_rate,
            runs: runs.len(),
            figure,
            spread: spread(runs, figure),
        };
        self.shown().map(line).collect()
    }

    fn table(&self, cell: &Cell, runs: &[Figures]) -> String {
        let head = ["", "min", "median", "p99", "max", "runs"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for Line { figure, spread, .. } in self.lines(cell, runs) {
            let mut row = vec![figure.to_owned()];
            match spread {
                Some(spread) => {
                    let Spread {
                        min,
                        median,
                        p99,
                        max,
                        runs,
                    } = spread;
                    row.extend([min, median, p99, max].map(short));
                    row.push(runs.to_string());
                }
                None => row.push("–".to_owned()),
            }
            rows.push(row);
        }
        columns(&rows)
    }
}

fn heading(cell: &Cell, runs: usize) -> String {
    let fleet = &cell.scenario.fleet;
    format!(
        "{} environments, {} calls/s, {} % errors, {runs} runs",
        fleet.environments,
        short(fleet.calls_per_second),
        short(cell.scenario.dependency[0].failure_rate * 100.0),
    )
}
