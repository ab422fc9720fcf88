//! What is going to happen, in order.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::slab::Key;
use crate::units::Micros;

/// Something that happens to a call or to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Happening {
    /// The dependency answers a call, or the call is given up.
    CallEnds,
    /// The environment vanishes in the middle of a call.
    EnvironmentVanishes,
    /// A request reaches the item.
    RequestArrives,
    /// The store's answer reaches the environment, or is given up.
    AnswerArrives,
    /// A request that was refused is sent again.
    RequestIsRepeated,
}

/// Events that happen at the same moment happen in the order in which they
/// were scheduled, so a run never depends on the heap's inner order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    at: Micros,
    sequence: u64,
    what: Happening,
    key: Key,
}

/// The events to come.
#[derive(Debug, Default)]
pub(super) struct Queue {
    entries: BinaryHeap<Reverse<Entry>>,
    scheduled: u64,
}

impl Queue {
    pub(super) fn schedule(&mut self, at: Micros, what: Happening, key: Key) {
        self.entries.push(Reverse(Entry {
            at,
            sequence: self.scheduled,
            what,
            key,
        }));
        self.scheduled += 1;
    }

    /// When the next event is.
    pub(super) fn next_at(&self) -> Option<Micros> {
        self.entries.peek().map(|Reverse(entry)| entry.at)
    }

    pub(super) fn pop(&mut self) -> Option<(Micros, Happening, Key)> {
        let Reverse(entry) = self.entries.pop()?;
        Some((entry.at, entry.what, entry.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::slab::Slab;

    #[test]
    fn events_come_by_time_and_then_as_they_were_scheduled() {
        let mut keys = Slab::default();
        let (first, second, third) = (keys.insert(()), keys.insert(()), keys.insert(()));
        let mut queue = Queue::default();
        queue.schedule(2, Happening::CallEnds, first);
        queue.schedule(1, Happening::RequestIsRepeated, second);
        queue.schedule(1, Happening::CallEnds, third);
        let placed = std::iter::from_fn(|| queue.pop()).map(|(at, _, key)| (at, key));
        let placed: Vec<_> = placed.collect();
        assert_eq!(placed, [(1, second), (1, third), (2, first)]);
    }
}
