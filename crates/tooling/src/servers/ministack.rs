//! `MiniStack`: API Gateway, Lambda, DynamoDB, CloudFormation and CloudWatch on
//! one local port.

use std::path::Path;

use anyhow::{Context, Result};

use super::server::{Readiness, Server};
use crate::program::Program;
use crate::workspace::Workspace;

/// Where everything is deployed to.
pub const REGION: &str = "us-east-1";

/// Every folder it would otherwise make in the system's temporary one is below `folder`:
/// the functions' environments run from there and leave with it.
///
/// # Errors
/// When its folder cannot be made.
pub fn server(workspace: &Workspace, folder: &Path) -> Result<impl Fn(u16) -> Server + use<>> {
    let folder = folder.join("ministack");
    std::fs::create_dir_all(&folder).context("creating the emulator's folder")?;
    let python = workspace.venv().join("bin/python");
    let own = folder.to_string_lossy();
    let program = Program::new(python, &folder, workspace.log("ministack"))
        .essentials_only()
        .env("BIND_HOST", "127.0.0.1")
        .env("HOME", own.clone())
        // It would listen on every interface, for devices that nobody has.
        .env("IOT_MTLS_ENABLED", "0")
        .env("MINISTACK_REGION", REGION)
        .env("PYTHONUNBUFFERED", "1")
        .env("S3_DATA_DIR", format!("{own}/s3"))
        .env("STATE_DIR", format!("{own}/state"))
        .env("TMPDIR", own)
        .args(["-m", "ministack"]);
    Ok(move |port: u16| {
        let program = program
            .clone()
            .env("GATEWAY_PORT", port.to_string())
            // Functions are told where AWS is only if it is told itself.
            .env("AWS_ENDPOINT_URL", url(port));
        Server::new(
            program,
            port,
            Readiness::Http(format!("{}/_ministack/ready", url(port))),
        )
    })
}

/// Where AWS's clients find it.
pub fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
