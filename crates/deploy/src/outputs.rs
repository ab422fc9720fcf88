//! What the stacks of a stage say about themselves.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

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
        let stack = format!("CircuitBreaker-{stage}-{part}");
        let asked = cloud.cloudformation.describe_stacks().stack_name(&stack);
        let described = asked.send().await;
        let described = described.map_err(failed(&format!("looking at the stack {stack}")))?;
        let values = described.stacks().iter().flat_map(|stack| stack.outputs());
        let values = values.filter_map(|output| {
            Some((
                output.output_key()?.to_owned(),
                output.output_value()?.to_owned(),
            ))
        });
        Ok(Self {
            values: values.collect(),
            stack,
        })
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
