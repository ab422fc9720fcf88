//! Databases and a cache for the Rust tests, beside any stack.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use console::style;

use crate::disk;
use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::progress::Progress;
use crate::stack::mysql::{DataFolder, Installed};
use crate::stack::ports::Ports;
use crate::stack::postgres::Cluster;
use crate::stack::server::{Server, start_on_free_port};
use crate::stack::valkey;
use crate::workspace::Workspace;

/// Tells the tests of a MySQL or MariaDB server. Whoever sets it has one already,
/// or, if it is empty, wants none.
const MYSQL_URL: &str = "TEST_MYSQL_URL";

/// Running servers; dropping them stops them and throws their data away.
#[derive(Debug)]
pub(super) struct TestServers {
    /// Where they are, by the variables that tell the tests.
    urls: Vec<(&'static str, String)>,
    running: Vec<Server>,
    folder: PathBuf,
}

impl TestServers {
    /// # Errors
    /// When one of them does not start; the others are stopped then.
    pub(super) fn start(
        workspace: &Workspace,
        progress: &Progress,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let folder = workspace.built().join("checks/servers");
        clear_away(&folder)?;
        let mut servers = Self {
            urls: Vec::new(),
            running: Vec::new(),
            folder,
        };
        let ports = Ports::default();
        let cluster = Cluster::create(workspace, &servers.folder, interrupt)?;
        let port = servers.keep(start_on_free_port(&ports, interrupt, |port| {
            cluster.server(port)
        })?)?;
        servers.urls.push(("TEST_DATABASE_URL", cluster.url(port)));
        let at_port = valkey::server(workspace, &servers.folder)?;
        let port = servers.keep(start_on_free_port(&ports, interrupt, at_port)?)?;
        servers.urls.push(("TEST_CACHE_URL", valkey::url(port)));
        if std::env::var_os(MYSQL_URL).is_none() {
            if let Some(installed) = Installed::find() {
                let data = DataFolder::create(workspace, installed, &servers.folder, interrupt)?;
                let at_port = |port| data.server(port);
                let port = servers.keep(start_on_free_port(&ports, interrupt, at_port)?)?;
                servers.urls.push((MYSQL_URL, data.url(port)));
            } else {
                progress.say(&format!(
                    "{} tests on MySQL are skipped: neither mariadbd nor mysqld is installed \
                     (Debian: apt-get install mariadb-server)",
                    style("–").yellow()
                ));
            }
        }
        Ok(servers)
    }

    /// The program, told where the servers are.
    pub(super) fn known_to(&self, program: Program) -> Program {
        let told = |program: Program, (variable, url): &(&str, String)| program.env(variable, url);
        self.urls.iter().fold(program, told)
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
