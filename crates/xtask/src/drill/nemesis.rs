//! What is done to the system while clients work.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::proxy::Proxy;
use crate::http::Client;
use crate::interrupt::Interrupt;
use crate::stack::lifecycle::{self, Action};
use crate::stack::server::Name;
use crate::stack::state::Endpoints;
use crate::waiting;
use crate::workspace::Workspace;

/// One kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Disturbance {
    KillDatabase,
    CutAnswers,
    CrashFunctions,
    FlushCache,
    KillCache,
}

impl Disturbance {
    pub(crate) const ALL: [Self; 5] = [
        Self::KillDatabase,
        Self::CutAnswers,
        Self::CrashFunctions,
        Self::FlushCache,
        Self::KillCache,
    ];

    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::KillDatabase => "PostgreSQL killed (SIGKILL), and started again",
            Self::CutAnswers => "connections cut between commit and answer",
            Self::CrashFunctions => "the Retry Lambda crashing after its work",
            Self::FlushCache => "Valkey flushed",
            Self::KillCache => "Valkey killed (SIGKILL), and started again",
        }
    }
}

/// An order of disturbances, in which each kind has its turn in every round.
pub(crate) fn schedule(rounds: usize, draws: &mut fastrand::Rng) -> Vec<Disturbance> {
    let mut round = || {
        let mut all = Disturbance::ALL;
        draws.shuffle(&mut all);
        all
    };
    (0..rounds).flat_map(|_| round()).collect()
}

/// Disturbs a running stack.
pub(crate) struct Nemesis<'run> {
    pub(crate) workspace: &'run Workspace,
    pub(crate) endpoints: &'run Endpoints,
    pub(crate) proxy: &'run Proxy,
    pub(crate) interrupt: &'run Interrupt,
}

impl Nemesis<'_> {
    /// Makes one kind of trouble for a while, and ends it.
    ///
    /// # Errors
    /// When it cannot be made, and an interrupt; it is ended all the same.
    pub(crate) fn disturb(&self, disturbance: Disturbance, lasts: Duration) -> Result<()> {
        let made = self.make(disturbance);
        let paused = match disturbance {
            Disturbance::FlushCache => Ok(()),
            _ => waiting::pause(lasts, self.interrupt),
        };
        let ended = self.end(disturbance);
        made.and(paused).and(ended)
    }

    fn make(&self, disturbance: Disturbance) -> Result<()> {
        match disturbance {
            Disturbance::KillDatabase => self.server(Name::Database, Action::Kill),
            Disturbance::KillCache => self.server(Name::Cache, Action::Kill),
            Disturbance::FlushCache => flush(&self.endpoints.cache_url),
            Disturbance::CutAnswers => {
                self.proxy.cut(300);
                Ok(())
            }
            Disturbance::CrashFunctions => {
                let fault = json!({"kind": "crash", "rate": 0.2, "expires_in_s": 60});
                let url = format!("{}/faults/retry", self.endpoints.api_url);
                faults("PUT", &url, Some(&fault), 200)
            }
        }
    }

    fn end(&self, disturbance: Disturbance) -> Result<()> {
        match disturbance {
            Disturbance::KillDatabase => self.server(Name::Database, Action::Start),
            Disturbance::KillCache => self.server(Name::Cache, Action::Start),
            Disturbance::FlushCache => Ok(()),
            Disturbance::CutAnswers => {
                self.proxy.cut(0);
                Ok(())
            }
            Disturbance::CrashFunctions => {
                let url = format!("{}/faults", self.endpoints.api_url);
                faults("DELETE", &url, None, 204)
            }
        }
    }

    fn server(&self, name: Name, action: Action) -> Result<()> {
        // An interrupt ends the drill, not the repair.
        lifecycle::change(self.workspace, name, action, &Interrupt::new()).map(drop)
    }
}

fn faults(method: &str, url: &str, fault: Option<&Value>, expected: u16) -> Result<()> {
    let answer = Client::new(Duration::from_secs(30)).send(method, url, &[], fault)?;
    ensure!(
        answer.status == expected,
        "{method} {url} answered {}: {}",
        answer.status,
        answer.text
    );
    Ok(())
}

/// In Valkey's own words, of which one is enough here.
fn flush(cache_url: &str) -> Result<()> {
    let address = cache_url.trim_start_matches("redis://");
    let mut valkey = TcpStream::connect(address).context("connecting to Valkey")?;
    valkey.write_all(b"FLUSHALL\r\n")?;
    let mut answer = [0; 5];
    valkey.read_exact(&mut answer)?;
    ensure!(&answer == b"+OK\r\n", "Valkey refused to be flushed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_turn_and_a_seed_gives_the_same_order() {
        let order = |seed| schedule(2, &mut fastrand::Rng::with_seed(seed));
        for round in order(7).chunks(Disturbance::ALL.len()) {
            let mut round = round.to_vec();
            round.sort();
            let mut all = Disturbance::ALL.to_vec();
            all.sort();
            assert_eq!(round, all);
        }
        assert_eq!(order(7), order(7));
        assert_ne!(order(7), order(8));
    }
}
