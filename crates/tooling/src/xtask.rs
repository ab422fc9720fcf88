//! `cargo xtask`, for programs that need something of it while they run.

use anyhow::{Context, Result};

use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::stack::{Action, Backend};
use crate::workspace::Workspace;

/// Where the `xtask` that started a program tells it its own path.
pub const VARIABLE: &str = "XTASK";

/// The `xtask` that started this program; without one, Cargo builds and runs it.
pub fn xtask(workspace: &Workspace, log: &str) -> Program {
    let log = workspace.log(log);
    match std::env::var_os(VARIABLE) {
        Some(path) => Program::new(path, workspace.root(), log),
        None => Program::new("cargo", workspace.root(), log).args(["xtask"]),
    }
}

/// Stops, kills or starts one server of the running stack, and returns when that is done.
///
/// # Errors
/// When no stack is running, or the server does not do as told.
pub fn change(
    workspace: &Workspace,
    backend: Backend,
    action: Action,
    interrupt: &Interrupt,
) -> Result<()> {
    let (action, server) = (action.word(), backend.word());
    xtask(workspace, &format!("xtask-server-{server}"))
        .args(["server", action, server])
        .run(interrupt)
        .with_context(|| format!("asking for `cargo xtask server {action} {server}`"))
}
