//! What was seen of one start, and of many.

use std::time::Duration;

/// One start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) took: Duration,
    pub(super) memory_kb: u64,
    /// Of that, what is no part of a file.
    pub(super) anonymous_kb: u64,
}

/// Many starts.
#[derive(Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) fastest_ms: f64,
    pub(super) median_ms: f64,
    /// Nine of ten starts take no longer.
    pub(super) slowest_tenth_ms: f64,
    /// The median.
    pub(super) memory_mb: f64,
    /// The median, of what is no part of a file.
    pub(super) anonymous_mb: f64,
}

impl Summary {
    pub(super) fn of(samples: &[Sample]) -> Self {
        let took = sorted(samples, |sample| sample.took.as_secs_f64() * 1e3);
        #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 KB")]
        let median_mb = |kb: fn(&Sample) -> u64| {
            let figures = sorted(samples, |sample| kb(sample) as f64 / 1024.0);
            at(&figures, 50)
        };
        Self {
            fastest_ms: at(&took, 0),
            median_ms: at(&took, 50),
            slowest_tenth_ms: at(&took, 90),
            memory_mb: median_mb(|sample| sample.memory_kb),
            anonymous_mb: median_mb(|sample| sample.anonymous_kb),
        }
    }
}

fn sorted(samples: &[Sample], figure: impl Fn(&Sample) -> f64) -> Vec<f64> {
    let mut figures: Vec<f64> = samples.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures
}

/// The smallest figure that this share of all does not exceed, by nearest rank.
fn at(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_tells_the_middle_and_both_ends() {
        let samples: Vec<Sample> = (1..=10)
            .rev()
            .map(|number| Sample {
                took: Duration::from_millis(number),
                memory_kb: number * 1024,
                anonymous_kb: number * 512,
            })
            .collect();
        let expected = Summary {
            fastest_ms: 1.0,
            median_ms: 5.0,
            slowest_tenth_ms: 9.0,
            memory_mb: 5.0,
            anonymous_mb: 2.5,
        };
        assert_eq!(Summary::of(&samples), expected);
    }
}
