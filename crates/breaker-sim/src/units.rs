//! Units of the simulation and the conversions between them, in one place so
//! that rounding is decided once.
//!
//! Simulated time is counted in whole microseconds from the start of the
//! warm-up; people write and read seconds and milliseconds.

use std::time::Duration;

/// A moment or a length of simulated time, in microseconds.
pub type Micros = u64;

/// One second.
pub const SECOND: Micros = 1_000_000;

/// A length of time in microseconds; what is negative or not a number is none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and lengths of simulations are far below 2^64"
)]
pub fn micros_of_s(seconds: f64) -> Micros {
    (seconds * 1e6).round() as Micros
}

/// The moment that lies `offset_s` after `start`, or before it, but not before time 0.
pub fn moment(start: Micros, offset_s: f64) -> Micros {
    (start + micros_of_s(offset_s)).saturating_sub(micros_of_s(-offset_s))
}

/// A length of time in microseconds.
pub fn micros_of_ms(milliseconds: f64) -> Micros {
    micros_of_s(milliseconds / 1e3)
}

/// A length of time in microseconds.
pub fn micros_of(duration: Duration) -> Micros {
    Micros::try_from(duration.as_micros()).unwrap_or(Micros::MAX)
}

/// A length of time in seconds.
pub fn seconds_of(micros: Micros) -> f64 {
    number(micros) / 1e6
}

/// A count as a number to calculate with.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts and times of a simulation are far below 2^52"
)]
pub fn number(count: u64) -> f64 {
    count as f64
}

/// A count as an index; what no memory holds is the last one.
pub fn index(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// A part of a whole, or nothing of nothing.
pub fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| number(part) / number(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_may_lie_before_the_start_but_not_before_time_0() {
        assert_eq!(moment(30 * SECOND, 1.5), 31_500_000);
        assert_eq!(moment(30 * SECOND, -10.0), 20 * SECOND);
        assert_eq!(moment(5 * SECOND, -10.0), 0);
    }
}
