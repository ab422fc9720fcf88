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

/// Functions that always give the same reply and remember what they were asked.
pub struct LambdaEndpoint {
    /// Where the SDK finds them.
    pub url: String,
    events: Arc<Mutex<Vec<Value>>>,
}

impl LambdaEndpoint {
    /// Answers every invocation with `reply`, one after the other.
    ///
    /// # Panics
    ///
    /// If there is no free port on the loopback interface.
    pub async fn replying(reply: impl Into<Response>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let events = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&events);
        let reply = serde_json::to_string(&reply.into()).unwrap();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let mut stream = BufReader::new(connection);
                let event = event(&mut stream).await;
                seen.lock().unwrap().push(event);
                answer(&mut stream, &reply).await;
            }
        });
        Self { url, events }
    }

    /// The events of all invocations so far.
    ///
    /// # Panics
    ///
    /// If the endpoint was asked something that is no invocation.
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

async fn event(stream: &mut BufReader<TcpStream>) -> Value {
    let mut length = 0;
    let mut line = String::new();
    while stream.read_line(&mut line).await.unwrap() > 2 {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await.unwrap();
    serde_json::from_slice(&payload).unwrap()
}

async fn answer(stream: &mut BufReader<TcpStream>, reply: &str) {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        reply.len(),
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(reply.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
}
