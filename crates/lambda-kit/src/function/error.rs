//! The ways in which an invocation fails.
//!
//! Two questions matter to a caller. Did the function run? If it did not, a write has
//! changed nothing, and the caller may say so. May another attempt end better?

use std::{fmt, time::Duration};

use contract::{AttemptOutcome, JsonError};

use crate::code::Code;

/// Why an invocation gave no reply. It holds no word of what was sent or answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// No answer came within the time given.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// Lambda has no capacity for the invocation at the moment.
    #[error("throttled by Lambda{0}")]
    Throttled(Throttle),
    /// Lambda did not run the function, for a reason other than capacity.
    #[error("not run by Lambda ({code}): {cause}")]
    NotRun {
        /// Lambda's error code.
        code: &'static str,
        /// What kind of reason that is.
        cause: NotRun,
    },
    /// No connection to Lambda came about.
    #[error("no connection to Lambda")]
    NotConnected,
    /// Lambda failed, or the connection broke before its answer came.
    #[error("no answer from Lambda: {0}")]
    NoAnswer(Code),
    /// The function ended without a reply: it crashed or ran out of time.
    #[error("ended without a reply: {0}")]
    Crashed(Code),
    /// The reply is not one that this version understands.
    #[error("gave a reply that cannot be understood: {0}")]
    Unreadable(JsonError),
    /// The request could not be written as JSON.
    #[error("request cannot be written: {0}")]
    Unwritable(JsonError),
}

/// What Lambda says when it has no capacity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Throttle {
    /// Which limit was reached, in Lambda's words, if it gives one of those that are
    /// documented.
    pub reason: Option<&'static str>,
    /// How long Lambda wants the caller to wait, at most [`Throttle::LONGEST`].
    pub retry_after: Option<Duration>,
}

impl Throttle {
    /// A longer wait is cut to this. Capacity comes and goes within seconds, and an
    /// answer that a proxy made up must not keep callers away for a day.
    pub const LONGEST: Duration = Duration::from_mins(1);

    /// How long to stay away if Lambda does not say.
    pub const USUAL: Duration = Duration::from_secs(1);

    /// How long to stay away.
    pub fn wait(self) -> Duration {
        self.retry_after.unwrap_or(Self::USUAL)
    }
}

impl fmt::Display for Throttle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            Some(reason) => write!(formatter, " ({reason})"),
            None => Ok(()),
        }
    }
}

/// Why Lambda did not run a function that it has the capacity for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRun {
    /// It is being made ready; that passes without anybody's doing.
    NotReady,
    /// Its configuration or somebody's permissions are wrong, until a person mends them.
    Misconfigured,
    /// This request is not acceptable; others are.
    BadRequest,
}

impl fmt::Display for NotRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotReady => "the function is not ready",
            Self::Misconfigured => "the configuration or a permission is wrong",
            Self::BadRequest => "the request is not acceptable",
        })
    }
}

impl InvokeError {
    /// Whether it is certain that the function did not run: nothing was changed.
    pub fn never_ran(&self) -> bool {
        match self {
            Self::Throttled(_) | Self::NotRun { .. } | Self::NotConnected | Self::Unwritable(_) => {
                true
            }
            Self::Timeout(_) | Self::NoAnswer(_) | Self::Crashed(_) | Self::Unreadable(_) => false,
        }
    }

    /// Whether another attempt may end better.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Timeout(_)
            | Self::Throttled(_)
            | Self::NotConnected
            | Self::NoAnswer(_)
            | Self::Crashed(_) => true,
            Self::NotRun { cause, .. } => *cause == NotRun::NotReady,
            Self::Unreadable(_) | Self::Unwritable(_) => false,
        }
    }

    /// What Lambda said, if it had no capacity.
    pub fn throttle(&self) -> Option<Throttle> {
        match self {
            Self::Throttled(throttle) => Some(*throttle),
            _ => None,
        }
    }
}

impl From<&InvokeError> for AttemptOutcome {
    fn from(error: &InvokeError) -> Self {
        match error {
            InvokeError::Timeout(_) => Self::Timeout,
            InvokeError::Throttled(_)
            | InvokeError::NotRun { .. }
            | InvokeError::NotConnected
            | InvokeError::NoAnswer(_)
            | InvokeError::Crashed(_)
            | InvokeError::Unreadable(_)
            | InvokeError::Unwritable(_) => Self::Error,
        }
    }
}
