//! Servers that run beside any stack, for one command.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::ports::Ports;
use super::server::{Server, start_on_free_port};
use crate::disk;
use crate::interrupt::Interrupt;

/// Running servers; dropping them stops them and throws their data away.
#[derive(Debug)]
pub struct Kept {
    running: Vec<Server>,
    folder: PathBuf,
}

impl Kept {
    /// None yet, after what an earlier run left in `folder` is stopped and removed.
    ///
    /// # Errors
    /// When the folder cannot be removed.
    pub fn in_folder(folder: PathBuf) -> Result<Self> {
        clear_away(&folder)?;
        Ok(Self {
            running: Vec::new(),
            folder,
        })
    }

    /// Where their data is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts a server and answers its port. What runs is written down, for the next
    /// start to find if we are killed.
    ///
    /// # Errors
    /// When it does not start, or cannot be written down.
    pub fn start(
        &mut self,
        ports: &Ports,
        interrupt: &Interrupt,
        at_port: impl Fn(u16) -> Server,
    ) -> Result<u16> {
        let server = start_on_free_port(ports, interrupt, at_port)?;
        let port = server.port;
        self.running.push(server);
        std::fs::create_dir_all(&self.folder).context("creating the servers' folder")?;
        std::fs::write(record(&self.folder), serde_json::to_vec(&self.running)?)
            .context("writing down the servers")?;
        Ok(port)
    }
}

impl Drop for Kept {
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

fn clear_away(folder: &Path) -> Result<()> {
    let left = std::fs::read(record(folder)).unwrap_or_default();
    let left: Vec<Server> = serde_json::from_slice(&left).unwrap_or_default();
    for server in left {
        server.discard();
    }
    disk::remove_folder(folder)
}
