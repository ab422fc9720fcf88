//! Where the time went.

use std::cmp::Reverse;
use std::time::Duration;

use crate::waiting::spoken;

/// More would not be read.
const ROWS: usize = 10;

/// The slowest steps, the slowest first.
pub(super) fn table(mut times: Vec<(String, Duration)>) -> String {
    times.sort_by_key(|(_, took)| Reverse(*took));
    times.truncate(ROWS);
    let rows = times
        .iter()
        .map(|(name, took)| format!("  {:>12}  {name}\n", spoken(*took)));
    format!("slowest steps:\n{}", rows.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_steps_come_first_and_the_quick_ones_are_left_out() {
        let times = (1..=12).map(|n| (format!("step {n}"), Duration::from_secs(n * 10)));
        let table = table(times.collect());
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 11);
        assert_eq!(lines[1], "     2 min 0 s  step 12");
        assert_eq!(lines[10], "          30 s  step 3");
    }
}
