//! The web app, for Amplify.

use anyhow::{Context, Result};
use tooling::archive::Archive;

use super::deployer::Deployer;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::stack::web;
use crate::tools;
use crate::workspace::Workspace;

/// Which stage gets the pages.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The stage: dev or prod.
    #[arg(long)]
    stage: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// # Errors
/// When the pages are not served afterwards.
pub(super) fn deploy(
    workspace: &Workspace,
    options: &Options,
    interrupt: &Interrupt,
) -> Result<()> {
    let deployer = Deployer::ready(workspace, &options.stage, interrupt)?;
    let progress = Progress::new();
    progress.step("npm packages of static-web-app", |step| {
        tools::npm(workspace, &workspace.web_app()).prepare(step, interrupt)
    })?;
    progress.step("web app: build", |_| web::build(workspace, interrupt))?;
    let pages = workspace.web_app().join("dist");
    let zip = workspace.target().join("web-app.zip");
    let stage = ["--stage".to_owned(), options.stage.clone()];
    let folder = pages.display().to_string();
    let mut configure = vec!["configure".to_owned(), "--pages".to_owned(), folder.clone()];
    configure.extend(stage.clone());
    configure.extend(deployer.account.api_url());
    deployer.run(&configure)?;
    progress.step("web app: zip", |_| {
        let pages = Archive::of_folder(&pages)?.to_zip()?;
        std::fs::write(&zip, pages).with_context(|| format!("writing {}", zip.display()))
    })?;
    let mut deploy = vec!["web".to_owned(), "--pages".to_owned(), folder];
    deploy.extend(["--zip".to_owned(), zip.display().to_string()]);
    deploy.extend(stage);
    if options.yes {
        deploy.push("--yes".to_owned());
    }
    println!();
    deployer.run(&deploy)
}
