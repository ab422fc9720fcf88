//! Where in the grid a rule holds.

use super::{Judged, tally::Count};
use crate::{
    judge::Rule,
    report::{HeatMap, short},
    units::share,
};

/// Each step of a scale is half a power of ten.
const CALLS_FROM: f64 = 0.001;
const CALLS_STEPS: usize = 12;
const ENVIRONMENTS_STEPS: usize = 8;

/// The share of cells in which a rule holds, by the size of the fleet and by
/// the calls of each environment.
pub(super) fn map(judged: &[Judged], kind: usize, rule: usize, title: Rule) -> String {
    let mut counts = vec![vec![Count::default(); CALLS_STEPS]; ENVIRONMENTS_STEPS];
    for one in judged {
        let row = step(f64::from(one.cell.environments), 1.0, ENVIRONMENTS_STEPS);
        let column = step(one.cell.calls_per_environment, CALLS_FROM, CALLS_STEPS);
        counts[row][column].add(one.findings[kind][rule].holds());
    }
    let square = |count: &Count| Some((share(count.holds, count.applies)?, count.applies));
    let begins = |from: f64, steps: usize| -> Vec<String> {
        let begins =
            (0..steps).map(|step| from * 10_f64.powf(crate::units::number(step as u64) / 2.0));
        begins.map(|begin| short(rounded(begin))).collect()
    };
    let map = HeatMap {
        title: &format!("{}: cells that hold", title.as_str()),
        across: "calls a second of an environment",
        upwards: "environments",
        columns: begins(CALLS_FROM, CALLS_STEPS),
        rows: begins(1.0, ENVIRONMENTS_STEPS),
        shares: counts
            .iter()
            .map(|row| row.iter().map(square).collect())
            .collect(),
    };
    map.draw()
}

/// Which step of a scale a value falls into.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few steps; what lies below the first one is in it"
)]
fn step(value: f64, from: f64, steps: usize) -> usize {
    (((value / from).log10() * 2.0) as usize).min(steps - 1)
}

/// One digit.
fn rounded(value: f64) -> f64 {
    let size = 10_f64.powf(value.log10().floor());
    (value / size).round() * size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_half_a_power_of_ten() {
        let steps = [0.5, 1.0, 3.0, 3.2, 10.1, 31.0, 9_999.0, 10_000.0];
        let steps = steps.map(|value| step(value, 1.0, ENVIRONMENTS_STEPS));
        assert_eq!(steps, [0, 0, 0, 1, 2, 2, 7, 7]);
        let words = [0.00316, 1.0, 31.6, 316.0].map(|value| short(rounded(value)));
        assert_eq!(words, ["0.003", "1", "30", "300"]);
    }
}
