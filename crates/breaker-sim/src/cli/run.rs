//! `run` and `compare`.

use std::{path::PathBuf, process::ExitCode};

use breaker_sim::{
    figures::Figures,
    report::{Panel, columns, plot, short},
    run::{Outcome, compare, run},
    scenario::Scenario,
};
use clap::Args;

use super::{load, write};

/// One run of a scenario, of one kind of breaker or of all.
#[derive(Debug, Args)]
pub(super) struct Once {
    /// The scenario, in TOML.
    scenario: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Draw what happened when, as SVG.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Another seed than the scenario's.
    #[arg(long)]
    seed: Option<u64>,
}

impl Once {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let scenario = load(&self.scenario)?;
        let outcome = run(&scenario, self.seed.unwrap_or(scenario.seed));
        if self.json {
            println!("{}", serde_json::to_string_pretty(&outcome)?);
        } else {
            print!("{}", table(&scenario, std::slice::from_ref(&outcome)));
        }
        self.draw(&scenario, &[outcome])
    }

    pub(super) fn compare(&self) -> anyhow::Result<ExitCode> {
        let scenario = load(&self.scenario)?;
        let seed = self.seed.unwrap_or(scenario.seed);
        let outcomes = compare(&scenario, seed);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&outcomes)?);
        } else {
            print!("{}", table(&scenario, &outcomes));
        }
        self.draw(&scenario, &outcomes)
    }

    fn draw(&self, scenario: &Scenario, outcomes: &[Outcome]) -> anyhow::Result<ExitCode> {
        if let Some(path) = &self.plot {
            let panels: Vec<Panel<'_>> = outcomes
                .iter()
                .map(|outcome| Panel {
                    title: outcome.breaker,
                    trace: &outcome.trace,
                })
                .collect();
            write(path, &plot(scenario, &panels))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Every figure of every outcome; beside a single one stands what each means.
fn table(scenario: &Scenario, outcomes: &[Outcome]) -> String {
    let mut head = vec![scenario.name.clone()];
    head.extend(outcomes.iter().map(|outcome| outcome.breaker.to_owned()));
    let mut rows = vec![head];
    rows.extend(Figures::ALL.iter().map(|(name, _)| {
        let mut row = vec![(*name).to_owned()];
        row.extend(outcomes.iter().map(|outcome| {
            let value = outcome.figures.value(name);
            value.map_or_else(|| "–".to_owned(), short)
        }));
        row
    }));
    let text = columns(&rows);
    if outcomes.len() > 1 {
        return text;
    }
    let meanings = Figures::ALL.iter().map(|(_, meaning)| meaning.trim());
    let meanings = std::iter::once("").chain(meanings);
    let lines = text.lines().zip(meanings);
    lines
        .map(|(line, meaning)| format!("{line}  {meaning}").trim_end().to_owned() + "\n")
        .collect()
}
