//! What becomes of the world when something happens.

use breaker_core::{
    Consistency, Outcome, Record, StoreError,
    member::{Member, Operation},
};

use crate::{
    Action, Coverage, Driver, Ending, Environment, Fleet, Lane, Request, Rule, Seat, Shared, Stage,
    World, drive::idle, request::Doubt,
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
                let done = self.write(world, &stray.basis, &stray.change, stray.at);
                world
                    .covered
                    .note_if(done.is_ok(), Coverage::LateRequestDone);
            }
            Action::End(seat, ending) => self.end(world, seat, ending),
            Action::Cancel(seat) => {
                // Whatever was asked on its behalf may still arrive.
                let dropped = idle(world, seat);
                world.let_stray(&dropped);
            }
            Action::Crash(index) => self.crash(world, index),
            Action::Freeze(index) => freeze(world, index),
            Action::Override(wish) => self.wish(world, wish),
        }
    }

    fn begin(&self, world: &mut World, seat: Seat) {
        let mut place = Environment::clone(&world.environments[seat.0]);
        place.calls_left -= 1;
        world.environments[seat.0] = Shared::new(place);
        self.decide(world, seat, None, Member::begin);
    }

    fn crash(&self, world: &mut World, index: usize) {
        let place = world.environments[index].clone();
        for lane in &place.lanes {
            world.let_stray(lane);
            let probing = lane.probe().is_some();
            world.covered.note_if(probing, Coverage::ProberCrashed);
        }
        world.environments[index] = Shared::new(self.cold(&place));
    }

    fn reach(&self, world: &mut World, seat: Seat) {
        let place = world.environments[seat.0].clone();
        let Some(request) = place.lanes[seat.1].request() else {
            return;
        };
        let answer = match &request.operation {
            _ if self.scope.driver == Driver::StoreAway => Err(StoreError::Throttled),
            Operation::Load(_) => Ok(world.stored.clone()),
            Operation::Apply { basis, change } => self.write(world, basis, change, request.at),
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
        if let (Operation::Load(_), Ok(record)) = (&request.operation, answer) {
            let older = record.epoch < place.member.known_epoch();
            world.covered.note_if(older, Coverage::OldViewOutvoted);
        }
        let confirms = request.confirms;
        let answer = answer.clone().map(|record| Record::clone(&record));
        let shown = answer.as_ref().ok().map(|record| record.epoch);
        self.hand_over(world, seat, answer);
        let lane = &world.environments[seat.0].lanes[seat.1];
        match confirms {
            Some(Doubt::Lease) => {
                let found = lane.probe().is_some();
                world.covered.note_if(found, Coverage::LostLeaseConfirmed);
            }
            // Seen when the operator is told.
            Some(Doubt::Override) | None => {}
            Some(Doubt::Other) => {
                let known = place.member.known_epoch();
                let moved = shown.is_some_and(|shown| shown == known.next());
                world
                    .covered
                    .note_if(moved, Coverage::LostTransitionConfirmed);
            }
        }
    }

    /// Gives a process the answer to what it asked.
    fn hand_over(&self, world: &mut World, seat: Seat, answer: Result<Record, StoreError>) {
        let place = world.environments[seat.0].clone();
        match place.lanes[seat.1].clone() {
            Lane::Deciding { next, attempt, .. } => {
                self.decide(world, seat, attempt, |member, now| {
                    member.answer_admission(next, answer, now)
                });
            }
            Lane::Calling {
                beside: Some((_, next)),
                ..
            }
            | Lane::Reporting { next, .. } => self.answer_report(world, seat, next, answer),
            Lane::Overriding { .. } => self.answer_operator(world, seat, answer),
            Lane::Idle | Lane::Calling { beside: None, .. } => {}
        }
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
        world.covered.note(Coverage::Unreadable);
        if world.environments[seat.0].member.known() != known {
            self.breaks(world, Rule::UnreadableKeepsTheLastKnown);
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
        let answer = match (self.scope.driver, &request.operation) {
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
            matches!(request.operation, Operation::Load(Consistency::Strong))
        });
        if doubt.is_some() && !reads_back {
            self.breaks(world, Rule::DoubtIsReadBack);
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
        self.report_end(world, (index, lane), permit, outcome);
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

/// An environment is frozen in the midst of all that it does.
fn freeze(world: &mut World, index: usize) {
    let mut place = Environment::clone(&world.environments[index]);
    place.lanes.iter_mut().for_each(Lane::freeze);
    world.environments[index] = Shared::new(place);
}
