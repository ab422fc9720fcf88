//! The stage `dev` in the emulator: where it is, how to ask it.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;
use serde_json::Value;
use tooling::workspace::Workspace;
use ureq::{Agent, http::Request};

/// One test at a time: some of them look whether anything changes.
static TURN: Mutex<()> = Mutex::new(());

/// What `cargo xtask` says about the stage.
#[derive(Debug, Deserialize)]
pub(crate) struct Endpoints {
    pub(crate) aws_endpoint: String,
    pub(crate) region: String,
    pub(crate) api_id: String,
    pub(crate) circuits_table: String,
    pub(crate) user_pool: String,
    pub(crate) client: String,
    pub(crate) page: String,
}

/// The deployed stage, for one test at a time.
pub(crate) struct Dev {
    pub(crate) endpoints: Endpoints,
    pub(crate) agent: Agent,
    _turn: MutexGuard<'static, ()>,
}

/// An answer, of API Gateway or of the function behind it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The kind of a problem, without its URN.
    pub(crate) fn problem(&self) -> &str {
        let kind = self.body["type"].as_str().unwrap_or_default();
        kind.trim_start_matches("urn:breaker:problem:")
    }

    /// Whether the function answered, and not API Gateway in front of it.
    pub(crate) fn is_the_functions(&self) -> bool {
        self.headers.contains_key("x-request-id")
    }
}

impl Dev {
    pub(crate) fn deployed() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let path = Workspace::find().emulated_dev_file();
        let text = fs::read_to_string(&path).expect("dev is not deployed; run `cargo xtask test`");
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::from_mins(1)))
            .build();
        Self {
            endpoints: serde_json::from_str(&text).unwrap(),
            agent: agent.into(),
            _turn: turn,
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        let answer = self.send("GET", path, None, &Value::Null);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    /// Sends a request whose path is, letter by letter, this one.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        document: &Value,
    ) -> Answer {
        let Endpoints {
            aws_endpoint,
            api_id,
            ..
        } = &self.endpoints;
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{aws_endpoint}{path}"))
            .header("host", format!("{api_id}.execute-api.localhost"));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = match document {
            Value::Null => String::new(),
            document => {
                request = request.header("content-type", "application/json");
                document.to_string()
            }
        };
        self.ask(request.body(body).unwrap())
    }

    pub(crate) fn ask(&self, request: Request<String>) -> Answer {
        let (parts, mut body) = self.agent.run(request).unwrap().into_parts();
        let text = body.read_to_string().unwrap();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_str(&text).unwrap_or_default(),
        }
    }

    /// How many transitions the circuit has seen.
    pub(crate) fn epoch(&self) -> u64 {
        self.get("/circuits/retry").body["epoch"].as_u64().unwrap()
    }

    /// Everything that lies in the circuits' table: circuits, events, faults.
    pub(crate) fn table(&self) -> BTreeMap<String, HashMap<String, AttributeValue>> {
        use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoints.aws_endpoint)
            .region(Region::new(self.endpoints.region.clone()))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .build();
        let client = aws_sdk_dynamodb::Client::from_conf(config);
        let scan = client.scan().table_name(&self.endpoints.circuits_table);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let items = runtime.block_on(scan.send()).unwrap().items.unwrap();
        let key =
            |item: &HashMap<String, AttributeValue>| format!("{:?} {:?}", item["pk"], item["sk"]);
        items.into_iter().map(|item| (key(&item), item)).collect()
    }
}
