//! A function's program, started as Lambda starts it.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test says no"
)]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread::JoinHandle,
};

use serde_json::Value;

use super::RuntimeApi;

/// The process of an execution environment. It ends when it is dropped.
pub struct Program {
    process: Child,
    /// Collects everything the process writes to its standard output.
    reader: Option<JoinHandle<Vec<String>>>,
}

impl Program {
    /// Starts a function's `bootstrap` with these variables, Lambda's own and no others.
    /// `at_a_time` is how many requests Lambda gives the environment at a time; `None` as in a
    /// classic environment, where Lambda says nothing about it.
    ///
    /// # Panics
    ///
    /// If the program cannot be started.
    pub fn start(
        bootstrap: &str,
        api: &RuntimeApi,
        at_a_time: Option<usize>,
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = Command::new(bootstrap);
        command.env_clear().stdout(Stdio::piped()).envs([
            ("AWS_LAMBDA_RUNTIME_API", &*api.address.to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", "function"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "akid"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]);
        command.envs(variables.iter().copied());
        if let Some(at_a_time) = at_a_time {
            command.env("AWS_LAMBDA_MAX_CONCURRENCY", at_a_time.to_string());
        }
        let mut process = command.spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let reader = std::thread::spawn(|| output.lines().map_while(Result::ok).collect());
        Self {
            process,
            reader: Some(reader),
        }
    }

    /// Ends the program, and gives the lines that it logged about requests: those within the
    /// span of this name.
    ///
    /// # Panics
    ///
    /// If a line is not a whole JSON document, if there is none about a request, or if one names
    /// the id of one request and the trace of another. Requests have the numbers of their events
    /// for ids.
    pub fn end(mut self, span: &str) -> Vec<Value> {
        self.kill();
        let lines = self.reader.take().unwrap().join().unwrap();
        let lines = lines.iter().map(|line| {
            let read = serde_json::from_str::<Value>(line);
            read.unwrap_or_else(|_| panic!("not a whole line: {line}"))
        });
        let about_requests: Vec<_> = lines.filter(|line| line["span"]["name"] == span).collect();
        assert_ne!(about_requests.len(), 0, "nothing is logged about requests");
        for line in &about_requests {
            let id = line["span"]["request_id"].as_str().unwrap();
            assert_eq!(line["span"]["trace_id"], format!("trace-{id}"), "{line}");
        }
        about_requests
    }

    fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
