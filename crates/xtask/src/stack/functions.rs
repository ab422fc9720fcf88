//! The three functions, built and laid out as the CDK app wants them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub(crate) use tooling::cargo::cargo;
pub(crate) use tooling::functions::Function;

use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::workspace::Workspace;

/// Which command builds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// The functions and what they need, nothing else.
    Alone,
    /// Everything that the tests need, the functions and the web app among it, has been
    /// built by steps before: they are only looked at again.
    WithTests,
}

/// Selects every package with every target: what is linted, tested and deployed to the local
/// stack comes from this one build. A command that needs less of it names the programs that it
/// needs and keeps the whole workspace selected, so that no dependency is compiled again with
/// other features.
pub(crate) const WORKSPACE: [&str; 3] = ["--locked", "--profile=local", "--workspace"];

/// The tests that need a stack, which are compiled without one.
pub(crate) const ALL_TARGETS: [&str; 3] =
    ["--all-targets", "--features", "system-tests/running-stack"];

/// Builds some programs and nothing else.
pub(crate) fn build_programs(workspace: &Workspace, log: &str, programs: &[&str]) -> Program {
    cargo(workspace, log)
        .args(["build"])
        .args(WORKSPACE)
        .args(programs.iter().map(|name| format!("--bin={name}")))
}

pub(crate) fn build(workspace: &Workspace, build: Build, interrupt: &Interrupt) -> Result<()> {
    let cargo = match build {
        Build::Alone => build_programs(
            workspace,
            "cargo-build",
            &Function::ALL.map(Function::package),
        ),
        Build::WithTests => build_workspace(workspace),
    };
    cargo.run(interrupt)
}

/// Builds every target of every package.
pub(crate) fn build_workspace(workspace: &Workspace) -> Program {
    cargo(workspace, "cargo-build")
        .args(["build"])
        .args(WORKSPACE)
        .args(ALL_TARGETS)
}

/// Copies each binary to `<function>/bootstrap` in `folder`, and answers it. They
/// are copies, so that the next build cannot change a file under a deployment.
///
/// # Errors
/// When a binary is not there.
pub(crate) fn lay_out(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    for name in Function::ALL.map(Function::package) {
        let binary = workspace.built().join(name);
        let bootstrap = folder.join(name).join("bootstrap");
        std::fs::create_dir_all(folder.join(name)).context("creating the functions' folder")?;
        std::fs::copy(&binary, &bootstrap)
            .with_context(|| format!("copying {}", binary.display()))?;
    }
    Ok(folder.to_path_buf())
}
