//! Programs of other crates: built when they are needed, then run with the arguments that
//! they were given. So this crate stays small, whatever they need.

use std::convert::Infallible;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use tooling::progress::{self, Step};
use tooling::{program, xtask};

use crate::interrupt::Interrupt;
use crate::quotation;
use crate::stack::functions::build_programs;
use crate::workspace::Workspace;

/// How a program begins to say why it fails.
const ERROR: &str = "error:";

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Tour,
    Drill,
    Fuzz,
    Rehearse,
    ColdStart,
    PathCost,
    Planted,
}

impl Program {
    /// The binary, and the command of it that is this program.
    fn place(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Tour => ("system-tests", Some("tour")),
            Self::Drill => ("system-tests", Some("drill")),
            Self::Fuzz => ("system-tests", Some("fuzz")),
            Self::Rehearse => ("system-tests", Some("rehearse")),
            Self::ColdStart => ("system-tests", Some("cold-start")),
            Self::PathCost => ("system-tests", Some("path-cost")),
            Self::Planted => ("planted-bugs", None),
        }
    }

    fn path(self, workspace: &Workspace) -> PathBuf {
        workspace.built().join(self.place().0)
    }
}

/// The arguments passed on to a program.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Understood by the program; `--help` shows them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<String>,
}

/// Builds a program and becomes it, so that the terminal, its signals and the exit code are
/// the program's own. Returns only when that fails.
///
/// # Errors
/// When it does not compile or cannot be started, and an interrupt.
pub(crate) fn become_program(
    workspace: &Workspace,
    program: Program,
    arguments: Arguments,
    interrupt: &Interrupt,
) -> Result<Infallible> {
    let own = own_path();
    let (binary, command) = program.place();
    progress::spinning(&format!("building {binary}"), || {
        build_programs(workspace, "cargo-build-program", &[binary]).run(interrupt)
    })?;
    let error = Command::new(program.path(workspace))
        .args(command)
        .args(arguments.arguments)
        .envs(own.map(|own| (xtask::VARIABLE, own)))
        .exec();
    Err(error).with_context(|| format!("starting {binary}"))
}

/// Runs a program that is built already, as a step of the tests. Its last line, the
/// result in a few words, becomes the step's note; `tell` gets the lines before it.
///
/// # Errors
/// When it fails, with what it says about that.
pub(crate) fn run_as_step(
    workspace: &Workspace,
    program: Program,
    arguments: &[&str],
    mut tell: impl FnMut(&str) + Send,
    step: &Step,
    interrupt: &Interrupt,
) -> Result<()> {
    let (binary, command) = program.place();
    let log = workspace.log(command.unwrap_or(binary));
    let running = program::Program::new(program.path(workspace), workspace.root(), log)
        .args(command)
        .args(arguments.iter().copied());
    let running = that_may_ask_us(running);
    let mut last = None;
    // The step reports the error, so its lines are not shown twice.
    let mut fails = false;
    let status = running.run_telling(interrupt, |line| {
        fails |= line.starts_with(ERROR);
        let line = (!fails).then(|| line.to_owned());
        if let Some(line) = line.and_then(|line| last.replace(line)) {
            tell(&line);
        }
    })?;
    if !status.success() {
        let log = quotation::read(running.log());
        let lines = log.lines();
        let told: Vec<&str> = lines.skip_while(|line| !line.starts_with(ERROR)).collect();
        if told.is_empty() {
            return Err(running.failure(status));
        }
        bail!("{}", quotation::of_part(running.log(), &told));
    }
    step.note(last.unwrap_or_default());
    Ok(())
}

/// The same program, told where this one is, which it may ask for what changes the stack.
pub(crate) fn that_may_ask_us(program: program::Program) -> program::Program {
    match own_path() {
        Some(own) => program.env(xtask::VARIABLE, own.to_string_lossy()),
        None => program,
    }
}

/// Where this program lies; those that are not told ask Cargo for it.
fn own_path() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    // So Linux calls a file that a build has replaced since. The new one will do.
    let replaced = own.to_str()?.strip_suffix(" (deleted)").map(PathBuf::from);
    Some(replaced.unwrap_or(own))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Mutex;

    use super::*;
    use crate::progress::Progress;
    use crate::scratch::Scratch;

    /// A workspace in which the drill is this script.
    fn with_drill(scratch: &Scratch, script: &str) -> Workspace {
        let workspace = Workspace::at(scratch.path());
        let path = Program::Drill.path(&workspace);
        std::fs::create_dir_all(workspace.built()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        workspace
    }

    /// How the step ended, and the lines it told meanwhile.
    fn run(workspace: &Workspace) -> (Result<()>, Vec<String>) {
        let told = Mutex::new(Vec::new());
        let tell = |line: &str| told.lock().unwrap().push(line.to_owned());
        let ended = Progress::new().step("drill", |step| {
            let small = ["--writes", "20"];
            run_as_step(
                workspace,
                Program::Drill,
                &small,
                tell,
                step,
                &Interrupt::new(),
            )
        });
        (ended, told.into_inner().unwrap())
    }

    #[test]
    fn a_step_tells_what_the_program_does_and_keeps_its_result_for_the_end() {
        let scratch = Scratch::new("programs-step");
        let workspace = with_drill(
            &scratch,
            "echo \"$@\"; test -n \"$XTASK\"; echo $?; echo fine",
        );
        let (ended, told) = run(&workspace);
        ended.unwrap();
        assert_eq!(told, ["drill --writes 20", "0"]);
    }

    #[test]
    fn a_program_that_fails_says_why_from_its_error_on() {
        let scratch = Scratch::new("programs-fails");
        let script = "echo before; echo 'error: 2 promises' >&2; echo 'broken' >&2; exit 1";
        let (ended, _) = run(&with_drill(&scratch, script));
        let error = ended.unwrap_err().to_string();
        assert!(
            error.ends_with("  | error: 2 promises\n  | broken"),
            "{error}"
        );
        assert!(!error.contains("before"), "{error}");
    }
}
