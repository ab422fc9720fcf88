//! Dependencies between the workspace's crates point one way.
//!
//! `contract` and `breaker-core` know nobody; `lambda-kit` may use them; the
//! Lambdas may use all three and never one another. Whoever adds a crate or an
//! edge adds it here, on purpose.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use cargo_metadata::MetadataCommand;

type Edges = BTreeMap<String, BTreeSet<String>>;

/// Each crate, with the crates of the workspace that it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("api-lambda", &["breaker-core", "contract", "lambda-kit"]),
    // Measures it beside other breakers, whose dependencies nobody else needs.
    ("breaker-bench", &["breaker-core"]),
    ("breaker-core", &[]),
    ("breaker-sim", &["breaker-core"]),
    // Drives the very rules and processes of the breaker through every order of
    // events.
    ("breaker-model", &["breaker-core"]),
    ("contract", &[]),
    // Speaks to AWS alone.
    ("deploy", &[]),
    ("fallback-lambda", &["contract", "lambda-kit"]),
    // What the functions' starts are measured against; their way of making AWS's clients
    // is part of the measure.
    ("hello-lambda", &["lambda-kit"]),
    ("lambda-kit", &["breaker-core", "contract"]),
    // Knows the breaker as text alone, which it changes.
    ("planted-bugs", &["tooling"]),
    ("retry-lambda", &["breaker-core", "contract", "lambda-kit"]),
    // Meets the running system as its users do, over HTTP and the AWS API, and
    // holds its table to the contract of stores.
    ("system-tests", &["breaker-core", "tooling"]),
    // Asks for the features that tests need, and nobody uses it.
    ("test-features", &["breaker-core", "lambda-kit"]),
    // Whoever runs `cargo xtask` compiles it first.
    ("tooling", &[]),
    // Builds and runs the others; it must compile without them.
    ("xtask", &["tooling"]),
];

fn allowed() -> Edges {
    edges(ALLOWED)
}

fn edges(list: &[(&str, &[&str])]) -> Edges {
    let names = |list: &[&str]| list.iter().map(ToString::to_string).collect();
    list.iter()
        .map(|(from, to)| ((*from).to_owned(), names(to)))
        .collect()
}

/// Every edge between members, of whatever kind: a dev-dependency couples too.
fn present() -> Result<Edges, cargo_metadata::Error> {
    let metadata = MetadataCommand::new().no_deps().exec()?;
    let members: BTreeSet<String> = metadata
        .packages
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    let edges = metadata.packages.iter().map(|package| {
        let dependencies = package
            .dependencies
            .iter()
            .map(|dependency| dependency.name.clone());
        // A crate names itself to switch on features for its own tests.
        let inner = dependencies
            .filter(|name| members.contains(name) && *name != package.name.as_str())
            .collect();
        (package.name.to_string(), inner)
    });
    Ok(edges.collect())
}

/// What `present` has and `allowed` does not.
fn complaints(present: &Edges, allowed: &Edges) -> Vec<String> {
    let mut complaints = Vec::new();
    for (from, to) in present {
        match allowed.get(from) {
            None => complaints.push(format!("{from} is new: say what it may depend on")),
            Some(allowed) => complaints.extend(
                to.difference(allowed)
                    .map(|to| format!("{from} must not depend on {to}")),
            ),
        }
    }
    complaints
}

#[test]
fn every_dependency_inside_the_workspace_is_an_allowed_one() {
    assert_eq!(
        complaints(&present().unwrap(), &allowed()),
        Vec::<String>::new()
    );
}

#[test]
fn the_table_allows_no_cycle_and_no_lambda_to_use_another() {
    let allowed = allowed();
    for (from, to) in &allowed {
        for to in to {
            assert!(
                !allowed[to].contains(from),
                "{from} and {to} may use each other"
            );
            assert!(!to.ends_with("-lambda"), "{from} may use {to}");
        }
    }
}

/// All that the breaker without features needs, directly or not: no runtime, no SDK,
/// and nothing that asks the operating system.
const PURE: [&str; 9] = [
    "fastrand",
    "once_cell",
    "pin-project-lite",
    "serde",
    "serde_core",
    "strsim",
    "thiserror",
    "tracing",
    "tracing-core",
];

#[test]
fn the_breaker_without_features_needs_neither_a_runtime_nor_an_sdk() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", "breaker-core"])
        .args(["--no-default-features", "--edges", "normal,no-proc-macro"])
        .args(["--prefix", "none", "--format", "{p}"])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&tree.stderr);
    assert!(tree.status.success(), "{errors}");
    let lines = String::from_utf8(tree.stdout).unwrap();
    let names = lines.lines().filter_map(|line| line.split(' ').next());
    let needed: BTreeSet<&str> = names.filter(|name| *name != "breaker-core").collect();
    assert_eq!(needed, BTreeSet::from(PURE));
}

#[test]
fn an_edge_that_is_not_in_the_table_is_refused() {
    let present = edges(&[("api-lambda", &["contract", "retry-lambda"])]);
    assert_eq!(
        complaints(&present, &allowed()),
        ["api-lambda must not depend on retry-lambda"]
    );
}

#[test]
fn a_crate_that_is_not_in_the_table_is_refused() {
    let present = edges(&[("newcomer", &[])]);
    assert_eq!(
        complaints(&present, &allowed()),
        ["newcomer is new: say what it may depend on"]
    );
}
