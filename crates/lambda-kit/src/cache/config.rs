//! Where the cache is.

use std::{fmt, str::FromStr, time::Duration};

use redis::{ConnectionInfo, IntoConnectionInfo};

use crate::config::Variables;

/// How to reach the cache.
#[derive(Debug, Clone)]
pub struct CacheConfig {
    /// `CACHE_URL`.
    pub url: CacheUrl,
    /// What every key begins with; empty unless several systems share a cache.
    pub namespace: String,
    /// The most that one operation may take, with everything it needs.
    pub limit: Duration,
}

impl CacheConfig {
    /// Keeps what a dead or hanging cache can cost a request out of the
    /// client's sight; a healthy cache answers in a hundredth of it.
    pub const DEFAULT_LIMIT: Duration = Duration::from_millis(300);

    /// The cache at `url`, all to ourselves.
    pub fn new(url: CacheUrl) -> Self {
        Self {
            url,
            namespace: String::new(),
            limit: Self::DEFAULT_LIMIT,
        }
    }

    /// Reads `CACHE_URL`.
    pub fn read<L: Fn(&str) -> Option<String>>(variables: &mut Variables<L>) -> Option<Self> {
        variables
            .required("CACHE_URL", CacheUrl::EXPECTED)
            .map(Self::new)
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

    pub(super) fn into_connection_info(self) -> ConnectionInfo {
        self.0
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

    #[test]
    fn a_password_is_never_shown() {
        let url: CacheUrl = "rediss://user:secret@example.org:6380".parse().unwrap();
        assert_eq!(format!("{url:?}"), "CacheUrl(example.org:6380)");
    }
}
