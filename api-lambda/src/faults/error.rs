//! Why the table of the faults was of no use.

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use contract::JsonError;
use lambda_kit::{aws, code::Code};

/// Why the table was of no use. It does not hold what DynamoDB says beside its code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultTableError {
    /// It did not answer, or failed itself; a change may have been made.
    #[error("the table did not answer: {0}")]
    NoAnswer(Code),
    /// It refused: forbidden, invalid or throttled. A change was not made.
    #[error("the table refused: {0}")]
    Refused(Code),
    /// The fault cannot be written as JSON.
    #[error("the fault cannot be written: {0}")]
    Unwritable(JsonError),
}

impl FaultTableError {
    /// Whether it is certain that a change was not made.
    pub fn had_no_effect(&self) -> bool {
        match self {
            Self::NoAnswer(_) => false,
            Self::Refused(_) | Self::Unwritable(_) => true,
        }
    }
}

impl<E: ProvideErrorMetadata> From<SdkError<E, HttpResponse>> for FaultTableError {
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let refused = error
            .raw_response()
            .is_some_and(|response| response.status().is_client_error());
        let code = aws::code_of(&error);
        if refused {
            Self::Refused(code)
        } else {
            Self::NoAnswer(code)
        }
    }
}
