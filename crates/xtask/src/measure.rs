//! `cargo xtask measure`: the pages that the simulator makes, with where they come from.

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use tooling::cargo::plain_cargo;
use tooling::measured::write_page;

use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::workspace::Workspace;

/// One of the pages.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum What {
    /// What must hold of the breaker, over fleets of many sizes and many seeds.
    Breaker,
    /// The breaker beside other kinds.
    Peers,
}

impl What {
    /// The simulator's command, and the page.
    fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::Breaker => ("tables", "docs/measured/breaker.md"),
            Self::Peers => ("peers", "docs/measured/peers.md"),
        }
    }
}

/// Runs the simulator and writes what it says as a page.
///
/// # Errors
/// When it does not compile or gives no page, and an interrupt.
pub(crate) fn measure(
    workspace: &Workspace,
    what: What,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<()> {
    let (command, page) = what.place();
    progress.step("simulator: release build", |_| {
        plain_cargo(workspace, "cargo-simulator")
            .args(["build", "--locked", "--release", "--package", "breaker-sim"])
            .run(interrupt)
    })?;
    // Its progress is shown as it is; what it says is the page.
    let output = std::process::Command::new(workspace.target().join("release/breaker-sim"))
        .arg(command)
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("starting breaker-sim")?;
    let text = String::from_utf8(output.stdout).context("reading the page")?;
    // It fails too if something does not hold, which the page then says.
    ensure!(
        text.starts_with("# "),
        "breaker-sim gives no page ({})",
        output.status
    );
    let command = format!("cargo xtask measure {}", command_name(what));
    write_page(workspace, page, &command, &text)
}

fn command_name(what: What) -> String {
    let value = what.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}
