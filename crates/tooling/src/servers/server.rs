//! One server of the stack: how it is started, when it is ready, how it ends.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::stack::Backend;
use anyhow::{Result, anyhow, bail};
use serde::{Deserialize, Serialize};

use super::ports::{Ports, is_free};
use crate::disk;
use crate::http::Client;
use crate::interrupt::Interrupt;
use crate::process::{self, Identity, Signal};
use crate::program::Program;
use crate::waiting::{self, Stopwatch};

/// How long a server may take until it answers, on a slow and busy machine.
const READY_BOUND: Duration = Duration::from_mins(1);

/// A PostgreSQL that was killed leaves children behind which hold its shared
/// memory until they notice, and so long the next one refuses to start.
const HELD_BY_CHILDREN: &str = "pre-existing shared memory block";

/// How long the children of a killed server may hold on to what it had.
const RETRY_BOUND: Duration = Duration::from_secs(10);

/// How long a server may take to end by itself.
const GRACE: Duration = Duration::from_secs(8);

/// How often another port is tried when somebody took the first one meanwhile.
const PORT_TRIES: usize = 3;

/// The servers that make up the stack besides the functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Name {
    /// PostgreSQL.
    Database,
    /// Valkey.
    Cache,
    /// The AWS emulator, `MiniStack`.
    Emulator,
    /// Serves the built web app.
    Web,
}

impl Name {
    /// The product that it is.
    pub fn product(self) -> &'static str {
        match self {
            Self::Database => Backend::Database.product(),
            Self::Cache => Backend::Cache.product(),
            Self::Emulator => "MiniStack",
            Self::Web => "web app",
        }
    }

    /// What it is called in `stack.json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Database => Backend::Database.word(),
            Self::Cache => Backend::Cache.word(),
            Self::Emulator => "emulator",
            Self::Web => "web",
        }
    }
}

impl From<Backend> for Name {
    fn from(backend: Backend) -> Self {
        match backend {
            Backend::Database => Self::Database,
            Backend::Cache => Self::Cache,
        }
    }
}

/// How it is known that a server can be used.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// PostgreSQL writes its pid and `ready` into this file.
    Postmaster(PathBuf),
    /// Valkey answers `PING` on this port.
    Pong(u16),
    /// MariaDB and MySQL greet whoever comes to this port.
    Greeting(u16),
    /// A GET of this address is answered with 200.
    Http(String),
    /// Somebody listens on this port.
    Listening(u16),
}

/// A server, running or not. It keeps its port and its data when it is stopped.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Server {
    /// How it is started.
    pub program: Program,
    /// How it shows that it is ready.
    pub readiness: Readiness,
    /// Where it listens.
    pub port: u16,
    process: Option<Identity>,
}

impl Server {
    /// A server that is not started yet.
    pub fn new(program: Program, port: u16, readiness: Readiness) -> Self {
        Self {
            program,
            readiness,
            port,
            process: None,
        }
    }

    /// The process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process
            .as_ref()
            .filter(|process| process.is_running())
            .map(|process| process.pid)
    }

    /// Whether its process runs.
    pub fn is_running(&self) -> bool {
        self.pid().is_some()
    }

    /// Starts it and waits until it can be used.
    ///
    /// # Errors
    /// When it ends instead, takes too long, or the user interrupts. Nothing of
    /// it is left then.
    pub fn start(&mut self, interrupt: &Interrupt) -> Result<()> {
        let trying = Stopwatch::start();
        self.readiness.forget()?;
        loop {
            self.process = self.program.serve()?;
            match waiting::until(READY_BOUND, interrupt, || Ok(self.look())) {
                Ok(Some(Look::Ready)) => return Ok(()),
                Ok(Some(Look::Ended))
                    if trying.elapsed() < RETRY_BOUND
                        && self.program.end_of_log().contains(HELD_BY_CHILDREN) =>
                {
                    waiting::pause(Duration::from_millis(200), interrupt)?;
                }
                Ok(Some(Look::Ended)) => return Err(self.program.ended_at_once()),
                Ok(None) => {
                    self.stop();
                    bail!("it did not get ready\n{}", self.program.end_of_log());
                }
                Err(error) => {
                    self.stop();
                    return Err(error);
                }
            }
        }
    }

    fn look(&self) -> Option<Look> {
        match self.pid() {
            None => Some(Look::Ended),
            Some(pid) => self.readiness.is_given(pid).then_some(Look::Ready),
        }
    }

    /// Asks it to end, and sees to it.
    pub fn stop(&mut self) {
        let signal = match self.readiness {
            // A fast shutdown: sessions are ended, data is written.
            Readiness::Postmaster(_) => Signal::INT,
            Readiness::Pong(_)
            | Readiness::Greeting(_)
            | Readiness::Http(_)
            | Readiness::Listening(_) => Signal::TERM,
        };
        if let Some(process) = self.process.take() {
            process::stop_tree(&process, signal, GRACE);
        }
    }

    /// Ends it for good, together with what it may have left outside its data.
    pub fn discard(mut self) {
        self.stop();
        if let Readiness::Postmaster(file) = &self.readiness {
            release_shared_memory(file);
        }
    }

    /// Kills it without warning, as a crash would.
    ///
    /// # Errors
    /// When something of it outlives even that.
    pub fn kill(&mut self) -> Result<()> {
        self.process
            .take()
            .map_or(Ok(()), |process| process::kill_tree(&process, GRACE))
    }
}

enum Look {
    Ready,
    Ended,
}

impl Readiness {
    /// Removes what a server that was killed has left behind. PostgreSQL would
    /// take its predecessor for alive as long as nobody has collected its exit
    /// status; that its children are gone it finds out by their shared memory.
    fn forget(&self) -> Result<()> {
        let Self::Postmaster(file) = self else {
            return Ok(());
        };
        disk::remove_file(file)
    }

    fn is_given(&self, pid: u32) -> bool {
        match self {
            Self::Postmaster(file) => postmaster_is_ready(file, pid),
            Self::Pong(port) => answers_ping(*port).unwrap_or(false),
            Self::Greeting(port) => greets(*port).unwrap_or(false),
            Self::Http(url) => {
                let client = Client::new(Duration::from_secs(2));
                client.get(url).is_ok_and(|answer| answer.status == 200)
            }
            Self::Listening(port) => conversation(*port).is_ok(),
        }
    }
}

/// The first line is the pid, the eighth says `ready`. A file that a killed
/// PostgreSQL left behind names another pid.
fn postmaster_is_ready(file: &Path, pid: u32) -> bool {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut lines = text.lines().map(str::trim);
    lines.next() == Some(pid.to_string().as_str()) && lines.nth(6) == Some("ready")
}

/// A PostgreSQL that was killed leaves a few bytes of shared memory, by which its
/// successor would know whether its children are gone. Without a successor nobody
/// removes them. Their key is in the seventh line.
fn release_shared_memory(file: &Path) {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let key = text
        .lines()
        .nth(6)
        .and_then(|line| line.split_ascii_whitespace().next());
    if let Some(key) = key {
        // Where it cannot be removed it harms nobody.
        drop(
            std::process::Command::new("ipcrm")
                .args(["-M", key])
                .output(),
        );
    }
}

fn answers_ping(port: u16) -> std::io::Result<bool> {
    let mut stream = conversation(port)?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer)?;
    Ok(&answer == b"+PONG")
}

/// The greeting is a packet with a header of four bytes, and begins with the
/// protocol's version. In its place stands an error, if the server is not ready.
fn greets(port: u16) -> std::io::Result<bool> {
    const PROTOCOL_VERSION: u8 = 10;
    let mut greeting = [0; 5];
    conversation(port)?.read_exact(&mut greeting)?;
    Ok(greeting[4] == PROTOCOL_VERSION)
}

fn conversation(port: u16) -> std::io::Result<TcpStream> {
    let patience = Duration::from_secs(2);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    Ok(stream)
}

/// Starts a server on a free port, and on another one when somebody else took
/// the first between our look and the server's start.
///
/// # Errors
/// When the server does not start for another reason.
pub fn start_on_free_port(
    ports: &Ports,
    interrupt: &Interrupt,
    at_port: impl Fn(u16) -> Server,
) -> Result<Server> {
    for _ in 0..PORT_TRIES {
        let mut server = at_port(ports.next()?);
        server.program.forget_log()?;
        match server.start(interrupt) {
            Ok(()) => return Ok(server),
            Err(_) if !interrupt.is_raised() && !is_free(server.port) => {}
            Err(error) => return Err(error),
        }
    }
    Err(anyhow!(
        "other programs keep taking the ports that were free a moment ago"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_postmaster_file_of_an_earlier_process_does_not_mean_ready() {
        let scratch = Scratch::new("server-postmaster");
        let file = scratch.path().join("postmaster.pid");
        let lines = ["100", "/data", "1", "2", "", "127.0.0.1", "3", "ready   "];
        std::fs::write(&file, lines.join("\n")).unwrap();
        assert!(postmaster_is_ready(&file, 100));
        assert!(!postmaster_is_ready(&file, 101));
        std::fs::write(&file, lines[..7].join("\n")).unwrap();
        assert!(!postmaster_is_ready(&file, 100));
    }

    #[test]
    fn a_server_that_ends_instead_of_getting_ready_tells_its_log() {
        let scratch = Scratch::new("server-ends");
        let log = scratch.path().join("server.log");
        let program = Program::new("/bin/sh", scratch.path(), log)
            .args(["-c", "echo 'no such data folder'; exit 1"]);
        let port = Ports::default().next().unwrap();
        let mut server = Server::new(program, port, Readiness::Pong(port));
        let error = server.start(&Interrupt::new()).unwrap_err().to_string();
        assert!(error.contains("| no such data folder"), "{error}");
        assert!(!server.is_running());
    }
}
