//! Tokens that stand in for passwords: IAM authentication to RDS and
//! ElastiCache.
//!
//! A token is a request to connect, signed with the function's own credentials
//! and presented as a password. It is valid for 15 minutes, or for as long as
//! the credentials are. Signing is arithmetic and asks nobody, so there is a new
//! token for each new connection, and none that could be out of date.

use std::{str::FromStr, sync::Arc, time::Duration};

use aws_config::SdkConfig;
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError},
};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign},
    sign::v4,
};
use url::Url;

use crate::clock::Clock;

/// The longest that both services accept.
const VALID_FOR: Duration = Duration::from_mins(15);

/// How a function shows who it is (`DATABASE_AUTH`, `CACHE_AUTH`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMode {
    /// With the password in the address, if there is one.
    Password,
    /// With a token.
    Iam,
}

/// A word that is no [`AuthMode`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {}", AuthMode::EXPECTED)]
pub struct AuthModeError;

impl AuthMode {
    /// What [`AuthMode::from_str`] accepts, in words.
    pub const EXPECTED: &str = "password or iam";
}

impl FromStr for AuthMode {
    type Err = AuthModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "password" => Ok(Self::Password),
            "iam" => Ok(Self::Iam),
            _ => Err(AuthModeError),
        }
    }
}

/// What a new connection presents.
#[derive(Debug, Clone)]
pub enum Login {
    /// Whatever the address holds.
    OfUrl,
    /// A token in place of the password.
    Token(Tokens),
}

/// Who may connect to what.
#[derive(Debug, Clone)]
pub enum Grant {
    /// A user of a database (`rds-db:connect`).
    Database {
        /// The database's address, as it is connected to.
        host: String,
        /// Its port.
        port: u16,
        /// The database user.
        user: String,
    },
    /// A user of a cache (`elasticache:Connect`).
    Cache {
        /// The name of the cache or replication group, in lower case.
        name: String,
        /// The ElastiCache user.
        user: String,
    },
}

/// Why there is no token. It does not hold the words of those who refused one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The SDK found no region.
    #[error("no AWS region is configured")]
    NoRegion,
    /// The SDK found no credentials at all.
    #[error("no AWS credentials are configured")]
    NoCredentials,
    /// The credentials cannot be had just now.
    #[error("AWS credentials cannot be had: {0}")]
    Credentials(&'static str),
    /// The host or the cache name makes no address.
    #[error("host or cache name makes no address: {0}")]
    Address(url::ParseError),
    /// The request cannot be signed.
    #[error("token cannot be signed")]
    Signing,
}

impl From<CredentialsError> for TokenError {
    fn from(error: CredentialsError) -> Self {
        Self::Credentials(match error {
            CredentialsError::CredentialsNotLoaded(_) => "there are none",
            CredentialsError::ProviderTimedOut(_) => "their provider does not answer in time",
            CredentialsError::InvalidConfiguration(_) => "the configuration is invalid",
            _ => "their provider fails",
        })
    }
}

impl From<url::ParseError> for TokenError {
    fn from(error: url::ParseError) -> Self {
        Self::Address(error)
    }
}

/// Signs tokens for one grant.
#[derive(Clone)]
pub struct Tokens {
    credentials: SharedCredentialsProvider,
    region: String,
    service: &'static str,
    request: Url,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Tokens({})", self.request)
    }
}

impl Tokens {
    /// Signs with the credentials of `sdk`, in its region.
    ///
    /// # Errors
    ///
    /// If the SDK knows no region or no credentials, or the grant names no
    /// possible host.
    pub fn new(sdk: &SdkConfig, grant: &Grant, clock: Arc<dyn Clock>) -> Result<Self, TokenError> {
        let (service, request) = grant.request()?;
        Ok(Self {
            credentials: sdk
                .credentials_provider()
                .ok_or(TokenError::NoCredentials)?,
            region: sdk.region().ok_or(TokenError::NoRegion)?.to_string(),
            service,
            request,
            clock,
        })
    }

    /// A new token.
    ///
    /// # Errors
    ///
    /// If there are no credentials to sign it with.
    pub async fn sign(&self) -> Result<String, TokenError> {
        let credentials = self.credentials.provide_credentials().await?;
        self.sign_with(credentials)
    }

    fn sign_with(&self, credentials: Credentials) -> Result<String, TokenError> {
        let identity = credentials.into();
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(VALID_FOR);
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(self.clock.now().into())
            .settings(settings)
            .build()
            .map_err(|_| TokenError::Signing)?
            .into();
        let headers = std::iter::empty();
        let request = SignableRequest::new(
            "GET",
            self.request.as_str(),
            headers,
            SignableBody::Bytes(&[]),
        )
        .map_err(|_| TokenError::Signing)?;
        let (instructions, _) = sign(request, &parameters)
            .map_err(|_| TokenError::Signing)?
            .into_parts();
        let mut signed = self.request.clone();
        signed.query_pairs_mut().extend_pairs(instructions.params());
        let scheme = format!("{}://", signed.scheme());
        Ok(String::from(signed).replacen(&scheme, "", 1))
    }
}

impl Grant {
    /// The service, and the request that is signed for it.
    fn request(&self) -> Result<(&'static str, Url), TokenError> {
        match self {
            Self::Database { host, port, user } => {
                let mut url = Url::parse(&format!("https://{host}:{port}/"))?;
                url.query_pairs_mut()
                    .append_pair("Action", "connect")
                    .append_pair("DBUser", user);
                Ok(("rds-db", url))
            }
            Self::Cache { name, user } => {
                let mut url = Url::parse(&format!("https://{name}/"))?;
                url.query_pairs_mut()
                    .append_pair("Action", "connect")
                    .append_pair("User", user);
                Ok(("elasticache", url))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region};
    use chrono::{DateTime, Utc};

    use super::*;

    struct StoppedClock(DateTime<Utc>);

    impl Clock for StoppedClock {
        fn now(&self) -> DateTime<Utc> {
            self.0
        }
    }

    fn credentials(session_token: Option<&str>) -> Credentials {
        let session_token = session_token.map(str::to_owned);
        Credentials::new("akid", "secret", session_token, None, "test")
    }

    fn tokens(grant: &Grant, now_s: i64) -> Tokens {
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials(None)))
            .build();
        let now = DateTime::from_timestamp_secs(now_s).unwrap();
        Tokens::new(&sdk, grant, Arc::new(StoppedClock(now))).unwrap()
    }

    fn database() -> Grant {
        Grant::Database {
            host: "prod-instance.us-east-1.rds.amazonaws.com".to_owned(),
            port: 3306,
            user: "peccy".to_owned(),
        }
    }

    fn cache() -> Grant {
        Grant::Cache {
            name: "items-cache".to_owned(),
            user: "fallback".to_owned(),
        }
    }

    const MOMENT: i64 = 1_724_709_600;

    /// The published example of the SDK's own generator of RDS tokens.
    #[tokio::test]
    async fn a_database_token_is_the_one_that_the_sdk_would_make() {
        assert_eq!(
            tokens(&database(), MOMENT).sign().await.unwrap(),
            "prod-instance.us-east-1.rds.amazonaws.com:3306/?Action=connect&DBUser=peccy\
             &X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=akid%2F20240826%2Fus-east-1%2Frds-db%2Faws4_request\
             &X-Amz-Date=20240826T220000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=dd0cba843009474347af724090233265628ace491ea17ce3eb3da098b983ad89"
        );
    }

    #[tokio::test]
    async fn a_cache_token_names_the_cache_and_the_user_and_no_scheme() {
        let token = tokens(&cache(), MOMENT).sign().await.unwrap();
        let beginning = "items-cache/?Action=connect&User=fallback&X-Amz-Algorithm=";
        assert!(token.starts_with(beginning), "{token}");
        let scope = "X-Amz-Credential=akid%2F20240826%2Fus-east-1%2Felasticache%2Faws4_request";
        assert!(token.contains(scope), "{token}");
        assert!(token.contains("&X-Amz-Expires=900&"), "{token}");
    }

    #[tokio::test]
    async fn a_token_depends_on_nothing_but_the_moment() {
        let first = tokens(&cache(), MOMENT).sign().await.unwrap();
        assert_eq!(tokens(&cache(), MOMENT).sign().await.unwrap(), first);
        assert_ne!(tokens(&cache(), MOMENT + 1).sign().await.unwrap(), first);
    }

    #[test]
    fn temporary_credentials_bring_their_session_token_along() {
        let token = tokens(&database(), MOMENT)
            .sign_with(credentials(Some("a/b+c=")))
            .unwrap();
        assert!(
            token.contains("X-Amz-Security-Token=a%2Fb%2Bc%3D"),
            "{token}"
        );
    }
}
