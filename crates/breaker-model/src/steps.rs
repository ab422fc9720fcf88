//! What becomes of the world when something happens.

use breaker_core::{
    Change, Outcome, Override, OverrideMode, Reading, Record, StoreError, Timestamp,
    member::{Member, Operation, Step},
    protocol::{LeaseOwner, Phase},
};

use crate::{
    Action, Driver, Ending, Environment, Fleet, Lane, Request, Rule, Seat, Shared, Sighting, Stage,
    Standing, World,
    environment::Draws,
    request::{Attempt, Doubt},
    rule,
    world::clock,
};

impl Fleet {
    /// Lets `action` happen.
    pub(crate) fn take(&self, world: &mut World, action: Action) {
        match action {
            Action::Tick => world.tick += 1,
            Action::Begin(seat) => self.begin(world, seat),
            Action::Reach(seat) => {
                self.reach(world, seat);
                self.deliver(world, seat);
            }
            Action::ReachSlowly(seat) => self.reach(world, seat),
            Action::ReachInVain(seat) => {
                self.reach(world, seat);
                self.lose(world, seat);
            }
            Action::ReachStale(seat) => {
                let shown = world.before.clone();
                answered(world, seat, Ok(shown));
                self.deliver(world, seat);
            }
            Action::Contend(seat) => self.contend(world, seat),
            Action::Garble(seat) => self.garble(world, seat),
            Action::Deliver(seat) => self.deliver(world, seat),
            Action::Lose(seat) => self.lose(world, seat),
            Action::ReachLate(index) => {
                let stray = world.strays.remove(index);
                let done = world.write(self, &stray.basis, &stray.change, stray.at);
                world.seen.note_if(done.is_ok(), Sighting::LateRequestDone);
            }
            Action::End(seat, ending) => self.end(world, seat, ending),
            Action::Cancel(seat) => cancel(world, seat),
            Action::Crash(index) => self.crash(world, index),
            Action::Freeze(index) => freeze(world, index),
            Action::Order(standing) => self.order(world, standing),
        }
    }

    fn clock(&self, tick: u8, index: usize) -> Timestamp {
        clock(tick, self.scope.places[index].skew_ms)
    }

    fn begin(&self, world: &mut World, seat: Seat) {
        let mut place = Environment::clone(&world.environments[seat.0]);
        place.calls_left -= 1;
        world.environments[seat.0] = Shared::new(place);
        self.drive(world, seat, None, Member::begin);
    }

    fn crash(&self, world: &mut World, index: usize) {
        let place = world.environments[index].clone();
        for lane in &place.lanes {
            world.let_stray(lane);
            let probing = lane.probe().is_some();
            world.seen.note_if(probing, Sighting::ProberCrashed);
        }
        world.environments[index] = Shared::new(World::cold(self, &place));
    }

    /// Lets a process take a step, and puts its call where the step leads.
    fn drive(
        &self,
        world: &mut World,
        (index, lane): Seat,
        attempt: Option<Attempt>,
        act: impl FnOnce(&Member, Timestamp) -> Step,
    ) {
        let now = self.clock(world.tick, index);
        let mut place = Environment::clone(&world.environments[index]);
        let owner = LeaseOwner((index as u128 + 1) << 8 | u128::from(place.owners));
        let known = place.member.known_epoch();
        let member = place.member.fork(Draws { owner });
        let step = act(&member, now);
        drop(member.take_events());
        if member.known_epoch() < known {
            world.breaks(self, Rule::EpochsRiseByOne);
        }
        let left = std::mem::replace(&mut place.lanes[lane], Lane::Idle);
        let frozen = left.is_frozen();
        place.lanes[lane] = match (left, step) {
            (
                Lane::Calling {
                    permit,
                    beside: Some(_),
                    began,
                    epoch,
                    probe,
                    frozen,
                },
                step @ (Step::Ask(_) | Step::Done),
            ) => Lane::Calling {
                permit,
                beside: match step {
                    Step::Ask(errand) => Some(Request::new(errand, world.tick, now)),
                    _ => None,
                },
                began,
                epoch,
                probe,
                frozen,
            },
            (_, Step::Ask(errand)) => {
                let request = Request::new(errand, world.tick, now);
                let bid = request.attempt();
                if bid.is_some_and(|bid| bid.owner == owner) {
                    place.owners += 1;
                }
                Lane::Asking {
                    request,
                    attempt: bid.or(attempt),
                    frozen,
                }
            }
            (_, Step::Admitted(mut permit)) => {
                let probe = attempt.filter(|_| permit.is_probe());
                self.watch_admission(world, &member, probe, frozen, now);
                Lane::Calling {
                    beside: permit
                        .take_errand()
                        .map(|errand| Request::new(errand, world.tick, now)),
                    permit,
                    began: world.tick,
                    epoch: probe.map_or_else(|| member.known_epoch(), |probe| probe.epoch),
                    probe,
                    frozen,
                }
            }
            (_, Step::Rejected(_) | Step::Done) => Lane::Idle,
        };
        place.member = Shared::new(member);
        world.environments[index] = Shared::new(place);
    }

    fn watch_admission(
        &self,
        world: &mut World,
        member: &Member,
        probe: Option<Attempt>,
        frozen: bool,
        now: Timestamp,
    ) {
        if let Some(probe) = probe {
            let late = rule::lease(&world.stored, probe.slot)
                .is_none_or(|held| held.owner != probe.owner || held.expires <= now);
            world.seen.note_if(frozen && late, Sighting::ThawedTooLate);
        } else if world.faults_left == self.scope.fault_count {
            let known = member.known();
            let closed = matches!(known.phase, Phase::Closed { .. });
            if !closed && known.active_override(now).is_none() {
                world.breaks(self, Rule::OnlyProbesPassWhileNotClosed);
            }
        }
    }

    fn reach(&self, world: &mut World, seat: Seat) {
        let place = world.environments[seat.0].clone();
        let Some(request) = place.lanes[seat.1].request() else {
            return;
        };
        let answer = match request.errand.operation() {
            _ if self.scope.driver == Driver::StoreAway => Err(StoreError::Throttled),
            Operation::Load(_) => Ok(world.stored.clone()),
            Operation::Apply { basis, change } => world.write(self, basis, change, request.at),
        };
        answered(world, seat, answer);
    }

    fn deliver(&self, world: &mut World, seat: Seat) {
        let place = world.environments[seat.0].clone();
        let Some(request) = place.lanes[seat.1].request() else {
            return;
        };
        let Stage::Answered(answer) = &request.stage else {
            return;
        };
        if let (Operation::Load(_), Ok(record)) = (request.errand.operation(), answer) {
            let older = record.epoch < place.member.known_epoch();
            world.seen.note_if(older, Sighting::OldViewOutvoted);
        }
        let confirms = request.confirms;
        let answer = answer.clone().map(|record| Record::clone(&record));
        let shown = answer.as_ref().ok().map(|record| record.epoch);
        self.hand_over(world, seat, answer);
        let lane = &world.environments[seat.0].lanes[seat.1];
        match confirms {
            Some(Doubt::Lease) => {
                let found = lane.probe().is_some();
                world.seen.note_if(found, Sighting::LostLeaseConfirmed);
            }
            Some(Doubt::Other) => {
                let known = place.member.known_epoch();
                let moved = shown.is_some_and(|shown| shown == known.next());
                world.seen.note_if(moved, Sighting::LostTransitionConfirmed);
            }
            None => {}
        }
    }

    /// Gives a process the answer to what it asked.
    fn hand_over(&self, world: &mut World, seat: Seat, answer: Result<Record, StoreError>) {
        let place = world.environments[seat.0].clone();
        let lane = &place.lanes[seat.1];
        let Some(request) = lane.request() else {
            return;
        };
        let attempt = match lane {
            Lane::Asking { attempt, .. } => *attempt,
            Lane::Idle | Lane::Calling { .. } => None,
        };
        let errand = request.errand.clone();
        self.drive(world, seat, attempt, |member, now| {
            member.answer(errand, answer, now)
        });
    }

    /// Another change is under way: nothing is done.
    fn contend(&self, world: &mut World, seat: Seat) {
        let doubt = doubt_at(world, seat);
        self.hand_over(world, seat, Err(StoreError::Contended));
        mark(world, seat, doubt);
    }

    fn garble(&self, world: &mut World, seat: Seat) {
        let known = world.environments[seat.0].member.known();
        if self.scope.driver == Driver::UnreadableAsClosed {
            self.hand_over(world, seat, Ok(Record::default()));
        } else {
            let error = StoreError::Unreadable("version 99".to_owned());
            self.hand_over(world, seat, Err(error));
        }
        world.seen.note(Sighting::Unreadable);
        if world.environments[seat.0].member.known() != known {
            world.breaks(self, Rule::UnreadableKeepsTheLastKnown);
        }
    }

    fn lose(&self, world: &mut World, seat: Seat) {
        let place = world.environments[seat.0].clone();
        let lane = &place.lanes[seat.1];
        let Some(request) = lane.request() else {
            return;
        };
        let doubt = request.doubt();
        let none = || Err(StoreError::NoAnswer("timed out".to_owned()));
        let answer = match (self.scope.driver, request.errand.operation()) {
            (Driver::DoubtAsLost, Operation::Apply { .. }) => Err(StoreError::Throttled),
            (Driver::DoubtAsMade, Operation::Apply { basis, change }) => basis
                .apply(basis.epoch, change, request.at)
                .or_else(|_| none()),
            _ => none(),
        };
        world.let_stray(lane);
        self.hand_over(world, seat, answer);
        let lane = &world.environments[seat.0].lanes[seat.1];
        let reads_back = lane.request().is_some_and(|request| {
            matches!(request.errand.operation(), Operation::Load(Reading::Latest))
        });
        if doubt.is_some() && !reads_back {
            world.breaks(self, Rule::DoubtIsReadBack);
        }
        mark(world, seat, doubt);
    }

    fn end(&self, world: &mut World, (index, lane): Seat, ending: Ending) {
        let place = world.environments[index].clone();
        let Lane::Calling {
            permit,
            epoch,
            probe,
            ..
        } = &place.lanes[lane]
        else {
            return;
        };
        if *epoch == world.stored.epoch {
            match (probe, ending) {
                (None, Ending::Success | Ending::Failure) => world.ledger.ended += 1,
                (Some(_), Ending::Success) => world.ledger.wins += 1,
                (None, Ending::Nothing) | (Some(_), Ending::Failure | Ending::Nothing) => {}
            }
        }
        let outcome = match ending {
            Ending::Success => Outcome::Success,
            Ending::Failure => Outcome::Failure,
            Ending::Nothing if self.scope.driver == Driver::NothingAsSuccess => Outcome::Success,
            Ending::Nothing => Outcome::Ignored,
        };
        let permit = permit.clone();
        self.drive(world, (index, lane), None, |member, now| {
            member.end(permit, outcome, now)
        });
    }

    fn order(&self, world: &mut World, standing: Standing) {
        let now = clock(world.tick, 0);
        let change = Change::Order {
            order: Some(Override {
                mode: match standing {
                    Standing::Open => OverrideMode::ForceOpen,
                    Standing::Closed => OverrideMode::ForceClosed,
                },
                reason: String::new(),
                actor: String::new(),
                expires: clock(world.tick + 1, 0),
            }),
            actor: String::new(),
        };
        let basis = world.stored.clone();
        // Decided on the newest record, so it is never refused.
        drop(world.write(self, &basis, &change, now));
    }
}

fn doubt_at(world: &World, (index, lane): Seat) -> Option<Doubt> {
    let place = &world.environments[index];
    place.lanes[lane].request().and_then(Request::doubt)
}

/// An answer is on its way.
fn answered(world: &mut World, (index, lane): Seat, answer: Result<Shared<Record>, StoreError>) {
    let mut place = Environment::clone(&world.environments[index]);
    if let Some(request) = place.lanes[lane].request_mut() {
        request.stage = Stage::Answered(answer);
    }
    world.environments[index] = Shared::new(place);
}

/// Remembers what the reading that follows is to find out.
fn mark(world: &mut World, (index, lane): Seat, doubt: Option<Doubt>) {
    if doubt.is_none() {
        return;
    }
    let mut place = Environment::clone(&world.environments[index]);
    place.lanes[lane].confirms(doubt);
    world.environments[index] = Shared::new(place);
}

/// A call is dropped, and with it whatever was asked on its behalf.
fn cancel(world: &mut World, (index, lane): Seat) {
    let mut place = Environment::clone(&world.environments[index]);
    let dropped = std::mem::replace(&mut place.lanes[lane], Lane::Idle);
    world.environments[index] = Shared::new(place);
    world.let_stray(&dropped);
}

/// An environment is frozen in the midst of all that it does.
fn freeze(world: &mut World, index: usize) {
    let mut place = Environment::clone(&world.environments[index]);
    place.lanes.iter_mut().for_each(Lane::freeze);
    world.environments[index] = Shared::new(place);
}
