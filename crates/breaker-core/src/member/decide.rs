//! What becomes of a call, by what the process knows.

use super::{
    contact::Contact,
    context::Context,
    local_breaker::Opinion,
    permit::{Admission, Kind, Permit},
    probe::{Competition, try_to_probe},
    request::{AdmissionRequest, Admitting, ReportRequest, Reporting},
    state::{Need, State, in_shadow},
};
use crate::protocol::{Decision, Measure, Rejection};

/// Decides about a call that has not asked the store: it may ask first.
pub(super) fn before_asking(state: &mut State, cx: &mut Context<'_>) -> Admission {
    match state.need(cx) {
        Need::Before => ask_first(state, cx),
        Need::Beside => match by_the_rules(state, cx) {
            Decision::Admit(measure) if local_opinion(measure, state, cx) == Opinion::Pass => {
                admit_and_ask_beside(Kind::Ordinary(measure), state, cx)
            }
            // Perhaps the fleet knows better by now, and a call that does not
            // simply pass has the time to ask.
            Decision::Admit(_) | Decision::Reject(_) | Decision::Probe => ask_first(state, cx),
        },
        Need::None => without_asking(Competition::Arrivals, state, cx),
    }
}

/// Decides about a call that has asked: it asks for a lease at most.
pub(super) fn after_asking(state: &mut State, cx: &mut Context<'_>) -> Admission {
    without_asking(Competition::Looks, state, cx)
}

fn without_asking(competition: Competition, state: &mut State, cx: &mut Context<'_>) -> Admission {
    match by_the_rules(state, cx) {
        Decision::Admit(measure) => match admitted_as(measure, state, cx) {
            Ok(kind) => Admission::admit(kind, cx),
            Err(rejection) => Admission::reject(rejection, cx),
        },
        Decision::Reject(rejection) => Admission::reject(rejection, cx),
        Decision::Probe => try_to_probe(competition, state, cx),
    }
}

fn by_the_rules(state: &State, cx: &mut Context<'_>) -> Decision {
    let chance = cx.draw();
    state.view.record().decide(cx.policy, cx.now, chance)
}

fn ask_first(state: &mut State, cx: &mut Context<'_>) -> Admission {
    let contact = Contact::begin(state, cx);
    Admission::Pending(AdmissionRequest::new(Admitting::Contact(contact)))
}

fn admit_and_ask_beside(kind: Kind, state: &mut State, cx: &mut Context<'_>) -> Admission {
    state.backoff.on_request(cx);
    let contact = Contact::begin(state, cx);
    Admission::Admitted(Permit {
        admitted: cx.steady,
        kind,
        in_flight: false,
        beside: Some(ReportRequest::new(Reporting::Contact(contact))),
    })
}

/// What a call that the rules admit passes as, if the local breaker lets it.
fn admitted_as(
    measure: Measure,
    state: &mut State,
    cx: &mut Context<'_>,
) -> Result<Kind, Rejection> {
    match local_opinion(measure, state, cx) {
        Opinion::Pass => Ok(Kind::Ordinary(measure)),
        Opinion::Try => Ok(Kind::Trial(measure, state.local.begin_trial(cx))),
        Opinion::Stop(until) => Err(state.reject_locally(until, cx)),
    }
}

fn local_opinion(measure: Measure, state: &State, cx: &Context<'_>) -> Opinion {
    // Overrides bypass the local breaker; a shadow override measures the call.
    if measure == Measure::Ignored || in_shadow(state.view.record(), cx.now) {
        return Opinion::Pass;
    }
    state.local.opinion(cx)
}
