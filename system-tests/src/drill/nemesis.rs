//! What is done to the system while clients work.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tooling::stack::{Action, Backend, Endpoints};

use super::{HEALING_BOUND, proxy::Proxy};
use crate::http::Client;
use crate::interrupt::Interrupt;
use crate::waiting;
use crate::workspace::Workspace;
use crate::xtask;

/// One kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Disturbance {
    KillDatabase,
    CutAnswers,
    CrashFunctions,
    FlushCache,
    KillCache,
    CacheWithoutMemory,
    CacheWithoutReplicas,
    DemoteCache,
}

impl Disturbance {
    pub(crate) const ALL: [Self; 8] = [
        Self::KillDatabase,
        Self::CutAnswers,
        Self::CrashFunctions,
        Self::FlushCache,
        Self::KillCache,
        Self::CacheWithoutMemory,
        Self::CacheWithoutReplicas,
        Self::DemoteCache,
    ];

    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::KillDatabase => "PostgreSQL killed (SIGKILL), and started again",
            Self::CutAnswers => "connections cut between commit and answer",
            Self::CrashFunctions => "the Retry Lambda crashing after its work",
            Self::FlushCache => "Valkey flushed",
            Self::KillCache => "Valkey killed (SIGKILL), and started again",
            Self::CacheWithoutMemory => "Valkey out of memory: writes refused, removals taken",
            Self::CacheWithoutReplicas => "Valkey short of replicas: writes and removals refused",
            Self::DemoteCache => "Valkey demoted to a replica: writes and removals refused",
        }
    }

    /// Whether it is a setting of the running cache.
    fn is_told_to_the_cache(self) -> bool {
        matches!(
            self,
            Self::CacheWithoutMemory | Self::CacheWithoutReplicas | Self::DemoteCache
        )
    }

    /// Whether the cache loses what it has taken.
    pub(crate) fn lets_the_cache_forget(self) -> bool {
        match self {
            Self::FlushCache | Self::KillCache => true,
            Self::KillDatabase
            | Self::CutAnswers
            | Self::CrashFunctions
            | Self::CacheWithoutMemory
            | Self::CacheWithoutReplicas
            | Self::DemoteCache => false,
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
    /// What the cache refuses does harm only while it has entries from before that are
    /// fresh, so trouble of that kind comes and goes.
    ///
    /// # Errors
    /// When it cannot be made, and an interrupt; it is ended all the same.
    pub(crate) fn disturb(&self, disturbance: Disturbance, lasts: Duration) -> Result<()> {
        const SPELLS: u32 = 4;
        if !disturbance.is_told_to_the_cache() {
            return self.disturb_once(disturbance, lasts);
        }
        for _ in 0..SPELLS {
            self.disturb_once(disturbance, lasts / SPELLS)?;
            waiting::pause(lasts / SPELLS, self.interrupt)?;
        }
        Ok(())
    }

    fn disturb_once(&self, disturbance: Disturbance, lasts: Duration) -> Result<()> {
        let cuts = self.proxy.cuts();
        let made = self.make(disturbance);
        let paused = match disturbance {
            Disturbance::FlushCache => Ok(()),
            // How often clients write is up to the machine, and to open circuits.
            Disturbance::CutAnswers => waiting::pause(lasts, self.interrupt)
                .and_then(|()| self.until_an_answer_is_cut(cuts)),
            _ => waiting::pause(lasts, self.interrupt),
        };
        let ended = self.end(disturbance);
        made.and(paused).and(ended)
    }

    /// Waits until more answers were cut off than `before`.
    fn until_an_answer_is_cut(&self, before: usize) -> Result<()> {
        let is_cut = || Ok((self.proxy.cuts() > before).then_some(()));
        waiting::until(HEALING_BOUND, self.interrupt, is_cut)?
            .context("no answer to a commit was ever cut off")
    }

    /// Ends what a drill that was cut off may have left behind.
    ///
    /// # Errors
    /// When the cache does not take it.
    pub(crate) fn calm(&self) -> Result<()> {
        Disturbance::ALL
            .into_iter()
            .filter(|disturbance| disturbance.is_told_to_the_cache())
            .try_for_each(|disturbance| self.end(disturbance))
    }

    fn make(&self, disturbance: Disturbance) -> Result<()> {
        match disturbance {
            Disturbance::KillDatabase => self.server(Backend::Database, Action::Kill),
            Disturbance::KillCache => self.server(Backend::Cache, Action::Kill),
            Disturbance::FlushCache => self.valkey(&["FLUSHALL"]),
            // In this order nothing is thrown out.
            Disturbance::CacheWithoutMemory => self.valkey(&[
                "CONFIG SET maxmemory-policy noeviction",
                "CONFIG SET maxmemory 1",
            ]),
            Disturbance::CacheWithoutReplicas => {
                self.valkey(&["CONFIG SET min-replicas-to-write 1"])
            }
            // Of a primary that is not there, so that it keeps what it has.
            Disturbance::DemoteCache => self.valkey(&["REPLICAOF 127.0.0.1 1"]),
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
            Disturbance::KillDatabase => self.server(Backend::Database, Action::Start),
            Disturbance::KillCache => self.server(Backend::Cache, Action::Start),
            Disturbance::FlushCache => Ok(()),
            Disturbance::CacheWithoutMemory => self.valkey(&[
                "CONFIG SET maxmemory 256mb",
                "CONFIG SET maxmemory-policy volatile-lru",
            ]),
            Disturbance::CacheWithoutReplicas => {
                self.valkey(&["CONFIG SET min-replicas-to-write 0"])
            }
            Disturbance::DemoteCache => self.valkey(&["REPLICAOF NO ONE"]),
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

    /// In Valkey's own words, one command a line.
    fn valkey(&self, commands: &[&str]) -> Result<()> {
        let address = self.endpoints.cache.url.trim_start_matches("redis://");
        let mut valkey = TcpStream::connect(address).context("connecting to Valkey")?;
        for command in commands {
            valkey.write_all(format!("{command}\r\n").as_bytes())?;
            let mut answer = [0; 5];
            valkey.read_exact(&mut answer)?;
            ensure!(&answer == b"+OK\r\n", "Valkey refuses `{command}`");
        }
        Ok(())
    }

    fn server(&self, backend: Backend, action: Action) -> Result<()> {
        // An interrupt ends the drill, not the repair.
        xtask::change(self.workspace, backend, action, &Interrupt::new())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_turn_and_a_seed_gives_the_same_order() {
        let options = |seed| schedule(2, &mut fastrand::Rng::with_seed(seed));
        for round in options(7).chunks(Disturbance::ALL.len()) {
            let mut round = round.to_vec();
            round.sort();
            let mut all = Disturbance::ALL.to_vec();
            all.sort();
            assert_eq!(round, all);
        }
        assert_eq!(options(7), options(7));
        assert_ne!(options(7), options(8));
    }
}
