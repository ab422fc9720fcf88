//! Programs that play with the running system from outside, and judge it: they read
//! `stack.json`, and ask `cargo xtask` for what changes the stack itself.
//!
//! `cargo xtask tour`, `drill`, `fuzz`, `rehearse`, `cold-start` and `path-cost` build and run this. The last
//! line that each of them writes is its result in a few words, which
//! `cargo xtask test` shows.

mod cold_start;
mod drill;
mod fuzz;
mod path_cost;
mod rehearsal;
mod tour;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
// What is shared with other programs has the same names in all of them.
use tooling::{
    disk, http, interrupt, outcome, program, progress, quotation, random, tools, waiting,
    workspace, xtask,
};

use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::workspace::Workspace;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    program: Program,
}

#[derive(Debug, Subcommand)]
enum Program {
    /// Plays an incident on the running stack and tells it.
    Tour,
    /// Kills parts of the running stack while clients write, and looks for what
    /// was lost or doubled.
    Drill {
        /// How large a drill.
        #[command(flatten)]
        size: drill::Size,
    },
    /// Sends the API what follows from its description, and judges every answer.
    Fuzz {
        /// How much of it.
        #[command(flatten)]
        choice: fuzz::Choice,
    },
    /// Deploys to the running stack while clients ask, and looks whether they noticed.
    Rehearse,
    /// Measures how long the functions take to start, beside one that does nothing.
    ColdStart {
        /// How often.
        #[command(flatten)]
        choice: cold_start::Choice,
    },
    /// Measures what the way through the functions costs, beside functions that say hello.
    PathCost {
        /// How much of it.
        #[command(flatten)]
        choice: path_cost::Choice,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    outcome::exit_code(run(&arguments.program).map(|()| ExitCode::SUCCESS))
}

fn run(program: &Program) -> Result<()> {
    let interrupt = Interrupt::from_signals()?;
    let workspace = Workspace::find();
    let progress = Progress::new();
    match program {
        Program::Tour => tour::tour(&workspace, &interrupt),
        Program::Drill { size } => drill::drill(&workspace, size, &progress, &interrupt),
        Program::Fuzz { choice } => fuzz::fuzz(&workspace, *choice, &progress, &interrupt),
        Program::Rehearse => rehearsal::rehearse(&workspace, &progress, &interrupt),
        Program::ColdStart { choice } => {
            cold_start::measure(&workspace, *choice, &progress, &interrupt)
        }
        Program::PathCost { choice } => {
            path_cost::measure(&workspace, choice, &progress, &interrupt)
        }
    }
}
