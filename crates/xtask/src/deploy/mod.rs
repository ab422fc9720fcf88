//! `cargo xtask deploy` and `cargo xtask destroy`: builds what is deployed, then has
//! the CDK app or the program of `crates/deploy` put it in place.

mod account;
mod deployer;
mod function;
mod infrastructure;
pub(crate) mod rehearsal;
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
    Infrastructure(infrastructure::Order),
    /// The code of the API function.
    Api(function::Order),
    /// The code of the Retry function, and its migrations.
    Retry(function::Order),
    /// The code of the Fallback function.
    Fallback(function::Order),
    /// The web app.
    Web(web::Order),
}

/// # Errors
/// When it is not in place and working afterwards.
pub(crate) fn deploy(workspace: &Workspace, what: &What, interrupt: &Interrupt) -> Result<()> {
    match what {
        What::Infrastructure(order) => infrastructure::deploy(workspace, order, interrupt),
        What::Api(order) => function::deploy(workspace, Function::Api, order, interrupt),
        What::Retry(order) => function::deploy(workspace, Function::Retry, order, interrupt),
        What::Fallback(order) => function::deploy(workspace, Function::Fallback, order, interrupt),
        What::Web(order) => web::deploy(workspace, order, interrupt),
    }
}
