//! The web app: built once, then served as it would be hosted.

use anyhow::Result;

use super::server::{Readiness, Server};
use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::workspace::Workspace;

pub(crate) fn build(workspace: &Workspace, interrupt: &Interrupt) -> Result<()> {
    let folder = workspace.web_app();
    let npm = Program::new("npm", &folder, workspace.log("web-build"));
    npm.args(["run", "build"])
        .env("NO_COLOR", "1")
        .run(interrupt)
}

/// The address of the API is told at run time; the built files are the same for
/// every stage.
pub(crate) fn server(workspace: &Workspace, port: u16, api_url: &str) -> Server {
    let folder = workspace.web_app();
    let vite = folder.join("node_modules/.bin/vite");
    let program = Program::new(vite, &folder, workspace.log("web"))
        .env("API_URL", api_url)
        .env("NO_COLOR", "1")
        .args([
            "preview",
            "--strictPort",
            "--host",
            "127.0.0.1",
            "--port",
            &port.to_string(),
        ]);
    Server::new(
        program,
        port,
        Readiness::Http(format!("{}/config.json", url(port))),
    )
}

pub(crate) fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
