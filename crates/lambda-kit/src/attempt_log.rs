//! Notes on everything that was asked on the way to an answer, which a client
//! is shown in `served.attempts`.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use contract::{Attempt, AttemptOutcome, Reply, Response, Target};
use tokio::time::Instant;

use crate::clock::as_ms;

/// The most that is noted of one answer. No path makes so many attempts; but
/// what is read from another function is bounded here.
const LONGEST: usize = 16;

/// The attempts made for one answer.
#[derive(Debug, Clone)]
pub struct AttemptLog {
    started: Instant,
    attempts: Arc<Mutex<Vec<Attempt>>>,
}

impl AttemptLog {
    /// An empty log of a request that arrives now.
    #[expect(
        clippy::new_without_default,
        reason = "starting the watch is no default"
    )]
    pub fn new() -> Self {
        // Tokio's clock, which tests can drive.
        Self {
            started: Instant::now(),
            attempts: Arc::default(),
        }
    }

    /// How long the request has taken so far.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// What has been noted so far.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.noted().clone()
    }

    /// Looks at what has been noted so far.
    pub fn look<T>(&self, look: impl FnOnce(&[Attempt]) -> T) -> T {
        look(&self.noted())
    }

    /// What has been noted so far, which the log then no longer holds.
    pub fn take_attempts(&self) -> Vec<Attempt> {
        std::mem::take(&mut self.noted())
    }

    /// Asks something and notes what became of it.
    ///
    /// # Errors
    ///
    /// Those of `question`.
    pub async fn ask<T, E>(
        &self,
        target: Target,
        question: impl Future<Output = Result<T, E>>,
        answered: impl FnOnce(&T) -> AttemptOutcome,
    ) -> Result<T, E>
    where
        for<'a> AttemptOutcome: From<&'a E>,
    {
        let outcome = |result: &Result<T, E>| match result {
            Ok(answer) => answered(answer),
            Err(error) => error.into(),
        };
        self.attempt(target, question, outcome).await
    }

    /// Makes an attempt and notes it.
    pub async fn attempt<T>(
        &self,
        target: Target,
        attempt: impl Future<Output = T>,
        outcome: impl FnOnce(&T) -> AttemptOutcome,
    ) -> T {
        let started = self.elapsed();
        let result = attempt.await;
        self.note(target, outcome(&result), started, Vec::new());
        result
    }

    /// Invokes a function and notes it, with what the function asked in turn.
    ///
    /// # Errors
    ///
    /// Those of `invocation`.
    pub async fn invocation<E>(
        &self,
        target: Target,
        invocation: impl Future<Output = Result<Response, E>>,
        failed: impl FnOnce(&E) -> AttemptOutcome,
    ) -> Result<Reply, E> {
        let started = self.elapsed();
        let (outcome, inner, result) = match invocation.await {
            Ok(Response { reply, attempts }) => ((&reply).into(), attempts, Ok(reply)),
            Err(error) => (failed(&error), Vec::new(), Err(error)),
        };
        self.note(target, outcome, started, inner);
        result
    }

    fn note(
        &self,
        target: Target,
        outcome: AttemptOutcome,
        started: Duration,
        mut inner: Vec<Attempt>,
    ) {
        inner.truncate(LONGEST);
        let took = self.elapsed().saturating_sub(started);
        let attempt = Attempt::made_of(target, outcome, as_ms(started), as_ms(took), inner);
        tracing::debug!(?attempt, "attempt ended");
        let mut noted = self.noted();
        if noted.len() < LONGEST {
            noted.push(attempt);
        }
    }

    fn noted(&self) -> MutexGuard<'_, Vec<Attempt>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn attempts_are_timed_from_the_requests_arrival() {
        let attempt_log = AttemptLog::new();
        tokio::time::advance(Duration::from_millis(5)).await;
        let work = tokio::time::sleep(Duration::from_millis(20));
        attempt_log
            .attempt(Target::Cache, work, |()| AttemptOutcome::Miss)
            .await;
        let noted = Attempt::made_of(Target::Cache, AttemptOutcome::Miss, 5, 20, Vec::new());
        assert_eq!(attempt_log.attempts(), [noted]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_log_does_not_grow_beyond_its_bound() {
        let attempt_log = AttemptLog::new();
        let inner = Attempt::made_of(Target::Cache, AttemptOutcome::Ok, 0, 0, Vec::new());
        for _ in 0..2 * LONGEST {
            let inner = vec![inner.clone(); 2 * LONGEST];
            attempt_log.note(Target::Retry, AttemptOutcome::Ok, Duration::ZERO, inner);
        }
        let noted = attempt_log.attempts();
        assert_eq!(noted.len(), LONGEST);
        assert!(
            noted
                .iter()
                .all(|attempt| attempt.attempts.len() == LONGEST)
        );
    }
}
