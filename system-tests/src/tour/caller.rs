//! A client of the HTTP API, as anybody could write one.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::http::{Answer, Client};

/// No call may take longer; the API gives up well before.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Calls the API of the running stack.
#[derive(Debug)]
pub(crate) struct Caller {
    client: Client,
    api_url: String,
}

/// One call, and what came of it.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) request: String,
    answer: Answer,
    body: Value,
}

/// What `GET /circuits/retry` tells, as far as the tour looks at it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Circuit {
    pub(crate) state: String,
    pub(crate) epoch: u64,
    pub(crate) cause: Option<String>,
    /// Below 1 also while a circuit that has just closed ramps up.
    admitted_share: f64,
}

impl Circuit {
    pub(crate) fn admits_everything(&self) -> bool {
        self.state == "closed" && self.admitted_share >= 1.0
    }
}

/// One change of the circuit's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transition {
    pub(crate) epoch: u64,
    pub(crate) from: String,
    pub(crate) to: String,
}

impl Caller {
    pub(crate) fn new(api_url: &str) -> Self {
        Self {
            client: Client::new(TIMEOUT),
            api_url: api_url.to_owned(),
        }
    }

    pub(crate) fn create(&self, name: &str) -> Result<Call> {
        let draft = json!({"name": name, "description": "Made by the tour", "quantity": 1});
        self.call("POST", "/items", Some(&draft))
    }

    pub(crate) fn read(&self, id: &str) -> Result<Call> {
        self.call("GET", &format!("/items/{id}"), None)
    }

    pub(crate) fn list(&self, limit: usize) -> Result<Call> {
        self.call("GET", &format!("/items?limit={limit}"), None)
    }

    pub(crate) fn delete(&self, id: &str) -> Result<Call> {
        self.call("DELETE", &format!("/items/{id}"), None)
    }

    /// The circuit in front of the Retry Lambda.
    ///
    /// # Errors
    /// When it is not told.
    pub(crate) fn circuit(&self) -> Result<Circuit> {
        let call = self.call("GET", "/circuits/retry", None)?;
        ensure!(
            call.status() == 200,
            "{} answered {}",
            call.request,
            call.answer.text
        );
        let state = call.body["state"]
            .as_str()
            .context("the circuit has no state")?;
        Ok(Circuit {
            state: state.to_owned(),
            epoch: call.body["epoch"]
                .as_u64()
                .context("the circuit has no epoch")?,
            cause: call.body["cause"].as_str().map(ToOwned::to_owned),
            admitted_share: call.body["admitted_share"]
                .as_f64()
                .context("the circuit does not say what it admits")?,
        })
    }

    /// The transitions of the circuit after `epoch`, oldest first.
    ///
    /// # Errors
    /// When they are not told.
    pub(crate) fn transitions_since(&self, epoch: u64) -> Result<Vec<Transition>> {
        let call = self.call(
            "GET",
            &format!("/circuits/retry/events?since={epoch}"),
            None,
        )?;
        ensure!(
            call.status() == 200,
            "{} answered {}",
            call.request,
            call.answer.text
        );
        let events = call.body["events"]
            .as_array()
            .context("no events were told")?;
        let parsed = events.iter().map(|event| {
            Some(Transition {
                epoch: event["epoch"].as_u64()?,
                from: event["from"].as_str()?.to_owned(),
                to: event["to"].as_str()?.to_owned(),
            })
        });
        parsed
            .collect::<Option<_>>()
            .context("an event lacks its epoch, from or to")
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Call> {
        let url = format!("{}{path}", self.api_url);
        let answer = self.client.send(method, &url, &[], body)?;
        let body = answer.json();
        Ok(Call {
            request: format!("{method} {path}"),
            answer,
            body,
        })
    }
}

impl Call {
    pub(crate) fn status(&self) -> u16 {
        self.answer.status
    }

    pub(crate) fn took(&self) -> Duration {
        self.answer.took
    }

    /// The item of an answer about one.
    pub(crate) fn data(&self) -> &Value {
        &self.body["data"]
    }

    pub(crate) fn id(&self) -> Result<&str> {
        let id = self.data()["id"].as_str();
        id.with_context(|| format!("{} answered no item: {}", self.request, self.answer.text))
    }

    /// `database`, `cache` or `fallback`.
    pub(crate) fn source(&self) -> Option<&str> {
        self.body["served"]["source"].as_str()
    }

    pub(crate) fn is_degraded(&self) -> bool {
        self.body["served"]["degraded"] == true
    }

    /// Fallback data that says so.
    pub(crate) fn is_labelled_fallback(&self) -> bool {
        self.status() == 200 && self.source() == Some("fallback") && self.is_degraded()
    }

    /// A refusal that says what it is and when to come back.
    pub(crate) fn is_refused_for_now(&self) -> bool {
        let is_problem = self
            .answer
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/problem+json"));
        self.status() == 503 && is_problem && self.retry_after_s().is_some()
    }

    pub(crate) fn retry_after_s(&self) -> Option<u64> {
        self.answer.header("retry-after")?.parse().ok()
    }

    /// What was tried on the caller's behalf, such as `retry degraded 35 ms`.
    pub(crate) fn attempts(&self) -> Vec<String> {
        let told = self.attempts_made().iter().map(|attempt| {
            let word = |name: &str| attempt[name].as_str().unwrap_or("?").to_owned();
            format!(
                "{} {} {} ms",
                word("target"),
                word("outcome"),
                attempt["duration_ms"]
            )
        });
        told.collect()
    }

    /// How often the Retry Lambda was asked; what the circuit refused did not
    /// get that far.
    pub(crate) fn attempts_at_retry(&self) -> usize {
        let made = self.attempts_made().iter();
        made.filter(|attempt| attempt["target"] == "retry" && attempt["outcome"] != "rejected")
            .count()
    }

    /// An answer tells them beside its data, a problem beside its detail.
    fn attempts_made(&self) -> &[Value] {
        let served = &self.body["served"]["attempts"];
        let told = served
            .as_array()
            .or_else(|| self.body["attempts"].as_array());
        told.map_or(&[], Vec::as_slice)
    }
}
