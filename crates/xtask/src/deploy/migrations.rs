//! The migrations alone.

use anyhow::Result;

use super::deployer::Deployer;
use super::words;
use crate::interrupt::Interrupt;
use crate::workspace::Workspace;

/// Of which stage.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The stage: local, dev or prod.
    #[arg(long)]
    stage: String,
}

/// # Errors
/// When they are not applied.
pub(super) fn apply(workspace: &Workspace, options: &Options, interrupt: &Interrupt) -> Result<()> {
    let deployer = Deployer::ready(workspace, &options.stage, interrupt)?;
    deployer.run(&words(&["migrate", "--stage", &options.stage]))
}
