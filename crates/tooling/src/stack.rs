//! The running stack, as `stack.json` describes it to everybody.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::process::Identity;
use crate::workspace::Workspace;

/// Where everything is, once all of it is up: the content of `stack.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// The HTTP API.
    pub api_url: String,
    /// The web app.
    pub web_url: String,
    /// The AWS emulator.
    pub aws_endpoint: String,
    /// The region that its clients name.
    pub region: String,
    /// The DynamoDB table with the circuits.
    pub circuits_table: String,
    /// What the deployed functions are called.
    pub functions: Functions,
    /// `PostgreSQL`.
    pub database: Server,
    /// Valkey.
    pub cache: Server,
    /// The processes of all servers that run, by the servers' names.
    pub pids: BTreeMap<String, u32>,
}

/// The names of the deployed functions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Functions {
    /// Answers HTTP requests.
    pub api: String,
    /// Works on the database.
    pub retry: String,
    /// Answers from the cache.
    pub fallback: String,
}

/// A server that the functions use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// With the password, if it has one.
    pub url: String,
    /// Absent while it is stopped.
    pub pid: Option<u32>,
}

/// The servers that people play outage with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Backend {
    /// `PostgreSQL`.
    Database,
    /// Valkey.
    Cache,
}

impl Backend {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Database, Self::Cache];

    /// What it is called by its makers.
    pub fn product(self) -> &'static str {
        match self {
            Self::Database => "PostgreSQL",
            Self::Cache => "Valkey",
        }
    }

    /// What it is called in commands and in `stack.json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Cache => "cache",
        }
    }
}

/// What can be done to one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Action {
    /// Ends it in an orderly way.
    Stop,
    /// Kills it with SIGKILL, as a crash would.
    Kill,
    /// Starts it again, with the same port and the same data.
    Start,
}

impl Action {
    /// What it is called in commands.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Kill => "kill",
            Self::Start => "start",
        }
    }
}

impl Endpoints {
    /// The stack that is running.
    ///
    /// # Errors
    /// When none is, or its description cannot be read.
    pub fn running(workspace: &Workspace) -> Result<Self> {
        const NONE: &str = "no stack is running; `cargo xtask up` starts one";
        let path = workspace.stack_file();
        let Ok(text) = std::fs::read_to_string(&path) else {
            bail!(NONE);
        };
        let shown = || format!("reading {}", workspace.shown(&path));
        let stack: Self = serde_json::from_str(&text).with_context(shown)?;
        // A machine that was switched off leaves the file behind.
        if !stack.pids.values().copied().any(runs) {
            bail!(NONE);
        }
        Ok(stack)
    }

    /// Whether a server runs.
    pub fn is_running(&self, backend: Backend) -> bool {
        let server = match backend {
            Backend::Database => &self.database,
            Backend::Cache => &self.cache,
        };
        server.pid.is_some_and(runs)
    }
}

fn runs(pid: u32) -> bool {
    Identity::of(pid).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn endpoints(pid: u32) -> Endpoints {
        let server = |pid| Server {
            url: "x://127.0.0.1:1".to_owned(),
            pid,
        };
        Endpoints {
            api_url: String::new(),
            web_url: String::new(),
            aws_endpoint: String::new(),
            region: String::new(),
            circuits_table: String::new(),
            functions: Functions {
                api: String::new(),
                retry: String::new(),
                fallback: String::new(),
            },
            database: server(Some(pid)),
            cache: server(None),
            pids: BTreeMap::from([("database".to_owned(), pid)]),
        }
    }

    fn write(workspace: &Workspace, text: &str) {
        std::fs::create_dir_all(workspace.built()).unwrap();
        std::fs::write(workspace.stack_file(), text).unwrap();
    }

    #[test]
    fn a_stack_runs_while_one_of_its_processes_does() {
        let scratch = Scratch::new("stack-runs");
        let workspace = Workspace::at(scratch.path());
        let told = Endpoints::running(&workspace).unwrap_err().to_string();
        assert_eq!(told, "no stack is running; `cargo xtask up` starts one");

        let own = endpoints(std::process::id());
        write(&workspace, &serde_json::to_string(&own).unwrap());
        let running = Endpoints::running(&workspace).unwrap();
        assert_eq!(running, own);
        assert!(running.is_running(Backend::Database));
        assert!(!running.is_running(Backend::Cache));

        // No process has this id.
        let left_behind = endpoints(u32::MAX);
        write(&workspace, &serde_json::to_string(&left_behind).unwrap());
        let again = Endpoints::running(&workspace).unwrap_err().to_string();
        assert_eq!(again, told);
    }

    #[test]
    fn a_description_that_is_not_understood_is_named() {
        let scratch = Scratch::new("stack-damaged");
        let workspace = Workspace::at(scratch.path());
        write(&workspace, "{");
        let error = Endpoints::running(&workspace).unwrap_err().to_string();
        assert_eq!(error, "reading target/local/stack.json");
    }
}
