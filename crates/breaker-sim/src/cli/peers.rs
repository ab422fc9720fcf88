//! `peers`.

use std::{path::PathBuf, process::ExitCode};

use breaker_sim::{run::compare, tables::Comparison};
use clap::Args;

use super::{SCENARIOS, files_in, load, progress::bar};

/// Longer scenarios are cut: a breaker that asks at each call takes its time.
const LONGEST_S: f64 = 600.0;

/// Every scenario with every kind of breaker, side by side.
#[derive(Debug, Args)]
pub(super) struct Peers {
    /// The folder of the scenarios.
    #[arg(long, value_name = "FOLDER", default_value = SCENARIOS)]
    scenarios: PathBuf,
}

impl Peers {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let files = files_in(&self.scenarios, "toml")?;
        let bar = bar(files.len(), "peers");
        let mut comparisons = Vec::new();
        for (stem, path) in files {
            let mut scenario = load(&path)?;
            scenario.duration_s = scenario.duration_s.min(LONGEST_S);
            let outcomes = compare(&scenario, scenario.seed);
            comparisons.push(Comparison {
                stem,
                scenario,
                outcomes,
            });
            bar.inc(1);
        }
        bar.finish_and_clear();
        print!("{}", Comparison::page(&comparisons));
        Ok(ExitCode::SUCCESS)
    }
}
