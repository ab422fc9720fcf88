//! The stage that goes to AWS, deployed into the emulator but for what that refuses.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::http::Client;
use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::progress::Step;
use crate::quotation;
use crate::stack::deploy;
use crate::stack::lifecycle;
use crate::workspace::Workspace;

/// All but Web, of which the emulator knows nothing.
const STACKS: [&str; 4] = ["Network", "Data", "Service", "Observability"];

/// # Errors
/// When the emulator refuses a template, or there is no function afterwards.
pub(super) fn deploy_dev(workspace: &Workspace, step: &Step, interrupt: &Interrupt) -> Result<()> {
    let (_, endpoints) = lifecycle::running(workspace)?;
    let folder = workspace.built().join("checks");
    let (whole, share) = (folder.join("cdk-dev"), folder.join("cdk-dev-emulator"));
    synthesise(workspace, &whole).run(interrupt)?;
    let omit = Program::new(
        "npm",
        &workspace.infrastructure(),
        workspace.log("cdk-for-emulator"),
    )
    .args(["run", "--silent", "for-emulator", "--"])
    .path_arg(&whole)
    .path_arg(&share);
    omit.run(interrupt)?;
    deploy::cdk_at(workspace, &endpoints.aws_endpoint, "deploy")
        .args(STACKS.map(|stack| format!("CircuitBreaker-dev-{stack}")))
        .args(["--exclusively", "--force", "--require-approval", "never"])
        .args(["--progress", "events", "--app"])
        .path_arg(&share)
        .run(interrupt)?;
    let function = "2015-03-31/functions/circuit-breaker-dev-api";
    let url = format!(
        "{}/{function}/configuration?Qualifier=live",
        endpoints.aws_endpoint
    );
    let live = Client::new(Duration::from_secs(30)).get(&url)?;
    ensure!(live.status == 200, "{url} is answered {}", live.status);
    let omitted = quotation::read(omit.log()).lines().count();
    step.note(format!(
        "without {omitted} resources, see {}",
        workspace.shown(omit.log())
    ));
    Ok(())
}

fn synthesise(workspace: &Workspace, assembly: &Path) -> Program {
    // Anything executable will do: nobody invokes it.
    let functions = workspace.infrastructure().join("test/fixtures/functions");
    let settings = [
        "stage=dev".to_owned(),
        format!("functionsDir={}", functions.display()),
        "webOrigin=https://items.example.com".to_owned(),
        "dynamoDbPrefixList=pl-02cd2c6b".to_owned(),
    ];
    deploy::cdk(workspace, "synth")
        .args(["--quiet", "--no-lookups", "--output"])
        .path_arg(assembly)
        .args(
            settings
                .into_iter()
                .flat_map(|setting| ["--context".to_owned(), setting]),
        )
}
