//! The stack under test: where it is, how to ask it, how to hurt it.

use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant, SystemTime},
};

use serde::Deserialize;
use serde_json::{Value, json};
use ureq::{Agent, http::Response};

/// How long anything may take before a test gives up. Generous: machines are
/// slow, and an open circuit may take a minute to try again.
const BOUND: Duration = Duration::from_mins(2);

/// One test at a time: some of them kill servers.
static TURN: Mutex<()> = Mutex::new(());

/// The part of `stack.json` that tests need.
#[derive(Debug, Deserialize)]
struct Endpoints {
    api_url: String,
    web_url: String,
    aws_endpoint: String,
    region: String,
    circuits_table: String,
    functions: Functions,
    database: Server,
    cache: Server,
}

#[derive(Debug, Deserialize)]
struct Functions {
    api: String,
    retry: String,
    fallback: String,
}

#[derive(Debug, Deserialize)]
struct Server {
    pid: Option<u32>,
}

/// A server that tests may kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Victim {
    Database,
    Cache,
}

/// The running stack, for one test at a time.
pub(crate) struct Stack {
    endpoints: Endpoints,
    agent: Agent,
    /// When this test had its turn.
    since: SystemTime,
    _turn: MutexGuard<'static, ()>,
}

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: Value,
    pub(crate) took: Duration,
}

/// A function that calls others.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Caller {
    Api,
    Retry,
}

/// A function whose variables were changed, until this is dropped.
pub(crate) struct Redirected {
    client: aws_sdk_lambda::Client,
    runtime: tokio::runtime::Runtime,
    function: String,
    before: HashMap<String, String>,
}

impl Redirected {
    fn read(client: aws_sdk_lambda::Client, function: String) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let asked = client.get_function_configuration().function_name(&function);
        let configuration = runtime.block_on(asked.send()).unwrap();
        let environment = configuration.environment.unwrap();
        Self {
            client,
            runtime,
            function,
            before: environment.variables.unwrap(),
        }
    }

    fn set(&self, variables: HashMap<String, String>) {
        let environment = aws_sdk_lambda::types::Environment::builder()
            .set_variables(Some(variables))
            .build();
        let update = self
            .client
            .update_function_configuration()
            .function_name(&self.function)
            .environment(environment);
        self.runtime.block_on(update.send()).unwrap();
    }
}

impl Drop for Redirected {
    fn drop(&mut self) {
        self.set(self.before.clone());
    }
}

impl Answer {
    /// The kind of a problem, without its URN.
    pub(crate) fn problem(&self) -> &str {
        let kind = self.body["type"].as_str().unwrap_or_default();
        kind.trim_start_matches("urn:breaker:problem:")
    }

    pub(crate) fn source(&self) -> &str {
        self.body["served"]["source"].as_str().unwrap_or_default()
    }

    /// The outcomes of the attempts at `target`, as an answer or a problem
    /// tells them.
    pub(crate) fn outcomes(&self, target: &str) -> Vec<&str> {
        self.attempts()
            .iter()
            .filter(|attempt| attempt["target"] == target)
            .filter_map(|attempt| attempt["outcome"].as_str())
            .collect()
    }

    /// Whom the functions asked in turn, and what became of it.
    pub(crate) fn asked_in_turn(&self) -> Vec<String> {
        self.attempts()
            .iter()
            .filter_map(|attempt| attempt["attempts"].as_array())
            .flatten()
            .map(|inner| format!("{} {}", inner["target"], inner["outcome"]).replace('"', ""))
            .collect()
    }

    fn attempts(&self) -> &[Value] {
        let served = self.body["served"]["attempts"].as_array();
        served
            .or_else(|| self.body["attempts"].as_array())
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

impl Stack {
    /// The stack that is running, healthy.
    #[expect(
        clippy::disallowed_methods,
        reason = "the system under test lives in real time, and so do its logs"
    )]
    pub(crate) fn running() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .into();
        let stack = Self {
            endpoints: read_endpoints(),
            agent,
            since: SystemTime::now(),
            _turn: turn,
        };
        stack.heal();
        stack
    }

    pub(crate) fn web_url(&self) -> &str {
        &self.endpoints.web_url
    }

    pub(crate) fn api_url(&self) -> &str {
        &self.endpoints.api_url
    }

    pub(crate) fn circuits_table(&self) -> &str {
        &self.endpoints.circuits_table
    }

    /// A client of the emulated DynamoDB.
    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoints.aws_endpoint)
            .region(Region::new(self.endpoints.region.clone()))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .build();
        aws_sdk_dynamodb::Client::from_conf(config)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        let request = self.agent.get(self.url(path));
        timed(|| request.call())
    }

    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.to_vec()).unwrap();
        timed(|| self.agent.run(request))
    }

    pub(crate) fn send_json(&self, method: &str, path: &str, body: &Value) -> Answer {
        let json = [("content-type", "application/json")];
        self.send(method, path, &json, body.to_string().as_bytes())
    }

    /// Creates an item and gives its path.
    pub(crate) fn create_item(&self) -> String {
        let answer = self.send_json("POST", "/items", &draft("bolt"));
        assert_eq!(answer.status, 201, "{answer:?}");
        format!("/items/{}", answer.body["data"]["id"].as_str().unwrap())
    }

    pub(crate) fn circuit(&self) -> Value {
        self.circuit_named("retry")
    }

    pub(crate) fn circuit_named(&self, name: &str) -> Value {
        let answer = self.get(&format!("/circuits/{name}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// Gives an operator's order for ten minutes.
    pub(crate) fn order(&self, circuit: &str, mode: &str) {
        let order = json!({
            "mode": mode, "reason": "a test needs it", "actor": "a test", "expires_in_s": 600,
        });
        let ordered = self.send_json("PUT", &format!("/circuits/{circuit}/override"), &order);
        assert_eq!(ordered.status, 200, "{ordered:?}");
    }

    pub(crate) fn withdraw_order(&self, circuit: &str) {
        let withdrawn = self.send("DELETE", &format!("/circuits/{circuit}/override"), &[], b"");
        assert_eq!(withdrawn.status, 204, "{withdrawn:?}");
    }

    /// What all functions have logged during this test that contains `text`, line
    /// by line.
    pub(crate) fn logged(&self, text: &str) -> Vec<Value> {
        let functions = &self.endpoints.functions;
        let functions = [&functions.api, &functions.retry, &functions.fallback];
        functions
            .into_iter()
            .flat_map(|function| self.logged_by(function))
            .filter(|line| line.contains(text))
            .filter_map(|line| serde_json::from_str(&line).ok())
            .collect()
    }

    /// CloudWatch Logs in its own words: a client for one question would take
    /// longer to build than all tests to run. The emulator never tells more than
    /// the 10,000 oldest events, of which all tests together make more.
    fn logged_by(&self, function: &str) -> Vec<String> {
        let group = format!("/aws/lambda/{function}");
        let since = self.since.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let since = u64::try_from(since.as_millis()).unwrap();
        let mut lines = Vec::new();
        let mut next = Value::Null;
        loop {
            let mut question = json!({"logGroupName": group, "startTime": since});
            if !next.is_null() {
                question["nextToken"] = next;
            }
            let request = ureq::http::Request::builder()
                .method("POST")
                .uri(&self.endpoints.aws_endpoint)
                .header("content-type", "application/x-amz-json-1.1")
                .header("x-amz-target", "Logs_20140328.FilterLogEvents");
            let request = request.body(question.to_string()).unwrap();
            let page = timed(|| self.agent.run(request));
            assert_eq!(page.status, 200, "{page:?}");
            let events = page.body["events"].as_array().unwrap();
            lines.extend(
                events
                    .iter()
                    .filter_map(|event| event["message"].as_str())
                    .flat_map(str::lines)
                    .map(str::to_owned),
            );
            next = page.body["nextToken"].clone();
            if next.is_null() || events.is_empty() {
                return lines;
            }
        }
    }

    /// Gives a target a fault for as long as a fault may last.
    pub(crate) fn put_fault(&self, target: &str, mut fault: Value) {
        fault["expires_in_s"] = json!(900);
        let answer = self.send_json("PUT", &format!("/faults/{target}"), &fault);
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    pub(crate) fn end_faults(&self) {
        let answer = self.send("DELETE", "/faults", &[], b"");
        assert_eq!(answer.status, 204, "{answer:?}");
    }

    /// Whom a function calls, by the name of the variable that says so.
    pub(crate) fn redirect(&self, function: Caller, changes: &[(&str, &str)]) -> Redirected {
        use aws_sdk_lambda::{
            Client,
            config::{BehaviorVersion, Credentials, Region},
        };
        let config = aws_sdk_lambda::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoints.aws_endpoint)
            .region(Region::new(self.endpoints.region.clone()))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .build();
        let name = match function {
            Caller::Api => &self.endpoints.functions.api,
            Caller::Retry => &self.endpoints.functions.retry,
        };
        let redirected = Redirected::read(Client::from_conf(config), name.clone());
        let mut variables = redirected.before.clone();
        for (variable, value) in changes {
            let old = variables.insert((*variable).to_owned(), (*value).to_owned());
            assert!(old.is_some(), "{name} has no variable {variable}");
        }
        redirected.set(variables);
        redirected
    }

    /// Kills a server as hard as it can be killed.
    pub(crate) fn kill(victim: Victim) {
        let endpoints = read_endpoints();
        let pid = match victim {
            Victim::Database => endpoints.database.pid,
            Victim::Cache => endpoints.cache.pid,
        };
        let pid = pid.expect("the server runs").to_string();
        let killed = Command::new("kill").args(["-9", &pid]).status().unwrap();
        assert!(killed.success());
    }

    /// Starts a server again, on its old port.
    pub(crate) fn start(victim: Victim) {
        let name = match victim {
            Victim::Database => "database",
            Victim::Cache => "cache",
        };
        let output = Command::new(env!("CARGO"))
            .args(["xtask", "server", "start", name])
            .current_dir(root())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Brings back whatever a test before has killed or ordered, and waits until
    /// writes go through and every circuit is closed.
    pub(crate) fn heal(&self) {
        self.end_faults();
        for circuit in ["retry", "fallback", "database", "cache"] {
            self.withdraw_order(circuit);
        }
        for victim in [Victim::Database, Victim::Cache] {
            Self::start(victim);
        }
        wait_until("a write goes through closed circuits", || {
            // The read asks the cache, which has no entry for it.
            self.get("/items/00000000-0000-7000-8000-000000000000");
            let answer = self.send_json("POST", "/items", &draft("healed"));
            answer.status == 201 && self.admits_everything()
        });
    }

    /// Whether the circuits that writes and reads go through are closed and have
    /// ramped up.
    pub(crate) fn admits_everything(&self) -> bool {
        ["retry", "database", "cache"].into_iter().all(|name| {
            let circuit = self.circuit_named(name);
            circuit["state"] == "closed" && circuit["admitted_share"] == 1.0
        })
    }

    /// The execution environments of the API Lambda: processes that run it.
    pub(crate) fn api_environments(&self) -> usize {
        let marker = format!("AWS_LAMBDA_FUNCTION_NAME={}", self.endpoints.functions.api);
        let processes = fs::read_dir("/proc").unwrap().flatten();
        processes
            .filter(|process| {
                let environment = fs::read(process.path().join("environ")).unwrap_or_default();
                let program = fs::read_link(process.path().join("exe")).unwrap_or_default();
                program.ends_with("bootstrap")
                    && environment
                        .split(|byte| *byte == 0)
                        .any(|entry| entry == marker.as_bytes())
            })
            .count()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.endpoints.api_url)
    }
}

pub(crate) fn draft(name: &str) -> Value {
    json!({"name": name, "description": "made by a test", "quantity": 1})
}

/// Waits for a condition, within a generous bound, and gives how long that took.
#[expect(
    clippy::disallowed_methods,
    reason = "the system under test lives in real time; a pause between questions is not what \
              the test waits for"
)]
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) -> Duration {
    let started = Instant::now();
    while !condition() {
        assert!(
            started.elapsed() < BOUND,
            "waited {BOUND:?} in vain until {what}"
        );
        thread::sleep(Duration::from_millis(100));
    }
    started.elapsed()
}

/// Lets the time pass within which the system promises to have changed.
#[expect(
    clippy::disallowed_methods,
    reason = "the promise is about time, and nothing shows from outside when it is kept"
)]
pub(crate) fn let_pass(promised: Duration) {
    thread::sleep(promised);
}

#[expect(clippy::disallowed_methods, reason = "measures real servers")]
fn timed(send: impl FnOnce() -> Result<Response<ureq::Body>, ureq::Error>) -> Answer {
    let started = Instant::now();
    let (parts, mut body) = send().unwrap().into_parts();
    let text = body.read_to_string().unwrap();
    let body = if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"))
    };
    let took = started.elapsed();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
        took,
    }
}

fn root() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), ".."].iter().collect()
}

fn read_endpoints() -> Endpoints {
    let path = root().join("target/local/stack.json");
    let text = fs::read_to_string(&path).expect("no stack is running; run `cargo xtask up` first");
    serde_json::from_str(&text).unwrap()
}
