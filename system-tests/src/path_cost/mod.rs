//! `cargo xtask path-cost`: what the way through the functions costs, beside functions that
//! say hello.
//!
//! The deployed programs run under the runtime API of cargo-lambda, which adds a fraction of
//! a millisecond to an invocation, in front of a database and a cache that are real. All of
//! it shares one machine, which is never quiet: so everything takes turns, in many rounds,
//! and figures are compared within a round.

mod allocations;
mod caller;
mod event;
mod fleet;
mod furnish;
mod load;
mod page;
mod relay;
mod sample;
mod subject;
mod surroundings;
mod versions;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use tooling::measured::write_section;

use self::fleet::{Fleet, Plan};
use self::load::Load;
use self::page::Page;
use self::sample::{Counts, Round};
use self::subject::{Request, Subject};
use self::surroundings::{Addresses, Surroundings};
use self::versions::Version;
use crate::interrupt::{Interrupt, Interrupted};
use crate::progress::Progress;
use crate::tools;
use crate::workspace::Workspace;

/// How much is measured.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Choice {
    /// How often everything takes its turn.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=200))]
    rounds: u32,
    /// How long each is measured in a round, twice: alone, and with many environments.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(100..=60_000))]
    turn_ms: u64,
    /// How many are many environments of a function.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(2..=32))]
    environments: u8,
    /// An earlier commit, whose functions are measured beside those of the working tree.
    #[arg(long, value_name = "COMMIT")]
    before: Option<String>,
}

impl Choice {
    /// What does it again.
    fn command(&self) -> String {
        let Choice {
            rounds,
            turn_ms,
            environments,
            before,
        } = self;
        let before = before.iter().map(|commit| format!(" --before {commit}"));
        let before: String = before.collect();
        format!(
            "cargo xtask path-cost --rounds {rounds} --turn-ms {turn_ms} \
             --environments {environments}{before}"
        )
    }
}

/// A subject, and the version that it is of.
struct Lane {
    subject: Subject,
    version: usize,
    rounds: Vec<Round>,
    counts: Counts,
}

/// The whole measurement while it is made.
struct Bench<'run> {
    workspace: &'run Workspace,
    choice: &'run Choice,
    interrupt: &'run Interrupt,
    surroundings: Surroundings,
    /// The earlier one first, if there is one.
    versions: Vec<Version>,
    /// The items of each caller.
    items: Vec<Vec<String>>,
    /// Of the functions' standard error.
    log: PathBuf,
    /// How many fleets have been raised.
    fleets: Cell<usize>,
}

/// # Errors
/// When something does not build or start, or a function answers wrongly.
pub(crate) fn measure(
    workspace: &Workspace,
    choice: &Choice,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<()> {
    progress.step("Python tools", |step| {
        tools::python(workspace).prepare(step, interrupt)?;
        tools::packaging(workspace).prepare(step, interrupt)
    })?;
    let versions = progress.step("functions: release builds for this machine", |_| {
        let earlier = choice.before.iter();
        let mut versions = earlier
            .map(|before| Version::earlier(workspace, before, interrupt))
            .collect::<Result<Vec<Version>>>()?;
        versions.push(Version::current(workspace, interrupt)?);
        Ok(versions)
    })?;
    let mut lanes = lanes(versions.len());
    // One to count, and two in each round.
    let fleets = furnish::FLEETS + lanes.len() * (1 + 2 * choice.rounds as usize);
    let bench = progress.step("servers, tables and items", |_| {
        let mut bench = Bench {
            workspace,
            choice,
            interrupt,
            surroundings: Surroundings::start(workspace, fleets, interrupt)?,
            versions,
            items: Vec::new(),
            log: workspace.log("path-cost-functions"),
            fleets: Cell::default(),
        };
        bench.items = furnish::furnish(&bench)?;
        Ok(bench)
    })?;
    progress.step("counting", |_| bench.count(&mut lanes))?;
    let name = format!("{} rounds of {} turns", choice.rounds, lanes.len());
    progress.step(&name, |_| {
        (0..choice.rounds).try_for_each(|round| bench.round(round, &mut lanes))
    })?;
    let page = Page {
        choice,
        versions: &bench.versions,
        lanes: &lanes,
    };
    let page = page.to_string();
    println!("\n{page}");
    write_section(workspace, &choice.command(), &page)
}

/// The programs that say hello are of the last version alone.
fn lanes(versions: usize) -> Vec<Lane> {
    let hello = [Subject::Hello, Subject::HelloThrough].map(|subject| (subject, versions - 1));
    let requests = Request::ALL.into_iter().flat_map(|request| {
        let subject = Subject::Request(request);
        (0..versions).map(move |version| (subject, version))
    });
    let lanes = hello.into_iter().chain(requests);
    let lane = |(subject, version)| Lane {
        subject,
        version,
        rounds: Vec::new(),
        counts: Counts::default(),
    };
    lanes.map(lane).collect()
}

impl Bench<'_> {
    fn plan<'run>(
        &'run self,
        subject: Subject,
        version: usize,
        size: usize,
        addresses: &'run Addresses,
        counting: Option<(&'run Path, &'run Path)>,
    ) -> Plan<'run> {
        Plan {
            subject,
            version: &self.versions[version],
            hello: &self.versions[self.versions.len() - 1],
            size,
            runtime: &self.surroundings.runtime,
            addresses,
            log: &self.log,
            counting,
        }
    }

    /// Counts what a request takes of everything, in environments of their own.
    fn count(&self, lanes: &mut [Lane]) -> Result<()> {
        let folder = self.workspace.target().join("path-cost/counting");
        crate::disk::remove_folder(&folder)?;
        let library = allocations::library(self.workspace, &folder, self.interrupt)?;
        for lane in lanes {
            let addresses = &self.surroundings.counted;
            let counting = Some((folder.as_path(), library.as_path()));
            let plan = self.plan(lane.subject, lane.version, 1, addresses, counting);
            let fleet = Fleet::raise(&plan, self.next_fleet())?;
            let items = &self.items[..1];
            let mut load = Load::begin(&self.surroundings, lane.subject, &fleet, items)?;
            lane.counts = load.count(&fleet, &self.surroundings.relays)?;
            self.go_on()?;
        }
        Ok(())
    }

    /// One turn for each, beginning with another one each time.
    fn round(&self, round: u32, lanes: &mut [Lane]) -> Result<()> {
        let time = Duration::from_millis(self.choice.turn_ms);
        for turn in 0..lanes.len() {
            let number = (turn + round as usize) % lanes.len();
            let lane = &mut lanes[number];
            let measure = |size: usize| {
                let addresses = &self.surroundings.direct;
                let plan = self.plan(lane.subject, lane.version, size, addresses, None);
                let fleet = Fleet::raise(&plan, self.next_fleet())?;
                let items = &self.items[..size];
                let mut load = Load::begin(&self.surroundings, lane.subject, &fleet, items)?;
                load.measure(&fleet, time)
            };
            let (one, many) = (measure(1)?, measure(self.choice.environments.into())?);
            lane.rounds.push(Round { one, many });
            self.go_on()?;
        }
        Ok(())
    }

    fn next_fleet(&self) -> usize {
        self.fleets.replace(self.fleets.get() + 1)
    }

    fn go_on(&self) -> Result<()> {
        if self.interrupt.is_raised() {
            return Err(Interrupted.into());
        }
        Ok(())
    }
}
