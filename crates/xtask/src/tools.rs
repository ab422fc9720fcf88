//! The tools that live inside the repository: a Python environment with the
//! servers, one with what fuzzes the API, and the two npm packages' dependencies.
//!
//! Each is prepared again only when its lock file is another one than last time.
//! What it was prepared from lies inside the prepared folder, so that removing
//! the folder is enough to start over.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::disk;
use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::progress::Step;
use crate::workspace::Workspace;

/// A folder that is made from a lock file.
#[derive(Debug)]
pub(crate) struct Tool {
    folder: PathBuf,
    lock: PathBuf,
    commands: Vec<Program>,
}

/// The servers of the local stack.
pub(crate) fn python(workspace: &Workspace) -> Tool {
    let requirements = workspace.root().join("tools/requirements.txt");
    python_of(workspace, workspace.venv(), requirements)
}

/// What fuzzes the API: an environment of its own, so that starting the stack
/// stays light.
pub(crate) fn fuzzing(workspace: &Workspace) -> Tool {
    let requirements = workspace.root().join("tools/fuzzing/requirements.txt");
    python_of(workspace, workspace.fuzzing_venv(), requirements)
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
        lock: requirements,
        commands: vec![create, install],
    }
}

/// The dependencies of one of the npm packages.
pub(crate) fn npm(workspace: &Workspace, package: &Path) -> Tool {
    let name = package.file_name().unwrap_or_default().to_string_lossy();
    let install = Program::new("npm", package, workspace.log(&format!("npm-ci-{name}"))).args([
        "ci",
        "--no-audit",
        "--no-fund",
    ]);
    Tool {
        folder: package.join("node_modules"),
        lock: package.join("package-lock.json"),
        commands: vec![install],
    }
}

impl Tool {
    /// Prepares the folder unless it already is what the lock file asks for.
    ///
    /// # Errors
    /// When a command fails.
    pub(crate) fn prepare(&self, step: &Step, interrupt: &Interrupt) -> Result<()> {
        let wanted = std::fs::read(&self.lock)
            .with_context(|| format!("reading {}", self.lock.display()))?;
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

    fn counting_tool(scratch: &Scratch, script: &str) -> Tool {
        let log = scratch.path().join("tool.log");
        let command = Program::new("/bin/sh", scratch.path(), log).args(["-c", script]);
        Tool {
            folder: scratch.path().join("made"),
            lock: scratch.path().join("lock"),
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
        std::fs::write(&tool.lock, "one").unwrap();
        prepare(&tool).unwrap();
        prepare(&tool).unwrap();
        assert_eq!(runs(), 1);
        std::fs::write(&tool.lock, "two").unwrap();
        prepare(&tool).unwrap();
        assert_eq!(runs(), 2);
        std::fs::remove_dir_all(&tool.folder).unwrap();
        prepare(&tool).unwrap();
        assert_eq!(runs(), 3);
    }

    #[test]
    fn a_preparation_that_failed_is_tried_again() {
        let scratch = Scratch::new("tools-again");
        std::fs::write(scratch.path().join("lock"), "one").unwrap();
        let failing = counting_tool(&scratch, "mkdir -p made; exit 1");
        prepare(&failing).unwrap_err();
        let working = counting_tool(&scratch, "touch made/it");
        prepare(&working).unwrap();
        assert!(scratch.path().join("made/it").exists());
    }
}
