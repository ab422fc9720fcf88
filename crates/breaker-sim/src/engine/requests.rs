//! The life of a request: it travels to the store, and the answer back.

use breaker_core::Timestamp;

use super::{Engine, queue::Happening, slab::Key};
use crate::{
    process::{Answer, Process, Stored as _},
    store::{Cost, Served},
    units::{Micros, micros_of},
    watch::{StepEvent, Who},
};

/// What waits for an answer of the store.
pub(super) enum Waiting<P: Process> {
    /// A call that is to be decided about.
    Call(P::AdmissionRequest),
    /// The response of a call that runs meanwhile.
    Beside(P::ReportRequest),
    /// The response of a call that is over.
    After(P::ReportRequest),
}

impl<P: Process> Waiting<P> {
    fn operation(&self) -> P::Operation {
        match self {
            Self::Call(request) => P::admission_operation(request),
            Self::Beside(request) | Self::After(request) => P::report_operation(request),
        }
    }
}

/// A request that is under way.
pub(super) struct Trip<P: Process> {
    call: Key,
    environment: u32,
    /// What is asked.
    operation: P::Operation,
    /// None if the environment no longer waits for it.
    waiting: Option<Waiting<P>>,
    /// It arrives when nobody waits any more.
    is_late: bool,
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
    /// An environment asks the store on behalf of a call.
    pub(super) fn set_out(&mut self, call: Key, environment: u32, waiting: Waiting<P>) {
        let operation = waiting.operation();
        let asks = StepEvent::Asks {
            call: call.id(),
            operation: &operation,
        };
        self.audience
            .see(self.moment(), self.who(environment), asks);
        let key = self.trips.insert(Trip {
            call,
            environment,
            operation,
            waiting: Some(waiting),
            is_late: false,
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
            trip.is_late = true;
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
        let operation = &trip.operation;
        let Served { answer, cost } = self.store.serve::<P>(operation, trip.sent, self.now);
        if let Some(before) = &before {
            let event = StepEvent::Served {
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
            self.audience.see(moment, who, event);
        }
        trip.answer = answer;
        let comes = !matches!(trip.answer, Answer::Nothing) && trip.answered < trip.given_up;
        let heard = if comes { trip.answered } else { trip.given_up };
        if !comes {
            trip.answer = Answer::Nothing;
        }
        let is_late = trip.is_late;
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
        let (call, number) = (trip.call, trip.environment);
        let waiting = trip.waiting.take();
        let operation = trip.operation.clone();
        if !trip.is_late {
            self.trips.remove(key);
        }
        let Some(waiting) = waiting.filter(|_| alive) else {
            return;
        };
        let hears = StepEvent::Hears {
            call: call.id(),
            operation: &operation,
            answer: &answer,
        };
        let who = self.who(number);
        self.audience.see(self.moment(), who, hears);
        let clock = self.clock(number);
        let process = &mut self.environments[number as usize].process;
        match waiting {
            Waiting::Call(request) => {
                let decision = process.answer_admission(request, answer, clock);
                self.call_has_asked(call, decision);
            }
            Waiting::Beside(request) => {
                let next = process.answer_report(request, answer, clock);
                self.asked_beside(call, next);
            }
            Waiting::After(request) => {
                let next = process.answer_report(request, answer, clock);
                self.settled(call, next);
            }
        }
    }
}
