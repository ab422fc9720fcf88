//! The API as its clients reach it.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::steps::until;
use crate::web;

/// So many good answers in a row, because a new environment may answer one request
/// and an old one the next.
const IN_A_ROW: u32 = 3;

const PAUSE: Duration = Duration::from_millis(250);

/// # Errors
/// When it does not answer well in time.
pub(super) async fn check(api_url: &str, bound: Duration) -> Result<()> {
    let url = format!("{}/health", api_url.trim_end_matches('/'));
    let client = web::http_client();
    let (mut good, mut last) = (0, String::new());
    let healthy = until(bound, PAUSE, async || {
        match client.get(&url).call() {
            Ok(answer) if answer.status() == 200 => good += 1,
            Ok(answer) => (good, last) = (0, format!("status {}", answer.status())),
            Err(error) => (good, last) = (0, error.to_string()),
        }
        Ok((good >= IN_A_ROW).then_some(()))
    });
    if healthy.await?.is_none() {
        bail!("{url} does not answer well: {last}");
    }
    Ok(())
}
