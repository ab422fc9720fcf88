//! Decides who answers an event.

use std::{sync::Arc, time::Duration};

use contract::{
    Command, Deadline, Dependency, FaultTarget, Operation, OperatorReply, Read, Reply, Request,
    Response, RetryEvent, Served, Setback, Target, Unavailable,
};
use lambda_kit::{
    clock::Clock,
    faults::{InjectedFault, Injector},
    function::{Function, InvokeError},
    journal::Journal,
};
use lambda_runtime::Diagnostic;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::Instrument;

use crate::{
    budget::Budget, cache_aside::CacheAside, call::Call, database::DatabaseError,
    repository::MigrationError,
};

/// Everything that answering takes.
pub struct Handler {
    /// The normal way.
    pub items: CacheAside,
    /// Whom to ask when the database fails.
    pub fallback: Function,
    /// Faults that somebody asked for.
    pub faults: Injector,
    /// Tells how much time is left.
    pub clock: Arc<dyn Clock>,
}

/// What the function returns.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// To the API Lambda.
    Items(Response),
    /// To whoever deploys.
    Operator(OperatorReply),
}

/// Why the invocation fails: something that nobody but a human can mend, and
/// that must be seen.
#[derive(Debug, thiserror::Error)]
pub enum InvocationError {
    /// The event is not one that this function knows.
    #[error("event cannot be understood: {0}")]
    UnreadableEvent(#[source] serde_json::Error),
    /// The database refuses what this version asks of it.
    #[error("{0}")]
    DatabaseDefect(#[source] DatabaseError),
    /// The schema is not up to date.
    #[error("{0}")]
    MigrationFailed(#[source] MigrationError),
    /// Somebody asked for this.
    #[error(transparent)]
    Injected(#[from] InjectedFault),
}

impl From<InvocationError> for Diagnostic {
    fn from(error: InvocationError) -> Self {
        let error_type = match error {
            InvocationError::UnreadableEvent(_) => "UnreadableEvent",
            InvocationError::DatabaseDefect(_) => "DatabaseDefect",
            InvocationError::MigrationFailed(_) => "MigrationFailed",
            InvocationError::Injected(_) => "InjectedFault",
        };
        Self {
            error_type: error_type.to_owned(),
            error_message: error.to_string(),
        }
    }
}

impl Handler {
    /// Answers an event of an invocation that ends at `ends_at`.
    ///
    /// # Errors
    ///
    /// See [`InvocationError`]. Trouble that may pass is no error here but a
    /// [`Reply::Unavailable`].
    pub async fn handle(&self, event: Value, ends_at: Deadline) -> Result<Answer, InvocationError> {
        let outcome = match RetryEvent::deserialize(event) {
            Ok(RetryEvent::Items(request)) => {
                let span = tracing::info_span!(
                    "items",
                    request_id = request.request_id,
                    trace_id = lambda_kit::telemetry::trace_id()
                );
                self.faults.follow(request.faults.clone());
                let call = Call {
                    budget: Budget::until(request.deadline, ends_at),
                    journal: Journal::new(),
                };
                let answered = Box::pin(self.answer(request, &call));
                let answered = self.faults.around_function(FaultTarget::Retry, answered);
                match answered.instrument(span).await {
                    Ok(answered) => answered.map(|reply| {
                        Answer::Items(Response {
                            reply,
                            attempts: call.journal.attempts(),
                        })
                    }),
                    Err(fault) => Err(fault.into()),
                }
            }
            Ok(RetryEvent::Operator { command }) => {
                self.operate(command, ends_at).await.map(Answer::Operator)
            }
            Err(error) => Err(InvocationError::UnreadableEvent(error)),
        };
        if let Err(error) = &outcome {
            tracing::error!(%error, "invocation fails");
        }
        outcome
    }

    async fn operate(
        &self,
        command: Operation,
        ends_at: Deadline,
    ) -> Result<OperatorReply, InvocationError> {
        match command {
            Operation::Migrate => {
                let left = Budget::until(ends_at, ends_at).left(self.clock.now());
                let limit = left.unwrap_or_default();
                let applied = self
                    .items
                    .database
                    .migrate(limit)
                    .await
                    .map_err(InvocationError::MigrationFailed)?;
                tracing::info!(applied, "database is up to date");
                Ok(OperatorReply::Migrated { applied })
            }
        }
    }

    async fn answer(
        &self,
        request: Request<Command>,
        call: &Call,
    ) -> Result<Reply, InvocationError> {
        let outcome = match &request.command {
            Command::Read(read) => self.items.read(read, call).await,
            Command::Write {
                idempotency_key,
                write,
            } => self.items.write(idempotency_key, write, call).await,
        };
        match (outcome, request.command) {
            (Ok(reply), _) => Ok(reply),
            (Err(error @ DatabaseError::Defect(_)), _) => {
                Err(InvocationError::DatabaseDefect(error))
            }
            (Err(error @ DatabaseError::NoTimeLeft), _)
            | (Err(error @ DatabaseError::CutShort(_)), Command::Write { .. }) => {
                Ok(unavailable(Dependency::Time, error.to_string(), None))
            }
            (Err(error), Command::Write { .. }) => {
                tracing::warn!(%error, "write cannot be done");
                let setback = error.setback();
                Ok(unavailable(
                    Dependency::Database,
                    error.to_string(),
                    setback,
                ))
            }
            (Err(error), Command::Read(read)) => {
                tracing::warn!(%error, "read falls back");
                let request = Request {
                    request_id: request.request_id,
                    deadline: request.deadline,
                    faults: request.faults,
                    command: read,
                };
                Ok(self.fall_back(&request, &error, call).await)
            }
        }
    }

    /// Passes on the Fallback Lambda's reply, unless it has none either: then
    /// the database is what is missing. Either way the reply tells what became of
    /// the database.
    async fn fall_back(
        &self,
        request: &Request<Read>,
        error: &DatabaseError,
        call: &Call,
    ) -> Reply {
        let setback = error.setback();
        let because = match call.budget.for_fallback(self.clock.now()) {
            None => "no time left for the fallback".to_owned(),
            Some(time_left) => match self.ask_fallback(request, time_left, call).await {
                Ok(Reply::Unavailable(trouble)) => format!("fallback: {}", trouble.reason),
                Ok(Reply::Served(served)) => return Reply::Served(Served { setback, ..served }),
                Ok(Reply::Refused(refusal)) => return Reply::Refused(refusal.after(setback)),
                Err(error) => {
                    tracing::warn!(%error, "fallback cannot be asked");
                    format!("fallback: {error}")
                }
            },
        };
        unavailable(Dependency::Database, format!("{error}; {because}"), setback)
    }

    async fn ask_fallback(
        &self,
        request: &Request<Read>,
        time_left: Duration,
        call: &Call,
    ) -> Result<Reply, InvokeError> {
        let invocation = self.fallback.invoke(request, time_left);
        let journal = &call.journal;
        let failed = |error: &InvokeError| error.into();
        let answered = journal.invocation(Target::Fallback, invocation, failed);
        answered.await
    }
}

fn unavailable(dependency: Dependency, reason: String, setback: Option<Setback>) -> Reply {
    Reply::Unavailable(Unavailable {
        dependency,
        reason,
        setback,
    })
}
