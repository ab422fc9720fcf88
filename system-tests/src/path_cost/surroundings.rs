//! What is around the functions: a runtime API, a database, a cache, and a table for the
//! circuits.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::relay::Relay;
use crate::http::Client;
use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::workspace::Workspace;
use tooling::servers::kept::Kept;
use tooling::servers::ports::Ports;
use tooling::servers::postgres::Cluster;
use tooling::servers::server::{Readiness, Server};
use tooling::servers::{ministack, valkey};

/// The table of circuits that work.
pub(super) const CIRCUITS: &str = "circuits";

/// The table in which the circuit in front of the Retry function is held open.
pub(super) const OPEN_CIRCUITS: &str = "circuits-open";

/// Where the servers are that functions use.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    pub(super) database: String,
    pub(super) cache: String,
    pub(super) dynamodb: String,
}

/// The running servers; dropping them stops them.
pub(super) struct Surroundings {
    /// Host and port of the runtime API, which is Lambda's Invoke API too.
    pub(super) runtime: String,
    pub(super) direct: Addresses,
    /// The same servers, behind relays that count.
    pub(super) counted: Addresses,
    pub(super) relays: Relays,
    _kept: Kept,
}

/// What counts the round trips to each server.
pub(super) struct Relays {
    pub(super) database: Relay,
    pub(super) cache: Relay,
    pub(super) dynamodb: Relay,
}

impl Surroundings {
    /// With a runtime API for so many fleets.
    ///
    /// # Errors
    /// When one of them does not start.
    pub(super) fn start(
        workspace: &Workspace,
        fleets: usize,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let mut kept = Kept::in_folder(workspace.target().join("path-cost/servers"))?;
        let ports = Ports::default();
        let cluster = Cluster::create(workspace, kept.folder(), interrupt)?;
        let database = kept.start(&ports, interrupt, |port| without_disk(cluster.server(port)))?;
        let at_port = valkey::server(workspace, kept.folder())?;
        let cache = kept.start(&ports, interrupt, at_port)?;
        let at_port = ministack::server(workspace, kept.folder())?;
        let dynamodb = kept.start(&ports, interrupt, at_port)?;
        let at_port = runtime_api(workspace, kept.folder(), fleets)?;
        let runtime = kept.start(&ports, interrupt, at_port)?;
        let relays = Relays {
            database: Relay::start(database)?,
            cache: Relay::start(cache)?,
            dynamodb: Relay::start(dynamodb)?,
        };
        let addresses = |database, cache, dynamodb| Addresses {
            database: cluster.url(database),
            cache: valkey::url(cache),
            dynamodb: ministack::url(dynamodb),
        };
        let surroundings = Self {
            runtime: format!("127.0.0.1:{runtime}"),
            direct: addresses(database, cache, dynamodb),
            counted: addresses(
                relays.database.port,
                relays.cache.port,
                relays.dynamodb.port,
            ),
            relays,
            _kept: kept,
        };
        for table in [CIRCUITS, OPEN_CIRCUITS] {
            surroundings.create_table(table)?;
        }
        Ok(surroundings)
    }

    fn create_table(&self, name: &str) -> Result<()> {
        let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
        let text = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
        let table = json!({
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
            "AttributeDefinitions": [text("pk"), text("sk")],
        });
        // The emulator reads region and service from the signature and does not check it.
        let signature = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/dynamodb/\
                         aws4_request, SignedHeaders=host, Signature=0";
        let headers = [
            ("x-amz-target", "DynamoDB_20120810.CreateTable"),
            ("authorization", signature),
        ];
        let client = Client::new(std::time::Duration::from_secs(30));
        let answer = client.send("POST", &self.direct.dynamodb, &headers, Some(&table))?;
        ensure!(
            answer.status == 200,
            "the emulator makes no table: {}",
            answer.text
        );
        Ok(())
    }
}

/// A commit does not wait for this machine's disk, which says nothing about RDS's.
fn without_disk(mut server: Server) -> Server {
    server.program = server.program.args(["-c", "synchronous_commit=off"]);
    server
}

/// cargo-lambda's emulator. It takes only functions that are binaries of a package, and asks
/// Cargo about it; with a home of its own, Cargo does not wait for other builds.
fn runtime_api(
    workspace: &Workspace,
    folder: &Path,
    fleets: usize,
) -> Result<impl Fn(u16) -> Server + use<>> {
    let functions = (0..fleets).flat_map(functions);
    let binaries =
        functions.map(|name| format!("[[bin]]\nname = \"{name}\"\npath = \"main.rs\"\n"));
    let manifest = format!(
        "[package]\nname = \"functions\"\nedition = \"2024\"\n[workspace]\n{}",
        binaries.collect::<String>()
    );
    let folder = folder.join("runtime-api");
    std::fs::create_dir_all(&folder).context("creating the emulator's folder")?;
    std::fs::write(folder.join("Cargo.toml"), manifest).context("writing its manifest")?;
    std::fs::write(folder.join("main.rs"), "fn main() {}\n").context("writing its code")?;
    let program = workspace.packaging_venv().join("bin/cargo-lambda");
    let home = folder.join("cargo");
    let program = Program::new(program, &folder, workspace.log("runtime-api"))
        .essentials_only()
        .env("CARGO_HOME", home.to_string_lossy())
        .args([
            "lambda",
            "watch",
            "--only-lambda-apis",
            "-A",
            "127.0.0.1",
            "-P",
        ]);
    Ok(move |port: u16| {
        let program = program.clone().args([port.to_string()]);
        Server::new(program, port, Readiness::Listening(port))
    })
}

/// The names of a fleet's functions: the one that answers requests, the one behind it, and
/// the Fallback function.
pub(super) fn functions(number: usize) -> [String; 3] {
    ["first", "second", "fallback"].map(|role| format!("{role}-{number}"))
}
