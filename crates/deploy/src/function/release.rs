//! New code becomes a published version.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use aws_sdk_lambda::client::Waiters;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;

use super::package::Package;
use crate::cloud::{Cloud, failed};
use crate::steps::step;

/// Lambda's name for the code that is not published yet. It gets no traffic.
pub(super) const UNPUBLISHED: &str = "$LATEST";

/// Lambda says that functions in a network may take some minutes.
const BOUND: Duration = Duration::from_mins(5);

/// A version that stays as it is.
#[derive(Debug)]
pub(super) struct Version {
    pub(super) number: String,
    pub(super) code_sha256: String,
}

/// # Errors
/// When Lambda does not take the code, or somebody else deploys at the same time.
pub(super) async fn publish(cloud: &Cloud, function: &str, package: Package) -> Result<Version> {
    let sha256 = package.sha256.clone();
    replace_code(cloud, function, package).await?;
    step("publish a version", publish_as_is(cloud, function, &sha256)).await
}

/// Publishes the code that is there, if it has this hash.
///
/// # Errors
/// When it is other code, or does not become usable.
pub(super) async fn publish_as_is(cloud: &Cloud, function: &str, sha256: &str) -> Result<Version> {
    let asked = cloud.lambda.publish_version().function_name(function);
    let published = asked.code_sha256(sha256).send().await;
    let published = published.map_err(failed("publishing the version"))?;
    let number = published.version().context("a version without a number")?;
    let ready = cloud.lambda.wait_until_published_version_active();
    let ready = ready.function_name(function).qualifier(number).wait(BOUND);
    ready
        .await
        .map_err(|error| anyhow!("version {number} did not become active: {error}"))?;
    Ok(Version {
        number: number.to_owned(),
        code_sha256: sha256.to_owned(),
    })
}

/// What is not published yet.
///
/// # Errors
/// When Lambda does not tell.
pub(super) async fn unpublished(
    cloud: &Cloud,
    function: &str,
) -> Result<GetFunctionConfigurationOutput> {
    let asked = cloud.lambda.get_function_configuration();
    let found = asked.function_name(function).send().await;
    found.map_err(failed("looking at the function"))
}

/// Replaces the unpublished code and waits until it can be used.
///
/// # Errors
/// When Lambda does not take it.
pub(super) async fn replace_code(cloud: &Cloud, function: &str, package: Package) -> Result<()> {
    step("upload the code", async {
        let found = unpublished(cloud, function).await?;
        let update = cloud.lambda.update_function_code().function_name(function);
        let update = update.set_revision_id(found.revision_id().map(ToOwned::to_owned));
        let update = update.zip_file(package.into_blob());
        update.send().await.map_err(failed("replacing the code"))?;
        let ready = cloud.lambda.wait_until_function_updated_v2();
        ready
            .function_name(function)
            .wait(BOUND)
            .await
            .map_err(|error| anyhow!("the new code did not become usable: {error}"))?;
        Ok(())
    })
    .await
}
