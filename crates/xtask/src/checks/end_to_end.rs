//! What is tested on real parts: on a stack of its own, brought up from what was
//! just built and taken down in the end.

use super::check::Check;
use super::depth::Depth;
use super::emulated;
use super::node::{CDK_PACKAGES, PYTHON, WEB_BUILD, WEB_PACKAGES};
use super::rust::BUILD;
use crate::program;
use crate::programs::{Program, run_as_step, that_may_ask_us};
use crate::progress::Progress;
use crate::stack::functions::{Build, WORKSPACE, cargo};
use crate::stack::lifecycle;
use crate::workspace::Workspace;

const UP: &str = "end to end: stack up";
const DEV: &str = "end to end: dev in the emulator";

pub(super) fn checks<'run>(
    workspace: &'run Workspace,
    progress: &'run Progress,
) -> Vec<Check<'run>> {
    let up = Check::new(UP, |_, interrupt| {
        lifecycle::start(workspace, Build::WithTests, progress, interrupt).map(drop)
    });
    let tests = |target: &str| {
        let cargo = that_may_ask_us(cargo(workspace, &format!("system-tests-{target}")));
        let cargo = cargo.args(["test"]).args(WORKSPACE);
        let cargo = cargo.args(["--features", "system-tests/running-stack"]);
        cargo.args(["--test", target])
    };
    let tell = |line: &str| progress.say(line);
    vec![
        up.needs(&[BUILD, CDK_PACKAGES, PYTHON, WEB_BUILD]),
        // A story, which is for its log.
        Check::new("end to end: tour", |step, interrupt| {
            run_as_step(workspace, Program::Tour, &[], |_| (), step, interrupt)
        })
        .needs(&[UP]),
        Check::new("end to end: kill drill", move |step, interrupt| {
            let small = ["--writes", "150", "--clients", "4", "--seed", "1"];
            run_as_step(workspace, Program::Drill, &small, tell, step, interrupt)
        })
        .needs(&[UP]),
        Check::cargo_test("end to end: system tests", tests("stack")).needs(&[UP]),
        browser(workspace).needs(&[UP, WEB_PACKAGES]),
        // After those that read the list of items, which it fills with odd ones.
        Check::new("end to end: fuzzing of the API", move |step, interrupt| {
            let small = ["--cases", "60", "--seed", "1", "--workers", "1"];
            run_as_step(workspace, Program::Fuzz, &small, tell, step, interrupt)
        })
        .needs(&[UP]),
        Check::new(DEV, |step, interrupt| {
            emulated::deploy_dev(workspace, step, interrupt)
        })
        .needs(&[UP]),
        Check::cargo_test("end to end: sign-in of dev", tests("sign_in")).needs(&[DEV]),
        // Last, because the API function's variables cannot be changed any more then.
        Check::new(
            "end to end: deployment under load",
            move |step, interrupt| {
                run_as_step(workspace, Program::Rehearse, &[], tell, step, interrupt)
            },
        )
        .needs(&[UP]),
        Check::new("end to end: stack down", |_, _| {
            lifecycle::take_down(workspace, progress)
        })
        .needs(&[UP]),
    ]
}

fn browser(workspace: &Workspace) -> Check<'_> {
    let name = "end to end: web app in a browser";
    let screenshots = workspace.built().join("checks/screenshots");
    Check::vitest_with(name, move || {
        let (_, endpoints) = lifecycle::running(workspace)?;
        Ok(
            program::Program::new("npm", &workspace.web_app(), workspace.log("web-e2e"))
                .env("WEB_URL", endpoints.web_url)
                .env("SCREENSHOTS_DIR", screenshots.to_string_lossy())
                .env("NO_COLOR", "1")
                .env("CI", "1")
                .args(["run", "e2e"]),
        )
    })
}

/// What a running stack shows too briefly or too seldom, with a stand-in for its API.
pub(super) fn browser_alone(workspace: &Workspace, depth: Depth) -> Check<'_> {
    let screenshots = workspace.built().join("checks/screenshots");
    let log = workspace.log("web-e2e-stand-in");
    let program = program::Program::new("npm", &workspace.web_app(), log)
        .env("SCREENSHOTS_DIR", screenshots.to_string_lossy())
        .env("NO_COLOR", "1")
        .env("CI", "1")
        .args(["run", "e2e:stand-in"]);
    let program = depth.told_to(program);
    Check::vitest("end to end: web app with a stand-in for its API", program).needs(&[WEB_BUILD])
}
