//! How a world and a process begin.

use std::collections::BTreeMap;

use breaker_core::{
    Record, Timestamp,
    member::Member,
    protocol::{Epoch, Heartbeats, Lease, LeaseOwner, Phase, Traffic, TrafficSlot},
};

use crate::{
    CoverageSet, Environment, Fleet, Lane, Ledger, Shared, Start, Wishes, World,
    environment::Draws, world::clock,
};

impl Fleet {
    /// The world in which the store holds the record of `start`.
    pub(crate) fn starting(&self, start: Start) -> World {
        let record = first_record(start);
        let ledger = Ledger {
            wins: match start {
                Start::Closed | Start::Open | Start::Suspected => 0,
                Start::HalfOpen => 1,
                Start::InDoubt => 7,
            },
            ..Ledger::default()
        };
        let environments = self.scope.places.iter().map(|place| {
            let member = self.newcomer.fork(Draws {
                owner: LeaseOwner(0),
            });
            if place.warm {
                member.on_strong_read(record.clone(), Epoch(0), clock(0, place.skew_ms));
            }
            Shared::new(Environment {
                member: Shared::new(member),
                // The last one is the operator's.
                lanes: vec![Lane::Idle; usize::from(place.lanes) + 1],
                calls_left: place.calls,
                owners: 0,
            })
        });
        let environments = environments.collect();
        let stored = Shared::new(record);
        World {
            tick: 0,
            before: stored.clone(),
            stored,
            environments,
            strays: Vec::new(),
            faults_left: self.scope.fault_count,
            ledger,
            wishes: Wishes::default(),
            broken: None,
            covered: CoverageSet::default(),
        }
    }

    /// A process starts again and knows nothing.
    pub(crate) fn cold(&self, before: &Environment) -> Environment {
        let member: Member = self.newcomer.fork(Draws {
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
        Start::Suspected => Phase::Closed {
            since: Timestamp::default(),
            opened: Timestamp::default(),
            doubt: 0,
            suspected: Some(clock(0, -2_000)),
        },
        Start::Open => Phase::Open {
            since: clock(0, -1_000),
            opened: clock(0, -1_000),
            until: tick(1),
            reopens: 0,
            doubt: 0,
        },
        Start::HalfOpen => half_open(0, 1),
        Start::InDoubt => half_open(1, 7),
    };
    Record {
        epoch: Epoch(match start {
            Start::Closed | Start::Suspected => 0,
            Start::Open => 1,
            Start::HalfOpen | Start::InDoubt => 2,
        }),
        phase,
        traffic: match start {
            Start::InDoubt => busy(),
            Start::Closed | Start::Open | Start::HalfOpen | Start::Suspected => Traffic::default(),
        },
        ..Record::default()
    }
}

/// So many calls that a circuit in doubt asks for more than a few successes, and so
/// many contacts that no other heartbeat is drawn; and so few calls that each may
/// bid for a lease.
fn busy() -> Traffic {
    let told = Heartbeats {
        arrivals: 100,
        contacts: 100,
        lifetime_ms: 20_000,
        refused: 0,
    };
    Traffic(BTreeMap::from([(TrafficSlot::at(clock(0, 0)), told)]))
}

/// Half open for two seconds, with a lease whose call is gone.
fn half_open(doubt: u32, successes: u32) -> Phase {
    let lost = Lease {
        owner: LeaseOwner(u128::MAX),
        expires: clock(1, 0),
    };
    Phase::HalfOpen {
        since: clock(0, -2_100),
        opened: clock(0, -4_100),
        reopens: 0,
        doubt,
        successes,
        failures: 0,
        leases: BTreeMap::from([(0, lost)]),
    }
}
