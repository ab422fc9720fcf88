//! SDK configuration shared by every client.

mod failure;
mod trust;

use std::time::Duration;

use aws_config::{
    BehaviorVersion, SdkConfig,
    environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider},
    retry::RetryConfig,
    timeout::TimeoutConfig,
};

pub use self::failure::code_of;

/// How long a connection to an AWS endpoint may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The SDK's configuration from the environment, with retries off.
///
/// Retries belong to the tower stack of the API Lambda alone: if the SDK
/// retried too, attempts would multiply. Only connecting has a time-out here;
/// each client adds its own for whole operations.
///
/// Lambda tells a function who and where it is in variables. Nobody else is asked:
/// making ready to ask profiles, the instance's metadata or STS as well would take a
/// good part of a cold start.
pub async fn sdk_config() -> SdkConfig {
    let variable = |name: &str| std::env::var(name).ok();
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .region(EnvironmentVariableRegionProvider::new())
        .credentials_provider(EnvironmentVariableCredentialsProvider::new())
        .retry_config(RetryConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .build(),
        );
    match trust::client(variable) {
        Some(client) => loader.http_client(client).load().await,
        None => loader.load().await,
    }
}
