//! Tokio's clock for both sides of the path, so that paused time drives it all.

use std::time::Duration;

use breaker_core::Timestamp;
use chrono::{DateTime, Utc};
use tokio::time::Instant;

/// Some moment, the same in every run: slots of evidence begin at full seconds.
const START_MS: u64 = 1_700_000_000_000;

#[derive(Debug, Clone, Copy)]
pub(super) struct PausedClock {
    began: Instant,
}

impl PausedClock {
    pub(super) fn starting_now() -> Self {
        let began = Instant::now();
        Self { began }
    }

    pub(super) fn elapsed(self) -> Duration {
        self.began.elapsed()
    }

    pub(super) fn at(self, elapsed: Duration) -> Instant {
        self.began + elapsed
    }
}

impl breaker_core::Clock for PausedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(START_MS) + self.elapsed()
    }
}

impl lambda_kit::clock::Clock for PausedClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::from_millis(START_MS) + self.elapsed()
    }
}
