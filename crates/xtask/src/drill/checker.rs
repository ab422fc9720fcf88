//! Whether a history is one that the system may produce.
//!
//! Each write carries a token that becomes the item's name, and each write that
//! takes effect raises the item's version by one. So what was done can be told
//! from what is seen: a version without a write that claims it was done twice by
//! somebody, and a token with two versions by the one who has it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::history::{Asked, Found, Moment, Operation, Remains, Told};

/// What the system promises about the age of answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// How old an answer may be that does not say that it is degraded.
    pub(crate) fresh: Duration,
    /// How old any answer may be.
    pub(crate) degraded: Duration,
}

/// Everything that is known of one item.
#[derive(Default)]
struct Item<'a> {
    operations: Vec<&'a Operation>,
    remains: Option<(u64, &'a str)>,
}

/// Every promise that was broken, in words; none if the history is sound.
pub(crate) fn violations(history: &[Operation], remains: &Remains, bounds: Bounds) -> Vec<String> {
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

    fn reads_are_as_new_as_they_say(
        &self,
        bounds: Bounds,
        writers: &BTreeMap<&str, &Operation>,
        say: &mut impl FnMut(String),
    ) {
        // The newest version that had been acknowledged by then.
        let acknowledged = |by: Moment| {
            let before = self.stored().filter(|(_, write)| write.ended < by);
            before.map(|(version, _)| version).max().unwrap_or(0)
        };
        for (found, read) in self.found() {
            let Found { version, as_of, .. } = found;
            let (kind, bound) = if found.degraded {
                ("a degraded", bounds.degraded)
            } else {
                ("a fresh", bounds.fresh)
            };
            if *as_of + bound < read.began {
                let age = read.began.saturating_sub(*as_of);
                say(format!("{kind} read was {age:?} old, more than {bound:?}"));
            }
            let known = acknowledged(*as_of);
            if *version < known {
                say(format!(
                    "{kind} read shows version {version} as of a moment when {known} had been \
                     acknowledged"
                ));
            }
            if writers
                .get(found.name.as_str())
                .is_some_and(|write| write.began > read.ended)
            {
                say(format!(
                    "a read shows version {version} before it was written"
                ));
            }
        }
        for read in &self.operations {
            let is_absent = read.asked == Asked::Read && read.told == Told::Absent;
            let existed = acknowledged(read.began.saturating_sub(bounds.fresh)) > 0;
            let deleting = self.deletes().any(|delete| delete.began < read.ended);
            if is_absent && existed && !deleting {
                say("a read was told that there is no such item, and there was".to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        fresh: Duration::from_secs(1),
        degraded: Duration::from_mins(1),
    };

    fn s(seconds: u64) -> Moment {
        Duration::from_secs(seconds)
    }

    fn operation(began: u64, ended: u64, asked: Asked, told: Told) -> Operation {
        Operation {
            began: s(began),
            ended: s(ended),
            item: Some("i".to_owned()),
            asked,
            told,
        }
    }

    fn create(at: u64, token: &str) -> Operation {
        let asked = Asked::Create {
            token: token.to_owned(),
        };
        operation(at, at + 1, asked, Told::Stored { version: 1 })
    }

    fn replace(at: u64, token: &str, told: Told) -> Operation {
        let asked = Asked::Replace {
            token: token.to_owned(),
        };
        operation(at, at + 1, asked, told)
    }

    fn delete(at: u64, told: Told) -> Operation {
        operation(at, at + 1, Asked::Delete, told)
    }

    fn read(at: u64, version: u64, name: &str, as_of: u64, degraded: bool) -> Operation {
        let found = Found {
            version,
            name: name.to_owned(),
            as_of: s(as_of),
            degraded,
        };
        operation(at, at + 1, Asked::Read, Told::Found(found))
    }

    fn remains(version: u64, name: &str) -> Remains {
        vec![("i".to_owned(), version, name.to_owned())]
    }

    fn v(version: u64) -> Told {
        Told::Stored { version }
    }

    #[test]
    fn what_a_sound_system_may_do_is_no_violation() {
        for (history, left) in [
            (
                vec![create(10, "a"), replace(20, "b", v(2))],
                remains(2, "b"),
            ),
            // Nobody knows what became of b: it may have been done once, or not.
            (
                vec![create(10, "a"), replace(20, "b", Told::Nothing)],
                remains(2, "b"),
            ),
            (
                vec![create(10, "a"), replace(20, "b", Told::Nothing)],
                remains(1, "a"),
            ),
            (vec![create(10, "a"), delete(20, Told::Deleted)], vec![]),
            (vec![create(10, "a"), delete(20, Told::Nothing)], vec![]),
            // Writes that overlap may come in either order.
            (
                vec![
                    create(10, "a"),
                    replace(20, "b", v(3)),
                    replace(20, "c", v(2)),
                ],
                remains(3, "b"),
            ),
            // The past, labelled.
            (
                vec![
                    create(10, "a"),
                    replace(20, "b", v(2)),
                    read(40, 1, "a", 15, true),
                ],
                remains(2, "b"),
            ),
            (
                vec![create(10, "a"), read(40, 1, "a", 39, false)],
                remains(1, "a"),
            ),
        ] {
            assert_eq!(violations(&history, &left, BOUNDS), Vec::<String>::new());
        }
    }

    #[test]
    fn every_broken_promise_is_found() {
        let ab = || vec![create(10, "a"), replace(20, "b", v(2))];
        let with = |operation| ab().into_iter().chain([operation]).collect::<Vec<_>>();
        let absent = operation(40, 41, Asked::Read, Told::Absent);
        let nonsense = operation(40, 41, Asked::Read, Told::Nonsense { status: 500 });
        for (broken, history, left) in [
            ("nothing remains", ab(), vec![]),
            ("but 1 is what remains", ab(), remains(1, "a")),
            ("belong to nobody", ab(), remains(3, "c")),
            ("done twice", ab(), remains(3, "b")),
            ("done twice", with(replace(30, "c", v(5))), remains(5, "c")),
            ("is both", with(replace(30, "c", v(2))), remains(2, "b")),
            (
                "was written after version",
                with(replace(30, "c", v(1))),
                remains(2, "b"),
            ),
            (
                "refused, and done",
                with(replace(30, "c", Told::Mismatch)),
                remains(3, "c"),
            ),
            (
                "refused, and done",
                with(replace(30, "c", Told::Absent)),
                remains(3, "c"),
            ),
            (
                "still there",
                with(delete(30, Told::Deleted)),
                remains(2, "b"),
            ),
            (
                "after the item was deleted",
                {
                    let mut history = with(delete(30, Told::Deleted));
                    history.push(replace(40, "c", v(3)));
                    history
                },
                vec![],
            ),
            (
                "had been acknowledged",
                with(read(40, 1, "a", 40, false)),
                remains(2, "b"),
            ),
            (
                "had been acknowledged",
                with(read(40, 1, "a", 39, true)),
                remains(2, "b"),
            ),
            (
                "a fresh read was",
                with(read(40, 2, "b", 30, false)),
                remains(2, "b"),
            ),
            (
                "a degraded read was",
                with(read(90, 2, "b", 21, true)),
                remains(2, "b"),
            ),
            (
                "before it was written",
                vec![
                    create(10, "a"),
                    read(15, 2, "b", 15, false),
                    replace(20, "b", v(2)),
                ],
                remains(2, "b"),
            ),
            (
                "nobody wrote",
                with(read(40, 2, "z", 40, false)),
                remains(2, "b"),
            ),
            ("no such item", with(absent), remains(2, "b")),
            ("answered with 500", with(nonsense), remains(2, "b")),
        ] {
            let found = violations(&history, &left, BOUNDS);
            assert!(
                found.iter().any(|said| said.contains(broken)),
                "{broken}: {found:?}"
            );
        }
    }

    #[test]
    fn a_create_whose_outcome_is_unknown_is_done_once_at_most() {
        let mut lost = create(10, "a");
        lost.item = None;
        lost.told = Told::Nothing;
        let once = vec![("i".to_owned(), 1, "a".to_owned())];
        let twice = vec![once[0].clone(), ("j".to_owned(), 1, "a".to_owned())];
        assert_eq!(
            violations(&[lost.clone()], &once, BOUNDS),
            Vec::<String>::new()
        );
        assert_eq!(violations(&[lost], &twice, BOUNDS).len(), 1);
    }
}
