//! Asks the Retry function to bring the database's schema up to date.

use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use serde_json::json;

use crate::http::Client;

/// Answers how many migrations were applied.
///
/// # Errors
/// When the function fails or answers something else.
pub fn migrate(aws_endpoint: &str, function: &str) -> Result<u64> {
    let url = format!("{aws_endpoint}/2015-03-31/functions/{function}/invocations");
    let answer = Client::new(Duration::from_mins(1)).post(&url, &json!({"command": "migrate"}))?;
    if answer.status != 200 || answer.header("x-amz-function-error").is_some() {
        bail!(
            "the function {function} answered {}: {}",
            answer.status,
            answer.text
        );
    }
    let reply = answer.json();
    reply["migrated"]["applied"]
        .as_u64()
        .ok_or_else(|| anyhow!("the function {function} answered {}", answer.text))
}
