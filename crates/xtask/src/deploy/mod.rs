//! `cargo xtask deploy` and `cargo xtask destroy`: builds what is deployed, then has
//! the CDK app or the program of `crates/deploy` put it in place.

mod account;
mod deployer;
mod function;
mod infrastructure;
mod migrations;
mod web;

use anyhow::Result;

pub(crate) use self::infrastructure::{Destruction, destroy};
use crate::interrupt::Interrupt;
use crate::stack::functions::Function;
use crate::workspace::Workspace;

/// What is put in place.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum What {
    /// Every stack of a stage, with the functions' code.
    Infrastructure(infrastructure::Options),
    /// The code of the API function.
    Api(function::Options),
    /// The code of the Retry function, and its migrations.
    Retry(function::Options),
    /// The code of the Fallback function.
    Fallback(function::Options),
    /// The migrations of the Retry function that is live.
    Migrations(migrations::Options),
    /// The web app.
    Web(web::Options),
}

/// # Errors
/// When it is not in place and working afterwards.
pub(crate) fn deploy(workspace: &Workspace, what: &What, interrupt: &Interrupt) -> Result<()> {
    match what {
        What::Infrastructure(options) => infrastructure::deploy(workspace, options, interrupt),
        What::Api(options) => function::deploy(workspace, Function::Api, options, interrupt),
        What::Retry(options) => function::deploy(workspace, Function::Retry, options, interrupt),
        What::Fallback(options) => {
            function::deploy(workspace, Function::Fallback, options, interrupt)
        }
        What::Migrations(options) => migrations::apply(workspace, options, interrupt),
        What::Web(options) => web::deploy(workspace, options, interrupt),
    }
}

fn words(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(ToString::to_string).collect()
}
