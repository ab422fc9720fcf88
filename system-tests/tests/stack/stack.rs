//! The stack under test: where it is, how to ask it, how to hurt it.

use std::{
    collections::HashMap,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant, SystemTime},
};

use anyhow::Result;
use serde_json::{Value, json};
use tooling::{
    http::{self, Client, HeaderMap},
    interrupt::Interrupt,
    stack::{Action, Endpoints},
    workspace::Workspace,
    xtask,
};

/// A server that tests may kill.
pub(crate) use tooling::stack::Backend as Victim;

use crate::trouble::{LockedTable, Throttled};

/// How long anything may take before a test gives up. Generous: machines are
/// slow, and an open circuit may take a minute to try again.
const BOUND: Duration = Duration::from_mins(2);

/// One test at a time: some of them kill servers.
static TURN: Mutex<()> = Mutex::new(());

/// The running stack, for one test at a time.
pub(crate) struct Stack {
    endpoints: Endpoints,
    client: Client,
    /// When this test had its turn.
    since: SystemTime,
    _turn: MutexGuard<'static, ()>,
}

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
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
        let stack = Self {
            endpoints: Endpoints::running(&Workspace::find()).unwrap(),
            client: Client::new(Duration::from_secs(30)),
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
        understood(self.client.get(&self.url(path)))
    }

    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let sent = self
            .client
            .send_bytes(method, &self.url(path), headers, Some(body));
        understood(sent)
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

    /// Places an operator's override for ten minutes.
    pub(crate) fn options(&self, circuit: &str, mode: &str) {
        let options = json!({
            "mode": mode, "reason": "a test needs it", "display_name": "a test", "expires_in_s": 600,
        });
        let ordered = self.send_json("PUT", &format!("/circuits/{circuit}/override"), &options);
        assert_eq!(ordered.status, 200, "{ordered:?}");
    }

    pub(crate) fn withdraw_override(&self, circuit: &str) {
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
            let headers = [
                ("content-type", "application/x-amz-json-1.1"),
                ("x-amz-target", "Logs_20140328.FilterLogEvents"),
            ];
            let body = question.to_string();
            let url = &self.endpoints.aws_endpoint;
            let page =
                understood(
                    self.client
                        .send_bytes("POST", url, &headers, Some(body.as_bytes())),
                );
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
        let name = match function {
            Caller::Api => &self.endpoints.functions.api,
            Caller::Retry => &self.endpoints.functions.retry,
        };
        let redirected = Redirected::read(self.lambda(), name.clone());
        let mut variables = redirected.before.clone();
        for (variable, value) in changes {
            let old = variables.insert((*variable).to_owned(), (*value).to_owned());
            assert!(old.is_some(), "{name} has no variable {variable}");
        }
        redirected.set(variables);
        redirected
    }

    /// Has Lambda refuse every invocation of the Retry Lambda for lack of capacity.
    pub(crate) fn throttle_retry(&self) -> Throttled {
        Throttled::throttle(self.lambda(), self.endpoints.functions.retry.clone())
    }

    /// Keeps everybody else out of a table of the database.
    pub(crate) fn lock_table(&self, table: &str) -> LockedTable {
        LockedTable::lock(&self.endpoints.database.url, table)
    }

    /// A client of the emulated Lambda.
    fn lambda(&self) -> aws_sdk_lambda::Client {
        use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region};
        let config = aws_sdk_lambda::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoints.aws_endpoint)
            .region(Region::new(self.endpoints.region.clone()))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .build();
        aws_sdk_lambda::Client::from_conf(config)
    }

    /// Kills a server as hard as it can be killed.
    pub(crate) fn kill(victim: Victim) {
        change(victim, Action::Kill);
    }

    /// Sends the cache commands in its own words, one each; it forgets them when it is
    /// killed.
    pub(crate) fn command_cache(&self, commands: &[&str]) {
        let address = self.endpoints.cache.url.trim_start_matches("redis://");
        let mut valkey = TcpStream::connect(address).unwrap();
        let mut answers = BufReader::new(valkey.try_clone().unwrap());
        for command in commands {
            valkey
                .write_all(format!("{command}\r\n").as_bytes())
                .unwrap();
            let mut answer = String::new();
            answers.read_line(&mut answer).unwrap();
            assert!(!answer.starts_with('-'), "{command}: {answer}");
        }
    }

    /// Starts a server again, on its old port.
    pub(crate) fn start(victim: Victim) {
        change(victim, Action::Start);
    }

    /// Brings back whatever a test before has killed or ordered, and waits until
    /// writes go through and every circuit is closed.
    pub(crate) fn heal(&self) {
        self.end_faults();
        for circuit in ["retry", "fallback", "database", "cache"] {
            self.withdraw_override(circuit);
        }
        for victim in Victim::ALL {
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

fn understood(answer: Result<http::Answer>) -> Answer {
    let answer = answer.unwrap();
    let body = if answer.text.is_empty() {
        Value::Null
    } else {
        let text = &answer.text;
        serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"))
    };
    Answer {
        status: answer.status,
        headers: answer.headers,
        body,
        took: answer.took,
    }
}

fn change(victim: Victim, action: Action) {
    xtask::change(&Workspace::find(), victim, action, &Interrupt::new()).unwrap();
}
