//! What a drill came to, in words.

use std::collections::BTreeMap;
use std::time::Duration;

use super::history::{CacheWord, Operation, Told};
use super::nemesis::Disturbance;
use super::{FRESH, Size};
use crate::waiting::spoken;

/// What is told of a drill.
pub(super) struct Report<'a> {
    pub(super) size: &'a Size,
    pub(super) history: &'a [Operation],
    pub(super) requests: usize,
    pub(super) cuts: usize,
    pub(super) disturbances: &'a [Disturbance],
    pub(super) remains: usize,
    pub(super) took: Duration,
}

impl Report<'_> {
    pub(super) fn lines(&self) -> Vec<String> {
        let count = |is: fn(&Operation) -> bool| self.history.iter().filter(|one| is(one)).count();
        let writes = count(|one| one.asked.is_write());
        let acknowledged = count(|one| matches!(one.told, Told::Stored { .. } | Told::Deleted));
        let refused =
            count(|one| one.asked.is_write() && matches!(one.told, Told::Absent | Told::Mismatch));
        let in_doubt = count(|one| one.asked.is_write() && one.told == Told::Nothing);
        let reads = count(|one| matches!(one.told, Told::Found(_)));
        let degraded = count(|one| matches!(&one.told, Told::Found(found) if found.degraded));
        let taken =
            count(|one| matches!(one.told, Told::Stored { .. }) && one.cache == CacheWord::Took);
        let unanswered = count(|one| !one.asked.is_write() && one.told == Told::Nothing);
        let mut turns: BTreeMap<&str, usize> = BTreeMap::new();
        for disturbance in self.disturbances {
            *turns.entry(disturbance.describe()).or_default() += 1;
        }
        let mut lines = vec![
            format!(
                "{writes} writes by {} clients: {acknowledged} acknowledged, {refused} refused \
                 (gone, or at another version), {in_doubt} never answered",
                self.size.clients
            ),
            format!(
                "{reads} reads answered, {degraded} of them degraded; {unanswered} not answered"
            ),
            format!("{} requests in all, repetitions included", self.requests),
            format!("{} connections cut between commit and answer", self.cuts),
            format!("{taken} values taken by the cache, says the answer to the write"),
        ];
        lines.extend(
            turns
                .iter()
                .map(|(what, times)| format!("{times} times: {what}")),
        );
        lines.push(format!(
            "{} items remain; {}",
            self.remains,
            spoken(self.took)
        ));
        lines
    }

    /// The result in one line.
    pub(super) fn in_short(&self) -> String {
        let writes = self.history.iter().filter(|one| one.asked.is_write());
        format!(
            "{} writes, {} disturbances, no promise broken",
            writes.count(),
            self.disturbances.len()
        )
    }

    /// What does it again.
    pub(super) fn command(&self) -> String {
        let Size {
            writes,
            clients,
            seed,
            ..
        } = self.size;
        format!("cargo xtask drill --writes {writes} --clients {clients} --seed {seed}")
    }

    pub(super) fn page(&self) -> String {
        let lines: Vec<String> = self
            .lines()
            .iter()
            .map(|line| format!("- {line}"))
            .collect();
        format!(
            "# The kill drill\n\n\
             On the local stack, clients create, replace and delete items, each write repeated \
             under its key until it is answered, while the system is hurt. A checker then looks at \
             everything that was asked for and told (`system-tests/src/drill/checker`).\n\n\
             No promise was broken: every acknowledged write is there exactly once; none that \
             was refused was done, and none that was not acknowledged was done twice; versions \
             never go back; no read is older than its bound ({} s if it is not called degraded, \
             a day if it is), or older than it says; and what the cache took, says the answer to a \
             write, each later read shows that is not called degraded.\n\n{}\n",
            FRESH.as_secs(),
            lines.join("\n")
        )
    }
}
