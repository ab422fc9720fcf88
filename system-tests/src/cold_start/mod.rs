//! `cargo xtask cold-start`: how long each function takes from the start of its
//! process until it asks for its first event, and how much memory it has used by
//! then, beside a function that does nothing.

pub(crate) mod lambda;
mod sample;

use std::path::Path;

use anyhow::Result;
use tooling::cargo::{RELEASE_VARIABLE, plain_cargo_in};
use tooling::functions::Function;
use tooling::measured::{SYSTEM, write_section};

use self::lambda::Surroundings;
use self::sample::{Sample, Summary};
use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::progress::Progress;
use crate::workspace::Workspace;

/// What the others are measured against.
const HELLO: &str = "hello-lambda";

/// The least that has a client of AWS's and uses it once, in the same package.
const HELLO_DYNAMODB: &str = "hello-dynamodb";

/// What a function may take, as a multiple of what the least one takes.
const BOUND: f64 = 2.0;

/// How often.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Choice {
    /// How often each is started; they take turns.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(5..=1000))]
    runs: u32,
}

/// # Errors
/// When a function does not start.
pub(crate) fn measure(
    workspace: &Workspace,
    choice: Choice,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<()> {
    progress.step("functions: release build for this machine", |_| {
        release_build(workspace, workspace.root()).run(interrupt)
    })?;
    let surroundings = Surroundings::start()?;
    let names = names();
    let mut samples = vec![Vec::new(); names.len()];
    progress.step(&format!("{} starts of each, in turn", choice.runs), |_| {
        // The first ones bring the files into memory, where Lambda's are too.
        for turn in 0..=choice.runs {
            for (name, samples) in names.iter().zip(&mut samples) {
                let binary = workspace.target().join("release").join(name);
                let sample = surroundings.start_once(&binary, interrupt)?;
                if turn > 0 {
                    samples.push(sample);
                }
            }
        }
        Ok(())
    })?;
    let rows: Vec<Row> = names.into_iter().zip(&samples).map(Row::new).collect();
    let page = page(&rows);
    println!("\n{page}");
    let command = format!("cargo xtask cold-start --runs {}", choice.runs);
    write_section(workspace, &command, &page)?;
    progress.say(&format!("{} starts of each, in {SYSTEM}", choice.runs));
    Ok(())
}

/// The functions of a checkout as they are released, but by this machine's own compiler
/// and linker.
pub(crate) fn release_build(workspace: &Workspace, checkout: &Path) -> Program {
    let cargo = plain_cargo_in(checkout, workspace, "cargo-release")
        .env(RELEASE_VARIABLE.0, RELEASE_VARIABLE.1);
    let functions = Function::ALL.map(Function::package);
    cargo
        .args(["build", "--locked", "--release", "--package", HELLO])
        .args(functions.into_iter().flat_map(|name| ["--package", name]))
}

fn names() -> [&'static str; 5] {
    let [api, retry, fallback] = Function::ALL.map(Function::package);
    [HELLO, HELLO_DYNAMODB, api, retry, fallback]
}

/// One line of the table.
struct Row {
    name: &'static str,
    summary: Summary,
}

impl Row {
    fn new((name, samples): (&'static str, &Vec<Sample>)) -> Self {
        Self {
            name,
            summary: Summary::of(samples),
        }
    }
}

fn page(rows: &[Row]) -> String {
    let least = &rows[0].summary;
    let lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let Row { name, summary } = row;
            format!(
                "| `{name}` | {:.1} ms ({:.1} – {:.1}) | {:.2} | {:.1} MB | {:.2} | {:.1} MB |",
                summary.median_ms,
                summary.fastest_ms,
                summary.slowest_tenth_ms,
                summary.median_ms / least.median_ms,
                summary.memory_mb,
                summary.memory_mb / least.memory_mb,
                summary.anonymous_mb,
            )
        })
        .collect();
    let too_much: Vec<String> = rows
        .iter()
        .filter(|row| {
            row.summary.median_ms > BOUND * least.median_ms
                || row.summary.memory_mb > BOUND * least.memory_mb
        })
        .map(|row| format!("`{}`", row.name))
        .collect();
    let verdict = if too_much.is_empty() {
        format!("All stay within {BOUND} times what the least function takes, in both.")
    } else {
        format!(
            "More than {BOUND} times the least function: {}.",
            too_much.join(", ")
        )
    };
    format!(
        "# Cold starts\n\n\
         Release builds for this machine, started in turn, from the start of the process until it asks Lambda's runtime API for its first \
         event, with the most memory that was resident by then. `hello-lambda` is a function \
         that does nothing else, `hello-dynamodb` one that makes a client of AWS's and reads one \
         item first. So does the API function, from the table of the circuits, which answers at once \
         and without TLS here.\n\n\
         | function | median (fastest – nine of ten) | times hello | memory | times hello | not of a file |\n\
         | --- | ---: | ---: | ---: | ---: | ---: |\n{}\n\n{verdict}\n\n\
         Memory that is not of a file is what a function has asked for; the rest are the pages of \
         the program and of its libraries that were touched, which follow from how much code runs. \
         AWS's clients bring their authorities along (`lambda-kit`, `aws/trust.rs`): read from the \
         system, as they would be otherwise, they take most of the time. The Fallback function has no \
         such client.\n\n\
         Lambda adds what it takes to make an environment and to fetch the code, which follows from \
         the size of the zip file more than from anything here.\n",
        lines.join("\n")
    )
}
