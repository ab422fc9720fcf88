//! Who may vouch for AWS's endpoints.
//!
//! By default the SDK reads every authority that the machine trusts, and reads
//! most of them twice, before a function can ask for its first event: more than
//! half of a cold start. AWS's endpoints need five, which are built in: the roots of
//! [Amazon Trust Services](https://www.amazontrust.com/repository/), of which the
//! first expires in December 2037.

use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

const AMAZON: &str = include_str!("amazon-trust-services.pem");

/// A client that trusts Amazon alone; `None` where others may vouch for what is
/// called: in partitions with authorities of their own, and at an endpoint that
/// is not Amazon's.
pub(super) fn client(variable: impl Fn(&str) -> Option<String>) -> Option<SharedHttpClient> {
    let region = variable("AWS_REGION").unwrap_or_default();
    let endpoint = variable("AWS_ENDPOINT_URL").unwrap_or_default();
    is_amazons(&region, &endpoint).then(|| {
        let trust = TrustStore::empty().with_pem_certificate(AMAZON);
        let context = TlsContext::builder().with_trust_store(trust).build();
        Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(context.unwrap_or_default())
            .build_https()
    })
}

/// Plain HTTP asks for no certificate at all.
fn is_amazons(region: &str, endpoint: &str) -> bool {
    const ELSEWHERE: [&str; 3] = ["cn-", "us-iso", "eu-iso"];
    let of_another_partition = ELSEWHERE.iter().any(|prefix| region.starts_with(prefix));
    !of_another_partition && !endpoint.starts_with("https://")
}

#[cfg(test)]
#[expect(clippy::disallowed_types, reason = "nothing is logged here")]
mod tests {
    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};

    use aws_sdk_lambda::error::DisplayErrorContext;

    use super::*;
    use crate::testing::{Opening, TlsFront};

    /// Also shows that the certificates built in can be read.
    #[tokio::test]
    async fn whom_amazon_does_not_vouch_for_is_not_trusted() {
        let front = TlsFront::to("127.0.0.1:1", Opening::None).await;
        let sdk = aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "akid", "secret", None, None, "test",
            )))
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .endpoint_url(format!("https://{}", front.address))
            .http_client(client(|_| None).unwrap())
            .build();
        let asked = aws_sdk_lambda::Client::new(&sdk)
            .invoke()
            .function_name("retry")
            .send();
        let error = DisplayErrorContext(asked.await.unwrap_err()).to_string();
        assert!(error.contains("UnknownIssuer"), "{error}");
    }

    #[test]
    fn only_amazons_own_endpoints_are_trusted_to_amazon_alone() {
        for (region, endpoint, amazons) in [
            ("eu-central-1", "", true),
            ("us-gov-west-1", "", true),
            ("us-east-1", "http://127.0.0.1:4566", true),
            ("us-east-1", "https://emulator.example.org", false),
            ("cn-north-1", "", false),
            ("us-iso-east-1", "", false),
            ("eu-isoe-west-1", "", false),
        ] {
            assert_eq!(is_amazons(region, endpoint), amazons, "{region} {endpoint}");
        }
    }
}
