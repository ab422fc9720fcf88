//! Lambda's Invoke API on the wire, as far as the functions need it.
#![expect(clippy::unwrap_used, reason = "a panic is how a test says no")]

use std::sync::{Arc, Mutex};

use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use contract::Response;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::function::Function;

/// Functions that answer by a script and remember their events.
pub struct LambdaEndpoint {
    /// Where the SDK finds them.
    pub url: String,
    events: Arc<Mutex<Vec<Value>>>,
}

/// An invocation, as a script sees it.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The function's name or ARN, as it stands in the path.
    pub function: String,
    /// What it was given.
    pub event: Value,
    /// X-Ray's id of the caller's invocation, if the caller passed it on.
    pub trace: Option<String>,
}

/// What Lambda answers to an invocation.
#[derive(Debug, Clone)]
pub struct InvokeAnswer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl InvokeAnswer {
    /// The function ran and replied.
    ///
    /// # Panics
    ///
    /// If the reply cannot be written as JSON.
    pub fn reply(reply: impl Into<Response>) -> Self {
        Self::given(&serde_json::to_string(&reply.into()).unwrap())
    }

    /// The function ran and gave `body`, which need be no reply.
    pub fn given(body: &str) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: body.to_owned(),
        }
    }

    /// Lambda's own error, as it writes one.
    pub fn error(status: u16, code: &str) -> Self {
        Self {
            status,
            headers: vec![("x-amzn-errortype", code.to_owned())],
            body: r#"{"Type":"User","message":"no"}"#.to_owned(),
        }
    }

    /// Lambda has no capacity because of `reason`, and wants the caller to wait for
    /// `retry_after`.
    pub fn throttled(reason: &str, retry_after: Option<&str>) -> Self {
        let answer = Self {
            body: format!(r#"{{"Reason":"{reason}","Type":"User","message":"Rate Exceeded."}}"#),
            ..Self::error(429, "TooManyRequestsException")
        };
        match retry_after {
            Some(wait) => answer.with("retry-after", wait),
            None => answer,
        }
    }

    /// The same with a header more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The same with another body.
    #[must_use]
    pub fn saying(self, body: &str) -> Self {
        Self {
            body: body.to_owned(),
            ..self
        }
    }

    /// As it goes over the wire.
    fn text(&self) -> String {
        use std::fmt::Write as _;
        let mut head = format!(
            "HTTP/1.1 {} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n",
            self.status,
            self.body.len(),
        );
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        format!("{head}\r\n{}", self.body)
    }
}

impl LambdaEndpoint {
    /// Answers every invocation with `reply`.
    ///
    /// # Panics
    ///
    /// If there is no free port on the loopback interface.
    pub async fn replying(reply: impl Into<Response>) -> Self {
        Self::always(InvokeAnswer::reply(reply)).await
    }

    /// Gives every request the same answer.
    ///
    /// # Panics
    ///
    /// If there is no free port on the loopback interface.
    pub async fn always(answer: InvokeAnswer) -> Self {
        Self::answering(move |_| std::future::ready(answer.clone())).await
    }

    /// Answers each invocation when `script` does, whatever becomes of others.
    ///
    /// # Panics
    ///
    /// If there is no free port on the loopback interface.
    pub async fn answering<A>(script: impl Fn(Invocation) -> A + Send + Sync + 'static) -> Self
    where
        A: Future<Output = InvokeAnswer> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let events = Arc::new(Mutex::new(Vec::new()));
        let (seen, script) = (Arc::clone(&events), Arc::new(script));
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (seen, script) = (Arc::clone(&seen), Arc::clone(&script));
                tokio::spawn(async move {
                    let mut stream = BufReader::new(connection);
                    let invocation = invocation(&mut stream).await;
                    seen.lock().unwrap().push(invocation.event.clone());
                    let answer = script(invocation).await.text();
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    stream.flush().await.unwrap();
                });
            }
        });
        Self { url, events }
    }

    /// The events of all invocations so far.
    ///
    /// # Panics
    ///
    /// If the endpoint met a request that is no invocation.
    pub fn events(&self) -> Vec<Value> {
        self.events.lock().unwrap().clone()
    }
}

/// A function whose endpoint is at `url`.
pub fn function_at(url: &str) -> Function {
    let config = aws_sdk_lambda::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(url)
        .build();
    let client = aws_sdk_lambda::Client::from_conf(config);
    Function::new(client, "function".to_owned())
}

/// Reads `POST /2015-03-31/functions/{function}/invocations` with its event.
async fn invocation(stream: &mut BufReader<TcpStream>) -> Invocation {
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    // Requests to another service, such as DynamoDB, name no function.
    let function = line.split('/').nth(3).unwrap_or_default().to_owned();
    line.clear();
    let (mut length, mut trace) = (0, None);
    while stream.read_line(&mut line).await.unwrap() > 2 {
        match line.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap();
            }
            Some((name, value)) if name.eq_ignore_ascii_case("x-amzn-trace-id") => {
                trace = Some(value.trim().to_owned());
            }
            _ => {}
        }
        line.clear();
    }
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await.unwrap();
    Invocation {
        function,
        event: serde_json::from_slice(&payload).unwrap(),
        trace,
    }
}
