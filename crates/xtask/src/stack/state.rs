//! What is known about the stack, on disk: `stack.json` for everybody, and a
//! record beside it with what stopping and restarting take.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde::{Deserialize, Serialize};
use tooling::stack::Endpoints;
use tooling::stack::Server as Backend;

use super::server::{Name, Server};
use crate::disk;
use crate::process::Identity;
use crate::workspace::Workspace;

/// Everything about the stack, from the first server's start on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The `up` that made it; it has ended if it was detached.
    pub(crate) started_by: Identity,
    pub(crate) servers: BTreeMap<Name, Server>,
    /// Known once all is up.
    pub(crate) endpoints: Option<Endpoints>,
}

impl Record {
    pub(crate) fn new(started_by: Identity) -> Self {
        Self {
            started_by,
            servers: BTreeMap::new(),
            endpoints: None,
        }
    }

    /// The record on disk, if there is one.
    ///
    /// # Errors
    /// When it cannot be read or understood.
    pub(crate) fn load(workspace: &Workspace) -> Result<Option<Self>> {
        let path = record_file(workspace);
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).with_context(|| {
                format!(
                    "{} is damaged; end what it names by hand, then remove it",
                    workspace.shown(&path)
                )
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
        }
    }

    /// Writes the record and, when all is up, `stack.json`.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(crate) fn save(&self, workspace: &Workspace) -> Result<()> {
        write_atomically(&record_file(workspace), &serde_json::to_vec_pretty(self)?)?;
        if let Some(endpoints) = &self.endpoints {
            let public = serde_json::to_vec_pretty(&self.public(endpoints))?;
            write_atomically(&workspace.stack_file(), &public)?;
        }
        Ok(())
    }

    /// Where everything is, with the processes that run now.
    fn public(&self, endpoints: &Endpoints) -> Endpoints {
        let pid = |name| self.servers.get(&name).and_then(Server::pid);
        let pids = self.servers.iter();
        Endpoints {
            database: Backend {
                pid: pid(Name::Database),
                ..endpoints.database.clone()
            },
            cache: Backend {
                pid: pid(Name::Cache),
                ..endpoints.cache.clone()
            },
            pids: pids
                .filter_map(|(name, server)| Some((name.word().to_owned(), server.pid()?)))
                .collect(),
            ..endpoints.clone()
        }
    }

    /// Whether anything of it still runs.
    pub(crate) fn is_alive(&self) -> bool {
        self.servers.values().any(Server::is_running)
    }

    pub(crate) fn server_mut(&mut self, name: Name) -> Result<&mut Server> {
        self.servers
            .get_mut(&name)
            .ok_or_else(|| anyhow!("this stack has no {}", name.product()))
    }
}

fn record_file(workspace: &Workspace) -> PathBuf {
    workspace.stack().join("record.json")
}

/// Removes `stack.json`: from now on nobody is to count on the stack.
///
/// # Errors
/// When it cannot be removed.
pub(crate) fn withdraw(workspace: &Workspace) -> Result<()> {
    disk::remove_file(&workspace.stack_file())
}

/// Removes the record, once nothing is left that it describes.
///
/// # Errors
/// When it cannot be removed.
pub(crate) fn forget(workspace: &Workspace) -> Result<()> {
    disk::remove_file(&record_file(workspace))
}

/// Nobody sees a file half written, and nobody else may read the password in it.
fn write_atomically(path: &Path, content: &[u8]) -> Result<()> {
    let draft = path.with_extension("draft");
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(content)?;
        file.write_all(b"\n")?;
        std::fs::rename(&draft, path)
    };
    write().with_context(|| format!("writing {}", path.display()))
}

/// Held while the stack is being changed, by one `cargo xtask` at a time.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// The lock, unless another process has it.
    ///
    /// # Errors
    /// When the lock file cannot be opened.
    pub(crate) fn try_take(workspace: &Workspace) -> Result<Option<Self>> {
        let folder = workspace.stack();
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("creating {}", folder.display()))?;
        let path = folder.join("lock");
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(&path);
        let file = file.with_context(|| format!("opening {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("locking {}", path.display()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::interrupt::Interrupt;
    use crate::program::Program;
    use crate::scratch::Scratch;
    use crate::stack::server::Readiness;
    use tooling::stack::Functions;

    fn endpoints() -> Endpoints {
        let functions = Functions {
            api: "api-function".to_owned(),
            retry: "retry-function".to_owned(),
            fallback: "fallback-function".to_owned(),
        };
        Endpoints {
            api_url: "http://127.0.0.1:1/_aws/execute-api/a/$default".to_owned(),
            web_url: "http://127.0.0.1:2".to_owned(),
            aws_endpoint: "http://127.0.0.1:1".to_owned(),
            region: "us-east-1".to_owned(),
            circuits_table: "circuits".to_owned(),
            functions,
            database: Backend {
                url: "postgres://127.0.0.1:3/postgres".to_owned(),
                pid: None,
            },
            cache: Backend {
                url: "redis://127.0.0.1:4".to_owned(),
                pid: None,
            },
            pids: BTreeMap::new(),
        }
    }

    fn sleeper(scratch: &Scratch) -> Server {
        let ready = scratch.path().join("ready");
        let script = format!(
            "printf '%s\\n1\\n2\\n3\\n4\\n5\\n6\\nready' $$ > '{}'; exec sleep 600",
            ready.display()
        );
        let program = Program::new("/bin/sh", scratch.path(), scratch.path().join("log"))
            .args(["-c".to_owned(), script]);
        Server::new(program, 1, Readiness::Postmaster(ready))
    }

    #[test]
    fn the_stack_file_has_what_it_promises_and_follows_a_restart() {
        let scratch = Scratch::new("state-file");
        let workspace = Workspace::at(scratch.path());
        let mut record = Record::new(Identity::own().unwrap());
        let mut server = sleeper(&scratch);
        server.start(&Interrupt::new()).unwrap();
        record.servers.insert(Name::Database, server);
        record.save(&workspace).unwrap();
        assert!(!workspace.stack_file().exists(), "not before all is up");

        record.endpoints = Some(endpoints());
        record.save(&workspace).unwrap();
        let read = || -> serde_json::Value {
            serde_json::from_slice(&std::fs::read(workspace.stack_file()).unwrap()).unwrap()
        };
        let pid = record.servers[&Name::Database].pid().unwrap();
        let expected = serde_json::json!({
            "api_url": "http://127.0.0.1:1/_aws/execute-api/a/$default",
            "web_url": "http://127.0.0.1:2",
            "aws_endpoint": "http://127.0.0.1:1",
            "region": "us-east-1",
            "circuits_table": "circuits",
            "functions": {
                "api": "api-function", "retry": "retry-function", "fallback": "fallback-function"
            },
            "database": {"url": "postgres://127.0.0.1:3/postgres", "pid": pid},
            "cache": {"url": "redis://127.0.0.1:4", "pid": null},
            "pids": {"database": pid},
        });
        assert_eq!(read(), expected);
        let mode = std::fs::metadata(workspace.stack_file())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);

        let mut later = Record::load(&workspace).unwrap().unwrap();
        assert!(later.is_alive());
        later.server_mut(Name::Database).unwrap().kill().unwrap();
        later.save(&workspace).unwrap();
        assert_eq!(read()["database"]["pid"], serde_json::Value::Null);
        assert!(!Record::load(&workspace).unwrap().unwrap().is_alive());
        withdraw(&workspace).unwrap();
        forget(&workspace).unwrap();
        assert!(!workspace.stack_file().exists());
        assert!(Record::load(&workspace).unwrap().is_none());
    }

    #[test]
    fn a_damaged_record_is_an_error_that_names_it() {
        let scratch = Scratch::new("state-damaged");
        let workspace = Workspace::at(scratch.path());
        std::fs::create_dir_all(workspace.stack()).unwrap();
        std::fs::write(record_file(&workspace), "{").unwrap();
        let error = Record::load(&workspace).unwrap_err().to_string();
        assert!(
            error.starts_with("target/local/stack/record.json is damaged"),
            "{error}"
        );
    }

    #[test]
    fn only_one_process_changes_the_stack_at_a_time() {
        let scratch = Scratch::new("state-lock");
        let workspace = Workspace::at(scratch.path());
        let held = Lock::try_take(&workspace).unwrap();
        assert!(held.is_some());
        assert!(Lock::try_take(&workspace).unwrap().is_none());
        drop(held);
        assert!(Lock::try_take(&workspace).unwrap().is_some());
    }
}
