//! The stage that goes to AWS, deployed into the emulator but for what that refuses.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Map, Value, json};

use crate::http::Client;
use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::progress::Step;
use crate::quotation;
use crate::stack::deploy;
use crate::stack::functions;
use crate::stack::lifecycle;
use crate::workspace::Workspace;

/// All but Web, of which the emulator knows nothing.
const STACKS: [&str; 4] = ["Network", "Data", "Service", "Observability"];

/// Where the page would be, which the emulator does not serve.
const WEB_ORIGIN: &str = "https://items.example.com";

/// Deploys it, and leaves a file beside the stack's that says where it is.
///
/// # Errors
/// When the emulator refuses a template, or there is no function afterwards.
pub(super) fn deploy_dev(workspace: &Workspace, step: &Step, interrupt: &Interrupt) -> Result<()> {
    let (_, endpoints) = lifecycle::running(workspace)?;
    let folder = workspace.built().join("checks");
    let (whole, share) = (folder.join("cdk-dev"), folder.join("cdk-dev-emulator"));
    let functions = functions::lay_out(workspace, &folder.join("functions"))?;
    synthesise(workspace, &whole, &functions).run(interrupt)?;
    let omit = Program::new(
        "npm",
        &workspace.infrastructure(),
        workspace.log("cdk-for-emulator"),
    )
    .args(["run", "--silent", "for-emulator", "--"])
    .path_arg(&whole)
    .path_arg(&share);
    omit.run(interrupt)?;
    let outputs = workspace.data().join("cdk-outputs-dev.json");
    deploy::cdk_at(workspace, &endpoints.aws_endpoint, "deploy")
        .args(STACKS.map(|stack| format!("CircuitBreaker-dev-{stack}")))
        .args(["--exclusively", "--force", "--require-approval", "never"])
        .args(["--progress", "events", "--outputs-file"])
        .path_arg(&outputs)
        .args(["--app"])
        .path_arg(&share)
        .run(interrupt)?;
    let outputs = std::fs::read_to_string(&outputs).context("reading the outputs of the stacks")?;
    let dev = describe(&outputs, &endpoints.aws_endpoint, &endpoints.region)?;
    std::fs::write(workspace.emulated_dev_file(), dev.to_string())
        .context("writing where dev is")?;
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

/// What tests of the stage have to know.
fn describe(outputs: &str, aws_endpoint: &str, region: &str) -> Result<Value> {
    let stacks: Map<String, Value> = serde_json::from_str(outputs)?;
    let service = &stacks
        .get("CircuitBreaker-dev-Service")
        .ok_or_else(|| anyhow!("no Service stack was deployed"))?;
    let output = |key: &str| {
        let value = service[key].as_str();
        value.ok_or_else(|| anyhow!("the Service stack has no output {key}"))
    };
    Ok(json!({
        "aws_endpoint": aws_endpoint,
        "region": region,
        "api_id": output("ApiId")?,
        "circuits_table": output("CircuitsTableName")?,
        "user_pool": output("SignInPoolId")?,
        "client": output("SignInClientId")?,
        "page": format!("{WEB_ORIGIN}/"),
    }))
}

fn synthesise(workspace: &Workspace, assembly: &Path, functions: &Path) -> Program {
    let settings = [
        "stage=dev".to_owned(),
        format!("functionsDir={}", functions.display()),
        format!("webOrigin={WEB_ORIGIN}"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_dev_is_follows_from_the_outputs_and_a_missing_one_is_named() {
        let service = json!({
            "ApiId": "a1", "CircuitsTableName": "circuits", "SignInPoolId": "p", "SignInClientId": "c",
        });
        let outputs = |service: &Value| json!({"CircuitBreaker-dev-Service": service}).to_string();
        let dev = describe(&outputs(&service), "http://127.0.0.1:7", "us-east-1").unwrap();
        assert_eq!(dev["user_pool"], "p");
        assert_eq!(dev["page"], "https://items.example.com/");
        for key in service.as_object().unwrap().keys() {
            let mut without = service.clone();
            without.as_object_mut().unwrap().remove(key);
            let error = describe(&outputs(&without), "", "")
                .unwrap_err()
                .to_string();
            assert!(error.contains(key), "{error}");
        }
    }
}
