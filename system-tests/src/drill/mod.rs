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
mod report;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Result, anyhow, bail, ensure};
use serde_json::{Value, json};
use tooling::measured::write_section;
use tooling::stack::{Action, Backend, Endpoints};

use crate::http::Client as Http;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::waiting::{self, Stopwatch};
use crate::workspace::Workspace;
use crate::xtask;
use checker::Bounds;
use client::{Client, World};
use history::{Operation, Remains, Span};
use nemesis::{Disturbance, Nemesis};
use proxy::Proxy;
use report::Report;

/// The stage `local` keeps entries fresh for a second; the rest is what a busy
/// machine takes between the database's answer and ours.
const FRESH: Duration = Duration::from_secs(2);

/// The Fallback Lambda's own bound.
const DEGRADED: Duration = Duration::from_hours(24);

/// How long the system may take to be well after the last disturbance.
const HEALING_BOUND: Duration = Duration::from_mins(3);

/// A complete drill; only such a one is written down.
const COMPLETE: usize = 2_000;

/// How large a drill.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Size {
    /// How many writes at least; clients go on until the last disturbance is over.
    /// With 2000 or more the result is written down.
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    writes: u32,
    /// How many clients at once.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=32))]
    clients: u32,
    /// Decides what is asked for and what is done to the system.
    #[arg(long, default_value_t = 1)]
    seed: u64,
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
    let endpoints = Endpoints::running(workspace)?;
    for backend in Backend::ALL {
        xtask::change(workspace, backend, Action::Start, interrupt)?;
    }
    let watch = Stopwatch::start();
    let mark = format!("drill-{:04x}", u16::from_ne_bytes(crate::random::bytes()?));
    let proxy = Proxy::start(address_of(&endpoints.database.url)?, size.seed)?;
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
    let played = run.nemesis.calm().and_then(|()| run.play());
    let healed = around.end();
    let (history, disturbances, forgetful) = played?;
    healed?;
    let remains = run.remains()?;
    let bounds = Bounds {
        fresh: FRESH,
        degraded: DEGRADED,
        forgetful: &forgetful,
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
        write_section(workspace, &report.command(), &report.page())?;
    }
    progress.say(&report.in_short());
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
    /// Lets clients write and the nemesis do its work until both are done.
    fn play(&self) -> Result<(Vec<Operation>, Vec<Disturbance>, Vec<Span>)> {
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
            self.world.calm_down();
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
            disturbed.map(|forgetful| (history, schedule, forgetful))
        })
    }

    /// Each disturbance has its turn at a share of the writes. Answers when the cache
    /// lost what it had taken.
    fn disturb(
        &self,
        schedule: &[Disturbance],
        draws: &mut fastrand::Rng,
        interrupt: &Interrupt,
    ) -> Result<Vec<Span>> {
        let mut forgetful = Vec::new();
        let writes = self.size.writes as usize;
        for (index, disturbance) in schedule.iter().enumerate() {
            let turn = writes * (index + 1) / (schedule.len() + 2);
            waiting::until(Duration::from_hours(1), interrupt, || {
                Ok((self.world.written.load(Ordering::SeqCst) >= turn).then_some(()))
            })?
            .ok_or_else(|| anyhow!("the clients do not get on"))?;
            let lasts = Duration::from_millis(draws.u64(1_500..3_000));
            let name = format!("after {turn} writes: {}", disturbance.describe());
            let from = waiting::now();
            self.progress
                .step(&name, |_| self.nemesis.disturb(*disturbance, lasts))?;
            if disturbance.lets_the_cache_forget() {
                let to = waiting::now();
                forgetful.push(Span { from, to });
            }
        }
        Ok(forgetful)
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
