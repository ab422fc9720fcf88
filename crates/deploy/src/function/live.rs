//! What the alias `live` leads to.

use anyhow::{Context, Result, ensure};

use super::release::Version;
use crate::cloud::{Cloud, failed};

/// All traffic comes by way of this alias.
pub(super) const ALIAS: &str = "live";

/// A version that is, or is to be, live.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) version: String,
    pub(super) code_sha256: String,
    pub(super) code_size: i64,
    /// Which state of the alias this was read from.
    pub(super) revision: Option<String>,
}

impl Live {
    pub(super) async fn find(cloud: &Cloud, function: &str) -> Result<Self> {
        let asked = cloud.lambda.get_alias().function_name(function).name(ALIAS);
        let alias = asked.send().await.map_err(failed(&format!(
            "looking for the alias {ALIAS} of {function}, which `cargo xtask deploy \
             infrastructure` makes"
        )))?;
        let asked = cloud.lambda.get_function_configuration();
        let asked = asked.function_name(function).qualifier(ALIAS);
        let configuration = asked
            .send()
            .await
            .map_err(failed("looking at what is live"))?;
        Ok(Self {
            version: alias
                .function_version()
                .context("an alias of no version")?
                .to_owned(),
            code_sha256: configuration.code_sha256().unwrap_or_default().to_owned(),
            code_size: configuration.code_size(),
            revision: alias.revision_id().map(ToOwned::to_owned),
        })
    }

    /// The alias as it was, with another version behind it.
    pub(super) fn replaced_by(&self, version: &Version) -> Self {
        Self {
            version: version.number.clone(),
            code_sha256: version.code_sha256.clone(),
            code_size: self.code_size,
            revision: self.revision.clone(),
        }
    }
}

/// # Errors
/// When the alias leads elsewhere, or part of the traffic does.
pub(super) async fn confirm(cloud: &Cloud, function: &str, wanted: &Live) -> Result<()> {
    let asked = cloud.lambda.get_alias().function_name(function).name(ALIAS);
    let alias = asked.send().await.map_err(failed("looking at the alias"))?;
    let version = alias.function_version().unwrap_or_default();
    ensure!(
        version == wanted.version,
        "version {version} is live, not {}",
        wanted.version
    );
    let shares = alias
        .routing_config()
        .and_then(|routing| routing.additional_version_weights());
    ensure!(
        shares.is_none_or(std::collections::HashMap::is_empty),
        "part of the traffic still goes elsewhere: {shares:?}"
    );
    Ok(())
}
