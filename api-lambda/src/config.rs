//! The environment variables of this function.

use std::time::Duration;

use lambda_kit::{
    config::{ConfigError, Stage, Variables},
    faults::FaultInjection,
    telemetry::LogLevel,
};

use crate::{
    access::{GroupName, ItemsFor, SignIn},
    path::Timeouts,
};

/// What the deployment decides.
#[derive(Debug, Clone)]
pub struct Config {
    /// `STAGE`: which deployment this is.
    pub stage: Stage,
    /// `LOG_LEVEL`: how much is logged; `info`.
    pub log_level: LogLevel,
    /// `FAULT_INJECTION`: whether faults can be asked for; `refused`.
    pub fault_injection: FaultInjection,
    /// `RETRY_FUNCTION_NAME`: the Retry Lambda's name or ARN.
    pub retry_function: String,
    /// `FALLBACK_FUNCTION_NAME`: the Fallback Lambda's name or ARN.
    pub fallback_function: String,
    /// `CIRCUITS_TABLE_NAME`: the DynamoDB table of the circuits.
    pub circuits_table: String,
    /// `OPERATORS_GROUP`, `ITEMS_FOR`: the group of operators, and who may work with items.
    /// In the stage `local` nobody can sign in, and neither is read.
    pub sign_in: SignIn,
    /// How long calls may take.
    pub timeouts: Timeouts,
}

impl Config {
    /// Reads the variables.
    ///
    /// # Errors
    ///
    /// Names every variable that is missing or cannot be used.
    pub fn read(
        mut variables: Variables<impl Fn(&str) -> Option<String>>,
    ) -> Result<Self, ConfigError> {
        let function = "the name or ARN of a Lambda function";
        let stage = variables.required("STAGE", Stage::EXPECTED);
        let log_level =
            variables.optional("LOG_LEVEL", "a filter such as info", LogLevel::default());
        let fault_injection = FaultInjection::read(&mut variables);
        let retry_function = variables.required("RETRY_FUNCTION_NAME", function);
        let fallback_function = variables.required("FALLBACK_FUNCTION_NAME", function);
        let circuits_table = variables.required("CIRCUITS_TABLE_NAME", "a DynamoDB table's name");
        let sign_in = stage.and_then(|stage| read_sign_in(&mut variables, stage));
        // API Gateway gives up after 30 s; a person does much earlier.
        let request = variables.optional_ms("REQUEST_TIMEOUT_MS", Duration::from_secs(10));
        let attempt = variables.optional_ms("ATTEMPT_TIMEOUT_MS", Duration::from_secs(3));
        let fallback = variables.optional_ms("FALLBACK_TIMEOUT_MS", Duration::from_secs(2));
        if let (Some(request), Some(attempt), Some(fallback)) = (request, attempt, fallback)
            && request < attempt.saturating_add(fallback)
        {
            variables.refuse::<()>(
                "REQUEST_TIMEOUT_MS",
                "leaves no time for one attempt and the fallback; it must be at least \
                 ATTEMPT_TIMEOUT_MS plus FALLBACK_TIMEOUT_MS",
            );
        }
        variables.finish(|| {
            Some(Self {
                stage: stage?,
                log_level: log_level?,
                fault_injection: fault_injection?,
                retry_function: retry_function?,
                fallback_function: fallback_function?,
                circuits_table: circuits_table?,
                sign_in: sign_in?,
                timeouts: Timeouts {
                    request: request?,
                    attempt: attempt?,
                    fallback: fallback?,
                },
            })
        })
    }
}

/// A stage on AWS that forgets its operators must not start: every caller would be one.
fn read_sign_in(
    variables: &mut Variables<impl Fn(&str) -> Option<String>>,
    stage: Stage,
) -> Option<SignIn> {
    match stage {
        Stage::Local => Some(SignIn::Absent),
        Stage::Dev | Stage::Prod => {
            let operators = variables.required("OPERATORS_GROUP", GroupName::EXPECTED);
            let items = variables.required("ITEMS_FOR", ItemsFor::EXPECTED);
            Some(SignIn::Required {
                operators: operators?,
                items: items?,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_time_for_an_attempt_and_the_fallback() {
        let error = Config::read(Variables::new(|name| match name {
            "STAGE" => Some("local".to_owned()),
            "REQUEST_TIMEOUT_MS" => Some("3000".to_owned()),
            name if name.ends_with("_NAME") => Some("x".to_owned()),
            _ => None,
        }));
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("ATTEMPT_TIMEOUT_MS")
        );
    }

    fn at(stage: &'static str, sign_in: &'static [(&str, &str)]) -> Result<SignIn, String> {
        let lookup = move |name: &str| match name {
            "STAGE" => Some(stage.to_owned()),
            name if name.ends_with("_NAME") => Some("x".to_owned()),
            name => {
                let found = sign_in.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| (*value).to_owned())
            }
        };
        let config = Config::read(Variables::new(lookup));
        config
            .map(|config| config.sign_in)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_stage_on_aws_starts_only_with_operators() {
        assert_eq!(at("local", &[]), Ok(SignIn::Absent));
        for stage in ["dev", "prod"] {
            let error = at(stage, &[]).unwrap_err();
            assert!(error.contains("OPERATORS_GROUP") && error.contains("ITEMS_FOR"));
            let sign_in = at(
                stage,
                &[("OPERATORS_GROUP", "operators"), ("ITEMS_FOR", "signed-in")],
            );
            let expected = SignIn::Required {
                operators: "operators".parse().unwrap(),
                items: ItemsFor::SignedIn,
            };
            assert_eq!(sign_in, Ok(expected));
            for wrong in [
                &[("OPERATORS_GROUP", "a b"), ("ITEMS_FOR", "everyone")],
                &[("OPERATORS_GROUP", "operators"), ("ITEMS_FOR", "nobody")],
            ] {
                assert!(at(stage, wrong).is_err(), "{wrong:?}");
            }
        }
    }

    #[test]
    fn every_missing_variable_is_named_at_once() {
        let error = Config::read(Variables::new(|_| None))
            .unwrap_err()
            .to_string();
        for name in [
            "STAGE",
            "RETRY_FUNCTION_NAME",
            "FALLBACK_FUNCTION_NAME",
            "CIRCUITS_TABLE_NAME",
        ] {
            assert!(error.contains(name), "{name} is missing in: {error}");
        }
    }
}
