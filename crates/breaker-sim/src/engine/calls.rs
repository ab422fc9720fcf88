//! The life of a call.

use breaker_core::Outcome;

use super::{Engine, queue::Happening, requests::Waiting, slab::Key};
use crate::{
    ledger::Admission,
    process::{Decision, Process, Refusal},
    units::{Micros, micros_of},
    watch::StepEvent,
};

/// A call that has arrived and is not over.
pub(super) struct Call<P: Process> {
    pub(super) environment: u32,
    arrived: Micros,
    stage: Stage<P>,
    /// Whether the store is asked beside it.
    beside: bool,
}

enum Stage<P: Process> {
    /// It waits for the store's answer.
    Asking,
    /// It waits for its turn to ask.
    Waiting(P::AdmissionRequest),
    /// It has been admitted.
    Running {
        permit: P::Permit,
        is_probe: bool,
        /// What becomes of it when its time is over.
        outcome: Outcome,
    },
    /// It is over; what is asked beside it is not.
    Over {
        permit: P::Permit,
        outcome: Outcome,
        since: Micros,
    },
    /// Its result is being told.
    Settling { since: Micros },
    /// None of these, for a moment.
    Between,
}

impl<P: Process> Engine<'_, P> {
    pub(super) fn call_arrives(&mut self) {
        let environment = self.choose_environment();
        self.ledger.arrived(self.now);
        let now = self.clock(environment);
        self.audience
            .see(self.moment(), self.who(environment), StepEvent::Arrives);
        let process = &mut self.environments[environment as usize].process;
        let decision = process.begin(now);
        // What is refused at once is over at once.
        if let Decision::Rejected(by) = decision {
            self.ledger.rejected(self.now, environment, by, self.now);
            self.show_refusal(environment, by);
            self.occupancy.give_back(environment);
            return;
        }
        let key = self.calls.insert(Call {
            environment,
            arrived: self.now,
            stage: Stage::Between,
            beside: false,
        });
        self.decided(key, decision);
    }

    /// A call's breaker has decided, or wants to ask first.
    fn decided(&mut self, key: Key, decision: Decision<P>) {
        match decision {
            Decision::Admitted(permit) => self.call_begins(key, permit),
            Decision::Rejected(by) => self.call_is_refused(key, by),
            Decision::Pending(request) => self.call_asks(key, request),
        }
    }

    fn call_asks(&mut self, key: Key, request: P::AdmissionRequest) {
        let Some(call) = self.calls.get_mut(key) else {
            return;
        };
        let number = call.environment;
        let environment = &mut self.environments[number as usize];
        if P::TAKES_TURNS && environment.asking {
            call.stage = Stage::Waiting(request);
            environment.waiting.push(key);
        } else {
            call.stage = Stage::Asking;
            environment.asking = true;
            self.set_out(key, number, Waiting::Call(request));
        }
    }

    fn call_is_refused(&mut self, key: Key, by: Refusal) {
        if let Some(call) = self.calls.remove(key) {
            self.ledger
                .rejected(call.arrived, call.environment, by, self.now);
            self.show_refusal(call.environment, by);
            self.ledger.waited(call.arrived, self.now - call.arrived);
            self.occupancy.give_back(call.environment);
        }
    }

    fn show_refusal(&mut self, environment: u32, by: Refusal) {
        let who = self.who(environment);
        self.audience
            .see(self.moment(), who, StepEvent::Refused { by });
    }

    fn call_begins(&mut self, key: Key, mut permit: P::Permit) {
        let limit = P::limit(&permit).map_or(Micros::MAX, micros_of);
        let longest = limit.min(self.settings.call_timeout);
        let is_probe = P::is_probe(&permit);
        let beside = P::beside(&mut permit);
        let moment = self.moment();
        let Some(call) = self.calls.get_mut(key) else {
            return;
        };
        let asked_first = matches!(call.stage, Stage::Asking | Stage::Waiting(_));
        if asked_first {
            self.ledger.waited(call.arrived, self.now - call.arrived);
        }
        let number = call.environment;
        let admitted = StepEvent::Admitted {
            call: key.id(),
            permit: &permit,
            asks_beside: beside.is_some(),
        };
        let who = self.who(number);
        self.audience.see(moment, who, admitted);
        let Some(call) = self.calls.get_mut(key) else {
            return;
        };
        let latency = self.dependency.latency();
        let succeeds = self.dependency.succeeds(number, self.now);
        let (takes, outcome) = if latency >= longest {
            (longest, Outcome::Slow)
        } else if succeeds {
            (latency, Outcome::Success)
        } else {
            (latency, self.dependency.failure())
        };
        call.stage = Stage::Running {
            permit,
            is_probe,
            outcome,
        };
        call.beside = beside.is_some();
        let admission = Admission {
            arrived: call.arrived,
            environment: number,
            is_probe,
        };
        self.ledger.admitted(admission, self.now);
        let ends = self.now + takes;
        let crashes = self.settings.crash_rate > 0.0 && self.now < self.settings.calm_from;
        if crashes && self.crashes.f64() < self.settings.crash_rate {
            let vanishes = self.now + self.crashes.u64(..=takes);
            self.queue
                .schedule(vanishes, Happening::EnvironmentVanishes, key);
        } else {
            self.queue.schedule(ends, Happening::CallEnds, key);
        }
        if let Some(request) = beside {
            self.set_out(key, number, Waiting::Beside(request));
        }
    }

    pub(super) fn call_ends(&mut self, key: Key) {
        // It is gone if its environment vanished because of another call.
        let Some(call) = self.calls.get_mut(key) else {
            return;
        };
        let stage = std::mem::replace(&mut call.stage, Stage::Between);
        let Stage::Running {
            permit,
            is_probe,
            outcome,
        } = stage
        else {
            unreachable!("a call that ends was running");
        };
        let admission = Admission {
            arrived: call.arrived,
            environment: call.environment,
            is_probe,
        };
        let success = outcome == Outcome::Success;
        let ends = StepEvent::Ends {
            call: key.id(),
            outcome,
        };
        let who = self.who(admission.environment);
        self.audience.see(self.moment(), who, ends);
        let Some(call) = self.calls.get_mut(key) else {
            return;
        };
        self.ledger.ended(admission, success, self.now);
        if call.beside {
            call.stage = Stage::Over {
                permit,
                outcome,
                since: self.now,
            };
        } else {
            call.stage = Stage::Settling { since: self.now };
            self.settle(key, permit, outcome);
        }
    }

    /// Hands the permit back.
    fn settle(&mut self, key: Key, permit: P::Permit, outcome: Outcome) {
        let Some(call) = self.calls.get_mut(key) else {
            return;
        };
        let number = call.environment;
        let now = self.clock(number);
        let process = &mut self.environments[number as usize].process;
        let report = process.end(permit, outcome, now);
        self.settled(key, report);
    }

    /// A result has been told as far as it has, and `next` is still to be.
    pub(super) fn settled(&mut self, key: Key, next: Option<P::ReportRequest>) {
        let Some(call) = self.calls.get_mut(key) else {
            return;
        };
        let number = call.environment;
        match next {
            Some(request) => self.set_out(key, number, Waiting::After(request)),
            None => self.response_is_given(key),
        }
    }

    fn response_is_given(&mut self, key: Key) {
        if let Some(call) = self.calls.remove(key) {
            if let Stage::Settling { since } = call.stage
                && since < self.now
            {
                self.ledger.settled(call.arrived, self.now - since);
            }
            self.occupancy.give_back(call.environment);
        }
    }

    /// The store has answered a call that waited for it.
    pub(super) fn call_has_asked(&mut self, key: Key, decision: Decision<P>) {
        let Some(call) = self.calls.get_mut(key) else {
            return;
        };
        let number = call.environment;
        self.environments[number as usize].asking = false;
        self.decided(key, decision);
        self.next_in_turn(number);
    }

    /// The store has answered what was asked beside a call.
    pub(super) fn asked_beside(&mut self, key: Key, next: Option<P::ReportRequest>) {
        let Some(call) = self.calls.get_mut(key) else {
            return;
        };
        if let Some(request) = next {
            let number = call.environment;
            self.set_out(key, number, Waiting::Beside(request));
            return;
        }
        call.beside = false;
        let stage = std::mem::replace(&mut call.stage, Stage::Between);
        if let Stage::Over {
            permit,
            outcome,
            since,
        } = stage
        {
            call.stage = Stage::Settling { since };
            self.settle(key, permit, outcome);
        } else {
            call.stage = stage;
        }
    }

    /// Those that waited for another call's request think again, until one asks.
    fn next_in_turn(&mut self, number: u32) {
        while !self.environments[number as usize].asking
            && !self.environments[number as usize].waiting.is_empty()
        {
            let key = self.environments[number as usize].waiting.remove(0);
            let Some(call) = self.calls.get_mut(key) else {
                continue;
            };
            let stage = std::mem::replace(&mut call.stage, Stage::Asking);
            if let Stage::Waiting(request) = stage {
                let now = self.clock(number);
                let process = &mut self.environments[number as usize].process;
                let decision = process.reconsider(request, now);
                self.decided(key, decision);
            }
        }
    }

    /// An environment vanishes in the middle of a call, with all it knew. A
    /// cold one takes its place.
    pub(super) fn environment_vanishes(&mut self, key: Key) {
        let Some(call) = self.calls.get_mut(key) else {
            return;
        };
        let number = call.environment;
        self.audience
            .see(self.moment(), self.who(number), StepEvent::Vanishes);
        for key in self.calls.keys_of(|call| call.environment == number) {
            let Some(call) = self.calls.remove(key) else {
                continue;
            };
            let running = match call.stage {
                Stage::Running { is_probe, .. } => Some(is_probe),
                Stage::Asking | Stage::Waiting(_) => Some(false),
                Stage::Over { .. } | Stage::Settling { .. } | Stage::Between => None,
            };
            if let Some(is_probe) = running {
                self.ledger.vanished(Admission {
                    arrived: call.arrived,
                    environment: number,
                    is_probe,
                });
            }
            self.occupancy.give_back(number);
        }
        let cold = self.cold_start();
        self.environments[number as usize] = cold;
    }
}
