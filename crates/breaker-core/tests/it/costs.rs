//! What `docs/dynamodb.md` says a circuit costs under the default policy.

use std::fmt::Write;

use breaker_core::Policy;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/dynamodb.md");
const HEADER: &str = "\
| P | λ | q | W | R | USD per million calls | USD a month |
| --- | --- | --- | --- | --- | --- | --- |
";

/// USD for a million write units and read units.
const WRITE_PRICE: f64 = 0.625;
const READ_PRICE: f64 = 0.125;

/// Millions of seconds in a month.
const MONTH: f64 = 365.25 / 12.0 * 86_400.0 / 1e6;

/// Processes, calls a second, and the share of them that fail.
const FLEETS: [(f64, f64, f64); 9] = [
    (1.0, 1.0, 0.0),
    (10.0, 10.0, 0.0),
    (100.0, 100.0, 0.0),
    (100.0, 100.0, 0.01),
    (1_000.0, 100.0, 0.0),
    (1_000.0, 1_000.0, 0.0),
    (1_000.0, 1_000.0, 0.01),
    (10_000.0, 1_000.0, 0.0),
    (10_000.0, 10_000.0, 0.01),
];

/// Writes and reads a second of a fleet that is well.
fn operations(policy: &Policy, (processes, calls, failing): (f64, f64, f64)) -> (f64, f64) {
    let interval = (processes / policy.reads_per_s)
        .max(policy.refresh_after.as_secs_f64())
        .min(policy.max_stale.as_secs_f64());
    let contacts = processes / (1.1 * interval + processes / calls);
    let heartbeats = contacts.min(policy.heartbeats_per_s);
    let failures = failing * calls.min(policy.sampled_calls_per_s);
    (heartbeats + failures, contacts + failures)
}

fn table() -> String {
    let policy = Policy::default();
    FLEETS.iter().fold(String::new(), |mut table, &fleet| {
        let (processes, calls, failing) = fleet;
        let (writes, reads) = operations(&policy, fleet);
        let usd = writes * WRITE_PRICE + reads * READ_PRICE / 2.0;
        let percent = failing * 100.0;
        writeln!(
            table,
            "| {processes} | {calls} | {percent} % | {writes:.2} | {reads:.1} | {:.4} | {:.2} |",
            usd / calls,
            usd * MONTH,
        )
        .unwrap();
        table
    })
}

#[test]
fn a_circuit_costs_what_the_document_says() {
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let (before, rest) = document.split_once(HEADER).unwrap();
    let (found, after) = rest.split_once("\n\n").unwrap();
    let table = table();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let updated = format!("{before}{HEADER}{table}\n{after}");
        std::fs::write(DOCUMENT, updated).unwrap();
    } else {
        assert_eq!(format!("{found}\n"), table, "UPDATE_DOCS=1 writes it anew");
    }
}
