//! How soon a fleet of busy services opens its circuit when what they depend on
//! is gone, and how soon it is back: processes of their own, each an axum
//! service behind the breaker, over one DynamoDB emulator, with real HTTP in
//! front of them and behind them.
//!
//! `cargo bench -p breaker-bench --bench busy_fleet`; with `--smoke` as the
//! last word a small fleet for a few seconds, to see that it runs.

#![expect(
    clippy::disallowed_methods,
    reason = "it is real time that is measured"
)]

mod client;
mod dependency;
mod load;
mod service;
mod table;

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use breaker_core::{Breaker, DynamoDbStore, Epoch, Policy, State};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, ChildStdout, Command},
};

use dependency::Dependency;
use load::Load;

/// How large the fleet is, and for how long it is looked at.
#[derive(Debug, Clone, Copy)]
struct Size {
    processes: usize,
    calls_per_s: u32,
    well_for: Duration,
    down_for: Duration,
}

impl Size {
    const WHOLE: Self = Self {
        processes: 8,
        calls_per_s: 500,
        well_for: Duration::from_secs(40),
        down_for: Duration::from_secs(45),
    };

    const SMOKE: Self = Self {
        processes: 2,
        calls_per_s: 100,
        well_for: Duration::from_secs(5),
        down_for: Duration::from_secs(10),
    };
}

/// So long anything may take before the run is given up.
const BOUND: Duration = Duration::from_mins(1);

/// A service, and how it is reached.
struct Process {
    /// Killed when it is dropped.
    child: Child,
    lines: tokio::io::Lines<BufReader<ChildStdout>>,
    url: String,
}

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    if let Some(told) = service::Told::by_environment() {
        return runtime.block_on(service::serve(told));
    }
    let is_smoke = std::env::args().any(|word| word == "--smoke");
    runtime.block_on(run(if is_smoke { Size::SMOKE } else { Size::WHOLE }))
}

async fn run(size: Size) -> Result<()> {
    println!("{size:?}");
    let endpoint = table::emulate().await?;
    let dependency = Dependency::start().await?;
    let mut processes = Vec::new();
    for _ in 0..size.processes {
        processes.push(start(&endpoint, &dependency.url).await?);
    }
    let onlooker = Breaker::new(
        service::CIRCUIT.parse()?,
        Policy::default(),
        DynamoDbStore::new(table::client(&endpoint), table::NAME),
    )?;
    let urls = processes.iter().map(|process| process.url.clone());
    let load = Load::start(urls, size.calls_per_s);

    tokio::time::sleep(size.well_for).await;
    println!("all well: {}", load.seen());

    let before = load.seen();
    dependency.fail(true);
    let opening = until(&onlooker, |state| state == State::Open).await?;
    let calls = load.seen().since(before).total();
    println!("open after {opening:.2?} and {calls} calls of the outage");

    tokio::time::sleep(size.down_for.saturating_sub(opening)).await;
    println!("down: {}", load.seen().since(before));
    let snapshot = onlooker.inspect().await?;
    let told = snapshot.record.traffic.fleet_size(snapshot.now);
    println!("the record says: {told:?}");

    let before = load.seen();
    dependency.fail(false);
    let closing = until(&onlooker, |state| state == State::Closed).await?;
    println!("closed after {closing:.2?}: {}", load.seen().since(before));
    let quiet = until_nobody_refuses(&load).await?;
    println!("nobody refused any more {quiet:.2?} later");

    println!("the trail:");
    for event in onlooker.events(Epoch(0), 100).await? {
        println!(
            "  {} {} -> {}: {}",
            event.epoch, event.from, event.to, event.reason
        );
    }
    load.stop();
    let seen = load.seen();
    println!("in all: {seen}");
    let mut refused = 0;
    for process in processes {
        let heard = end(process).await?;
        println!("  a process heard: {heard}");
        refused += heard["rejected"].as_u64().unwrap_or_default();
    }
    println!(
        "refused by what the services heard {refused}, by what their clients saw {}",
        seen.refused
    );
    Ok(())
}

/// Starts a service of its own process and learns where it listens.
async fn start(endpoint: &str, dependency: &str) -> Result<Process> {
    let mut child = Command::new(std::env::current_exe()?)
        .envs(service::Told::environment(endpoint, dependency))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let stdout = child.stdout.take().context("its output is piped")?;
    let mut lines = BufReader::new(stdout).lines();
    let line = tokio::time::timeout(BOUND, lines.next_line()).await??;
    let url = line.context("a service ended at once")?;
    Ok(Process { child, lines, url })
}

/// Ends a service, and gives what it heard of its breaker.
async fn end(mut process: Process) -> Result<serde_json::Value> {
    drop(process.child.stdin.take());
    let line = tokio::time::timeout(BOUND, process.lines.next_line()).await??;
    let heard = serde_json::from_str(&line.context("a service says nothing")?)?;
    let status = tokio::time::timeout(BOUND, process.child.wait()).await??;
    ensure!(status.success(), "a service ended with {status}");
    Ok(heard)
}

/// How long it takes until the stored circuit is in a state.
async fn until<S: breaker_core::StateStore>(
    onlooker: &Breaker<S>,
    is_there: impl Fn(State) -> bool,
) -> Result<Duration> {
    let start = Instant::now();
    loop {
        let snapshot = onlooker.inspect().await?;
        if is_there(snapshot.record.state(snapshot.now)) {
            return Ok(start.elapsed());
        }
        ensure!(start.elapsed() < BOUND, "nothing happened for {BOUND:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// How long it takes until calls pass for a second.
async fn until_nobody_refuses(load: &Load) -> Result<Duration> {
    let start = Instant::now();
    let mut last = (start, load.seen().refused);
    while last.0.elapsed() < Duration::from_secs(1) {
        ensure!(start.elapsed() < BOUND, "calls were refused for {BOUND:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
        let refused = load.seen().refused;
        if refused != last.1 {
            last = (Instant::now(), refused);
        }
    }
    Ok(last.0.duration_since(start))
}
