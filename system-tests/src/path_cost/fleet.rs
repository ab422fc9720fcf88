//! Environments of the functions: processes started by hand, that the runtime API hands
//! events to.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use super::allocations::{self, Allocated};
use super::subject::{Request, Subject};
use super::surroundings::{Addresses, CIRCUITS, OPEN_CIRCUITS, functions};
use super::versions::Version;
use crate::cold_start::lambda::command;
use tooling::functions::Function;

/// What a fleet is to be.
pub(super) struct Plan<'run> {
    pub(super) subject: Subject,
    /// The functions' programs.
    pub(super) version: &'run Version,
    /// The programs that say hello.
    pub(super) hello: &'run Version,
    /// How many environments of each function.
    pub(super) size: usize,
    pub(super) runtime: &'run str,
    pub(super) addresses: &'run Addresses,
    /// Where to write what is written to standard error.
    pub(super) log: &'run Path,
    /// Where to count allocations and lines, and the library that does; nowhere while
    /// time is measured.
    pub(super) counting: Option<(&'run Path, &'run Path)>,
}

/// Running environments; dropping them ends them.
pub(super) struct Fleet {
    /// The function that answers requests.
    pub(super) function: String,
    /// The function behind it.
    pub(super) behind: String,
    environments: Vec<Environment>,
}

struct Environment {
    child: Child,
    /// Its files of counts and of lines.
    counts: Option<(PathBuf, PathBuf)>,
}

impl Fleet {
    /// Starts the environments that a subject takes. No number is used twice: the runtime
    /// API would hand events to those who asked for them before they were ended.
    ///
    /// # Errors
    /// When one cannot be started.
    pub(super) fn raise(plan: &Plan<'_>, number: usize) -> Result<Self> {
        let [first, second, fallback] = functions(number);
        let mut fleet = Self {
            function: first.clone(),
            behind: second.clone(),
            environments: Vec::new(),
        };
        let others = [
            ("RETRY_FUNCTION_NAME", second.as_str()),
            ("FALLBACK_FUNCTION_NAME", &fallback),
        ];
        let mut start = |version: &Version, program: &str, function: &str, size, table| {
            for _ in 0..size {
                let position = fleet.environments.len();
                let program = version.program(program);
                let mut command = plan.command(&program, function);
                command.envs(others).env("CIRCUITS_TABLE_NAME", table);
                let environment = plan.start(command, &format!("{number}-{position}"));
                fleet.environments.push(environment?);
            }
            anyhow::Ok(())
        };
        let (new, hello, size) = (plan.version, plan.hello, plan.size);
        let [api, retry, last] = Function::ALL.map(Function::package);
        match plan.subject {
            Subject::Hello => start(hello, "hello-http", &first, size, CIRCUITS)?,
            Subject::HelloThrough => {
                start(hello, "hello-through", &first, size, CIRCUITS)?;
                start(hello, "hello-lambda", &second, size, CIRCUITS)?;
            }
            Subject::Request(Request::Health) => start(new, api, &first, size, CIRCUITS)?,
            Subject::Request(Request::Cached | Request::Database | Request::Write) => {
                start(new, api, &first, size, CIRCUITS)?;
                start(new, retry, &second, size, CIRCUITS)?;
                // One read in a hundred asks it too.
                start(new, last, &fallback, 1, CIRCUITS)?;
            }
            Subject::Request(Request::Open) => {
                start(new, api, &first, size, OPEN_CIRCUITS)?;
                start(new, last, &fallback, size, OPEN_CIRCUITS)?;
            }
        }
        Ok(fleet)
    }

    /// The processors' time that all have used so far.
    ///
    /// # Errors
    /// When one has ended, or the kernel does not say.
    pub(super) fn processor_time(&self) -> Result<Duration> {
        let times = self
            .environments
            .iter()
            .map(|one| on_processor(one.child.id()));
        times.sum()
    }

    /// What all have allocated so far.
    ///
    /// # Errors
    /// When it is not counted.
    pub(super) fn allocated(&self) -> Result<Allocated> {
        let mut all = Allocated::default();
        for (counts, _) in self
            .environments
            .iter()
            .filter_map(|one| one.counts.as_ref())
        {
            let one = allocations::read(counts)?;
            all.times += one.times;
            all.bytes += one.bytes;
        }
        Ok(all)
    }

    /// The lines that all have written so far, and their bytes.
    ///
    /// # Errors
    /// When they are not kept.
    pub(super) fn written(&self) -> Result<(usize, usize)> {
        let (mut lines, mut bytes) = (0, 0);
        for (_, file) in self
            .environments
            .iter()
            .filter_map(|one| one.counts.as_ref())
        {
            let text = std::fs::read_to_string(file).context("reading what a function wrote")?;
            lines += text.lines().count();
            bytes += text.len();
        }
        Ok((lines, bytes))
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Plan<'_> {
    fn command(&self, program: &Path, function: &str) -> Command {
        let address = format!("http://{}/.rt/{function}", self.runtime);
        let mut command = command(program, &address);
        command
            .env_remove("AWS_ENDPOINT_URL")
            .env("AWS_LAMBDA_FUNCTION_NAME", function)
            .env(
                "AWS_ENDPOINT_URL_LAMBDA",
                format!("http://{}", self.runtime),
            )
            .env("AWS_ENDPOINT_URL_DYNAMODB", &self.addresses.dynamodb)
            .env("DATABASE_URL", &self.addresses.database)
            .env("CACHE_URL", &self.addresses.cache);
        if let Subject::Request(request) = self.subject {
            command.env("CACHE_FRESH_MS", request.freshness_ms());
        }
        command
    }

    /// Where panics of the functions are written down.
    fn last_words(&self) -> Result<File> {
        let file = OpenOptions::new().create(true).append(true).open(self.log);
        file.context("opening the functions' log")
    }

    fn start(&self, mut command: Command, name: &str) -> Result<Environment> {
        let counts = self.counting.map(|(folder, library)| {
            let file = |kind: &str| folder.join(format!("{name}.{kind}"));
            command
                .env("LD_PRELOAD", library)
                .env(allocations::FILE_VARIABLE, file("counts"));
            (file("counts"), file("lines"))
        });
        if let Some((_, lines)) = &counts {
            let file = File::create(lines).context("a file for a function's lines")?;
            command.stdout(Stdio::from(file));
        }
        command.stderr(Stdio::from(self.last_words()?));
        let child = command.spawn().context("starting a function")?;
        Ok(Environment { child, counts })
    }
}

/// The kernel counts nanoseconds for each thread; see sched-stats in its documentation.
fn on_processor(pid: u32) -> Result<Duration> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).context("a function has ended")?;
    let times = threads.flatten().map(|thread| {
        // A thread may end in between.
        let text = std::fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        let nanoseconds = text.split(' ').next().and_then(|first| first.parse().ok());
        Duration::from_nanos(nanoseconds.unwrap_or_default())
    });
    Ok(times.sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processors_time_of_a_process_grows_while_it_works() {
        let before = on_processor(std::process::id()).unwrap();
        let watch = crate::waiting::Stopwatch::start();
        let mut draws = fastrand::Rng::with_seed(1);
        let mut sum = 0_u64;
        while on_processor(std::process::id()).unwrap() == before {
            sum = sum.wrapping_add(draws.u64(..));
            assert!(watch.elapsed() < Duration::from_secs(20), "{sum}");
        }
    }
}
