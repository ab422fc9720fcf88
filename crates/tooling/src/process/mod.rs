//! Processes of ours: who they are, whether they still run, how they end.
//!
//! A process id alone proves nothing, because ids are given out again. An
//! [`Identity`] carries the start time as well, and nothing is ever signalled
//! whose identity does not match.

mod table;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use rustix::process::{Pid, kill_process};
use serde::{Deserialize, Serialize};

pub use rustix::process::Signal;

use crate::interrupt::Interrupt;
use crate::waiting;
use table::{Entry, table};

/// How long a killed process may take to be gone.
const KILL_BOUND: Duration = Duration::from_secs(10);

/// Whether we may do anything on this machine.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// One process, told apart from a later one with the same id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    /// What the system calls it.
    pub pid: u32,
    /// When it started, in the system's own words.
    started: String,
}

impl Identity {
    /// The process that has this id now, unless it has ended.
    pub fn of(pid: u32) -> Option<Self> {
        table::entry(pid).and_then(Entry::running)
    }

    /// This process itself.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn own() -> Result<Self> {
        Self::of(std::process::id()).ok_or_else(|| anyhow!("cannot read the table of processes"))
    }

    /// Whether it has not ended.
    pub fn is_running(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }

    /// Sends a signal, if this still is the process it was.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid.filter(|_| self.is_running()) {
            // It may end in between, which is what was wanted.
            let _ = kill_process(pid, signal);
        }
    }
}

/// A process, all that descends from it, and all in its process group: a child
/// may have left the group, and an orphan the family.
fn tree(root: &Identity) -> BTreeSet<Identity> {
    let entries = table();
    if !root.is_running() {
        return BTreeSet::new();
    }
    let mut family = BTreeSet::from([root.pid]);
    loop {
        let before = family.len();
        let joins = |entry: &&Entry| family.contains(&entry.parent) || entry.group == root.pid;
        let joining: Vec<u32> = entries
            .iter()
            .filter(joins)
            .map(|entry| entry.pid)
            .collect();
        family.extend(joining);
        if family.len() == before {
            break;
        }
    }
    entries
        .into_iter()
        .filter(|e| family.contains(&e.pid))
        .filter_map(Entry::running)
        .collect()
}

/// Tells a server to end and sees to it that nothing of its tree is left: it ends
/// its children itself, and what has not gone within `grace` is killed.
pub fn stop_tree(root: &Identity, signal: Signal, grace: Duration) {
    let ours = tree(root);
    root.signal(signal);
    kill_what_stays(root, ours, grace);
}

/// Tells a command and all that it has started to end, as Ctrl-C would in a
/// terminal; what has not gone within `grace` is killed.
pub fn end_tree(root: &Identity, grace: Duration) {
    let ours = tree(root);
    for process in &ours {
        process.signal(Signal::TERM);
    }
    kill_what_stays(root, ours, grace);
}

fn kill_what_stays(root: &Identity, mut ours: BTreeSet<Identity>, grace: Duration) {
    if wait_until_gone(&ours, grace) {
        return;
    }
    ours.append(&mut tree(root));
    for process in &ours {
        process.signal(Signal::KILL);
    }
    wait_until_gone(&ours, KILL_BOUND);
}

/// Kills one process without warning, then waits for its children to notice.
///
/// # Errors
/// When something of it outlives even a kill.
pub fn kill_tree(root: &Identity, grace: Duration) -> Result<()> {
    let ours = tree(root);
    root.signal(Signal::KILL);
    if wait_until_gone(&ours, grace) {
        return Ok(());
    }
    kill_all(&ours)
}

/// Kills every one of these processes.
///
/// # Errors
/// When one of them outlives it.
pub fn kill_all(ours: &BTreeSet<Identity>) -> Result<()> {
    for process in ours {
        process.signal(Signal::KILL);
    }
    if !wait_until_gone(ours, KILL_BOUND) {
        let left: Vec<u32> = ours
            .iter()
            .filter(|p| p.is_running())
            .map(|p| p.pid)
            .collect();
        bail!("these processes do not end, even when killed: {left:?}");
    }
    Ok(())
}

/// Running processes whose program lies in `folder`. They are found even when
/// whoever started them is gone.
pub fn running_from(folder: &std::path::Path) -> BTreeSet<Identity> {
    let lies_in = |pid: u32| {
        std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe.starts_with(folder))
    };
    table()
        .into_iter()
        .filter(|entry| lies_in(entry.pid))
        .filter_map(Entry::running)
        .collect()
}

fn wait_until_gone(processes: &BTreeSet<Identity>, bound: Duration) -> bool {
    // Stopping goes on when the user interrupts: that is what they asked for.
    let gone = waiting::until(bound, &Interrupt::new(), || {
        Ok((!processes.iter().any(Identity::is_running)).then_some(()))
    });
    matches!(gone, Ok(Some(())))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};

    use super::*;
    use crate::scratch::Scratch;

    fn shell(script: &str) -> Child {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", script])
            .stdin(Stdio::null())
            .process_group(0);
        command.spawn().unwrap()
    }

    fn collected(mut child: Child) -> Identity {
        let identity = Identity::of(child.id()).unwrap();
        std::thread::spawn(move || child.wait());
        identity
    }

    fn family_of(root: &Identity, size: usize) -> BTreeSet<Identity> {
        waiting::until(Duration::from_secs(20), &Interrupt::new(), || {
            Ok(Some(tree(root)).filter(|family| family.len() >= size))
        })
        .unwrap()
        .expect("the family never grew to its size")
    }

    #[test]
    fn a_stopped_process_takes_its_children_along() {
        let root = collected(shell("sleep 600 & sleep 600 & wait"));
        let family = family_of(&root, 3);
        stop_tree(&root, Signal::TERM, Duration::from_secs(1));
        assert!(!family.iter().any(Identity::is_running));
    }

    #[test]
    fn a_process_that_ignores_the_signal_is_killed_after_the_grace() {
        let root = collected(shell(
            "trap '' TERM INT; sleep 600 & while :; do wait; done",
        ));
        let family = family_of(&root, 2);
        stop_tree(&root, Signal::TERM, Duration::from_millis(100));
        assert!(!family.iter().any(Identity::is_running));
    }

    #[test]
    fn a_killed_process_takes_its_children_along() {
        let root = collected(shell("sleep 600 & sleep 600 & wait"));
        let family = family_of(&root, 3);
        kill_tree(&root, Duration::from_millis(100)).unwrap();
        assert!(!family.iter().any(Identity::is_running));
    }

    #[test]
    fn a_process_id_that_was_given_to_another_process_is_left_alone() {
        let mut child = shell("exec sleep 600");
        let real = Identity::of(child.id()).unwrap();
        let earlier = Identity {
            pid: real.pid,
            started: "long ago".to_owned(),
        };
        assert!(!earlier.is_running());
        stop_tree(&earlier, Signal::KILL, Duration::from_millis(50));
        kill_tree(&earlier, Duration::from_millis(50)).unwrap();
        assert!(real.is_running());
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_process_that_nobody_collected_counts_as_ended() {
        let mut child = shell("exit 0");
        let pid = child.id();
        let ended = waiting::until(Duration::from_secs(20), &Interrupt::new(), || {
            Ok(Identity::of(pid).is_none().then_some(()))
        });
        assert_eq!(ended.unwrap(), Some(()));
        child.wait().unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_that_lies_in_a_folder_is_found_by_it() {
        let scratch = Scratch::new("process-folder");
        let program = scratch.path().join("sleeper");
        std::fs::copy("/bin/sleep", &program).unwrap();
        let mut command = Command::new(&program);
        let sleeper = collected(command.arg("600").stdin(Stdio::null()).spawn().unwrap());
        assert_eq!(running_from(scratch.path()), BTreeSet::from([sleeper]));
        kill_all(&running_from(scratch.path())).unwrap();
        assert!(running_from(scratch.path()).is_empty());
    }
}
