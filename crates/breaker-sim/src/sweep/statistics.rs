//! Many runs in a few numbers.

use crate::figures::Figures;

/// A figure over many runs, of those in which it applies.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Spread {
    /// The smallest.
    pub min: f64,
    /// Half are not larger.
    pub median: f64,
    /// 99 % are not larger.
    pub p99: f64,
    /// The largest.
    pub max: f64,
    /// In how many runs it applies.
    pub runs: usize,
}

/// The spread of a figure; none if it applies in no run.
pub fn spread(runs: &[Figures], name: &str) -> Option<Spread> {
    let mut values: Vec<f64> = runs.iter().filter_map(|run| run.value(name)).collect();
    values.sort_by(f64::total_cmp);
    Some(Spread {
        min: *values.first()?,
        median: quantile(&values, 50),
        p99: quantile(&values, 99),
        max: *values.last()?,
        runs: values.len(),
    })
}

/// The smallest value that at least so many percent do not exceed.
fn quantile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "these are exact")]
    fn quantiles_are_values_that_were_seen() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!(quantile(&values, 50), 100.0);
        assert_eq!(quantile(&values, 99), 198.0);
        assert_eq!(quantile(&values[..1], 99), 1.0);
    }

    #[test]
    fn runs_in_which_a_figure_does_not_apply_are_left_out() {
        let runs = [None, Some(2.0), Some(1.0)].map(|first_open_s| Figures {
            first_open_s,
            ..Figures::default()
        });
        let spread = spread(&runs, "first_open_s").unwrap();
        assert_eq!((spread.min, spread.max, spread.runs), (1.0, 2.0, 2));
    }
}
