//! What was seen of one subject: in one round, and in all of them.

use std::time::Duration;

/// What was seen under one load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Figures {
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// Requests a second.
    pub(super) rate: f64,
    /// Of all functions together, for each request.
    pub(super) processor_ms: f64,
}

/// One round: one environment of each function, and then many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round {
    pub(super) one: Figures,
    pub(super) many: Figures,
}

/// What is counted for each request.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) allocations: f64,
    pub(super) allocated_kb: f64,
    pub(super) cache_trips: f64,
    pub(super) database_trips: f64,
    pub(super) store_trips: f64,
    pub(super) lines: f64,
    pub(super) line_bytes: f64,
}

impl Figures {
    /// Of these requests, of which there is at least one.
    pub(super) fn of(mut took: Vec<Duration>, elapsed: Duration, processor: Duration) -> Self {
        took.sort_unstable();
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 requests")]
        let requests = took.len() as f64;
        Self {
            p50_ms: ms(at(&took, 50)),
            p99_ms: ms(at(&took, 99)),
            rate: requests / elapsed.as_secs_f64(),
            processor_ms: ms(processor) / requests,
        }
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The smallest that this share of all does not exceed, by nearest rank.
fn at(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// One figure of all rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) lowest: f64,
    pub(super) highest: f64,
}

impl Spread {
    /// Of at least one figure.
    pub(super) fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let figure = |index: usize| figures.get(index).copied().unwrap_or(f64::NAN);
        let (last, middle) = (figures.len().saturating_sub(1), figures.len() / 2);
        let median = if figures.len() % 2 == 1 {
            figure(middle)
        } else {
            f64::midpoint(figure(middle.saturating_sub(1)), figure(middle))
        };
        Self {
            median,
            lowest: figure(0),
            highest: figure(last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_tell_the_middle_and_the_slowest_hundredth() {
        let took = (1..=200).rev().map(Duration::from_millis).collect();
        let figures = Figures::of(took, Duration::from_secs(4), Duration::from_millis(100));
        let expected = Figures {
            p50_ms: 100.0,
            p99_ms: 198.0,
            rate: 50.0,
            processor_ms: 0.5,
        };
        assert_eq!(figures, expected);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        let expected = |median, highest| Spread {
            median,
            lowest: 1.0,
            highest,
        };
        assert_eq!(Spread::of([3.0, 1.0, 2.0]), expected(2.0, 3.0));
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 3.0]), expected(2.5, 4.0));
    }
}
