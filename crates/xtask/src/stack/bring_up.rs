//! Everything between nothing and a stack that works, in the order that its
//! parts need, side by side where they do not need one another.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::Result;
use tooling::stack::{self, Endpoints};

use super::functions::{self, Build};
use super::ports::Ports;
use super::postgres::Cluster;
use super::server::{Name, Server, start_on_free_port};
use super::state::Record;
use super::{deploy, migrate, ministack, seed, valkey, web};
use crate::interrupt::Interrupt;
use crate::process::Identity;
use crate::progress::{Crew, Progress};
use crate::tools;
use crate::workspace::Workspace;

const SEE_LOG: &str = "see the log above; when the cause is gone, run the command again";
const ONLINE: &str = "check the connection to the package registries, then run the command again";
const REINSTALL: &str = "if it is a damaged download, remove .tools/venv and run it again";

/// Starts everything. Whatever it has started is in the record on disk, also
/// when it fails.
///
/// # Errors
/// The first step that failed, or an interrupt.
pub(crate) fn bring_up(
    workspace: &Workspace,
    build: Build,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<Record> {
    let crew = Crew::new(progress, interrupt);
    let record = Record::new(Identity::own()?);
    record.save(workspace)?;
    let site = Site {
        workspace,
        build,
        crew: &crew,
        ports: Ports::default(),
        record: Mutex::new(record),
    };
    let done = site.raise();
    let record = site
        .record
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    crew.verdict(done.map(|()| record))
}

/// The stack while it is being raised.
struct Site<'run> {
    workspace: &'run Workspace,
    build: Build,
    crew: &'run Crew<'run>,
    ports: Ports,
    record: Mutex<Record>,
}

/// A server whose process the record knows.
fn stopped(url: String) -> stack::Server {
    stack::Server { url, pid: None }
}

/// Database and cache, as the deployment is told of them.
struct Backends {
    database_url: String,
    cache_url: String,
}

impl Site<'_> {
    fn raise(&self) -> Option<()> {
        let (backends, aws_endpoint, functions) = thread::scope(|scope| {
            let functions = scope.spawn(|| self.functions());
            let web_app = scope.spawn(|| self.web_app());
            let infrastructure = scope.spawn(|| self.npm(&self.workspace.infrastructure()));
            self.python()?;
            let database = scope.spawn(|| self.database());
            let cache = scope.spawn(|| self.cache());
            let aws_endpoint = self.emulator()?;
            infrastructure.join().ok()??;
            self.bootstrap(&aws_endpoint)?;
            let backends = Backends {
                database_url: database.join().ok()??,
                cache_url: cache.join().ok()??,
            };
            let functions = functions.join().ok()??;
            web_app.join().ok()??;
            Some((backends, aws_endpoint, functions))
        })?;
        let endpoints = self.deploy(backends, aws_endpoint, &functions)?;
        thread::scope(|scope| {
            let web = scope.spawn(|| self.web(&endpoints));
            self.migrate(&endpoints)?;
            self.seed(&endpoints)?;
            web.join().ok()?
        })?;
        self.publish(endpoints)
    }

    fn python(&self) -> Option<()> {
        self.crew
            .step("Python tools", &format!("{ONLINE}; {REINSTALL}"), |step| {
                tools::python(self.workspace).prepare(step, self.crew.interrupt())
            })
    }

    fn npm(&self, package: &std::path::Path) -> Option<()> {
        let shown = self.workspace.shown(package);
        self.crew
            .step(&format!("npm packages of {shown}"), ONLINE, |step| {
                tools::npm(self.workspace, package).prepare(step, self.crew.interrupt())
            })
    }

    fn functions(&self) -> Option<PathBuf> {
        self.crew
            .step("functions: build", "correct what the compiler says", |_| {
                functions::build(self.workspace, self.build, self.crew.interrupt())?;
                functions::lay_out(self.workspace, &self.workspace.data().join("functions"))
            })
    }

    fn web_app(&self) -> Option<()> {
        self.npm(&self.workspace.web_app())?;
        if self.build == Build::WithTests {
            return Some(());
        }
        self.crew
            .step("web app: build", "correct what the build says", |_| {
                web::build(self.workspace, self.crew.interrupt())
            })
    }

    fn database(&self) -> Option<String> {
        self.crew.step("PostgreSQL", SEE_LOG, |step| {
            let interrupt = self.crew.interrupt();
            let cluster = Cluster::create(self.workspace, &self.workspace.data(), interrupt)?;
            let server = start_on_free_port(&self.ports, interrupt, |port| cluster.server(port))?;
            step.note(format!("port {}", server.port));
            let url = cluster.url(server.port);
            self.keep(Name::Database, server)?;
            Ok(url)
        })
    }

    fn cache(&self) -> Option<String> {
        self.crew.step("Valkey", SEE_LOG, |step| {
            let at_port = valkey::server(self.workspace, &self.workspace.data())?;
            let server = start_on_free_port(&self.ports, self.crew.interrupt(), at_port)?;
            step.note(format!("port {}", server.port));
            let url = valkey::url(server.port);
            self.keep(Name::Cache, server)?;
            Ok(url)
        })
    }

    fn emulator(&self) -> Option<String> {
        self.crew.step("MiniStack (AWS emulator)", SEE_LOG, |step| {
            let at_port = ministack::server(self.workspace, &self.workspace.data())?;
            let server = start_on_free_port(&self.ports, self.crew.interrupt(), at_port)?;
            step.note(format!("port {}", server.port));
            let url = ministack::url(server.port);
            self.keep(Name::Emulator, server)?;
            Ok(url)
        })
    }

    fn bootstrap(&self, aws_endpoint: &str) -> Option<()> {
        self.crew.step("cdk bootstrap", SEE_LOG, |_| {
            deploy::bootstrap(self.workspace, aws_endpoint, self.crew.interrupt())
        })
    }

    fn deploy(
        &self,
        backends: Backends,
        aws_endpoint: String,
        functions: &std::path::Path,
    ) -> Option<Endpoints> {
        self.crew.step("cdk deploy", SEE_LOG, |_| {
            let web_url = web::url(self.ports.next()?);
            let settings = deploy::Settings {
                aws_endpoint: &aws_endpoint,
                database_url: &backends.database_url,
                cache_url: &backends.cache_url,
                web_origin: &web_url,
                functions,
            };
            let outputs = deploy::deploy(self.workspace, &settings, self.crew.interrupt())?;
            Ok(Endpoints {
                api_url: outputs.api_url(&aws_endpoint),
                web_url,
                region: ministack::REGION.to_owned(),
                functions: outputs.functions(),
                circuits_table: outputs.circuits_table_name,
                aws_endpoint,
                database: stopped(backends.database_url),
                cache: stopped(backends.cache_url),
                pids: BTreeMap::new(),
            })
        })
    }

    fn migrate(&self, endpoints: &Endpoints) -> Option<()> {
        let see = "the functions' own words are in target/local/stack/logs/ministack.log";
        self.crew.step("migrations", see, |step| {
            let applied = migrate::migrate(&endpoints.aws_endpoint, &endpoints.functions.retry)?;
            step.note(format!("{applied} applied"));
            Ok(())
        })
    }

    fn seed(&self, endpoints: &Endpoints) -> Option<()> {
        let see = "the functions' own words are in target/local/stack/logs/ministack.log";
        self.crew.step("some items", see, |step| {
            let written = seed::seed(&endpoints.api_url, self.crew.interrupt())?;
            step.note(format!("{written} written"));
            Ok(())
        })
    }

    fn web(&self, endpoints: &Endpoints) -> Option<()> {
        self.crew.step("web app: serve", SEE_LOG, |step| {
            let port = endpoints
                .web_url
                .rsplit(':')
                .next()
                .unwrap_or_default()
                .parse()?;
            let mut server = web::server(self.workspace, port, &endpoints.api_url);
            server.program.forget_log()?;
            server.start(self.crew.interrupt())?;
            step.note(format!("port {port}"));
            self.keep(Name::Web, server)
        })
    }

    /// From here on the server is known to whoever has to stop it.
    fn keep(&self, name: Name, server: Server) -> Result<()> {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.servers.insert(name, server);
        record.save(self.workspace)
    }

    fn publish(&self, endpoints: Endpoints) -> Option<()> {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.endpoints = Some(endpoints);
        self.crew
            .step("stack.json", "check that the disk is not full", |_| {
                record.save(self.workspace)
            })
    }
}
