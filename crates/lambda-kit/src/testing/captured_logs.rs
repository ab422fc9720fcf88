//! What a function would log.
#![expect(clippy::unwrap_used, reason = "a panic is how a test says no")]

use std::{
    io::{self, Write},
    sync::{Arc, LazyLock, Mutex},
};

use tracing::{
    Dispatch,
    subscriber::{DefaultGuard, NoSubscriber},
};

use crate::telemetry::{self, LogLevel};

/// As long as a process has one subscriber, `tracing` asks that of the thread which reaches a line
/// first whether anybody wants it, and keeps the answer: a thread without one silences the line
/// for the others. With this beside it, all are asked.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));

/// The log lines of this thread, as the function would write them.
#[derive(Clone, Default)]
pub struct CapturedLogs(Arc<Mutex<Vec<u8>>>);

impl CapturedLogs {
    /// Captures what is logged on this thread, with as much detail as can be asked for, until
    /// the guard is dropped.
    ///
    /// # Panics
    ///
    /// If there is no such level.
    pub fn at(level: &str) -> (Self, DefaultGuard) {
        LazyLock::force(&SECOND);
        let logs = Self::default();
        let writer = logs.clone();
        let level: LogLevel = level.parse().unwrap();
        let subscriber = telemetry::subscriber(&level, move || writer.clone());
        (logs, tracing::subscriber::set_default(subscriber))
    }

    /// All lines so far.
    ///
    /// # Panics
    ///
    /// If they are not UTF-8.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for CapturedLogs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_captured_though_another_thread_reached_it_first() {
        let say = || tracing::info!("said on two threads");
        let (logs, _guard) = CapturedLogs::at("info");
        std::thread::spawn(say).join().unwrap();
        say();
        assert_eq!(logs.text().matches("said on two threads").count(), 1);
    }
}
