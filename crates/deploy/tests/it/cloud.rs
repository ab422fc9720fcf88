//! A small cloud: one function with versions and an alias, its API, CodeDeploy and
//! an Amplify app.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::{Command, Output},
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The function that is deployed.
pub(crate) const FUNCTION: &str = "circuit-breaker-dev-api";

/// What the cloud knows and does.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is another thing that goes wrong, and any of them may"
)]
pub(crate) struct Sky {
    /// What was asked that changes something or tries a version, in order.
    pub(crate) story: Vec<String>,
    /// The version behind the alias.
    pub(crate) live: u32,
    /// The version that gets a tenth of the alias's traffic.
    pub(crate) share: Option<u32>,
    /// How often the alias was changed.
    alias_revision: u32,
    /// How often the unpublished code was changed.
    code_revision: u32,
    /// The hash of each version's code; 0 is the unpublished one.
    code: BTreeMap<u32, String>,
    /// Versions whose invocation fails.
    pub(crate) broken: Vec<u32>,
    /// Versions with which the API answers 500.
    pub(crate) unhealthy: Vec<u32>,
    /// How the API answers, over and over, whatever is live.
    pub(crate) health: Vec<u16>,
    /// How often it was asked.
    health_checks: usize,
    /// Somebody else moves the alias while the new version is tried.
    pub(crate) interloper: Option<u32>,
    /// Somebody else moves it as soon as it leads to the new version.
    pub(crate) successor: Option<u32>,
    /// Somebody else moves it after the API was found sick and the alias looked at.
    pub(crate) usurper: Option<u32>,
    /// Somebody else replaces the unpublished code as soon as ours is there.
    pub(crate) meddler: bool,
    /// What is new needs a moment until it can be used, as in a network.
    pub(crate) in_a_network: bool,
    /// What is not usable yet.
    unready: Vec<u32>,
    /// The version that answers whoever asks the alias, if it is not the alias's.
    pub(crate) stale: Option<u32>,
    /// Nothing was deployed yet.
    pub(crate) empty: bool,
    /// There is no stack with the web app.
    pub(crate) no_web: bool,
    /// What CloudFormation says of its stacks, and whether they have outputs.
    pub(crate) stacks: Option<&'static str>,
    /// How CodeDeploy's deployments end; without it there is no CodeDeploy.
    pub(crate) code_deploy: Option<&'static str>,
    /// CodeDeploy leaves a share of the traffic with the new version.
    pub(crate) leaves_share: bool,
    /// Nobody may ask CodeDeploy.
    pub(crate) code_deploy_denied: bool,
    /// How Amplify's deployments end.
    pub(crate) amplify: &'static str,
    /// Where Amplify takes pages; without it, here.
    pub(crate) upload_url: Option<&'static str>,
    /// How it answers them.
    pub(crate) upload_status: u16,
    /// How the web app's page is answered.
    pub(crate) page_status: u16,
    /// What was uploaded to Amplify.
    pub(crate) uploaded: Vec<u8>,
    /// What the web app serves as its page and as its configuration.
    pub(crate) page: String,
    pub(crate) config_json: String,
    url: String,
}

/// The cloud while a test runs.
pub(crate) struct Cloud {
    sky: Arc<Mutex<Sky>>,
    url: String,
    folder: PathBuf,
}

/// How a deployment ended.
pub(crate) struct Ended {
    pub(crate) good: bool,
    pub(crate) told: String,
}

impl Cloud {
    /// Version 1 of the function is live.
    pub(crate) async fn start(name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let sky = Arc::new(Mutex::new(Sky {
            live: 1,
            code: [(0, "old".to_owned()), (1, "old".to_owned())].into(),
            amplify: "SUCCEED",
            upload_status: 200,
            page_status: 200,
            config_json: "{}".to_owned(),
            url: url.clone(),
            ..Sky::default()
        }));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&sky));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let folder = std::env::temp_dir().join(format!("deploy-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("new.zip"), "new code").unwrap();
        Self { sky, url, folder }
    }

    pub(crate) fn sky(&self) -> MutexGuard<'_, Sky> {
        self.sky.lock().unwrap()
    }

    /// Several changes at once.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Sky)) {
        change(&mut self.sky());
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Runs the program with a new zip file and these arguments to its end.
    pub(crate) async fn deploy(&self, arguments: &[&str]) -> Ended {
        let zip = self.file("new.zip");
        let zip = ["--zip", zip.to_str().unwrap()];
        self.run(&[arguments, &zip].concat()).await
    }

    /// Runs the program to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deploy"));
        command
            .args(arguments)
            .env_clear()
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            // As in a workflow for which nobody has set the secret.
            .env("AWS_AMPLIFY_API_TOKEN", "")
            .stdin(std::process::Stdio::null());
        let run = tokio::task::spawn_blocking(move || command.output());
        let Output {
            status,
            stdout,
            stderr,
        } = run.await.unwrap().unwrap();
        let told = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        Ended {
            good: status.success(),
            told: told.concat(),
        }
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

async fn answer(
    State(sky): State<Arc<Mutex<Sky>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut sky = sky.lock().unwrap();
    let operation = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok()?.rsplit('.').next());
    if let Some(operation) = operation {
        return sky.code_deploy(operation, &serde_json::from_slice(&body).unwrap());
    }
    let function = format!("/2015-03-31/functions/{FUNCTION}");
    match (method.as_str(), uri.path()) {
        ("POST", "/") => sky.stack(&body),
        ("GET", "/health") => sky.health().into_response(),
        ("GET", "/web/") => (status(sky.page_status), sky.page.clone()).into_response(),
        ("GET", "/web/config.json") => sky.config_json.clone().into_response(),
        ("PUT", "/upload") => {
            sky.story.push("upload".to_owned());
            sky.uploaded = body.to_vec();
            status(sky.upload_status).into_response()
        }
        (method, path) => match path.strip_prefix(&function) {
            Some(rest) => sky.function(method, rest, uri.query().unwrap_or_default(), &body),
            None => sky.amplify(method, path),
        },
    }
}

impl Sky {
    fn health(&mut self) -> StatusCode {
        let turn = self.health_checks;
        self.health_checks += 1;
        match self.health.get(turn % self.health.len().max(1)) {
            Some(answer) => status(*answer),
            None if self.unhealthy.contains(&self.live) => StatusCode::INTERNAL_SERVER_ERROR,
            None => StatusCode::OK,
        }
    }

    fn function(&mut self, method: &str, rest: &str, query: &str, body: &[u8]) -> Response {
        let version = match query
            .split_once("Qualifier=")
            .map(|(_, qualifier)| qualifier)
        {
            Some("live") => self.stale.unwrap_or(self.live),
            Some(number) if !number.starts_with("%24") => number.parse().unwrap(),
            _ => 0,
        };
        match (method, rest) {
            ("GET", "") => json(&json!({"Configuration": self.look(version)})),
            ("GET", "/configuration") => json(&self.look(version)),
            ("GET", "/aliases/live") => {
                let found = self.alias();
                if let Some(other) = self.usurper.take_if(|_| self.health_checks > 0) {
                    self.code.insert(other, "theirs".to_owned());
                    self.lead_to(other);
                }
                json(&found)
            }
            ("PUT", "/aliases/live") => self.move_alias(&serde_json::from_slice(body).unwrap()),
            ("PUT", "/code") => self.replace_code(&serde_json::from_slice(body).unwrap()),
            ("POST", "/versions") => self.publish(&serde_json::from_slice(body).unwrap()),
            ("POST", "/invocations") => {
                self.invoke(version, &serde_json::from_slice(body).unwrap())
            }
            _ => panic!("{method} {rest} is not expected"),
        }
    }

    fn replace_code(&mut self, request: &Value) -> Response {
        let current = self.code_revision.to_string();
        if request["RevisionId"].as_str() != Some(&current) {
            return refused(
                StatusCode::PRECONDITION_FAILED,
                "PreconditionFailedException",
            );
        }
        assert!(request["ZipFile"].is_string(), "{request}");
        self.story.push("code".to_owned());
        self.code_revision += 1;
        let code = if self.meddler { "theirs" } else { NEW_CODE };
        self.code.insert(0, code.to_owned());
        self.begin(0);
        json(&self.configuration(0))
    }

    fn publish(&mut self, request: &Value) -> Response {
        if self.unready.contains(&0) {
            return refused(StatusCode::CONFLICT, "ResourceConflictException");
        }
        let wanted = request["CodeSha256"].as_str();
        if wanted.is_some_and(|wanted| wanted != self.code[&0]) {
            return refused(StatusCode::BAD_REQUEST, "InvalidParameterValueException");
        }
        let number = u32::try_from(self.code.len()).unwrap();
        self.story.push(format!("publish {number}"));
        self.code.insert(number, self.code[&0].clone());
        self.begin(number);
        let mut published = json(&self.configuration(number));
        *published.status_mut() = StatusCode::CREATED;
        published
    }

    /// Some code waits to be published.
    pub(crate) fn leave_unpublished(&mut self, code: &str) {
        self.code.insert(0, code.to_owned());
    }

    fn begin(&mut self, version: u32) {
        if self.in_a_network {
            self.unready.push(version);
        }
    }

    /// Whoever looks sees what is not ready, once.
    fn look(&mut self, version: u32) -> Value {
        let found = self.configuration(version);
        self.unready.retain(|unready| *unready != version);
        found
    }

    fn configuration(&self, version: u32) -> Value {
        let (state, update) = if self.unready.contains(&version) {
            ("Pending", "InProgress")
        } else {
            ("Active", "Successful")
        };
        json!({
            "FunctionName": FUNCTION, "CodeSha256": self.code[&version], "CodeSize": 3_500_000,
            "Version": name(version), "State": state, "LastUpdateStatus": update,
            "RevisionId": self.code_revision.to_string(),
        })
    }

    fn alias(&self) -> Value {
        let shares = self.share.map(|share| (name(share), json!(0.1)));
        let shares: serde_json::Map<_, _> = shares.into_iter().collect();
        json!({
            "Name": "live", "FunctionVersion": name(self.live),
            "RoutingConfig": {"AdditionalVersionWeights": shares},
            "RevisionId": self.alias_revision.to_string(),
        })
    }

    fn move_alias(&mut self, wanted: &Value) -> Response {
        let current = self.alias_revision.to_string();
        if wanted["RevisionId"]
            .as_str()
            .is_some_and(|expected| expected != current)
        {
            return refused(
                StatusCode::PRECONDITION_FAILED,
                "PreconditionFailedException",
            );
        }
        let shares = &wanted["RoutingConfig"]["AdditionalVersionWeights"];
        if shares.as_object().is_some_and(serde_json::Map::is_empty) {
            self.share = None;
        }
        self.lead_to(wanted["FunctionVersion"].as_str().unwrap().parse().unwrap());
        json(&self.alias())
    }

    fn lead_to(&mut self, version: u32) {
        self.story.push(format!("live {version}"));
        self.live = version;
        self.alias_revision += 1;
        if let Some(other) = self.successor.take() {
            self.code.insert(other, "theirs".to_owned());
            self.lead_to(other);
        }
    }

    fn invoke(&mut self, version: u32, event: &Value) -> Response {
        if self.unready.contains(&version) {
            return refused(StatusCode::CONFLICT, "ResourceConflictException");
        }
        self.story.push(format!("try {version}"));
        if let Some(other) = self.interloper.take() {
            self.code.insert(other, "theirs".to_owned());
            self.lead_to(other);
        }
        let reply = match event["command"].as_str() {
            Some("migrate") => json!({"migrated": {"applied": 2}}),
            _ if event["rawPath"] == "/health" => json!({"statusCode": 200, "body": "{}"}),
            _ => json!({"unavailable": {"dependency": "nothing_cached", "reason": ""}}),
        };
        let mut answer = json(&reply);
        let headers = answer.headers_mut();
        headers.insert("x-amz-executed-version", version.into());
        if self.broken.contains(&version) {
            headers.insert("x-amz-function-error", "Unhandled".parse().unwrap());
        }
        answer
    }

    fn stack(&self, body: &[u8]) -> Response {
        let asked = String::from_utf8_lossy(body);
        if self.empty || (self.no_web && asked.contains("-Web")) {
            let error = "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>\
                 <Message>Stack with id s does not exist</Message></Error></ErrorResponse>";
            return (StatusCode::BAD_REQUEST, error).into_response();
        }
        let mut outputs = vec![
            ("ApiUrl", self.url.clone()),
            ("ApiFunctionName", FUNCTION.to_owned()),
            ("RetryFunctionName", FUNCTION.to_owned()),
            ("FallbackFunctionName", FUNCTION.to_owned()),
            ("SignInUrl", "https://sign-in.example.com".to_owned()),
            ("SignInClientId", "c1".to_owned()),
        ];
        if asked.contains("-Web") {
            outputs = vec![
                ("AmplifyAppId", "d1".to_owned()),
                ("AmplifyBranchName", "main".to_owned()),
                ("WebUrl", format!("{}/web", self.url)),
            ];
        }
        let outputs: Vec<String> = outputs
            .into_iter()
            .map(|(key, value)| {
                format!(
                    "<member><OutputKey>{key}</OutputKey>\
                     <OutputValue>{value}</OutputValue></member>"
                )
            })
            .collect();
        let outputs = match self.stacks {
            Some(_) => String::new(),
            None => outputs.concat(),
        };
        let status = self.stacks.unwrap_or("UPDATE_COMPLETE");
        format!(
            "<DescribeStacksResponse><DescribeStacksResult><Stacks><member>\
             <StackName>s</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>\
             <StackStatus>{status}</StackStatus><Outputs>{outputs}</Outputs></member>\
             </Stacks></DescribeStacksResult></DescribeStacksResponse>"
        )
        .into_response()
    }

    fn code_deploy(&mut self, operation: &str, request: &Value) -> Response {
        if self.code_deploy_denied {
            let kind = json!({"__type": "AccessDeniedException"});
            return (StatusCode::BAD_REQUEST, json(&kind)).into_response();
        }
        let Some(ends) = self.code_deploy else {
            let kind = json!({"__type": "ApplicationDoesNotExistException"});
            return (StatusCode::BAD_REQUEST, json(&kind)).into_response();
        };
        json(&match operation {
            "GetDeploymentGroup" => {
                assert_eq!(request["applicationName"], "circuit-breaker-dev");
                assert_eq!(request["deploymentGroupName"], FUNCTION);
                json!({"deploymentGroupInfo": {
                    "deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes"
                }})
            }
            "CreateDeployment" => {
                let content = &request["revision"]["appSpecContent"]["content"];
                let content: Value = serde_json::from_str(content.as_str().unwrap()).unwrap();
                let wanted = &content["Resources"][0]["function"]["Properties"];
                assert_eq!(wanted["Name"], FUNCTION);
                assert_eq!(wanted["CurrentVersion"], self.live.to_string());
                self.story.push(format!(
                    "canary {}",
                    wanted["TargetVersion"].as_str().unwrap()
                ));
                if ends == "Succeeded" {
                    self.lead_to(wanted["TargetVersion"].as_str().unwrap().parse().unwrap());
                }
                if self.leaves_share {
                    self.share = wanted["TargetVersion"].as_str().unwrap().parse().ok();
                }
                json!({"deploymentId": "d-1"})
            }
            "GetDeployment" => json!({"deploymentInfo": {
                "status": ends, "errorInformation": {"message": "an alarm rang"}
            }}),
            _ => panic!("{operation} is not expected"),
        })
    }

    fn amplify(&mut self, method: &str, path: &str) -> Response {
        let here = format!("{}/upload?secret", self.url);
        let upload_url = self.upload_url.unwrap_or(&here);
        let summary = json!({
            "jobArn": "a", "jobId": "7", "commitId": "", "commitMessage": "", "commitTime": 0,
            "startTime": 0, "status": self.amplify, "jobType": "MANUAL"
        });
        match (method, path) {
            ("POST", "/apps/d1/branches/main/deployments") => json(&json!({
                "jobId": "7", "fileUploadUrls": {}, "zipUploadUrl": upload_url,
            })),
            ("POST", "/apps/d1/branches/main/deployments/start") => {
                self.story.push("start".to_owned());
                json(&json!({"jobSummary": summary}))
            }
            ("GET", "/apps/d1/branches/main/jobs/7") => {
                json(&json!({"job": {"summary": summary, "steps": []}}))
            }
            _ => panic!("{method} {path} is not expected"),
        }
    }
}

/// As Lambda calls a version.
fn name(version: u32) -> String {
    match version {
        0 => "$LATEST".to_owned(),
        number => number.to_string(),
    }
}

/// The hash of `new code`, as `openssl dgst -sha256 -binary | base64` tells it.
pub(crate) const NEW_CODE: &str = "17wy5fZ2Cpl7U0YdgQLL6PpwvYTFUPmJ1UgHqx9ylKQ=";

fn json(value: &Value) -> Response {
    ([("content-type", "application/json")], value.to_string()).into_response()
}

fn refused(status: StatusCode, kind: &str) -> Response {
    let mut refused = json(&json!({"message": "not so"}));
    *refused.status_mut() = status;
    let headers = refused.headers_mut();
    headers.insert("x-amzn-errortype", kind.parse().unwrap());
    refused
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap()
}
