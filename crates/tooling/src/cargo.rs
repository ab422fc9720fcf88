//! Cargo, as everything here runs it.

use std::path::Path;

use crate::program::Program;
use crate::workspace::Workspace;

/// With this variable a release build starts without measuring whether the processor's time
/// varies enough to draw randomness from, as AWS-LC would. Lambda's kernel has long done that.
pub const RELEASE_VARIABLE: (&str, &str) = ("AWS_LC_SYS_NO_JITTER_ENTROPY", "1");

/// Cargo with the repository's own target folder, and with lints while it compiles.
pub fn cargo(workspace: &Workspace, log: &str) -> Program {
    // Another wrapper is another build, so every command has it.
    let lint = workspace.root().join("tools/lint/rustc");
    plain_cargo(workspace, log).env("RUSTC_WORKSPACE_WRAPPER", lint.to_string_lossy())
}

/// Cargo for what is built elsewhere in the target folder, by rustc alone, and without colours
/// in its log.
pub fn plain_cargo(workspace: &Workspace, log: &str) -> Program {
    plain_cargo_in(workspace.root(), workspace, log)
}

/// The same for another checkout, built into this one's target folder.
pub fn plain_cargo_in(checkout: &Path, workspace: &Workspace, log: &str) -> Program {
    Program::new("cargo", checkout, workspace.log(log))
        .env("CARGO_TARGET_DIR", workspace.target().to_string_lossy())
        .env("CARGO_TERM_COLOR", "never")
}
