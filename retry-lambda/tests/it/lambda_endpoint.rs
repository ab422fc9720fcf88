//! Lambda's Invoke API on the wire, as far as one function needs it.

use std::sync::{Arc, Mutex};

use contract::Reply;
use lambda_kit::function::Function;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// A function that always gives the same reply and remembers what it was asked.
pub(crate) struct LambdaEndpoint {
    /// The function, by way of the SDK.
    pub(crate) function: Function,
    events: Arc<Mutex<Vec<Value>>>,
}

impl LambdaEndpoint {
    /// Answers every invocation with `reply`.
    pub(crate) async fn replying(reply: &Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let events = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&events);
        let reply = serde_json::to_string(reply).unwrap();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let event = answer(connection, &reply).await;
                seen.lock().unwrap().push(event);
            }
        });
        Self {
            function: function_at(&url),
            events,
        }
    }

    /// The events of all invocations so far.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.events.lock().unwrap().clone()
    }
}

/// A function whose endpoint is at `url`.
pub(crate) fn function_at(url: &str) -> Function {
    let config = aws_sdk_lambda::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_lambda::config::Region::new("us-east-1"))
        .credentials_provider(aws_sdk_lambda::config::Credentials::new(
            "id", "secret", None, None, "test",
        ))
        .retry_config(aws_sdk_lambda::config::retry::RetryConfig::disabled())
        .endpoint_url(url)
        .build();
    let client = aws_sdk_lambda::Client::from_conf(config);
    Function::new(client, "fallback".to_owned())
}

async fn answer(mut connection: TcpStream, reply: &str) -> Value {
    let mut stream = BufReader::new(&mut connection);
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
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        reply.len(),
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(reply.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    serde_json::from_slice(&payload).unwrap()
}
