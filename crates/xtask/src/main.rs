//! `cargo xtask`: runs, shows and tests the whole system on one machine.

mod checks;
mod cold_start;
mod deploy;
mod disk;
mod drill;
mod fuzz;
mod http;
mod interrupt;
mod package;
mod planted;
mod prerequisites;
mod process;
mod program;
mod progress;
mod quotation;
mod random;
#[cfg(test)]
mod scratch;
mod stack;
mod tools;
mod tour;
mod waiting;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};
use console::style;

use crate::checks::Extent;
use crate::interrupt::{Interrupt, Interrupted};
use crate::progress::Progress;
use crate::stack::lifecycle::{self, Action, Stay};
use crate::stack::server::Name;
use crate::tour::Narrator;
use crate::workspace::Workspace;

/// What the shell calls a program that was ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Runs, shows and tests the whole system on this machine.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
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
    Tour,
    /// Kills parts of the running stack while clients write, and looks for what
    /// was lost or doubled.
    Drill {
        /// How large a drill.
        #[command(flatten)]
        size: drill::Size,
    },
    /// Runs everything that must pass.
    Test {
        /// How much of it.
        #[arg(default_value = "all")]
        extent: Extent,
    },
    /// Looks whether anything is known against the crates that are used.
    Advisories,
    /// Sends the API what follows from its description, and judges every answer.
    Fuzz {
        /// How much of it.
        #[command(flatten)]
        choice: fuzz::Choice,
    },
    /// Measures how long the functions take to start, beside one that does nothing.
    ColdStart {
        /// How often.
        #[command(flatten)]
        choice: cold_start::Choice,
    },
    /// Puts something in place: shows what will change, asks, does it, looks whether it
    /// works, and takes it back if it does not.
    Deploy {
        /// What.
        #[command(subcommand)]
        what: deploy::What,
    },
    /// Deploys to the running stack while clients ask, and looks whether they noticed.
    Rehearse,
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
    Planted {
        /// How much of it.
        #[command(flatten)]
        choice: planted::Choice,
    },
    /// Stops, kills or starts one server of the running stack.
    Server {
        /// What to do to it.
        action: Action,
        /// Which server.
        server: Backend,
    },
}

/// The servers that people play outage with.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Backend {
    /// `PostgreSQL`.
    Database,
    /// Valkey.
    Cache,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments.command) {
        Ok(code) => code,
        Err(error) if error.is::<Interrupted>() => {
            eprintln!("{}", style("interrupted").for_stderr().yellow());
            ExitCode::from(INTERRUPTED)
        }
        Err(error) => {
            eprintln!("\n{} {error:#}", style("error:").for_stderr().red().bold());
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<ExitCode> {
    let interrupt = Interrupt::from_signals()?;
    let workspace = Workspace::find();
    let done = match command {
        Command::Test { extent } => return checks::test(&workspace, *extent, &interrupt),
        Command::Planted { choice } => return planted::plant(&workspace, choice, &interrupt),
        Command::Up { detach: true } => lifecycle::up(&workspace, Stay::Detach, &interrupt),
        Command::Up { detach: false } => {
            lifecycle::up(&workspace, Stay::UntilInterrupted, &interrupt)
        }
        Command::Down => lifecycle::down(&workspace),
        Command::Status => lifecycle::status(&workspace),
        Command::Tour => tour::tour(&workspace, &Narrator::to_stdout(), &interrupt).map(drop),
        Command::Drill { size } => drill::drill(&workspace, size, &Progress::new(), &interrupt),
        Command::Fuzz { choice } => fuzz::fuzz(&workspace, *choice, &interrupt),
        Command::ColdStart { choice } => {
            cold_start::measure(&workspace, *choice, &Progress::new(), &interrupt)
        }
        Command::Deploy { what } => deploy::deploy(&workspace, what, &interrupt),
        Command::Rehearse => Progress::new().step("deployment under load", |step| {
            deploy::rehearsal::rehearse(&workspace, step, &interrupt)
        }),
        Command::Destroy { stage } => deploy::destroy(&workspace, stage, &interrupt),
        Command::Advisories => checks::advisories(&workspace, &interrupt),
        Command::Package { choice } => {
            package::package(&workspace, choice, &Progress::new(), &interrupt)
        }
        Command::Server { action, server } => {
            let name = match server {
                Backend::Database => Name::Database,
                Backend::Cache => Name::Cache,
            };
            lifecycle::change_shown(&workspace, name, *action, &interrupt)
        }
    };
    done.map(|()| ExitCode::SUCCESS)
}
