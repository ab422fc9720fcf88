//! Clients that call each service so many times a second, whatever it answers.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use tokio::time::MissedTickBehavior;

use crate::client::Client;

/// What clients saw so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    pub(crate) well: u64,
    /// The dependency failed.
    pub(crate) failed: u64,
    /// The breaker refused.
    pub(crate) refused: u64,
    /// No answer, or an odd one.
    pub(crate) odd: u64,
}

impl Seen {
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            well: self.well - before.well,
            failed: self.failed - before.failed,
            refused: self.refused - before.refused,
            odd: self.odd - before.odd,
        }
    }

    pub(crate) fn total(self) -> u64 {
        self.well + self.failed + self.refused + self.odd
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            well,
            failed,
            refused,
            odd,
        } = self;
        write!(
            formatter,
            "{well} well, {failed} failed, {refused} refused, {odd} without a proper answer"
        )
    }
}

#[derive(Default)]
struct Counters {
    well: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
    odd: AtomicU64,
}

/// The clients.
pub(crate) struct Load {
    counters: Arc<Counters>,
    stopped: Arc<AtomicBool>,
}

impl Load {
    pub(crate) fn start(urls: impl Iterator<Item = String>, calls_per_s: u32) -> Self {
        let load = Self {
            counters: Arc::default(),
            stopped: Arc::default(),
        };
        for url in urls {
            let (counters, stopped) = (Arc::clone(&load.counters), Arc::clone(&load.stopped));
            tokio::spawn(async move {
                let client = Client::new();
                let mut ticks = tokio::time::interval(Duration::from_secs(1) / calls_per_s);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
                while !stopped.load(Ordering::Relaxed) {
                    ticks.tick().await;
                    let call = call(client.clone(), url.clone(), Arc::clone(&counters));
                    tokio::spawn(call);
                }
            });
        }
        load
    }

    pub(crate) fn seen(&self) -> Seen {
        let Counters {
            well,
            failed,
            refused,
            odd,
        } = &*self.counters;
        Seen {
            well: well.load(Ordering::Relaxed),
            failed: failed.load(Ordering::Relaxed),
            refused: refused.load(Ordering::Relaxed),
            odd: odd.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

async fn call(client: Client, url: String, counters: Arc<Counters>) {
    let counter = match client.get(&url).await {
        Some(StatusCode::OK) => &counters.well,
        Some(StatusCode::BAD_GATEWAY) => &counters.failed,
        Some(StatusCode::SERVICE_UNAVAILABLE) => &counters.refused,
        Some(_) | None => &counters.odd,
    };
    counter.fetch_add(1, Ordering::Relaxed);
}
