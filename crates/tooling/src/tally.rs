//! How many tests passed, failed and were skipped, as their runners tell.

use std::fmt;
use std::ops::Add;

use serde::Deserialize;

/// A count of tests, or of steps that are one each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// Tests that were not run.
    pub skipped: usize,
}

impl Tally {
    /// One step that passed.
    pub const ONE_PASSED: Self = Self {
        passed: 1,
        failed: 0,
        skipped: 0,
    };
    /// One step that failed.
    pub const ONE_FAILED: Self = Self {
        passed: 0,
        failed: 1,
        skipped: 0,
    };
    /// One step that was skipped.
    pub const ONE_SKIPPED: Self = Self {
        passed: 0,
        failed: 0,
        skipped: 1,
    };

    fn total(self) -> usize {
        self.passed + self.failed + self.skipped
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// Adds up the summaries that `cargo test` prints, one a test binary:
/// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; …`.
///
/// A test that had nothing to test with passes there, but says so in a line of
/// its own: `SKIPPED: …`.
pub fn of_cargo(log: &str) -> Tally {
    let summaries = log
        .lines()
        .filter_map(|line| line.trim().strip_prefix("test result: "));
    let told = summaries
        .map(of_cargo_summary)
        .fold(Tally::default(), Tally::add);
    let vacuous = log
        .lines()
        .filter(|line| line.contains("SKIPPED: "))
        .count();
    Tally {
        passed: told.passed.saturating_sub(vacuous),
        skipped: told.skipped + vacuous,
        ..told
    }
}

/// What `cargo test` says about the tests that failed. It stands in the middle of
/// the log, because the other test binaries are run all the same.
pub fn failures_of_cargo(log: &str) -> Vec<&str> {
    let mut told = Vec::new();
    let mut inside = false;
    for line in log.lines() {
        inside |= line == "failures:";
        if inside && !line.trim().is_empty() {
            told.push(line);
        }
        inside &= !line.starts_with("test result: ");
    }
    told
}

fn of_cargo_summary(summary: &str) -> Tally {
    let words: Vec<&str> = summary.split([' ', ';', '.']).collect();
    let count = |what: &str| {
        let pairs = words.windows(2).filter(|pair| pair[1] == what);
        pairs.filter_map(|pair| pair[0].parse::<usize>().ok()).sum()
    };
    Tally {
        passed: count("passed"),
        failed: count("failed"),
        skipped: count("ignored"),
    }
}

/// What vitest's JSON reporter writes, as far as it counts.
#[derive(Debug, Deserialize)]
struct VitestReport {
    #[serde(rename = "numPassedTests")]
    passed: usize,
    #[serde(rename = "numFailedTests")]
    failed: usize,
    #[serde(rename = "numPendingTests")]
    pending: usize,
    #[serde(rename = "numTodoTests")]
    todo: usize,
}

/// Reads the report of vitest's JSON reporter; nothing when it is none.
pub fn of_vitest(report: &str) -> Tally {
    let report: Option<VitestReport> = serde_json::from_str(report).ok();
    report.map_or_else(Tally::default, |report| Tally {
        passed: report.passed,
        failed: report.failed,
        skipped: report.pending + report.todo,
    })
}

/// What to make of a runner that has ended.
///
/// A runner that fails without counting a failure did not even get to its tests;
/// one that counts nothing at all has not tested anything, whatever it answers.
pub fn judged(counted: Tally, succeeded: Succeeded) -> Tally {
    let no_failure_told = succeeded == Succeeded::No && counted.failed == 0;
    if no_failure_told || counted.total() == 0 {
        return counted + Tally::ONE_FAILED;
    }
    counted
}

/// How a runner ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Succeeded {
    /// It says that all is well.
    Yes,
    /// It says that something failed.
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summaries_of_all_test_binaries_are_added_up() {
        let log = "
running 3 tests
test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
     Running tests/it/main.rs
test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 7 filtered out; finished in 1.50s
   Doc-tests contract
test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";
        assert_eq!(
            of_cargo(log),
            Tally {
                passed: 13,
                failed: 2,
                skipped: 1
            }
        );
    }

    #[test]
    fn a_test_without_its_server_was_skipped_although_it_says_ok() {
        let log = "
SKIPPED: the_cache_is_asked_first needs TEST_CACHE_URL
test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(
            of_cargo(log),
            Tally {
                passed: 2,
                failed: 0,
                skipped: 2
            }
        );
    }

    #[test]
    fn the_failures_are_found_in_the_middle_of_the_log() {
        let log = "
test result: ok. 3 passed; 0 failed; 0 ignored
running 2 tests
test one ... ok
test two ... FAILED

failures:

---- two stdout ----
left: 1, right: 2

failures:
    two

test result: FAILED. 1 passed; 1 failed; 0 ignored
   Doc-tests contract
test result: ok. 0 passed; 0 failed; 0 ignored";
        let expected = [
            "failures:",
            "---- two stdout ----",
            "left: 1, right: 2",
            "failures:",
            "    two",
            "test result: FAILED. 1 passed; 1 failed; 0 ignored",
        ];
        assert_eq!(failures_of_cargo(log), expected);
    }

    #[test]
    fn a_test_that_prints_numbers_does_not_count() {
        assert_eq!(
            of_cargo("we saw 5 passed; 6 failed; all fine"),
            Tally::default()
        );
    }

    #[test]
    fn the_report_of_vitest_is_read() {
        let report = r#"{"numTotalTests": 8, "numPassedTests": 5, "numFailedTests": 1,
            "numPendingTests": 1, "numTodoTests": 1, "success": false, "testResults": []}"#;
        assert_eq!(
            of_vitest(report),
            Tally {
                passed: 5,
                failed: 1,
                skipped: 2
            }
        );
        assert_eq!(of_vitest("Segmentation fault"), Tally::default());
    }

    #[test]
    fn a_runner_that_fails_before_its_tests_counts_as_one_failure() {
        let counted = Tally {
            passed: 4,
            failed: 0,
            skipped: 0,
        };
        let expected = Tally {
            passed: 4,
            failed: 1,
            skipped: 0,
        };
        assert_eq!(judged(counted, Succeeded::No), expected);
        assert_eq!(judged(counted, Succeeded::Yes), counted);
    }

    #[test]
    fn a_runner_that_tests_nothing_counts_as_one_failure() {
        assert_eq!(judged(Tally::default(), Succeeded::Yes), Tally::ONE_FAILED);
    }

    #[test]
    fn a_failure_that_was_counted_is_not_counted_twice() {
        let counted = Tally {
            passed: 4,
            failed: 2,
            skipped: 0,
        };
        assert_eq!(judged(counted, Succeeded::No), counted);
    }
}
