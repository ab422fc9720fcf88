//! What the store makes of a change, and which rules that breaks.

use breaker_core::{Change, Record, StoreError, Timestamp};

use crate::{Fleet, Ledger, Rule, Shared, World, check::Write};

impl Fleet {
    /// The store is asked to make a change.
    pub(crate) fn write(
        &self,
        world: &mut World,
        basis: &Record,
        change: &Change,
        at: Timestamp,
    ) -> Result<Shared<Record>, StoreError> {
        let done = self.scope.store.apply(&world.stored, basis, change, at);
        world.watch(basis, change, at, done.as_ref().ok());
        let after = done?;
        let write = Write {
            before: &world.stored,
            basis,
            change,
            at,
            after: &after,
        };
        for rule in write.breaks(&self.policy, world.ledger) {
            self.breaks(world, rule);
        }
        world.wishes.note(change);
        if after.epoch == world.stored.epoch {
            world.ledger.note(change);
        } else {
            world.ledger = Ledger::default();
        }
        world.before = std::mem::replace(&mut world.stored, Shared::new(after));
        Ok(world.stored.clone())
    }

    /// A rule is broken. It counts if it is watched and is the first.
    pub(crate) fn breaks(&self, world: &mut World, rule: Rule) {
        if world.broken.is_none() && self.scope.rules.contains(&rule) {
            world.broken = Some(rule);
        }
    }
}
