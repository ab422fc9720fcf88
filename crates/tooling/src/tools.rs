//! The tools that live inside the repository: Python environments with the servers
//! and with what is needed now and then, what Cargo installs, and the npm packages'
//! dependencies.
//!
//! Each is prepared again only when its lock file, or its version, is another one than
//! last time.
//! What it was prepared from lies inside the prepared folder, so that removing
//! the folder is enough to start over.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::disk;
use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::progress::Step;
use crate::workspace::Workspace;

const CYCLONEDX: &str = "cargo-cyclonedx@0.5.9";

/// A folder that is made from something that says exactly what is to be in it.
#[derive(Debug)]
pub struct Tool {
    folder: PathBuf,
    source: Source,
    commands: Vec<Program>,
}

#[derive(Debug)]
enum Source {
    LockFile(PathBuf),
    /// A package with its version, which locks its own dependencies.
    Package(&'static str),
}

impl Source {
    fn content(&self) -> Result<Vec<u8>> {
        match self {
            Self::LockFile(path) => {
                std::fs::read(path).with_context(|| format!("reading {}", path.display()))
            }
            Self::Package(package) => Ok(package.as_bytes().to_vec()),
        }
    }
}

/// The servers of the local stack.
pub fn python(workspace: &Workspace) -> Tool {
    let requirements = workspace.root().join("tools/requirements.txt");
    python_of(workspace, workspace.venv(), requirements)
}

/// What fuzzes the API: an environment of its own, so that starting the stack
/// stays light.
pub fn fuzzing(workspace: &Workspace) -> Tool {
    let requirements = workspace.root().join("tools/fuzzing/requirements.txt");
    python_of(workspace, workspace.fuzzing_venv(), requirements)
}

/// What compiles the functions for Lambda: a C compiler and linker for every
/// processor among it, which is large.
pub fn packaging(workspace: &Workspace) -> Tool {
    let requirements = workspace.root().join("tools/packaging/requirements.txt");
    python_of(workspace, workspace.packaging_venv(), requirements)
}

/// What reads workflows, templates and the list of dependencies for mistakes.
pub fn linting(workspace: &Workspace) -> Tool {
    let requirements = workspace.root().join("tools/linting/requirements.txt");
    python_of(workspace, workspace.linting_venv(), requirements)
}

/// What lists the crates in a function. The package brings a lock file of its own,
/// and the registry vouches for the package.
pub fn cyclonedx(workspace: &Workspace) -> Tool {
    let folder = workspace.cargo_tools();
    let install = Program::new("cargo", workspace.root(), workspace.log("cargo-install"))
        .args(["install", "--locked", CYCLONEDX, "--root"])
        .path_arg(&folder)
        .env(
            "CARGO_TARGET_DIR",
            workspace.target().join("cargo-install").to_string_lossy(),
        )
        .env("CARGO_TERM_COLOR", "never");
    Tool {
        folder,
        source: Source::Package(CYCLONEDX),
        commands: vec![install],
    }
}

fn python_of(workspace: &Workspace, venv: PathBuf, requirements: PathBuf) -> Tool {
    let create = Program::new("python3", workspace.root(), workspace.log("python-venv"))
        .args(["-m", "venv", "--clear"])
        .path_arg(&venv);
    let install = Program::new(
        venv.join("bin/python"),
        workspace.root(),
        workspace.log("pip"),
    )
    .args([
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--only-binary",
        ":all:",
    ])
    .args(["--require-hashes", "--requirement"])
    .path_arg(&requirements);
    Tool {
        folder: venv,
        source: Source::LockFile(requirements),
        commands: vec![create, install],
    }
}

/// The dependencies of one of the npm packages.
pub fn npm(workspace: &Workspace, package: &Path) -> Tool {
    let name = package.file_name().unwrap_or_default().to_string_lossy();
    let install = Program::new("npm", package, workspace.log(&format!("npm-ci-{name}"))).args([
        "ci",
        "--no-audit",
        "--no-fund",
    ]);
    Tool {
        folder: package.join("node_modules"),
        source: Source::LockFile(package.join("package-lock.json")),
        commands: vec![install],
    }
}

impl Tool {
    /// Prepares the folder unless it already is what its source asks for.
    ///
    /// # Errors
    /// When a command fails.
    pub fn prepare(&self, step: &Step, interrupt: &Interrupt) -> Result<()> {
        let wanted = self.source.content()?;
        let mark = self.folder.join(".prepared-from");
        if std::fs::read(&mark).is_ok_and(|prepared| prepared == wanted) {
            step.note("unchanged");
            return Ok(());
        }
        disk::remove_file(&mark)?;
        self.commands
            .iter()
            .try_for_each(|command| command.run(interrupt))?;
        ensure!(
            self.folder.is_dir(),
            "{} was not made",
            self.folder.display()
        );
        std::fs::write(&mark, wanted).with_context(|| format!("writing {}", mark.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Progress;
    use crate::scratch::Scratch;

    fn prepare(tool: &Tool) -> Result<()> {
        let quiet = Progress::new();
        quiet.step("a tool", |step| tool.prepare(step, &Interrupt::new()))
    }

    fn lock(scratch: &Scratch) -> PathBuf {
        scratch.path().join("lock")
    }

    fn counting_tool(scratch: &Scratch, script: &str) -> Tool {
        let log = scratch.path().join("tool.log");
        let command = Program::new("/bin/sh", scratch.path(), log).args(["-c", script]);
        Tool {
            folder: scratch.path().join("made"),
            source: Source::LockFile(lock(scratch)),
            commands: vec![command],
        }
    }

    #[test]
    fn a_tool_is_prepared_once_for_each_lock_file() {
        let scratch = Scratch::new("tools-once");
        let tool = counting_tool(&scratch, "mkdir -p made; echo . >> runs");
        let runs = || {
            std::fs::read_to_string(scratch.path().join("runs"))
                .unwrap()
                .lines()
                .count()
        };
        std::fs::write(lock(&scratch), "one").unwrap();
        prepare(&tool).unwrap();
        prepare(&tool).unwrap();
        assert_eq!(runs(), 1);
        std::fs::write(lock(&scratch), "two").unwrap();
        prepare(&tool).unwrap();
        assert_eq!(runs(), 2);
        std::fs::remove_dir_all(&tool.folder).unwrap();
        prepare(&tool).unwrap();
        assert_eq!(runs(), 3);
    }

    #[test]
    fn a_preparation_that_failed_is_tried_again() {
        let scratch = Scratch::new("tools-again");
        std::fs::write(lock(&scratch), "one").unwrap();
        let failing = counting_tool(&scratch, "mkdir -p made; exit 1");
        prepare(&failing).unwrap_err();
        let working = counting_tool(&scratch, "touch made/it");
        prepare(&working).unwrap();
        assert!(scratch.path().join("made/it").exists());
    }
}
