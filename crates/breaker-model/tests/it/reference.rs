//! The record's rules, written down a second time and held against the first.
//!
//! The reference knows a circuit as its rules put it: what state it is in, who
//! has which lease, which order stands. It was written from the rules, not from
//! the code, and shares none of it but the names and the judgement of evidence,
//! which has a [second reckoning](crate::likelihood) of its own.

use std::{collections::BTreeMap, time::Duration};

use breaker_core::{
    Change, Decision, Override, OverrideMode, Policy, Record, RejectionReason, State, Timestamp,
    protocol::{
        Counts, Epoch, Heartbeats, LeaseIndex, LeaseOwner, Measure, Opening, Phase, Report, Slot,
        Suspicion, TrafficSlot,
    },
};
use proptest::prelude::*;

use crate::likelihood::{Verdict, counts, is_thin, verdict};

const NOON: u64 = 1_700_000_000_000;

/// Time in milliseconds since noon; before noon nothing happens.
type Ms = u64;

fn at(ms: Ms) -> Timestamp {
    Timestamp::from_unix_ms(NOON + ms)
}

#[derive(Debug, Clone, PartialEq)]
enum Stand {
    /// Nobody has ever written anything but reports.
    New {
        suspected: Option<Ms>,
    },
    Closed {
        since: Ms,
        opened: Ms,
        doubt: u32,
        suspected: Option<Ms>,
    },
    Open {
        since: Ms,
        opened: Ms,
        until: Ms,
        reopens: u32,
        doubt: u32,
    },
    HalfOpen(Way),
}

/// The way back.
#[derive(Debug, Clone, PartialEq)]
struct Way {
    opened: Ms,
    /// After how many failed recoveries.
    reopens: u32,
    doubt: u32,
    successes: u32,
    failures: u32,
    /// Who has which place until when.
    places: BTreeMap<LeaseIndex, (u128, Ms)>,
}

impl Way {
    /// Whether successes outweigh failures so far that the circuit closes: after
    /// a partial failure it takes more, unless calls are rare.
    fn is_done(&self, policy: &Policy, is_thin: bool) -> bool {
        let times = if self.doubt > 0 && !is_thin { 4 } else { 1 };
        self.successes >= self.failures + times * policy.successes_to_close
    }
}

/// A circuit, as its rules put it.
#[derive(Debug, Clone, PartialEq)]
struct Reference {
    epoch: u64,
    stand: Stand,
    placed: Option<(OverrideMode, Ms)>,
}

impl Reference {
    const NEW: Self = Self {
        epoch: 0,
        stand: Stand::New { suspected: None },
        placed: None,
    };

    fn state(&self, now: Ms) -> State {
        match (&self.placed, &self.stand) {
            (Some((mode, expires)), _) if now < *expires => match mode {
                OverrideMode::ForceOpen => State::ForcedOpen,
                OverrideMode::ForceClosed => State::ForcedClosed,
                OverrideMode::Shadow => State::Shadow,
            },
            (_, stand) => Self::bare_state(stand, now),
        }
    }

    fn bare_state(stand: &Stand, now: Ms) -> State {
        match stand {
            Stand::New { .. } | Stand::Closed { .. } => State::Closed,
            Stand::Open { until, .. } if now < *until => State::Open,
            Stand::Open { .. } | Stand::HalfOpen(_) => State::HalfOpen,
        }
    }

    /// The share of calls that a closed circuit admits.
    fn share(&self, policy: &Policy, now: Ms) -> f64 {
        let Stand::Closed { since, opened, .. } = self.stand else {
            return 1.0;
        };
        let was_open = real(since.saturating_sub(opened));
        let ramp = (policy.ramp_for.as_secs_f64() * 1_000.0).min(was_open);
        let elapsed = real(now.saturating_sub(since));
        if ramp <= elapsed {
            return 1.0;
        }
        (policy.ramp_from + (1.0 - policy.ramp_from) * elapsed / ramp).min(1.0)
    }

    fn has_room(&self, policy: &Policy, now: Ms) -> bool {
        match &self.stand {
            Stand::New { .. } | Stand::Closed { .. } => false,
            Stand::Open { until, .. } => *until <= now,
            Stand::HalfOpen(way) => {
                let taken = way
                    .places
                    .values()
                    .filter(|(_, expires)| *expires > now)
                    .count();
                taken < usize::try_from(policy.max_probes).unwrap()
            }
        }
    }

    /// What becomes of a call, in a word.
    fn answer(&self, policy: &Policy, now: Ms, chance: f64) -> Answer {
        let bare = match Self::bare_state(&self.stand, now) {
            State::Closed if chance < self.share(policy, now) => Answer::Pass,
            State::Closed => Answer::Refuse(RejectionReason::Ramping),
            State::Open => Answer::Refuse(RejectionReason::Open),
            _ if self.has_room(policy, now) => Answer::Probe,
            _ => Answer::Refuse(RejectionReason::ProbesBusy),
        };
        match (self.state(now), bare) {
            (State::ForcedOpen, _) => Answer::Refuse(RejectionReason::ForcedOpen),
            (State::ForcedClosed, _) | (State::Shadow, Answer::Refuse(_)) => Answer::PassUnseen,
            (_, bare) => bare,
        }
    }

    /// A call takes a place, if what it knew was this epoch.
    fn lease(&mut self, known: u64, index: LeaseIndex, owner: u128, now: Ms, expires: Ms) -> bool {
        if known != self.epoch {
            return false;
        }
        match &mut self.stand {
            Stand::Open {
                until,
                opened,
                reopens,
                doubt,
                ..
            } if *until <= now => {
                self.stand = Stand::HalfOpen(Way {
                    opened: *opened,
                    reopens: *reopens,
                    doubt: *doubt,
                    successes: 0,
                    failures: 0,
                    places: BTreeMap::from([(index, (owner, expires))]),
                });
                self.epoch += 1;
                true
            }
            Stand::HalfOpen(Way { places, .. })
                if places.get(&index).is_none_or(|(_, until)| *until <= now) =>
            {
                places.insert(index, (owner, expires));
                true
            }
            _ => false,
        }
    }

    /// A probe gives its place back: one that proved something only while its
    /// lease is its own and not over.
    fn give_back(&mut self, probe: &Running, proof: Proof, now: Ms) -> bool {
        let current = probe.granted.epoch.0 == self.epoch;
        let Stand::HalfOpen(way) = &mut self.stand else {
            return false;
        };
        let in_time = |(holder, expires): &(u128, Ms)| {
            *holder == probe.owner && (proof == Proof::None || now < *expires)
        };
        if !current || !way.places.get(&probe.index).is_some_and(in_time) {
            return false;
        }
        way.places.remove(&probe.index);
        match proof {
            Proof::Success => way.successes += 1,
            Proof::Failure => way.failures += 1,
            Proof::None => {}
        }
        true
    }

    /// Whether a probe's failure is outweighed by what others found.
    fn outweighs_a_failure(&self) -> bool {
        matches!(&self.stand, Stand::HalfOpen(way) if way.successes > way.failures)
    }

    /// A failed probe opens the circuit again, if its lease is still its own.
    fn reopen(&mut self, probe: &Running, now: Ms, until: Ms) -> bool {
        let Stand::HalfOpen(way) = &self.stand else {
            return false;
        };
        let held = way
            .places
            .get(&probe.index)
            .is_some_and(|(holder, expires)| *holder == probe.owner && now < *expires);
        if probe.granted.epoch.0 != self.epoch || !held {
            return false;
        }
        self.stand = Stand::Open {
            since: now,
            opened: way.opened,
            until,
            reopens: way.reopens + 1,
            doubt: way.doubt,
        };
        self.epoch += 1;
        true
    }

    /// A report tells that there is trouble, or no more.
    fn suspect(&mut self, suspicion: Option<Suspicion>) {
        let (Stand::New { suspected } | Stand::Closed { suspected, .. }) = &mut self.stand else {
            return;
        };
        *suspected = match (suspicion, *suspected) {
            (Some(Suspicion::Raised(at)), None) => Some(at.as_unix_ms() - NOON),
            (Some(Suspicion::Cleared), _) => None,
            (Some(Suspicion::Raised(_)) | None, before) => before,
        };
    }

    fn set_override(&mut self, placed: Option<(OverrideMode, Ms)>, now: Ms) {
        self.epoch += 1;
        self.placed = placed;
        if let Some((OverrideMode::ForceClosed, _)) = placed {
            self.stand = Stand::Closed {
                since: now,
                opened: now,
                doubt: 0,
                suspected: None,
            };
            return;
        }
        // What was found in the epoch before is void.
        match &mut self.stand {
            Stand::New { suspected } | Stand::Closed { suspected, .. } => *suspected = None,
            Stand::Open { .. } => {}
            Stand::HalfOpen(way) => {
                way.successes = 0;
                way.failures = 0;
                way.places.clear();
            }
        }
    }

    /// What can be seen of a record.
    fn of(record: &Record) -> Self {
        let ms = |at: Timestamp| at.as_unix_ms().saturating_sub(NOON);
        Self {
            epoch: record.epoch.0,
            stand: match &record.phase {
                Phase::Closed {
                    since, suspected, ..
                } if *since == Timestamp::default() => Stand::New {
                    suspected: suspected.map(ms),
                },
                Phase::Closed {
                    since,
                    opened,
                    doubt,
                    suspected,
                } => Stand::Closed {
                    since: ms(*since),
                    opened: ms(*opened),
                    doubt: *doubt,
                    suspected: suspected.map(ms),
                },
                Phase::Open {
                    since,
                    opened,
                    until,
                    reopens,
                    doubt,
                } => Stand::Open {
                    since: ms(*since),
                    opened: ms(*opened),
                    until: ms(*until),
                    reopens: *reopens,
                    doubt: *doubt,
                },
                Phase::HalfOpen {
                    since: _,
                    opened,
                    reopens,
                    doubt,
                    successes,
                    failures,
                    leases,
                } => {
                    let places = leases.iter();
                    let places = places
                        .map(|(index, lease)| (*index, (lease.owner.0, ms(lease.expires))))
                        .collect();
                    Stand::HalfOpen(Way {
                        opened: ms(*opened),
                        reopens: *reopens,
                        doubt: *doubt,
                        successes: *successes,
                        failures: *failures,
                        places,
                    })
                }
            },
            placed: record
                .standing_override
                .as_ref()
                .map(|placed| (placed.mode, ms(placed.expires))),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Answer {
    Pass,
    PassUnseen,
    Probe,
    Refuse(RejectionReason),
}

impl Answer {
    fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Admit(Measure::Counted(_)) => Self::Pass,
            Decision::Admit(Measure::Ignored) => Self::PassUnseen,
            Decision::Probe => Self::Probe,
            Decision::Reject(rejection) => Self::Refuse(rejection.reason),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn real(number: u64) -> f64 {
    number as f64
}

/// The bounds of an open time, in milliseconds: grown, spread both ways, and
/// not shorter than the dependency asked for, as far as the longest allows.
fn open_bounds(policy: &Policy, reopens: u32, asked: Option<Ms>) -> (f64, f64) {
    let longest = policy.open_for_max.as_secs_f64() * 1_000.0;
    let mut grown = policy.open_for.as_secs_f64() * 1_000.0;
    for _ in 0..reopens {
        grown = (grown * policy.open_growth).min(longest);
    }
    let asked = real(asked.unwrap_or(0)).min(longest);
    let low = (grown * (1.0 - policy.open_jitter)).max(asked);
    let high = (grown * (1.0 + policy.open_jitter)).max(asked);
    (low - 1.0, high + 1.0)
}

/// One thing that happens somewhere in the fleet. A `view` is how many versions
/// old what is known there is; a `skew` is how far the clock is off.
#[derive(Debug, Clone)]
enum Event {
    Wait(Ms),
    Arrive {
        view: usize,
        skew: i64,
        chance: f64,
    },
    End {
        which: usize,
        view: usize,
        how: How,
        skew: i64,
        opening: (f64, Option<Ms>),
    },
    Report {
        view: usize,
        counts: Counts,
        ago: Ms,
        /// Whether it tells of many calls that arrived.
        is_busy: bool,
        /// Whether it raises or clears a suspicion.
        raises: Option<bool>,
    },
    Look {
        view: usize,
        ahead: Ms,
        opening: (f64, Option<Ms>),
    },
    Override {
        placed: Option<(OverrideMode, Ms)>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum How {
    Well,
    Badly,
    SayingNothing,
}

/// What the record is told of a probe.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Proof {
    Success,
    Failure,
    None,
}

fn event() -> impl Strategy<Value = Event> {
    let view = || prop_oneof![3 => Just(0_usize), 1 => 0_usize..4];
    let skew = || -500_i64..=500;
    let opening = || (0.0..1.0, proptest::option::weighted(0.1, 0_u64..120_000));
    let how = prop_oneof![
        6 => Just(How::Well), 2 => Just(How::Badly), 1 => Just(How::SayingNothing)
    ];
    let raises = proptest::option::of(proptest::bool::weighted(0.8));
    let mode = prop_oneof![
        Just(OverrideMode::ForceOpen),
        Just(OverrideMode::ForceClosed),
        Just(OverrideMode::Shadow)
    ];
    prop_oneof![
        4 => prop_oneof![9 => 1_u64..2_000, 9 => 1_u64..30_000, 1 => 1_u64..700_000]
            .prop_map(Event::Wait),
        8 => (view(), skew(), 0.0..1.0)
            .prop_map(|(view, skew, chance)| Event::Arrive { view, skew, chance }),
        8 => (any::<usize>(), view(), how, skew(), opening()).prop_map(
            |(which, view, how, skew, opening)| Event::End { which, view, how, skew, opening }
        ),
        5 => (view(), counts(), 0_u64..3_000, proptest::bool::weighted(0.05), raises).prop_map(
            |(view, counts, ago, is_busy, raises)| Event::Report { view, counts, ago, is_busy, raises }
        ),
        4 => (view(), 0_u64..=500, opening())
            .prop_map(|(view, ahead, opening)| Event::Look { view, ahead, opening }),
        1 => proptest::option::weighted(0.8, (mode, 1_u64..60_000))
            .prop_map(|placed| Event::Override { placed }),
    ]
}

prop_compose! {
    fn policy()(
        max_probes in 1_u32..4,
        successes_to_close in 1_u32..4,
        open_growth in 1.0..4.0,
        open_jitter in 0.0..0.5,
        open_for_max in 5_u64..90,
        ramp_from in 0.01..1.0,
    ) -> Policy {
        Policy {
            max_probes,
            successes_to_close,
            open_growth,
            open_jitter,
            open_for_max: Duration::from_secs(open_for_max),
            ramp_from,
            ..Policy::default()
        }
    }
}

struct Running {
    granted: Record,
    index: LeaseIndex,
    owner: u128,
}

/// The record and the reference, side by side, in all versions there ever were.
struct World {
    policy: Policy,
    now: Ms,
    history: Vec<(Record, Reference)>,
    running: Vec<Running>,
    owners: u128,
}

impl World {
    fn new(policy: Policy) -> Self {
        Self {
            policy,
            now: 60_000,
            history: vec![(Record::default(), Reference::NEW)],
            running: Vec::new(),
            owners: 0,
        }
    }

    fn newest(&self) -> (Record, Reference) {
        self.history[self.history.len() - 1].clone()
    }

    fn view(&self, back: usize) -> (Record, Reference) {
        self.history[self.history.len().saturating_sub(1 + back)].clone()
    }

    /// Applies a change as a store does, and holds what came of it against what
    /// the reference did.
    fn apply(&mut self, known: Epoch, change: &Change, now: Ms, did: bool, expected: Reference) {
        let (stored, _) = self.newest();
        let applied = stored.apply(known, change, at(now));
        assert_eq!(applied.is_ok(), did, "{change:?} on {stored:?}");
        let after = applied.unwrap_or_else(|conflict| {
            assert_eq!(*conflict.current, stored, "a refusal shows what there is");
            stored.clone()
        });
        if let Some(event) = stored.event_of(change, at(now)).filter(|_| did) {
            assert_eq!(event.epoch, after.epoch);
        }
        let is_another = match change {
            Change::Transition { to, .. } => match to {
                Phase::Closed { .. } => false,
                Phase::Open { reopens, .. } | Phase::HalfOpen { reopens, .. } => *reopens > 0,
            },
            _ => false,
        };
        let is_told = after.epoch > stored.epoch && !is_another;
        if did {
            assert_eq!(stored.event_of(change, at(now)).is_some(), is_told);
        }
        if let (Phase::HalfOpen { since: before, .. }, Phase::HalfOpen { since, .. }) =
            (&stored.phase, &after.phase)
        {
            assert_eq!(before, since, "the way back began when it began");
        }
        self.history.push((after, expected));
    }

    fn local(&self, skew: i64) -> Ms {
        self.now.saturating_add_signed(skew)
    }

    fn happen(&mut self, event: &Event) {
        match *event {
            Event::Wait(ms) => self.now += ms,
            Event::Arrive { view, skew, chance } => self.arrive(view, self.local(skew), chance),
            Event::End {
                which,
                view,
                how,
                skew,
                opening,
            } => {
                if !self.running.is_empty() {
                    let probe = self.running.swap_remove(which % self.running.len());
                    self.end(&probe, view, how, self.local(skew), opening);
                }
            }
            Event::Report {
                view,
                counts,
                ago,
                is_busy,
                raises,
            } => {
                self.report(view, (counts, ago), is_busy, raises);
            }
            Event::Look {
                view,
                ahead,
                opening,
            } => self.look(view, self.now + ahead, opening),
            Event::Override { placed } => self.set_override(placed),
        }
        self.check();
    }

    fn arrive(&mut self, view: usize, now: Ms, chance: f64) {
        let (record, reference) = self.view(view);
        let decision = record.decide(&self.policy, at(now), chance);
        let expected = reference.answer(&self.policy, now, chance);
        assert_eq!(Answer::of(&decision), expected, "{record:?} at {now}");
        assert_eq!(record.effective_state(at(now)), reference.state(now));
        if let Decision::Reject(rejection) = decision {
            assert!(rejection.retry_at >= at(now), "it points into the past");
            assert_eq!(rejection.state, reference.state(now));
        }
        if decision != Decision::Probe {
            return;
        }
        self.owners += 1;
        let owner = self.owners;
        let plan = record.plan_probe(&self.policy, at(now), LeaseOwner(owner));
        let plan = plan.expect("a call that may probe can have a place");
        assert!(u32::from(plan.index) < self.policy.max_probes);
        let expires = now + u64::try_from(self.policy.lease_for.as_millis()).unwrap();
        let mut next = self.newest().1;
        let did = next.lease(reference.epoch, plan.index, owner, now, expires);
        self.apply(record.epoch, &plan.change, now, did, next);
        if did {
            let granted = self.newest().0;
            let index = plan.index;
            self.running.push(Running {
                granted,
                index,
                owner,
            });
        }
    }

    fn opening((jitter, retry_after): (f64, Option<Ms>)) -> Opening {
        Opening {
            jitter,
            retry_after: retry_after.map(Duration::from_millis),
        }
    }

    /// Holds an open time against its bounds, and gives its end.
    fn opened(&self, change: &Change, now: Ms, reopens: u32, asked: Option<Ms>) -> Ms {
        let Change::Transition {
            to: Phase::Open { until, .. },
            ..
        } = change
        else {
            panic!("it must open: {change:?}");
        };
        let until = until.as_unix_ms() - NOON;
        let (low, high) = open_bounds(&self.policy, reopens, asked);
        let open_for = real(until - now);
        assert!(
            low <= open_for && open_for <= high,
            "{low} {open_for} {high}"
        );
        until
    }

    fn end(&mut self, probe: &Running, view: usize, how: How, now: Ms, opening: (f64, Option<Ms>)) {
        let mut next = self.newest().1;
        let (index, owner) = (probe.index, LeaseOwner(probe.owner));
        let (change, did) = match how {
            How::Well => {
                let change = Change::ProbeSucceeded { index, owner };
                (change, next.give_back(probe, Proof::Success, now))
            }
            How::SayingNothing => {
                let change = Change::ReleaseLease { index, owner };
                (change, next.give_back(probe, Proof::None, now))
            }
            How::Badly => {
                // What is known by now counts, unless it is of another epoch.
                let (record, reference) = self.view(view);
                let of_this = record.epoch == probe.granted.epoch;
                let basis = if of_this { &record } else { &probe.granted };
                let plan = Self::opening(opening);
                let change = basis.probe_failed(index, owner, &self.policy, at(now), plan);
                let outweighed = if of_this {
                    reference.outweighs_a_failure()
                } else {
                    Reference::of(&probe.granted).outweighs_a_failure()
                };
                // Whoever asks to be left alone is left alone all the same.
                if outweighed && opening.1.is_none() {
                    assert_eq!(change, Change::ProbeFailed { index, owner });
                    (change, next.give_back(probe, Proof::Failure, now))
                } else {
                    let Stand::HalfOpen(way) = Reference::of(&probe.granted).stand else {
                        panic!("a lease is given in half open only");
                    };
                    let until = self.opened(&change, now, way.reopens + 1, opening.1);
                    (change, next.reopen(probe, now, until))
                }
            }
        };
        self.apply(probe.granted.epoch, &change, now, did, next);
    }

    fn report(
        &mut self,
        view: usize,
        (counts, ago): (Counts, Ms),
        is_busy: bool,
        raises: Option<bool>,
    ) {
        let (known, _) = self.view(view);
        let (stored, mut reference) = self.newest();
        let ended = at(self.now - ago);
        let slot = Slot::at(ended, &self.policy);
        let suspicion = raises.map(|raises| {
            if raises {
                Suspicion::Raised(at(self.now))
            } else {
                Suspicion::Cleared
            }
        });
        let heartbeats = is_busy.then(|| {
            let told = Heartbeats {
                arrivals: 200,
                ..Heartbeats::default()
            };
            (TrafficSlot::at(at(self.now)), told)
        });
        let change = Change::Report(Report {
            heartbeats,
            tally: BTreeMap::from([(slot, counts)]),
            stale: known.stale_evidence(&self.policy, at(self.now)),
            suspicion,
            ..Report::default()
        });
        let did = known.epoch == stored.epoch;
        if did {
            reference.suspect(suspicion);
        }
        self.apply(known.epoch, &change, self.now, did, reference);
        if did {
            let key = |record: &Record| {
                let mut counted = Counts::default();
                for (key, counts) in &record.evidence.0 {
                    if key.slot == slot && key.epoch == record.epoch {
                        counted.add(*counts);
                    }
                }
                counted
            };
            let mut expected = key(&stored);
            expected.add(counts);
            assert_eq!(key(&self.newest().0), expected, "reports add up");
        }
    }

    fn look(&mut self, view: usize, now: Ms, opening: (f64, Option<Ms>)) {
        let (record, reference) = self.view(view);
        let due = record.due(&self.policy, at(now), Self::opening(opening));
        let mut next = self.newest().1;
        let current = reference.epoch == next.epoch;
        match reference.stand {
            Stand::New { .. } | Stand::Closed { .. } => {
                match verdict(&record, &self.policy, at(now)) {
                    None => {}
                    Some(expected) => {
                        assert_eq!(Verdict::told(due.as_ref()), expected);
                        let (Some(change), Verdict::Opens(_, doubt)) = (due, expected) else {
                            return;
                        };
                        let until = self.opened(&change, now, 0, opening.1);
                        if current {
                            next.stand = Stand::Open {
                                since: now,
                                opened: now,
                                until,
                                reopens: 0,
                                doubt,
                            };
                            next.epoch += 1;
                        }
                        self.apply(record.epoch, &change, now, current, next);
                    }
                }
            }
            Stand::Open { .. } => assert_eq!(due, None),
            Stand::HalfOpen(way) => {
                let is_thin = is_thin(&record, at(now));
                assert_eq!(due.is_some(), way.is_done(&self.policy, is_thin), "{way:?}");
                let Some(change) = due else { return };
                // A failure that came in between counts.
                let holds = matches!(&next.stand, Stand::HalfOpen(newest)
                    if current && newest.failures == way.failures);
                if holds {
                    next.stand = Stand::Closed {
                        since: now,
                        opened: way.opened,
                        doubt: way.doubt,
                        suspected: None,
                    };
                    next.epoch += 1;
                }
                self.apply(record.epoch, &change, now, holds, next);
            }
        }
    }

    fn set_override(&mut self, placed: Option<(OverrideMode, Ms)>) {
        let (stored, mut next) = self.newest();
        let placed = placed.map(|(mode, for_ms)| (mode, self.now + for_ms));
        next.set_override(placed, self.now);
        let actor = "operator".to_owned();
        let change = match placed {
            Some((mode, expires)) => Change::PlaceOverride(Override {
                mode,
                reason: "drill".to_owned(),
                actor,
                expires: at(expires),
            }),
            None => Change::WithdrawOverride { actor },
        };
        self.apply(stored.epoch, &change, self.now, true, next);
    }

    fn check(&self) {
        let (record, reference) = self.newest();
        assert_eq!(Reference::of(&record), reference);
        let foreign = record
            .evidence
            .0
            .keys()
            .find(|key| key.epoch != record.epoch);
        assert_eq!(foreign, None, "evidence outlived its epoch");
        if let Stand::HalfOpen(way) = &reference.stand {
            let unexpired = way
                .places
                .values()
                .filter(|(_, expires)| *expires > self.now);
            assert!(unexpired.count() <= usize::try_from(self.policy.max_probes).unwrap());
        }
        let share = record.ramp(&self.policy, at(self.now));
        let expected = reference.share(&self.policy, self.now);
        let closed = matches!(reference.stand, Stand::New { .. } | Stand::Closed { .. });
        assert!(
            !closed || (share - expected).abs() < 1e-9,
            "{share} {expected}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn the_record_follows_the_rules_whatever_happens(
        policy in policy(),
        events in proptest::collection::vec(event(), 1..250),
    ) {
        prop_assert_eq!(policy.check(), Ok(()));
        let mut world = World::new(policy);
        for event in &events {
            world.happen(event);
        }
        let epochs = world.history.iter().map(|(record, _)| record.epoch);
        prop_assert!(epochs.is_sorted());
    }

    #[test]
    fn it_closes_once_successes_outweigh_failures_by_enough(
        successes_to_close in 1_u32..4,
        doubt in 0_u32..4,
        successes in 0_u32..20,
        failures in 0_u32..4,
        arrivals in proptest::option::of(0_u64..100),
    ) {
        let policy = Policy { successes_to_close, ..Policy::default() };
        let mut record = Record {
            phase: Phase::HalfOpen {
                since: at(1_000),
                opened: at(0),
                reopens: 0,
                doubt,
                successes,
                failures,
                leases: BTreeMap::new(),
            },
            ..Record::default()
        };
        if let Some(arrivals) = arrivals {
            let told = Heartbeats { arrivals, ..Heartbeats::default() };
            record.traffic.add(TrafficSlot::at(at(2_000)), told);
        }
        let Stand::HalfOpen(way) = Reference::of(&record).stand else {
            panic!("it is half open");
        };
        let due = record.due(&policy, at(2_000), World::opening((0.5, None)));
        let is_done = way.is_done(&policy, is_thin(&record, at(2_000)));
        prop_assert_eq!(due.is_some(), is_done, "{:?}", record);
    }

    #[test]
    fn an_override_ends_when_it_expires(
        policy in policy(),
        events in proptest::collection::vec(event(), 1..60),
    ) {
        let mut world = World::new(policy);
        for event in &events {
            world.happen(event);
        }
        let (record, _) = world.newest();
        let later = world.now + 60_000;
        prop_assert_eq!(record.effective_state(at(later)), record.state(at(later)));
    }
}

/// How often what happens, so that the sequences are known to be worth
/// something.
#[test]
fn the_histories_go_everywhere() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut states: BTreeMap<&str, u32> = BTreeMap::new();
    let mut moves: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let mut outweighed = 0;
    let mut closed_despite = 0;
    let mut closed_in_doubt = 0;
    let mut suspected = 0;
    for _ in 0..600 {
        let tree = (policy(), proptest::collection::vec(event(), 200..300))
            .new_tree(&mut runner)
            .unwrap();
        let (policy, events) = tree.current();
        let mut world = World::new(policy);
        for event in &events {
            world.happen(event);
            let (record, _) = world.newest();
            let state = record.effective_state(at(world.now)).as_str();
            *states.entry(state).or_default() += 1;
        }
        for pair in world.history.windows(2) {
            let name = |record: &Record| match record.phase {
                Phase::Closed { .. } => "closed",
                Phase::Open { .. } => "open",
                Phase::HalfOpen { .. } => "half open",
            };
            let between = (name(&pair[0].0), name(&pair[1].0));
            *moves.entry(between).or_default() += 1;
            let failed = |record: &Record| match record.phase {
                Phase::HalfOpen { failures, .. } => failures,
                Phase::Closed { .. } | Phase::Open { .. } => 0,
            };
            outweighed += u32::from(failed(&pair[1].0) > failed(&pair[0].0));
            if between == ("half open", "closed") && pair[1].0.standing_override.is_none() {
                closed_despite += u32::from(failed(&pair[0].0) > 0);
                let in_doubt = matches!(pair[1].0.phase, Phase::Closed { doubt: 1.., .. });
                closed_in_doubt += u32::from(in_doubt);
            }
            suspected += u32::from(pair[1].0.suspected().is_some());
        }
    }
    println!("{states:?} {moves:?}");
    println!("{outweighed} {closed_despite} {closed_in_doubt} {suspected}");
    assert!(outweighed > 20 && closed_despite > 3 && closed_in_doubt > 5 && suspected > 100);
    for state in [
        "closed",
        "open",
        "half_open",
        "forced_open",
        "forced_closed",
        "shadow",
    ] {
        assert!(
            states.get(state).is_some_and(|count| *count > 100),
            "{state}: {states:?}"
        );
    }
    for between in [
        ("closed", "open"),
        ("open", "half open"),
        ("half open", "open"),
        ("half open", "closed"),
    ] {
        assert!(
            moves.get(&between).is_some_and(|count| *count > 20),
            "{between:?}: {moves:?}"
        );
    }
}
