//! What each function is made of, in CycloneDX, by the Rust tool of its makers.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::Architecture;
use crate::disk;
use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::stack::functions::Function;
use crate::workspace::Workspace;

/// Writes `<function>.cdx.json` beside each zip file.
///
/// The tool describes every member of the workspace, each in the member's own
/// folder; the functions' are taken from there, and none is left behind.
///
/// # Errors
/// When the tool fails or does not describe a function.
pub(super) fn write(
    workspace: &Workspace,
    architecture: Architecture,
    functions: &[Function],
    interrupt: &Interrupt,
) -> Result<()> {
    let tool = workspace.cargo_tools().join("bin/cargo-cyclonedx");
    let described = Program::new(tool, workspace.root(), workspace.log("cargo-cyclonedx"))
        .args(["cyclonedx", "--format", "json", "--spec-version", "1.5"])
        .args([
            "--all",
            "--no-build-deps",
            "--target",
            architecture.target(),
        ])
        // Without a time of its own, the same sources have the same description.
        .env("SOURCE_DATE_EPOCH", "0")
        .run(interrupt);
    let taken = described.and_then(|()| {
        functions.iter().try_for_each(|function| {
            let name = format!("{}.cdx.json", function.package());
            let from = workspace.root().join(function.package()).join(&name);
            let description = std::fs::read_to_string(&from)
                .with_context(|| format!("{} is not described", function.package()))?;
            let to = workspace.package().join(&name);
            std::fs::write(&to, without_place(&description, workspace))
                .with_context(|| format!("writing {}", to.display()))
        })
    });
    left_behind(workspace)?
        .iter()
        .try_for_each(|path| disk::remove_file(path))?;
    taken
}

/// Our own crates are named by where they lie, which is nobody's business and differs
/// from one checkout to the next.
fn without_place(description: &str, workspace: &Workspace) -> String {
    let place = format!("file://{}", workspace.root().display());
    description.replace(&place, "file://")
}

/// What it wrote into the members' folders, which lie in the root and in `crates`.
fn left_behind(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for parent in [
        workspace.root().to_path_buf(),
        workspace.root().join("crates"),
    ] {
        for member in std::fs::read_dir(&parent)? {
            let member = member?;
            let name = format!("{}.cdx.json", member.file_name().to_string_lossy());
            let path = member.path().join(name);
            if path.is_file() {
                found.push(path);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn descriptions_are_found_in_the_members_folders_and_nowhere_else() {
        let scratch = Scratch::new("sbom");
        let write = |path: &str| {
            let path = scratch.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "{}").unwrap();
        };
        write("api-lambda/api-lambda.cdx.json");
        write("crates/contract/contract.cdx.json");
        write("target/package/api-lambda.cdx.json");
        write("crates/contract/Cargo.toml");
        let mut found = left_behind(&Workspace::at(scratch.path())).unwrap();
        found.sort();
        let expected = [
            "api-lambda/api-lambda.cdx.json",
            "crates/contract/contract.cdx.json",
        ];
        assert_eq!(found, expected.map(|path| scratch.path().join(path)));
    }

    #[test]
    fn a_description_does_not_tell_where_it_was_made() {
        let workspace = Workspace::at(std::path::Path::new("/home/me/breaker"));
        let description = r#"{"bom-ref": "path+file:///home/me/breaker/api-lambda#0.1.0"}"#;
        let expected = r#"{"bom-ref": "path+file:///api-lambda#0.1.0"}"#;
        assert_eq!(without_place(description, &workspace), expected);
    }
}
