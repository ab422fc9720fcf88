//! An operator: what is wanted, what is said to have come of it, and what has.

use breaker_core::{
    Override, OverrideMode, Record, StoreError,
    member::{Member, OverrideRequest, OverrideStep},
};

use crate::{
    Action, Coverage, Environment, Fault, Fleet, Lane, Request, Rule, Seat, Shared, Wish, World,
    drive::idle,
    request::Doubt,
    wishes::{OverrideTask, Placing, number_of},
    world::clock,
};

/// The environment that operators turn to. Which one it is makes no difference
/// but for its clock.
const CONSULTED: usize = 0;

impl Fleet {
    /// What an operator may want of the environment that operators turn to.
    pub(crate) fn offer_wishes(&self, world: &World, actions: &mut Vec<Action>) {
        let lanes = &world.environments[CONSULTED].lanes;
        if !lanes.last().is_some_and(Lane::is_idle) || !self.may(world, Fault::Overridden) {
            return;
        }
        actions.push(Action::Override(Wish::ForceOpen));
        actions.push(Action::Override(Wish::ForceClosed));
        if world.stored.standing_override.is_some() {
            actions.push(Action::Override(Wish::Withdraw));
        }
    }

    /// An operator turns to an environment, which is going to ask the store.
    pub(crate) fn wish(&self, world: &mut World, wish: Wish) {
        let number = world.wishes.begin();
        let actor = number.to_string();
        let placed = |mode| Override {
            mode,
            reason: String::new(),
            actor: actor.clone(),
            expires: clock(world.tick + 1, 0),
        };
        let place = world.environments[CONSULTED].clone();
        let (wish, next) = match wish {
            Wish::ForceOpen => {
                let placed = placed(OverrideMode::ForceOpen);
                (Placing::Place, place.member.place_override(placed))
            }
            Wish::ForceClosed => {
                let placed = placed(OverrideMode::ForceClosed);
                (Placing::Place, place.member.place_override(placed))
            }
            Wish::Withdraw => (Placing::Withdraw, place.member.withdraw_override(&actor)),
        };
        let lane = place.lanes.len() - 1;
        let placed = OverrideTask { number, wish };
        self.override_asks(world, (CONSULTED, lane), placed, next, false);
    }

    fn override_asks(
        &self,
        world: &mut World,
        (index, lane): Seat,
        placed: OverrideTask,
        next: OverrideRequest,
        frozen: bool,
    ) {
        let now = self.clock(world.tick, index);
        let mut place = Environment::clone(&world.environments[index]);
        place.lanes[lane] = Lane::Overriding {
            request: Request::new(next.operation(), world.tick, now),
            next,
            placed,
            frozen,
        };
        world.environments[index] = Shared::new(place);
    }

    /// The store has answered an operator.
    pub(crate) fn answer_operator(
        &self,
        world: &mut World,
        seat: Seat,
        answer: Result<Record, StoreError>,
    ) {
        let before = world.environments[seat.0].clone();
        let Lane::Overriding {
            request,
            next,
            placed,
            frozen,
        } = &before.lanes[seat.1]
        else {
            return;
        };
        let step = self.step(world, seat.0, |member: &Member, now| {
            member.answer_override(next.clone(), answer, now)
        });
        let confirmed = request.confirms == Some(Doubt::Override);
        idle(world, seat);
        match step {
            OverrideStep::Done(record) => {
                let shows = match placed.wish {
                    Placing::Place => record
                        .standing_override
                        .is_some_and(|standing| standing.actor == placed.number.to_string()),
                    Placing::Withdraw => record.standing_override.is_none(),
                };
                if !shows || !world.wishes.is_made(*placed) {
                    self.breaks(world, Rule::OverridesAreCertain);
                }
                let case = match placed.wish {
                    Placing::Place => Coverage::OverridePlaced,
                    Placing::Withdraw => Coverage::OverrideWithdrawn,
                };
                world.covered.note(case);
                world
                    .covered
                    .note_if(confirmed, Coverage::LostOverrideConfirmed);
            }
            OverrideStep::Failed(error) => {
                let may_be_made = world.strays.iter().any(|stray| {
                    number_of(&stray.change) == Some(placed.number)
                        && stray.basis.epoch == world.stored.epoch
                });
                if error.had_no_effect() && (may_be_made || world.wishes.is_made(*placed)) {
                    self.breaks(world, Rule::OverridesAreCertain);
                }
            }
            OverrideStep::Pending(next) => {
                let written = request.change().is_some();
                self.override_asks(world, seat, *placed, next, *frozen);
                let again = world.environments[seat.0].lanes[seat.1].request();
                let again = again.is_some_and(|request| request.change().is_some());
                world
                    .covered
                    .note_if(written && again, Coverage::OverrideWrittenAgain);
            }
        }
    }
}
