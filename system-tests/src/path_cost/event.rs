//! Events of an HTTP API, as API Gateway sends them to the function.

use serde_json::{Value, json};

/// The event of a request; `route` is what API Gateway has taken for it.
pub(super) fn event(method: &str, route: &str, path: &str, body: Option<&Value>) -> Value {
    let key = format!("{method} {route}");
    let mut event = json!({
        "version": "2.0",
        "routeKey": key,
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "application/json",
            "accept-encoding": "gzip, deflate, br",
            "content-length": "0",
            "host": "id.execute-api.eu-central-1.amazonaws.com",
            "user-agent": "path-cost",
            "x-amzn-trace-id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "id",
            "domainName": "id.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "id",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "path-cost",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": key,
            "stage": "$default",
            "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1_583_348_638_390_i64,
        },
        "isBase64Encoded": false,
    });
    if let Some(body) = body {
        let text = body.to_string();
        event["headers"]["content-type"] = json!("application/json");
        event["headers"]["content-length"] = json!(text.len().to_string());
        event["body"] = json!(text);
    }
    event
}

/// The same, of a caller that has signed in as an operator.
pub(super) fn by_operator(mut event: Value) -> Value {
    event["requestContext"]["authorizer"] = json!({"jwt": {
        "claims": {"sub": "7d8f", "token_use": "access", "cognito:groups": "[operators]"},
        "scopes": ["openid"],
    }});
    event
}
