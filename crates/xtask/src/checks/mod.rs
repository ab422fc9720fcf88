//! `cargo xtask test`: everything that must pass.

mod check;
mod emulated;
mod end_to_end;
mod lanes;
mod node;
mod rust;
mod servers;
pub(crate) mod tally;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::interrupt::{Interrupt, Interrupted};
use crate::prerequisites;
use crate::progress::Progress;
use crate::stack::lifecycle;
use crate::tools;
use crate::waiting::{Stopwatch, spoken};
use crate::workspace::Workspace;
use check::Check;

/// How much is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Extent {
    /// Everything, on a stack of its own.
    All,
    /// What needs no stack.
    Unit,
}

/// # Errors
/// When testing cannot even begin, or the user interrupts.
pub(crate) fn test(
    workspace: &Workspace,
    extent: Extent,
    interrupt: &Interrupt,
) -> Result<ExitCode> {
    prerequisites::check()?;
    if extent == Extent::All && lifecycle::running(workspace).is_ok() {
        bail!(
            "a stack is running, and the end-to-end tests start one of their own from what \
             they have just built: stop it with `cargo xtask down`, or run only what needs no \
             stack with `cargo xtask test unit`"
        );
    }
    let watch = Stopwatch::start();
    let progress = Progress::new();
    let tally = lanes::run(plan(workspace, extent, &progress), &progress, interrupt);
    if interrupt.is_raised() {
        lifecycle::down(workspace)?;
    }
    println!("\n{}", spoken(watch.elapsed()));
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

/// Two lanes, for Cargo keeps one waiting while another of it builds.
fn plan<'run>(
    workspace: &'run Workspace,
    extent: Extent,
    progress: &'run Progress,
) -> Vec<Vec<Check<'run>>> {
    let mut rust = rust::unit(workspace, progress);
    let mut node = node::unit(workspace);
    if extent == Extent::All {
        node.extend(node::complete(workspace));
        rust.extend(end_to_end::checks(workspace, progress));
    }
    vec![rust, node]
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
    fn every_step_gets_its_turn() {
        let scratch = Scratch::new("checks-plan");
        let workspace = Workspace::at(scratch.path());
        let progress = Progress::new();
        for extent in [Extent::All, Extent::Unit] {
            let plan = plan(&workspace, extent, &progress);
            assert_eq!(stuck(plan), Vec::<String>::new(), "{extent:?}");
        }
    }
}
