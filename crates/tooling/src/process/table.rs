//! The system's table of processes: from `/proc` where there is one, else from `ps`.

use std::process::Command;

use super::Identity;

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) pid: u32,
    pub(super) parent: u32,
    pub(super) group: u32,
    zombie: bool,
    started: String,
}

impl Entry {
    /// Whose row this is, unless it has ended and only waits to be collected.
    pub(super) fn running(self) -> Option<Identity> {
        (!self.zombie).then_some(Identity {
            pid: self.pid,
            started: self.started,
        })
    }
}

pub(super) fn table() -> Vec<Entry> {
    from_proc().unwrap_or_else(|| from_ps(&["-A"]))
}

pub(super) fn entry(pid: u32) -> Option<Entry> {
    if has_proc() {
        read_stat(pid)
    } else {
        from_ps(&["-p", &pid.to_string()])
            .into_iter()
            .find(|entry| entry.pid == pid)
    }
}

fn has_proc() -> bool {
    std::path::Path::new("/proc/self/stat").exists()
}

fn from_proc() -> Option<Vec<Entry>> {
    has_proc().then_some(())?;
    let folders = std::fs::read_dir("/proc").ok()?.flatten();
    let pids = folders.filter_map(|folder| folder.file_name().to_str()?.parse().ok());
    Some(pids.filter_map(read_stat).collect())
}

fn read_stat(pid: u32) -> Option<Entry> {
    parse_stat(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// `pid (name) state parent group …`, see proc(5). The name may hold blanks and
/// parentheses, so what follows is counted from the last one that closes.
fn parse_stat(line: &str) -> Option<Entry> {
    let (pid, _) = line.split_once(' ')?;
    let (_, rest) = line.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    Some(Entry {
        pid: pid.parse().ok()?,
        zombie: matches!(*fields.first()?, "Z" | "X"),
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        started: (*fields.get(19)?).to_owned(),
    })
}

fn from_ps(which: &[&str]) -> Vec<Entry> {
    let mut ps = Command::new("ps");
    ps.args(which)
        .args(["-o", "pid=,ppid=,pgid=,stat=,lstart="])
        .env("LC_ALL", "C");
    let output = ps.output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output)
        .lines()
        .filter_map(parse_ps)
        .collect()
}

fn parse_ps(line: &str) -> Option<Entry> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let [pid, parent, group, state, started @ ..] = fields.as_slice() else {
        return None;
    };
    Some(Entry {
        pid: pid.parse().ok()?,
        parent: parent.parse().ok()?,
        group: group.parse().ok()?,
        zombie: state.starts_with('Z'),
        started: started.join(" "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_parentheses_does_not_shift_the_fields() {
        let line = "42 (a) b (c)) S 7 41 41 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2";
        let expected = Entry {
            pid: 42,
            parent: 7,
            group: 41,
            zombie: false,
            started: "98765".to_owned(),
        };
        assert_eq!(parse_stat(line), Some(expected));
    }

    #[test]
    fn a_row_of_ps_is_understood() {
        let row = "  501     1   501 Ss   Mon Nov 23 21:06:01 2026";
        let expected = Entry {
            pid: 501,
            parent: 1,
            group: 501,
            zombie: false,
            started: "Mon Nov 23 21:06:01 2026".to_owned(),
        };
        assert_eq!(parse_ps(row), Some(expected));
    }

    #[test]
    fn this_process_is_in_the_table() {
        let own = std::process::id();
        assert!(table().iter().any(|entry| entry.pid == own));
    }
}
