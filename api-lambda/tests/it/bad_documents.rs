//! What is wrong with a document is named, whichever document it is.

use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use crate::{
    bad_input::{fields, problem, request},
    support::{isolated, isolated_with_faults, send},
};

/// Every route that takes a document, one that it would take, and the kind of problem.
fn documents() -> [(Method, &'static str, Value, &'static str); 4] {
    let item = json!({"name": "bolt", "quantity": 1});
    let placed =
        json!({"mode": "shadow", "reason": "trial", "display_name": "ada", "expires_in_s": 60});
    let fault = json!({"kind": "hang", "expires_in_s": 60});
    [
        (Method::POST, "/items", item.clone(), "invalid-item"),
        (
            Method::PUT,
            "/items/0192f0c1-7a3b-7def-8123-456789abcdef",
            item,
            "invalid-item",
        ),
        (
            Method::PUT,
            "/circuits/retry/override",
            placed,
            "invalid-override",
        ),
        (Method::PUT, "/faults/cache", fault, "invalid-fault"),
    ]
}

/// What the API says of `text` where faults are allowed.
async fn told(method: &Method, path: &str, text: impl Into<Vec<u8>>) -> (StatusCode, Value) {
    let sent = request(method.clone(), path, text.into());
    let (response, body) = send(&isolated_with_faults(), sent).await;
    (response.status(), body)
}

/// The errors of a problem about a document of this kind.
async fn errors(method: &Method, path: &str, text: String, kind: &str) -> Vec<Value> {
    let (status, body) = told(method, path, text).await;
    assert_eq!(status, 400, "{path}: {body}");
    assert_eq!(body["type"], format!("urn:breaker:problem:{kind}"));
    body["errors"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_document_has_a_kind_of_problem_of_its_own() {
    for (method, path, _, kind) in documents() {
        let errors = errors(&method, path, "{}".to_owned(), kind).await;
        assert!(!errors.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_key_that_stands_twice_is_named_even_where_both_values_are_right() {
    for (method, path, document, kind) in documents() {
        let members = document.as_object().unwrap();
        for (key, value) in members {
            let rest = document.to_string();
            let text = format!("{{\"{key}\":{value},{}", &rest[1..]);
            let errors = errors(&method, path, text, kind).await;
            assert_eq!(errors[0]["field"], key.as_str(), "{path}");
            assert_eq!(errors.len(), 1, "{errors:?}");
        }
    }
}

#[tokio::test]
async fn a_nested_key_that_stands_twice_is_named_by_its_path() {
    let text = r#"{"name": "bolt", "quantity": 1, "size": {"mm": [{"x": 1, "x": 2}]}}"#;
    let body = problem(request(Method::POST, "/items", text), 400, "invalid-item").await;
    assert_eq!(fields(&body), ["size.mm[0].x", "size"]);
}

#[tokio::test]
async fn a_text_without_a_visible_character_is_refused_in_every_field_that_must_be_told() {
    for blank in [
        "", " ", "\u{85}", "\u{a0}", "\u{200b}", "\u{feff}", "\u{3164}", "\u{2060}",
    ] {
        for (method, path, document, kind) in documents() {
            let texts = ["name", "reason", "display_name"].into_iter();
            for field in texts.filter(|field| document.get(field).is_some()) {
                let mut document = document.clone();
                document[field] = json!(blank);
                let errors = errors(&method, path, document.to_string(), kind).await;
                assert_eq!(errors[0]["field"], field, "{path} {blank:?}");
                let message = errors[0]["message"].as_str().unwrap();
                assert!(message.contains("visible"), "{message}");
            }
        }
    }
}

#[tokio::test]
async fn a_word_is_a_string_and_no_map() {
    for (path, field, word) in [
        ("/circuits/retry/override", "mode", "shadow"),
        ("/faults/cache", "kind", "hang"),
    ] {
        let (method, _, document, kind) = documents()
            .into_iter()
            .find(|(_, of, ..)| *of == path)
            .unwrap();
        for wrong in [
            json!({word: null}),
            json!([word]),
            json!({word: {}}),
            json!(0),
        ] {
            let mut document = document.clone();
            document[field] = wrong;
            let errors = errors(&method, path, document.to_string(), kind).await;
            assert_eq!(errors[0]["field"], field);
        }
    }
}

#[tokio::test]
async fn a_byte_order_mark_of_utf_8_is_ignored_and_any_other_is_named() {
    for (method, path, document, _) in documents() {
        let text = format!("\u{feff}{document}");
        let (status, body) = told(&method, path, text).await;
        // Nothing is behind this API, so that is how far an acceptable document gets.
        assert_eq!(status, 503, "{body}");
        let utf_16 = document.to_string();
        let utf_16 = utf_16.encode_utf16().flat_map(u16::to_le_bytes);
        let marked: Vec<u8> = b"\xff\xfe".iter().copied().chain(utf_16).collect();
        let (status, body) = told(&method, path, marked).await;
        assert_eq!(status, 400);
        assert_eq!(body["type"], "urn:breaker:problem:malformed-json");
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.contains("byte-order mark of UTF-16"), "{detail}");
    }
    for (mark, name) in [
        (&b"\xfe\xff\0{"[..], "UTF-16"),
        (b"\0\0\xfe\xff\0\0\0{", "UTF-32"),
        (b"\xff\xfe\0\0{\0\0\0", "UTF-32"),
    ] {
        let (_, body) = told(&Method::POST, "/items", mark).await;
        assert!(body["detail"].as_str().unwrap().contains(name), "{body}");
    }
    let twice = "\u{feff}\u{feff}{}";
    problem(
        request(Method::POST, "/items", twice),
        400,
        "malformed-json",
    )
    .await;
}

#[tokio::test]
async fn an_encoded_body_is_refused_with_the_coding_that_is_accepted() {
    for (method, path, document, _) in documents() {
        for coding in ["gzip", "br", "identity, gzip", "deflate,identity", "x"] {
            let mut sent = request(method.clone(), path, document.to_string());
            let headers = sent.headers_mut();
            headers.insert(header::CONTENT_ENCODING, coding.parse().unwrap());
            let (response, body) = send(&isolated_with_faults(), sent).await;
            assert_eq!(response.status(), 415, "{body}");
            let kind = "urn:breaker:problem:unsupported-content-encoding";
            assert_eq!(body["type"], kind);
            assert_eq!(response.headers()[header::ACCEPT_ENCODING], "identity");
            assert!(!response.headers().contains_key(header::ACCEPT));
        }
        for none in ["identity", "IDENTITY", "", "identity,"] {
            let mut sent = request(method.clone(), path, document.to_string());
            let headers = sent.headers_mut();
            headers.insert(header::CONTENT_ENCODING, none.parse().unwrap());
            let (response, body) = send(&isolated_with_faults(), sent).await;
            assert_eq!(response.status(), 503, "{body}");
        }
    }
}

/// So many members that no document has, each after a comma.
fn unknown_fields(count: usize) -> String {
    let fields: Vec<String> = (0..count).map(|n| format!(",\"{n:05}\":0")).collect();
    fields.concat()
}

#[tokio::test]
async fn however_many_mistakes_there_are_the_answer_is_small_and_counts_them() {
    let many = unknown_fields(5_900);
    let long = format!(",\"{}\":0", "\\u0001".repeat(9_000));
    for (extra, count) in [(many, 5_900), (long, 1)] {
        for (method, path, document, _) in documents() {
            let text = format!("{}{extra}}}", document.to_string().trim_end_matches('}'));
            let (status, body) = told(&method, path, text).await;
            assert_eq!(status, 400);
            let size = body.to_string().len();
            assert!(size < 8_000, "{path}: {size} bytes");
            let named = body["errors"].as_array().unwrap().len();
            let omitted = body["errors_omitted"].as_u64().unwrap_or(0);
            assert_eq!(named, usize::min(count, 20), "{path}");
            assert_eq!(named as u64 + omitted, count as u64, "{path}");
        }
    }
}

#[tokio::test]
async fn however_many_keys_stand_twice_below_a_long_one_the_answer_names_twenty() {
    let many = vec!["\"x\":0"; 5_000].join(",");
    let long = "k".repeat(32_000);
    for (method, path, document, kind) in documents() {
        let text = format!("{{\"{long}\":[{{{many}}}],{}", &document.to_string()[1..]);
        let (status, body) = told(&method, path, text).await;
        assert_eq!(status, 400, "{path}: {body}");
        assert_eq!(body["type"], format!("urn:breaker:problem:{kind}"));
        assert_eq!(body["errors"].as_array().unwrap().len(), 20);
        // Each `x` but the first, and the long key, which is unknown.
        assert_eq!(body["errors_omitted"], 4_999 + 1 - 20, "{path}");
        assert_eq!(fields(&body)[0], format!("{}…", &long[..100]));
    }
}

#[tokio::test]
async fn the_mistakes_in_known_fields_are_named_before_unknown_ones() {
    let unknown = unknown_fields(100);
    let text = format!("{{\"name\":\" \",\"quantity\":-1{unknown}}}");
    let body = problem(request(Method::POST, "/items", text), 400, "invalid-item").await;
    assert_eq!(fields(&body)[..2], ["name", "quantity"]);
    assert_eq!(body["errors_omitted"], 82);
    let detail = body["detail"].as_str().unwrap();
    assert!(detail.ends_with("; and 97 more."), "{detail}");
}

#[tokio::test]
async fn unknown_query_parameters_are_bounded_like_fields() {
    let query: Vec<String> = (0..1_000).map(|n| format!("x{n}=1")).collect();
    let uri = format!("/items?{}", query.join("&"));
    let sent: Request<_> = request(Method::GET, &uri, "");
    let (_, body) = send(&isolated(), sent).await;
    assert_eq!(body["errors"].as_array().unwrap().len(), 20);
    assert_eq!(body["errors_omitted"], 980);
}
