//! Databases and a cache for the Rust tests, beside any stack.

use anyhow::Result;
use console::style;

use crate::interrupt::Interrupt;
use crate::program::Program;
use crate::progress::Progress;
use crate::stack::kept::Kept;
use crate::stack::mysql::{DataFolder, Installed};
use crate::stack::ports::Ports;
use crate::stack::postgres::Cluster;
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
    kept: Kept,
}

impl TestServers {
    /// # Errors
    /// When one of them does not start; the others are stopped then.
    pub(super) fn start(
        workspace: &Workspace,
        progress: &Progress,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let mut servers = Self {
            urls: Vec::new(),
            kept: Kept::in_folder(workspace.built().join("checks/servers"))?,
        };
        let ports = Ports::default();
        let cluster = Cluster::create(workspace, servers.kept.folder(), interrupt)?;
        let port = servers
            .kept
            .start(&ports, interrupt, |port| cluster.server(port))?;
        servers.urls.push(("TEST_DATABASE_URL", cluster.url(port)));
        let at_port = valkey::server(workspace, servers.kept.folder())?;
        let port = servers.kept.start(&ports, interrupt, at_port)?;
        servers.urls.push(("TEST_CACHE_URL", valkey::url(port)));
        let at_port = valkey::server_for_trouble(workspace, servers.kept.folder())?;
        let port = servers.kept.start(&ports, interrupt, at_port)?;
        let url = valkey::url(port);
        servers.urls.push(("TEST_TROUBLED_CACHE_URL", url));
        if std::env::var_os(MYSQL_URL).is_none() {
            if let Some(installed) = Installed::find() {
                let data =
                    DataFolder::create(workspace, installed, servers.kept.folder(), interrupt)?;
                let at_port = |port| data.server(port);
                let port = servers.kept.start(&ports, interrupt, at_port)?;
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
}
