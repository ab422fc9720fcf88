//! Lambda's runtime API on the wire, as a function's process finds it.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test says no"
)]

use std::{future::pending, net::SocketAddr, sync::Arc};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        watch,
    },
};

/// Hands out events, each as soon as it is asked for one, and takes the answers.
pub struct RuntimeApi {
    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    pub address: SocketAddr,
    answers: UnboundedReceiver<(usize, Value)>,
    desk: Arc<Desk>,
}

/// What the connections share.
struct Desk {
    events: watch::Sender<Events>,
    /// No answer is taken before all events are handed out.
    all_first: bool,
}

#[derive(Default)]
struct Events {
    /// Still to be handed out, with their numbers; the next one is the last.
    waiting: Vec<(usize, Value)>,
    /// Handed out and not answered.
    under_way: usize,
    /// The most that were under way at once.
    most_under_way: usize,
}

impl RuntimeApi {
    /// Has these events to hand out, in this order, and no others. X-Ray's id of the first is
    /// `trace-0`.
    ///
    /// # Panics
    ///
    /// If there is no free port on the loopback interface.
    pub async fn with(events: impl IntoIterator<Item = Value>) -> Self {
        Self::serving(events, false).await
    }

    /// The same, but takes no answer before it has handed out every event: a function that does
    /// not take them all at once gets no further.
    ///
    /// # Panics
    ///
    /// If there is no free port on the loopback interface.
    pub async fn all_at_once(events: impl IntoIterator<Item = Value>) -> Self {
        Self::serving(events, true).await
    }

    async fn serving(events: impl IntoIterator<Item = Value>, all_first: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting: Vec<_> = events.into_iter().enumerate().collect();
        waiting.reverse();
        let events = watch::Sender::new(Events {
            waiting,
            ..Events::default()
        });
        let desk = Arc::new(Desk { events, all_first });
        let (sender, answers) = unbounded_channel();
        let shared = Arc::clone(&desk);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let stream = BufReader::new(connection);
                tokio::spawn(serve(stream, Arc::clone(&shared), sender.clone()));
            }
        });
        Self {
            address,
            answers,
            desk,
        }
    }

    /// The most invocations so far that the function had not answered at one time.
    pub fn most_under_way(&self) -> usize {
        self.desk.events.borrow().most_under_way
    }

    /// The next answer, and which event it is to.
    ///
    /// # Panics
    ///
    /// If the function fails an invocation.
    pub async fn answer(&mut self) -> (usize, Value) {
        self.answers.recv().await.unwrap()
    }
}

impl Desk {
    fn hand_out(&self) -> Option<(usize, Value)> {
        let mut next = None;
        self.events.send_modify(|events| {
            next = events.waiting.pop();
            events.under_way += usize::from(next.is_some());
            events.most_under_way = events.most_under_way.max(events.under_way);
        });
        next
    }

    async fn take_back(&self) {
        if self.all_first {
            let mut changes = self.events.subscribe();
            let all_out = changes.wait_for(|events| events.waiting.is_empty());
            drop(all_out.await.unwrap());
        }
        self.events.send_modify(|events| events.under_way -= 1);
    }
}

async fn serve(
    mut stream: BufReader<TcpStream>,
    desk: Arc<Desk>,
    answers: UnboundedSender<(usize, Value)>,
) {
    let (path, body) = request(&mut stream).await;
    let (head, body) = if path.ends_with("/invocation/next") {
        let Some((number, event)) = desk.hand_out() else {
            return pending().await;
        };
        let head = format!(
            "lambda-runtime-aws-request-id: {number}\r\nlambda-runtime-trace-id: trace-{number}\r\n\
             lambda-runtime-deadline-ms: {}\r\n",
            i64::MAX / 1_000_000,
        );
        (head, event.to_string())
    } else {
        let number = path.strip_suffix("/response");
        let number = number.and_then(|path| path.rsplit('/').next());
        let number = number.unwrap_or_else(|| panic!("{path}: {body}"));
        let answer = serde_json::from_str(&body).unwrap();
        desk.take_back().await;
        answers.send((number.parse().unwrap(), answer)).unwrap();
        (String::new(), "{}".to_owned())
    };
    let answer = format!(
        "HTTP/1.1 200 OK\r\n{head}content-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len(),
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
}

/// Its path and its body.
async fn request(stream: &mut BufReader<TcpStream>) -> (String, String) {
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    line.clear();
    while stream.read_line(&mut line).await.unwrap() > 2 {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    (path, String::from_utf8(body).unwrap())
}
