//! Whatever a client sends, it gets an answer of the API: no panic, never a 500,
//! and each refusal is a problem document.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Method, Request, Response, header},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::Value;

use crate::support::{isolated, send};

/// Paths that lead somewhere, nearly lead somewhere, or lead nowhere.
fn path() -> impl Strategy<Value = String> {
    let known = select(
        &[
            "items",
            "circuits",
            "retry",
            "events",
            "override",
            "health",
            "openapi.json",
            "00000000-0000-0000-0000-000000000000",
        ][..],
    );
    let segment = prop_oneof![3 => known.prop_map(str::to_owned), 1 => escaped()];
    vec(segment, 0..4).prop_map(|segments| format!("/{}", segments.join("/")))
}

/// Any bytes as a URI may carry them.
fn escaped() -> impl Strategy<Value = String> {
    vec(any::<u8>(), 0..12).prop_map(|bytes| {
        let escape = |byte: &u8| match byte {
            b'a'..=b'z' | b'0'..=b'9' => char::from(*byte).to_string(),
            byte => format!("%{byte:02x}"),
        };
        bytes.iter().map(escape).collect()
    })
}

fn query() -> impl Strategy<Value = String> {
    let name = select(&["limit", "cursor", "since"][..]);
    let name = prop_oneof![name.prop_map(str::to_owned), escaped()];
    let value = prop_oneof![
        any::<i32>().prop_map(|number| number.to_string()),
        escaped()
    ];
    let pair = (name, value).prop_map(|(name, value)| format!("{name}={value}"));
    vec(pair, 0..3).prop_map(|pairs| pairs.join("&"))
}

fn method() -> impl Strategy<Value = Method> {
    select(
        &[
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
        ][..],
    )
}

fn headers() -> impl Strategy<Value = Vec<(HeaderName, HeaderValue)>> {
    let name = select(
        &[
            "if-match",
            "idempotency-key",
            "x-request-id",
            "content-type",
        ][..],
    );
    let value = vec(any::<u8>(), 0..20).prop_filter_map("a header's value", |bytes| {
        HeaderValue::from_bytes(&bytes).ok()
    });
    vec((name.prop_map(HeaderName::from_static), value), 0..3)
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let draft = (any::<String>(), any::<i64>()).prop_map(|(name, quantity)| {
        serde_json::json!({"name": name, "quantity": quantity}).to_string()
    });
    let placed = (any::<String>(), any::<u64>()).prop_map(|(reason, seconds)| {
        serde_json::json!({"mode": "shadow", "reason": reason, "display_name": "ada",
            "expires_in_s": seconds})
        .to_string()
    });
    prop_oneof![
        vec(any::<u8>(), 0..64),
        draft.prop_map(String::into_bytes),
        placed.prop_map(String::into_bytes),
    ]
}

fn request() -> impl Strategy<Value = (Method, String, Vec<(HeaderName, HeaderValue)>, Vec<u8>)> {
    let target = (path(), option::of(query())).prop_map(|(path, query)| match query {
        Some(query) => format!("{path}?{query}"),
        None => path,
    });
    (method(), target, headers(), body())
}

fn is_problem(response: &Response<()>, body: &Value) -> bool {
    response.headers().get(header::CONTENT_TYPE)
        == Some(&HeaderValue::from_static("application/problem+json"))
        && body["status"] == response.status().as_u16()
}

#[test]
fn whatever_is_sent_is_answered_and_every_refusal_is_a_problem() {
    // Pauses between attempts pass at once.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let router = runtime.block_on(async { isolated() });
    proptest!(|((method, target, headers, body) in request())| {
        let mut sent = Request::builder()
            .method(method)
            .uri(&target)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap();
        sent.headers_mut().extend(headers);
        let (response, body) = runtime.block_on(send(&router, sent));
        let status = response.status().as_u16();
        prop_assert!(status != 500, "{}", body);
        prop_assert!(status < 400 || is_problem(&response, &body), "{} {}", status, body);
    });
}
