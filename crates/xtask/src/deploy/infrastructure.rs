//! All stacks of a stage, by the CDK app.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail, ensure};

use super::deployer::{Deployer, in_terminal};
use super::words;
use crate::interrupt::Interrupt;
use crate::package::{self, Architecture};
use crate::progress::Progress;
use crate::stack::functions::Function;
use crate::tools;
use crate::workspace::Workspace;

/// Which stage is deployed, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The stage: dev or prod.
    #[arg(long)]
    stage: String,
    /// A setting of the stage, such as `webOrigin=https://items.example.com`; a wrong or
    /// missing one is told. In the variable, spaces stand between settings.
    #[arg(
        long = "set",
        value_name = "SETTING=VALUE",
        env = "STAGE_SETTINGS",
        value_delimiter = ' '
    )]
    settings: Vec<String>,
    /// A folder that `cargo xtask package` has filled before, instead of a new build.
    #[arg(long)]
    packages: Option<PathBuf>,
    /// Apply the migrations when the stacks are there, and not before as well: for code
    /// that does not start with the variables the function has now.
    #[arg(long)]
    migrate_after: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// Which stage is to be gone.
#[derive(Debug, clap::Args)]
pub(crate) struct Destruction {
    /// The stage: dev or prod.
    #[arg(long)]
    stage: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// Migrations come before the traffic moves: the new Retry code gets them applied
/// while it has no traffic, and the schema that results still serves the old code.
/// CloudFormation rolls back what it cannot finish.
///
/// # Errors
/// When the stacks are not deployed, or the API does not answer afterwards.
pub(super) fn deploy(
    workspace: &Workspace,
    options: &Options,
    interrupt: &Interrupt,
) -> Result<()> {
    ensure!(
        options.stage != "local",
        "the local stage is deployed by `cargo xtask up`"
    );
    let deployer = Deployer::ready(workspace, &options.stage, interrupt)?;
    let progress = Progress::new();
    prepare(workspace, &progress, interrupt)?;
    let packages = if let Some(folder) = &options.packages {
        std::path::absolute(folder)?
    } else {
        let all = &Function::ALL;
        package::build(workspace, Architecture::Arm64, all, &progress, interrupt)?;
        workspace.package()
    };
    let mut context = vec![
        format!("stage={}", options.stage),
        format!("functionsDir={}", packages.display()),
    ];
    let given = options
        .settings
        .iter()
        .filter(|setting| !setting.is_empty());
    context.extend(given.cloned());
    println!("\nWhat will change in the stage {}:\n", options.stage);
    cdk(workspace, &deployer, &["diff", "--all"], &context)?;
    ask(&deployer, options.yes)?;
    if !options.migrate_after {
        let retry = package::zip(&packages, Function::Retry);
        let retry = retry.display().to_string();
        deployer.run(&words(&[
            "migrate",
            "--stage",
            &options.stage,
            "--zip",
            &retry,
        ]))?;
    }
    let go = [
        "deploy",
        "--all",
        "--require-approval",
        "never",
        "--progress",
        "events",
    ];
    cdk(workspace, &deployer, &go, &context)?;
    // The first time, there was no function to ask before.
    deployer.run(&words(&["migrate", "--stage", &options.stage]))?;
    deployer.run(&words(&["health", "--stage", &options.stage]))
}

/// # Errors
/// When something stays that was not meant to.
pub(crate) fn destroy(
    workspace: &Workspace,
    options: &Destruction,
    interrupt: &Interrupt,
) -> Result<()> {
    if options.stage == "local" {
        bail!("`cargo xtask down` stops the local stack and leaves nothing behind");
    }
    let deployer = Deployer::ready(workspace, &options.stage, interrupt)?;
    prepare(workspace, &Progress::new(), interrupt)?;
    // Only the stacks' names and their order matter here, so what else the app asks for is
    // made up; the repository has the app know the stack of the workflows' role.
    let placeholders = workspace.infrastructure().join("test/fixtures/functions");
    let context = [
        format!("stage={}", options.stage),
        format!("functionsDir={}", placeholders.display()),
        "dynamoDbPrefixList=pl-00000000".to_owned(),
        "githubRepository=example/circuit-breaker".to_owned(),
    ];
    println!("\nThese stacks will be gone, and with them what is not protected:\n");
    cdk(workspace, &deployer, &["list"], &context)?;
    ask(&deployer, options.yes)?;
    cdk(
        workspace,
        &deployer,
        &["destroy", "--all", "--force"],
        &context,
    )
}

fn prepare(workspace: &Workspace, progress: &Progress, interrupt: &Interrupt) -> Result<()> {
    progress.step("npm packages of infrastructure", |step| {
        tools::npm(workspace, &workspace.infrastructure()).prepare(step, interrupt)
    })
}

fn ask(deployer: &Deployer<'_>, yes: bool) -> Result<()> {
    let yes = yes.then_some("--yes");
    deployer.run(&words(&[&["ask"], yes.as_slice()].concat()))
}

fn cdk(
    workspace: &Workspace,
    deployer: &Deployer<'_>,
    arguments: &[&str],
    context: &[String],
) -> Result<()> {
    let folder = workspace.infrastructure();
    let mut command = Command::new(folder.join("node_modules/.bin/cdk"));
    command
        .current_dir(&folder)
        .env("CDK_DISABLE_CLI_TELEMETRY", "true")
        .env("CDK_DISABLE_VERSION_CHECK", "1")
        .args(arguments)
        .arg("--no-notices")
        .arg("--output")
        .arg(workspace.target().join("cdk.out"));
    for setting in context {
        command.args(["--context", setting]);
    }
    in_terminal(&mut command, &deployer.account)
}
