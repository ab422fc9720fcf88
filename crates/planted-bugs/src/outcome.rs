//! What a check says about a bug.

use std::fmt;

use tooling::tally;

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing was found.
    Passed {
        /// How many tests there were.
        tests: usize,
    },
    /// The bug was found.
    Caught {
        /// The tests that failed.
        failed: Vec<String>,
        /// How many cases or seeds the first of them took that counts them.
        cases: Option<u64>,
    },
    /// The compiler refused, which is not what tests are for.
    DoesNotCompile,
    /// Not a single test ran.
    NothingRan,
    /// It was stopped, for it did not end.
    Endless,
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed { .. } => formatter.write_str("nothing"),
            Self::Caught { failed, cases } => {
                write!(formatter, "caught by {}", failed.len())?;
                match cases {
                    Some(cases) => write!(formatter, ", in case {cases}"),
                    None => Ok(()),
                }
            }
            Self::DoesNotCompile => formatter.write_str("does not compile"),
            Self::NothingRan => formatter.write_str("no tests"),
            Self::Endless => formatter.write_str("never ends"),
        }
    }
}

/// Reads the log of a `cargo test` that succeeded, failed, or was stopped.
pub(crate) fn of(log: &str, succeeded: Option<bool>) -> Outcome {
    match succeeded {
        None => Outcome::Endless,
        Some(true) => match tally::of_cargo(log).passed {
            0 => Outcome::NothingRan,
            tests => Outcome::Passed { tests },
        },
        Some(false) if log.contains("error: could not compile") => Outcome::DoesNotCompile,
        Some(false) => Outcome::Caught {
            failed: failed(log),
            cases: cases(log),
        },
    }
}

/// The tests that failed; a test program that was killed names none.
fn failed(log: &str) -> Vec<String> {
    let names = log.lines().filter_map(|line| {
        let name = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
        let name = name.trim_end_matches(" - should panic");
        Some(name.to_owned())
    });
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        vec!["a test that broke its program off".to_owned()]
    } else {
        names
    }
}

/// How many cases or seeds it took: proptest counts those that went well
/// before, and random runs tell the first seed that did not, from 0.
fn cases(log: &str) -> Option<u64> {
    let before = log.lines().find_map(|line| {
        let successes = line.trim().strip_prefix("successes: ");
        let seed = || {
            let (_, told) = line.strip_prefix("seeds [")?.split_once("; seed ")?;
            told.strip_suffix(':')
        };
        successes.or_else(seed)
    })?;
    Some(before.parse::<u64>().ok()? + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: &str = "test a::b ... ok\ntest a::c ... FAILED\n\tsuccesses: 16\n\
                          test result: FAILED. 1 passed; 1 failed; 0 ignored\n";

    #[test]
    fn a_failure_names_its_tests_and_counts_the_cases() {
        let failed = vec!["a::c".to_owned()];
        let cases = Some(17);
        assert_eq!(of(FAILED, Some(false)), Outcome::Caught { failed, cases });
    }

    #[test]
    fn random_runs_tell_how_many_seeds_it_took() {
        let told = "seeds [41, 57] broke {Fenced}; seed 41:\n at 3.2 s …";
        assert_eq!(super::cases(told), Some(42));
    }

    #[test]
    fn what_does_not_compile_or_end_or_run_is_not_a_catch() {
        let broken = "error[E0308]: mismatched types\nerror: could not compile `a` (lib)";
        assert_eq!(of(broken, Some(false)), Outcome::DoesNotCompile);
        assert_eq!(of(FAILED, None), Outcome::Endless);
        let empty = "test result: ok. 0 passed; 0 failed; 0 ignored; 12 filtered out";
        assert_eq!(of(empty, Some(true)), Outcome::NothingRan);
    }

    #[test]
    fn a_test_program_that_broke_off_has_caught_something_too() {
        let outcome = of("error: test failed (signal: 6, SIGABRT)", Some(false));
        assert!(
            matches!(outcome, Outcome::Caught { cases: None, .. }),
            "{outcome}"
        );
    }
}
