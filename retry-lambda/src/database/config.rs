//! How to reach the database.

use std::{num::NonZeroU8, sync::Arc, time::Duration};

use lambda_kit::{
    aws,
    clock::Clock,
    config::{Concurrency, Variables},
    iam::{AuthMode, Grant, Login, TokenError, Tokens},
};

use super::DatabaseUrl;

/// How to reach the database.
#[derive(Debug)]
pub struct DatabaseConfig {
    /// `DATABASE_URL`.
    pub url: DatabaseUrl,
    /// `DATABASE_AUTH`.
    pub auth: AuthMode,
    /// `DATABASE_TIMEOUT_MS`: the most that one request may spend there,
    /// connecting included.
    pub limit: Duration,
    /// How many connections there are at most: `DATABASE_MAX_CONNECTIONS`, but no more than
    /// requests at a time.
    pub connections: NonZeroU8,
}

impl DatabaseConfig {
    /// Half of what the API Lambda gives one attempt, so that there is time to
    /// fall back. A healthy database needs a hundredth of it.
    pub const DEFAULT_LIMIT: Duration = Duration::from_millis(1_500);

    /// As many as Lambda gives requests to one processor at a time, if nobody says otherwise.
    /// Most requests find the cache fresh and need none.
    pub const DEFAULT_CONNECTIONS: NonZeroU8 = NonZeroU8::new(8).unwrap();

    /// Reads `DATABASE_URL`, `DATABASE_AUTH`, `DATABASE_TIMEOUT_MS` and
    /// `DATABASE_MAX_CONNECTIONS`, for a function that answers several requests at a time.
    pub fn read<L: Fn(&str) -> Option<String>>(
        variables: &mut Variables<L>,
        concurrency: Concurrency,
    ) -> Option<Self> {
        let url = variables.required::<DatabaseUrl>("DATABASE_URL", DatabaseUrl::EXPECTED);
        let auth = variables.optional("DATABASE_AUTH", AuthMode::EXPECTED, AuthMode::Password);
        let limit = variables.optional_ms("DATABASE_TIMEOUT_MS", Self::DEFAULT_LIMIT);
        let most = variables.optional(
            "DATABASE_MAX_CONNECTIONS",
            "a whole number from 1 to 255",
            Self::DEFAULT_CONNECTIONS,
        );
        let (url, auth) = (url?, auth?);
        // A token is as good as a password for as long as it is valid.
        if auth == AuthMode::Iam && !url.verifies_server() {
            let parameter = url.to_verify_server();
            let message = format!("must have {parameter} when DATABASE_AUTH is iam");
            return variables.refuse("DATABASE_URL", &message);
        }
        Some(Self {
            url,
            auth,
            limit: limit?,
            connections: most?.min(concurrency.get().try_into().unwrap_or(NonZeroU8::MAX)),
        })
    }

    /// What a connection presents; asks the SDK for credentials only if that
    /// takes any.
    ///
    /// # Errors
    ///
    /// If tokens are to be signed and the SDK has no credentials or no region.
    pub async fn login(&self, clock: Arc<dyn Clock>) -> Result<Login, TokenError> {
        match self.auth {
            AuthMode::Password => Ok(Login::OfUrl),
            AuthMode::Iam => {
                let sdk = aws::sdk_config().await;
                Ok(Login::Token(Tokens::new(&sdk, &self.grant(), clock)?))
            }
        }
    }

    fn grant(&self) -> Grant {
        Grant::Database {
            host: self.url.host().to_owned(),
            port: self.url.port(),
            user: self.url.user().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str, auth: &str) -> Result<DatabaseConfig, String> {
        let mut variables = Variables::new(|name| match name {
            "DATABASE_URL" => Some(url.to_owned()),
            "DATABASE_AUTH" => Some(auth.to_owned()),
            _ => None,
        });
        let config = DatabaseConfig::read(&mut variables, Concurrency::default());
        variables
            .finish(|| config)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_token_is_for_the_user_and_the_server_of_the_address() {
        for url in [
            "postgres://retry@db:6432/items?sslmode=verify-full",
            "mysql://retry@db:6432/items?ssl-mode=VERIFY_IDENTITY",
        ] {
            let Grant::Database { host, port, user } = read(url, "iam").unwrap().grant() else {
                panic!("expected a grant on a database");
            };
            assert_eq!((host.as_str(), port, user.as_str()), ("db", 6432, "retry"));
        }
    }

    #[test]
    fn a_token_is_never_sent_in_the_clear_or_to_an_unknown_server() {
        for (url, missing) in [
            ("postgres://retry@db/items", "sslmode=verify-full"),
            (
                "postgres://retry@db/items?sslmode=prefer",
                "sslmode=verify-full",
            ),
            (
                "postgres://retry@db/items?sslmode=require",
                "sslmode=verify-full",
            ),
            ("mysql://retry@db/items", "ssl-mode=VERIFY_IDENTITY"),
            (
                "mysql://retry@db/items?ssl-mode=VERIFY_CA",
                "ssl-mode=VERIFY_IDENTITY",
            ),
        ] {
            assert_eq!(
                read(url, "iam").unwrap_err(),
                format!("DATABASE_URL must have {missing} when DATABASE_AUTH is iam")
            );
            assert!(read(url, "password").is_ok());
        }
    }
}
