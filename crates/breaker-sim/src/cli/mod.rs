//! What can be asked for, and how it is answered.

mod frontier;
mod fuzz;
mod grid;
mod judge;
mod peers;
mod progress;
mod run;
mod sweep;
mod tables;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use breaker_sim::scenario::{Mistakes, Scenario, read_file};
use clap::{Parser, Subcommand};

/// Runs whole fleets of breakers against a simulated DynamoDB.
#[derive(Debug, Parser)]
#[command(name = "breaker-sim")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a scenario once.
    Run(run::Once),
    /// Run a scenario with every kind of breaker, side by side.
    Compare(run::Once),
    /// Compare in every scenario, and write it down.
    Peers(peers::Peers),
    /// Run a scenario over many seeds and sizes of fleets.
    Sweep(sweep::Sweep),
    /// Run random scenarios in which every step is judged.
    Fuzz(fuzz::FuzzRun),
    /// Judge conditions that no hand has picked.
    Grid(grid::GridRun),
    /// Draw what more or less evidence costs.
    Frontier(frontier::FrontierRun),
    /// Judge a scenario by rules that know the truth.
    Judge(judge::Once),
    /// Measure what must hold, and write it down.
    Tables(tables::Tables),
}

/// Where the scenarios are, unless told.
const SCENARIOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");

/// A scenario that cannot be used.
const UNUSABLE: u8 = 2;

impl Arguments {
    pub(crate) fn run(self) -> ExitCode {
        let outcome = match self.command {
            Command::Run(once) => once.run(),
            Command::Compare(once) => once.compare(),
            Command::Peers(peers) => peers.run(),
            Command::Sweep(sweep) => sweep.run(),
            Command::Fuzz(fuzz) => fuzz.run(),
            Command::Grid(grid) => grid.run(),
            Command::Frontier(frontier) => frontier.run(),
            Command::Judge(once) => once.run(),
            Command::Tables(tables) => tables.run(),
        };
        match outcome {
            Ok(code) => code,
            Err(error) if error.is::<Mistakes>() => {
                eprintln!("{error:#}");
                ExitCode::from(UNUSABLE)
            }
            Err(error) => {
                eprintln!("{error:#}");
                ExitCode::FAILURE
            }
        }
    }
}

/// Reads a scenario and says which file a mistake is in.
fn load(path: &Path) -> anyhow::Result<Scenario> {
    read_file(path)
        .map_err(|mistakes| anyhow::Error::new(mistakes).context(path.display().to_string()))
}

/// The files of a folder with this ending, by the rest of their names.
fn files_in(folder: &Path, ending: &str) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if let Some(stem) = path.file_stem().and_then(|stem| stem.to_str())
            && path
                .extension()
                .is_some_and(|extension| extension == ending)
        {
            files.push((stem.to_owned(), path));
        }
    }
    files.sort();
    Ok(files)
}

fn write(path: &PathBuf, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}
