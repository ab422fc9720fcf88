//! The program of `crates/deploy`: built when it is needed, then given the terminal.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::account::Account;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::stack::functions::build_programs;
use crate::workspace::Workspace;

/// Deploys to one account.
#[derive(Debug)]
pub(super) struct Deployer<'run> {
    workspace: &'run Workspace,
    pub(super) account: Account,
}

impl<'run> Deployer<'run> {
    /// # Errors
    /// When it cannot be built, or the stage is the local one and no stack is running.
    pub(super) fn ready(
        workspace: &'run Workspace,
        stage: &str,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let account = Account::of(workspace, stage)?;
        Progress::new().step("the program that deploys", |_| {
            build_programs(workspace, "cargo-deploy", &["deploy"]).run(interrupt)
        })?;
        Ok(Self { workspace, account })
    }

    /// Runs it in the terminal, where it may ask.
    ///
    /// # Errors
    /// When it fails; it has told why.
    pub(super) fn run(&self, arguments: &[String]) -> Result<()> {
        in_terminal(Command::new(self.path()).args(arguments), &self.account)
    }

    fn path(&self) -> std::path::PathBuf {
        self.workspace.built().join("deploy")
    }
}

/// Runs a command that talks to the user, and to nobody's account but this.
///
/// # Errors
/// When it cannot be started or fails.
pub(super) fn in_terminal(command: &mut Command, account: &Account) -> Result<()> {
    if account.is_emulator() {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
    }
    let name = std::path::Path::new(command.get_program()).file_name();
    let name = name.unwrap_or_default().to_string_lossy().into_owned();
    let status = command.envs(account.variables()).status();
    let status = status.with_context(|| format!("starting {name}"))?;
    if !status.success() {
        bail!("{name} has failed ({status}), see above");
    }
    Ok(())
}
