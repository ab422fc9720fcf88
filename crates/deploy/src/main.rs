//! Puts new code live on AWS: shows what will happen, asks, does it, looks whether
//! it works, and takes it back if it does not.
//!
//! `cargo xtask deploy` builds what is deployed and runs this. It is a program of
//! its own because AWS's clients take minutes to compile, and who only wants to
//! start the local stack should not wait for them.

mod cloud;
mod consent;
mod function;
mod outputs;
mod steps;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use console::style;

use crate::cloud::Cloud;
use crate::consent::Consent;

/// Puts new code live on AWS.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Replaces the code of one function.
    Function(function::Options),
    /// Gives the Retry function new code and has it migrate, before the stacks that
    /// move the traffic are deployed.
    Migrate(function::Migration),
    /// Looks whether a stage's API answers.
    Health(function::HealthCheck),
    /// Writes what the web app has to know of a stage.
    Configure(web::Configuration),
    /// Replaces the web app.
    Web(web::Options),
    /// Asks whether to go on with what was just shown.
    Ask(Consent),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = run(&arguments.command).await;
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{} {error:#}", style("error:").for_stderr().red().bold());
            ExitCode::FAILURE
        }
    }
}

async fn run(command: &Command) -> anyhow::Result<()> {
    let cloud = Box::pin(Cloud::from_environment()).await;
    match command {
        Command::Function(options) => Box::pin(function::deploy(&cloud, options)).await,
        Command::Migrate(options) => Box::pin(function::migrate(&cloud, options)).await,
        Command::Health(options) => Box::pin(function::health(&cloud, options)).await,
        Command::Configure(options) => Box::pin(web::configure(&cloud, options)).await,
        Command::Web(options) => Box::pin(web::deploy(&cloud, options)).await,
        Command::Ask(consent) => consent.obtain(),
    }
}
