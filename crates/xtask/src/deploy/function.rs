//! New code for one function.

use std::path::PathBuf;

use anyhow::Result;
use tooling::archive::write_zip;

use super::deployer::Deployer;
use crate::interrupt::Interrupt;
use crate::package::{self, Architecture};
use crate::progress::Progress;
use crate::stack::functions::{self, Build, Function};
use crate::workspace::Workspace;

/// Which code goes where.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The stage: local, dev or prod.
    #[arg(long)]
    stage: String,
    /// A folder that `cargo xtask package` has filled before, instead of a new build.
    #[arg(long)]
    packages: Option<PathBuf>,
    /// The function's name, instead of the one that the stage's stack tells.
    ///
    /// `AWS_LAMBDA_API_FUNCTION_NAME` and its like say the same.
    #[arg(long)]
    function: Option<String>,
    /// Move all traffic at once, even where CodeDeploy would move a part first.
    #[arg(long)]
    at_once: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

fn word(function: Function) -> &'static str {
    match function {
        Function::Api => "api",
        Function::Retry => "retry",
        Function::Fallback => "fallback",
    }
}

/// The variable that names a function where no stack does.
fn variable(function: Function) -> String {
    format!("AWS_LAMBDA_{}_FUNCTION_NAME", word(function).to_uppercase())
}

/// # Errors
/// When the new code is not live and working afterwards; the former is then.
pub(super) fn deploy(
    workspace: &Workspace,
    function: Function,
    options: &Options,
    interrupt: &Interrupt,
) -> Result<()> {
    let deployer = Deployer::ready(workspace, &options.stage, interrupt)?;
    let zip = match &options.packages {
        Some(folder) => package::zip(folder, function),
        None => build(workspace, function, &deployer, interrupt)?,
    };
    println!();
    deployer.run(&arguments(&deployer, function, options, &zip))
}

fn arguments(
    deployer: &Deployer<'_>,
    function: Function,
    options: &Options,
    zip: &std::path::Path,
) -> Vec<String> {
    let mut arguments: Vec<String> = ["function", "--kind", word(function), "--stage"]
        .map(ToOwned::to_owned)
        .into();
    arguments.extend([
        options.stage.clone(),
        "--zip".to_owned(),
        zip.display().to_string(),
    ]);
    arguments.extend(deployer.account.api_url());
    let named = options.function.clone();
    let named = named.or_else(|| std::env::var(variable(function)).ok());
    if let Some(name) = named.filter(|name| !name.is_empty()) {
        arguments.extend(["--function".to_owned(), name]);
    }
    // The emulator knows no CodeDeploy.
    if options.at_once || deployer.account.is_emulator() {
        arguments.push("--at-once".to_owned());
    }
    if options.yes {
        arguments.push("--yes".to_owned());
    }
    arguments
}

/// For AWS as it is released; for the emulator as everything local is built, which
/// is what its processor runs and is there in seconds.
fn build(
    workspace: &Workspace,
    function: Function,
    deployer: &Deployer<'_>,
    interrupt: &Interrupt,
) -> Result<PathBuf> {
    let progress = Progress::new();
    if !deployer.account.is_emulator() {
        package::build(
            workspace,
            Architecture::Arm64,
            &[function],
            &progress,
            interrupt,
        )?;
        return Ok(package::zip(&workspace.package(), function));
    }
    progress.step("functions: build", |_| {
        functions::build(workspace, Build::Alone, interrupt)?;
        let zip = package::zip(&workspace.built(), function);
        let binary = std::fs::read(workspace.built().join(function.package()))?;
        write_zip(&zip, binary)?;
        Ok(zip)
    })
}
