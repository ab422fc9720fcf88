//! The committed OpenAPI document is the one that the code describes.

use std::{fs, path::PathBuf};

#[test]
fn the_committed_document_matches_the_code() {
    let committed: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "..",
        "static-web-app",
        "openapi.json",
    ]
    .iter()
    .collect();
    let described = api_lambda::http::openapi::document().unwrap() + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&committed, &described).unwrap();
    }
    let found = fs::read_to_string(&committed).unwrap();
    assert!(
        found == described,
        "static-web-app/openapi.json has drifted from the code; write it anew with \
         `UPDATE_OPENAPI=1 cargo test --profile local -p api-lambda openapi`, then \
         `npm run generate` in static-web-app",
    );
}
