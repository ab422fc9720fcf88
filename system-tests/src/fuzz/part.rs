//! One run of schemathesis, on a part of the operations.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::Amount;
use super::outcome::{Outcome, Reports};
use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::quotation;
use crate::waiting;
use crate::workspace::Workspace;

/// What is sent together.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: &'static str,
    /// For the page: what it is about.
    pub(super) about: &'static str,
    /// Which operations.
    arguments: &'static [&'static str],
    /// Of this many cases, one is drawn per operation and phase.
    cases_per_example: u32,
    /// Whether the circuit is held open meanwhile.
    pub(super) with_open_circuit: bool,
}

/// An override stands above the rules for the whole fleet, and a fault strikes all of it:
/// one that a case gave would turn the other cases' answers into 503, so orders and faults
/// are parts of their own.
pub(super) const PARTS: &[Part] = &[
    Part {
        name: "fuzz: circuits and overrides",
        about: "the circuits' operations, the override among them",
        arguments: &["--include-tag", "circuits"],
        cases_per_example: 100,
        with_open_circuit: false,
    },
    Part {
        name: "fuzz: items while the circuit is open",
        about: "the items' operations while an override holds the circuit open",
        arguments: &["--include-tag", "items"],
        cases_per_example: 100,
        with_open_circuit: true,
    },
    // No answer about a fault leads to another request, so no sequences follow from it.
    Part {
        name: "fuzz: faults",
        about: "the faults' operations",
        arguments: &[
            "--include-tag",
            "faults",
            "--phases",
            "examples,coverage,fuzzing",
        ],
        cases_per_example: 100,
        with_open_circuit: false,
    },
    Part {
        name: "fuzz: every operation but overrides and faults",
        about: "every operation but overrides and faults",
        arguments: &[
            "--exclude-operation-id",
            "give_override",
            "--exclude-tag",
            "faults",
        ],
        cases_per_example: 22,
        with_open_circuit: false,
    },
];

/// A request takes a tenth of this while all is well.
const PATIENCE_PER_CASE: Duration = Duration::from_secs(1);

impl Part {
    /// # Errors
    /// What was found, or what kept it from running.
    pub(super) fn send(
        &self,
        workspace: &Workspace,
        api: &str,
        amount: Amount,
        interrupt: &Interrupt,
        tell: &dyn Fn(u64),
    ) -> Result<Outcome> {
        let reports = Reports::fresh(&workspace.built().join("fuzz"))?;
        let program = self.program(workspace, api, amount, &reports);
        let bound = PATIENCE_PER_CASE * (amount.cases + 300);
        let ended = std::thread::scope(|scope| {
            let running = scope.spawn(|| program.run_within(bound, interrupt));
            let (mut told, mut seen) = (0, 0);
            while !running.is_finished() {
                // The interrupt ends the program, and that ends this.
                waiting::pause(Duration::from_millis(200), &Interrupt::new())?;
                let written = reports.written();
                if written == seen {
                    continue;
                }
                seen = written;
                let cases = reports.cases_so_far();
                if cases >= told + 250 {
                    tell(cases);
                    told = cases;
                }
            }
            running.join().map_err(|_| anyhow::anyhow!("panicked"))?
        });
        let Some(status) = ended? else {
            bail!(
                "schemathesis has not ended after {}\n{}",
                waiting::spoken(bound),
                program.end_of_log()
            );
        };
        if !status.success() {
            let log = quotation::read(program.log());
            let findings: Vec<&str> = log
                .lines()
                .skip_while(|line| !line.contains("= ERRORS =") && !line.contains("= FAILURES ="))
                .filter(|line| !line.trim().is_empty())
                .collect();
            bail!(
                "{} found something ({status}); seed {} finds it again\n{}",
                self.name,
                amount.seed,
                quotation::of_part(program.log(), &findings)
            );
        }
        let outcome = reports
            .read()
            .context("reading what schemathesis reports")?;
        ensure!(
            self.with_open_circuit || outcome.unavailable * 100 <= outcome.cases(),
            "{} of {} answers were 503, although nothing was in trouble; see {}",
            outcome.unavailable,
            outcome.cases(),
            workspace.shown(&reports.events),
        );
        Ok(outcome)
    }

    fn program(
        &self,
        workspace: &Workspace,
        api: &str,
        amount: Amount,
        reports: &Reports,
    ) -> Program {
        let settings = workspace.root().join("tools/fuzzing");
        let examples = (amount.cases / self.cases_per_example).max(2);
        Program::new(
            workspace.fuzzing_venv().join("bin/schemathesis"),
            &reports.folder,
            workspace.log("fuzz"),
        )
        .env(
            "SCHEMATHESIS_HOOKS",
            settings.join("hooks.py").to_string_lossy(),
        )
        .args(["--no-color", "--config-file"])
        .path_arg(&settings.join("schemathesis.toml"))
        .args(["run"])
        .path_arg(&workspace.web_app().join("openapi.json"))
        .args(["--url", api])
        .args(self.arguments.iter().copied())
        .args(["--max-examples".to_owned(), examples.to_string()])
        .args(["--seed".to_owned(), amount.seed.to_string()])
        .args(["--workers".to_owned(), amount.workers.to_string()])
        .args(["--report", "json,ndjson", "--report-json-path"])
        .path_arg(&reports.summary)
        .args(["--report-ndjson-path"])
        .path_arg(&reports.events)
    }
}
