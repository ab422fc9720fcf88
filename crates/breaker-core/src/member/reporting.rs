//! What a process tells of its calls, and what is asked beside them: nothing of
//! it decides about a call.
//!
//! ```text
//!   end ──▶ nothing to tell
//!     └───▶ request ── answer ──▶ nothing more, or another request
//! ```

use std::time::Duration;

use super::{
    commit::{Commit, Fate, Progress},
    contact::Contact,
    context::Context,
    gate::EpochTag,
    permit::{Kind, Permit, Probe},
    request::{ReportRequest, Reporting},
    state::State,
};
use crate::{
    observe::Event,
    outcome::Outcome,
    protocol::{Change, Counts, Epoch, Measure, Phase, Record},
    store::StoreError,
};

/// While the fleet's evidence is below this share of what would open the
/// circuit, a process that fails does so alone.
const ALONE_BELOW: f64 = 0.1;

/// Five failures in a row that take so long are of a process with less than a
/// call a second.
const RARE_RUNS_TAKE: Duration = Duration::from_secs(4);

/// For so long a process must have failed before it stops itself: by then the
/// circuit is open if it was not alone, however many calls a second it makes.
const ALONE_AFTER: Duration = Duration::from_secs(5);

/// And for so long everybody must have known of the trouble, if there is more
/// than its own: a process that stops itself is no witness any more.
const FLEET_HAS: Duration = Duration::from_secs(3);

/// A call has ended.
pub(super) fn end(
    permit: Permit,
    outcome: Outcome,
    state: &mut State,
    cx: &mut Context<'_>,
) -> Option<ReportRequest> {
    // In the step that takes in its end: if calls that hang were counted in
    // between, this one would be told as one of them and once more.
    if permit.in_flight {
        state.in_flight.end(permit.admitted);
    }
    let took = cx.steady.since(permit.admitted);
    let result = CallResult {
        outcome,
        counts: outcome.counts(took, cx.policy),
        is_told: permit.in_flight
            && took >= cx.policy.slow_call_after
            && state.overdue.end(permit.admitted),
    };
    // Each end makes the gate open for another while, and where many prove
    // nothing no call would look.
    state.take_in_overdue(cx);
    match permit.kind {
        Kind::Plain(tag) => {
            let epoch = state.view.record().epoch;
            // Admitted in an epoch that is over, it proves nothing.
            if tag != EpochTag::of(epoch) {
                return None;
            }
            state.unreported.arrive();
            settle(epoch, result, state, cx)
        }
        Kind::Ordinary(measure) => settle_measured(measure, result, state, cx),
        Kind::Trial(measure, trial) => {
            if state.local.awaits(trial) {
                end_trial(result.counts, state, cx);
            }
            settle_measured(measure, result, state, cx)
        }
        Kind::Probe(probe) => Some(end_probe(*probe, result, state, cx)),
    }
}

/// What became of a call.
#[derive(Debug, Clone, Copy)]
struct CallResult {
    outcome: Outcome,
    /// What it counts as; `None` if it is no evidence.
    counts: Option<Counts>,
    /// It was under way for so long that it was counted before it ended.
    is_told: bool,
}

fn end_trial(counts: Option<Counts>, state: &mut State, cx: &mut Context<'_>) {
    match counts {
        None => state.local.give_up_trial(),
        Some(counts) if counts.tells_of_trouble() => trip(state, cx),
        Some(_) => state.local.succeed(),
    }
}

fn trip(state: &mut State, cx: &mut Context<'_>) {
    if state.backoff.is_unreachable() {
        state.local.trip_without_store(cx);
    } else {
        state.local.trip(cx);
    }
}

fn settle_measured(
    measure: Measure,
    result: CallResult,
    state: &mut State,
    cx: &mut Context<'_>,
) -> Option<ReportRequest> {
    match measure {
        Measure::Counted(epoch) => settle(epoch, result, state, cx),
        Measure::Ignored => None,
    }
}

/// Takes in the result of a call that was admitted in `epoch`.
fn settle(
    epoch: Epoch,
    result: CallResult,
    state: &mut State,
    cx: &mut Context<'_>,
) -> Option<ReportRequest> {
    let counts = result.counts?;
    // A result of an epoch that is over is no evidence about this one.
    if epoch != state.view.record().epoch {
        return None;
    }
    if state.backoff.is_failing() {
        let doubt = state.view.record().doubt(cx.now);
        state.local.weigh(counts, doubt, cx);
    }
    if counts.tells_of_trouble() {
        state.local.fail(result.outcome.retry_after(), cx);
        if fails_alone(state, cx) && !state.local.is_tripped() {
            trip(state, cx);
        }
    } else {
        state.local.succeed();
    }
    if !result.is_told {
        state.take_in(counts, cx);
    }
    if state.backoff.is_pausing(cx.now) || !state.must_report() {
        return None;
    }
    let contact = Contact::after_calls(state, cx)?;
    Some(ReportRequest::new(Reporting::Contact(contact)))
}

/// Whether this process's failures are its own.
fn fails_alone(state: &State, cx: &Context<'_>) -> bool {
    let streak = state.local.streak();
    if state.backoff.is_unreachable() {
        // The fleet's own rules, for a fleet of one: thin traffic takes a run of
        // failures, other traffic a rate of them.
        let enough = streak >= cx.policy.consecutive_failures;
        return state.local.proves_an_outage(cx)
            || enough && state.local.has_failed_for(RARE_RUNS_TAKE, cx);
    }
    let record = state.view.record();
    let known_to_all = record.known_to_all_since(cx.policy, cx.now);
    f64::from(streak) >= cx.policy.local_trip_threshold()
        && known_to_all.is_none_or(|since| since + FLEET_HAS <= cx.now)
        && state.local.has_failed_for(ALONE_AFTER, cx)
        && matches!(state.view.record().phase, Phase::Closed { .. })
        && state.view.suspicion() < ALONE_BELOW
}

fn end_probe(
    probe: Probe,
    result: CallResult,
    state: &mut State,
    cx: &mut Context<'_>,
) -> ReportRequest {
    let Probe {
        granted,
        index,
        owner,
        limit: _,
    } = probe;
    let outcome = result.outcome;
    let change = match result.counts {
        None => Change::ReleaseLease { index, owner },
        Some(counts) if counts.tells_of_trouble() => {
            state.local.note_retry_after(outcome.retry_after());
            if let Outcome::Withheld(duration) = outcome {
                granted.postpone(index, owner, cx.policy, cx.now, duration)
            } else {
                let opening = state.opening(cx);
                let known = state.view.record();
                // What the others found meanwhile counts, unless it is void.
                let basis = if known.epoch == granted.epoch {
                    known
                } else {
                    &granted
                };
                basis.probe_failed(index, owner, cx.policy, cx.now, opening)
            }
        }
        Some(_) => Change::ProbeSucceeded { index, owner },
    };
    cx.emit(Event::ProbeEnded { outcome });
    ReportRequest::new(Reporting::Probe(Commit::of_probe(granted, change)))
}

impl ReportRequest {
    /// The store has answered. Gives what there is still to do.
    pub(super) fn answer(
        self,
        answer: Result<Record, StoreError>,
        state: &mut State,
        cx: &mut Context<'_>,
    ) -> Option<Self> {
        match *self.0 {
            Reporting::Contact(contact) => {
                let is_contended = matches!(answer, Err(StoreError::Contended));
                let told = contact.answer(answer, state, cx);
                // What has met another write may meet the next one too: the next
                // call tells it.
                if is_contended {
                    return None;
                }
                due(state, cx).or_else(|| {
                    let contact = told.or_else(|| Contact::suspicion_due(state, cx))?;
                    Some(Self::new(Reporting::Contact(contact)))
                })
            }
            Reporting::Probe(commit) => match commit.answer(answer, state, cx) {
                Progress::Pending(commit) => Some(Self::new(Reporting::Probe(commit))),
                Progress::Settled(Fate::Made(_)) => due(state, cx),
                Progress::Settled(Fate::Superseded | Fate::Failed(_)) => None,
            },
            Reporting::Transition(commit) => match commit.answer(answer, state, cx) {
                Progress::Pending(commit) => Some(Self::new(Reporting::Transition(commit))),
                Progress::Settled(_) => None,
            },
        }
    }
}

/// The transition that the known record calls for.
fn due(state: &State, cx: &mut Context<'_>) -> Option<ReportRequest> {
    let commit = Commit::due(state, cx)?;
    Some(ReportRequest::new(Reporting::Transition(commit)))
}

#[cfg(test)]
mod tests;
