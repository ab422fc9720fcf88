//! Up, down, status, and single servers stopped and started in between.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use console::style;
use tooling::stack::{Action, Endpoints};

use super::bring_up::bring_up;
use super::functions::Build;
use super::server::{Name, Server};
use super::state::{Lock, Record, forget, withdraw};
use crate::disk;
use crate::interrupt::{Interrupt, Interrupted};
use crate::prerequisites;
use crate::process::{self, Signal};
use crate::progress::Progress;
use crate::waiting::{self, Stopwatch, spoken};
use crate::workspace::Workspace;

/// How long another `cargo xtask` may take to finish what it does to the stack.
const LOCK_BOUND: Duration = Duration::from_secs(90);

/// Whether `up` stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stay {
    UntilInterrupted,
    Detach,
}

/// Brings the stack up; unless detached, keeps it until the user ends it.
///
/// # Errors
/// When one is running already, or a step fails; nothing is left running then.
pub(crate) fn up(workspace: &Workspace, stay: Stay, interrupt: &Interrupt) -> Result<()> {
    let watch = Stopwatch::start();
    let progress = Progress::new();
    let (record, lock) = start(workspace, Build::Alone, &progress, interrupt)?;
    println!(
        "\n{} {}\n",
        style("The stack is up.").bold(),
        style(format!("({})", spoken(watch.elapsed()))).dim()
    );
    print_endpoints(workspace, &record);
    drop(lock);
    match stay {
        Stay::Detach => {
            println!("\n  {:<24} stops it", "cargo xtask down");
            Ok(())
        }
        Stay::UntilInterrupted => {
            println!(
                "\n  {:<24} stops it, and so does `cargo xtask down`",
                "Ctrl-C"
            );
            keep_up(workspace, &record, &progress, interrupt)
        }
    }
}

/// Starts a stack for somebody who holds the lock, and hence the stack, on.
///
/// # Errors
/// As for [`up`].
pub(crate) fn start(
    workspace: &Workspace,
    build: Build,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<(Record, Lock)> {
    prerequisites::check()?;
    let Some(lock) = Lock::try_take(workspace)? else {
        bail!("another `cargo xtask` is starting or stopping the stack right now");
    };
    if let Some(left) = Record::load(workspace)? {
        if left.is_alive()
            && let Some(endpoints) = &left.endpoints
        {
            bail!(
                "a stack is running already: {}\n`cargo xtask status` tells more, \
                 `cargo xtask down` stops it",
                endpoints.web_url
            );
        }
        progress.step("cleaning up after a stack that was not stopped", |_| {
            dismantle(workspace, left)
        })?;
    }
    disk::remove_folder(&workspace.data())?;
    match bring_up(workspace, build, progress, interrupt) {
        Ok(record) => Ok((record, lock)),
        Err(error) => {
            stop_shown(workspace, progress)?;
            Err(error)
        }
    }
}

/// Waits for Ctrl-C, or until somebody else has stopped the stack.
fn keep_up(
    workspace: &Workspace,
    ours: &Record,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<()> {
    let is_ours = |record: Record| record.started_by == ours.started_by;
    let ended = waiting::until(Duration::MAX, interrupt, || {
        Ok((!Record::load(workspace)?.is_some_and(is_ours)).then_some(()))
    });
    match ended {
        Ok(_) => println!("\nThe stack was stopped by `cargo xtask down`."),
        Err(error) if error.is::<Interrupted>() => {
            println!();
            let _lock = wait_for_lock(workspace)?;
            stop_shown(workspace, progress)?;
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Stops the running stack, also one that is still being started.
///
/// # Errors
/// When something cannot be stopped.
pub(crate) fn down(workspace: &Workspace) -> Result<()> {
    let lock = Lock::try_take(workspace)?;
    if lock.is_none()
        && let Some(record) = Record::load(workspace)?
        && record.endpoints.is_none()
    {
        println!(
            "A stack is being started (process {}): ending that.",
            record.started_by.pid
        );
        record.started_by.signal(Signal::TERM);
    }
    let _lock = lock.map_or_else(|| wait_for_lock(workspace), Ok)?;
    if !stop_shown(workspace, &Progress::new())? {
        println!("No stack is running.");
    }
    Ok(())
}

/// Stops the running stack, told as one step.
///
/// # Errors
/// When something cannot be stopped.
pub(crate) fn take_down(workspace: &Workspace, progress: &Progress) -> Result<()> {
    let _lock = wait_for_lock(workspace)?;
    stop_shown(workspace, progress).map(drop)
}

fn stop_shown(workspace: &Workspace, progress: &Progress) -> Result<bool> {
    let Some(record) = Record::load(workspace)? else {
        return Ok(false);
    };
    progress.step("stopping what was started", |_| {
        dismantle(workspace, record)
    })?;
    Ok(true)
}

/// Ends every process of the stack and throws its data away.
fn dismantle(workspace: &Workspace, record: Record) -> Result<()> {
    withdraw(workspace)?;
    std::thread::scope(|scope| {
        for (_, server) in record.servers {
            scope.spawn(move || server.discard());
        }
    });
    // The emulator ends its functions, unless it was itself killed before.
    process::kill_all(&process::running_from(&workspace.data()))?;
    disk::remove_folder(&workspace.data())?;
    forget(workspace)
}

fn wait_for_lock(workspace: &Workspace) -> Result<Lock> {
    waiting::until(LOCK_BOUND, &Interrupt::new(), || Lock::try_take(workspace))?
        .ok_or_else(|| anyhow!("another `cargo xtask` keeps working on the stack"))
}

/// The stack that is up.
///
/// # Errors
/// When none is.
pub(crate) fn running(workspace: &Workspace) -> Result<(Record, Endpoints)> {
    let none = || anyhow!("no stack is running; `cargo xtask up` starts one");
    let record = Record::load(workspace)?
        .filter(Record::is_alive)
        .ok_or_else(none)?;
    let Some(endpoints) = record.endpoints.clone() else {
        bail!("the stack is still being started");
    };
    Ok((record, endpoints))
}

/// Stops, kills or starts one server, keeps `stack.json` true, and says what is so now.
///
/// # Errors
/// When no stack is running, or the server does not do as told.
pub(crate) fn change(
    workspace: &Workspace,
    name: Name,
    action: Action,
    interrupt: &Interrupt,
) -> Result<()> {
    let _lock = wait_for_lock(workspace)?;
    let (mut record, _) = running(workspace)?;
    let server = record.server_mut(name)?;
    let done = match action {
        Action::Stop => {
            server.stop();
            Ok(())
        }
        Action::Kill => server.kill(),
        Action::Start if server.is_running() => Ok(()),
        Action::Start => server.start(interrupt),
    };
    let pid = server.pid();
    record.save(workspace)?;
    done?;
    let state = pid.map_or_else(
        || "stopped".to_owned(),
        |pid| format!("running (process {pid})"),
    );
    println!("{} is {state}.", name.product());
    Ok(())
}

/// Prints what is where and what runs.
///
/// # Errors
/// When no stack is running.
pub(crate) fn status(workspace: &Workspace) -> Result<()> {
    let (record, _) = running(workspace)?;
    print_endpoints(workspace, &record);
    println!();
    print_servers(&record.servers);
    Ok(())
}

fn print_endpoints(workspace: &Workspace, record: &Record) {
    let Some(endpoints) = &record.endpoints else {
        return;
    };
    let line = |what: &str, place: &str| println!("  {what:<12} {}", style(place).cyan());
    line("web app", &endpoints.web_url);
    line("API", &endpoints.api_url);
    line("AWS", &endpoints.aws_endpoint);
    line("PostgreSQL", &endpoints.database.url);
    line("Valkey", &endpoints.cache.url);
    println!(
        "  {:<12} {}",
        "all of it",
        workspace.shown(&workspace.stack_file())
    );
    println!(
        "  {:<12} {}",
        "logs",
        workspace.shown(&workspace.stack().join("logs"))
    );
    println!("\n  {:<24} plays an incident on it", "cargo xtask tour");
}

fn print_servers(servers: &BTreeMap<Name, Server>) {
    for (name, server) in servers {
        let state = match server.pid() {
            Some(pid) => format!("{} process {pid}", style("running").green()),
            None => style("stopped").red().to_string(),
        };
        println!("  {:<12} {state}, port {}", name.product(), server.port);
    }
}
