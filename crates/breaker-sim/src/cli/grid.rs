//! `grid`.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use breaker_sim::{
    grid::{Cell, Tally, files, judge_all},
    judge::Rule,
    scenario::Kind,
};
use clap::Args;

use super::{progress, write};

/// Cells of a grid that no hand has picked, judged by rules that know the
/// truth.
#[derive(Debug, Args)]
pub(super) struct GridRun {
    /// How many cells.
    #[arg(long, value_name = "N", default_value_t = 200)]
    cells: usize,
    /// Another seed gives other cells.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Which kinds of breakers; all, unless given.
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kind)]
    kinds: Vec<Kind>,
    /// Which rules; all, unless given.
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = rule)]
    rules: Vec<Rule>,
    /// Write a page with maps and the worst cells into this folder.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// A kind of breaker by its name.
fn kind(name: &str) -> Result<Kind, String> {
    by_name(name, Kind::ALL, Kind::as_str)
}

/// A rule by its name.
pub(super) fn rule(name: &str) -> Result<Rule, String> {
    by_name(name, Rule::ALL, Rule::as_str)
}

fn by_name<T: Copy, const N: usize>(
    name: &str,
    all: [T; N],
    as_str: fn(T) -> &'static str,
) -> Result<T, String> {
    let found = all.into_iter().find(|one| as_str(*one) == name);
    found.ok_or_else(|| format!("must be one of {}", all.map(as_str).join(", ")))
}

/// What was asked for, or all if nothing was.
pub(super) fn or_all<T: Clone>(asked: &[T], all: &[T]) -> Vec<T> {
    if asked.is_empty() { all } else { asked }.to_vec()
}

impl GridRun {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let kinds = or_all(&self.kinds, &Kind::ALL);
        let rules = or_all(&self.rules, &Rule::ALL);
        let cells: Vec<Cell> = (0..self.cells as u64)
            .map(|number| Cell::draw(self.seed, number))
            .collect();
        let bar = progress::bar(cells.len() * kinds.len(), "grid");
        let judged = judge_all(cells, &kinds, &rules, || bar.inc(1));
        bar.finish_and_clear();
        print!("{}", Tally::of(&judged, &rules, &kinds).text());
        if let Some(folder) = &self.out {
            fs::create_dir_all(folder)
                .with_context(|| format!("{} cannot be made", folder.display()))?;
            let command = format!(
                "breaker-sim grid --cells {} --seed {}",
                self.cells, self.seed
            );
            for file in files(&judged, &rules, &kinds, &command) {
                write(&folder.join(file.name), &file.text)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
