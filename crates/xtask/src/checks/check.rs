//! One step of the test run: what it runs and how its outcome is read.

use std::path::Path;

use anyhow::{Result, ensure};

use super::tally::{self, Succeeded, Tally};
use super::warnings;
use crate::disk;
use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::progress::Step;
use crate::quotation;

/// The work of a step: answers what it counted.
type Work<'run> = Box<dyn FnOnce(&Step, &Interrupt) -> Result<Tally> + Send + 'run>;

/// One step.
pub(crate) struct Check<'run> {
    pub(crate) name: String,
    /// Names of the steps that must have passed.
    pub(crate) needs: Vec<&'static str>,
    pub(crate) work: Work<'run>,
}

/// A step that failed, with what it counted until then.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) tally: Tally,
    explanation: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.explanation)
    }
}

impl std::error::Error for Failure {}

impl<'run> Check<'run> {
    /// A step that counts as one.
    pub(crate) fn new(
        name: &str,
        work: impl FnOnce(&Step, &Interrupt) -> Result<()> + Send + 'run,
    ) -> Self {
        Self::counted(name, |step, interrupt| {
            work(step, interrupt).map(|()| Tally::ONE_PASSED)
        })
    }

    /// A command that succeeds or fails.
    pub(crate) fn command(name: &str, program: Program) -> Self {
        Self::new(name, move |_, interrupt| program.run(interrupt))
    }

    /// A command of Cargo that compiles, and fails for a warning too. Cargo repeats the
    /// warnings of what it need not compile again.
    pub(crate) fn without_warnings(name: &str, program: Program) -> Self {
        Self::new(name, move |_, interrupt| {
            program.run(interrupt)?;
            refuse_warnings(&program)
        })
    }

    /// `cargo test`, counted by its own summaries.
    pub(crate) fn cargo_test(name: &str, program: Program) -> Self {
        Self::cargo_test_with(name, |_| Ok((program, ())))
    }

    /// The same, beside something that has to be there while the tests run.
    pub(crate) fn cargo_test_with<Beside>(
        name: &str,
        prepare: impl FnOnce(&Interrupt) -> Result<(Program, Beside)> + Send + 'run,
    ) -> Self {
        Self::counted(name, move |step, interrupt| {
            let (program, _beside) = prepare(interrupt)?;
            run_tests(&program, step, interrupt, || {
                let log = quotation::read(program.log());
                let failures = tally::failures_of_cargo(&log);
                let quoted =
                    (!failures.is_empty()).then(|| quotation::of_part(program.log(), &failures));
                Ok((tally::of_cargo(&log), quoted))
            })
        })
    }

    /// An npm script that ends in vitest, counted by a report that it writes.
    pub(crate) fn vitest(name: &str, program: Program) -> Self {
        Self::vitest_with(name, || Ok(program))
    }

    /// The same, for a program that is only known when its turn comes.
    pub(crate) fn vitest_with(
        name: &str,
        program: impl FnOnce() -> Result<Program> + Send + 'run,
    ) -> Self {
        Self::counted(name, move |step, interrupt| {
            let program = program()?;
            let report = program.log().with_extension("json");
            let program = program
                .args(["--", "--reporter=default", "--reporter=json"])
                .args([format!("--outputFile.json={}", report.display())]);
            run_tests(&program, step, interrupt, || {
                Ok((read_report(&report)?, None))
            })
        })
    }

    fn counted(
        name: &str,
        work: impl FnOnce(&Step, &Interrupt) -> Result<Tally> + Send + 'run,
    ) -> Self {
        Self {
            name: name.to_owned(),
            needs: Vec::new(),
            work: Box::new(work),
        }
    }

    /// The same step, to be done only if these have passed.
    pub(crate) fn needs(mut self, names: &[&'static str]) -> Self {
        self.needs.extend(names);
        self
    }
}

fn refuse_warnings(program: &Program) -> Result<()> {
    let log = quotation::read(program.log());
    let warnings = warnings::of_cargo(&log);
    ensure!(
        warnings.is_empty(),
        "there are warnings\n{}",
        quotation::of_part(program.log(), &warnings)
    );
    Ok(())
}

/// Runs the tests, then counts them and, where their runner tells, quotes the
/// failures.
fn run_tests(
    program: &Program,
    step: &Step,
    interrupt: &Interrupt,
    count: impl FnOnce() -> Result<(Tally, Option<String>)>,
) -> Result<Tally> {
    let status = program.run_to_status(interrupt)?;
    let succeeded = if status.success() {
        Succeeded::Yes
    } else {
        Succeeded::No
    };
    let (counted, failures) = count()?;
    let tally = tally::judged(counted, succeeded);
    step.note(tally.to_string());
    if tally.failed == 0 {
        return Ok(tally);
    }
    let quoted = failures.unwrap_or_else(|| program.end_of_log());
    let explanation = format!("{tally} ({status})\n{quoted}");
    Err(Failure { tally, explanation }.into())
}

/// The report of this run; it is removed, so that it cannot be taken for a later
/// run's.
fn read_report(report: &Path) -> Result<Tally> {
    match std::fs::read_to_string(report) {
        Ok(text) => {
            disk::remove_file(report)?;
            Ok(tally::of_vitest(&text))
        }
        // It did not get as far as to write one.
        Err(_) => Ok(Tally::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Progress;
    use crate::scratch::Scratch;

    fn outcome(check: Check<'_>) -> Result<Tally> {
        let name = check.name.clone();
        Progress::new().step(&name, |step| (check.work)(step, &Interrupt::new()))
    }

    fn shell(scratch: &Scratch, script: &str) -> Program {
        Program::new("/bin/sh", scratch.path(), scratch.path().join("run.log"))
            .args(["-c", script, "sh"])
    }

    #[test]
    fn a_test_runner_that_fails_tells_its_counts_and_the_end_of_its_log() {
        let scratch = Scratch::new("check-cargo");
        let script = "echo 'test result: FAILED. 2 passed; 1 failed; 0 ignored'; exit 101";
        let error = outcome(Check::cargo_test("tests", shell(&scratch, script))).unwrap_err();
        let failure = error.downcast::<Failure>().unwrap();
        assert_eq!(
            failure.tally,
            Tally {
                passed: 2,
                failed: 1,
                skipped: 0
            }
        );
        assert!(
            failure.to_string().contains("| test result: FAILED"),
            "{failure}"
        );
    }

    #[test]
    fn a_build_with_a_warning_fails_and_shows_it() {
        let scratch = Scratch::new("check-warnings");
        let build = |script| Check::without_warnings("build", shell(&scratch, script));
        let error = outcome(build("echo 'warning: unused variable'; echo; echo fine")).unwrap_err();
        assert!(
            error.to_string().ends_with("| warning: unused variable"),
            "{error}"
        );
        outcome(build("echo 'fine: no warning'")).unwrap();
    }

    #[test]
    fn a_report_is_read_once_so_that_an_old_one_never_counts() {
        let scratch = Scratch::new("check-vitest");
        let report = r#"{"numPassedTests": 7, "numFailedTests": 0,
            "numPendingTests": 0, "numTodoTests": 0}"#;
        let script = format!("echo '{report}' > run.json");
        let counted = outcome(Check::vitest("tests", shell(&scratch, &script))).unwrap();
        assert_eq!(
            counted,
            Tally {
                passed: 7,
                failed: 0,
                skipped: 0
            }
        );
        outcome(Check::vitest("tests", shell(&scratch, "exit 0"))).unwrap_err();
    }
}
