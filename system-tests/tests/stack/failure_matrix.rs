//! What a read and a write get when each part of the system is in each kind of
//! trouble. The table is written down with `UPDATE_DOCS=1`.

use std::{fmt::Write as _, fs, path::PathBuf, time::Duration};

use serde_json::{Value, json};

use crate::stack::{Answer, Caller, Redirected, Stack, Victim, draft, let_pass, wait_until};

/// What the API Lambda gives itself for a request (`REQUEST_TIMEOUT_MS`).
const DEADLINE: Duration = Duration::from_secs(10);

/// What the emulator and a busy machine may add to that.
const ON_TOP: Duration = Duration::from_secs(5);

/// By then every environment honours a fault: the API's own promise.
const HONOURED_WITHIN: Duration = Duration::from_secs(2);

/// The parts, each alone in trouble; but the Fallback Lambda is only asked when
/// something else is in trouble as well.
const PARTS: [&str; 5] = ["database", "cache", "retry", "fallback", "store"];

const TROUBLES: [Trouble; 5] = [
    Trouble::Error,
    Trouble::Slow,
    Trouble::Hang,
    Trouble::Crash,
    Trouble::Gone,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Error,
    Slow,
    Hang,
    Crash,
    Gone,
}

impl Trouble {
    fn fault(self) -> Option<Value> {
        match self {
            Self::Error => Some(json!({"kind": "error"})),
            Self::Slow => Some(json!({"kind": "latency", "latency_ms": 600})),
            Self::Hang => Some(json!({"kind": "hang"})),
            Self::Crash => Some(json!({"kind": "crash"})),
            Self::Gone => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Error => "fails at once",
            Self::Slow => "600 ms slower",
            Self::Hang => "hangs",
            Self::Crash => "crashes after its work",
            Self::Gone => "gone",
        }
    }
}

/// Makes trouble; what is redirected stays so until it is dropped.
fn trouble(stack: &Stack, part: &str, trouble: Trouble) -> Vec<Redirected> {
    if part == "fallback" {
        stack.put_fault("database", json!({"kind": "error"}));
    }
    if let Some(fault) = trouble.fault() {
        stack.put_fault(part, fault);
        return Vec::new();
    }
    let nowhere = |function, variable| stack.redirect(function, &[(variable, "nowhere")]);
    match part {
        "database" | "cache" => {
            let victim = if part == "cache" {
                Victim::Cache
            } else {
                Victim::Database
            };
            Stack::kill(victim);
            Vec::new()
        }
        "retry" => vec![nowhere(Caller::Api, "RETRY_FUNCTION_NAME")],
        "fallback" => vec![
            nowhere(Caller::Api, "FALLBACK_FUNCTION_NAME"),
            nowhere(Caller::Retry, "FALLBACK_FUNCTION_NAME"),
        ],
        _ => vec![
            nowhere(Caller::Api, "CIRCUITS_TABLE_NAME"),
            nowhere(Caller::Retry, "CIRCUITS_TABLE_NAME"),
        ],
    }
}

/// Where the table has the times.
const TIMES: [usize; 2] = [5, 8];

/// What one request got.
struct Cell {
    status: u16,
    source: String,
    took: Duration,
}

impl Cell {
    fn of(answer: &Answer) -> Self {
        let at_all = format!("{answer:?}");
        assert!(![500, 502].contains(&answer.status), "{at_all}");
        assert!(answer.took < DEADLINE + ON_TOP, "{at_all}");
        if answer.status == 200 {
            let degraded = answer.source() == "fallback";
            assert_eq!(answer.body["served"]["degraded"], degraded, "{at_all}");
        } else {
            assert!([503, 504].contains(&answer.status), "{at_all}");
        }
        Self {
            status: answer.status,
            source: answer.source().to_owned(),
            took: answer.took,
        }
    }

    /// The cells of the table, the last of which differs from run to run.
    fn told(&self) -> String {
        let source = if self.source.is_empty() {
            "–"
        } else {
            &self.source
        };
        format!("{} | {source} | {}", self.status, self.took.as_millis())
    }
}

/// The circuits are held closed, so that every request meets the trouble.
fn hold_closed(stack: &Stack) {
    for circuit in ["retry", "database", "cache"] {
        stack.order(circuit, "force_closed");
    }
}

fn measure(stack: &Stack, unread: &str, written: &str) -> (Cell, Cell) {
    let read = stack.get(unread);
    let write = stack.send_json("PUT", written, &draft("in trouble"));
    if write.status != 200 {
        assert!(write.header("retry-after").parse::<u64>().is_ok() || write.status == 504);
    }
    (Cell::of(&read), Cell::of(&write))
}

fn table(stack: &Stack) -> String {
    let written = stack.create_item();
    let mut table = "| in trouble | how | read | from | ms | write | from | ms |\n\
                     | --- | --- | --- | --- | ---: | --- | --- | ---: |\n"
        .to_owned();
    for part in PARTS {
        for how in TROUBLES {
            hold_closed(stack);
            let unread = stack.create_item();
            let lasting = trouble(stack, part, how);
            // By then the item is not fresh any more, and would be asked for.
            let_pass(HONOURED_WITHIN);
            let (read, write) = measure(stack, &unread, &written);
            let how = how.name();
            let _ = writeln!(
                table,
                "| {part} | {how} | {} | {} |",
                read.told(),
                write.told()
            );
            drop(lasting);
            stack.end_faults();
            for victim in [Victim::Database, Victim::Cache] {
                Stack::start(victim);
            }
            wait_until("the trouble is over", || {
                let write = stack.send_json("PUT", &written, &draft("well"));
                write.status == 200 && write.outcomes("retry") == ["ok"]
            });
        }
    }
    let unread = stack.create_item();
    stack.order("retry", "force_open");
    wait_until("the circuit is open everywhere", || {
        stack.send_json("PUT", &written, &draft("refused")).status == 503
    });
    let (read, write) = measure(stack, &unread, &written);
    let _ = writeln!(
        table,
        "| nothing | the circuit is open | {} | {} |",
        read.told(),
        write.told()
    );
    for circuit in ["retry", "database", "cache"] {
        stack.withdraw_order(circuit);
    }
    stack.heal();
    table
}

fn page(table: &str) -> String {
    format!(
        "# What a request gets in every failure\n\n\
         Made by `system-tests` (`failure_matrix`) on the local stack: one part in trouble at a \
         time, all of its operations struck, and the circuits held closed, so that every request \
         meets the trouble in full; the last line is what one gets once the circuit has opened. \
         The Fallback Lambda is asked only when something else fails, so in its lines the \
         database fails too. *Gone*: the database and the cache are killed with SIGKILL; \
         functions and the table are not to be found. The store is the circuits' table.\n\n\
         The read is of an item that the cache knows but that is no longer fresh; the write \
         replaces an item. Every 503 says when to come back (`Retry-After`). Where it is unknown \
         whether a write was made, the answer names the key to repeat it with. No request may take \
         longer than 10 s. The emulator adds some 100 ms to each invocation.\n\n{table}"
    )
}

/// A table's lines without the figures that differ from run to run.
fn without_times(page: &str) -> Vec<String> {
    page.lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| {
            let cells = line.split('|').map(str::trim).enumerate();
            let kept = cells.filter(|(column, _)| !TIMES.contains(column));
            kept.map(|(_, cell)| cell).collect::<Vec<_>>().join("|")
        })
        .collect()
}

#[test]
fn no_failure_of_a_part_is_a_500_or_outlasts_the_deadline() {
    let stack = Stack::running();
    let measured = page(&table(&stack));
    let path: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "../docs/measured/failure-matrix.md",
    ]
    .iter()
    .collect();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &measured).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap();
    assert_eq!(
        without_times(&measured),
        without_times(&committed),
        "docs/measured/failure-matrix.md tells something else; look why, and write it anew with \
         UPDATE_DOCS=1",
    );
}
