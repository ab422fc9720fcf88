//! What is tested on real parts: on a stack of its own, brought up from what was
//! just built and taken down in the end.

use std::fs::File;

use anyhow::{Context, Result, bail};

use super::check::Check;
use super::emulated;
use super::node::{CDK_PACKAGES, PYTHON, WEB_BUILD, WEB_PACKAGES};
use super::rust::BUILD;
use crate::deploy::rehearsal;
use crate::drill;
use crate::fuzz;
use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::progress::Progress;
use crate::quotation;
use crate::stack::functions::{Build, cargo};
use crate::stack::lifecycle;
use crate::tour::{self, Narrator};
use crate::workspace::Workspace;

const UP: &str = "end to end: stack up";

pub(super) fn checks<'run>(
    workspace: &'run Workspace,
    progress: &'run Progress,
) -> Vec<Check<'run>> {
    let up = Check::new(UP, |_, interrupt| {
        lifecycle::start(workspace, Build::WithTests, progress, interrupt).map(drop)
    });
    // The whole workspace again, for one package alone would have other features of
    // its dependencies, and with them another build.
    let system = cargo(workspace, "system-tests").args(["test", "--locked", "--profile", "local"]);
    let feature = ["--workspace", "--features", "system-tests/running-stack"];
    let system = system.args(feature).args(["--test", "stack"]);
    vec![
        up.needs(&[BUILD, CDK_PACKAGES, PYTHON, WEB_BUILD]),
        Check::new("end to end: tour", |_, interrupt| {
            play(workspace, interrupt)
        })
        .needs(&[UP]),
        Check::new("end to end: kill drill", |_, interrupt| {
            drill::drill(workspace, &drill::Size::small(), progress, interrupt)
        })
        .needs(&[UP]),
        Check::cargo_test("end to end: system tests", system).needs(&[UP]),
        browser(workspace).needs(&[UP, WEB_PACKAGES]),
        browser_alone(workspace).needs(&[WEB_BUILD]),
        // After those that read the list of items, which it fills with odd ones.
        Check::new("end to end: fuzzing of the API", |step, interrupt| {
            fuzz::test(workspace, step, interrupt)
        })
        .needs(&[UP]),
        Check::new("end to end: dev in the emulator", |step, interrupt| {
            emulated::deploy_dev(workspace, step, interrupt)
        })
        .needs(&[UP]),
        // Last, because the API function's variables cannot be changed any more then.
        Check::new("end to end: deployment under load", |step, interrupt| {
            rehearsal::rehearse(workspace, step, interrupt)
        })
        .needs(&[UP]),
        Check::new("end to end: stack down", |_, _| {
            lifecycle::take_down(workspace, progress)
        })
        .needs(&[UP]),
    ]
}

fn play(workspace: &Workspace, interrupt: &Interrupt) -> Result<()> {
    let log = workspace.log("tour");
    let file = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
    let Err(error) = tour::tour(workspace, &Narrator::to(file), interrupt) else {
        return Ok(());
    };
    if interrupt.is_raised() {
        return Err(error);
    }
    bail!("{error:#}\n{}", quotation::of_end(&log))
}

fn browser(workspace: &Workspace) -> Check<'_> {
    let name = "end to end: web app in a browser";
    let screenshots = workspace.built().join("checks/screenshots");
    Check::vitest_with(name, move || {
        let (_, endpoints) = lifecycle::running(workspace)?;
        Ok(
            Program::new("npm", &workspace.web_app(), workspace.log("web-e2e"))
                .env("WEB_URL", endpoints.web_url)
                .env("SCREENSHOTS_DIR", screenshots.to_string_lossy())
                .env("NO_COLOR", "1")
                .env("CI", "1")
                .args(["run", "e2e"]),
        )
    })
}

/// What a running stack shows too briefly or too seldom, with a stand-in for its API.
fn browser_alone(workspace: &Workspace) -> Check<'_> {
    let screenshots = workspace.built().join("checks/screenshots");
    let log = workspace.log("web-e2e-stand-in");
    let program = Program::new("npm", &workspace.web_app(), log)
        .env("SCREENSHOTS_DIR", screenshots.to_string_lossy())
        .env("NO_COLOR", "1")
        .env("CI", "1")
        .args(["run", "e2e:stand-in"]);
    Check::vitest("end to end: web app with a stand-in for its API", program)
}
