//! `cargo xtask test`: everything that must pass, and `cargo xtask check`: what a change may
//! have broken at once.

mod changed;
mod check;
mod depth;
mod emulated;
mod end_to_end;
mod lanes;
mod node;
mod rust;
mod servers;
mod slowest;
mod warnings;

use std::process::ExitCode;

use anyhow::{Result, bail};
use tooling::tally;

use crate::interrupt::{Interrupt, Interrupted};
use crate::prerequisites;
use crate::progress::Progress;
use crate::stack::lifecycle;
use crate::tools;
use crate::waiting::{Stopwatch, spoken};
use crate::workspace::Workspace;
use check::Check;
pub(crate) use depth::Depth;

/// How much is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Extent {
    /// Everything, on a stack of its own.
    All,
    /// What takes nothing but Rust: neither Node nor Python, and no servers.
    Unit,
}

/// # Errors
/// When testing cannot even begin, or the user interrupts.
pub(crate) fn test(
    workspace: &Workspace,
    extent: Extent,
    depth: Depth,
    interrupt: &Interrupt,
) -> Result<ExitCode> {
    if extent == Extent::All {
        prerequisites::check()?;
        if lifecycle::running(workspace).is_ok() {
            bail!(
                "a stack is running, and the end-to-end tests start one of their own from what \
                 they have just built: stop it with `cargo xtask down`, or run only what needs \
                 no stack with `cargo xtask test unit`"
            );
        }
    }
    let progress = Progress::new();
    let outcome = run(
        plan(workspace, extent, depth, &progress),
        &progress,
        interrupt,
    );
    if interrupt.is_raised() && extent == Extent::All {
        lifecycle::down(workspace)?;
    }
    outcome
}

/// Formats, lints and tests the packages that have changed since the last commit, and compiles
/// those that depend on them.
///
/// # Errors
/// When Git cannot say what has changed, or the user interrupts.
pub(crate) fn check(workspace: &Workspace, interrupt: &Interrupt) -> Result<ExitCode> {
    let changed = changed::since_last_commit(workspace)?;
    let progress = Progress::new();
    if let Some(elsewhere) = changed.elsewhere() {
        progress.say(&elsewhere);
    }
    run(vec![changed.checks(workspace)], &progress, interrupt)
}

fn run(lanes: Vec<Vec<Check<'_>>>, progress: &Progress, interrupt: &Interrupt) -> Result<ExitCode> {
    let watch = Stopwatch::start();
    let (tally, times) = lanes::run(lanes, progress, interrupt);
    println!("\n{}", slowest::table(times));
    println!("{} in all", spoken(watch.elapsed()));
    println!("{tally}");
    if interrupt.is_raised() {
        return Err(Interrupted.into());
    }
    Ok(if tally.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Asks the database of advisories about every crate in the lock file, which takes a
/// connection to the place where it is kept.
///
/// # Errors
/// When something is known against one, or nobody can be asked.
pub(crate) fn advisories(workspace: &Workspace, interrupt: &Interrupt) -> Result<()> {
    let progress = Progress::new();
    progress.step("tools: linters", |step| {
        tools::linting(workspace).prepare(step, interrupt)
    })?;
    progress.step("advisories", |_| {
        rust::deny(workspace, &["advisories"]).run(interrupt)
    })
}

/// Lanes that run side by side. What compiles is in one, for Cargo keeps one of it waiting
/// while another builds, and the stack, which is built there, follows. Browsers sleep most of
/// the time, so theirs is beside the others.
fn plan<'run>(
    workspace: &'run Workspace,
    extent: Extent,
    depth: Depth,
    progress: &'run Progress,
) -> Vec<Vec<Check<'run>>> {
    if extent == Extent::Unit {
        return vec![rust::alone(workspace, depth)];
    }
    let mut rust = rust::with_servers(workspace, depth, progress);
    rust.extend(end_to_end::checks(workspace, progress));
    let mut beside = vec![end_to_end::browser_alone(workspace, depth)];
    beside.extend(rust::beside(workspace));
    vec![rust, node::checks(workspace), beside]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::scratch::Scratch;

    /// Ends every step whose turn comes, lane by lane, until nothing moves.
    fn stuck(lanes: Vec<Vec<Check<'_>>>) -> Vec<String> {
        let mut lanes: Vec<std::collections::VecDeque<Check<'_>>> =
            lanes.into_iter().map(Into::into).collect();
        let mut ended = BTreeSet::new();
        loop {
            let before = ended.len();
            for lane in &mut lanes {
                while let Some(check) =
                    lane.pop_front_if(|check| check.needs.iter().all(|need| ended.contains(*need)))
                {
                    ended.insert(check.name);
                }
            }
            if ended.len() == before {
                return lanes
                    .into_iter()
                    .flatten()
                    .map(|check| check.name)
                    .collect();
            }
        }
    }

    #[test]
    fn what_takes_nothing_but_rust_runs_cargo_alone() {
        let scratch = Scratch::new("checks-alone");
        let workspace = Workspace::at(scratch.path());
        let progress = Progress::new();
        let plan = plan(&workspace, Extent::Unit, Depth::Normal, &progress);
        let names: Vec<String> = plan.into_iter().flatten().map(|check| check.name).collect();
        let is_rust = |name: &String| name.starts_with("Rust: ");
        assert!(names.iter().all(is_rust), "{names:?}");
    }

    #[test]
    fn every_step_gets_its_turn() {
        let scratch = Scratch::new("checks-plan");
        let workspace = Workspace::at(scratch.path());
        let progress = Progress::new();
        for extent in [Extent::All, Extent::Unit] {
            let plan = plan(&workspace, extent, Depth::Normal, &progress);
            assert_eq!(stuck(plan), Vec::<String>::new(), "{extent:?}");
        }
    }
}
