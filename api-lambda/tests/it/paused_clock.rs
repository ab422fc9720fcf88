//! Tokio's clock for both sides of the path, so that paused time drives it all.

use std::time::Duration;

use breaker_core::Timestamp;
use chrono::{DateTime, Utc};
use tokio::time::Instant;

/// Some moment, the same in every run: slots of evidence begin at full seconds.
const START_MS: u64 = 1_700_000_000_000;

#[derive(Debug, Clone, Copy)]
pub(crate) struct PausedClock {
    began: Instant,
    /// By how much it is ahead.
    ahead: Duration,
}

impl PausedClock {
    pub(crate) fn starting_now() -> Self {
        let began = Instant::now();
        let ahead = Duration::ZERO;
        Self { began, ahead }
    }

    /// The same moment by a clock that is ahead of this one.
    pub(crate) fn ahead_by(self, ahead: Duration) -> Self {
        Self { ahead, ..self }
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn at(self, elapsed: Duration) -> Instant {
        self.began + elapsed
    }
}

impl breaker_core::Clock for PausedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(START_MS) + self.elapsed() + self.ahead
    }
}

impl lambda_kit::clock::Clock for PausedClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::from_millis(START_MS) + self.elapsed() + self.ahead
    }
}
