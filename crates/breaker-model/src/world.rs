//! A state of the model.

use std::{
    collections::BTreeMap,
    hash::{Hash, Hasher},
    sync::Arc,
};

use breaker_core::{
    Change, Record, StoreError, Timestamp,
    member::Member,
    protocol::{Epoch, Lease, LeaseOwner, OnBehalf, Phase},
};

use crate::{
    Environment, Fleet, Lane, Rule, Shared, Sighting, Sightings, Start, TICK_MS,
    environment::Draws,
    rule::{Write, lease, leases},
};

/// When the clock stands at zero.
const DAWN: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

/// A request that nobody waits for any more. It may be done at any time.
#[derive(Debug, Hash)]
pub(crate) struct Stray {
    pub(crate) basis: Arc<Record>,
    pub(crate) change: Change,
    pub(crate) at: Timestamp,
}

/// What really happened in the record's epoch, whatever anybody says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Ledger {
    /// Calls admitted in it that ended and said something.
    pub ended: u8,
    /// Probes of it that ended well.
    pub wins: u8,
}

/// Everything there is at one moment.
#[derive(Debug, Clone)]
pub struct World {
    /// How many steps the clock has taken.
    pub tick: u8,
    /// The store's record.
    pub stored: Shared<Record>,
    /// The version before it, which a read may still show.
    pub before: Shared<Record>,
    /// The environments.
    pub environments: Vec<Shared<Environment>>,
    pub(crate) strays: Vec<Shared<Stray>>,
    /// How often something may still go wrong.
    pub faults_left: u8,
    /// What really happened.
    pub ledger: Ledger,
    /// The rule that the last step broke.
    pub broken: Option<Rule>,
    /// What the last step showed. Worlds that differ in nothing else are one:
    /// the first step that leads to a world is the one that is remembered.
    pub seen: Sightings,
}

impl Hash for World {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Self {
            tick,
            stored,
            before,
            environments,
            strays,
            faults_left,
            ledger,
            broken,
            seen: _,
        } = self;
        (tick, stored, before, environments).hash(hasher);
        (strays, faults_left, ledger, broken).hash(hasher);
    }
}

impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        (self.tick, &self.stored, &self.before, &self.environments)
            == (
                other.tick,
                &other.stored,
                &other.before,
                &other.environments,
            )
            && (&self.strays, self.faults_left, self.ledger, self.broken)
                == (&other.strays, other.faults_left, other.ledger, other.broken)
    }
}

/// What a clock that is off by `skew_ms` shows at `tick`.
pub(crate) fn clock(tick: u8, skew_ms: i64) -> Timestamp {
    let true_ms = DAWN.as_unix_ms() + u64::from(tick) * TICK_MS;
    Timestamp::from_unix_ms(true_ms.saturating_add_signed(skew_ms))
}

impl World {
    pub(crate) fn starting(fleet: &Fleet, start: Start) -> Self {
        let record = first_record(start);
        let ledger = Ledger {
            ended: 0,
            wins: u8::from(start == Start::HalfOpen),
        };
        let environments = fleet.scope.places.iter().map(|place| {
            let member = fleet.newcomer.fork(Draws {
                owner: LeaseOwner(0),
            });
            if place.warm {
                member.hear(record.clone(), clock(0, place.skew_ms));
            }
            Shared::new(Environment {
                member: Shared::new(member),
                lanes: vec![Lane::Idle; usize::from(place.lanes)],
                calls_left: place.calls,
                owners: 0,
            })
        });
        let environments = environments.collect();
        let stored = Shared::new(record);
        Self {
            tick: 0,
            before: stored.clone(),
            stored,
            environments,
            strays: Vec::new(),
            faults_left: fleet.scope.fault_count,
            ledger,
            broken: None,
            seen: Sightings::default(),
        }
    }

    /// The store is asked to make a change.
    pub(crate) fn write(
        &mut self,
        fleet: &Fleet,
        basis: &Record,
        change: &Change,
        at: Timestamp,
    ) -> Result<Shared<Record>, StoreError> {
        let done = fleet.scope.store.apply(&self.stored, basis, change, at);
        self.watch(basis, change, at, done.as_ref().ok());
        let after = done?;
        let write = Write {
            before: &self.stored,
            basis,
            change,
            at,
            after: &after,
        };
        for rule in write.breaks(&fleet.policy, self.ledger) {
            self.breaks(fleet, rule);
        }
        if after.epoch != self.stored.epoch {
            self.ledger = Ledger::default();
        }
        self.before = std::mem::replace(&mut self.stored, Shared::new(after));
        Ok(self.stored.clone())
    }

    /// A rule is broken. It counts if it is watched and is the first.
    pub(crate) fn breaks(&mut self, fleet: &Fleet, rule: Rule) {
        if self.broken.is_none() && fleet.scope.rules.contains(&rule) {
            self.broken = Some(rule);
        }
    }

    /// Notes what a change, made or refused, shows.
    fn watch(&mut self, basis: &Record, change: &Change, at: Timestamp, after: Option<&Record>) {
        let stored = &self.stored;
        let seen = &mut self.seen;
        let Some(after) = after else {
            seen.note_if(basis.epoch != stored.epoch, Sighting::OldEpochRefused);
            let of_probe = match change {
                Change::ProbeSucceeded { .. } => true,
                Change::Transition { on_behalf, .. } => *on_behalf != OnBehalf::Fleet,
                _ => false,
            };
            let late = of_probe && basis.epoch == stored.epoch;
            seen.note_if(late, Sighting::LateProbeRefused);
            return;
        };
        if let Change::TakeLease { slot, .. } = change {
            let over = lease(stored, *slot).is_some_and(|held| held.expires <= at);
            seen.note_if(over, Sighting::TakenOver);
            seen.note_if(leases(after).count() >= 2, Sighting::AllPlacesTaken);
        }
        if let Change::Transition { .. } = change {
            match (&stored.phase, &after.phase) {
                (Phase::Closed { .. }, Phase::Open { .. }) => seen.note(Sighting::Opened),
                (Phase::Open { .. }, Phase::HalfOpen { .. }) => seen.note(Sighting::HalfOpened),
                (Phase::HalfOpen { .. }, Phase::Open { .. }) => seen.note(Sighting::Reopened),
                (Phase::HalfOpen { .. }, Phase::Closed { .. }) => {
                    seen.note(Sighting::ClosedByProbes);
                }
                _ => {}
            }
        }
        if let Change::Order { .. } = change {
            seen.note_if(leases(stored).count() > 0, Sighting::ProbeVoidedByOrder);
        }
    }

    /// What was sent and has not arrived may still arrive, though nobody waits.
    pub(crate) fn let_stray(&mut self, lane: &Lane) {
        let Some(request) = lane.request().filter(|request| request.is_sent()) else {
            return;
        };
        if let breaker_core::member::Operation::Apply { basis, change } = request.errand.operation()
        {
            self.strays.push(Shared::new(Stray {
                basis: Arc::clone(basis),
                change: change.clone(),
                at: request.at,
            }));
            self.strays.sort_by_key(Shared::digest);
        }
    }

    /// A process starts again and knows nothing.
    pub(crate) fn cold(fleet: &Fleet, before: &Environment) -> Environment {
        let member: Member = fleet.newcomer.fork(Draws {
            owner: LeaseOwner(0),
        });
        Environment {
            member: Shared::new(member),
            lanes: vec![Lane::Idle; before.lanes.len()],
            calls_left: before.calls_left,
            owners: before.owners,
        }
    }
}

fn first_record(start: Start) -> Record {
    let tick = |tick: u8| clock(tick, 0);
    let phase = match start {
        Start::Closed => return Record::default(),
        Start::Open => Phase::Open {
            since: clock(0, -1_000),
            until: tick(1),
            reopens: 0,
        },
        Start::HalfOpen => Phase::HalfOpen {
            since: clock(0, -2_100),
            reopens: 0,
            successes: 1,
            leases: BTreeMap::from([(
                0,
                Lease {
                    owner: LeaseOwner(u128::MAX),
                    expires: tick(1),
                },
            )]),
        },
    };
    Record {
        epoch: Epoch(match start {
            Start::Closed => 0,
            Start::Open => 1,
            Start::HalfOpen => 2,
        }),
        phase,
        ..Record::default()
    }
}
