//! `cargo xtask planted`: whether the tests of the breaker find the bugs that
//! others have made.
//!
//! Each file in `crates/planted-bugs/bugs` is one bug as a change of the
//! text. The breaker is copied, one bug at a time is planted in the copy, and
//! every check runs there. A bug that no check catches is a missing test.

mod bug;
mod check;
mod outcome;
mod replica;
mod report;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use tooling::interrupt::Interrupt;
use tooling::measured::write_page;
use tooling::workspace::Workspace;

use bug::Bug;
use outcome::Outcome;
use replica::Replica;
use report::{Report, Row};

/// Where the results of a complete run are written.
const DOCUMENT: &str = "docs/measured/planted-bugs.md";

/// Plants known bugs in a copy of the breaker and tells which test catches which.
///
/// Without a choice it plants all of them, runs every check, and writes the results down.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask planted", bin_name = "cargo xtask planted")]
struct Choice {
    /// Plants this bug alone; can be given several times.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Runs this check alone; can be given several times.
    #[arg(long, value_name = "NAME")]
    check: Vec<String>,
}

impl Choice {
    fn is_everything(&self) -> bool {
        self.only.is_empty() && self.check.is_empty()
    }
}

fn main() -> ExitCode {
    let choice = Choice::parse();
    let planted = Interrupt::from_signals()
        .and_then(|interrupt| plant(&Workspace::find(), &choice, &interrupt));
    tooling::outcome::exit_code(planted)
}

/// # Errors
/// When a bug cannot be planted, a check fails without any, or the user
/// interrupts.
fn plant(workspace: &Workspace, choice: &Choice, interrupt: &Interrupt) -> Result<ExitCode> {
    let bugs = Bug::all(workspace)?;
    let bugs = chosen(bugs, &choice.only, |bug| &bug.name)?;
    let replica = Replica::of(workspace)?;
    let checks = check::all(&replica);
    let checks = chosen(checks, &choice.check, |check| check.name)?;
    let progress = Ticker::new(checks.len() * (bugs.len() + 1));

    let mut report = Report::default();
    for check in checks {
        match check.run(&replica, "nothing", &progress, interrupt)? {
            Outcome::Passed { tests } => report.checks.push((check, tests)),
            Outcome::NothingRan => report.left_out(&check, "it has no tests yet"),
            Outcome::DoesNotCompile => report.left_out(&check, "it does not compile as it is"),
            Outcome::Caught { failed, .. } => bail!(
                "the check `{}` fails without any bug ({}); see {}",
                check.name,
                failed.join(", "),
                workspace.shown(&replica.log("nothing", check.name)),
            ),
            Outcome::Endless => bail!("the check `{}` does not end without any bug", check.name),
        }
    }
    for bug in bugs {
        let outcomes = outcomes(&bug, &report, &replica, &progress, interrupt);
        replica.restore()?;
        let outcomes = outcomes?;
        report.rows.push(Row { bug, outcomes });
    }
    progress.finish();

    print!("{report}");
    if choice.is_everything() {
        write_page(
            workspace,
            DOCUMENT,
            "cargo xtask planted",
            &report.to_string(),
        )?;
    }
    Ok(if report.is_complete() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn outcomes(
    bug: &Bug,
    report: &Report,
    replica: &Replica,
    progress: &Ticker,
    interrupt: &Interrupt,
) -> Result<Vec<Outcome>> {
    bug.plant(&replica.breaker())?;
    let checks = report.checks.iter();
    checks
        .map(|(check, _)| check.run(replica, &bug.name, progress, interrupt))
        .collect()
}

/// All, or those that were asked for.
fn chosen<T>(all: Vec<T>, names: &[String], name_of: impl Fn(&T) -> &str) -> Result<Vec<T>> {
    if names.is_empty() {
        return Ok(all);
    }
    let known: Vec<&str> = all.iter().map(&name_of).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("there is no `{name}`; there are {}", known.join(", "));
    }
    let is_wanted = |one: &T| names.iter().any(|name| name == name_of(one));
    Ok(all.into_iter().filter(is_wanted).collect())
}

/// Shows on stderr how far the work is; the results alone go to stdout.
struct Ticker {
    bar: ProgressBar,
}

impl Ticker {
    fn new(steps: usize) -> Self {
        let bar = ProgressBar::new(steps as u64);
        let shape = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} {elapsed}");
        if let Ok(shape) = shape {
            bar.set_style(shape);
        }
        Self { bar }
    }

    fn begin(&self, step: &str) {
        self.bar.set_message(step.to_owned());
    }

    /// Where nobody watches a bar, each end is one plain line.
    fn end(&self, step: &str, outcome: &Outcome) {
        let line = format!("{step}: {outcome}");
        if self.bar.is_hidden() {
            eprintln!("{line}");
        } else {
            self.bar.println(line);
        }
        self.bar.inc(1);
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_that_does_not_exist_is_told_what_does() {
        let choose = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            chosen(vec!["one", "two", "three"], &names, |name| name)
        };
        let error = choose(&["two", "four"]).unwrap_err().to_string();
        assert_eq!(error, "there is no `four`; there are one, two, three");
        assert_eq!(choose(&["three", "one"]).unwrap(), ["one", "three"]);
        assert_eq!(choose(&[]).unwrap().len(), 3);
    }
}
