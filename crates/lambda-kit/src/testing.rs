//! What the tests of functions share: real servers, if there are any, and a
//! clock that stands still.

use std::{
    io::Write,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};

use crate::clock::Clock;

/// The value of `variable`, which names a real server that a test needs.
///
/// `None` means that the test cannot say anything; it says so on standard
/// error, past the test harness's capture, in a line that begins with
/// `SKIPPED: `.
pub fn server(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok().filter(|url| !url.is_empty());
    if url.is_none() {
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("a test");
        let line = format!("SKIPPED: {test} needs {variable}\n");
        // One write, so that lines of parallel tests do not mix. There is
        // nobody left to tell if standard error is closed.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    url
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
