//! Configuration from environment variables, with every mistake reported at once.

use std::{fmt, num::NonZeroU32, str::FromStr, time::Duration};

/// One variable that is missing or cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable's name.
    pub variable: &'static str,
    /// What is wrong and what would be right; never the value itself, which
    /// may be a secret.
    pub message: String,
}

/// Everything that is wrong with the environment variables.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError(pub Vec<Problem>);

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Problem { variable, message }) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(formatter, "{separator}{variable} {message}")?;
        }
        Ok(())
    }
}

/// Reads variables and remembers what was wrong with them.
///
/// Each reading gives `None` if it failed, so that the reader goes on and
/// [`Variables::finish`] can report all problems together.
///
/// ```
/// use lambda_kit::config::Variables;
///
/// let mut variables = Variables::new(|name| (name == "PORT").then(|| "80x".to_owned()));
/// let port = variables.required::<u16>("PORT", "a port number");
/// let host = variables.required::<String>("HOST", "a host name");
/// let error = variables.finish(|| Some((host?, port?))).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "PORT is set but is not a port number; HOST is not set; it must be a host name",
/// );
/// ```
pub struct Variables<L> {
    lookup: L,
    problems: Vec<Problem>,
}

impl Variables<fn(&str) -> Option<String>> {
    /// Reads this process's own environment.
    pub fn of_process() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }
}

impl<L: Fn(&str) -> Option<String>> Variables<L> {
    /// Reads from anything that maps names to values.
    pub fn new(lookup: L) -> Self {
        Self {
            lookup,
            problems: Vec::new(),
        }
    }

    /// A variable that must be set; an empty one counts as not set.
    pub fn required<T: FromStr>(&mut self, variable: &'static str, expected: &str) -> Option<T> {
        match self.value(variable) {
            Some(text) => self.parse(variable, &text, expected),
            None => self.problem(variable, format!("is not set; it must be {expected}")),
        }
    }

    /// A variable that may be left out.
    pub fn optional<T: FromStr>(
        &mut self,
        variable: &'static str,
        expected: &str,
        default: T,
    ) -> Option<T> {
        match self.value(variable) {
            Some(text) => self.parse(variable, &text, expected),
            None => Some(default),
        }
    }

    /// A duration in milliseconds that may be left out.
    pub fn optional_ms(&mut self, variable: &'static str, default: Duration) -> Option<Duration> {
        let Some(text) = self.value(variable) else {
            return Some(default);
        };
        let expected = "a whole number of milliseconds from 1 to 900000";
        match self.parse::<u64>(variable, &text, expected)? {
            ms @ 1..=900_000 => Some(Duration::from_millis(ms)),
            _ => self.problem(variable, format!("is set but is not {expected}")),
        }
    }

    /// Remembers what is wrong with a variable beyond its own syntax, such as
    /// that it does not go together with another one.
    pub fn refuse<T>(&mut self, variable: &'static str, message: &str) -> Option<T> {
        self.problem(variable, message.to_owned())
    }

    /// The configuration, or every problem met on the way to it.
    ///
    /// # Errors
    ///
    /// If any reading failed.
    pub fn finish<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, ConfigError> {
        match build() {
            Some(config) if self.problems.is_empty() => Ok(config),
            _ => Err(ConfigError(self.problems)),
        }
    }

    fn value(&self, variable: &str) -> Option<String> {
        (self.lookup)(variable).filter(|text| !text.is_empty())
    }

    fn parse<T: FromStr>(
        &mut self,
        variable: &'static str,
        text: &str,
        expected: &str,
    ) -> Option<T> {
        match text.parse() {
            Ok(value) => Some(value),
            Err(_) => self.problem(variable, format!("is set but is not {expected}")),
        }
    }

    fn problem<T>(&mut self, variable: &'static str, message: String) -> Option<T> {
        self.problems.push(Problem { variable, message });
        None
    }
}

/// The deployment that a function belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// On one machine, against an emulator.
    Local,
    /// In AWS, for development.
    Dev,
    /// In AWS, for users.
    Prod,
}

impl Stage {
    /// What [`Stage::from_str`] accepts, in words.
    pub const EXPECTED: &str = "local, dev or prod";

    /// The stage's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Dev => "dev",
            Self::Prod => "prod",
        }
    }
}

/// A word that is no stage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {}", Stage::EXPECTED)]
pub struct StageError;

impl FromStr for Stage {
    type Err = StageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "local" => Ok(Self::Local),
            "dev" => Ok(Self::Dev),
            "prod" => Ok(Self::Prod),
            _ => Err(StageError),
        }
    }
}

/// How many requests one environment answers at a time: one, unless Lambda says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency(NonZeroU32);

impl Concurrency {
    /// Reads `AWS_LAMBDA_MAX_CONCURRENCY`, which Lambda sets where it is more than one.
    pub fn read<L: Fn(&str) -> Option<String>>(variables: &mut Variables<L>) -> Option<Self> {
        let expected = "a whole number from 1 on";
        let one = NonZeroU32::MIN;
        variables
            .optional("AWS_LAMBDA_MAX_CONCURRENCY", expected, one)
            .map(Self)
    }

    /// Whether requests come one after the other.
    pub fn is_one(self) -> bool {
        self.0 == NonZeroU32::MIN
    }

    /// The number.
    pub fn get(self) -> NonZeroU32 {
        self.0
    }
}

impl Default for Concurrency {
    fn default() -> Self {
        Self(NonZeroU32::MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &'static str) -> Variables<impl Fn(&str) -> Option<String>> {
        Variables::new(move |_| Some(value.to_owned()))
    }

    #[test]
    fn every_problem_is_reported_at_once_and_without_the_value() {
        let mut variables = read("secret");
        let number = variables.required::<u16>("A", "a number");
        let stage = variables.required::<Stage>("B", Stage::EXPECTED);
        let error = variables.finish(|| Some((number?, stage?))).unwrap_err();
        assert_eq!(error.0.len(), 2);
        assert!(!error.to_string().contains("secret"));
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let mut variables = read("");
        assert_eq!(variables.optional("A", "a number", 7), Some(7));
        assert_eq!(variables.required::<u16>("A", "a number"), None);
    }

    #[test]
    fn a_problem_cannot_be_overlooked_by_the_builder() {
        let mut variables = read("x");
        let _ = variables.required::<u16>("A", "a number");
        assert!(variables.finish(|| Some(())).is_err());
    }

    #[test]
    fn requests_come_one_after_the_other_unless_lambda_says_otherwise() {
        let concurrency = |value| Concurrency::read(&mut read(value));
        assert_eq!(concurrency(""), Some(Concurrency::default()));
        assert!(concurrency("1").is_some_and(Concurrency::is_one));
        assert!(concurrency("64").is_some_and(|several| several.get().get() == 64));
        for bad in ["0", "-1", "many"] {
            assert_eq!(concurrency(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_have_bounds() {
        for bad in ["0", "900001", "-1", "1s"] {
            assert_eq!(read(bad).optional_ms("A", Duration::ZERO), None);
        }
        let good = read("250").optional_ms("A", Duration::ZERO);
        assert_eq!(good, Some(Duration::from_millis(250)));
    }
}
