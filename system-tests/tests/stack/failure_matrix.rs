//! What a read and a write get when each part of the system is in each kind of
//! trouble. The table is written down with `UPDATE_DOCS=1`.

use std::{any::Any, fmt::Write as _, time::Duration};

use serde_json::{Value, json};
use tooling::{
    measured::{section, write_section},
    workspace::Workspace,
};

use crate::stack::{Answer, Caller, Stack, Victim, draft, let_pass, wait_until};

/// The section's title in the page about the system.
const TITLE: &str = "What a request gets in every failure";

/// What writes the section anew, on a running stack.
const COMMAND: &str = "UPDATE_DOCS=1 cargo test --workspace --features system-tests/running-stack \
                       --test stack failure_matrix";

/// What the API Lambda gives itself for a request (`REQUEST_TIMEOUT_MS`).
const DEADLINE: Duration = Duration::from_secs(10);

/// What the emulator and a busy machine may add to that.
const ON_TOP: Duration = Duration::from_secs(5);

/// By then every environment honours a fault: the API's own promise.
const HONOURED_WITHIN: Duration = Duration::from_secs(2);

/// The parts, each alone in trouble; but the Fallback Lambda is only asked when
/// something else is in trouble as well.
const PARTS: [&str; 5] = ["database", "cache", "retry", "fallback", "store"];

/// What every part may be in.
const TROUBLES: [Trouble; 5] = [
    Trouble::Error,
    Trouble::Slow,
    Trouble::Hang,
    Trouble::Crash,
    Trouble::Gone,
];

/// What only one part can be in.
const TROUBLES_OF_ONE: [(&str, Trouble); 4] = [
    ("database", Trouble::TableLocked),
    ("cache", Trouble::RefusesWrites),
    ("cache", Trouble::RefusesEverything),
    ("retry", Trouble::Throttled),
];

/// The promise about what the cache did not take: `CACHE_FRESH_MS` in the stage
/// `local`, and what the clocks and a busy machine add.
const SEEN_WITHIN: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Error,
    Slow,
    Hang,
    Crash,
    Gone,
    TableLocked,
    RefusesWrites,
    RefusesEverything,
    Throttled,
}

impl Trouble {
    fn fault(self) -> Option<Value> {
        match self {
            Self::Error => Some(json!({"kind": "error"})),
            Self::Slow => Some(json!({"kind": "latency", "latency_ms": 600})),
            Self::Hang => Some(json!({"kind": "hang"})),
            Self::Crash => Some(json!({"kind": "crash"})),
            Self::Gone
            | Self::TableLocked
            | Self::RefusesWrites
            | Self::RefusesEverything
            | Self::Throttled => None,
        }
    }

    /// What the cache is commanded, to get into it.
    fn commands(self) -> Option<&'static [&'static str]> {
        match self {
            Self::RefusesWrites => Some(&["CONFIG SET min-replicas-to-write 1"]),
            Self::RefusesEverything => Some(&[
                "CONFIG SET requirepass wanted",
                // Who is connected already is logged in.
                "CLIENT KILL TYPE normal SKIPME yes",
            ]),
            Self::Error
            | Self::Slow
            | Self::Hang
            | Self::Crash
            | Self::Gone
            | Self::TableLocked
            | Self::Throttled => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Error => "fails at once",
            Self::Slow => "600 ms slower",
            Self::Hang => "hangs",
            Self::Crash => "crashes after its work",
            Self::Gone => "gone",
            Self::TableLocked => "table locked",
            Self::RefusesWrites => "refuses writes",
            Self::RefusesEverything => "refuses everything",
            Self::Throttled => "throttled by Lambda",
        }
    }
}

/// Trouble that ends when it is dropped.
type Lasting = Vec<Box<dyn Any>>;

/// Makes trouble.
fn trouble(stack: &Stack, part: &str, trouble: Trouble) -> Lasting {
    if part == "fallback" {
        stack.put_fault("database", json!({"kind": "error"}));
    }
    if let Some(fault) = trouble.fault() {
        stack.put_fault(part, fault);
        return Vec::new();
    }
    if let Some(commands) = trouble.commands() {
        stack.command_cache(commands);
        return Vec::new();
    }
    match trouble {
        Trouble::TableLocked => vec![Box::new(stack.lock_table("items"))],
        Trouble::Throttled => vec![Box::new(stack.throttle_retry())],
        _ => gone(stack, part),
    }
}

fn gone(stack: &Stack, part: &str) -> Lasting {
    let nowhere = |function, variable| -> Box<dyn Any> {
        Box::new(stack.redirect(function, &[(variable, "nowhere")]))
    };
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
        stack.options(circuit, "force_closed");
    }
}

fn measure(stack: &Stack, unread: &str, written: &str) -> (Cell, Cell) {
    // What this write replaces has just been read, so the cache says that it is fresh.
    stack.get(written);
    let read = stack.get(unread);
    let name = format!("in trouble {}", uuid::Uuid::now_v7());
    let write = stack.send_json("PUT", written, &draft(&name));
    if write.status == 200 {
        let_pass(SEEN_WITHIN);
        let seen = stack.get(written);
        let is_labelled = seen.status != 200 || seen.body["served"]["degraded"] == true;
        assert!(
            is_labelled || seen.body["data"]["name"] == *name,
            "{seen:?}"
        );
    } else {
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
        let only_here = TROUBLES_OF_ONE.into_iter().filter(|(one, _)| *one == part);
        let troubles = TROUBLES.into_iter().chain(only_here.map(|(_, how)| how));
        for how in troubles {
            hold_closed(stack);
            let unread = stack.create_item();
            let lasting = trouble(stack, part, how);
            // By then the item is not fresh any more, and would be asked for.
            let_pass(HONOURED_WITHIN);
            let (read, write) = measure(stack, &unread, &written);
            let _ = writeln!(
                table,
                "| {part} | {} | {} | {} |",
                how.name(),
                read.told(),
                write.told()
            );
            drop(lasting);
            stack.end_faults();
            if how.commands().is_some() {
                // It comes back without what it was commanded.
                Stack::kill(Victim::Cache);
            }
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
    stack.options("retry", "force_open");
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
        stack.withdraw_override(circuit);
    }
    stack.heal();
    table
}

fn page(table: &str) -> String {
    format!(
        "# {TITLE}\n\n\
         On the local stack, one part in trouble at a \
         time, all of its operations struck, and the circuits held closed, so that every request \
         meets the trouble in full; the last line is what one gets once the circuit has opened. \
         The Fallback Lambda is asked only when something else fails, so in its lines the \
         database fails too. *Gone*: the database and the cache are killed with SIGKILL; \
         functions and the table are not to be found. The store is the circuits' table. *Table locked*: \
         another session of PostgreSQL holds the items (`LOCK TABLE`). *Throttled by Lambda*: the \
         function's reserved concurrency is 0, and each invocation gets 429 \
         (`TooManyRequestsException`). The cache \
         *refuses writes* when it has too few replicas (`NOREPLICAS`), and *everything* when it wants \
         a password (`NOAUTH`).\n\n\
         The read is of an item that the cache knows but that is no longer fresh; the write \
         replaces an item. Every 503 says when to come back (`Retry-After`). Where it is unknown \
         whether a write was made, the answer names the key to repeat it with. No request may take \
         longer than 10 s. What an acknowledged write says, a read two seconds later shows, or is \
         called degraded. The emulator adds some 100 ms to each invocation.\n\n{table}"
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
    let workspace = Workspace::find();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        write_section(&workspace, COMMAND, &measured).unwrap();
    }
    let committed = section(&workspace, TITLE).unwrap();
    assert_eq!(
        without_times(&measured),
        without_times(&committed),
        "docs/measured/system.md tells something else; look why, and write it anew with \
         UPDATE_DOCS=1",
    );
}
