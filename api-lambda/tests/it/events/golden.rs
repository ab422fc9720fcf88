//! Events as AWS documents and sends them, beside the requests that they stand for.

use api_lambda::access::Caller;
use aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use axum::{
    Json, Router,
    body::{Body, to_bytes},
    http::{Request, header::HeaderMap},
};
use serde_json::{Value, json};

use super::answer;

const GOLDEN: [&str; 7] = [
    include_str!("golden/documented.json"),
    include_str!("golden/documented-iam.json"),
    include_str!("golden/documented-lambda-authorizer.json"),
    include_str!("golden/no-authorizer.json"),
    include_str!("golden/cognito-access-token.json"),
    include_str!("golden/named-stage.json"),
    include_str!("golden/odd.json"),
];

/// Answers with the request itself.
async fn echo(request: Request<Body>) -> Json<Value> {
    let (parts, body) = request.into_parts();
    let context = parts.extensions.get::<ApiGatewayV2httpRequestContext>();
    let caller = Caller::of(context.unwrap()).actor(None);
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Json(json!({
        "method": parts.method.as_str(),
        "uri": parts.uri.to_string(),
        "headers": pairs(&parts.headers),
        "body": String::from_utf8_lossy(&body),
        "caller": caller,
    }))
}

fn pairs(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let mut pairs: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    pairs.sort_unstable();
    pairs
}

#[tokio::test]
async fn each_documented_event_stands_for_the_request_beside_it() {
    let routes = Router::new().fallback(echo);
    for golden in GOLDEN {
        let golden: Value = serde_json::from_str(golden).unwrap();
        let answer = answer(&routes, &golden["event"]).await.unwrap();
        assert_eq!(answer.body, golden["request"], "{}", golden["why"]);
    }
}
