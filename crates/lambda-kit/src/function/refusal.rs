//! What Lambda's errors mean: one table of the error codes of its Invoke API.

use std::{error::Error, time::Duration};

use aws_sdk_lambda::{
    config::http::HttpResponse, error::SdkError, operation::invoke::InvokeError as SdkInvokeError,
    types::ThrottleReason,
};
use aws_smithy_runtime_api::client::result::DispatchFailure;
use hyper_util::client::legacy::Error as HttpError;

use super::{InvokeError, NotRun, Throttle};
use crate::code::Code;

/// What an error code says about the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// It did not run, for lack of capacity: that of its own reservation, of the
    /// account, of the caller, or of what a new environment is made of.
    Throttled,
    /// It did not run.
    NotRun(NotRun),
    /// It may have run.
    InDoubt,
}

use Meaning::{InDoubt, Throttled};

const NOT_READY: Meaning = Meaning::NotRun(NotRun::NotReady);
const MISCONFIGURED: Meaning = Meaning::NotRun(NotRun::Misconfigured);
const BAD_REQUEST: Meaning = Meaning::NotRun(NotRun::BadRequest);

/// Every error code that the Invoke API documents, and those that all of AWS's APIs
/// have in common. `docs/decisions/0018-throttled-by-lambda.md` shows the same table.
const CODES: [(&str, Meaning); 54] = [
    ("EC2ThrottledException", Throttled),
    ("ENILimitReachedException", Throttled),
    ("ServiceQuotaExceededException", Throttled),
    ("SubnetIPAddressLimitReachedException", Throttled),
    ("ThrottlingException", Throttled),
    ("TooManyRequestsException", Throttled),
    ("CodeArtifactUserPendingException", NOT_READY),
    ("EC2UnexpectedException", NOT_READY),
    ("EFSMountConnectivityException", NOT_READY),
    ("EFSMountTimeoutException", NOT_READY),
    ("ENINotReadyException", NOT_READY),
    ("ResourceConflictException", NOT_READY),
    ("ResourceNotReadyException", NOT_READY),
    ("S3FilesMountConnectivityException", NOT_READY),
    ("S3FilesMountTimeoutException", NOT_READY),
    ("SnapStartException", NOT_READY),
    ("SnapStartNotReadyException", NOT_READY),
    ("SnapStartRegenerationFailureException", NOT_READY),
    ("SnapStartTimeoutException", NOT_READY),
    ("AccessDeniedException", MISCONFIGURED),
    ("CodeArtifactUserDeletedException", MISCONFIGURED),
    ("CodeArtifactUserFailedException", MISCONFIGURED),
    ("EC2AccessDeniedException", MISCONFIGURED),
    ("EFSMountFailureException", MISCONFIGURED),
    ("ExpiredTokenException", MISCONFIGURED),
    ("IncompleteSignatureException", MISCONFIGURED),
    ("InvalidParameterValueException", MISCONFIGURED),
    ("InvalidRuntimeException", MISCONFIGURED),
    ("InvalidSecurityGroupIDException", MISCONFIGURED),
    ("InvalidSignatureException", MISCONFIGURED),
    ("InvalidSubnetIDException", MISCONFIGURED),
    ("InvalidZipFileException", MISCONFIGURED),
    ("KMSAccessDeniedException", MISCONFIGURED),
    ("KMSDisabledException", MISCONFIGURED),
    ("KMSInvalidStateException", MISCONFIGURED),
    ("KMSNotFoundException", MISCONFIGURED),
    ("MissingAuthenticationTokenException", MISCONFIGURED),
    ("ModeNotSupportedException", MISCONFIGURED),
    ("NoPublishedVersionException", MISCONFIGURED),
    ("RecursiveInvocationException", MISCONFIGURED),
    ("ResourceNotFoundException", MISCONFIGURED),
    ("S3FilesMountFailureException", MISCONFIGURED),
    ("UnrecognizedClientException", MISCONFIGURED),
    ("DurableExecutionAlreadyStartedException", BAD_REQUEST),
    ("InvalidRequestContentException", BAD_REQUEST),
    ("RequestTooLargeException", BAD_REQUEST),
    ("SerializedRequestEntityTooLargeException", BAD_REQUEST),
    ("UnsupportedMediaTypeException", BAD_REQUEST),
    ("EFSIOException", InDoubt),
    ("InternalFailure", InDoubt),
    ("InternalServerError", InDoubt),
    ("ServiceException", InDoubt),
    ("ServiceUnavailable", InDoubt),
    ("ServiceUnavailableException", InDoubt),
];

/// The status that means the same as [`Throttled`], whoever answers with it.
const TOO_MANY_REQUESTS: u16 = 429;

/// In the name of every code by which a service of AWS throttles, such as KMS, which
/// Lambda asks to decrypt a function's variables.
const THROTTLING: &str = "Throttl";

/// What became of an invocation that was given `limit`.
pub(super) fn classify(
    error: &SdkError<SdkInvokeError, HttpResponse>,
    limit: Duration,
) -> InvokeError {
    match error {
        SdkError::ServiceError(service) => refusal(service.err(), service.raw()),
        SdkError::DispatchFailure(failure) if never_connected(failure) => InvokeError::NotConnected,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => InvokeError::Timeout(limit),
        SdkError::TimeoutError(_) => InvokeError::Timeout(limit),
        SdkError::ConstructionFailure(_) => InvokeError::NotConnected,
        _ => InvokeError::NoAnswer(Code::known("the connection broke")),
    }
}

fn refusal(error: &SdkInvokeError, response: &HttpResponse) -> InvokeError {
    let status = response.status().as_u16();
    let code = error.meta().code().unwrap_or_default();
    let known = CODES.iter().find(|(known, _)| *known == code);
    match known.copied() {
        Some((_, Throttled)) => InvokeError::Throttled(throttle(error, response)),
        Some((code, Meaning::NotRun(cause))) => InvokeError::NotRun { code, cause },
        Some((code, InDoubt)) => InvokeError::NoAnswer(Code::known(code)),
        None if status == TOO_MANY_REQUESTS || code.contains(THROTTLING) => {
            InvokeError::Throttled(throttle(error, response))
        }
        // The code is not repeated: what answered may be a proxy, which can put anything there.
        None => InvokeError::NoAnswer(Code::UNKNOWN),
    }
}

fn throttle(error: &SdkInvokeError, response: &HttpResponse) -> Throttle {
    let reason = match error {
        SdkInvokeError::TooManyRequestsException(error) => error.reason(),
        _ => None,
    };
    let documented = |reason: &ThrottleReason| {
        let mut all = ThrottleReason::values().iter();
        all.find(|known| **known == reason.as_str()).copied()
    };
    Throttle {
        reason: reason.and_then(documented),
        retry_after: response.headers().get("retry-after").and_then(seconds),
    }
}

/// Whole seconds (RFC 9110, 10.2.3); Lambda sends no dates. Anything else is as good
/// as nothing.
fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // What does not fit is longer than the longest.
    let seconds = is_number.then(|| text.parse().map_or(Throttle::LONGEST, Duration::from_secs));
    seconds.map(|wait| wait.min(Throttle::LONGEST))
}

/// Whether not even a connection came about, let alone a request over it.
fn never_connected(failure: &DispatchFailure) -> bool {
    let connector = failure.as_connector_error();
    let mut cause = connector.map(|error| error as &(dyn Error + 'static));
    while let Some(error) = cause {
        if let Some(http) = error.downcast_ref::<HttpError>() {
            return http.is_connect();
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_whole_seconds_within_the_bound() {
        let s = |seconds| Some(Duration::from_secs(seconds));
        for (text, expected) in [
            ("0", s(0)),
            ("1", s(1)),
            (" 2 ", s(2)),
            ("60", s(60)),
            ("61", s(60)),
            ("86400", s(60)),
            ("99999999999999999999999", s(60)),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("1e3", None),
            ("NaN", None),
            ("", None),
            ("soon", None),
            ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ] {
            assert_eq!(seconds(text), expected, "{text:?}");
        }
    }

    #[test]
    fn each_code_has_one_meaning() {
        let mut codes: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), CODES.len());
    }

    #[test]
    fn the_decision_shows_the_same_table() {
        let page = include_str!("../../../../docs/decisions/0018-throttled-by-lambda.md");
        let shown: Vec<(String, &str)> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
            .map(|(code, rest)| (code.to_owned(), rest.split(" |").next().unwrap()))
            .collect();
        let known: Vec<(String, &str)> = CODES
            .iter()
            .map(|(code, meaning)| {
                let meaning = match meaning {
                    Throttled => "no capacity",
                    Meaning::NotRun(NotRun::NotReady) => "not ready",
                    Meaning::NotRun(NotRun::Misconfigured) => "misconfigured",
                    Meaning::NotRun(NotRun::BadRequest) => "bad request",
                    InDoubt => "in doubt",
                };
                ((*code).to_owned(), meaning)
            })
            .collect();
        assert_eq!(shown, known);
    }
}
