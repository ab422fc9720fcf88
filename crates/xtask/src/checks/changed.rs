//! The packages that have changed since the last commit, and what to look at for them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::check::Check;
use super::rust;
use crate::program::Program;
use crate::stack::functions::{WORKSPACE, cargo};
use crate::workspace::Workspace;

/// What a change of concerns every package.
const FOR_ALL: [&str; 5] = [
    "Cargo.toml",
    "Cargo.lock",
    "clippy.toml",
    "rust-toolchain.toml",
    "rustfmt.toml",
];

/// The one feature that is not for tests alone: with it, tests need a stack.
const NEEDS_A_STACK: &str = "running-stack";

/// The part of Cargo's metadata about a package that is used here.
#[derive(Debug, Clone, Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    features: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// What has changed.
#[derive(Debug)]
pub(super) struct Changed {
    /// Packages with a change of their own.
    packages: Vec<Package>,
    /// Changed files that belong to no package.
    others: usize,
}

/// # Errors
/// When Git or Cargo cannot say.
pub(super) fn since_last_commit(workspace: &Workspace) -> Result<Changed> {
    let metadata = answer(
        workspace,
        "cargo",
        &["metadata", "--no-deps", "--format-version=1"],
    )?;
    let metadata: Metadata = serde_json::from_str(&metadata).context("reading Cargo's metadata")?;
    let tracked = answer(workspace, "git", &["diff", "--name-only", "-z", "HEAD"])?;
    let untracked = ["ls-files", "--others", "--exclude-standard", "-z"];
    let untracked = answer(workspace, "git", &untracked)?;
    let files = tracked.split('\0').chain(untracked.split('\0'));
    let files: Vec<&Path> = files.filter(|f| !f.is_empty()).map(Path::new).collect();
    Ok(changed(workspace.root(), &metadata.packages, &files))
}

fn answer(workspace: &Workspace, program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(workspace.root())
        .output()
        .with_context(|| format!("starting {program}"))?;
    ensure!(
        output.status.success(),
        "{program} failed ({}): {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).with_context(|| format!("reading what {program} answers"))
}

fn changed(root: &Path, packages: &[Package], files: &[&Path]) -> Changed {
    let owner = |file: &Path| {
        let file = root.join(file);
        let owners = packages.iter().filter(|package| {
            let folder = package.manifest_path.parent();
            folder.is_some_and(|folder| file.starts_with(folder))
        });
        owners.map(|package| package.name.as_str()).next()
    };
    let concerns_all = |file: &&Path| FOR_ALL.iter().any(|name| *file == Path::new(name));
    let (general, rest): (Vec<&Path>, Vec<&Path>) = files.iter().partition(|f| concerns_all(f));
    let touched: BTreeSet<&str> = rest.iter().filter_map(|file| owner(file)).collect();
    let is_changed = |package: &&Package| !general.is_empty() || touched.contains(&*package.name);
    let changed: Vec<Package> = packages.iter().filter(is_changed).cloned().collect();
    Changed {
        packages: changed,
        others: rest.iter().filter(|file| owner(file).is_none()).count(),
    }
}

impl Changed {
    /// What is not looked at here.
    pub(super) fn elsewhere(&self) -> Option<String> {
        let others = self.others;
        (others > 0).then(|| {
            format!(
                "{others} changed files belong to no Rust package; `cargo xtask test` looks at them"
            )
        })
    }

    /// Programs and libraries are compiled wherever the change is felt, as Cargo sees; tests
    /// only where it was made, for those of all dependents take minutes.
    pub(super) fn checks(&self, workspace: &Workspace) -> Vec<Check<'static>> {
        let mut checks = vec![rust::format(workspace)];
        if self.packages.is_empty() {
            return checks;
        }
        let build = cargo(workspace, "cargo-check-build").args(["build"]);
        let build = build.args(WORKSPACE);
        checks.push(Check::without_warnings("Rust: build and lint", build));
        let names: Vec<&str> = self.packages.iter().map(|one| one.name.as_str()).collect();
        let name = format!("Rust: build and lint of the tests of {}", spoken(&names));
        let build = self
            .tests(workspace, "cargo-check-tests")
            .args(["--no-run"]);
        checks.push(Check::without_warnings(&name, build));
        let name = format!("Rust: tests of {}", spoken(&names));
        checks.push(Check::cargo_test(
            &name,
            self.tests(workspace, "cargo-check-test"),
        ));
        checks
    }

    fn tests(&self, workspace: &Workspace, log: &str) -> Program {
        let selected = self.packages.iter().flat_map(|package| {
            let names = package.features.keys();
            let features = names.filter(|feature| *feature != NEEDS_A_STACK);
            features
                .map(|feature| format!("--features={}/{feature}", package.name))
                .chain([format!("--package={}", package.name)])
                .collect::<Vec<_>>()
        });
        cargo(workspace, log)
            .args(["test", "--locked", "--profile=local", "--no-fail-fast"])
            .args(selected)
    }
}

/// A few names, or how many they are.
fn spoken(names: &[&str]) -> String {
    match names {
        [_, _, _, _, ..] => format!("{} packages", names.len()),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str) -> Package {
        Package {
            name: name.to_owned(),
            manifest_path: PathBuf::from(format!("/w/{name}/Cargo.toml")),
            features: BTreeMap::new(),
        }
    }

    fn found(files: &[&str]) -> (Vec<String>, usize) {
        let packages = [
            package("core"),
            package("kit"),
            package("lambda"),
            package("other"),
        ];
        let files: Vec<&Path> = files.iter().map(Path::new).collect();
        let changed = changed(Path::new("/w"), &packages, &files);
        let names = changed.packages.into_iter().map(|one| one.name).collect();
        (names, changed.others)
    }

    #[test]
    fn a_change_belongs_to_the_package_of_its_folder() {
        let (changed, others) = found(&["kit/src/lib.rs", "docs/page.md"]);
        assert_eq!(changed, ["kit"]);
        assert_eq!(others, 1);
    }

    #[test]
    fn a_change_of_the_workspace_is_one_of_every_package() {
        let (changed, others) = found(&["Cargo.lock"]);
        assert_eq!(changed, ["core", "kit", "lambda", "other"]);
        assert_eq!(others, 0);
    }

    #[test]
    fn a_folder_whose_name_begins_alike_is_another_one() {
        assert_eq!(found(&["core-notes/page.md"]).0, Vec::<String>::new());
    }
}
