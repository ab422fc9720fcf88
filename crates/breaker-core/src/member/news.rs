//! What the store said last, how old that is, and whether it answers.

use std::{sync::Arc, time::Duration};

use crate::{
    policy::Policy,
    protocol::{Epoch, FleetSize, Phase, Record},
    store::{Reading, StoreError},
    time::Timestamp,
};

/// How many looks a second a fleet takes at a circuit that is on its way back.
pub(super) const LOOKS_PER_S: f64 = 1_000.0;

/// How long a store in trouble is left alone the first time, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// Missed answers in a row after which the store counts as away: a single
/// answer may be lost.
const MISSES_TO_BE_AWAY: u32 = 2;

/// The last known state, and the store's.
#[derive(Debug, Default)]
#[cfg_attr(feature = "model", derive(Clone))]
pub(super) struct News {
    record: Arc<Record>,
    /// How big the fleet was by that record.
    size: Option<FleetSize>,
    /// Whether that record was suspicious, and how much of what would open the
    /// circuit it showed.
    suspicious: bool,
    suspicion: f64,
    /// When the store last answered.
    heard: Option<Timestamp>,
    trouble: Option<Trouble>,
    /// When an errand beside a call set out that has not come back.
    under_way: Option<Timestamp>,
    /// The next reading must show the latest: an older epoch was seen.
    doubtful: bool,
    /// Spreads the processes of a fleet: uniform from 0 to 1.
    spread: f64,
}

#[cfg(feature = "model")]
impl std::hash::Hash for News {
    fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
        let Self {
            record,
            size,
            suspicious,
            suspicion,
            heard,
            trouble,
            under_way,
            doubtful,
            spread,
        } = self;
        (record, suspicious, heard, trouble, under_way, doubtful).hash(hasher);
        let size = size.map(|size| {
            let FleetSize {
                calls_per_s,
                recent_calls_per_s,
                contacts_per_s,
                processes,
            } = size;
            [calls_per_s, recent_calls_per_s, contacts_per_s, processes].map(f64::to_bits)
        });
        (size, suspicion.to_bits(), spread.to_bits()).hash(hasher);
    }
}

#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "model", derive(Hash))]
struct Trouble {
    misses: u32,
    /// The store is not asked before.
    pause_until: Timestamp,
    throttled: bool,
}

/// How urgently the store should be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Not at all.
    None,
    /// Alongside a call.
    Beside,
    /// Before a call is decided about.
    Before,
}

impl News {
    pub(super) fn record(&self) -> &Arc<Record> {
        &self.record
    }

    pub(super) fn heard(&self) -> Option<Timestamp> {
        self.heard
    }

    pub(super) fn reading(&self) -> Reading {
        if self.doubtful {
            Reading::Latest
        } else {
            Reading::Eventual
        }
    }

    pub(super) fn set_out(&mut self, now: Timestamp) {
        self.under_way = Some(now);
    }

    /// Takes over what the store said to an operation that began when the
    /// fleet was known to be in epoch `basis`. Gives whether the epoch is new.
    ///
    /// Answers may overtake one another: if another operation has brought
    /// news in the meantime, only a later epoch replaces them.
    pub(super) fn hear(
        &mut self,
        record: Record,
        basis: Epoch,
        spread: f64,
        policy: &Policy,
        now: Timestamp,
    ) -> bool {
        self.answered(now, spread);
        if self.record.epoch == basis || record.epoch > self.record.epoch {
            self.doubtful = false;
            self.replace(record, policy, now)
        } else {
            false
        }
    }

    /// Takes over what an eventually consistent read showed. It may be the
    /// past: a later epoch that was heard of before stands.
    pub(super) fn glimpse(
        &mut self,
        record: Record,
        spread: f64,
        policy: &Policy,
        now: Timestamp,
    ) -> bool {
        self.answered(now, spread);
        self.doubtful = record.epoch < self.record.epoch;
        !self.doubtful && self.replace(record, policy, now)
    }

    fn answered(&mut self, now: Timestamp, spread: f64) {
        self.heard = Some(now);
        self.trouble = None;
        self.under_way = None;
        self.spread = spread;
    }

    fn replace(&mut self, record: Record, policy: &Policy, now: Timestamp) -> bool {
        self.size = record.traffic.fleet_size(now);
        self.suspicious = record.is_suspicious(policy, now);
        self.suspicion = record.suspicion(policy, now);
        let new = record.epoch != self.record.epoch;
        self.record = Arc::new(record);
        new
    }

    /// Notes that the store did not do as it was asked; `draw` is uniform
    /// from 0 to 1.
    pub(super) fn miss(&mut self, error: &StoreError, now: Timestamp, draw: f64) {
        self.under_way = None;
        let misses = self
            .trouble
            .map_or(0, |trouble| trouble.misses)
            .saturating_add(1);
        let longest = FIRST_PAUSE
            .saturating_mul(1 << misses.saturating_sub(1).min(10))
            .min(LONGEST_PAUSE);
        self.trouble = Some(Trouble {
            misses,
            pause_until: now + longest.mul_f64(0.5 + draw / 2.0),
            throttled: matches!(error, StoreError::Throttled),
        });
    }

    /// Whether the store was asked a moment ago and is to be left alone.
    pub(super) fn is_pausing(&self, now: Timestamp) -> bool {
        self.trouble.is_some_and(|trouble| {
            // A clock that was set back must not make the pause endless.
            now < trouble.pause_until && trouble.pause_until.since(now) <= LONGEST_PAUSE
        })
    }

    /// Whether the store has not answered for some time.
    pub(super) fn is_away(&self) -> bool {
        self.trouble
            .is_some_and(|trouble| self.heard.is_none() || trouble.misses >= MISSES_TO_BE_AWAY)
    }

    /// Whether the store has too much to do.
    pub(super) fn is_throttled(&self) -> bool {
        self.trouble.is_some_and(|trouble| trouble.throttled)
    }

    /// Whether the store is in trouble at all.
    pub(super) fn is_in_trouble(&self) -> bool {
        self.trouble.is_some()
    }

    /// How old what is known is; `None` if that cannot be told.
    pub(super) fn age(&self, policy: &Policy, now: Timestamp) -> Option<Duration> {
        // A clock that was set back leaves the age unknown. Threads may read
        // it a moment apart.
        self.heard
            .filter(|heard| heard.since(now) <= policy.refresh_after)
            .map(|heard| now.since(heard))
    }

    /// How urgently the store should be asked because of what is known's age.
    pub(super) fn need(&self, policy: &Policy, now: Timestamp) -> Need {
        if self.is_pausing(now) {
            return Need::None;
        }
        let Some(age) = self.age(policy, now) else {
            return Need::Before;
        };
        if age >= policy.max_stale {
            Need::Before
        } else if self.is_under_way(policy, now) {
            Need::None
        } else if age >= self.interval(policy, now) || self.is_in_trouble() {
            Need::Beside
        } else {
            Need::None
        }
    }

    /// Until when nothing has to be asked.
    pub(super) fn fresh_until(&self, policy: &Policy, now: Timestamp) -> Option<Timestamp> {
        self.heard.map(|heard| heard + self.interval(policy, now))
    }

    fn is_under_way(&self, policy: &Policy, now: Timestamp) -> bool {
        // An errand that was dropped must not stop the news for ever.
        let patience = policy.store_timeout.saturating_mul(2);
        self.under_way
            .is_some_and(|since| since <= now && now.since(since) < patience)
    }

    /// How old what is known may grow before the store is asked again.
    fn interval(&self, policy: &Policy, now: Timestamp) -> Duration {
        let spread = self.spread;
        let processes = self.size.map_or(1.0, |size| size.processes);
        if self.is_on_the_way_back(now) {
            let looks = (processes / LOOKS_PER_S).clamp(0.25, 5.0);
            Duration::from_secs_f64(looks * (0.5 + spread))
        } else {
            let interval = policy.refresh_interval(processes);
            interval.mul_f64(1.0 + spread / 5.0)
        }
    }

    /// Whether the circuit is, or may be by now, half open.
    pub(super) fn is_on_the_way_back(&self, now: Timestamp) -> bool {
        match self.record.phase {
            Phase::Open { until, .. } => until <= now,
            Phase::HalfOpen { .. } => true,
            Phase::Closed { .. } => false,
        }
    }

    /// How big the fleet was when it was last heard of.
    pub(super) fn fleet_size(&self) -> Option<FleetSize> {
        self.size
    }

    /// Whether the fleet was in so much trouble when it was last heard of that
    /// successes are worth telling too.
    pub(super) fn is_suspicious(&self) -> bool {
        self.suspicious
    }

    /// How much spoke for an outage when the fleet was last heard of.
    pub(super) fn suspicion(&self) -> f64 {
        self.suspicion
    }
}

#[cfg(test)]
mod tests;
