//! What the environment variables say.

use lambda_kit::{
    cache::CacheConfig,
    config::{Concurrency, ConfigError, Stage, Variables},
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
    /// `DATABASE_URL`, `DATABASE_AUTH`, `DATABASE_TIMEOUT_MS` and
    /// `DATABASE_MAX_CONNECTIONS`.
    pub database: DatabaseConfig,
    /// `CACHE_URL`, `CACHE_AUTH` and `CACHE_NAME`.
    pub cache: CacheConfig,
    /// `CACHE_FRESH_MS`: how long an entry may stand in for the database.
    pub freshness: Freshness,
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
        let concurrency = Concurrency::read(&mut variables);
        let fallback = variables.required("FALLBACK_FUNCTION_NAME", "a function's name or ARN");
        let circuits_table = variables.required("CIRCUITS_TABLE_NAME", "a DynamoDB table's name");
        let database = DatabaseConfig::read(&mut variables, concurrency.unwrap_or_default());
        let cache = CacheConfig::read(&mut variables);
        let freshness =
            variables.optional("CACHE_FRESH_MS", Freshness::EXPECTED, Freshness::default());
        variables.finish(|| {
            Some(Self {
                stage: stage?,
                log_level: log_level?,
                fault_injection: fault_injection?,
                fallback_function_name: fallback?,
                circuits_table: circuits_table?,
                database: database?,
                cache: cache?,
                freshness: freshness?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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

    fn of(variable: &str, value: &str) -> Config {
        let config = Config::read(Variables::new(|name| {
            let value = match name {
                name if name == variable => value,
                "STAGE" => "dev",
                "FALLBACK_FUNCTION_NAME" => "fallback",
                "CIRCUITS_TABLE_NAME" => "circuits",
                "DATABASE_URL" => "postgres://user@db.example.org/items?sslmode=verify-full",
                "CACHE_URL" => "redis://cache.example.org:6379",
                _ => return None,
            };
            Some(value.to_owned())
        }));
        config.unwrap()
    }

    #[test]
    fn what_may_be_left_out_has_a_default() {
        let config = of("", "");
        assert_eq!(config.database.limit, Duration::from_millis(1_500));
        assert_eq!(config.freshness, Freshness::default());
    }

    #[test]
    fn a_classic_environment_keeps_one_connection_whatever_it_may_have() {
        assert_eq!(of("", "").database.connections.get(), 1);
        let classic = of("DATABASE_MAX_CONNECTIONS", "20");
        assert_eq!(classic.database.connections.get(), 1);
        let managed = of("AWS_LAMBDA_MAX_CONCURRENCY", "4");
        assert_eq!(
            managed.database.connections.get(),
            4,
            "no more than requests"
        );
        let managed = of("AWS_LAMBDA_MAX_CONCURRENCY", "1000");
        let default = DatabaseConfig::DEFAULT_CONNECTIONS;
        assert_eq!(
            managed.database.connections, default,
            "and no more than may be"
        );
    }
}
