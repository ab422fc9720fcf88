//! Time as a value.
//!
//! The protocol never reads a clock; it is handed a [`Timestamp`]. Clocks of
//! different machines may differ by up to [`Policy::clock_skew`](crate::Policy),
//! and each may be set at any moment. How long a call took is therefore measured
//! by a second clock, which is never set ([`Steady`]).

use std::{
    fmt,
    ops::Add,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Milliseconds since the Unix epoch, in UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The moment `ms` milliseconds after the Unix epoch.
    pub const fn from_unix_ms(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_unix_ms(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(ms))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ms after the Unix epoch", self.0)
    }
}

/// Milliseconds of a clock that is never set: only the time between two of them
/// means anything, within one process.
///
/// It may stand still while a process is frozen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Steady(u64);

impl Steady {
    /// So many milliseconds after the clock's beginning.
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the clock's beginning.
    pub const fn as_ms(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Steady {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(ms))
    }
}

/// Tells the time of day.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// The time now by a clock that is never set. By default this clock is one.
    fn steady(&self) -> Steady {
        Steady(self.now().0)
    }
}

/// The present by both clocks, each read only if it is asked for.
///
/// A clock is one, and so is a [`Timestamp`], for a clock that is never set.
pub trait Now: Copy {
    /// The time of day.
    fn wall(self) -> Timestamp;

    /// The time by a clock that is never set.
    fn steady(self) -> Steady;
}

impl<C: Clock> Now for &C {
    #[inline]
    fn wall(self) -> Timestamp {
        self.now()
    }

    #[inline]
    fn steady(self) -> Steady {
        Clock::steady(self)
    }
}

impl Now for Timestamp {
    fn wall(self) -> Timestamp {
        self
    }

    fn steady(self) -> Steady {
        Steady(self.0)
    }
}

/// A moment by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moment {
    /// The time of day.
    pub wall: Timestamp,
    /// The time by a clock that is never set.
    pub steady: Steady,
}

impl Now for Moment {
    fn wall(self) -> Timestamp {
        self.wall
    }

    fn steady(self) -> Steady {
        self.steady
    }
}

/// The operating system's clock.
///
/// On Linux it is read as coarsely as the kernel keeps it for free: the time of
/// the last tick, 1 to 10 ms ago depending on the kernel and 4 ms on most. That
/// costs a tenth of an exact reading, and a call reads the clock twice.
/// Elsewhere the reading is exact. Either may be set at any moment, also back.
#[cfg(feature = "os")]
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[cfg(feature = "os")]
impl Clock for SystemClock {
    #[cfg(target_os = "linux")]
    #[inline]
    fn now(&self) -> Timestamp {
        // Linux refuses to set its clock to a time before 1970.
        Timestamp(coarse_ms(rustix::time::ClockId::RealtimeCoarse))
    }

    #[cfg(target_os = "linux")]
    #[inline]
    fn steady(&self) -> Steady {
        Steady(coarse_ms(rustix::time::ClockId::MonotonicCoarse))
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that others take"
    )]
    fn now(&self) -> Timestamp {
        let elapsed = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::default() + elapsed
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that others take"
    )]
    fn steady(&self) -> Steady {
        static START: std::sync::LazyLock<std::time::Instant> =
            std::sync::LazyLock::new(std::time::Instant::now);
        Steady::default() + START.elapsed()
    }
}

#[cfg(all(feature = "os", target_os = "linux"))]
#[inline]
fn coarse_ms(clock: rustix::time::ClockId) -> u64 {
    let now = rustix::time::clock_gettime(clock);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "always below one second, and 32 bits divide faster"
    )]
    let ms = now.tv_nsec as u32 / 1_000_000;
    now.tv_sec.cast_unsigned().wrapping_mul(1000) + u64::from(ms)
}

/// A clock that moves only when told to, for tests.
#[derive(Debug, Default)]
pub struct ManualClock {
    wall: AtomicU64,
    steady: AtomicU64,
}

impl ManualClock {
    /// A clock that shows `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        Self {
            wall: AtomicU64::new(start.as_unix_ms()),
            steady: AtomicU64::default(),
        }
    }

    /// Sets the clock, as an operating system may at any moment.
    pub fn set(&self, to: Timestamp) {
        self.wall.store(to.as_unix_ms(), Ordering::SeqCst);
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.set(self.now() + by);
        let steady = Clock::steady(self) + by;
        self.steady.store(steady.as_ms(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.wall.load(Ordering::SeqCst))
    }

    fn steady(&self) -> Steady {
        Steady(self.steady.load(Ordering::SeqCst))
    }
}

impl<C: Clock> Clock for std::sync::Arc<C> {
    fn now(&self) -> Timestamp {
        C::now(self)
    }

    fn steady(&self) -> Steady {
        C::steady(self)
    }
}

#[cfg(all(test, feature = "os"))]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the two are compared")]
    fn the_system_clock_lags_behind_the_exact_time_a_little_and_never_leads() {
        let exact = || {
            let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            Timestamp::default() + elapsed
        };
        // A tick; but a hypervisor may hold one back.
        let lag = Duration::from_secs(1);
        let (before, now, after) = (exact(), SystemClock.now(), exact());
        assert!(before <= now + lag, "{now}, long before {before}");
        assert!(now <= after, "{now} lies ahead of {after}");
    }
}
