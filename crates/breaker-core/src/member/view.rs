//! The circuit's record as this process knows it, and how old that is.

use std::{sync::Arc, time::Duration};

use super::context::Context;
use crate::{
    protocol::{Epoch, FleetSize, Phase, Record},
    store::Consistency,
    time::{Moment, Timestamp},
};

/// How many looks a second a fleet takes at a circuit that is on its way back.
pub(super) const LOOKS_PER_S: f64 = 1_000.0;

/// The last record that the store showed, and what follows from it.
#[derive(Debug, Default)]
#[cfg_attr(feature = "model", derive(Clone))]
pub(super) struct CircuitView {
    record: Arc<Record>,
    /// How big the fleet was by that record.
    size: Option<FleetSize>,
    /// How much of what would open the circuit that record showed.
    suspicion: f64,
    /// By how much this process watches its calls, and since when.
    watched: Option<(f64, Moment)>,
    /// When the store last answered.
    refreshed: Option<Moment>,
    /// The next read must be strong: an older epoch was seen.
    doubtful: bool,
    /// Spreads the processes of a fleet: uniform from 0 to 1.
    spread: f64,
}

#[cfg(feature = "model")]
impl std::hash::Hash for CircuitView {
    fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
        let Self {
            record,
            size,
            suspicion,
            watched,
            refreshed,
            doubtful,
            spread,
        } = self;
        (record, refreshed, doubtful).hash(hasher);
        watched
            .map(|(suspicion, at)| (suspicion.to_bits(), at))
            .hash(hasher);
        let size = size.map(|size| {
            let FleetSize {
                calls_per_s,
                recent_calls_per_s,
                contacts_per_s,
                processes,
                refused_per_s,
            } = size;
            [
                calls_per_s,
                recent_calls_per_s,
                contacts_per_s,
                processes,
                refused_per_s,
            ]
            .map(f64::to_bits)
        });
        (size, suspicion.to_bits(), spread.to_bits()).hash(hasher);
    }
}

/// How much the view wants to be refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// Not at all.
    Fresh,
    /// Beside the next call.
    Due,
    /// It is too old, or of unknown age, to decide about a call by.
    Expired,
}

/// Whether a record was taken over, and what that means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Taken {
    /// The fleet is in another epoch than this process knew.
    NewEpoch,
    /// The epoch that is known has not changed.
    SameEpoch,
}

impl CircuitView {
    pub(super) fn record(&self) -> &Arc<Record> {
        &self.record
    }

    /// When the store last answered.
    pub(super) fn refreshed(&self) -> Option<Timestamp> {
        self.refreshed.map(|refreshed| refreshed.wall)
    }

    /// How recent the next read must be.
    pub(super) fn consistency(&self) -> Consistency {
        if self.doubtful {
            Consistency::Strong
        } else {
            Consistency::Eventual
        }
    }

    /// Takes over the record that a change, decided on epoch `basis`, left or
    /// met.
    ///
    /// Answers may overtake one another: if another answer has changed the view
    /// in the meantime, only a later epoch replaces it.
    pub(super) fn on_write_result(
        &mut self,
        record: Record,
        basis: Epoch,
        cx: &mut Context<'_>,
    ) -> Taken {
        self.refresh(cx);
        if self.record.epoch == basis || record.epoch > self.record.epoch {
            self.doubtful = false;
            self.replace(record, cx)
        } else {
            Taken::SameEpoch
        }
    }

    /// Takes over a record that shows every change made before it was read, when
    /// epoch `known` was known here.
    ///
    /// A lower epoch is taken over too, for the store may have lost the record;
    /// but not if another answer has changed the view since: then the read may
    /// have come before that change.
    pub(super) fn on_strong_read(
        &mut self,
        record: Record,
        known: Epoch,
        cx: &mut Context<'_>,
    ) -> Taken {
        self.on_write_result(record, known, cx)
    }

    /// Takes over what an eventually consistent read showed. It may be the
    /// past: a newer record is never replaced by an older one.
    pub(super) fn on_eventual_read(&mut self, record: Record, cx: &mut Context<'_>) -> Taken {
        self.refresh(cx);
        self.doubtful = record.epoch < self.record.epoch;
        if self.doubtful {
            Taken::SameEpoch
        } else {
            self.replace(record, cx)
        }
    }

    fn refresh(&mut self, cx: &mut Context<'_>) {
        self.refreshed = Some(Moment {
            wall: cx.now,
            steady: cx.steady,
        });
        self.spread = cx.draw();
    }

    fn replace(&mut self, mut record: Record, cx: &Context<'_>) -> Taken {
        // If a clock was set, the same open time would seem to begin anew with each
        // look.
        if let (true, Phase::Open { until, .. }, Phase::Open { until: known, .. }) = (
            record.epoch == self.record.epoch,
            &mut record.phase,
            &self.record.phase,
        ) {
            *until = (*until).min(*known);
        }
        self.size = record.traffic.fleet_size(cx.now);
        self.suspicion = record.suspicion(cx.policy, cx.now);
        let is_due = self.watched.is_none_or(|(_, since)| {
            cx.steady.since(since.steady).max(cx.now.since(since.wall)) >= self.interval(cx)
        });
        if is_due {
            self.watch(cx);
        }
        let new = record.epoch != self.record.epoch;
        self.record = Arc::new(record);
        if new {
            Taken::NewEpoch
        } else {
            Taken::SameEpoch
        }
    }

    /// How much the view wants to be refreshed.
    pub(super) fn age(&self, cx: &Context<'_>) -> Age {
        match self.known_for(cx) {
            None => Age::Expired,
            Some(age) if age >= cx.policy.max_stale => Age::Expired,
            Some(age) if age >= self.interval(cx) => Age::Due,
            Some(_) => Age::Fresh,
        }
    }

    /// How long ago the store last answered: by the clock that is never set, or
    /// by the other, where that one stood still in a frozen process.
    fn known_for(&self, cx: &Context<'_>) -> Option<Duration> {
        self.refreshed.map(|refreshed| {
            let steady = cx.steady.since(refreshed.steady);
            steady.max(cx.now.since(refreshed.wall))
        })
    }

    /// Whether the store answered within so long.
    pub(super) fn is_younger_than(&self, age: Duration, cx: &Context<'_>) -> bool {
        self.known_for(cx).is_some_and(|known| known < age)
    }

    /// For how long the view needs no refresh.
    pub(super) fn fresh_for(&self, cx: &Context<'_>) -> Option<Duration> {
        self.known_for(cx)
            .map(|age| self.interval(cx).saturating_sub(age))
    }

    /// How old the view may grow before it is refreshed.
    fn interval(&self, cx: &Context<'_>) -> Duration {
        let spread = self.spread;
        let processes = self.size.map_or(1.0, |size| size.processes);
        if self.is_recovering(cx.now) {
            let looks = (processes / LOOKS_PER_S).clamp(0.25, 5.0);
            Duration::from_secs_f64(looks * (0.5 + spread))
        } else {
            let interval = cx.policy.refresh_interval(processes);
            interval.mul_f64(1.0 + spread / 5.0)
        }
    }

    /// Whether the circuit is, or may be by now, half open.
    pub(super) fn is_recovering(&self, now: Timestamp) -> bool {
        match self.record.phase {
            Phase::Open { until, .. } => until <= now,
            Phase::HalfOpen { .. } => true,
            Phase::Closed { .. } => false,
        }
    }

    /// How big the fleet was by the record.
    pub(super) fn fleet_size(&self) -> Option<FleetSize> {
        self.size
    }

    /// Whether this process knows of a suspicion, and so is a witness.
    pub(super) fn is_suspected(&self) -> bool {
        self.record.suspected().is_some()
    }

    /// How much of what would open the circuit the record showed.
    pub(super) fn suspicion(&self) -> f64 {
        self.suspicion
    }

    /// From now on calls are watched as closely as the record calls for.
    ///
    /// A process that fails looks at the record sooner than others do. If it
    /// also told more of its calls from then on, those of the others would be
    /// missing, and the fleet would seem to fail as it does. So each process
    /// takes this over as often as any other: once in a while, and when it tells
    /// of calls that were drawn whatever their outcome.
    pub(super) fn watch(&mut self, cx: &Context<'_>) {
        let now = Moment {
            wall: cx.now,
            steady: cx.steady,
        };
        self.watched = Some((self.suspicion, now));
    }

    /// How much spoke for an outage when this process last looked how closely to
    /// watch, as a share of what opens the circuit.
    pub(super) fn watched(&self) -> f64 {
        self.watched
            .map_or(self.suspicion, |(suspicion, _)| suspicion)
    }
}

#[cfg(test)]
mod tests;
