//! As much of Lambda and of DynamoDB as a function meets before its first event.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::sample::Sample;
use crate::interrupt::{Interrupt, Interrupted};
use crate::waiting::Stopwatch;

/// What asks for the first event.
const NEXT: &str = "GET /2018-06-01/runtime/invocation/next ";

/// Far more than any start takes.
const BOUND: Duration = Duration::from_secs(30);

/// A server that is Lambda's runtime API and DynamoDB at once.
pub(super) struct Surroundings {
    address: String,
    /// A function has asked for its first event, and waits.
    asked: Receiver<TcpStream>,
}

impl Surroundings {
    /// # Errors
    /// When no port is free.
    pub(super) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("listening")?;
        let address = listener.local_addr()?.to_string();
        let (sender, asked) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sender = sender.clone();
                std::thread::spawn(move || serve(stream, &sender));
            }
        });
        Ok(Self { address, asked })
    }

    /// Starts a function and ends it once it has asked for an event.
    ///
    /// # Errors
    /// When it ends, or takes too long.
    pub(super) fn start_once(&self, binary: &Path, interrupt: &Interrupt) -> Result<Sample> {
        let mut command = command(binary, &self.address);
        let watch = Stopwatch::start();
        let mut child = command
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        let sample = self.first_poll(&mut child, watch, interrupt);
        drop(child.kill());
        child.wait().context("ending a function")?;
        sample.with_context(|| format!("measuring {}", binary.display()))
    }

    /// Waits on the channel rather than looking now and then, for milliseconds count.
    fn first_poll(
        &self,
        child: &mut Child,
        watch: Stopwatch,
        interrupt: &Interrupt,
    ) -> Result<Sample> {
        let asked = self.asked.recv_timeout(BOUND);
        let took = watch.elapsed();
        if interrupt.is_raised() {
            return Err(Interrupted.into());
        }
        let Ok(_kept_waiting) = asked else {
            bail!(
                "it did not ask for an event; it has {:?}",
                child.try_wait()?
            );
        };
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
        let kb = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let figure = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            figure.with_context(|| format!("the kernel does not tell {name}"))
        };
        Ok(Sample {
            took,
            memory_kb: kb("VmHWM:")?,
            anonymous_kb: kb("RssAnon:")?,
        })
    }
}

/// A function's program, with the variables that Lambda and the stage `dev` give to it,
/// whose runtime API and AWS are at `address`. A cache or database is not looked for before
/// the first event.
pub(crate) fn command(binary: &Path, address: &str) -> Command {
    let mut command = Command::new(binary);
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", address)
        .env("AWS_LAMBDA_FUNCTION_NAME", "measured")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "measured")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "measured")
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_ENDPOINT_URL", format!("http://{address}"))
        .env("STAGE", "dev")
        .env("RETRY_FUNCTION_NAME", "retry:live")
        .env("FALLBACK_FUNCTION_NAME", "fallback:live")
        .env("CIRCUITS_TABLE_NAME", "circuits")
        .env("OPERATORS_GROUP", "operators")
        .env("ITEMS_FOR", "everyone")
        .env("DATABASE_URL", "postgres://items:secret@127.0.0.1:1/items")
        .env("CACHE_URL", "redis://127.0.0.1:1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Answers whatever DynamoDB is asked with nothing found, until an event is asked for.
fn serve(stream: TcpStream, sender: &Sender<TcpStream>) {
    let Ok(mut answers) = stream.try_clone() else {
        return;
    };
    let mut requests = BufReader::new(stream);
    while let Some(request) = head(&mut requests) {
        if request.line.starts_with(NEXT) {
            // Kept open, so that the function goes on waiting.
            drop(sender.send(answers));
            return;
        }
        let mut body = vec![0; request.length];
        let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n\
                       content-length: 2\r\n\r\n{}";
        if requests.read_exact(&mut body).is_err() || answers.write_all(answer).is_err() {
            return;
        }
    }
}

/// The beginning of a request or an answer.
pub(crate) struct Head {
    pub(crate) line: String,
    pub(crate) length: usize,
}

/// Reads one up to its body; `None` where the connection ends.
pub(crate) fn head(requests: &mut impl BufRead) -> Option<Head> {
    let mut lines = requests.lines().map_while(Result::ok);
    let line = lines.next()?;
    let mut length = 0;
    for header in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = header.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    Some(Head { line, length })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_request_is_found_whatever_its_letters() {
        let text = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\nrest";
        let mut requests = text.as_bytes();
        let head = head(&mut requests).unwrap();
        assert_eq!((head.line.as_str(), head.length), ("POST / HTTP/1.1", 12));
        assert_eq!(requests, b"rest");
    }
}
