//! What reads may show.

use std::collections::BTreeMap;

use super::{Bounds, Item};
use crate::drill::history::{Asked, CacheWord, Found, Moment, Operation, Told};

impl Item<'_> {
    pub(super) fn reads_are_as_new_as_they_say(
        &self,
        bounds: Bounds<'_>,
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

    /// Each acknowledged write tells the cache, and what the cache took is what
    /// reads show from then on, unless the cache forgets.
    pub(super) fn what_the_cache_took_is_seen_at_once(
        &self,
        bounds: Bounds<'_>,
        say: &mut impl FnMut(String),
    ) {
        for (version, write) in self.stored() {
            if write.cache == CacheWord::Silent {
                say(format!(
                    "version {version} was acknowledged, and the cache not told"
                ));
            }
        }
        for (found, read) in self.found().filter(|(found, _)| !found.degraded) {
            let taken = self.stored().filter(|(_, write)| {
                let since = write.began.saturating_sub(bounds.fresh);
                write.cache == CacheWord::Took
                    && write.ended < read.began
                    && !bounds.cache_forgot_between(since, read.ended)
            });
            let newest = taken.map(|(version, _)| version).max().unwrap_or(0);
            if found.version < newest {
                say(format!(
                    "a fresh read shows version {} after the cache took {newest}",
                    found.version
                ));
            }
        }
    }
}
