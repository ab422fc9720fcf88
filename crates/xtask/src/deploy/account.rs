//! Whose AWS it is: an account's, as the environment says, or the local emulator.

use anyhow::Result;

use crate::stack::deploy::emulator_variables;
use crate::stack::lifecycle;
use crate::workspace::Workspace;

/// The stage that the emulator has.
const LOCAL: &str = "local";

/// Where a stage is deployed to.
#[derive(Debug)]
pub(crate) enum Account {
    /// What the variables and the profile of whoever runs this lead to.
    OfTheEnvironment,
    Emulator {
        aws_endpoint: String,
        /// The emulator's functions are reached by another address than AWS's would be.
        api_url: String,
    },
}

impl Account {
    /// # Errors
    /// When the stage is the local one and no stack is running.
    pub(super) fn of(workspace: &Workspace, stage: &str) -> Result<Self> {
        if stage != LOCAL {
            return Ok(Self::OfTheEnvironment);
        }
        let (_, endpoints) = lifecycle::running(workspace)?;
        Ok(Self::Emulator {
            aws_endpoint: endpoints.aws_endpoint,
            api_url: endpoints.api_url,
        })
    }

    pub(super) fn is_emulator(&self) -> bool {
        matches!(self, Self::Emulator { .. })
    }

    /// The variables that make AWS's clients go there and nowhere else.
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        match self {
            Self::OfTheEnvironment => std::env::vars()
                .filter(|(name, _)| name.starts_with("AWS_"))
                .collect(),
            Self::Emulator { aws_endpoint, .. } => emulator_variables(aws_endpoint)
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        }
    }

    /// Arguments that tell where the API is, where no stack does.
    pub(super) fn api_url(&self) -> Vec<String> {
        match self {
            Self::OfTheEnvironment => Vec::new(),
            Self::Emulator { api_url, .. } => vec!["--api-url".to_owned(), api_url.clone()],
        }
    }
}
