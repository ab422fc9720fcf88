//! What is kept of an error of an AWS service.

use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};

use crate::code::Code;

/// The code that the service gives, or what kept it from giving one. Its message is not kept:
/// it may quote what was sent.
pub fn code_of<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Code {
    match error {
        SdkError::ServiceError(service) => Code::received(service.err().code()),
        SdkError::TimeoutError(_) => Code::known("timed out"),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Code::known("timed out"),
        SdkError::DispatchFailure(_) => Code::known("no connection"),
        SdkError::ResponseError(_) => Code::known("unreadable response"),
        _ => Code::UNKNOWN,
    }
}
