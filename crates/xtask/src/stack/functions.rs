//! The three functions, built and laid out as the CDK app wants them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::workspace::Workspace;

/// One of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Function {
    /// Answers HTTP requests; owns the breaker.
    Api,
    /// Works on the items in the database.
    Retry,
    /// Answers reads from the cache.
    Fallback,
}

impl Function {
    pub(crate) const ALL: [Self; 3] = [Self::Api, Self::Retry, Self::Fallback];

    /// Its package, its binary, and its folder among those that the CDK app takes.
    pub(crate) fn package(self) -> &'static str {
        match self {
            Self::Api => "api-lambda",
            Self::Retry => "retry-lambda",
            Self::Fallback => "fallback-lambda",
        }
    }
}

/// Which command builds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// The functions and what they need, nothing else.
    Alone,
    /// With everything that the tests need too, in one build with one set of
    /// features, so that no dependency is compiled twice.
    WithTests,
}

/// Cargo, with the profile of everyday work and the repository's own target folder.
pub(crate) fn cargo(workspace: &Workspace, log: &str) -> Program {
    Program::new("cargo", workspace.root(), workspace.log(log))
        .env("CARGO_TARGET_DIR", workspace.target().to_string_lossy())
        .env("CARGO_TERM_COLOR", "never")
}

pub(crate) fn build(workspace: &Workspace, build: Build, interrupt: &Interrupt) -> Result<()> {
    let cargo = cargo(workspace, "cargo-build").args(["build", "--locked", "--profile", "local"]);
    let cargo = match build {
        Build::Alone => {
            let names = Function::ALL.map(Function::package);
            cargo.args(names.into_iter().flat_map(|name| ["--package", name]))
        }
        Build::WithTests => cargo.args(["--workspace", "--all-targets"]),
    };
    cargo.run(interrupt)
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
