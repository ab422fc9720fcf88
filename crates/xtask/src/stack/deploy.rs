//! Deploys the CDK app to the emulator, the same app that goes to AWS.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tooling::stack::Functions;

use super::ministack::REGION;
use crate::http::{Answer, Client};
use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::workspace::Workspace;

/// The emulator's only account.
const ACCOUNT: &str = "000000000000";

/// The emulator takes any signature, but reads from its scope which service is meant.
const API_GATEWAY: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/apigateway/\
                           aws4_request, SignedHeaders=host, Signature=none";

/// What the stage `local` is told.
#[derive(Debug)]
pub(crate) struct Settings<'a> {
    pub(crate) aws_endpoint: &'a str,
    pub(crate) database_url: &'a str,
    pub(crate) cache_url: &'a str,
    pub(crate) web_origin: &'a str,
    pub(crate) functions: &'a Path,
}

/// What the Service stack answers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Outputs {
    api_id: String,
    api_function_name: String,
    retry_function_name: String,
    fallback_function_name: String,
    pub(crate) circuits_table_name: String,
}

impl Outputs {
    pub(crate) fn api_url(&self, aws_endpoint: &str) -> String {
        format!("{aws_endpoint}/_aws/execute-api/{}/$default", self.api_id)
    }

    pub(crate) fn functions(&self) -> Functions {
        Functions {
            api: self.api_function_name.clone(),
            retry: self.retry_function_name.clone(),
            fallback: self.fallback_function_name.clone(),
        }
    }
}

/// The CDK command line, quiet about itself.
pub(crate) fn cdk(workspace: &Workspace, command: &str) -> Program {
    let folder = workspace.infrastructure();
    let path = folder.join("node_modules/.bin/cdk");
    Program::new(path, &folder, workspace.log(&format!("cdk-{command}")))
        .env("CDK_DISABLE_CLI_TELEMETRY", "true")
        .env("CDK_DISABLE_VERSION_CHECK", "1")
        .env("NO_COLOR", "1")
        .args([command, "--no-notices"])
}

/// What makes AWS's clients talk to the emulator and nobody else.
pub(crate) fn emulator_variables(aws_endpoint: &str) -> [(&'static str, &str); 6] {
    [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ENDPOINT_URL", aws_endpoint),
        ("AWS_REGION", REGION),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ]
}

/// The same, talking to the emulator.
pub(crate) fn cdk_at(workspace: &Workspace, aws_endpoint: &str, command: &str) -> Program {
    let variables = emulator_variables(aws_endpoint);
    let cdk = cdk(workspace, command);
    variables
        .into_iter()
        .fold(cdk, |cdk, (name, value)| cdk.env(name, value))
}

/// Prepares the emulator's account for CDK. No app is run for it.
///
/// # Errors
/// When the command fails.
pub(crate) fn bootstrap(
    workspace: &Workspace,
    aws_endpoint: &str,
    interrupt: &Interrupt,
) -> Result<()> {
    let account = format!("aws://{ACCOUNT}/{REGION}");
    cdk_at(workspace, aws_endpoint, "bootstrap")
        .args(["--app", "", &account])
        .run(interrupt)
}

/// Deploys every stack of the stage `local`.
///
/// # Errors
/// When the command fails or its outputs are not what they should be.
pub(crate) fn deploy(
    workspace: &Workspace,
    settings: &Settings<'_>,
    interrupt: &Interrupt,
) -> Result<Outputs> {
    let outputs = workspace.data().join("cdk-outputs.json");
    let context = [
        "stage=local".to_owned(),
        format!("databaseUrl={}", settings.database_url),
        format!("cacheUrl={}", settings.cache_url),
        format!("webOrigin={}", settings.web_origin),
        format!("functionsDir={}", settings.functions.display()),
    ];
    cdk_at(workspace, settings.aws_endpoint, "deploy")
        .args([
            "--all",
            "--require-approval",
            "never",
            "--progress",
            "events",
            "--output",
        ])
        .path_arg(&workspace.data().join("cdk.out"))
        .args(["--outputs-file"])
        .path_arg(&outputs)
        .args(
            context
                .into_iter()
                .flat_map(|setting| ["--context".to_owned(), setting]),
        )
        .run(interrupt)?;
    let text = std::fs::read_to_string(&outputs).context("reading the outputs of the stacks")?;
    let outputs = service_outputs(&text)?;
    repeat_cors(settings.aws_endpoint, &outputs.api_id)?;
    Ok(outputs)
}

fn service_outputs(text: &str) -> Result<Outputs> {
    let stacks: Map<String, Value> = serde_json::from_str(text)?;
    let (_, service) = stacks
        .into_iter()
        .find(|(name, _)| name.ends_with("-Service"))
        .ok_or_else(|| anyhow!("no Service stack was deployed"))?;
    serde_json::from_value(service).context("reading the outputs of the Service stack")
}

/// `MiniStack` stores what CloudFormation says about CORS under names that its
/// API Gateway does not read, and then refuses every page. Said once more over
/// the API, it is understood.
fn repeat_cors(aws_endpoint: &str, api_id: &str) -> Result<()> {
    let client = Client::new(Duration::from_secs(10));
    let url = format!("{aws_endpoint}/v2/apis/{api_id}");
    let signed = [("authorization", API_GATEWAY)];
    let good = |answer: Answer| {
        ensure!(
            answer.status == 200,
            "{url} answered {}: {}",
            answer.status,
            answer.text
        );
        Ok(answer.json())
    };
    let api = good(client.send("GET", &url, &signed, None)?)?;
    let Some(stored) = api["corsConfiguration"].as_object() else {
        return Ok(());
    };
    let renamed: Map<String, Value> = stored
        .iter()
        .map(|(name, value)| (lower_first(name), value.clone()))
        .collect();
    let body = json!({"corsConfiguration": renamed});
    good(client.send("PATCH", &url, &signed, Some(&body))?).map(drop)
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().collect::<String>() + letters.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outputs_of_the_service_stack_are_found_among_the_others() {
        let text = r#"{
            "CircuitBreaker-local-Data": {"ExportsOutputRefTable": "t"},
            "CircuitBreaker-local-Service": {
                "ApiId": "a1", "ApiUrl": "http://a1.execute-api.localhost:1",
                "ApiFunctionName": "api", "RetryFunctionName": "retry",
                "FallbackFunctionName": "fallback", "CircuitsTableName": "circuits"
            }
        }"#;
        let outputs = service_outputs(text).unwrap();
        let url = outputs.api_url("http://127.0.0.1:7");
        assert_eq!(url, "http://127.0.0.1:7/_aws/execute-api/a1/$default");
        assert_eq!(outputs.functions().retry, "retry");
        assert_eq!(outputs.circuits_table_name, "circuits");
    }

    #[test]
    fn a_missing_output_is_named() {
        let text = r#"{"CircuitBreaker-local-Service": {"ApiId": "a1"}}"#;
        let error = format!("{:#}", service_outputs(text).unwrap_err());
        assert!(error.contains("ApiFunctionName"), "{error}");
    }

    #[test]
    fn names_are_written_as_the_api_writes_them() {
        assert_eq!(lower_first("AllowOrigins"), "allowOrigins");
    }
}
