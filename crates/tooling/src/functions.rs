//! The three functions, by name.

/// One of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Function {
    /// Answers HTTP requests; owns the breaker.
    Api,
    /// Works on the items in the database.
    Retry,
    /// Answers reads from the cache.
    Fallback,
}

impl Function {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Api, Self::Retry, Self::Fallback];

    /// Its package, its binary, and its folder among those that the CDK app takes.
    pub fn package(self) -> &'static str {
        match self {
            Self::Api => "api-lambda",
            Self::Retry => "retry-lambda",
            Self::Fallback => "fallback-lambda",
        }
    }
}
