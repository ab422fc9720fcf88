//! `cargo xtask drill`: clients write while the system is hurt, and a checker
//! looks for what was lost, doubled or made up.
//!
//! The seed decides what each client asks for, in what order the disturbances
//! come and which answers are cut off; how they meet is up to the machine.

mod checker;
mod client;
mod history;
mod nemesis;
mod proxy;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::{Value, json};

use crate::http::Client as Http;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::stack::lifecycle::{self, Action};
use crate::stack::server::Name;
use crate::stack::state::Endpoints;
use crate::waiting::{self, Stopwatch, spoken};
use crate::workspace::Workspace;
use checker::Bounds;
use client::{Client, World};
use history::{Operation, Remains, Told};
use nemesis::{Disturbance, Nemesis};
use proxy::Proxy;

/// The stage `local` keeps entries fresh for a second; the rest is what a busy
/// machine takes between the database's answer and ours.
const FRESH: Duration = Duration::from_secs(2);

/// The Fallback Lambda's own bound.
const DEGRADED: Duration = Duration::from_hours(24);

/// How long the system may take to be well after the last disturbance.
const HEALING_BOUND: Duration = Duration::from_mins(3);

/// A complete drill; only such a one is written down.
const COMPLETE: usize = 2_000;

/// Where that is.
const DOCUMENT: &str = "docs/measured/kill-drill.md";

/// How large a drill.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Size {
    /// How many writes; with 2000 or more the result is written down.
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    writes: u32,
    /// How many clients at once.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=32))]
    clients: u32,
    /// Decides what is asked for and what is done to the system.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Size {
    /// As small as is worth the while.
    pub(crate) fn small() -> Self {
        Self {
            writes: 150,
            clients: 4,
            seed: 1,
        }
    }
}

/// Hurts the running stack under load and tells what the checker found.
///
/// # Errors
/// When no stack is running, a promise was broken, or the user interrupts.
pub(crate) fn drill(
    workspace: &Workspace,
    size: &Size,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<()> {
    let (_, endpoints) = lifecycle::running(workspace)?;
    for name in [Name::Database, Name::Cache] {
        lifecycle::change(workspace, name, Action::Start, interrupt)?;
    }
    let watch = Stopwatch::start();
    let mark = format!("drill-{:04x}", u16::from_ne_bytes(crate::random::bytes()?));
    let proxy = Proxy::start(address_of(&endpoints.database_url)?, size.seed)?;
    let around = Detour::through(&proxy, &endpoints)?;
    let world = World::new(&endpoints.api_url, mark, size.writes as usize);
    let run = Run {
        nemesis: Nemesis {
            workspace,
            endpoints: &endpoints,
            proxy: &proxy,
            interrupt,
        },
        world: &world,
        size,
        progress,
        interrupt,
    };
    let played = run.play();
    let healed = around.end();
    let (history, disturbances) = played?;
    healed?;
    let remains = run.remains()?;
    ensure!(proxy.cuts() > 0, "no answer to a commit was ever cut off");
    let bounds = Bounds {
        fresh: FRESH,
        degraded: DEGRADED,
    };
    let violations = checker::violations(&history, &remains, bounds);
    let report = Report {
        size,
        history: &history,
        requests: world.requests.load(Ordering::SeqCst),
        cuts: proxy.cuts(),
        disturbances: &disturbances,
        remains: remains.len(),
        took: watch.elapsed(),
    };
    progress.say(&report.lines().join("\n"));
    if !violations.is_empty() {
        bail!(
            "{} promises were broken, seed {}:\n{}",
            violations.len(),
            size.seed,
            violations.join("\n")
        );
    }
    if size.writes as usize >= COMPLETE {
        let document = workspace.root().join(DOCUMENT);
        std::fs::write(&document, report.page()).context("writing the result")?;
    }
    Ok(())
}

/// One drill under way.
struct Run<'run> {
    nemesis: Nemesis<'run>,
    world: &'run Arc<World>,
    size: &'run Size,
    progress: &'run Progress,
    interrupt: &'run Interrupt,
}

impl Run<'_> {
    /// Lets clients write and the nemesis do its work until all is written.
    fn play(&self) -> Result<(Vec<Operation>, Vec<Disturbance>)> {
        let mut draws = fastrand::Rng::with_seed(self.size.seed);
        let writes = self.size.writes as usize;
        let rounds = (writes / 500).max(1);
        let schedule = nemesis::schedule(rounds, &mut draws);
        // Clients that fail stop the nemesis, and the other way round.
        let part = self.interrupt.part();
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..self.size.clients)
                .map(|number| {
                    let seed = self
                        .size
                        .seed
                        .wrapping_mul(1_000)
                        .wrapping_add(number.into());
                    let client = Client::new(Arc::clone(self.world), seed, &part);
                    scope.spawn(move || client.work())
                })
                .collect();
            let disturbed = self.disturb(&schedule, &mut draws, &part);
            if disturbed.is_err() {
                part.raise();
            }
            let mut history = Vec::new();
            for client in clients {
                let worked = client.join().map_err(|_| anyhow!("a client panicked"));
                history.extend(worked.and_then(|worked| worked).or_else(|error| {
                    if disturbed.is_err() {
                        Ok(Vec::new())
                    } else {
                        Err(error)
                    }
                })?);
            }
            disturbed.map(|()| (history, schedule))
        })
    }

    /// Each disturbance has its turn at a share of the writes.
    fn disturb(
        &self,
        schedule: &[Disturbance],
        draws: &mut fastrand::Rng,
        interrupt: &Interrupt,
    ) -> Result<()> {
        let writes = self.size.writes as usize;
        for (index, disturbance) in schedule.iter().enumerate() {
            let turn = writes * (index + 1) / (schedule.len() + 2);
            waiting::until(Duration::from_hours(1), interrupt, || {
                Ok((self.world.written.load(Ordering::SeqCst) >= turn).then_some(()))
            })?
            .ok_or_else(|| anyhow!("the clients do not get on"))?;
            let lasts = Duration::from_millis(draws.u64(1_500..3_000));
            let name = format!("after {turn} writes: {}", disturbance.describe());
            self.progress
                .step(&name, |_| self.nemesis.disturb(*disturbance, lasts))?;
        }
        Ok(())
    }

    /// What is there in the end, from the database itself.
    fn remains(&self) -> Result<Remains> {
        let http = Http::new(Duration::from_secs(30));
        let mut remains = Remains::new();
        let mut path = Some("/items?limit=100".to_owned());
        while let Some(page) = path.take() {
            let url = format!("{}{page}", self.world.api_url);
            let body = waiting::until(HEALING_BOUND, self.interrupt, || {
                let answer = http.get(&url)?;
                let body = answer.json();
                let known = answer.status == 200 && body["served"]["source"] == "database";
                Ok(known.then_some(body))
            })?
            .ok_or_else(|| anyhow!("{page} is not answered by the database"))?;
            let items = body["data"]["items"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            remains.extend(items.iter().filter_map(|item| self.remnant(item)));
            let next = body["data"]["next_cursor"].as_str();
            path = next.map(|cursor| format!("/items?limit=100&cursor={cursor}"));
        }
        Ok(remains)
    }

    /// An item of this drill, and not of another.
    fn remnant(&self, item: &Value) -> Option<(String, u64, String)> {
        let name = item["name"].as_str()?;
        name.starts_with(&self.world.mark).then_some(())?;
        Some((
            item["id"].as_str()?.to_owned(),
            item["version"].as_u64()?,
            name.to_owned(),
        ))
    }
}

/// The Retry Lambda's way to its database while the drill lasts.
struct Detour {
    url: String,
    before: Value,
}

impl Detour {
    fn through(proxy: &Proxy, endpoints: &Endpoints) -> Result<Self> {
        let url = format!(
            "{}/2015-03-31/functions/{}/configuration",
            endpoints.aws_endpoint, endpoints.functions.retry
        );
        let answer = Http::new(Duration::from_secs(30)).get(&url)?;
        let before = answer.json()["Environment"].clone();
        let mut after = before.clone();
        let direct = before["Variables"]["DATABASE_URL"]
            .as_str()
            .ok_or_else(|| anyhow!("the Retry Lambda has no DATABASE_URL"))?;
        let server = address_of(direct)?;
        let here = format!("127.0.0.1:{}", proxy.port);
        after["Variables"]["DATABASE_URL"] = direct.replace(&server.to_string(), &here).into();
        let detour = Self { url, before };
        detour.set(&after)?;
        Ok(detour)
    }

    fn end(self) -> Result<()> {
        self.set(&self.before)
    }

    fn set(&self, environment: &Value) -> Result<()> {
        let body = json!({ "Environment": environment });
        let answer = Http::new(Duration::from_secs(30)).send("PUT", &self.url, &[], Some(&body))?;
        // The answer would tell the password.
        ensure!(
            answer.status == 200,
            "changing the Retry Lambda was answered {}",
            answer.status
        );
        Ok(())
    }
}

/// The server in a database's URL.
fn address_of(url: &str) -> Result<SocketAddr> {
    let server = url
        .rsplit_once('@')
        .and_then(|(_, rest)| rest.split('/').next());
    server
        .and_then(|server| server.parse().ok())
        .ok_or_else(|| anyhow!("the database is not at an address of this machine"))
}

/// What is told of a drill.
struct Report<'a> {
    size: &'a Size,
    history: &'a [Operation],
    requests: usize,
    cuts: usize,
    disturbances: &'a [Disturbance],
    remains: usize,
    took: Duration,
}

impl Report<'_> {
    fn lines(&self) -> Vec<String> {
        let count = |is: fn(&Operation) -> bool| self.history.iter().filter(|one| is(one)).count();
        let writes = count(|one| one.asked.is_write());
        let acknowledged = count(|one| matches!(one.told, Told::Stored { .. } | Told::Deleted));
        let refused =
            count(|one| one.asked.is_write() && matches!(one.told, Told::Absent | Told::Mismatch));
        let in_doubt = count(|one| one.asked.is_write() && one.told == Told::Nothing);
        let reads = count(|one| matches!(one.told, Told::Found(_)));
        let degraded = count(|one| matches!(&one.told, Told::Found(found) if found.degraded));
        let unanswered = count(|one| !one.asked.is_write() && one.told == Told::Nothing);
        let mut turns: BTreeMap<&str, usize> = BTreeMap::new();
        for disturbance in self.disturbances {
            *turns.entry(disturbance.describe()).or_default() += 1;
        }
        let mut lines = vec![
            format!(
                "{writes} writes by {} clients: {acknowledged} acknowledged, {refused} refused \
                 (gone, or at another version), {in_doubt} never answered",
                self.size.clients
            ),
            format!(
                "{reads} reads answered, {degraded} of them degraded; {unanswered} not answered"
            ),
            format!("{} requests in all, repetitions included", self.requests),
            format!("{} connections cut between commit and answer", self.cuts),
        ];
        lines.extend(
            turns
                .iter()
                .map(|(what, times)| format!("{times} times: {what}")),
        );
        lines.push(format!(
            "{} items remain; {}",
            self.remains,
            spoken(self.took)
        ));
        lines
    }

    fn page(&self) -> String {
        let lines: Vec<String> = self
            .lines()
            .iter()
            .map(|line| format!("- {line}"))
            .collect();
        format!(
            "# The kill drill\n\n\
             Made by `cargo xtask drill --writes {} --clients {} --seed {}` on the local stack. \
             Clients create, replace and delete items, each write repeated under its key until \
             it is answered, while the system is hurt. A checker then looks at everything that \
             was asked for and told (`crates/xtask/src/drill/checker.rs`).\n\n\
             No promise was broken: every acknowledged write is there exactly once; none that \
             was refused was done, and none that was not acknowledged was done twice; versions \
             never go back; no read is older than its bound ({} s if it is not called degraded, \
             a day if it is), or older than it says.\n\n{}\n",
            self.size.writes,
            self.size.clients,
            self.size.seed,
            FRESH.as_secs(),
            lines.join("\n")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_found_in_a_url_and_the_password_is_not_mistaken_for_it() {
        let address = address_of("postgres://user:p@127.0.0.1:1@127.0.0.1:5432/items?x=1");
        assert_eq!(address.unwrap(), "127.0.0.1:5432".parse().unwrap());
        assert!(address_of("postgres://user@db.example.org/items").is_err());
    }
}
