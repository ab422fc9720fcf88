//! The web app: a zip file for Amplify.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use aws_sdk_amplify::types::JobStatus;
use console::style;
use serde_json::json;

use crate::cloud::{Cloud, failed};
use crate::consent::Consent;
use crate::outputs::{self, Outputs};
use crate::steps::{step, until};

const BOUND: Duration = Duration::from_mins(10);
const PAUSE: Duration = Duration::from_secs(1);
/// What our stack calls it, and whoever makes an app by hand.
const BRANCH: &str = "main";
const HTTP_TIMEOUT: Duration = Duration::from_mins(2);

/// What is to be hosted, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The stage whose stack `Web` tells the Amplify app.
    #[arg(long)]
    stage: String,
    /// The built pages and their `config.json`.
    #[arg(long)]
    zip: PathBuf,
    /// The folder that was zipped: `/` has to answer its `index.html` afterwards, and
    /// `/config.json` its `config.json`.
    #[arg(long)]
    pages: PathBuf,
    /// The Amplify app's id, instead of the one that the stack tells.
    #[arg(long, env = "AWS_AMPLIFY_API_TOKEN", hide_env_values = true)]
    app: Option<String>,
    /// The branch of the Amplify app, instead of the one that the stack tells; `main` if
    /// no stack does.
    #[arg(long)]
    branch: Option<String>,
    /// Where the pages are reached from here, instead of where the stack says.
    #[arg(long)]
    url: Option<String>,
    /// How many seconds the pages may take to be the new ones.
    #[arg(long, default_value_t = 60)]
    served_within: u64,
    /// Whether to ask.
    #[command(flatten)]
    consent: Consent,
}

/// What built pages have to know of a stage.
#[derive(Debug, clap::Args)]
pub(crate) struct Configuration {
    /// The stage whose stacks tell where the API is.
    #[arg(long)]
    stage: String,
    /// Where the API is reached from a browser, instead of where the stack says.
    #[arg(long)]
    api_url: Option<String>,
    /// The folder with the built pages.
    #[arg(long)]
    pages: PathBuf,
}

/// Writes `config.json`, and into the page a policy that lets it fetch from this API
/// and no other; the one in Amplify's headers cannot know the API.
///
/// # Errors
/// When no stack tells where the API is, or the pages are not there.
pub(crate) async fn configure(cloud: &Cloud, options: &Configuration) -> Result<()> {
    let outputs = Outputs::if_deployed(cloud, &options.stage, "Service").await?;
    let outputs = outputs.unwrap_or_default();
    let api_url = outputs::api_url(cloud, &options.stage, options.api_url.as_deref()).await?;
    let write = |name: &str, content: &str| {
        let path = options.pages.join(name);
        std::fs::write(&path, content).with_context(|| format!("writing {}", path.display()))
    };
    let mut config = json!({ "apiUrl": api_url });
    if let (Some(url), Some(client)) = (outputs.get("SignInUrl"), outputs.get("SignInClientId")) {
        config["signIn"] = json!({ "url": url, "clientId": client });
    }
    write("config.json", &config.to_string())?;
    let path = options.pages.join("index.html");
    let page =
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let origins = [Some(api_url.as_str()), outputs.get("SignInUrl")];
    write(
        "index.html",
        &with_policy(&page, origins.into_iter().flatten())?,
    )
}

/// As the first thing in the head, for it governs only what follows.
fn with_policy<'a>(page: &str, addresses: impl Iterator<Item = &'a str>) -> Result<String> {
    let origins: Vec<&str> = addresses.map(origin).collect();
    let policy = format!(
        r#"<meta http-equiv="Content-Security-Policy" content="connect-src 'self' {}">"#,
        origins.join(" ")
    );
    let (before, after) = page.split_once("<head>").context("the page has no head")?;
    Ok(format!("{before}<head>{policy}{after}"))
}

/// Scheme, host and port.
fn origin(address: &str) -> &str {
    let host = address.find("://").map_or(0, |found| found + 3);
    let end = address[host..]
        .find('/')
        .map_or(address.len(), |found| host + found);
    &address[..end]
}

/// The Amplify app as it is found.
struct Target {
    app: String,
    branch: String,
    url: Option<String>,
}

impl Target {
    async fn find(cloud: &Cloud, options: &Options) -> Result<Self> {
        let outputs = Outputs::of(cloud, &options.stage, "Web").await;
        // A workflow has the variable empty where nobody has set its secret.
        let app = options.app.clone().filter(|app| !app.is_empty());
        // Whoever names the app may have made it without our stacks.
        let outputs = match (outputs, &app) {
            (Err(_), Some(_)) => Outputs::default(),
            (outputs, _) => outputs?,
        };
        let given = |given: &Option<String>, name| match given {
            Some(given) => Ok(given.clone()),
            None => outputs.required(name).map(ToOwned::to_owned),
        };
        let branch = match given(&options.branch, "AmplifyBranchName") {
            Err(_) if app.is_some() => BRANCH.to_owned(),
            branch => branch?,
        };
        Ok(Self {
            app: given(&app, "AmplifyAppId")?,
            branch,
            url: given(&options.url, "WebUrl").ok(),
        })
    }
}

/// # Errors
/// When Amplify does not take the pages (the former ones stay then), or serves
/// others than these.
pub(crate) async fn deploy(cloud: &Cloud, options: &Options) -> Result<()> {
    let zip = std::fs::read(&options.zip)
        .with_context(|| format!("reading {}", options.zip.display()))?;
    let wanted = Served::read(&options.pages)?;
    let target = Target::find(cloud, options).await?;
    println!("{}", style(format!("Amplify app {}", target.app)).bold());
    println!("  branch      {}", target.branch);
    println!("  new         {} KB", zip.len() / 1024);
    println!("  config.json {}", wanted.config.trim());
    options.consent.obtain()?;
    println!();
    let (job, upload_url) = step("a new deployment", create(cloud, &target)).await?;
    step("upload the pages", async { upload(&upload_url, &zip) }).await?;
    step("Amplify puts them in place", start(cloud, &target, &job)).await?;
    if let Some(url) = &target.url {
        let looking = "verify: the page and its configuration";
        let bound = Duration::from_secs(options.served_within);
        step(looking, wanted.confirm(url, bound)).await?;
    } else {
        println!("– verify: skipped, no stack tells where the pages are");
    }
    println!(
        "\nThe web app is live{}.",
        target.url.map(|url| format!(": {url}")).unwrap_or_default()
    );
    Ok(())
}

async fn create(cloud: &Cloud, target: &Target) -> Result<(String, String)> {
    let asked = cloud.amplify.create_deployment().app_id(&target.app);
    let created = asked.branch_name(&target.branch).send().await;
    let created = created.map_err(failed("asking Amplify for a deployment"))?;
    let job = created.job_id().context("a deployment without a number")?;
    Ok((job.to_owned(), created.zip_upload_url().to_owned()))
}

fn upload(url: &str, zip: &[u8]) -> Result<()> {
    let request = http_client().put(url).content_type("application/zip");
    let answer = request
        .send(zip)
        .map_err(|error| without_address(&error, url))?;
    ensure!(
        answer.status().is_success(),
        "the upload was answered {}",
        answer.status()
    );
    Ok(())
}

/// The address of an upload is signed: whoever reads it may upload too.
fn without_address(error: &ureq::Error, url: &str) -> anyhow::Error {
    anyhow!(
        "{}",
        error.to_string().replace(url, "the address of the upload")
    )
}

async fn start(cloud: &Cloud, target: &Target, job: &str) -> Result<()> {
    let asked = cloud.amplify.start_deployment().app_id(&target.app);
    let started = asked.branch_name(&target.branch).job_id(job).send().await;
    started.map_err(failed("starting the deployment"))?;
    let ended = until(BOUND, PAUSE, async || {
        let asked = cloud.amplify.get_job().app_id(&target.app);
        let found = asked.branch_name(&target.branch).job_id(job).send().await;
        let found = found.map_err(failed("looking at the deployment"))?;
        let summary = found.job().and_then(|job| job.summary());
        let status = summary.map(|summary| summary.status().clone());
        Ok(status.filter(|status| {
            matches!(
                status,
                JobStatus::Succeed | JobStatus::Failed | JobStatus::Cancelled
            )
        }))
    });
    match ended.await? {
        Some(JobStatus::Succeed) => Ok(()),
        Some(status) => bail!("deployment {job} ended as {status}; the former pages stay"),
        None => bail!(
            "deployment {job} did not end within {} minutes",
            BOUND.as_secs() / 60
        ),
    }
}

/// What tells one deployment from another: the page names the parts it was built with,
/// the configuration the API.
struct Served {
    page: String,
    config: String,
}

impl Served {
    fn read(pages: &Path) -> Result<Self> {
        let read = |name| {
            let path = pages.join(name);
            std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
        };
        Ok(Self {
            page: read("index.html")?,
            config: read("config.json")?,
        })
    }

    /// The edge may serve the former pages for some seconds.
    async fn confirm(&self, url: &str, bound: Duration) -> Result<()> {
        let url = url.trim_end_matches('/');
        let client = http_client();
        let look = || -> Result<()> {
            for (path, wanted) in [("", &self.page), ("config.json", &self.config)] {
                let address = format!("{url}/{path}");
                let mut answer = client.get(&address).call()?;
                let status = answer.status();
                ensure!(status == 200, "{address} is answered {status}");
                let found = answer.body_mut().read_to_string()?;
                ensure!(
                    found.trim() == wanted.trim(),
                    "{address} is not what was uploaded"
                );
            }
            Ok(())
        };
        let mut last = None;
        let found = until(bound, PAUSE, async || {
            let looked = look();
            let right = looked.is_ok();
            last = looked.err();
            Ok(right.then_some(()))
        });
        match (found.await?, last) {
            (Some(()), _) => Ok(()),
            (None, last) => {
                let why = last.unwrap_or_else(|| anyhow!("nobody looked"));
                Err(why.context(format!("{url} does not serve what was uploaded")))
            }
        }
    }
}

/// A client whose TLS is the one that AWS's clients use.
pub(crate) fn http_client() -> ureq::Agent {
    // A second call finds the first one's choice in place.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(HTTP_TIMEOUT))
        .build();
    config.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_may_fetch_from_its_api_and_from_where_operators_sign_in() {
        let addresses = [
            "https://a1.example.com/stage",
            "https://sign-in.example.com",
        ];
        let page = with_policy("<html><head><title>x</title>", addresses.into_iter()).unwrap();
        assert_eq!(
            page,
            "<html><head><meta http-equiv=\"Content-Security-Policy\" content=\"connect-src \
             'self' https://a1.example.com https://sign-in.example.com\"><title>x</title>"
        );
        with_policy("no page", addresses.into_iter()).unwrap_err();
    }
}
