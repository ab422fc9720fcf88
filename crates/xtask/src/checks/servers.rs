//! A database and a cache for the Rust tests, beside any stack.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::disk;
use crate::interrupt::Interrupt;
use crate::stack::ports::Ports;
use crate::stack::postgres::Cluster;
use crate::stack::server::{Server, start_on_free_port};
use crate::stack::valkey;
use crate::workspace::Workspace;

/// Two running servers; dropping them stops them and throws their data away.
#[derive(Debug)]
pub(super) struct TestServers {
    pub(super) database_url: String,
    pub(super) cache_url: String,
    running: Vec<Server>,
    folder: PathBuf,
}

impl TestServers {
    /// # Errors
    /// When one of them does not start; the other is stopped then.
    pub(super) fn start(workspace: &Workspace, interrupt: &Interrupt) -> Result<Self> {
        let folder = workspace.built().join("checks/servers");
        clear_away(&folder)?;
        let mut servers = Self {
            database_url: String::new(),
            cache_url: String::new(),
            running: Vec::new(),
            folder,
        };
        let ports = Ports::default();
        let cluster = Cluster::create(workspace, &servers.folder, interrupt)?;
        let port = servers.keep(start_on_free_port(&ports, interrupt, |port| {
            cluster.server(port)
        })?)?;
        servers.database_url = cluster.url(port);
        let at_port = valkey::server(workspace, &servers.folder)?;
        let port = servers.keep(start_on_free_port(&ports, interrupt, at_port)?)?;
        servers.cache_url = valkey::url(port);
        Ok(servers)
    }

    /// Writes down what runs, for the next start to find if we are killed.
    fn keep(&mut self, server: Server) -> Result<u16> {
        let port = server.port;
        self.running.push(server);
        std::fs::write(record(&self.folder), serde_json::to_vec(&self.running)?)
            .context("writing down the tests' servers")?;
        Ok(port)
    }
}

impl Drop for TestServers {
    fn drop(&mut self) {
        for server in self.running.drain(..) {
            server.discard();
        }
        // The next start clears away what could not be removed now.
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn record(folder: &Path) -> PathBuf {
    folder.join("servers.json")
}

/// Stops and removes what an earlier run has left behind.
fn clear_away(folder: &Path) -> Result<()> {
    let left = std::fs::read(record(folder)).unwrap_or_default();
    let left: Vec<Server> = serde_json::from_slice(&left).unwrap_or_default();
    for server in left {
        server.discard();
    }
    disk::remove_folder(folder)
}
