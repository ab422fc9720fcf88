//! Decides who answers an event.

use std::{sync::Arc, time::Duration};

use contract::{
    Command, Deadline, Dependency, FaultTarget, JsonError, Operation, OperatorReply, Read, Reply,
    Request, Response, RetryEvent, Served, Setback, Target, Unavailable,
};
use lambda_kit::{
    attempt_log::AttemptLog,
    clock::Clock,
    faults::{InjectedFault, Injector},
    function::{Function, InvokeError},
};
use lambda_runtime::Diagnostic;
use serde::{Deserialize, Deserializer, Serialize};
use tracing::Instrument;

use crate::{
    budget::Budget,
    cache_aside::CacheAside,
    call::Call,
    commit::Commit,
    database::{DatabaseError, MigrationError},
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
/// that must be seen. It holds no payload, for the runtime logs it as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvocationError {
    /// The event is not one that this function knows.
    #[error(
        "event cannot be understood: {0}; it must be a request of the API Lambda \
         or {{\"command\": \"migrate\"}} or {{\"command\": \"new_incarnation\"}}"
    )]
    UnreadableEvent(JsonError),
    /// The database refuses what this version asks of it.
    #[error("{0}")]
    DatabaseDefect(DatabaseError),
    /// The schema is not up to date.
    #[error("{0}")]
    MigrationFailed(MigrationError),
    /// No new incarnation has begun, or that is not known.
    #[error("cannot begin an incarnation: {0}")]
    IncarnationNotBegun(DatabaseError),
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
            InvocationError::IncarnationNotBegun(_) => "IncarnationNotBegun",
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
    pub async fn handle<'event>(
        &self,
        event: impl Deserializer<'event, Error = serde_json::Error>,
        ends_at: Deadline,
    ) -> Result<Answer, InvocationError> {
        let outcome = match RetryEvent::deserialize(event) {
            Ok(RetryEvent::Items(request)) => {
                let span = tracing::info_span!(
                    "items",
                    request_id = request.request_id,
                    trace_id = lambda_kit::telemetry::trace_id()
                );
                let faults = request.faults.clone();
                let call = Call {
                    budget: Budget::until(request.deadline, ends_at),
                    attempt_log: AttemptLog::new(),
                    commit: Commit::default(),
                };
                let answered = Box::pin(self.answer(request, &call));
                let answered = self.faults.around_function(FaultTarget::Retry, answered);
                let answered = self.faults.following(faults, answered.instrument(span));
                match answered.await {
                    Ok(answered) => answered.map(|reply| {
                        Answer::Items(Response {
                            reply,
                            attempts: call.attempt_log.take_attempts(),
                        })
                    }),
                    Err(fault) => Err(fault.into()),
                }
            }
            Ok(RetryEvent::Operator { command }) => {
                self.operate(command, ends_at).await.map(Answer::Operator)
            }
            Err(error) => Err(InvocationError::UnreadableEvent(error.into())),
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
        let left = Budget::until(ends_at, ends_at).left(self.clock.now());
        match command {
            Operation::Migrate => {
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
            Operation::NewIncarnation => {
                let begun = self.items.begin_incarnation(left).await;
                let (incarnation, cache_knows) =
                    begun.map_err(InvocationError::IncarnationNotBegun)?;
                tracing::warn!(
                    incarnation = incarnation.number(),
                    cache_knows,
                    "an operator begins a new incarnation"
                );
                Ok(OperatorReply::IncarnationBegun {
                    number: incarnation,
                    cache_knows,
                })
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
                Ok(Reply::Unavailable(Unavailable {
                    unchanged: call.commit.is_certainly_undone(),
                    ..unavailable(Dependency::Time, error.to_string(), None)
                }))
            }
            (Err(error), Command::Write { .. }) => {
                tracing::warn!(%error, "write cannot be done");
                let setback = error.setback();
                Ok(Reply::Unavailable(Unavailable {
                    unchanged: call.commit.is_certainly_undone(),
                    ..unavailable(Dependency::Database, error.to_string(), setback)
                }))
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
        let reason = format!("{error}; {because}");
        Reply::Unavailable(unavailable(Dependency::Database, reason, setback))
    }

    async fn ask_fallback(
        &self,
        request: &Request<Read>,
        time_left: Duration,
        call: &Call,
    ) -> Result<Reply, InvokeError> {
        let invocation = self.fallback.invoke(request, time_left);
        let attempt_log = &call.attempt_log;
        let failed = |error: &InvokeError| error.into();
        let answered = attempt_log.invocation(Target::Fallback, invocation, failed);
        answered.await
    }
}

fn unavailable(dependency: Dependency, reason: String, setback: Option<Setback>) -> Unavailable {
    Unavailable {
        dependency,
        reason,
        setback,
        unchanged: false,
    }
}
