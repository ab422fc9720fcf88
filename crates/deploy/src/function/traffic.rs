//! How the alias comes to lead to another version.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_sdk_codedeploy::operation::get_deployment_group::GetDeploymentGroupError;
use aws_sdk_codedeploy::types::{
    AppSpecContent, DeploymentStatus, RevisionLocation, RevisionLocationType,
};
use serde_json::json;

use super::Target;
use super::live::{ALIAS, Live};
use super::release::{self, UNPUBLISHED};
use crate::cloud::{Cloud, failed};
use crate::steps::{step, until};

/// Longer than any canary that a stage asks for.
const BOUND: Duration = Duration::from_hours(1);
const PAUSE: Duration = Duration::from_secs(2);

/// Who moves the traffic.
pub(super) enum Traffic {
    AllAtOnce,
    /// CodeDeploy moves a part first and watches the alarms.
    CodeDeploy {
        application: String,
        group: String,
        configuration: String,
    },
}

impl std::fmt::Display for Traffic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AllAtOnce => write!(f, "all at once, by the alias {ALIAS}"),
            Self::CodeDeploy {
                group,
                configuration,
                ..
            } => {
                write!(f, "{configuration}, watched by CodeDeploy's group {group}")
            }
        }
    }
}

impl Traffic {
    /// The group has the function's name, its application the stage's.
    pub(super) async fn of(cloud: &Cloud, stage: &str, function: &str) -> Result<Self> {
        let application = format!("circuit-breaker-{stage}");
        let asked = cloud.codedeploy.get_deployment_group();
        let asked = asked
            .application_name(&application)
            .deployment_group_name(function);
        let found = match asked.send().await {
            Ok(found) => found,
            Err(error) if error.as_service_error().is_some_and(is_unknown) => {
                return Ok(Self::AllAtOnce);
            }
            Err(error) => return Err(failed("looking for CodeDeploy's group")(error)),
        };
        let info = found.deployment_group_info();
        let configuration = info.and_then(|info| info.deployment_config_name());
        Ok(Self::CodeDeploy {
            application,
            group: function.to_owned(),
            configuration: configuration.unwrap_or("CodeDeploy's own pace").to_owned(),
        })
    }
}

fn is_unknown(error: &GetDeploymentGroupError) -> bool {
    error.is_application_does_not_exist_exception()
        || error.is_deployment_group_does_not_exist_exception()
}

/// # Errors
/// When the traffic was not moved, or not all of it.
pub(super) async fn shift(
    cloud: &Cloud,
    target: &Target,
    before: &Live,
    after: &Live,
) -> Result<()> {
    let name = format!("traffic: version {} to {}", before.version, after.version);
    match &target.traffic {
        Traffic::AllAtOnce => {
            let moved = point(cloud, &target.name, &after.version, before.revision.clone());
            step(&name, moved).await
        }
        Traffic::CodeDeploy {
            application, group, ..
        } => {
            let content = app_spec(&target.name, &before.version, &after.version);
            step(&name, code_deploy(cloud, application, group, content)).await
        }
    }
}

/// Takes back whatever traffic the new version got, and tells which version is live
/// then. If somebody else has moved the alias meanwhile, it stays where it is.
///
/// # Errors
/// When the alias cannot be moved.
pub(super) async fn restore(
    cloud: &Cloud,
    function: &str,
    before: &Live,
    after: &Live,
) -> Result<String> {
    let asked = cloud.lambda.get_alias().function_name(function).name(ALIAS);
    let alias = asked.send().await.map_err(failed("looking at the alias"))?;
    let shares = alias
        .routing_config()
        .and_then(|routing| routing.additional_version_weights());
    let has_share = shares.is_some_and(|shares| shares.contains_key(&after.version));
    let found = alias.function_version().unwrap_or_default();
    if found != after.version && !has_share {
        return Ok(found.to_owned());
    }
    let revision = alias.revision_id().map(ToOwned::to_owned);
    point(cloud, function, &before.version, revision).await?;
    Ok(before.version.clone())
}

/// Unpublished code changes under whoever calls it. So if that is what the alias leads
/// to, it is published as it is, and the alias led to that version.
///
/// # Errors
/// When it cannot be published, or the alias not be moved.
pub(super) async fn settle(cloud: &Cloud, function: &str, found: Live) -> Result<Live> {
    if found.version != UNPUBLISHED {
        return Ok(found);
    }
    step("publish what is live, which was not", async {
        let version = release::publish_as_is(cloud, function, &found.code_sha256).await?;
        point(cloud, function, &version.number, found.revision.clone()).await?;
        Live::find(cloud, function).await
    })
    .await
}

/// With a revision, only if nobody has touched the alias since.
async fn point(
    cloud: &Cloud,
    function: &str,
    version: &str,
    revision: Option<String>,
) -> Result<()> {
    let whole = aws_sdk_lambda::types::AliasRoutingConfiguration::builder()
        .set_additional_version_weights(Some(std::collections::HashMap::new()));
    let update = cloud
        .lambda
        .update_alias()
        .function_name(function)
        .name(ALIAS);
    let update = update
        .function_version(version)
        .routing_config(whole.build());
    let update = update.set_revision_id(revision).send().await;
    update.map_err(failed("moving the alias")).map(drop)
}

fn app_spec(function: &str, current: &str, wanted: &str) -> String {
    let properties = json!({
        "Name": function, "Alias": ALIAS, "CurrentVersion": current, "TargetVersion": wanted,
    });
    let resource = json!({"Type": "AWS::Lambda::Function", "Properties": properties});
    json!({"version": 0.0, "Resources": [{"function": resource}]}).to_string()
}

async fn code_deploy(cloud: &Cloud, application: &str, group: &str, content: String) -> Result<()> {
    let revision = RevisionLocation::builder()
        .revision_type(RevisionLocationType::AppSpecContent)
        .app_spec_content(AppSpecContent::builder().content(content).build());
    let create = cloud
        .codedeploy
        .create_deployment()
        .application_name(application);
    let create = create
        .deployment_group_name(group)
        .revision(revision.build());
    let created = create.send().await.map_err(failed("starting CodeDeploy"))?;
    let id = created
        .deployment_id()
        .context("a deployment without a name")?;
    println!("  {} shows it", style_id(id));
    let ended = until(BOUND, PAUSE, async || {
        let asked = cloud
            .codedeploy
            .get_deployment()
            .deployment_id(id)
            .send()
            .await;
        let found = asked.map_err(failed("looking at CodeDeploy's deployment"))?;
        let info = found.deployment_info();
        let status = info.and_then(|info| info.status()).cloned();
        Ok(match status {
            Some(
                status @ (DeploymentStatus::Succeeded
                | DeploymentStatus::Failed
                | DeploymentStatus::Stopped),
            ) => {
                let error = info.and_then(|info| info.error_information());
                let why = error
                    .and_then(|error| error.message())
                    .unwrap_or("it says no more");
                Some((status, why.to_owned()))
            }
            _ => None,
        })
    });
    match ended.await? {
        Some((DeploymentStatus::Succeeded, _)) => Ok(()),
        Some((status, why)) => bail!("CodeDeploy {}: {why}", status.as_str().to_lowercase()),
        None => bail!(
            "CodeDeploy did not end within {} minutes",
            BOUND.as_secs() / 60
        ),
    }
}

fn style_id(id: &str) -> String {
    format!("`aws deploy get-deployment --deployment-id {id}`")
}
