//! What the tests of functions share: real servers, if there are any, a clock
//! that stands still, and functions to invoke.

mod captured_logs;
mod lambda_endpoint;
mod program;
mod runtime_api;
mod tls_front;
#[cfg(feature = "cache")]
mod troubled_cache;

use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};

#[cfg(feature = "cache")]
pub use self::troubled_cache::{Trouble, TroubledCache};
pub use self::{
    captured_logs::CapturedLogs,
    lambda_endpoint::{Invocation, InvokeAnswer, LambdaEndpoint, function_at},
    program::Program,
    runtime_api::RuntimeApi,
    tls_front::{Opening, TlsFront},
};
use crate::{
    clock::{Clock, SystemClock},
    faults::{FaultInjection, Injector},
};

/// The value of `variable`, which names a real server that a test needs.
///
/// `None` means that the test cannot say anything; see [`skipped`].
pub fn server(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok().filter(|url| !url.is_empty());
    if url.is_none() {
        skipped(&format!("needs {variable}"));
    }
    url
}

/// Says that the test that runs cannot say anything, and what it lacks: on
/// standard error, past the test harness's capture, in a line that begins with
/// `SKIPPED: `.
pub fn skipped(why: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let line = format!("SKIPPED: {test} {why}\n");
    // One write, so that lines of parallel tests do not mix. There is nobody
    // left to tell if standard error is closed.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// A clock that a test drives.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock that shows `now` until it is told otherwise.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves the hands forward.
    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What strikes nothing.
pub fn no_faults() -> Injector {
    Injector::new(FaultInjection::Refused, Arc::new(SystemClock))
}

/// Starts a function's `bootstrap` with no environment variable set, and gives
/// the names of the variables that it reports, in order.
///
/// # Panics
///
/// If the program starts in spite of that, or says anything but JSON lines.
#[expect(clippy::expect_used, reason = "a panic is how a test says no")]
pub fn variables_missed_by(bootstrap: &str) -> Vec<String> {
    let output = std::process::Command::new(bootstrap)
        .env_clear()
        .output()
        .expect("it can be run");
    assert!(
        !output.status.success(),
        "{bootstrap} started without its configuration"
    );
    let lines = String::from_utf8(output.stdout).expect("logs are UTF-8");
    let report = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).expect("logs are JSON");
        assert_eq!(line["message"], "cannot start");
        line["variable"]
            .as_str()
            .expect("the variable is named")
            .to_owned()
    };
    lines.lines().map(report).collect()
}
