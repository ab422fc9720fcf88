//! What the environment variables say.

use std::{str::FromStr, time::Duration};

use chrono::{DateTime, Utc};
use lambda_kit::{
    cache::CacheConfig,
    config::{ConfigError, Stage, Variables},
    faults::FaultInjection,
    telemetry::LogLevel,
};

/// Everything that can be set.
#[derive(Debug)]
pub struct Config {
    /// `STAGE`.
    pub stage: Stage,
    /// `LOG_LEVEL`; `info` if left out.
    pub log_level: LogLevel,
    /// `FAULT_INJECTION`: whether faults can be asked for; `refused`.
    pub fault_injection: FaultInjection,
    /// `CACHE_URL`, `CACHE_AUTH` and `CACHE_NAME`.
    pub cache: CacheConfig,
    /// `FALLBACK_MAX_AGE_S`; a day if left out.
    pub max_age: MaxAge,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    ///
    /// Every variable that is missing or cannot be used.
    pub fn read<L>(mut variables: Variables<L>) -> Result<Self, ConfigError>
    where
        L: Fn(&str) -> Option<String>,
    {
        let stage = variables.required("STAGE", Stage::EXPECTED);
        let log_level = variables.optional("LOG_LEVEL", "a log level", LogLevel::default());
        let fault_injection = FaultInjection::read(&mut variables);
        let cache = CacheConfig::read(&mut variables);
        let max_age = variables.optional("FALLBACK_MAX_AGE_S", MaxAge::EXPECTED, MaxAge::default());
        variables.finish(|| {
            Some(Self {
                stage: stage?,
                log_level: log_level?,
                fault_injection: fault_injection?,
                cache: cache?,
                max_age: max_age?,
            })
        })
    }
}

/// How old an answer may be: 1 second to a day, which is as long as the cache
/// keeps entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxAge(Duration);

/// A maximum age that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {}", MaxAge::EXPECTED)]
pub struct MaxAgeError;

impl MaxAge {
    const LONGEST: Duration = Duration::from_hours(24);
    /// What [`MaxAge::from_str`] accepts, in words.
    pub const EXPECTED: &str = "a whole number of seconds from 1 to 86400";

    /// Whether what was so at `as_of` is too old to be served at `now`.
    pub fn is_exceeded(self, as_of: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        // Not `as_of + self.0`, which a moment at the end of time does not survive.
        now.signed_duration_since(as_of)
            .to_std()
            .is_ok_and(|age| age > self.0)
    }
}

impl Default for MaxAge {
    fn default() -> Self {
        Self(Self::LONGEST)
    }
}

impl FromStr for MaxAge {
    type Err = MaxAgeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let age = Duration::from_secs(text.parse().map_err(|_| MaxAgeError)?);
        if age.is_zero() || age > Self::LONGEST {
            return Err(MaxAgeError);
        }
        Ok(Self(age))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_reported_at_once() {
        let error = Config::read(Variables::new(|name| {
            (name == "FALLBACK_MAX_AGE_S").then(|| "1h".to_owned())
        }))
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "STAGE is not set; it must be local, dev or prod; \
             CACHE_URL is not set; it must be redis://host:port, or rediss://host:port with TLS, \
             either with user:password@ before host; \
             FALLBACK_MAX_AGE_S is set but is not a whole number of seconds from 1 to 86400"
        );
    }

    #[test]
    fn ages_have_bounds() {
        for text in ["0", "86401", "-1", "1.5", "18446744073709551615"] {
            assert_eq!(text.parse::<MaxAge>(), Err(MaxAgeError));
        }
        assert_eq!("86400".parse(), Ok(MaxAge::default()));
    }

    #[test]
    fn an_answer_of_exactly_the_maximum_age_is_served() {
        let age: MaxAge = "60".parse().unwrap();
        let as_of = DateTime::UNIX_EPOCH;
        assert!(!age.is_exceeded(as_of, as_of + Duration::from_mins(1)));
        assert!(age.is_exceeded(as_of, as_of + Duration::from_millis(60_001)));
    }

    #[test]
    fn the_ends_of_time_are_survived() {
        let age: MaxAge = "60".parse().unwrap();
        let now = DateTime::UNIX_EPOCH;
        assert!(!age.is_exceeded(DateTime::<Utc>::MAX_UTC, now));
        assert!(age.is_exceeded(DateTime::<Utc>::MIN_UTC, now));
    }
}
