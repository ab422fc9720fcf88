//! Programs that are run or served: what is started, where, and into which log.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde::{Deserialize, Serialize};

use crate::disk;
use crate::interrupt::Interrupt;
use crate::process::{self, Identity};
use crate::quotation;
use crate::waiting;

/// How long a command that is told to stop may take to do so.
const GRACE: Duration = Duration::from_secs(5);

/// What a program sees of our own environment.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inherited {
    /// All but what could point it at somebody's AWS account.
    AllButAws,
    /// Only what every program needs, because its own children inherit it.
    Essentials,
}

/// A program, its arguments, its place, its environment and its log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[must_use = "a program does nothing until it is run"]
pub struct Program {
    /// What runs it, with its arguments; usually nothing.
    wrapper: Vec<String>,
    path: PathBuf,
    args: Vec<String>,
    folder: PathBuf,
    environment: BTreeMap<String, String>,
    inherited: Inherited,
    log: PathBuf,
}

impl Program {
    /// A program that runs in `folder` with its output in `log`.
    pub fn new(path: impl Into<PathBuf>, folder: &Path, log: PathBuf) -> Self {
        Self {
            wrapper: Vec::new(),
            path: path.into(),
            args: Vec::new(),
            folder: folder.to_path_buf(),
            environment: BTreeMap::new(),
            inherited: Inherited::AllButAws,
            log,
        }
    }

    /// Adds arguments.
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds a path as an argument.
    pub fn path_arg(self, path: &Path) -> Self {
        self.args([path.to_string_lossy()])
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Gives it nothing of our own environment but what every program needs.
    pub fn essentials_only(mut self) -> Self {
        self.inherited = Inherited::Essentials;
        self
    }

    /// The same program, run by another one, such as `setpriv`.
    pub fn run_by(mut self, wrapper: &[&str]) -> Self {
        self.wrapper = wrapper.iter().map(ToString::to_string).collect();
        self
    }

    /// Lets the log of a server begin anew; [`Self::serve`] adds to it.
    ///
    /// # Errors
    /// When there is an old one that cannot be removed.
    pub fn forget_log(&self) -> Result<()> {
        disk::remove_file(&self.log)
    }

    /// Where its output is.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Runs it to its end, its output in its log.
    ///
    /// # Errors
    /// When it cannot be started, fails (with the end of its log), or the user
    /// interrupts (then it has been stopped).
    pub fn run(&self, interrupt: &Interrupt) -> Result<()> {
        let status = self.run_to_status(interrupt)?;
        if status.success() {
            Ok(())
        } else {
            Err(self.failure(status))
        }
    }

    /// Like [`Self::run`], but a failure is for the caller to judge.
    ///
    /// # Errors
    /// When it cannot be started or the user interrupts.
    pub fn run_to_status(&self, interrupt: &Interrupt) -> Result<ExitStatus> {
        self.run_within(Duration::MAX, interrupt)?
            .ok_or_else(|| anyhow!("`{}` never ended", self.spoken()))
    }

    /// Like [`Self::run_to_status`], but what has not ended within `bound` is
    /// stopped, and `None` is answered.
    ///
    /// # Errors
    /// When it cannot be started or the user interrupts.
    pub fn run_within(&self, bound: Duration, interrupt: &Interrupt) -> Result<Option<ExitStatus>> {
        let (mut command, _log) = self.prepare(|log| File::create(log))?;
        self.wait_for(self.start(&mut command)?, bound, interrupt)
    }

    /// Like [`Self::run_to_status`], and tells each line of its output as it comes. All of
    /// it is in the log as well.
    ///
    /// # Errors
    /// When it cannot be started or the user interrupts.
    pub fn run_telling(
        &self,
        interrupt: &Interrupt,
        mut tell: impl FnMut(&str) + Send,
    ) -> Result<ExitStatus> {
        let (mut command, mut log) = self.prepare(|log| File::create(log))?;
        // One pipe for both, so that their lines stay in order.
        let (output, writer) = std::io::pipe().context("making a pipe")?;
        command.stdout(writer.try_clone().context("sharing a pipe")?);
        let child = self.start(command.stderr(writer))?;
        // With our own ends of the pipe closed, it ends when the program does.
        drop(command);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    // The callback gets the lines even if the disk is full.
                    drop(writeln!(log, "{line}"));
                    tell(&line);
                }
            });
            self.wait_for(child, Duration::MAX, interrupt)?
                .ok_or_else(|| anyhow!("`{}` never ended", self.spoken()))
        })
    }

    fn wait_for(
        &self,
        mut child: Child,
        bound: Duration,
        interrupt: &Interrupt,
    ) -> Result<Option<ExitStatus>> {
        let identity = Identity::of(child.id());
        let ended = waiting::until(bound, interrupt, || Ok(child.try_wait()?));
        if let Ok(Some(status)) = ended {
            return Ok(Some(status));
        }
        if let Some(identity) = identity {
            process::end_tree(&identity, GRACE);
        }
        child
            .wait()
            .context("waiting for a command that was stopped")?;
        ended.with_context(|| format!("`{}` was stopped", self.spoken()))
    }

    /// Starts it to stay: in a process group of its own, so that neither Ctrl-C
    /// nor the end of the terminal reaches it, with its output added to its log.
    ///
    /// # Errors
    /// When it cannot be started. `None` means that it has ended already.
    pub fn serve(&self) -> Result<Option<Identity>> {
        let append = |log: &Path| OpenOptions::new().create(true).append(true).open(log);
        let (mut command, _log) = self.prepare(append)?;
        let mut child = self.start(&mut command)?;
        let identity = Identity::of(child.id());
        // Somebody has to collect the exit status, or it stays as a zombie for as
        // long as we run.
        std::thread::spawn(move || child.wait());
        Ok(identity)
    }

    /// The command with its output in the log, and the log.
    fn prepare(
        &self,
        open: impl FnOnce(&Path) -> std::io::Result<File>,
    ) -> Result<(Command, File)> {
        if let Some(folder) = self.log.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("creating {}", folder.display()))?;
        }
        let log = open(&self.log).with_context(|| format!("opening {}", self.log.display()))?;
        let mut command = self.command();
        command.current_dir(&self.folder);
        self.set_environment(&mut command);
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("sharing a log file")?)
            .stderr(log.try_clone().context("sharing a log file")?)
            .process_group(0);
        Ok((command, log))
    }

    fn start(&self, command: &mut Command) -> Result<Child> {
        command
            .spawn()
            .with_context(|| format!("starting `{}`", self.spoken()))
    }

    fn command(&self) -> Command {
        let mut command = match self.wrapper.as_slice() {
            [] => Command::new(&self.path),
            [wrapper, args @ ..] => {
                let mut command = Command::new(wrapper);
                command.args(args).arg(&self.path);
                command
            }
        };
        command.args(&self.args);
        command
    }

    fn set_environment(&self, command: &mut Command) {
        match self.inherited {
            Inherited::Essentials => {
                command.env_clear();
                for name in ["PATH", "LANG"] {
                    if let Some(value) = std::env::var_os(name) {
                        command.env(name, value);
                    }
                }
            }
            Inherited::AllButAws => {
                for (name, _) in std::env::vars_os() {
                    if name.to_string_lossy().starts_with("AWS_") {
                        command.env_remove(name);
                    }
                }
            }
        }
        command.envs(&self.environment);
    }

    /// The command as a person would say it: short, without the paths of this machine.
    pub fn spoken(&self) -> String {
        let name = self
            .path
            .file_name()
            .unwrap_or(self.path.as_os_str())
            .to_string_lossy();
        let args: Vec<&str> = self.args.iter().map(String::as_str).take(4).collect();
        let more = if self.args.len() > args.len() {
            " …"
        } else {
            ""
        };
        format!("{name} {}{more}", args.join(" "))
            .trim_end()
            .to_owned()
    }

    /// The error of a run that ended so, with the end of its log.
    pub fn failure(&self, status: ExitStatus) -> anyhow::Error {
        anyhow!(
            "`{}` failed ({status})\n{}",
            self.spoken(),
            self.end_of_log()
        )
    }

    /// The error of a server that did not stay.
    pub fn ended_at_once(&self) -> anyhow::Error {
        anyhow!(
            "`{}` ended right after its start\n{}",
            self.spoken(),
            self.end_of_log()
        )
    }

    /// The last lines of the log, marked as a quotation.
    pub fn end_of_log(&self) -> String {
        quotation::of_end(&self.log)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn shell(scratch: &Scratch, script: &str) -> Program {
        Program::new(
            "/bin/sh",
            scratch.path(),
            scratch.path().join("logs/shell.log"),
        )
        .args(["-c", script])
    }

    #[test]
    fn a_failure_shows_the_end_of_the_log() {
        let scratch = Scratch::new("program-failure");
        let program = shell(&scratch, "seq 1 100; echo 'no such thing' >&2; exit 3");
        let error = program.run(&Interrupt::new()).unwrap_err().to_string();
        assert!(error.contains("exit status: 3"), "{error}");
        assert!(
            error.ends_with("  | 99\n  | 100\n  | no such thing"),
            "{error}"
        );
        assert!(!error.contains("| 50\n"), "{error}");
    }

    #[test]
    fn an_interrupt_stops_a_command_and_its_children() {
        let scratch = Scratch::new("program-interrupt");
        let pid_file = scratch.path().join("child.pid");
        let script = format!("sleep 600 & echo $! > '{}'; wait", pid_file.display());
        let interrupt = Interrupt::new();
        let raiser = interrupt.clone();
        let program = shell(&scratch, &script);
        let child = std::thread::scope(|scope| {
            let running = scope.spawn(|| program.run(&interrupt));
            let child = waiting::until(Duration::from_secs(20), &Interrupt::new(), || {
                let text = std::fs::read_to_string(&pid_file).unwrap_or_default();
                Ok(text.trim().parse().ok().and_then(Identity::of))
            });
            raiser.raise();
            let error = running.join().unwrap().unwrap_err();
            assert!(format!("{error:#}").contains("interrupted"), "{error:#}");
            child.unwrap().unwrap()
        });
        assert!(!child.is_running());
    }

    #[test]
    fn a_command_that_does_not_end_in_time_is_stopped() {
        let scratch = Scratch::new("program-bound");
        let program = shell(&scratch, "sleep 600");
        let ended = program.run_within(Duration::from_millis(50), &Interrupt::new());
        assert_eq!(ended.unwrap(), None);
    }

    #[test]
    fn lines_are_told_in_order_and_logged() {
        let scratch = Scratch::new("program-telling");
        let program = shell(&scratch, "echo one; echo aside >&2; echo two; exit 3");
        let mut told = Vec::new();
        let tell = |line: &str| told.push(line.to_owned());
        let status = program.run_telling(&Interrupt::new(), tell).unwrap();
        assert_eq!(status.code(), Some(3));
        assert_eq!(told, ["one", "aside", "two"]);
        let log = std::fs::read_to_string(program.log()).unwrap();
        assert_eq!(log, "one\naside\ntwo\n");
    }

    #[test]
    fn a_program_with_the_essentials_sees_nothing_else() {
        let scratch = Scratch::new("program-essentials");
        let program = shell(&scratch, "env")
            .env("GREETING", "hello")
            .essentials_only();
        program.run(&Interrupt::new()).unwrap();
        let seen = std::fs::read_to_string(program.log()).unwrap();
        assert!(seen.contains("GREETING=hello"), "{seen}");
        assert!(!seen.contains("CARGO"), "{seen}");
    }

    #[test]
    fn a_wrapper_runs_the_program_with_its_arguments() {
        let scratch = Scratch::new("program-wrapper");
        let program = shell(&scratch, "echo \"$0 $1\"").args(["one", "two"]);
        let program = program.run_by(&["/usr/bin/env", "-u", "HOME"]);
        program.run(&Interrupt::new()).unwrap();
        assert_eq!(std::fs::read_to_string(program.log()).unwrap(), "one two\n");
    }
}
