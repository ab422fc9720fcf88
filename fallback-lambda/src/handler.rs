//! Answers an event.

use std::sync::Arc;

use contract::{
    AttemptOutcome, CacheEntry, CacheKey, Dependency, FaultTarget, JsonError, Read, Reply, Request,
    Response, Source, Target, Unavailable,
};
use lambda_kit::{
    attempt_log::AttemptLog,
    cache::{Cache, CacheError},
    clock::Clock,
    faults::{InjectedFault, Injector},
    telemetry::Causes,
};
use lambda_runtime::Diagnostic;
use serde::{Deserialize, Deserializer};
use tracing::Instrument;

use crate::config::MaxAge;

/// Everything that answering takes.
pub struct Handler {
    /// The only source.
    pub cache: Cache,
    /// Faults that somebody asked for.
    pub faults: Injector,
    /// What is older is not served.
    pub max_age: MaxAge,
    /// Tells how old an entry is.
    pub clock: Arc<dyn Clock>,
}

/// Why the invocation fails.
///
/// It holds no payload, for the runtime logs it as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvocationError {
    /// The event is not one that this function knows.
    #[error("event cannot be understood: {0}; it must be a request to read")]
    UnreadableEvent(JsonError),
    /// Somebody asked for this.
    #[error(transparent)]
    Injected(#[from] InjectedFault),
}

impl From<InvocationError> for Diagnostic {
    fn from(error: InvocationError) -> Self {
        let error_type = match error {
            InvocationError::UnreadableEvent(_) => "UnreadableEvent",
            InvocationError::Injected(_) => "InjectedFault",
        };
        Self {
            error_type: error_type.to_owned(),
            error_message: error.to_string(),
        }
    }
}

impl Handler {
    /// Answers an event, which must be a [`Request`] to read.
    ///
    /// # Errors
    ///
    /// If the event is anything else, or somebody asked for a fault. That nothing can
    /// be served is no error but a [`Reply::Unavailable`].
    pub async fn handle<'event>(
        &self,
        event: impl Deserializer<'event, Error = serde_json::Error>,
    ) -> Result<Response, InvocationError> {
        let request = match Request::<Read>::deserialize(event) {
            Ok(request) => request,
            Err(error) => {
                let error = InvocationError::UnreadableEvent(error.into());
                tracing::error!(%error, "invocation fails");
                return Err(error);
            }
        };
        let span = tracing::info_span!(
            "fallback",
            request_id = request.request_id,
            trace_id = lambda_kit::telemetry::trace_id()
        );
        let attempt_log = AttemptLog::new();
        let answered = Box::pin(self.answer(&request, &attempt_log));
        let answered = self.faults.around_function(FaultTarget::Fallback, answered);
        let reply = self
            .faults
            .following(request.faults.clone(), answered.instrument(span))
            .await?;
        Ok(Response {
            reply,
            attempts: attempt_log.take_attempts(),
        })
    }

    async fn answer(&self, request: &Request<Read>, attempt_log: &AttemptLog) -> Reply {
        let now = self.clock.now();
        if request.deadline.remaining(now).is_zero() {
            return unavailable(Dependency::Time, "no time was left to ask the cache");
        }
        let key = CacheKey::from(&request.command);
        let is_usable = |entry: &CacheEntry| {
            entry.is_of_the_past(now) && !self.max_age.is_exceeded(entry.as_of, now)
        };
        let usable = |found: &Option<CacheEntry>| match found {
            Some(entry) if is_usable(entry) => AttemptOutcome::Ok,
            _ => AttemptOutcome::Miss,
        };
        let found = attempt_log.ask(Target::Cache, self.cache.get(&key), usable);
        match found.await {
            Ok(Some(entry)) if is_usable(&entry) => entry.into_reply(Source::Fallback),
            Ok(Some(_)) => unavailable(
                Dependency::NothingCached,
                "what is cached is too old, or from the future",
            ),
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
        setback: None,
        unchanged: false,
    })
}
