//! `MiniStack`: API Gateway, Lambda, DynamoDB, CloudFormation and CloudWatch on
//! one local port.

use anyhow::{Context, Result};

use super::server::{Readiness, Server};
use crate::program::Program;
use crate::workspace::Workspace;

/// Where everything is deployed to.
pub(crate) const REGION: &str = "us-east-1";

/// Every folder it would otherwise make in the system's temporary one is ours:
/// the functions' environments run from there and leave with the stack.
///
/// # Errors
/// When its folder cannot be made.
pub(crate) fn server(workspace: &Workspace) -> Result<impl Fn(u16) -> Server + use<>> {
    let folder = workspace.data().join("ministack");
    std::fs::create_dir_all(&folder).context("creating the emulator's folder")?;
    let python = workspace.venv().join("bin/python");
    let own = folder.to_string_lossy();
    let program = Program::new(python, &folder, workspace.log("ministack"))
        .essentials_only()
        .env("BIND_HOST", "127.0.0.1")
        .env("HOME", own.clone())
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

pub(crate) fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
