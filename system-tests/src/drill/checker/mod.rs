//! Whether a history is one that the system may produce.
//!
//! Each write carries a token that becomes the item's name, and each write that
//! takes effect raises the item's version by one. So what was done can be told
//! from what is seen: a version without a write that claims it was done twice by
//! somebody, and a token with two versions by the one who has it.

mod reads;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::history::{Asked, Found, Moment, Operation, Remains, Span, Told};

/// What the system promises about the age of answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds<'run> {
    /// How old an answer may be that does not say that it is degraded.
    pub(crate) fresh: Duration,
    /// How old any answer may be.
    pub(crate) degraded: Duration,
    /// When the cache lost what it had taken.
    pub(crate) forgetful: &'run [Span],
}

impl Bounds<'_> {
    fn cache_forgot_between(self, from: Moment, to: Moment) -> bool {
        let mut forgetful = self.forgetful.iter();
        forgetful.any(|span| span.from < to && from < span.to)
    }
}

/// Everything that is known of one item.
#[derive(Default)]
struct Item<'a> {
    operations: Vec<&'a Operation>,
    remains: Option<(u64, &'a str)>,
}

/// Every promise that was broken, in words; none if the history is sound.
pub(crate) fn violations(
    history: &[Operation],
    remains: &Remains,
    bounds: Bounds<'_>,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut items: BTreeMap<&str, Item> = BTreeMap::new();
    let mut writers: BTreeMap<&str, &Operation> = BTreeMap::new();
    for operation in history {
        if let Told::Nonsense { status } = operation.told {
            found.push(format!("{:?} was answered with {status}", operation.asked));
        }
        if let Some(item) = &operation.item {
            items.entry(item).or_default().operations.push(operation);
        }
        if let Some(token) = operation.asked.token() {
            writers.insert(token, operation);
        }
    }
    let mut created: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, version, name) in remains {
        items.entry(id).or_default().remains = Some((*version, name));
        // The token of a create whose outcome is unknown shows only here.
        if *version == 1
            && let Some(other) = created.insert(name, id)
        {
            found.push(format!("{name} created both {other} and {id}"));
        }
    }
    for (id, item) in &items {
        let mut say = |what: String| found.push(format!("item {id}: {what}"));
        item.names_are_told_apart(&writers, &mut say);
        item.every_version_has_its_write(&mut say);
        item.nothing_acknowledged_is_lost(&mut say);
        item.writes_follow_one_another(&mut say);
        item.reads_are_as_new_as_they_say(bounds, &writers, &mut say);
        item.what_the_cache_took_is_seen_at_once(bounds, &mut say);
    }
    found
}

impl<'a> Item<'a> {
    fn stored(&self) -> impl Iterator<Item = (u64, &'a Operation)> {
        self.operations
            .iter()
            .filter_map(|operation| match operation.told {
                Told::Stored { version } => Some((version, *operation)),
                _ => None,
            })
    }

    fn found(&self) -> impl Iterator<Item = (&'a Found, &'a Operation)> {
        self.operations
            .iter()
            .filter_map(|operation| match &operation.told {
                Told::Found(found) => Some((found, *operation)),
                _ => None,
            })
    }

    fn deletes(&self) -> impl Iterator<Item = &'a Operation> {
        let operations = self.operations.iter().copied();
        operations.filter(|operation| operation.asked == Asked::Delete)
    }

    /// A version has one name, a name one version, and what was refused none.
    fn names_are_told_apart(
        &self,
        writers: &BTreeMap<&str, &Operation>,
        say: &mut impl FnMut(String),
    ) {
        let stored = self
            .stored()
            .filter_map(|(version, write)| Some((version, write.asked.token()?)));
        let read = self
            .found()
            .map(|(found, _)| (found.version, found.name.as_str()));
        let seen: BTreeSet<(u64, &str)> = stored.chain(read).chain(self.remains).collect();
        let mut names: BTreeMap<u64, &str> = BTreeMap::new();
        let mut versions: BTreeMap<&str, u64> = BTreeMap::new();
        for (version, name) in seen {
            if let Some(other) = names.insert(version, name) {
                say(format!("version {version} is both {other} and {name}"));
            }
            if let Some(other) = versions.insert(name, version) {
                say(format!(
                    "{name} was done twice: versions {other} and {version}"
                ));
            }
            match writers.get(name).map(|write| &write.told) {
                Some(Told::Absent | Told::Mismatch) => {
                    say(format!("{name} was refused, and done all the same"));
                }
                Some(_) => {}
                None => say(format!("nobody wrote {name}")),
            }
        }
    }

    /// Versions that nobody was told of are those of writes that nobody knows
    /// the outcome of; there cannot be more of them.
    fn every_version_has_its_write(&self, say: &mut impl FnMut(String)) {
        let known: BTreeSet<u64> = self.stored().map(|(version, _)| version).collect();
        let newest = known
            .iter()
            .copied()
            .chain(self.remains.map(|(version, _)| version));
        let newest = newest.max().unwrap_or(0);
        let in_doubt = self.operations.iter().filter(|operation| {
            matches!(operation.asked, Asked::Replace { .. }) && operation.told == Told::Nothing
        });
        let created_in_doubt = usize::from(!known.contains(&1));
        let untold = (1..=newest)
            .filter(|version| !known.contains(version))
            .count();
        let possible = in_doubt.count() + created_in_doubt;
        if untold > possible {
            say(format!(
                "{newest} versions, of which {untold} belong to nobody, but only {possible} \
                 writes are in doubt: something was done twice"
            ));
        }
    }

    fn nothing_acknowledged_is_lost(&self, say: &mut impl FnMut(String)) {
        let newest = self.stored().max_by_key(|(version, _)| *version);
        match (self.remains, newest) {
            (Some(_), _) if self.deletes().any(|delete| delete.told == Told::Deleted) => {
                say("it was deleted, and is still there".to_owned());
            }
            (Some((version, _)), Some((acknowledged, _))) if version < acknowledged => say(
                format!("version {acknowledged} was acknowledged, but {version} is what remains"),
            ),
            (None, Some((version, _))) => {
                let may_be_gone =
                    |delete: &Operation| matches!(delete.told, Told::Deleted | Told::Nothing);
                if !self.deletes().any(may_be_gone) {
                    say(format!(
                        "version {version} was acknowledged, and nothing remains"
                    ));
                }
            }
            _ => {}
        }
    }

    /// A write that began after another was acknowledged has a later version,
    /// and none is done after a delete.
    fn writes_follow_one_another(&self, say: &mut impl FnMut(String)) {
        let mut writes: Vec<(u64, &Operation)> = self.stored().collect();
        writes.sort_by_key(|(_, write)| write.began);
        for (version, write) in &writes {
            let mut earlier = writes.iter().filter(|(_, other)| other.ended < write.began);
            if let Some((before, _)) = earlier.find(|(before, _)| before >= version) {
                say(format!(
                    "version {version} was written after version {before}"
                ));
            }
            let mut deletes = self.deletes().filter(|delete| delete.told == Told::Deleted);
            if deletes.any(|delete| delete.ended < write.began) {
                say(format!(
                    "version {version} was written after the item was deleted"
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests;
