//! The function from the event to the answer.

mod arbitrary;
mod corpus;
mod gateway;
mod golden;
mod odd;

use api_lambda::event::{self, EventError};
use axum::{Router, http::HeaderMap};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json, value::to_raw_value};

/// What the function answers to an event.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    /// The kind of a problem, without its URN.
    fn problem(&self) -> &str {
        let kind = self.body["type"].as_str().unwrap_or_default();
        kind.trim_start_matches("urn:breaker:problem:")
    }
}

/// Gives an event to the function, and reads its answer back from what API Gateway gets.
async fn answer(routes: &Router, event: &Value) -> Result<Answer, EventError> {
    let payload = to_raw_value(event).unwrap();
    let event = LambdaEvent::new(payload, Context::default());
    let response = event::answer(routes.clone(), event).await?;
    let written = serde_json::to_value(&response).unwrap();
    let body = written["body"].as_str().unwrap_or_default();
    Ok(Answer {
        status: u16::try_from(response.status_code).unwrap(),
        headers: response.headers,
        body: serde_json::from_str(body).unwrap_or_default(),
    })
}

/// An event of an HTTP API with one route for everything and no authoriser, so that only the
/// function stands between a request and its effect.
pub(crate) fn unguarded(method: &str, raw_path: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api-id",
            "domainName": "id.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "id",
            "http": {
                "method": method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "agent",
            },
            "requestId": "id",
            "routeKey": "$default",
            "stage": "$default",
            "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1_583_348_638_390_i64,
        },
        "isBase64Encoded": false,
    })
}

/// The claims of an access token, as API Gateway hands them over.
fn claims(groups: &str) -> Value {
    json!({"sub": "7d8f", "token_use": "access", "scope": "openid", "cognito:groups": groups})
}

fn bearing(mut event: Value, claims: &Value) -> Value {
    event["requestContext"]["authorizer"] =
        json!({"jwt": {"claims": claims, "scopes": ["openid"]}});
    event
}
