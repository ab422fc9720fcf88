//! Lambda's Invoke API on the wire, as far as the call path needs it.

use std::sync::{Arc, Mutex};

use contract::Reply;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// Functions that always give the same reply and remember what they were asked.
pub(crate) struct LambdaEndpoint {
    pub(crate) url: String,
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
                let mut stream = BufReader::new(connection);
                let event = event(&mut stream).await;
                seen.lock().unwrap().push(event);
                answer(&mut stream, &reply).await;
            }
        });
        Self { url, events }
    }

    /// The event of the last invocation.
    pub(crate) fn last_event(&self) -> Value {
        self.events.lock().unwrap().last().cloned().unwrap()
    }
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
