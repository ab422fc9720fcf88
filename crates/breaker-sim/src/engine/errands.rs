//! The life of an errand: a request travels to the store, and its answer back.

use breaker_core::Timestamp;

use super::{Engine, queue::Happening, slab::Key};
use crate::{
    process::{Answer, Process, Stored as _},
    store::{Cost, Served},
    units::{Micros, micros_of},
    watch::{Sight, Who},
};

/// Who waits for an errand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A call that is to be decided about.
    Before,
    /// The response of a call that runs meanwhile.
    Beside,
    /// The response of a call that is over.
    After,
}

/// An errand that is under way.
pub(super) struct Trip<P: Process> {
    call: Key,
    environment: u32,
    role: Role,
    /// None if the environment no longer waits for it.
    errand: Option<P::Errand>,
    /// What is asked, kept apart if it arrives when nobody waits any more.
    late: Option<P::Operation>,
    /// What the environment's clock showed when the request was sent.
    sent: Timestamp,
    /// When an answer comes, if one does.
    answered: Micros,
    /// When it is given up.
    given_up: Micros,
    answer: Answer<P::Record>,
    attempt: u32,
}

impl<P: Process> Engine<'_, P> {
    /// An environment runs an errand for a call.
    pub(super) fn set_out(&mut self, call: Key, environment: u32, role: Role, errand: P::Errand) {
        let asks = Sight::Asks {
            call: call.id(),
            operation: P::operation(&errand),
        };
        self.audience
            .see(self.moment(), self.who(environment), asks);
        let key = self.trips.insert(Trip {
            call,
            environment,
            role,
            errand: Some(errand),
            late: None,
            sent: Timestamp::default(),
            answered: 0,
            given_up: 0,
            answer: Answer::Nothing,
            attempt: 0,
        });
        self.send(key);
    }

    /// A request is sent, perhaps again.
    pub(super) fn send(&mut self, key: Key) {
        let round_trip = self.store.round_trip(self.now);
        let now = self.now;
        let Some(trip) = self.trips.get_mut(key) else {
            return;
        };
        let arrives = now + round_trip / 2;
        trip.answered = now + round_trip;
        trip.given_up = now.saturating_add(self.settings.store_timeout);
        trip.attempt += 1;
        trip.answer = Answer::Nothing;
        let (number, given_up) = (trip.environment, trip.given_up);
        // Its effect comes when nobody waits for it any more.
        if given_up <= arrives {
            trip.late = trip
                .errand
                .as_ref()
                .map(|errand| P::operation(errand).clone());
            self.queue.schedule(given_up, Happening::AnswerArrives, key);
        }
        let sent = self.clock(number);
        if let Some(trip) = self.trips.get_mut(key) {
            trip.sent = sent;
        }
        self.queue.schedule(arrives, Happening::RequestArrives, key);
    }

    pub(super) fn request_arrives(&mut self, key: Key) {
        let moment = self.moment();
        let watched = self.audience.is_there();
        let before = watched.then(|| self.store.current().clone());
        let Some(trip) = self.trips.get_mut(key) else {
            return;
        };
        let late = trip.late.take();
        let is_late = late.is_some();
        let asked = trip.errand.as_ref().map(P::operation);
        let Some(operation) = late.as_ref().or(asked) else {
            self.trips.remove(key);
            return;
        };
        let Served { answer, cost } = self.store.serve::<P>(operation, trip.sent, self.now);
        if let Some(before) = &before {
            let sight = Sight::Served {
                call: trip.call.id(),
                operation,
                sent: trip.sent,
                before,
                after: self.store.current(),
                cost,
            };
            let who = Who {
                environment: trip.environment,
                clock: trip.sent,
            };
            self.audience.see(moment, who, sight);
        }
        trip.answer = answer;
        let comes = !matches!(trip.answer, Answer::Nothing) && trip.answered < trip.given_up;
        let heard = if comes { trip.answered } else { trip.given_up };
        if !comes {
            trip.answer = Answer::Nothing;
        }
        self.note_write(cost);
        if is_late {
            self.trips.remove(key);
        } else {
            self.queue.schedule(heard, Happening::AnswerArrives, key);
        }
    }

    /// Enters what a request has cost and done.
    pub(super) fn note_write(&mut self, cost: Cost) {
        self.ledger.served(cost, self.now);
        if matches!(cost, Cost::Write { .. }) {
            let record = self.store.current();
            // By a clock that is right, as whoever opened it had it at best.
            let until = record.open_until().map(|until| {
                let since_ms = until.as_unix_ms().saturating_sub(self.settings.epoch_ms);
                since_ms * 1_000
            });
            self.ledger.record_is(record, until, self.now);
        }
    }

    pub(super) fn answer_arrives(&mut self, key: Key) {
        let now = self.now;
        let Some(trip) = self.trips.get_mut(key) else {
            return;
        };
        // The environment that asked has vanished.
        let alive = self.calls.get_mut(trip.call).is_some();
        if alive && matches!(trip.answer, Answer::Throttled) {
            let draw = self.store.draw();
            if let Some(pause) = P::repeat_after(trip.attempt, draw) {
                let again = now + micros_of(pause);
                self.queue
                    .schedule(again, Happening::RequestIsRepeated, key);
                return;
            }
        }
        let answer = std::mem::replace(&mut trip.answer, Answer::Nothing);
        let (call, number, role) = (trip.call, trip.environment, trip.role);
        let errand = trip.errand.take();
        if trip.late.is_none() {
            self.trips.remove(key);
        }
        let Some(errand) = errand.filter(|_| alive) else {
            return;
        };
        let hears = Sight::Hears {
            call: call.id(),
            operation: P::operation(&errand),
            answer: &answer,
        };
        let who = self.who(number);
        self.audience.see(self.moment(), who, hears);
        let clock = self.clock(number);
        let process = &mut self.environments[number as usize].process;
        let step = process.answer(errand, answer, clock);
        self.errand_done(call, role, step);
    }
}
