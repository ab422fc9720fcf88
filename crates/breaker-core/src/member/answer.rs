//! What the store's answers lead to.

use std::sync::Arc;

use super::{
    Permit, State, Step,
    admission::{Asked, in_shadow, is_forced},
    errand::{Aim, Commit, Content, Errand, Operation, Purpose, Then},
    news::Need,
    permit::{Kind, Probe},
};
use crate::{
    observe::Event,
    policy::Policy,
    protocol::{Change, Conflict, Epoch, Opening, ProbePlan, Record},
    store::{Reading, StoreError},
    time::Timestamp,
};

/// What became of a change.
enum Fate {
    Made,
    /// The record had moved on; what it is now is known now.
    Moved,
    /// The store is in trouble.
    Trouble,
}

impl State {
    pub(super) fn answer(
        &mut self,
        errand: Errand,
        answer: Result<Record, StoreError>,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        let Content { operation, purpose } = errand.content();
        match purpose {
            Purpose::Contact(then) => {
                self.end_contact(&operation, answer, policy, now);
                self.go_on(then, policy, now)
            }
            Purpose::Commit(commit) => self.end_commit(commit, answer, policy, now),
            Purpose::Confirm(commit, doubt) => self.end_doubt(commit, &doubt, answer, policy, now),
        }
    }

    pub(super) fn decline(&mut self, errand: Errand, policy: &Policy, now: Timestamp) -> Step {
        let Content { operation, purpose } = errand.content();
        match purpose {
            Purpose::Contact(then) => {
                self.call_off(&operation);
                match then {
                    Then::Decide => self.decide(Asked::Already, Need::None, policy, now),
                    Then::Nothing => Step::Done,
                }
            }
            Purpose::Commit(commit) | Purpose::Confirm(commit, _) => {
                self.conclude(commit, Fate::Trouble, None, policy, now)
            }
        }
    }

    pub(super) fn reconsider(&mut self, errand: Errand, policy: &Policy, now: Timestamp) -> Step {
        let Content { operation, purpose } = errand.content();
        match purpose {
            Purpose::Contact(Then::Decide) => {
                self.call_off(&operation);
                self.consider(policy, now)
            }
            // A lease counts from when it was planned, not from when it is asked
            // for; by now it may be over before its probe is.
            Purpose::Commit(Commit {
                aim: Aim::Lease(..),
                ..
            }) => self.consider(policy, now),
            Purpose::Contact(Then::Nothing) | Purpose::Commit(_) | Purpose::Confirm(..) => {
                Step::Ask(Errand::new(operation, purpose))
            }
        }
    }

    /// Takes back all that an operation was to tell that was not even tried.
    fn call_off(&mut self, operation: &Operation) {
        self.undo(operation);
        if let Operation::Apply {
            change: Change::Report(report),
            ..
        } = operation
            && let Some((_, seen)) = report.heartbeats
        {
            self.unreported.put_back_traffic(seen);
        }
    }

    /// Takes back the counts that an operation without effect was to tell. What
    /// it was to tell of traffic is gone: during an outage of the store that
    /// would pile up, and be taken for a burst.
    fn undo(&mut self, operation: &Operation) {
        if let Operation::Apply {
            basis,
            change: Change::Report(report),
        } = operation
        {
            self.take_back(basis.epoch, &report.tally);
        }
    }

    fn end_contact(
        &mut self,
        operation: &Operation,
        answer: Result<Record, StoreError>,
        policy: &Policy,
        now: Timestamp,
    ) {
        match (operation, answer) {
            (Operation::Load(Reading::Eventual), Ok(record)) => self.glimpse(record, policy, now),
            (Operation::Load(Reading::Latest), Ok(record)) => self.learn(record, policy, now),
            (Operation::Apply { basis, .. }, Ok(record)) => {
                self.hear(record, basis.epoch, policy, now);
            }
            (Operation::Apply { basis, .. }, Err(StoreError::Conflict(Conflict { current }))) => {
                self.hear(*current, basis.epoch, policy, now);
            }
            // The store is well; others were faster.
            (operation, Err(StoreError::Contended)) => self.undo(operation),
            (operation, Err(error)) => {
                self.miss(&error, now);
                // Without an answer the fleet may know these calls: counting
                // twice would be worse than not counting.
                if error.had_no_effect() {
                    self.undo(operation);
                }
            }
        }
    }

    /// What follows when the store has been asked and told.
    fn go_on(&mut self, then: Then, policy: &Policy, now: Timestamp) -> Step {
        match (self.due(policy, now), then) {
            // The transition comes first: it decides about the call as well.
            (Some(change), _) => {
                let basis = Arc::clone(self.news.record());
                Step::Ask(Errand::commit(basis, change, Aim::Due(then)))
            }
            (None, Then::Decide) => self.decide(Asked::Already, Need::None, policy, now),
            (None, Then::Nothing) => Step::Done,
        }
    }

    /// The transition that the known record calls for.
    fn due(&mut self, policy: &Policy, now: Timestamp) -> Option<Change> {
        if self.news.is_pausing(now) {
            return None;
        }
        let opening = self.opening();
        self.news.record().due(policy, now, opening)
    }

    pub(super) fn opening(&mut self) -> Opening {
        Opening {
            jitter: self.entropy.uniform(),
            retry_after: self.guard.retry_after(),
        }
    }

    fn end_commit(
        &mut self,
        commit: Commit,
        answer: Result<Record, StoreError>,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        match answer {
            Ok(record) => self.conclude(commit, Fate::Made, Some(record), policy, now),
            Err(StoreError::Conflict(Conflict { current })) => {
                self.conclude(commit, Fate::Moved, Some(*current), policy, now)
            }
            // It may or may not have been made: the store is asked before
            // anything is concluded.
            Err(error @ (StoreError::Contended | StoreError::NoAnswer(_))) => {
                let operation = Operation::Load(Reading::Latest);
                Step::Ask(Errand::new(operation, Purpose::Confirm(commit, error)))
            }
            Err(error) => {
                self.miss(&error, now);
                self.conclude(commit, Fate::Trouble, None, policy, now)
            }
        }
    }

    fn end_doubt(
        &mut self,
        commit: Commit,
        doubt: &StoreError,
        answer: Result<Record, StoreError>,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        match answer {
            Ok(record) => {
                let fate = if commit.change.shows_in(&record, commit.basis.epoch) {
                    Fate::Made
                } else if record.epoch == commit.basis.epoch && *doubt != StoreError::Contended {
                    Fate::Trouble
                } else {
                    Fate::Moved
                };
                self.conclude(commit, fate, Some(record), policy, now)
            }
            Err(error) => {
                self.miss(&error, now);
                self.conclude(commit, Fate::Trouble, None, policy, now)
            }
        }
    }

    /// Goes on with the knowledge of what became of a change.
    fn conclude(
        &mut self,
        commit: Commit,
        fate: Fate,
        record: Option<Record>,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        if let Some(record) = &record {
            if matches!(fate, Fate::Made) && record.epoch != commit.basis.epoch {
                self.events.push(Event::moved(&commit.basis, record, now));
            }
            self.hear(record.clone(), commit.basis.epoch, policy, now);
        }
        match (commit.aim, fate) {
            (Aim::Lease(plan, _), Fate::Made) => match record {
                // The lease ended with its epoch, and another call has heard so.
                Some(granted) if granted.epoch < self.news.record().epoch => {
                    self.decide(Asked::Already, Need::None, policy, now)
                }
                Some(granted) => self.let_probe(&plan, granted, policy, now),
                None => self.deny(policy, now),
            },
            (Aim::Lease(_, attempts), Fate::Moved) => {
                if self.news.is_on_the_way_back(now) && !is_forced(self.news.record(), now) {
                    self.ask_for_a_lease(attempts, policy, now)
                } else {
                    self.decide(Asked::Already, Need::None, policy, now)
                }
            }
            // It came too late for a lease, and another call has heard so.
            (Aim::Lease(..), Fate::Trouble) if !self.news.is_on_the_way_back(now) => {
                self.decide(Asked::Already, Need::None, policy, now)
            }
            (Aim::Lease(..), Fate::Trouble) => self.deny(policy, now),
            (Aim::Settle, Fate::Made) => self.go_on(Then::Nothing, policy, now),
            // Whoever loses the race has the winner's record now.
            (Aim::Due(Then::Decide), _) => self.decide(Asked::Already, Need::None, policy, now),
            (Aim::Settle, Fate::Moved | Fate::Trouble) | (Aim::Due(Then::Nothing), _) => Step::Done,
        }
    }

    fn let_probe(
        &mut self,
        plan: &ProbePlan,
        granted: Record,
        policy: &Policy,
        now: Timestamp,
    ) -> Step {
        let limit = (!in_shadow(&granted, now)).then_some(policy.probe_timeout);
        self.events.push(Event::ProbeBegan);
        Step::Admitted(Permit {
            admitted: now,
            kind: Kind::Probe(Box::new(Probe {
                granted: Arc::new(granted),
                slot: plan.slot,
                owner: plan.owner,
                limit,
            })),
            errand: None,
        })
    }

    /// Takes over a record that shows every change made before it was read.
    pub(super) fn learn(&mut self, record: Record, policy: &Policy, now: Timestamp) {
        let known = self.news.record().epoch;
        self.hear(record, known, policy, now);
    }

    fn hear(&mut self, record: Record, basis: Epoch, policy: &Policy, now: Timestamp) {
        let spread = self.entropy.uniform();
        self.note_that_it_answers();
        if self.news.hear(record, basis, spread, policy, now) {
            self.start_anew();
        }
    }

    fn glimpse(&mut self, record: Record, policy: &Policy, now: Timestamp) {
        let spread = self.entropy.uniform();
        self.note_that_it_answers();
        if self.news.glimpse(record, spread, policy, now) {
            self.start_anew();
        }
    }

    fn note_that_it_answers(&mut self) {
        self.guard.return_to_the_fleet();
        if self.news.is_in_trouble() {
            self.events.push(Event::StoreAnswersAgain);
        }
    }

    /// The fleet is in another epoch: what was counted before proves nothing.
    fn start_anew(&mut self) {
        self.unreported.forget_calls();
        self.guard.start_anew();
    }

    fn miss(&mut self, error: &StoreError, now: Timestamp) {
        self.events.push(Event::StoreInTrouble(error.clone()));
        let draw = self.entropy.uniform();
        self.news.miss(error, now, draw);
    }
}
