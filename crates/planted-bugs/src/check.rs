//! What looks for planted bugs.

use std::time::Duration;

use anyhow::Result;
use tooling::interrupt::Interrupt;
use tooling::program::Program;
use tooling::quotation;

use crate::Ticker;
use crate::outcome::{self, Outcome};
use crate::replica::Replica;

/// Building included; a bug may make a test run for ever.
const BOUND: Duration = Duration::from_mins(8);

/// The AWS SDK takes longer to build than everything else together.
const WITHOUT_SDK: [&str; 4] = [
    "--package",
    "breaker-core",
    "--no-default-features",
    "--features=tower,toml,json",
];
const WITH_SDK: [&str; 4] = [
    "--package",
    "breaker-core",
    "--no-default-features",
    "--features=dynamodb,tower,toml,json",
];

/// Some of the tests.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    /// What it is, for readers of the results.
    pub(crate) about: &'static str,
    args: Vec<&'static str>,
}

/// Every check, the quickest first.
pub(crate) fn all(replica: &Replica) -> Vec<Check> {
    let check = |name, about, features: &[&'static str], args: &[&'static str]| Check {
        name,
        about,
        args: [features, args].concat(),
    };
    let mut checks = vec![
        check(
            "unit",
            "unit tests of `breaker-core`, without those of the counters' memory order",
            &WITHOUT_SDK,
            // Loom takes long, and looks at nothing but the counters.
            &["--lib", "--", "--skip=member::races", "--skip=contract"],
        ),
        check(
            "it",
            "integration tests of `breaker-core`: fleets around a store that misbehaves",
            &WITHOUT_SDK,
            &["--test=it", "--", "--skip=protocol::", "--skip=contract"],
        ),
        check(
            "properties",
            "the rules under arbitrary histories (proptest)",
            &WITHOUT_SDK,
            &["--test=it", "--", "protocol::"],
        ),
        check(
            "contract",
            "the contract of the stores, on the one in memory",
            &WITHOUT_SDK,
            // That the contract notices mistakes is not about the breaker.
            &[
                "--lib",
                "--test=it",
                "--",
                "contract",
                "--skip=no_mistake_passes",
            ],
        ),
        check(
            "dynamodb",
            "the DynamoDB store: its tests, and the contract on an emulator",
            &WITH_SDK,
            &["--lib", "--test=it", "--", "dynamodb"],
        ),
    ];
    if replica.has("crates/breaker-model/Cargo.toml") {
        checks.push(check(
            "model",
            "a model checker in every order of events of a small fleet",
            &["--package", "breaker-model"],
            // The controls check the model, not the breaker.
            &["--test=it", "--", "--skip=controls::"],
        ));
    }
    if replica.has("crates/breaker-sim/tests/it/fuzz.rs") {
        checks.push(check(
            "fuzz",
            "random runs in the simulator",
            &["--package", "breaker-sim"],
            // What else is tested there is the fuzzing, not the breaker.
            &["--test=it", "--", "fuzz::every_rule"],
        ));
    }
    checks
}

impl Check {
    /// Runs it on the copy as it is, with `bug` in it.
    ///
    /// # Errors
    /// When Cargo cannot be started, or the user interrupts.
    pub(crate) fn run(
        &self,
        replica: &Replica,
        bug: &str,
        progress: &Ticker,
        interrupt: &Interrupt,
    ) -> Result<Outcome> {
        let step = format!("{bug} × {}", self.name);
        progress.begin(&step);
        let log = replica.log(bug, self.name);
        let program = Program::new("cargo", &replica.root(), log)
            .env("CARGO_TARGET_DIR", replica.target().to_string_lossy())
            .env("CARGO_TERM_COLOR", "never")
            // The same cases in every run, and none that a bug leaves behind.
            .env("PROPTEST_RNG_SEED", "1")
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1")
            // A rare bug takes more of them than every test run can afford.
            .env("FUZZ_RUNS", "1500")
            .args(["test", "--profile", "local", "--no-fail-fast"])
            .args(self.args.iter().copied());
        let status = program.run_within(BOUND, interrupt)?;
        let log = quotation::read(program.log());
        let outcome = outcome::of(&log, status.map(|status| status.success()));
        progress.end(&step, &outcome);
        Ok(outcome)
    }
}
