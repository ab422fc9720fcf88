//! A copy of the breaker and of what tests it, to be spoiled.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tooling::disk;
use tooling::workspace::Workspace;

use crate::bug::BREAKER;

/// The crates that are copied, as far as there are such.
const CRATES: [&str; 3] = [BREAKER, "crates/breaker-model", "crates/breaker-sim"];

/// Tests hold the documents to what they say.
const DOCUMENTS: &str = "docs";

/// What else a build of theirs reads.
const FILES: [&str; 2] = ["Cargo.lock", "rust-toolchain.toml"];

/// The copy, with a target folder and logs of its own.
#[derive(Debug)]
pub(crate) struct Replica {
    folder: PathBuf,
}

impl Replica {
    /// A copy of the breaker as it is now: whoever goes on working on it does
    /// not disturb the checks.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub(crate) fn of(workspace: &Workspace) -> Result<Self> {
        let replica = Self {
            folder: workspace.target().join("planted"),
        };
        let (source, original) = (workspace.root(), replica.original());
        let there = |path: &&str| source.join(path).join("Cargo.toml").is_file();
        let crates: Vec<&str> = CRATES.into_iter().filter(there).collect();
        for path in crates.iter().chain([&DOCUMENTS]) {
            copy_folder(&source.join(path), &original.join(path))?;
        }
        for path in FILES {
            copy_file(&source.join(path), &original.join(path))?;
        }
        let manifest = std::fs::read_to_string(source.join("Cargo.toml"))?;
        let manifest = with_members(&manifest, &crates)?;
        write(&original.join("Cargo.toml"), manifest.as_bytes())?;
        replica.restore()?;
        Ok(replica)
    }

    /// What the copy is made good from.
    fn original(&self) -> PathBuf {
        self.folder.join("original")
    }

    /// The copy's root.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.join("copy")
    }

    /// The breaker's copy.
    pub(crate) fn breaker(&self) -> PathBuf {
        self.root().join(BREAKER)
    }

    /// One for all bugs, so that dependencies are built once.
    pub(crate) fn target(&self) -> PathBuf {
        self.folder.join("build")
    }

    pub(crate) fn log(&self, bug: &str, check: &str) -> PathBuf {
        self.folder.join("logs").join(format!("{bug}-{check}.log"))
    }

    /// Whether such a file is in the copy.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.root().join(path).is_file()
    }

    /// Makes the copy good again. Files that are so already are left alone,
    /// for Cargo builds anew what is newer than its last build.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub(crate) fn restore(&self) -> Result<()> {
        copy_folder(&self.original(), &self.root())
    }
}

/// The workspace's manifest, with only these members.
fn with_members(manifest: &str, crates: &[&str]) -> Result<String> {
    let begin = "members = [";
    let (before, after) = manifest
        .split_once(begin)
        .context("the workspace has no members")?;
    let (_, after) = after.split_once(']').context("its members do not end")?;
    Ok(format!(
        "{before}{begin}\"{}\"]{after}",
        crates.join("\", \"")
    ))
}

/// Makes `to` what `from` is: what `from` does not have goes.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let names = names(from).with_context(|| format!("listing {}", from.display()))?;
    for name in &names {
        let (from, to) = (from.join(name), to.join(name));
        if from.is_dir() {
            copy_folder(&from, &to)?;
        } else {
            copy_file(&from, &to)?;
        }
    }
    for name in self::names(to)?.difference(&names) {
        let gone = to.join(name);
        if gone.is_dir() {
            disk::remove_folder(&gone)?;
        } else {
            disk::remove_file(&gone)?;
        }
    }
    Ok(())
}

fn names(folder: &Path) -> Result<BTreeSet<std::ffi::OsString>> {
    let entries = std::fs::read_dir(folder)?;
    Ok(entries
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<Result<_, _>>()?)
}

fn copy_file(from: &Path, to: &Path) -> Result<()> {
    let bytes = std::fs::read(from).with_context(|| format!("reading {}", from.display()))?;
    write(to, &bytes)
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    if std::fs::read(file).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(file, bytes).with_context(|| format!("writing {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tooling::scratch::Scratch;

    #[test]
    fn a_copy_that_was_spoiled_is_made_good_again() {
        let scratch = Scratch::new("planted-copy");
        let (from, to) = (scratch.path().join("from"), scratch.path().join("to"));
        std::fs::create_dir_all(from.join("src")).unwrap();
        std::fs::write(from.join("src/lib.rs"), "good").unwrap();
        copy_folder(&from, &to).unwrap();
        std::fs::write(to.join("src/lib.rs"), "bad").unwrap();
        std::fs::create_dir(to.join("left-over")).unwrap();
        std::fs::write(to.join("left-over.txt"), "").unwrap();
        copy_folder(&from, &to).unwrap();
        assert_eq!(
            std::fs::read_to_string(to.join("src/lib.rs")).unwrap(),
            "good"
        );
        assert_eq!(names(&to).unwrap().len(), 1);
    }

    #[test]
    fn a_file_that_is_right_already_is_not_written_again() {
        let scratch = Scratch::new("planted-same");
        let file = scratch.path().join("lib.rs");
        write(&file, b"same").unwrap();
        let mut permissions = std::fs::metadata(&file).unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&file, permissions).unwrap();
        let written = std::fs::metadata(&file).unwrap().modified().unwrap();
        write(&file, b"same").unwrap();
        assert_eq!(
            std::fs::metadata(&file).unwrap().modified().unwrap(),
            written
        );
    }

    #[test]
    fn the_manifest_keeps_everything_but_its_members() {
        let manifest = "[workspace]\nmembers = [\n    \"a\",\n    \"b\",\n]\n\n[profile.x]\n";
        assert_eq!(
            with_members(manifest, &["b", "c"]).unwrap(),
            "[workspace]\nmembers = [\"b\", \"c\"]\n\n[profile.x]\n"
        );
    }
}
