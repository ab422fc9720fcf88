//! The programs that are measured, and the commits that they were built from.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::cold_start;
use crate::interrupt::Interrupt;
use crate::workspace::Workspace;
use tooling::functions::Function;

/// The programs that say hello.
const HELLO: [&str; 3] = ["hello-http", "hello-through", "hello-lambda"];

/// Release builds of one commit.
#[derive(Debug)]
pub(super) struct Version {
    /// The commit as the page names it.
    pub(super) name: String,
    folder: PathBuf,
}

impl Version {
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Builds what lies in the working tree.
    ///
    /// # Errors
    /// When it does not compile.
    pub(super) fn current(workspace: &Workspace, interrupt: &Interrupt) -> Result<Self> {
        let commit = git(workspace, &["rev-parse", "--short", "HEAD"])?;
        let changed = git(
            workspace,
            &["status", "--porcelain", "--untracked-files=no"],
        )?;
        let version = Self {
            folder: folder(workspace).join("current"),
            name: if changed.is_empty() {
                format!("`{commit}`")
            } else {
                format!("`{commit}` with changes")
            },
        };
        version.build(workspace, workspace.root(), &HELLO, interrupt)?;
        Ok(version)
    }

    /// Builds an earlier commit, in a checkout of its own; once.
    ///
    /// # Errors
    /// When there is no such commit, or it does not compile.
    pub(super) fn earlier(
        workspace: &Workspace,
        revision: &str,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let wanted = format!("{revision}^{{commit}}");
        let commit = git(workspace, &["rev-parse", "--short", "--verify", &wanted])?;
        let version = Self {
            folder: folder(workspace).join(&commit),
            name: format!("`{commit}`"),
        };
        if functions()
            .iter()
            .all(|name| version.program(name).exists())
        {
            return Ok(version);
        }
        let checkout = folder(workspace).join("checkout");
        let path = checkout.to_string_lossy();
        let remove = || git(workspace, &["worktree", "remove", "--force", &path]);
        if checkout.exists() {
            remove()?;
        }
        git(workspace, &["worktree", "add", "--detach", &path, &commit])?;
        let built = version.build(workspace, &checkout, &[], interrupt);
        remove()?;
        built.map(|()| version)
    }

    /// The programs are copied, because the next build replaces them.
    fn build(
        &self,
        workspace: &Workspace,
        checkout: &Path,
        more: &[&str],
        interrupt: &Interrupt,
    ) -> Result<()> {
        cold_start::release_build(workspace, checkout).run(interrupt)?;
        std::fs::create_dir_all(&self.folder).context("a folder for the programs")?;
        for name in functions().iter().chain(more) {
            let built = workspace.target().join("release").join(name);
            std::fs::copy(&built, self.program(name))
                .with_context(|| format!("copying {}", built.display()))?;
        }
        Ok(())
    }
}

fn functions() -> [&'static str; 3] {
    Function::ALL.map(Function::package)
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target().join("path-cost")
}

fn git(workspace: &Workspace, arguments: &[&str]) -> Result<String> {
    let mut git = Command::new("git");
    let output = git.args(arguments).current_dir(workspace.root()).output();
    let output = output.context("asking git")?;
    let words = || String::from_utf8_lossy(&output.stderr).trim().to_owned();
    ensure!(output.status.success(), "git {arguments:?}: {}", words());
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
