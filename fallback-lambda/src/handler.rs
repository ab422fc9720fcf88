//! Answers an event.

use std::sync::Arc;

use contract::{CacheKey, Dependency, Read, Reply, Request, Source, Unavailable};
use lambda_kit::{
    cache::{Cache, CacheError},
    clock::Clock,
    telemetry::Causes,
};
use lambda_runtime::Diagnostic;
use serde::Deserialize;
use serde_json::Value;
use tracing::Instrument;

use crate::config::MaxAge;

/// Everything that answering takes.
pub struct Handler {
    /// The only source.
    pub cache: Cache,
    /// What is older is not served.
    pub max_age: MaxAge,
    /// Tells how old an entry is.
    pub clock: Arc<dyn Clock>,
}

/// Why the invocation fails: the event is not one that this function knows.
#[derive(Debug, thiserror::Error)]
#[error("event cannot be understood: {0}")]
pub struct UnreadableEvent(#[source] serde_json::Error);

impl From<UnreadableEvent> for Diagnostic {
    fn from(error: UnreadableEvent) -> Self {
        Self {
            error_type: "UnreadableEvent".to_owned(),
            error_message: error.to_string(),
        }
    }
}

impl Handler {
    /// Answers an event, which must be a [`Request`] to read.
    ///
    /// # Errors
    ///
    /// If the event is anything else. That nothing can be served is no error
    /// but a [`Reply::Unavailable`].
    pub async fn handle(&self, event: Value) -> Result<Reply, UnreadableEvent> {
        let request = match Request::<Read>::deserialize(event) {
            Ok(request) => request,
            Err(error) => {
                let error = UnreadableEvent(error);
                tracing::error!(%error, "invocation fails");
                return Err(error);
            }
        };
        let span = tracing::info_span!("fallback", request_id = request.request_id);
        Ok(self.answer(&request).instrument(span).await)
    }

    async fn answer(&self, request: &Request<Read>) -> Reply {
        let now = self.clock.now();
        if request.deadline.remaining(now).is_zero() {
            return unavailable(Dependency::Time, "no time was left to ask the cache");
        }
        match self.cache.get(&CacheKey::from(&request.command)).await {
            Ok(Some(entry)) if self.max_age.is_exceeded(entry.as_of, now) => {
                unavailable(Dependency::NothingCached, "what is cached is too old")
            }
            Ok(Some(entry)) => entry.into_reply(Source::Fallback),
            Ok(None) => unavailable(Dependency::NothingCached, "nothing is cached"),
            Err(error @ CacheError::Entry(_)) => {
                tracing::warn!(error = %Causes(&error), "cache entry cannot be used");
                unavailable(Dependency::NothingCached, "what is cached cannot be used")
            }
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "cache cannot be read");
                unavailable(Dependency::Cache, &format!("cache: {error}"))
            }
        }
    }
}

fn unavailable(dependency: Dependency, reason: &str) -> Reply {
    Reply::Unavailable(Unavailable {
        dependency,
        reason: reason.to_owned(),
    })
}
