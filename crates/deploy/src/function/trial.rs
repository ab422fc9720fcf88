//! A version is asked something harmless, and has to answer it.

use anyhow::{Context, Result, bail, ensure};
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};

use super::Kind;
use super::live::ALIAS;
use crate::cloud::{Cloud, failed};

/// Asks one version, and tells in a few words what it answered.
///
/// # Errors
/// When it does not answer as it should.
pub(super) async fn run(
    cloud: &Cloud,
    function: &str,
    qualifier: &str,
    kind: Kind,
) -> Result<String> {
    judge(
        kind,
        &payload(&invoke(cloud, function, qualifier, kind).await?)?,
    )
}

/// Asks whatever is live, which has to be that version.
///
/// # Errors
/// When it is another one, or does not answer as it should.
pub(super) async fn run_live(
    cloud: &Cloud,
    function: &str,
    version: &str,
    kind: Kind,
) -> Result<()> {
    let output = invoke(cloud, function, ALIAS, kind).await?;
    let answered = output.executed_version().unwrap_or(version);
    ensure!(
        answered == version,
        "version {answered} answered, not {version}"
    );
    judge(kind, &payload(&output)?).map(drop)
}

async fn invoke(
    cloud: &Cloud,
    function: &str,
    qualifier: &str,
    kind: Kind,
) -> Result<InvokeOutput> {
    let asked = cloud
        .lambda
        .invoke()
        .function_name(function)
        .qualifier(qualifier);
    let asked = asked.payload(Blob::new(question(kind).to_string()));
    asked.send().await.map_err(failed("invoking the function"))
}

fn payload(output: &InvokeOutput) -> Result<Value> {
    let payload = output.payload().map(Blob::as_ref).unwrap_or_default();
    if let Some(error) = output.function_error() {
        bail!("it failed ({error}): {}", String::from_utf8_lossy(payload));
    }
    serde_json::from_slice(payload).context("its answer is no JSON")
}

/// The Retry function's is no mere question: it applies the migrations that the
/// database does not have yet, which it may be asked any number of times.
fn question(kind: Kind) -> Value {
    match kind {
        Kind::Api => json!({
            "version": "2.0", "routeKey": "GET /health", "rawPath": "/health",
            "rawQueryString": "", "headers": {"host": "deployment"}, "isBase64Encoded": false,
            "requestContext": {
                "accountId": "000000000000", "apiId": "deployment", "stage": "$default",
                "domainName": "deployment", "domainPrefix": "deployment",
                "requestId": "deployment", "routeKey": "GET /health",
                "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 1_767_225_600_000_u64,
                "http": {
                    "method": "GET", "path": "/health", "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1", "userAgent": "deployment"
                }
            }
        }),
        Kind::Retry => json!({"command": "migrate"}),
        // Nobody has an item with this id. The function's own time ends the wait.
        Kind::Fallback => json!({
            "request_id": "deployment", "deadline": "2100-01-01T00:00:00Z",
            "command": {"get": {"id": "00000000-0000-0000-0000-000000000000"}}
        }),
    }
}

fn judge(kind: Kind, answer: &Value) -> Result<String> {
    match kind {
        Kind::Api if answer["statusCode"] == 200 => Ok("GET /health is answered 200".to_owned()),
        Kind::Retry if answer["migrated"]["applied"].is_u64() => Ok(format!(
            "{} migrations applied",
            answer["migrated"]["applied"]
        )),
        // The cache may be empty or away: that the function says so is enough.
        Kind::Fallback
            if ["served", "refused", "unavailable"]
                .iter()
                .any(|word| answer.get(word).is_some()) =>
        {
            Ok("it answers about an item that nobody has".to_owned())
        }
        _ => bail!("it answered {answer}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_answers_are_told_and_others_are_refused() {
        let told = |kind, answer| judge(kind, &answer).ok();
        let good = "2 migrations applied".to_owned();
        assert_eq!(
            told(Kind::Retry, json!({"migrated": {"applied": 2}})),
            Some(good)
        );
        assert!(told(Kind::Api, json!({"statusCode": 200, "body": "{}"})).is_some());
        let unavailable = json!({"unavailable": {"dependency": "nothing_cached", "reason": ""}});
        assert!(told(Kind::Fallback, unavailable).is_some());
        assert_eq!(told(Kind::Api, json!({"statusCode": 503})), None);
        assert_eq!(told(Kind::Retry, json!({"errorMessage": "no"})), None);
        assert_eq!(told(Kind::Fallback, json!("hello")), None);
    }
}
