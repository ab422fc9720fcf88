//! The clients of AWS's services, and how their errors are told.
#![expect(
    clippy::disallowed_types,
    reason = "the operator who deploys reads it, and nothing that clients store is sent"
)]

use std::time::Duration;

use anyhow::anyhow;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_lambda::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

/// Uploading a function may take a while on a slow line.
const ATTEMPT_TIMEOUT: Duration = Duration::from_mins(5);

/// One client a service.
pub(crate) struct Cloud {
    pub(crate) amplify: aws_sdk_amplify::Client,
    pub(crate) cloudformation: aws_sdk_cloudformation::Client,
    pub(crate) codedeploy: aws_sdk_codedeploy::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
}

impl Cloud {
    /// As the environment and the AWS profile say; unlike in the functions, the
    /// SDK tries again by itself.
    pub(crate) async fn from_environment() -> Self {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT);
        let config: SdkConfig = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(timeouts.build())
            .load()
            .await;
        Self {
            amplify: aws_sdk_amplify::Client::new(&config),
            cloudformation: aws_sdk_cloudformation::Client::new(&config),
            codedeploy: aws_sdk_codedeploy::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
        }
    }
}

/// What AWS says, behind what was tried: the SDK's own words alone would be
/// "service error".
pub(crate) fn failed<E, R>(what: &str) -> impl FnOnce(SdkError<E, R>) -> anyhow::Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    move |error| match error.as_service_error() {
        Some(service) => anyhow!(
            "{what}: {}: {}",
            service.code().unwrap_or("no code"),
            service.message().unwrap_or("no message")
        ),
        None => anyhow!("{what}: {}", DisplayErrorContext(&error)),
    }
}
