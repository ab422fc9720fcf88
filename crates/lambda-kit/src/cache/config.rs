//! Where the cache is.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use redis::{
    Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisError, TlsCertificates,
};

use crate::{
    aws,
    clock::Clock,
    config::Variables,
    iam::{AuthMode, Grant, Login, TokenError, Tokens},
};

/// How to reach the cache.
#[derive(Debug, Clone)]
pub struct CacheConfig {
    /// `CACHE_URL`.
    pub url: CacheUrl,
    /// `CACHE_AUTH` and `CACHE_NAME`.
    pub auth: CacheAuth,
    /// `CACHE_ROOT_CERTIFICATES`.
    pub trust: CacheTrust,
    /// What every key begins with; empty unless several systems share a cache.
    pub namespace: String,
    /// The most that one operation may take, with everything it needs.
    pub limit: Duration,
}

/// Who may vouch for the cache, where it is reached over TLS.
#[derive(Clone)]
pub enum CacheTrust {
    /// The authorities that browsers trust, Amazon's among them.
    Public,
    /// Only these, in PEM.
    Own(Vec<u8>),
}

/// A text that is no path of a file of certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {}", CacheTrust::EXPECTED)]
pub struct CacheTrustError;

impl CacheTrust {
    /// What [`CacheTrust::from_str`] accepts, in words.
    pub const EXPECTED: &str =
        "the path of a readable PEM file with certificates of authorities (CACHE_URL: rediss://)";

    /// A client that trusts nobody else.
    pub(super) fn client(&self, info: ConnectionInfo) -> Result<Client, RedisError> {
        match self {
            Self::Public => Client::open(info),
            Self::Own(pem) => Client::build_with_tls(
                info,
                TlsCertificates {
                    client_tls: None,
                    root_cert: Some(pem.clone()),
                },
            ),
        }
    }
}

impl FromStr for CacheTrust {
    type Err = CacheTrustError;

    /// Reads the file at once: a mistake shall show at the start.
    fn from_str(path: &str) -> Result<Self, Self::Err> {
        const BEGINNING: &str = "-----BEGIN CERTIFICATE-----";
        let pem = std::fs::read_to_string(path).map_err(|_| CacheTrustError)?;
        if !pem.contains(BEGINNING) {
            return Err(CacheTrustError);
        }
        Ok(Self::Own(pem.into_bytes()))
    }
}

impl fmt::Debug for CacheTrust {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => formatter.write_str("Public"),
            Self::Own(pem) => write!(formatter, "Own({} bytes)", pem.len()),
        }
    }
}

/// How a function shows the cache who it is.
#[derive(Debug, Clone)]
pub enum CacheAuth {
    /// With the password in the address, if there is one.
    Password,
    /// With a token that is signed for this.
    Iam(Grant),
}

impl CacheConfig {
    /// Keeps what a dead or hanging cache can cost a request out of the
    /// client's sight; a healthy cache answers in a hundredth of it.
    pub const DEFAULT_LIMIT: Duration = Duration::from_millis(300);

    /// The cache at `url`, all to ourselves, with the password that is in there.
    pub fn new(url: CacheUrl) -> Self {
        Self {
            url,
            auth: CacheAuth::Password,
            trust: CacheTrust::Public,
            namespace: String::new(),
            limit: Self::DEFAULT_LIMIT,
        }
    }

    /// Reads `CACHE_URL`, `CACHE_ROOT_CERTIFICATES`, `CACHE_AUTH` and, if that is
    /// `iam`, `CACHE_NAME`.
    pub fn read<L: Fn(&str) -> Option<String>>(variables: &mut Variables<L>) -> Option<Self> {
        let url = variables.required::<CacheUrl>("CACHE_URL", CacheUrl::EXPECTED);
        let trust = variables.optional(
            "CACHE_ROOT_CERTIFICATES",
            CacheTrust::EXPECTED,
            CacheTrust::Public,
        );
        let usable = |url: &CacheUrl, trust: &CacheTrust| trust.client(url.as_given()).is_ok();
        if let (Some(url), Some(trust)) = (&url, &trust)
            && !usable(url, trust)
        {
            let message = format!("is set but is not {}", CacheTrust::EXPECTED);
            return variables.refuse("CACHE_ROOT_CERTIFICATES", &message);
        }
        let mode = variables.optional("CACHE_AUTH", AuthMode::EXPECTED, AuthMode::Password);
        let auth = match mode? {
            AuthMode::Password => CacheAuth::Password,
            AuthMode::Iam => {
                let expected = "the name of the cache that the token is signed for";
                let name = variables.required("CACHE_NAME", expected);
                let user = url.as_ref().and_then(|url| url.user_over_tls(variables));
                CacheAuth::Iam(Grant::Cache {
                    name: name?,
                    user: user?,
                })
            }
        };
        Some(Self {
            auth,
            trust: trust?,
            ..Self::new(url?)
        })
    }

    /// What a connection presents; asks the SDK for credentials only if that
    /// takes any.
    ///
    /// # Errors
    ///
    /// If tokens are to be signed and the SDK has no credentials or no region.
    pub async fn login(&self, clock: Arc<dyn Clock>) -> Result<Login, TokenError> {
        match &self.auth {
            CacheAuth::Password => Ok(Login::OfUrl),
            CacheAuth::Iam(grant) => {
                let sdk = aws::sdk_config().await;
                Ok(Login::Token(Tokens::new(&sdk, grant, clock)?))
            }
        }
    }
}

/// The address of a cache; may hold a password, which it never shows.
#[derive(Clone)]
pub struct CacheUrl(ConnectionInfo);

/// A text that is no address of a cache.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {}", CacheUrl::EXPECTED)]
pub struct CacheUrlError;

impl CacheUrl {
    /// What [`CacheUrl::from_str`] accepts, in words.
    pub const EXPECTED: &str =
        "redis://host:port, or rediss://host:port with TLS, either with user:password@ before host";

    /// How to connect, with `token` as the password.
    pub(super) fn with_token(&self, token: &str) -> ConnectionInfo {
        let settings = self.0.redis_settings().clone().set_password(token);
        self.0.clone().set_redis_settings(settings)
    }

    /// How to connect.
    pub(super) fn as_given(&self) -> ConnectionInfo {
        self.0.clone()
    }

    /// The user that a token is for. ElastiCache takes tokens over TLS alone.
    fn user_over_tls<L>(&self, variables: &mut Variables<L>) -> Option<String>
    where
        L: Fn(&str) -> Option<String>,
    {
        let over_tls = matches!(self.0.addr(), ConnectionAddr::TcpTls { .. });
        match self.0.redis_settings().username() {
            Some(user) if over_tls => Some(user.to_owned()),
            _ => variables.refuse(
                "CACHE_URL",
                "must be rediss://user@host:port when CACHE_AUTH is iam",
            ),
        }
    }
}

impl FromStr for CacheUrl {
    type Err = CacheUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.into_connection_info()
            .map(Self)
            .map_err(|_| CacheUrlError)
    }
}

impl fmt::Debug for CacheUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CacheUrl({})", self.0.addr())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unusable_address_is_reported_without_repeating_it() {
        for bad in [
            "secret",
            "http://secret:1",
            "redis://",
            "redis://u:secret@h:port",
        ] {
            let mut variables = Variables::new(|_| Some(bad.to_owned()));
            let config = CacheConfig::read(&mut variables);
            let error = variables.finish(|| config).unwrap_err().to_string();
            assert!(
                error.starts_with("CACHE_URL is set but is not redis://"),
                "{bad}"
            );
            assert!(!error.contains("secret"), "{error}");
        }
    }

    fn read(variables: &[(&str, &str)]) -> Result<CacheConfig, String> {
        let mut variables = Variables::new(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        let config = CacheConfig::read(&mut variables);
        variables
            .finish(|| config)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_token_needs_a_user_tls_and_the_name_of_the_cache() {
        let address = ("CACHE_URL", "rediss://fallback@cache.example.org:6379");
        let iam = ("CACHE_AUTH", "iam");
        let config = read(&[address, iam, ("CACHE_NAME", "items-cache")]).unwrap();
        let CacheAuth::Iam(Grant::Cache { name, user }) = config.auth else {
            panic!("expected a grant on a cache, got {:?}", config.auth);
        };
        assert_eq!((name.as_str(), user.as_str()), ("items-cache", "fallback"));

        for url in ["redis://fallback@cache:6379", "rediss://cache:6379"] {
            assert_eq!(
                read(&[("CACHE_URL", url), iam]).unwrap_err(),
                "CACHE_NAME is not set; it must be the name of the cache that the token is \
                 signed for; CACHE_URL must be rediss://user@host:port when CACHE_AUTH is iam"
            );
        }
    }

    #[test]
    fn certificates_that_cannot_be_used_are_reported_at_the_start() {
        let folder = std::env::temp_dir();
        let file = |name: &str, text: &str| {
            let path = folder.join(format!("{}-{name}.pem", std::process::id()));
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let authority = rcgen::generate_simple_self_signed(["cache".to_owned()]).unwrap();
        let good = file("good", &authority.cert.pem());
        let torn = file("torn", &authority.cert.pem()[..120]);
        let other = file("other", "a text");
        let read = |url, path| read(&[("CACHE_URL", url), ("CACHE_ROOT_CERTIFICATES", path)]);

        let config = read("rediss://cache:6379", &good).unwrap();
        assert!(matches!(config.trust, CacheTrust::Own(_)));
        for (url, path) in [
            ("rediss://cache:6379", &*torn),
            ("rediss://cache:6379", &*other),
            ("rediss://cache:6379", "/nowhere/at-all.pem"),
            ("redis://cache:6379", &*good),
        ] {
            let error = read(url, path).unwrap_err();
            let expected = "CACHE_ROOT_CERTIFICATES is set but is not the path of a readable PEM";
            assert!(error.starts_with(expected), "{url} {path}: {error}");
        }
        for path in [good, torn, other] {
            std::fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn the_way_to_log_in_is_password_or_iam() {
        let error = read(&[("CACHE_URL", "redis://cache:6379"), ("CACHE_AUTH", "IAM")]);
        assert_eq!(
            error.unwrap_err(),
            "CACHE_AUTH is set but is not password or iam"
        );
    }

    #[test]
    fn a_password_is_never_shown() {
        let url: CacheUrl = "rediss://user:secret@example.org:6380".parse().unwrap();
        assert_eq!(format!("{url:?}"), "CacheUrl(example.org:6380)");
    }
}
