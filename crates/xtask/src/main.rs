//! `cargo xtask`: runs, shows and tests the whole system on one machine.

mod checks;
mod deploy;
mod measure;
mod package;
mod prerequisites;
mod programs;
mod stack;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use tooling::stack::{Action, Backend};
// What is shared with other programs has the same names in all of them.
#[cfg(test)]
use tooling::scratch;
use tooling::{
    disk, http, interrupt, outcome, process, program, progress, quotation, tools, waiting,
    workspace,
};

use crate::checks::{Depth, Extent};
use crate::interrupt::Interrupt;
use crate::programs::{Arguments, Program};
use crate::progress::Progress;
use crate::stack::lifecycle::{self, Stay};
use crate::workspace::Workspace;

/// Runs, shows and tests the whole system on this machine.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts everything and keeps it running until Ctrl-C.
    Up {
        /// Return once all is up; `cargo xtask down` stops it.
        #[arg(long)]
        detach: bool,
    },
    /// Stops the running stack.
    Down,
    /// Tells what is where and what runs.
    Status,
    /// Plays an incident on the running stack and tells it.
    #[command(disable_help_flag = true)]
    Tour(Arguments),
    /// Kills parts of the running stack while clients write, and looks for what
    /// was lost or doubled.
    #[command(disable_help_flag = true)]
    Drill(Arguments),
    /// Formats, lints and tests what has changed since the last commit.
    Check,
    /// Runs everything that must pass.
    Test {
        /// How much of it.
        #[arg(default_value = "all")]
        extent: Extent,
        /// Also what takes minutes and seldom finds anything: CI does it every night.
        #[arg(long)]
        thorough: bool,
    },
    /// Looks whether anything is known against the crates that are used.
    Advisories,
    /// Sends the API what follows from its description, and judges every answer.
    #[command(disable_help_flag = true)]
    Fuzz(Arguments),
    /// Simulates fleets of breakers and writes down what holds.
    Measure {
        /// Which page.
        what: measure::What,
    },
    /// Measures how long the functions take to start, beside one that does nothing.
    #[command(disable_help_flag = true)]
    ColdStart(Arguments),
    /// Measures what the way through the functions costs, beside functions that say hello.
    #[command(disable_help_flag = true)]
    PathCost(Arguments),
    /// Puts something in place: shows what will change, asks, does it, looks whether it
    /// works, and takes it back if it does not.
    Deploy {
        /// What.
        #[command(subcommand)]
        what: deploy::What,
    },
    /// Deploys to the running stack while clients ask, and looks whether they noticed.
    #[command(disable_help_flag = true)]
    Rehearse(Arguments),
    /// Removes every stack of a stage.
    Destroy {
        /// Which stage.
        #[command(flatten)]
        stage: deploy::Destruction,
    },
    /// Builds what is deployed: the functions, their zip files and what is in them.
    Package {
        /// What, and for which processor.
        #[command(flatten)]
        choice: package::Choice,
    },
    /// Plants known bugs in a copy of the breaker and tells which test catches
    /// which.
    #[command(disable_help_flag = true)]
    Planted(Arguments),
    /// Stops, kills or starts one server of the running stack.
    Server {
        /// What to do to it.
        action: Action,
        /// Which server.
        server: Backend,
    },
}

fn main() -> ExitCode {
    let line = CommandLine::parse();
    outcome::exit_code(run(line.command))
}

fn run(command: Command) -> Result<ExitCode> {
    let interrupt = Interrupt::from_signals()?;
    let workspace = Workspace::find();
    let progress = Progress::new();
    let become_program = |program: Program, arguments: Arguments| {
        programs::become_program(&workspace, program, arguments, &interrupt)
    };
    let done = match command {
        Command::Check => return checks::check(&workspace, &interrupt),
        Command::Test { extent, thorough } => {
            let depth = if thorough {
                Depth::Thorough
            } else {
                Depth::Normal
            };
            return checks::test(&workspace, extent, depth, &interrupt);
        }
        Command::Measure { what } => measure::measure(&workspace, what, &progress, &interrupt),
        Command::Planted(arguments) => match become_program(Program::Planted, arguments)? {},
        Command::Tour(arguments) => match become_program(Program::Tour, arguments)? {},
        Command::Drill(arguments) => match become_program(Program::Drill, arguments)? {},
        Command::Fuzz(arguments) => match become_program(Program::Fuzz, arguments)? {},
        Command::Rehearse(arguments) => match become_program(Program::Rehearse, arguments)? {},
        Command::ColdStart(arguments) => match become_program(Program::ColdStart, arguments)? {},
        Command::PathCost(arguments) => match become_program(Program::PathCost, arguments)? {},
        Command::Up { detach: true } => lifecycle::up(&workspace, Stay::Detach, &interrupt),
        Command::Up { detach: false } => {
            lifecycle::up(&workspace, Stay::UntilInterrupted, &interrupt)
        }
        Command::Down => lifecycle::down(&workspace),
        Command::Status => lifecycle::status(&workspace),
        Command::Deploy { what } => deploy::deploy(&workspace, &what, &interrupt),
        Command::Destroy { stage } => deploy::destroy(&workspace, &stage, &interrupt),
        Command::Advisories => checks::advisories(&workspace, &interrupt),
        Command::Package { choice } => package::package(&workspace, &choice, &progress, &interrupt),
        Command::Server { action, server } => {
            lifecycle::change(&workspace, server.into(), action, &interrupt)
        }
    };
    done.map(|()| ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_gets_every_argument_also_those_that_ask_for_help() {
        let line = |arguments: &[&str]| {
            CommandLine::try_parse_from([&["cargo xtask"], arguments].concat()).unwrap()
        };
        for asked in [&["--help"][..], &["--writes", "20", "-h"], &[]] {
            let Command::Drill(told) = line(&[&["drill"], asked].concat()).command else {
                panic!("another command was understood");
            };
            assert_eq!(told.arguments, asked);
        }
    }
}
