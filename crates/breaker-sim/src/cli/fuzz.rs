//! `fuzz`.

use std::{path::PathBuf, process::ExitCode};

use breaker_sim::{
    fuzz::{Verdict, replay, run, run_all},
    report::{Panel, plot},
};
use clap::Args;
use serde_json::json;

use super::{progress, write};

/// Random scenarios in which every step is judged.
#[derive(Debug, Args)]
pub(super) struct FuzzRun {
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    from: u64,
    /// Only the run of this seed, with its last steps if it breaks a rule.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// Print that run as JSON.
    #[arg(long, requires = "seed")]
    json: bool,
    /// Draw what happened in that run, as SVG.
    #[arg(long, value_name = "FILE", requires = "seed")]
    plot: Option<PathBuf>,
}

impl FuzzRun {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        match self.seed {
            Some(seed) => self.run_one(seed),
            None => Ok(self.run_many()),
        }
    }

    fn run_many(&self) -> ExitCode {
        let bar = progress::bar(usize::try_from(self.seeds).unwrap_or(usize::MAX), "fuzz");
        let broken = run_all(self.from, self.seeds, |verdict| {
            bar.inc(1);
            if verdict.violation.is_some() {
                bar.suspend(|| println!("{}", headline(verdict)));
            }
        });
        bar.finish_and_clear();
        if let Some(first) = broken.first() {
            println!();
            tell(first);
        }
        println!("{} of {} runs broke a rule", broken.len(), self.seeds);
        code(broken.is_empty())
    }

    fn run_one(&self, seed: u64) -> anyhow::Result<ExitCode> {
        let verdict = run(seed);
        if self.json {
            let Verdict {
                scenario,
                figures,
                violation,
                ..
            } = &verdict;
            let all = json!({
                "seed": seed,
                "scenario": format!("{scenario:?}"),
                "violation": violation,
                "figures": figures,
            });
            println!("{}", serde_json::to_string_pretty(&all)?);
        } else {
            println!("{:#?}", verdict.scenario);
            tell(&verdict);
        }
        if let Some(path) = &self.plot {
            let panel = Panel {
                title: "fleet",
                trace: &verdict.trace,
            };
            write(path, &plot(&verdict.scenario, &[panel]))?;
        }
        Ok(code(verdict.violation.is_none()))
    }
}

fn code(good: bool) -> ExitCode {
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn headline(verdict: &Verdict) -> String {
    match &verdict.violation {
        Some(violation) => format!(
            "seed {}: {:?} at {:.3} s: {}",
            verdict.seed, violation.rule, violation.at_s, violation.how
        ),
        None => format!("seed {}: every rule held", verdict.seed),
    }
}

fn tell(verdict: &Verdict) {
    match &verdict.violation {
        Some(violation) => {
            println!("seed {}\n{violation}", verdict.seed);
            println!("to see it again: {}", replay(verdict.seed));
        }
        None => println!("{}", headline(verdict)),
    }
}
