//! Invokes a function over one connection, with as little work of its own as can be: what
//! the caller takes is added to every figure.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::cold_start::lambda::head;
use crate::waiting::Stopwatch;

/// Far more than any invocation takes.
const BOUND: Duration = Duration::from_secs(15);

/// A connection to the runtime API.
pub(super) struct Caller {
    stream: BufReader<TcpStream>,
    answer: Vec<u8>,
}

/// An invocation, ready to be sent.
pub(super) struct Invocation(Vec<u8>);

impl Invocation {
    /// Of `function`, with this event.
    pub(super) fn of(function: &str, event: &Value) -> Self {
        let body = event.to_string();
        let text = format!(
            "POST /2015-03-31/functions/{function}/invocations HTTP/1.1\r\nhost: lambda\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        Self(text.into_bytes())
    }
}

impl Caller {
    /// # Errors
    /// When there is no connection.
    pub(super) fn connect(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).context("connecting to the runtime API")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(BOUND))?;
        Ok(Self {
            stream: BufReader::new(stream),
            answer: Vec::new(),
        })
    }

    /// Sends it and waits for the whole answer; tells how long that took, and what the
    /// function answered.
    ///
    /// # Errors
    /// When there is no answer, or Lambda itself answers.
    pub(super) fn call(&mut self, invocation: &Invocation) -> Result<(Duration, &str)> {
        let watch = Stopwatch::start();
        self.stream.get_mut().write_all(&invocation.0)?;
        let head = head(&mut self.stream).context("the runtime API answered nothing")?;
        self.answer.resize(head.length, 0);
        self.stream.read_exact(&mut self.answer)?;
        let took = watch.elapsed();
        let answer = std::str::from_utf8(&self.answer).context("an answer is no text")?;
        ensure!(
            head.line.contains(" 200 "),
            "the invocation failed: {} {answer}",
            head.line
        );
        Ok((took, answer))
    }

    /// The body that an HTTP API would send to its client.
    ///
    /// # Errors
    /// As for [`Self::call`], and when the status is no success.
    pub(super) fn body(&mut self, invocation: &Invocation) -> Result<Value> {
        let (_, answer) = self.call(invocation)?;
        let answer: Value = serde_json::from_str(answer)?;
        let status = answer["statusCode"].as_u64().unwrap_or_default();
        ensure!(
            (200..300).contains(&status),
            "the function answered {answer}"
        );
        Ok(serde_json::from_str(
            answer["body"].as_str().unwrap_or_default(),
        )?)
    }
}
