//! Small requests to servers of the local stack.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use ureq::http::{HeaderMap, Request};

use crate::waiting::Stopwatch;

/// What came back, whatever the status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) took: Duration,
}

impl Answer {
    /// The body, or null when it is no JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Keeps connections open between requests.
#[derive(Debug, Clone)]
pub(crate) struct Client(ureq::Agent);

impl Client {
    /// A client that gives each request so much time, and asks no proxy.
    pub(crate) fn new(timeout: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(timeout))
            .proxy(None)
            .build();
        Self(config.into())
    }

    pub(crate) fn get(&self, url: &str) -> Result<Answer> {
        self.send("GET", url, &[], None)
    }

    pub(crate) fn post(&self, url: &str, body: &Value) -> Result<Answer> {
        self.send("POST", url, &[], Some(body))
    }

    /// # Errors
    /// When no answer comes back. A bad status is an answer.
    pub(crate) fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let watch = Stopwatch::start();
        let response = match body {
            Some(body) => self.0.run(request.body(body.to_string())?),
            None => self.0.run(request.body(())?),
        };
        let mut response = response.with_context(|| format!("{method} {url}"))?;
        let text = response.body_mut().read_to_string();
        let text = text.with_context(|| format!("reading the answer to {method} {url}"))?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text,
            took: watch.elapsed(),
        })
    }
}
