//! Lambda's Invoke API at the wire: what each of its errors means to a caller.

use std::{net::TcpListener, time::Duration};

use contract::{Refusal, Reply, Response};
use lambda_kit::{
    function::{InvokeError, NotRun, Throttle},
    testing::{InvokeAnswer, LambdaEndpoint, function_at},
};
use serde_json::json;

/// Far more than an answer on the loopback interface takes.
const LIMIT: Duration = Duration::from_mins(1);

async fn invoke(url: &str) -> Result<Response, InvokeError> {
    function_at(url).invoke(&json!({}), LIMIT).await
}

/// What an invocation fails with if Lambda answers so.
async fn error_of(answer: InvokeAnswer) -> InvokeError {
    let endpoint = LambdaEndpoint::always(answer).await;
    invoke(&endpoint.url).await.unwrap_err()
}

/// What an error says about the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Throttled,
    NotRun(NotRun),
    InDoubt,
}

fn meaning_of(error: &InvokeError) -> Meaning {
    match error {
        InvokeError::Throttled(_) => Meaning::Throttled,
        InvokeError::NotRun { cause, .. } => Meaning::NotRun(*cause),
        InvokeError::NoAnswer(_) => Meaning::InDoubt,
        other => panic!("{other:?}"),
    }
}

/// The status, code and meaning of each error: as the API reference has them, with the SDK's newer ones, and those that all of
/// AWS's APIs have in common.
fn documented() -> Vec<(u16, &'static str, Meaning)> {
    let not_ready = Meaning::NotRun(NotRun::NotReady);
    let misconfigured = Meaning::NotRun(NotRun::Misconfigured);
    let bad_request = Meaning::NotRun(NotRun::BadRequest);
    vec![
        (429, "TooManyRequestsException", Meaning::Throttled),
        (502, "EC2ThrottledException", Meaning::Throttled),
        (502, "ENILimitReachedException", Meaning::Throttled),
        (
            502,
            "SubnetIPAddressLimitReachedException",
            Meaning::Throttled,
        ),
        (402, "ServiceQuotaExceededException", Meaning::Throttled),
        (400, "ThrottlingException", Meaning::Throttled),
        (400, "KMSThrottlingException", Meaning::Throttled),
        (409, "CodeArtifactUserPendingException", not_ready),
        (502, "EC2UnexpectedException", not_ready),
        (408, "EFSMountConnectivityException", not_ready),
        (408, "EFSMountTimeoutException", not_ready),
        (502, "ENINotReadyException", not_ready),
        (409, "ResourceConflictException", not_ready),
        (502, "ResourceNotReadyException", not_ready),
        (408, "S3FilesMountConnectivityException", not_ready),
        (408, "S3FilesMountTimeoutException", not_ready),
        (400, "SnapStartException", not_ready),
        (409, "SnapStartNotReadyException", not_ready),
        (400, "SnapStartRegenerationFailureException", not_ready),
        (408, "SnapStartTimeoutException", not_ready),
        (403, "AccessDeniedException", misconfigured),
        (400, "CodeArtifactUserDeletedException", misconfigured),
        (400, "CodeArtifactUserFailedException", misconfigured),
        (502, "EC2AccessDeniedException", misconfigured),
        (403, "EFSMountFailureException", misconfigured),
        (403, "ExpiredTokenException", misconfigured),
        (400, "IncompleteSignatureException", misconfigured),
        (400, "InvalidParameterValueException", misconfigured),
        (502, "InvalidRuntimeException", misconfigured),
        (502, "InvalidSecurityGroupIDException", misconfigured),
        (403, "InvalidSignatureException", misconfigured),
        (502, "InvalidSubnetIDException", misconfigured),
        (502, "InvalidZipFileException", misconfigured),
        (502, "KMSAccessDeniedException", misconfigured),
        (502, "KMSDisabledException", misconfigured),
        (502, "KMSInvalidStateException", misconfigured),
        (502, "KMSNotFoundException", misconfigured),
        (403, "MissingAuthenticationTokenException", misconfigured),
        (400, "ModeNotSupportedException", misconfigured),
        (400, "NoPublishedVersionException", misconfigured),
        (400, "RecursiveInvocationException", misconfigured),
        (404, "ResourceNotFoundException", misconfigured),
        (403, "S3FilesMountFailureException", misconfigured),
        (403, "UnrecognizedClientException", misconfigured),
        (409, "DurableExecutionAlreadyStartedException", bad_request),
        (400, "InvalidRequestContentException", bad_request),
        (413, "RequestTooLargeException", bad_request),
        (413, "SerializedRequestEntityTooLargeException", bad_request),
        (415, "UnsupportedMediaTypeException", bad_request),
        (410, "EFSIOException", Meaning::InDoubt),
        (500, "InternalFailure", Meaning::InDoubt),
        (500, "InternalServerError", Meaning::InDoubt),
        (500, "ServiceException", Meaning::InDoubt),
        (503, "ServiceUnavailable", Meaning::InDoubt),
        (503, "ServiceUnavailableException", Meaning::InDoubt),
    ]
}

#[tokio::test]
async fn each_documented_error_has_its_meaning() {
    for (status, code, meaning) in documented() {
        let error = error_of(InvokeAnswer::error(status, code)).await;
        assert_eq!(meaning_of(&error), meaning, "{code}: {error}");
        let in_doubt = meaning == Meaning::InDoubt;
        assert_eq!(error.never_ran(), !in_doubt, "{code}");
        let lasting = [NotRun::Misconfigured, NotRun::BadRequest].map(Meaning::NotRun);
        assert_eq!(error.is_transient(), !lasting.contains(&meaning), "{code}");
    }
}

#[tokio::test]
async fn a_throttle_says_which_limit_and_how_long_to_wait() {
    for reason in [
        "CallerRateLimitExceeded",
        "ConcurrentInvocationLimitExceeded",
        "ConcurrentSnapshotCreateLimitExceeded",
        "FunctionInvocationRateLimitExceeded",
        "ReservedFunctionConcurrentInvocationLimitExceeded",
        "ReservedFunctionInvocationRateLimitExceeded",
    ] {
        for (told, expected) in [
            (Some("2"), Some(Duration::from_secs(2))),
            (Some("3600"), Some(Throttle::LONGEST)),
            (Some("soon"), None),
            (None, None),
        ] {
            let error = error_of(InvokeAnswer::throttled(reason, told)).await;
            let throttle = Throttle {
                reason: Some(reason),
                retry_after: expected,
            };
            assert_eq!(error.throttle(), Some(throttle), "{told:?}");
            assert!(error.to_string().contains(reason));
        }
    }
}

#[tokio::test]
async fn a_throttle_is_known_by_its_status_whatever_else_is_wrong_with_it() {
    let throttled = || InvokeAnswer::throttled("NewLimitExceeded", Some("1"));
    for answer in [
        throttled(),
        throttled().with("retry-after", "2"),
        throttled().saying("<html>Too many requests</html>"),
        throttled().saying(""),
        InvokeAnswer::error(429, "NewException"),
        InvokeAnswer::error(429, ""),
    ] {
        let told = format!("{answer:?}");
        let error = error_of(answer).await;
        let throttle = error.throttle();
        assert!(
            throttle.is_some_and(|throttle| throttle.reason.is_none()),
            "{told}: {error:?}"
        );
    }
}

#[tokio::test]
async fn an_unknown_error_leaves_in_doubt_whether_the_function_ran() {
    let secret = "s3cret in a code or a body";
    for status in [400, 403, 404, 413, 500, 502, 503, 504] {
        for answer in [
            InvokeAnswer::error(status, secret),
            InvokeAnswer::error(status, "NewException").saying(secret),
            InvokeAnswer::error(status, "").saying(&format!(r#"{{"message":"{secret}"}}"#)),
        ] {
            let error = error_of(answer).await;
            assert!(
                matches!(error, InvokeError::NoAnswer(_)),
                "{status}: {error:?}"
            );
            assert!(!error.never_ran() && error.is_transient());
            assert!(!format!("{error} {error:?}").contains("s3cret"));
        }
    }
}

#[tokio::test]
async fn a_connection_that_never_came_about_carried_no_request() {
    let nowhere = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    for url in [&nowhere, "http://name.invalid"] {
        let error = invoke(url).await.unwrap_err();
        assert!(
            matches!(error, InvokeError::NotConnected),
            "{url}: {error:?}"
        );
        assert!(error.never_ran() && error.is_transient());
    }
}

#[tokio::test]
async fn a_connection_that_broke_leaves_in_doubt_whether_the_function_ran() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // Read, or the kernel resets the connection before the request is out.
            let mut request = [0; 4096];
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut request).await;
        }
    });
    let error = invoke(&url).await.unwrap_err();
    assert!(matches!(error, InvokeError::NoAnswer(_)), "{error:?}");
    assert!(!error.never_ran());
}

#[tokio::test]
async fn a_reply_is_a_reply_and_a_crash_may_have_changed_something() {
    let reply = Reply::Refused(Refusal::IdempotencyKeyReused);
    let endpoint = LambdaEndpoint::replying(reply.clone()).await;
    assert_eq!(invoke(&endpoint.url).await.unwrap().reply, reply);
    let crashed = InvokeAnswer::reply(reply)
        .with("x-amz-function-error", "Unhandled")
        .saying(r#"{"errorType":"Sandbox.Timedout","errorMessage":"s3cret"}"#);
    let error = error_of(crashed).await;
    assert_eq!(error.to_string(), "ended without a reply: Sandbox.Timedout");
    assert!(!error.never_ran() && error.is_transient());
}
