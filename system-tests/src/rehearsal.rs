//! A deployment rehearsed on the running stack: new code goes live while clients ask,
//! code that does not work never does, and nobody notices either.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::json;
use tooling::archive::write_zip;
use tooling::functions::Function;
use tooling::stack::Endpoints;

use crate::http::Client;
use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::progress::Progress;
use crate::quotation;
use crate::random;
use crate::waiting;
use crate::workspace::Workspace;
use crate::xtask;

const STAGE: &str = "local";

/// Few enough for two cores to serve them while functions start beside them.
const CLIENTS: usize = 3;

/// So many answers before, between and after the deployments.
const ENOUGH: usize = 60;

/// How long the clients may take for those, on a slow machine.
const BOUND: Duration = Duration::from_mins(2);

/// # Errors
/// When a request failed, the new code is not live, or the broken one is.
pub(crate) fn rehearse(
    workspace: &Workspace,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<()> {
    let stage = Rehearsal {
        workspace,
        endpoints: &Endpoints::running(workspace)?,
        progress,
        interrupt,
    };
    // Before anybody asks, because it keeps the processors busy.
    progress.step("the program that deploys", |_| {
        stage.migrate("migrate").run(interrupt)
    })?;
    let [new, broken] = progress.step("code to deploy", |_| {
        let does_not_start = b"#!/bin/sh\nexit 1\n".to_vec();
        Ok([
            stage.package("deploy-new", stage.new_code()?)?,
            stage.package("deploy-broken", does_not_start)?,
        ])
    })?;
    let load = Load::default();
    let played = std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (load, api) = (&load, &stage.endpoints.api_url);
            scope.spawn(move || load.keep_asking(api, number));
        }
        let played = stage.play(&load, &new, &broken);
        load.over.store(true, Ordering::SeqCst);
        played
    });
    let failures = load.failures();
    ensure!(
        failures.is_empty(),
        "{} of {} requests failed:\n{}",
        failures.len(),
        load.answers(),
        failures.join("\n")
    );
    played?;
    progress.say(&format!("{} requests, none failed", load.answers()));
    Ok(())
}

struct Rehearsal<'run> {
    workspace: &'run Workspace,
    endpoints: &'run Endpoints,
    progress: &'run Progress,
    interrupt: &'run Interrupt,
}

impl Rehearsal<'_> {
    fn play(&self, load: &Load, new: &Program, broken: &Program) -> Result<()> {
        let former = self.live_code()?;
        load.wait_for(ENOUGH, self.interrupt)?;
        self.progress
            .step("new code goes live", |_| new.run(self.interrupt))?;
        let live = self.live_code()?;
        ensure!(live != former, "the code that is live is still {former}");
        load.wait_for(ENOUGH, self.interrupt)?;

        self.progress
            .step("code that does not start", |_| self.is_refused(broken))?;
        let still = self.live_code()?;
        ensure!(still == live, "{still} is live, not {live}");
        self.progress.step("migrations, twice at once", |_| {
            self.migrate_twice_at_once()
        })?;
        load.wait_for(ENOUGH, self.interrupt)
    }

    fn is_refused(&self, broken: &Program) -> Result<()> {
        let ended = broken.run_to_status(self.interrupt)?;
        let told = quotation::read(broken.log());
        ensure!(
            !ended.success(),
            "code that does not even start was deployed"
        );
        ensure!(
            told.contains("stays live"),
            "another failure was expected:\n{}",
            broken.end_of_log()
        );
        Ok(())
    }

    /// Packages this program as the API function, and answers what deploys it, as anybody
    /// would deploy what they have packaged.
    fn package(&self, name: &str, program: Vec<u8>) -> Result<Program> {
        let folder = self.workspace.data().join(name);
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("creating {}", folder.display()))?;
        let zip = format!("{}.zip", Function::Api.package());
        write_zip(&folder.join(zip), program)?;
        Ok(xtask::xtask(self.workspace, name)
            .args(["deploy", "api", "--stage", STAGE, "--yes", "--packages"])
            .path_arg(&folder))
    }

    /// The same program with other bytes: what follows an ELF file's end is not loaded.
    fn new_code(&self) -> Result<Vec<u8>> {
        let path = self.workspace.built().join(Function::Api.package());
        let mut program = std::fs::read(&path).with_context(|| path.display().to_string())?;
        program.extend(random::bytes::<16>()?);
        Ok(program)
    }

    fn live_code(&self) -> Result<String> {
        let Endpoints {
            aws_endpoint,
            functions,
            ..
        } = self.endpoints;
        let function = format!("{aws_endpoint}/2015-03-31/functions/{}", functions.api);
        let answer = Client::new(BOUND).get(&format!("{function}/configuration?Qualifier=live"))?;
        let configuration = answer.json();
        let hash = configuration["CodeSha256"].as_str().map(ToOwned::to_owned);
        hash.ok_or_else(|| anyhow!("looking at what is live: {}", answer.text))
    }

    fn migrate(&self, log: &str) -> Program {
        xtask::xtask(self.workspace, log).args(["deploy", "migrations", "--stage", STAGE])
    }

    fn migrate_twice_at_once(&self) -> Result<()> {
        let migrations = ["migrate-one", "migrate-two"].map(|log| self.migrate(log));
        std::thread::scope(|scope| {
            let running = migrations
                .each_ref()
                .map(|one| scope.spawn(|| one.run(self.interrupt)));
            running.into_iter().try_for_each(|one| {
                one.join()
                    .unwrap_or_else(|_| Err(anyhow!("a migration panicked")))
            })
        })
    }
}

/// What clients ask meanwhile, and what they were answered.
#[derive(Default)]
struct Load {
    answers: AtomicUsize,
    failures: Mutex<Vec<String>>,
    over: AtomicBool,
}

impl Load {
    /// Two of three requests read, one writes. None reads the circuits' table at once:
    /// the emulator is one process, and takes no other request while it takes code.
    fn keep_asking(&self, api: &str, number: usize) {
        let client = Client::new(Duration::from_secs(30));
        let mut turn = number;
        while !self.over.load(Ordering::SeqCst) {
            let answer = match turn % 3 {
                0 => client.post(
                    &format!("{api}/items"),
                    &json!({"name": "rehearsal", "quantity": 1}),
                ),
                1 => client.get(&format!("{api}/items?limit=5")),
                _ => client.get(&format!("{api}/health")),
            };
            turn += 1;
            let failure = match answer {
                Ok(answer) if (200..300).contains(&answer.status) => None,
                Ok(answer) => Some(format!("{}: {}", answer.status, answer.text)),
                Err(error) => Some(format!("{error:#}")),
            };
            if let Some(failure) = failure {
                self.failures
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(failure);
            }
            self.answers.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn answers(&self) -> usize {
        self.answers.load(Ordering::SeqCst)
    }

    fn failures(&self) -> Vec<String> {
        self.failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn wait_for(&self, more: usize, interrupt: &Interrupt) -> Result<()> {
        let wanted = self.answers() + more;
        let seen = waiting::until(BOUND, interrupt, || {
            Ok((self.answers() >= wanted).then_some(()))
        });
        seen?.with_context(|| format!("the clients did not get {more} answers in time"))
    }
}
