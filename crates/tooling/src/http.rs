//! Small requests to servers of the local stack.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use ureq::http::Request;

pub use ureq::http::HeaderMap;

use crate::waiting::Stopwatch;

/// What came back, whatever the status.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Every header.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
    /// From the request until the body was read.
    pub took: Duration,
}

impl Answer {
    /// The body, or null when it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The header of this name, if there is one and it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Keeps connections open between requests.
#[derive(Debug, Clone)]
pub struct Client(ureq::Agent);

impl Client {
    /// A client that gives each request so much time, and asks no proxy.
    pub fn new(timeout: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(timeout))
            .proxy(None)
            .build();
        Self(config.into())
    }

    /// Sends a GET.
    ///
    /// # Errors
    /// As for [`Self::send`].
    pub fn get(&self, url: &str) -> Result<Answer> {
        self.send("GET", url, &[], None)
    }

    /// Sends a POST.
    ///
    /// # Errors
    /// As for [`Self::send`].
    pub fn post(&self, url: &str, body: &Value) -> Result<Answer> {
        self.send("POST", url, &[], Some(body))
    }

    /// Sends a request, with a body of JSON if there is one.
    ///
    /// # Errors
    /// When no answer comes back. A bad status is an answer.
    pub fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer> {
        let json = ("content-type", "application/json");
        let headers: Vec<_> = body.map(|_| json).iter().chain(headers).copied().collect();
        let body = body.map(Value::to_string);
        self.send_bytes(method, url, &headers, body.as_deref().map(str::as_bytes))
    }

    /// Sends a request with these headers and no others, whatever its body is.
    ///
    /// # Errors
    /// When no answer comes back. A bad status is an answer.
    pub fn send_bytes(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Result<Answer> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let watch = Stopwatch::start();
        let response = match body {
            Some(body) => self.0.run(request.body(body)?),
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
