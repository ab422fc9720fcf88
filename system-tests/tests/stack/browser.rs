//! What a browser needs before it may call the API from the page.

use crate::stack::Stack;

#[test]
fn the_pages_origin_may_call_the_api_and_no_other_may() {
    let stack = Stack::running();
    let ask = |origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "PUT"),
            (
                "access-control-request-headers",
                "content-type,if-match,idempotency-key",
            ),
        ];
        stack.send("OPTIONS", "/items", &headers, b"")
    };
    let ours = ask(stack.web_url());
    assert_eq!(
        ours.header("access-control-allow-origin"),
        stack.web_url(),
        "{ours:?}"
    );
    let stranger = ask("http://evil.example");
    assert_eq!(
        stranger.header("access-control-allow-origin"),
        "",
        "{stranger:?}"
    );
}

#[test]
fn the_page_is_told_where_the_api_is() {
    let stack = Stack::running();
    let config = ureq::get(format!("{}/config.json", stack.web_url()))
        .call()
        .unwrap();
    let config: serde_json::Value = config.into_body().read_json().unwrap();
    assert_eq!(config["apiUrl"], stack.api_url());
}
