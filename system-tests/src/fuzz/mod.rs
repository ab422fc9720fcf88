//! `cargo xtask fuzz`: requests to the running API that follow from its own
//! description, right ones and wrong ones, and whether every answer is one that
//! the description allows.
//!
//! schemathesis makes the requests and judges the answers with all its checks;
//! `tools/fuzzing` says how it is run and names each exception with its reason.

mod outcome;
mod page;
mod part;

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::json;
use tooling::measured::{SYSTEM, write_section};
use tooling::stack::Endpoints;

use crate::http::Client;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::random;
use crate::tools;
use crate::waiting::{Stopwatch, spoken};
use crate::workspace::Workspace;
use crate::xtask;
use outcome::Outcome;
use page::Page;
use part::{PARTS, Part};

/// From how many cases on a run is complete.
const COMPLETE: u32 = 5_000;

/// What outlasts a case that ordered it, by minutes or a day, and refuses calls meanwhile.
const LASTING: [&str; 3] = [
    "/circuits/retry/override",
    "/circuits/fallback/override",
    "/faults",
];

/// How much is sent.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Choice {
    /// About how many requests are made; a run of 5,000 and more is written down
    /// in `docs/measured/system.md`.
    #[arg(long, default_value_t = COMPLETE)]
    cases: u32,
    /// Draws the same requests as another run did, up to the ids that the API made.
    #[arg(long)]
    seed: Option<u32>,
    /// How many requests are under way at once. Several learn ids from the answers in
    /// another order each time, so only one sends the same requests for the same seed.
    #[arg(long, default_value_t = 6)]
    workers: u8,
}

#[derive(Debug, Clone, Copy)]
struct Amount {
    cases: u32,
    seed: u32,
    workers: u8,
}

/// Fuzzes the running stack, or one of its own when none is running.
///
/// # Errors
/// What was found, or what kept it from running.
pub(crate) fn fuzz(
    workspace: &Workspace,
    choice: Choice,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<()> {
    if Endpoints::running(workspace).is_ok() {
        return fuzz_running(workspace, choice, progress, interrupt);
    }
    ask_xtask(workspace, &["up", "--detach"], progress, interrupt)?;
    let done = fuzz_running(workspace, choice, progress, interrupt);
    // An interrupt ends the requests, not the clearing away.
    ask_xtask(workspace, &["down"], progress, &Interrupt::new())?;
    done
}

fn ask_xtask(
    workspace: &Workspace,
    arguments: &[&str],
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<()> {
    let asked = xtask::xtask(workspace, "fuzz-stack").args(arguments.iter().copied());
    let status = asked.run_telling(interrupt, |line| progress.say(line))?;
    if status.success() {
        Ok(())
    } else {
        Err(asked.failure(status))
    }
}

fn fuzz_running(
    workspace: &Workspace,
    choice: Choice,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<()> {
    let amount = Amount {
        cases: choice.cases,
        seed: choice
            .seed
            .map_or_else(|| random::bytes().map(u32::from_be_bytes), Ok)?,
        workers: choice.workers,
    };
    progress.step("tools: schemathesis", |step| {
        tools::fuzzing(workspace).prepare(step, interrupt)
    })?;
    progress.say(&format!("seed {}", amount.seed));
    let watch = Stopwatch::start();
    let mut outcomes = Vec::new();
    for part in PARTS {
        let outcome = progress.step(part.name, |step| {
            let outcome = send(workspace, part, amount, interrupt, &|cases| {
                progress.say(&format!("  {cases} requests"));
            })?;
            step.note(outcome.to_string());
            Ok(outcome)
        })?;
        outcomes.push((part, outcome));
    }
    let page = Page {
        seed: amount.seed,
        took: watch.elapsed(),
        parts: outcomes,
    };
    if page.cases() >= u64::from(COMPLETE) {
        let command = format!("cargo xtask fuzz --seed {}", page.seed);
        write_section(workspace, &command, &page.to_string())?;
        progress.say(&format!("written to {SYSTEM}"));
    }
    let (cases, took) = (page.cases(), spoken(page.took));
    progress.say(&format!("{cases} requests, seed {}, {took}", page.seed));
    Ok(())
}

/// Sends one part, and takes back whatever was ordered during it, however it ends.
fn send(
    workspace: &Workspace,
    part: &Part,
    amount: Amount,
    interrupt: &Interrupt,
    tell: &dyn Fn(u64),
) -> Result<Outcome> {
    let endpoints = Endpoints::running(workspace)?;
    let api = Client::new(Duration::from_secs(10));
    if part.with_open_circuit {
        let wanted = json!({"mode": "force_open", "reason": "what the API answers meanwhile",
            "display_name": "cargo xtask fuzz", "expires_in_s": 3_600});
        let answer = api.send(
            "PUT",
            &format!("{}{}", endpoints.api_url, LASTING[0]),
            &[],
            Some(&wanted),
        )?;
        if answer.status != 200 {
            bail!("the circuit could not be opened: {}", answer.text);
        }
    }
    let sent = part.send(workspace, &endpoints.api_url, amount, interrupt, tell);
    for lasting in LASTING {
        let ended = api.send(
            "DELETE",
            &format!("{}{lasting}", endpoints.api_url),
            &[],
            None,
        )?;
        if ended.status != 204 {
            bail!("{lasting} could not be ended: {}", ended.text);
        }
    }
    sent
}
