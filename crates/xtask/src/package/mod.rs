//! `cargo xtask package`: what is deployed, built once.
//!
//! ```text
//! target/package/api-lambda/bootstrap     what the CDK app and Lambda take
//! target/package/api-lambda.zip           the same, for a deployment of this function alone
//! target/package/api-lambda.cdx.json      what it is made of (CycloneDX)
//! ```

mod architecture;
mod sbom;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use console::style;
use tooling::archive::write_zip;
use tooling::cargo::RELEASE_VARIABLE;

pub(crate) use self::architecture::Architecture;
use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::progress::{Progress, Step};
use crate::stack::functions::Function;
use crate::tools;
use crate::workspace::Workspace;

/// What is built, for which processor.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Choice {
    /// Only this function; may be said more than once.
    #[arg(long = "function", value_enum)]
    functions: Vec<Function>,
    /// The processor that the functions will run on.
    #[arg(long, value_enum, default_value_t = Architecture::Arm64)]
    architecture: Architecture,
}

/// Builds what was chosen, usually all three, and tells the sizes.
///
/// # Errors
/// The first step that failed.
pub(crate) fn package(
    workspace: &Workspace,
    choice: &Choice,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<()> {
    let functions = match choice.functions.as_slice() {
        [] => &Function::ALL,
        chosen => chosen,
    };
    build(
        workspace,
        choice.architecture,
        functions,
        progress,
        interrupt,
    )?;
    println!();
    for function in functions.iter().copied() {
        let bootstrap = bootstrap(&workspace.package(), function);
        println!(
            "  {:<34} {:>8}, unpacked {:>8}",
            style(workspace.shown(&zip(&workspace.package(), function))).cyan(),
            megabytes(size(&zip(&workspace.package(), function))?),
            megabytes(size(&bootstrap)?),
        );
    }
    println!(
        "\n  What each is made of is in {}/*.cdx.json.",
        workspace.shown(&workspace.package())
    );
    Ok(())
}

/// Compiles, checks and zips these functions.
///
/// # Errors
/// The first step that failed.
pub(crate) fn build(
    workspace: &Workspace,
    architecture: Architecture,
    functions: &[Function],
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<()> {
    progress.step("packaging tools", |step| {
        tools::packaging(workspace).prepare(step, interrupt)?;
        tools::cyclonedx(workspace).prepare(step, interrupt)
    })?;
    progress.step(
        &format!("functions: release build for {architecture}"),
        |_| {
            add_target(workspace, architecture.target(), interrupt)?;
            cargo_lambda(workspace, architecture, functions).run(interrupt)
        },
    )?;
    progress.step("functions: zip", |step| {
        for function in functions {
            zip_bootstrap(&workspace.package(), *function, architecture)?;
        }
        note_sizes(workspace, functions, step)
    })?;
    progress.step("functions: bills of materials", |_| {
        sbom::write(workspace, architecture, functions, interrupt)
    })
}

/// The standard library for `target`, which rustup has where Cargo came from rustup;
/// elsewhere the build says whether it is there.
pub(crate) fn add_target(workspace: &Workspace, target: &str, interrupt: &Interrupt) -> Result<()> {
    let rustup = Program::new("rustup", workspace.root(), workspace.log("rustup-target"))
        .args(["target", "add", target]);
    match rustup.run(interrupt) {
        Err(error) if error.is::<crate::interrupt::Interrupted>() => Err(error),
        _ => Ok(()),
    }
}

/// Zig links for the glibc of Amazon Linux, wherever this runs.
fn cargo_lambda(
    workspace: &Workspace,
    architecture: Architecture,
    functions: &[Function],
) -> Program {
    let tools = workspace.packaging_venv().join("bin");
    let path = std::env::var("PATH").unwrap_or_default();
    Program::new(
        tools.join("cargo-lambda"),
        workspace.root(),
        workspace.log("cargo-lambda"),
    )
    .env(RELEASE_VARIABLE.0, RELEASE_VARIABLE.1)
    .env("CARGO_TARGET_DIR", workspace.target().to_string_lossy())
    .env("CARGO_TERM_COLOR", "never")
    .env("PATH", format!("{}:{path}", tools.display()))
    .args(["lambda", "build", "--locked", "--release"])
    .args(["--target", architecture.target(), "--lambda-dir"])
    .path_arg(&workspace.package())
    .args(
        functions
            .iter()
            .map(|function| function.package())
            .flat_map(|name| ["--package", name]),
    )
}

/// Puts `<function>/bootstrap` into `<function>.zip`, having looked at it.
fn zip_bootstrap(folder: &Path, function: Function, architecture: Architecture) -> Result<()> {
    let path = bootstrap(folder, function);
    let program = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    architecture::expect(architecture, &program)
        .with_context(|| format!("{} cannot run on Lambda", path.display()))?;
    write_zip(&zip(folder, function), program)
}

fn bootstrap(folder: &Path, function: Function) -> PathBuf {
    folder.join(function.package()).join("bootstrap")
}

/// Where a function's zip file lies.
pub(crate) fn zip(folder: &Path, function: Function) -> PathBuf {
    folder.join(format!("{}.zip", function.package()))
}

fn note_sizes(workspace: &Workspace, functions: &[Function], step: &Step) -> Result<()> {
    let sizes = functions
        .iter()
        .map(|function| size(&zip(&workspace.package(), *function)));
    let sizes: Result<Vec<String>> = sizes.map(|size| size.map(megabytes)).collect();
    step.note(sizes?.join(", "));
    Ok(())
}

fn size(path: &Path) -> Result<u64> {
    let metadata = std::fs::metadata(path);
    Ok(metadata
        .with_context(|| format!("looking at {}", path.display()))?
        .len())
}

/// With one digit, in the megabytes that Lambda's limits are in.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes * 10 / (1024 * 1024);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn sizes_are_told_in_lambdas_megabytes() {
        assert_eq!(megabytes(3 * 1024 * 1024 + 600 * 1024), "3.5 MB");
        assert_eq!(megabytes(0), "0.0 MB");
    }

    #[test]
    fn a_program_for_another_processor_is_not_packed() {
        let scratch = Scratch::new("package-wrong");
        let folder = scratch.path().join("retry-lambda");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("bootstrap"), "#!/bin/sh\n").unwrap();
        let packed = zip_bootstrap(scratch.path(), Function::Retry, Architecture::Arm64);
        let error = format!("{:#}", packed.unwrap_err());
        assert!(error.contains("bootstrap cannot run on Lambda"), "{error}");
        assert!(!scratch.path().join("retry-lambda.zip").exists());
    }
}
