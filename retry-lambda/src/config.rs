//! What the environment variables say.

use std::time::Duration;

use lambda_kit::{
    cache::CacheConfig,
    config::{ConfigError, Stage, Variables},
    faults::FaultInjection,
    telemetry::LogLevel,
};

use crate::{cache_aside::Freshness, database::DatabaseConfig};

/// Everything that can be set.
#[derive(Debug)]
pub struct Config {
    /// `STAGE`.
    pub stage: Stage,
    /// `LOG_LEVEL`; `info` if left out.
    pub log_level: LogLevel,
    /// `FAULT_INJECTION`: whether faults can be asked for; `refused`.
    pub fault_injection: FaultInjection,
    /// `FALLBACK_FUNCTION_NAME`: whom to ask when the database fails.
    pub fallback_function_name: String,
    /// `CIRCUITS_TABLE_NAME`: the DynamoDB table of the circuits.
    pub circuits_table: String,
    /// `DATABASE_URL`, `DATABASE_AUTH` and `DATABASE_TIMEOUT_MS`.
    pub database: DatabaseConfig,
    /// `CACHE_URL`, `CACHE_AUTH` and `CACHE_NAME`.
    pub cache: CacheConfig,
    /// `CACHE_FRESH_MS`: how long an entry may stand in for the database.
    pub freshness: Freshness,
}

impl Config {
    const FRESH_FOR: Duration = Duration::from_secs(30);

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
        let fallback = variables.required("FALLBACK_FUNCTION_NAME", "a function's name or ARN");
        let circuits_table = variables.required("CIRCUITS_TABLE_NAME", "a DynamoDB table's name");
        let database = DatabaseConfig::read(&mut variables);
        let cache = CacheConfig::read(&mut variables);
        let fresh_for = variables.optional_ms("CACHE_FRESH_MS", Self::FRESH_FOR);
        variables.finish(|| {
            Some(Self {
                stage: stage?,
                log_level: log_level?,
                fault_injection: fault_injection?,
                fallback_function_name: fallback?,
                circuits_table: circuits_table?,
                database: database?,
                cache: cache?,
                freshness: Freshness::at_most(fresh_for?),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_variable_is_reported_at_once() {
        let error = Config::read(Variables::new(|_| None)).unwrap_err();
        let missing: Vec<_> = error.0.iter().map(|problem| problem.variable).collect();
        assert_eq!(
            missing,
            [
                "STAGE",
                "FALLBACK_FUNCTION_NAME",
                "CIRCUITS_TABLE_NAME",
                "DATABASE_URL",
                "CACHE_URL"
            ]
        );
    }

    #[test]
    fn what_may_be_left_out_has_a_default() {
        let config = Config::read(Variables::new(|name| {
            let value = match name {
                "STAGE" => "dev",
                "FALLBACK_FUNCTION_NAME" => "fallback",
                "CIRCUITS_TABLE_NAME" => "circuits",
                "DATABASE_URL" => "postgres://user@db.example.org/items?sslmode=verify-full",
                "CACHE_URL" => "redis://cache.example.org:6379",
                _ => return None,
            };
            Some(value.to_owned())
        }))
        .unwrap();
        assert_eq!(config.database.limit, Duration::from_millis(1_500));
        assert_eq!(
            config.freshness,
            Freshness::at_most(Duration::from_secs(30))
        );
    }
}
