//! API Gateway as it stands in front of the function: what it makes of a request's path,
//! which route it takes, and whom it asks for a token.
//!
//! As measured on AWS: every escape of the path is decoded but `%25`; leading slashes count
//! as one for the choice of a route, but stay in `rawPath`; of the routes that fit, one
//! without a greedy variable comes first, then the one with the most literal segments.

use serde_json::{Value, json};

use super::{bearing, unguarded};

/// The routes of the stage `dev` with `itemsFor=signed-in`, and whether they are guarded.
const ROUTES: [(&str, &[&str], bool); 15] = [
    ("/items", &["GET", "POST"], true),
    ("/items/{id}", &["GET", "PUT", "DELETE"], true),
    ("/circuits", &["GET"], false),
    ("/circuits/{name}", &["GET"], false),
    ("/circuits/{name}/events", &["GET"], false),
    ("/circuits/{name}/trail", &["GET"], true),
    ("/circuits/{name}/override", &["PUT", "DELETE"], true),
    ("/health", &["GET"], false),
    ("/openapi.json", &["GET"], false),
    ("/faults", &["GET"], false),
    ("/faults", &["DELETE"], true),
    ("/faults/{target}", &["PUT", "DELETE"], true),
    ("/{proxy+}", &["GET", "HEAD"], false),
    ("/{proxy+}", &["POST", "PUT", "PATCH", "DELETE"], true),
    ("/", &["GET"], false),
];

/// The event that reaches the function; `None` if API Gateway answers by itself.
pub(super) fn pass(method: &str, encoded_path: &str, token: Option<&Value>) -> Option<Value> {
    let path = encoded_path.split(['?', '#']).next().unwrap_or_default();
    let raw_path = decode(path);
    let (key, guarded) = route(method, &raw_path)?;
    let mut event = unguarded(method, &raw_path);
    event["routeKey"] = json!(key);
    event["requestContext"]["routeKey"] = json!(key);
    match (guarded, token) {
        (false, _) => Some(event),
        (true, Some(claims)) => Some(bearing(event, claims)),
        (true, None) => None,
    }
}

fn decode(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        let digits = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let escaped = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        match (first, escaped) {
            (b'%', Some(byte)) if byte != b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn route(method: &str, raw_path: &str) -> Option<(String, bool)> {
    let path = raw_path.trim_start_matches('/');
    let fitting = ROUTES.iter().filter(|(template, methods, _)| {
        methods.contains(&method) && fits(template.trim_start_matches('/'), path)
    });
    let specific = |template: &str| {
        let literal = template.split('/').filter(|s| !s.starts_with('{')).count();
        (!template.contains('+'), literal)
    };
    let (template, _, guarded) = fitting.max_by_key(|(template, ..)| specific(template))?;
    Some((format!("{method} {template}"), *guarded))
}

fn fits(template: &str, path: &str) -> bool {
    let (mut segments, mut rest) = (template.split('/'), path.split('/'));
    loop {
        match (segments.next(), rest.next()) {
            (None, None) => return true,
            (Some("{proxy+}"), Some(first)) => return !first.is_empty(),
            (Some(segment), Some(given)) => {
                let variable = segment.starts_with('{') && !given.is_empty();
                if !variable && segment != given {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

#[test]
fn the_path_is_decoded_but_for_the_escape_of_the_escape() {
    assert_eq!(decode("/a%2Fb%5c%252e%zz%C3%A9%"), "/a/b\\%252e%zz\u{e9}%");
    assert_eq!(decode("/%C0%AF"), "/\u{fffd}\u{fffd}");
}

#[test]
fn the_route_of_an_encoded_path_is_the_one_that_was_authorised() {
    let key = |method, path| route(method, &decode(path)).map(|(key, _)| key);
    let odd = "/items/..%5Ccircuits%5Cretry%5Coverride";
    assert_eq!(key("PUT", odd).unwrap(), "PUT /items/{id}");
    let slashes = "//circuits/retry/override";
    assert_eq!(
        key("PUT", slashes).unwrap(),
        "PUT /circuits/{name}/override"
    );
    assert_eq!(key("PATCH", "/items").unwrap(), "PATCH /{proxy+}");
    assert_eq!(key("OPTIONS", "/items"), None);
}
