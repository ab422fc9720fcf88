//! Driving processes: a step of one, and where it leaves its call.

use breaker_core::{
    Outcome, Permit, Record, StoreError, Timestamp,
    member::{Admission, Member, ReportRequest},
    protocol::{LeaseOwner, Phase},
};

use crate::{
    Coverage, Environment, Fleet, Lane, Request, Rule, Seat, Shared, World, environment::Draws,
    leases::lease, request::Attempt, world::clock,
};

impl Fleet {
    pub(crate) fn clock(&self, tick: u8, index: usize) -> Timestamp {
        clock(tick, self.scope.places[index].skew_ms)
    }

    /// Lets a process take a step.
    pub(crate) fn step<T>(
        &self,
        world: &mut World,
        index: usize,
        act: impl FnOnce(&Member, Timestamp) -> T,
    ) -> T {
        let now = self.clock(world.tick, index);
        let mut place = Environment::clone(&world.environments[index]);
        let known = place.member.known_epoch();
        let member = place.member.fork(Draws {
            owner: next_owner(index, &place),
        });
        let result = act(&member, now);
        drop(member.take_events());
        if member.known_epoch() < known {
            self.breaks(world, Rule::EpochsRiseByOne);
        }
        place.member = Shared::new(member);
        world.environments[index] = Shared::new(place);
        result
    }

    /// A call arrives, or goes on with an answer; puts it where that leads.
    /// `attempt` is the lease that it asked for last.
    pub(crate) fn decide(
        &self,
        world: &mut World,
        (index, lane): Seat,
        attempt: Option<Attempt>,
        act: impl FnOnce(&Member, Timestamp) -> Admission,
    ) {
        let frozen = world.environments[index].lanes[lane].is_frozen();
        let owner = next_owner(index, &world.environments[index]);
        let now = self.clock(world.tick, index);
        let admission = self.step(world, index, act);
        let mut place = Environment::clone(&world.environments[index]);
        place.lanes[lane] = match admission {
            Admission::Rejected(_) => Lane::Idle,
            Admission::Pending(next) => {
                let request = Request::new(next.operation(), world.tick, now);
                let bid = request.attempt();
                if bid.is_some_and(|bid| bid.owner == owner) {
                    place.owners += 1;
                }
                Lane::Deciding {
                    request,
                    next,
                    attempt: bid.or(attempt),
                    frozen,
                }
            }
            Admission::Admitted(mut permit) => {
                let probe = attempt.filter(|_| permit.is_probe());
                let known = place.member.known();
                self.watch_admission(world, &known, probe, frozen, now);
                let beside = permit.take_report().map(|next| {
                    let request = Request::new(next.operation(), world.tick, now);
                    (request, next)
                });
                Lane::Calling {
                    beside,
                    permit,
                    began: world.tick,
                    epoch: probe.map_or(known.epoch, |probe| probe.epoch),
                    probe,
                    frozen,
                }
            }
        };
        world.environments[index] = Shared::new(place);
    }

    /// A call has ended; puts its lane where that leads.
    pub(crate) fn report_end(
        &self,
        world: &mut World,
        seat: Seat,
        permit: Permit,
        outcome: Outcome,
    ) {
        let next = self.step(world, seat.0, |member, now| {
            member.end(permit, outcome, now)
        });
        self.report_on(world, seat, next);
    }

    /// The store has answered what was asked beside a call, or after it.
    pub(crate) fn answer_report(
        &self,
        world: &mut World,
        seat: Seat,
        next: ReportRequest,
        answer: Result<Record, StoreError>,
    ) {
        let next = self.step(world, seat.0, |member, now| {
            member.answer_report(next, answer, now)
        });
        self.report_on(world, seat, next);
    }

    /// There is something to ask that no call waits for, or nothing more.
    fn report_on(&self, world: &mut World, (index, lane): Seat, next: Option<ReportRequest>) {
        let now = self.clock(world.tick, index);
        let mut place = Environment::clone(&world.environments[index]);
        let asks = next.map(|next| (Request::new(next.operation(), world.tick, now), next));
        place.lanes[lane] = match (place.lanes[lane].clone(), asks) {
            (
                Lane::Calling {
                    permit,
                    beside: Some(_),
                    began,
                    epoch,
                    probe,
                    frozen,
                },
                beside,
            ) => Lane::Calling {
                permit,
                beside,
                began,
                epoch,
                probe,
                frozen,
            },
            (left, Some((request, next))) => Lane::Reporting {
                request,
                next,
                frozen: left.is_frozen(),
            },
            (_, None) => Lane::Idle,
        };
        world.environments[index] = Shared::new(place);
    }

    fn watch_admission(
        &self,
        world: &mut World,
        known: &Record,
        probe: Option<Attempt>,
        frozen: bool,
        now: Timestamp,
    ) {
        if let Some(probe) = probe {
            let late = lease(&world.stored, probe.index)
                .is_none_or(|held| held.owner != probe.owner || held.expires <= now);
            world
                .covered
                .note_if(frozen && late, Coverage::ThawedTooLate);
        } else if world.faults_left == self.scope.fault_count {
            let closed = matches!(known.phase, Phase::Closed { .. });
            if !closed && known.active_override(now).is_none() {
                self.breaks(world, Rule::OnlyProbesPassWhileNotClosed);
            }
        }
    }
}

/// Nothing is left to do in a lane. Gives what was there.
pub(crate) fn idle(world: &mut World, (index, lane): Seat) -> Lane {
    let mut place = Environment::clone(&world.environments[index]);
    let left = std::mem::replace(&mut place.lanes[lane], Lane::Idle);
    world.environments[index] = Shared::new(place);
    left
}

/// What a call of the environment draws, if it draws an owner.
fn next_owner(index: usize, place: &Environment) -> LeaseOwner {
    LeaseOwner((index as u128 + 1) << 8 | u128::from(place.owners))
}
