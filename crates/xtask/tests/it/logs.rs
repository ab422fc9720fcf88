//! What may not get into a function's log cannot get there.
//!
//! The errors of some libraries quote what they were sent. Types keep their texts apart
//! (`retry_lambda::database::SqlError`, `lambda_kit::code::Code`, `contract::JsonError`); this
//! keeps apart the places: a file that sees such an error before it is taken over does not log,
//! whatever name it has there.

use std::path::{Path, PathBuf};

/// Where the code of the functions lies.
const FOLDERS: [&str; 4] = [
    "api-lambda/src",
    "crates/lambda-kit/src",
    "fallback-lambda/src",
    "retry-lambda/src",
];

/// How a file shows that it sees their errors.
const QUOTING: [&str; 3] = ["sqlx::", "redis::", "SdkError"];

fn is_code(line: &&str) -> bool {
    !line.trim_start().starts_with("//")
}

fn logs(code: &str) -> bool {
    code.contains("tracing::")
}

/// A name in a text is that of a target of logs.
fn sees_quoting_errors(code: &str) -> bool {
    let is_path = |at: usize| !code[..at].ends_with('"');
    let mentions = |library: &&str| code.match_indices(library).any(|(at, _)| is_path(at));
    QUOTING.iter().any(mentions)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    };
    entries.flat_map(below).collect()
}

fn code_of(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_file_that_sees_errors_which_quote_does_not_log() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let files = FOLDERS.iter().flat_map(|folder| files(&root.join(folder)));
    let files: Vec<_> = files.map(|file| (code_of(&file), file)).collect();
    let seeing = files.iter().filter(|(code, _)| sees_quoting_errors(code));
    assert!(seeing.clone().count() > 5, "this looks at the wrong files");
    let both: Vec<_> = seeing
        .filter(|(code, _)| logs(code))
        .map(|(_, file)| file)
        .collect();
    assert!(both.is_empty(), "{both:?} see errors that quote, and log");
}
