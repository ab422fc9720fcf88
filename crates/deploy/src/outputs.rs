//! What the stacks of a stage say about themselves.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::types::{Stack, StackStatus};

use crate::cloud::{Cloud, failed};

/// The outputs of one stack, by their names.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    stack: String,
    values: BTreeMap<String, String>,
}

impl Outputs {
    /// # Errors
    /// When CloudFormation cannot be asked, or knows no such stack.
    pub(crate) async fn of(cloud: &Cloud, stage: &str, part: &str) -> Result<Self> {
        let found = Self::if_deployed(cloud, stage, part).await?;
        found.with_context(|| {
            let stack = stack_name(stage, part);
            format!("there is no stack {stack}: `cargo xtask deploy infrastructure` makes it")
        })
    }

    /// # Errors
    /// When CloudFormation cannot be asked.
    pub(crate) async fn if_deployed(
        cloud: &Cloud,
        stage: &str,
        part: &str,
    ) -> Result<Option<Self>> {
        let stack = stack_name(stage, part);
        let asked = cloud.cloudformation.describe_stacks().stack_name(&stack);
        let described = match asked.send().await {
            Ok(described) => described,
            // CloudFormation has no error of its own for this.
            Err(error)
                if error
                    .message()
                    .is_some_and(|it| it.contains("does not exist")) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(failed(&format!("looking at the stack {stack}"))(error)),
        };
        // What is left of a first deployment that failed is replaced by the next one.
        if described.stacks().iter().all(never_came_to_be) {
            return Ok(None);
        }
        let values = described.stacks().iter().flat_map(Stack::outputs);
        let values = values.filter_map(|output| {
            Some((
                output.output_key()?.to_owned(),
                output.output_value()?.to_owned(),
            ))
        });
        Ok(Some(Self {
            values: values.collect(),
            stack,
        }))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// # Errors
    /// When the stack does not say.
    pub(crate) fn required(&self, name: &str) -> Result<&str> {
        self.get(name)
            .with_context(|| format!("the stack {} has no output {name}", self.stack))
    }
}

fn never_came_to_be(stack: &Stack) -> bool {
    matches!(
        stack.stack_status(),
        Some(
            StackStatus::RollbackComplete
                | StackStatus::RollbackFailed
                | StackStatus::ReviewInProgress
        )
    )
}

fn stack_name(stage: &str, part: &str) -> String {
    format!("CircuitBreaker-{stage}-{part}")
}

/// Where a stage's API is: as somebody says, or as its stack does.
///
/// # Errors
/// When nobody says.
pub(crate) async fn api_url(cloud: &Cloud, stage: &str, given: Option<&str>) -> Result<String> {
    if let Some(url) = given {
        return Ok(url.to_owned());
    }
    let outputs = Outputs::of(cloud, stage, "Service").await?;
    outputs.required("ApiUrl").map(ToOwned::to_owned)
}
