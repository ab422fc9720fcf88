//! The Retry Lambda and its database as a queue with a few workers.
//!
//! Whoever calls may give up, but the work goes on: neither Lambda nor a database
//! stops because a client has closed its connection. That waste is what keeps an
//! overload alive.

use std::{
    f64::consts::TAU,
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::DateTime;
use contract::{Body, Command, Dependency, Reply, Request, Served, Source, Unavailable};
use lambda_kit::clock::Clock;
use tokio::{
    sync::{Semaphore, oneshot},
    time::sleep,
};
use uuid::Uuid;

use super::{ledger::Ledger, scenario::Scenario};
use crate::{
    paused_clock::PausedClock,
    wire::{Functions, Wire},
};

/// How many jobs are worked at at once.
pub(super) const WORKERS: u32 = 2;

/// How long a job takes on average, while all is well.
pub(super) const SERVICE_TIME: Duration = Duration::from_millis(160);

/// The standard deviation of a service time's logarithm: the slowest hundredth
/// takes nearly three times the average.
const SPREAD: f64 = 0.5;

/// By how much trouble stretches a job, whether it succeeds or fails after that.
pub(super) const STRETCH: u32 = 10;

/// How long the cache takes to answer in the database's stead.
const FALLBACK_TIME: Duration = Duration::from_millis(10);

/// What trouble does to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It takes longer.
    Slow,
    /// It takes longer, and fails.
    Failing,
}

/// What is done about a job that nobody waits for any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stale {
    /// All of it.
    Worked,
    /// Nothing, if the request's deadline has passed when its turn comes.
    Skipped,
}

/// Both functions, and what the Retry Lambda asks.
#[derive(Debug)]
pub(super) struct Server {
    scenario: Scenario,
    clock: PausedClock,
    ledger: Ledger,
    /// Fair: jobs are begun in the order of their arrival.
    workers: Semaphore,
    random: Mutex<fastrand::Rng>,
}

impl Server {
    pub(super) fn behind_a_wire(
        scenario: Scenario,
        clock: PausedClock,
        ledger: Ledger,
        seed: u64,
    ) -> Wire<Self> {
        Wire(Arc::new(Self {
            scenario,
            clock,
            ledger,
            workers: Semaphore::new(usize::try_from(WORKERS).unwrap()),
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
        }))
    }
}

impl Functions for Server {
    async fn retry(self: Arc<Self>, event: Vec<u8>) -> Reply {
        self.queue(&event).await
    }

    async fn fallback(&self) -> Reply {
        sleep(FALLBACK_TIME).await;
        served(Source::Fallback)
    }
}

impl Server {
    /// Queues a job and waits for its reply.
    async fn queue(self: Arc<Self>, payload: &[u8]) -> Reply {
        let request: Request<Command> = serde_json::from_slice(payload).unwrap();
        let (reply, answer) = oneshot::channel();
        tokio::spawn(async move {
            let _worker = self.workers.acquire().await.unwrap();
            let remaining = request.deadline.remaining(self.clock.now());
            if self.scenario.stale == Stale::Skipped && remaining.is_zero() {
                return;
            }
            let trouble = self.scenario.trouble_at(self.clock.elapsed());
            sleep(self.service_time(trouble)).await;
            let wanted = !reply.is_closed();
            self.ledger.note_job(self.clock.elapsed(), wanted);
            // If nobody waits, it was wasted.
            let _ = reply.send(reply_of(trouble));
        });
        answer.await.unwrap_or_else(|_| {
            Reply::Unavailable(Unavailable {
                dependency: Dependency::Time,
                reason: "the deadline passed in the queue".to_owned(),
                setback: None,
                unchanged: false,
            })
        })
    }

    /// Log-normal (Box and Muller's way), as response times of databases are.
    fn service_time(&self, trouble: Option<Trouble>) -> Duration {
        let mut random = self.random.lock().unwrap();
        let normal = (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (TAU * random.f64()).cos();
        // The mean of exp(σ·N) is exp(σ²/2).
        let factor = (SPREAD * normal - SPREAD * SPREAD / 2.0).exp();
        let stretch = if trouble.is_some() { STRETCH } else { 1 };
        (SERVICE_TIME * stretch).mul_f64(factor)
    }
}

fn reply_of(trouble: Option<Trouble>) -> Reply {
    match trouble {
        None | Some(Trouble::Slow) => served(Source::Database),
        Some(Trouble::Failing) => Reply::Unavailable(Unavailable {
            dependency: Dependency::Database,
            reason: "the database failed".to_owned(),
            setback: None,
            unchanged: false,
        }),
    }
}

/// The path looks at the source alone.
fn served(source: Source) -> Reply {
    Reply::Served(Served {
        body: Body::Deleted { id: Uuid::nil() },
        source,
        as_of: DateTime::UNIX_EPOCH,
        setback: None,
    })
}
