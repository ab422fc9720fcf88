//! `docs/measured/metastability.md` tells what was measured.

use std::{fmt::Write, fs, path::Path};

use breaker_core::State;

use super::{
    LONG_AFTER, RUNS, Run,
    dependency::{SERVICE_TIME, STRETCH, WORKERS},
    fleet::{ENVIRONMENTS, LOAD, TIMEOUTS},
    recovered_by,
    scenario::{END, TROUBLE},
};

/// The second table has a column for so many seconds each.
const STEP: usize = 10;

#[test]
fn the_committed_page_says_what_is_measured() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/measured/metastability.md");
    let measured = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&committed, &measured).unwrap();
    }
    let found = fs::read_to_string(&committed).unwrap();
    assert!(
        found == measured,
        "docs/measured/metastability.md tells something else; look why, and write it anew with \
         `UPDATE_DOCS=1 cargo test --profile local -p api-lambda metastability`; now:\n{measured}",
    );
}

fn page() -> String {
    format!(
        "{}\n{}\n## Goodput, ten seconds at a time\n\nIn percent, by when the calls arrived.\n\n{}\n{LIMITS}",
        introduction(),
        phases(),
        course(),
    )
}

fn introduction() -> String {
    let capacity = f64::from(WORKERS) / SERVICE_TIME.as_secs_f64();
    format!(
        "\
# What is left of trouble once it is over

<!-- Written by `UPDATE_DOCS=1 cargo test --profile local -p api-lambda metastability`. -->

**Must hold:** load at {load:.0} % of capacity, {trouble} s of trouble; {after} s after its end at the
latest, goodput is back at 99 % or more in every second, by itself. The same without circuit
and retry limits stays below 90 %, which shows that the model can tell.

An overload can keep itself alive: calls time out in the queue and are tried again, and the
dependency is busy with work that nobody waits for any more (N. Bronson et al., \"Metastable
Failures in Distributed Systems\", HotOS 2021). Here the real call path of the API Lambda, {environments}
times, with one circuit in one store, meets a model of the Retry Lambda and its database at
the wire: {WORKERS} workers, jobs of {service} ms on average (log-normal, σ 0.5), first come first
served, and what has been begun or queued is worked off although its client has given up.
{rate:.0} calls a second arrive (Poisson), half of them reads, half writes, with the deployed
defaults: {attempt} s an attempt, {request} s a request, three attempts. In trouble a job takes {STRETCH} times as
long. Time is simulated; every number follows from one seed.

- *No retry limits*: three attempts whatever the budget and the circuit's suspicion say.
- *No circuit*: an operator's override holds it closed. Nothing is evidence then, so the rule
  about suspicion has no effect either, and what is left is the budget.

Goodput is the share of calls that the database answered. *Answered* counts what the
fallback knew too, which has an answer to every read here. The last two columns are about
the last {last} s of the run.
",
        load = LOAD * 100.0,
        trouble = TROUBLE.len(),
        after = recovered_by() - TROUBLE.end,
        environments = in_words(ENVIRONMENTS),
        service = SERVICE_TIME.as_millis(),
        rate = LOAD * capacity,
        attempt = TIMEOUTS.attempt.as_secs(),
        request = TIMEOUTS.request.as_secs(),
        last = END - LONG_AFTER,
    )
}

fn in_words(number: u64) -> String {
    match number {
        8 => "eight".to_owned(),
        other => other.to_string(),
    }
}

/// What each phase was like.
fn phases() -> String {
    let (begins, ends, recovered) = (TROUBLE.start, TROUBLE.end, recovered_by());
    let mut table = format!(
        "\
| trouble | protection | goodput to {begins} s | to {ends} s | to {recovered} s | to {END} s | answered to {ends} s | 99 % again after | opened | attempts a call | wasted work |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"
    );
    for run in RUNS.iter() {
        let seconds = &run.outcome.seconds;
        let goodput = |range| percent(seconds.total(range).goodput());
        let long_after = seconds.total(LONG_AFTER..END);
        let opened = run.outcome.transitions.iter();
        let opened = opened.filter(|(_, to)| *to == State::Open).count();
        writeln!(
            table,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {opened} | {:.2} | {} |",
            run.scenario,
            run.protection,
            goodput(0..begins),
            goodput(begins..ends),
            goodput(ends..recovered),
            goodput(recovered..END),
            percent(seconds.total(begins..ends).answered()),
            recovery(run),
            long_after.attempts_per_call(),
            percent(long_after.wasted()),
        )
        .unwrap();
    }
    table
}

/// How long after the trouble goodput was 99 % to stay.
fn recovery(run: &Run) -> String {
    match run.outcome.seconds.good_from(0.99) {
        END => "never".to_owned(),
        second => format!("{} s", second - TROUBLE.end),
    }
}

/// How goodput went.
fn course() -> String {
    let from = || (TROUBLE.start - STEP..END).step_by(STEP);
    let mut table = "| trouble | protection |".to_owned();
    for second in from() {
        write!(table, " {second} s |").unwrap();
    }
    table += "\n| --- | --- |";
    table += &" ---: |".repeat(from().count());
    table += "\n";
    for run in RUNS.iter() {
        write!(table, "| {} | {} |", run.scenario, run.protection).unwrap();
        for second in from() {
            let counts = run.outcome.seconds.total(second..second + STEP);
            write!(table, " {:.0} |", counts.goodput() * 100.0).unwrap();
        }
        table += "\n";
    }
    table
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

const LIMITS: &str = "\
## What this shows, and what not

- The circuit is what ends the overload: it lets the queue run empty. Retry limits add little
  to that here, and the budget alone is no help: its reserve, a retry a second in each
  environment, is a large part of such a traffic.
- Recovery takes until a probe meets no old queue any more: those that wait in it fail, and the
  next one follows a second later. Then comes the ramp.
- Skipping jobs past their deadline does not end the overload: attempts are given up after 3 s,
  but the deadline they carry is the request's.
- An environment here answers any number of calls at once. Lambda gives each one call at a
  time, so there are more environments in an overload, each with a reserve of its own.
- The store answers at once; slow and absent ones are the simulator's business.
";
