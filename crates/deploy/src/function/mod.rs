//! A function gets new code without anybody noticing.
//!
//! Traffic reaches a published version by way of the alias `live`. New code becomes
//! a version of its own, is tried where no traffic comes, and only then does the
//! alias move, all at once or as CodeDeploy's group for the function says.

mod health;
mod live;
mod package;
mod release;
mod traffic;
mod trial;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use console::style;

use self::live::{ALIAS, Live};
use self::package::Package;
use self::traffic::Traffic;
use crate::cloud::Cloud;
use crate::consent::Consent;
use crate::outputs::{self, Outputs};
use crate::steps::step;

/// Which of the functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// Answers HTTP requests.
    Api,
    /// Works on the database.
    Retry,
    /// Answers from the cache alone.
    Fallback,
}

impl Kind {
    /// As the names of the stack's outputs begin.
    fn prefix(self) -> &'static str {
        match self {
            Self::Api => "Api",
            Self::Retry => "Retry",
            Self::Fallback => "Fallback",
        }
    }
}

/// What is to be deployed, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Which function.
    #[arg(long, value_enum)]
    kind: Kind,
    /// The stage whose stacks tell names and addresses.
    #[arg(long)]
    stage: String,
    /// The new code: a zip file with a `bootstrap`.
    #[arg(long)]
    zip: PathBuf,
    /// The function's name, instead of the one that the stack tells.
    #[arg(long)]
    function: Option<String>,
    /// Where the API is reached from here, instead of where the stack says.
    #[arg(long)]
    api_url: Option<String>,
    /// Move all traffic at once, even where CodeDeploy would move a part first.
    #[arg(long)]
    at_once: bool,
    /// How many seconds the API may take to answer well.
    #[arg(long, default_value_t = 30)]
    healthy_within: u64,
    /// Whether to ask.
    #[command(flatten)]
    consent: Consent,
}

/// New code that may migrate but gets no traffic.
#[derive(Debug, clap::Args)]
pub(crate) struct Migration {
    /// The stage whose stacks tell the function's name.
    #[arg(long)]
    stage: String,
    /// The code whose migrations are to be applied, without getting traffic;
    /// otherwise that of what is live.
    #[arg(long)]
    zip: Option<PathBuf>,
}

/// A stage whose API is to answer.
#[derive(Debug, clap::Args)]
pub(crate) struct HealthCheck {
    /// The stage whose stacks tell where the API is.
    #[arg(long)]
    stage: String,
    /// Where the API is reached from here, instead of where the stack says.
    #[arg(long)]
    api_url: Option<String>,
    /// How many seconds the API may take to answer well.
    #[arg(long, default_value_t = 30)]
    healthy_within: u64,
}

/// The function as it is found.
struct Target {
    name: String,
    api_url: Option<String>,
    traffic: Traffic,
}

impl Target {
    async fn find(cloud: &Cloud, options: &Options) -> Result<Self> {
        let outputs = Outputs::of(cloud, &options.stage, "Service").await;
        // Whoever names the function may have made it without our stacks.
        let outputs = match (outputs, &options.function) {
            (Err(_), Some(_)) => Outputs::default(),
            (outputs, _) => outputs?,
        };
        let name = match &options.function {
            Some(name) => name.clone(),
            None => outputs
                .required(&format!("{}FunctionName", options.kind.prefix()))?
                .to_owned(),
        };
        let told = outputs.get("ApiUrl").map(ToOwned::to_owned);
        Ok(Self {
            api_url: options.api_url.clone().or(told),
            traffic: if options.at_once {
                Traffic::AllAtOnce
            } else {
                Traffic::of(cloud, &options.stage, &name).await?
            },
            name,
        })
    }
}

/// # Errors
/// When anything goes wrong; the former version is live then.
pub(crate) async fn deploy(cloud: &Cloud, options: &Options) -> Result<()> {
    let package = Package::read(&options.zip)?;
    let target = Target::find(cloud, options).await?;
    let before = Live::find(cloud, &target.name).await?;
    tell(&target, &before, &package);
    if before.code_sha256 == package.sha256 {
        println!("\nThis very code is live already: nothing to do.");
        Box::pin(discard_other(cloud, options, &target, package)).await?;
        return verify(cloud, options, &target, &before).await;
    }
    if options.kind == Kind::Retry {
        println!("  migrations  are applied by the new version before it gets traffic");
    }
    options.consent.obtain()?;
    println!();
    let before = traffic::settle(cloud, &target.name, before).await?;
    let version = release::publish(cloud, &target.name, package).await?;
    let after = before.replaced_by(&version);
    let trying = format!("version {} is tried, still without traffic", after.version);
    let trial = trial::run(cloud, &target.name, &after.version, options.kind);
    let learnt = step(&trying, trial).await.with_context(|| {
        let kept = &before.version;
        format!("the new version does not work; version {kept} stays live")
    })?;
    println!("  {}", style(learnt).dim());
    let moved = traffic::shift(cloud, &target, &before, &after).await;
    let settled = match moved {
        Ok(()) => verify(cloud, options, &target, &after).await,
        failed => failed,
    };
    match settled {
        Ok(()) => {
            println!("\nVersion {} of {} is live.", after.version, target.name);
            Ok(())
        }
        Err(error) => {
            let restored = traffic::restore(cloud, &target.name, &before, &after);
            let live = step("take the traffic back", restored)
                .await
                .with_context(|| format!("after this had failed: {error:#}"))?;
            Err(error.context(format!("taken back, version {live} is live")))
        }
    }
}

/// Code that was refused waits unpublished, and the next change of the infrastructure
/// would publish it. So what is live takes its place.
async fn discard_other(
    cloud: &Cloud,
    options: &Options,
    target: &Target,
    package: Package,
) -> Result<()> {
    let waiting = release::unpublished(cloud, &target.name).await?;
    let waiting = waiting.code_sha256().unwrap_or_default();
    if waiting == package.sha256 {
        return Ok(());
    }
    let waiting = package::short(waiting);
    println!("Other code waits to be published, {waiting}; what is live is to replace it.");
    options.consent.obtain()?;
    release::replace_code(cloud, &target.name, package).await
}

fn tell(target: &Target, before: &Live, package: &Package) {
    println!("{}", style(&target.name).bold());
    println!(
        "  live now    version {}, {}, code {}",
        before.version,
        package::megabytes(before.code_size),
        package::short(&before.code_sha256)
    );
    println!(
        "  new         {}, code {}",
        package::megabytes(package.size()),
        package::short(&package.sha256)
    );
    println!("  traffic     {}", target.traffic);
}

/// The alias leads where it should, to code that answers.
async fn verify(cloud: &Cloud, options: &Options, target: &Target, wanted: &Live) -> Result<()> {
    step(
        "verify: the right version is live",
        live::confirm(cloud, &target.name, wanted),
    )
    .await?;
    let tried = trial::run_live(cloud, &target.name, &wanted.version, options.kind);
    step("verify: it answers", tried).await?;
    if let Some(url) = &target.api_url {
        let bound = Duration::from_secs(options.healthy_within);
        step("verify: GET /health", health::check(url, bound)).await?;
    } else {
        println!("– GET /health: skipped, no stack tells where the API is");
    }
    Ok(())
}

/// # Errors
/// When the code cannot be replaced or its migrations fail.
pub(crate) async fn migrate(cloud: &Cloud, options: &Migration) -> Result<()> {
    let Some(outputs) = Outputs::if_deployed(cloud, &options.stage, "Service").await? else {
        println!("– migrations: there is no Retry function yet, so they come after the stacks");
        return Ok(());
    };
    let name = outputs.required("RetryFunctionName")?;
    let qualifier = match &options.zip {
        Some(zip) => {
            let found = Live::find(cloud, name).await?;
            traffic::settle(cloud, name, found).await?;
            release::replace_code(cloud, name, Package::read(zip)?).await?;
            release::UNPUBLISHED
        }
        None => ALIAS,
    };
    let learnt = step(
        "migrations",
        trial::run(cloud, name, qualifier, Kind::Retry),
    )
    .await?;
    println!("  {}", style(learnt).dim());
    Ok(())
}

/// # Errors
/// When the API does not answer well in time.
pub(crate) async fn health(cloud: &Cloud, options: &HealthCheck) -> Result<()> {
    let url = outputs::api_url(cloud, &options.stage, options.api_url.as_deref()).await?;
    let bound = Duration::from_secs(options.healthy_within);
    step("verify: GET /health", health::check(&url, bound)).await?;
    println!("\nThe API is at {url}");
    Ok(())
}
