//! MariaDB or MySQL, where one of them is installed: there is no wheel of either.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::server::{Readiness, Server};
use crate::interrupt::Interrupt;
use crate::process::is_root;
use crate::program::Program;
use crate::random;
use crate::workspace::Workspace;

/// Where servers lie that are not for everybody's `PATH`.
const SYSTEM_FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/usr/libexec"];

/// It may do everything, and only from this machine.
const USER: &str = "tests";

/// A server program, and the one that makes a data folder for it.
#[derive(Debug, Clone)]
pub enum Installed {
    /// MariaDB has a script for that.
    MariaDb {
        /// The server's program.
        server: PathBuf,
        /// The program that makes a data folder.
        install: PathBuf,
    },
    /// MySQL does it itself.
    MySql {
        /// The server's program.
        server: PathBuf,
    },
}

impl Installed {
    /// What is installed on this machine: MariaDB rather than MySQL, whose name
    /// MariaDB answers to as well.
    pub fn find() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(SYSTEM_FOLDERS.map(PathBuf::from));
        Self::find_in(&folders.collect::<Vec<_>>())
    }

    fn find_in(folders: &[PathBuf]) -> Option<Self> {
        let program = |name: &str| {
            let paths = folders.iter().map(|folder| folder.join(name));
            paths.into_iter().find(|path| path.is_file())
        };
        match (program("mariadbd"), program("mariadb-install-db")) {
            (Some(server), Some(install)) => Some(Self::MariaDb { server, install }),
            _ => program("mysqld").map(|server| Self::MySql { server }),
        }
    }

    fn server(&self) -> &Path {
        match self {
            Self::MariaDb { server, .. } | Self::MySql { server } => server,
        }
    }
}

/// A data folder of its own, with a password of its own.
#[derive(Debug)]
pub struct DataFolder<'workspace> {
    workspace: &'workspace Workspace,
    installed: Installed,
    folder: PathBuf,
    password: String,
}

impl<'workspace> DataFolder<'workspace> {
    /// Makes it in a folder of its own below `folder`.
    ///
    /// # Errors
    /// When the server's own program for that fails.
    pub fn create(
        workspace: &'workspace Workspace,
        installed: Installed,
        folder: &Path,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let folder = Self {
            workspace,
            installed,
            folder: folder.join("mysql"),
            password: u128::from_ne_bytes(random::bytes()?).to_string(),
        };
        std::fs::create_dir_all(&folder.folder).context("creating the database's folder")?;
        std::fs::write(folder.first_words(), folder.make_user())
            .context("writing what the server is told first")?;
        let make_data = match &folder.installed {
            Installed::MariaDb { install, .. } => folder
                .program(install, "mysql-install")
                .args(["--skip-test-db", "--skip-name-resolve"]),
            Installed::MySql { server } => folder
                .program(server, "mysql-install")
                .args(["--initialize-insecure"]),
        };
        make_data.run(interrupt)?;
        Ok(folder)
    }

    /// The server, which loses what it did last if the machine goes down.
    pub fn server(&self, port: u16) -> Server {
        let program = self.program(self.installed.server(), "mysql").args([
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            // MySQL's other protocol, of which MariaDB knows nothing.
            "--loose-mysqlx=0",
            // In the data folder: the path of a socket must be short.
            "--socket=socket",
            "--pid-file=pid",
            "--skip-log-bin",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=64M",
            &option("init-file", &self.first_words()),
            &format!("--port={port}"),
        ]);
        Server::new(program, port, Readiness::Greeting(port))
    }

    /// Every database is made by whoever needs it; this one is always there.
    pub fn url(&self, port: u16) -> String {
        format!("mysql://{USER}:{}@127.0.0.1:{port}/mysql", self.password)
    }

    /// Without the settings of the machine, which are for another server.
    fn program(&self, path: &Path, log: &str) -> Program {
        let program = Program::new(path, self.workspace.root(), self.workspace.log(log));
        let program = program
            .essentials_only()
            .args(["--no-defaults".to_owned()])
            .args([option("datadir", &self.folder.join("data"))]);
        // Neither server runs as root unless it is told to. Told so without
        // `loose`, MariaDB's script gives root a part of what is installed, too.
        let as_root = is_root().then_some("--loose-user=root");
        program.args(as_root)
    }

    fn first_words(&self) -> PathBuf {
        self.folder.join("first-words.sql")
    }

    /// One statement a line, for that is how the server reads it.
    fn make_user(&self) -> String {
        let user = format!("'{USER}'@'127.0.0.1'");
        format!(
            "CREATE USER IF NOT EXISTS {user} IDENTIFIED BY '{}';\n\
             GRANT ALL ON *.* TO {user};\n",
            self.password
        )
    }
}

fn option(name: &str, path: &Path) -> String {
    format!("--{name}={}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn mariadb_is_taken_rather_than_mysql_and_never_without_its_script() {
        let scratch = Scratch::new("mysql-installed");
        let folders = [scratch.path().to_path_buf()];
        let install = |name: &str| std::fs::write(scratch.path().join(name), "").unwrap();
        assert!(Installed::find_in(&folders).is_none());
        install("mariadbd");
        assert!(Installed::find_in(&folders).is_none());
        install("mysqld");
        let found = Installed::find_in(&folders);
        assert!(matches!(found, Some(Installed::MySql { .. })), "{found:?}");
        install("mariadb-install-db");
        let found = Installed::find_in(&folders);
        assert!(
            matches!(found, Some(Installed::MariaDb { .. })),
            "{found:?}"
        );
    }
}
