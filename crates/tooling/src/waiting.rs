//! The one place that reads the clock and sleeps.
//!
//! Everything that waits, waits for a condition, with a bound, and gives up as
//! soon as the user interrupts.
#![expect(
    clippy::disallowed_methods,
    reason = "xtask watches real processes in real time; everything else goes through here"
)]

use std::time::{Duration, Instant, SystemTime};

use anyhow::Result;

use crate::interrupt::{Interrupt, Interrupted};

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(25);

/// Measures how long something takes.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The time since the Unix epoch; zero before it.
pub fn now() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}

/// Waits until `look` finds something; `Ok(None)` when `bound` has passed.
///
/// # Errors
/// What `look` answers, and an interrupt.
pub fn until<T>(
    bound: Duration,
    interrupt: &Interrupt,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<Option<T>> {
    let waiting = Stopwatch::start();
    loop {
        if let Some(found) = look()? {
            return Ok(Some(found));
        }
        if interrupt.is_raised() {
            return Err(Interrupted.into());
        }
        if waiting.elapsed() >= bound {
            return Ok(None);
        }
        std::thread::sleep(POLL);
    }
}

/// Lets `duration` pass, or less when interrupted.
///
/// # Errors
/// An interrupt.
pub fn pause(duration: Duration, interrupt: &Interrupt) -> Result<()> {
    until(duration, interrupt, || Ok(None::<()>)).map(|_| ())
}

/// A duration as people say it: `0.3 s`, `12 s`, `3 min 40 s`.
pub fn spoken(duration: Duration) -> String {
    let whole = (duration + Duration::from_millis(500)).as_secs();
    match whole {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{whole} s"),
        _ => format!("{} min {} s", whole / 60, whole % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_naturally() {
        let spoken = |ms| spoken(Duration::from_millis(ms));
        assert_eq!(spoken(340), "0.3 s");
        assert_eq!(spoken(12_400), "12 s");
        assert_eq!(spoken(59_700), "1 min 0 s");
        assert_eq!(spoken(220_000), "3 min 40 s");
    }

    #[test]
    fn waiting_ends_at_the_bound_when_nothing_happens() {
        let seen = until(Duration::from_millis(60), &Interrupt::new(), || {
            Ok(None::<()>)
        });
        assert_eq!(seen.unwrap(), None);
    }

    #[test]
    fn waiting_ends_at_once_when_interrupted() {
        let interrupt = Interrupt::new();
        interrupt.raise();
        let seen = until(Duration::from_mins(10), &interrupt, || Ok(None::<()>));
        assert_eq!(seen.unwrap_err().to_string(), "interrupted");
    }
}
