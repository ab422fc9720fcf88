//! The record's rules, written down a second time and held against the first.
//!
//! The reference knows a circuit as its rules put it: what state it is in, who
//! has which lease, which order stands. It was written from the rules, not from
//! the code, and shares none of it but the names and the judgement of evidence,
//! which has a [second reckoning](crate::likelihood) of its own.

use std::{collections::BTreeMap, time::Duration};

use breaker_core::{
    Change, Decision, Override, OverrideMode, Policy, Record, RejectionReason, State, Timestamp,
    protocol::{Counts, Epoch, LeaseOwner, LeaseSlot, Measure, Opening, Phase, Report, Slot},
};
use proptest::prelude::*;

use crate::likelihood::{Verdict, verdict};

const NOON: u64 = 1_700_000_000_000;

/// Time in milliseconds since noon; before noon nothing happens.
type Ms = u64;

fn at(ms: Ms) -> Timestamp {
    Timestamp::from_unix_ms(NOON + ms)
}

#[derive(Debug, Clone, PartialEq)]
enum Stand {
    /// Since when, unless nobody has ever written anything.
    Closed(Option<Ms>),
    /// Since when, until when, after how many failed recoveries.
    Open(Ms, Ms, u32),
    /// After how many failed recoveries; successes; who has which place until
    /// when.
    HalfOpen(u32, u32, BTreeMap<LeaseSlot, (u128, Ms)>),
}

/// A circuit, as its rules put it.
#[derive(Debug, Clone, PartialEq)]
struct Reference {
    epoch: u64,
    stand: Stand,
    order: Option<(OverrideMode, Ms)>,
}

impl Reference {
    const NEW: Self = Self {
        epoch: 0,
        stand: Stand::Closed(None),
        order: None,
    };

    fn state(&self, now: Ms) -> State {
        match (&self.order, &self.stand) {
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
            Stand::Closed(_) => State::Closed,
            Stand::Open(_, until, _) if now < *until => State::Open,
            Stand::Open(..) | Stand::HalfOpen(..) => State::HalfOpen,
        }
    }

    /// The share of calls that a closed circuit admits.
    fn share(&self, policy: &Policy, now: Ms) -> f64 {
        let Stand::Closed(Some(since)) = self.stand else {
            return 1.0;
        };
        let ramp = policy.ramp_for.as_secs_f64() * 1_000.0;
        let elapsed = real(now.saturating_sub(since));
        (policy.ramp_from + (1.0 - policy.ramp_from) * elapsed / ramp).min(1.0)
    }

    fn has_room(&self, policy: &Policy, now: Ms) -> bool {
        match &self.stand {
            Stand::Closed(_) => false,
            Stand::Open(_, until, _) => *until <= now,
            Stand::HalfOpen(_, _, places) => {
                let taken = places
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
    fn lease(&mut self, known: u64, slot: LeaseSlot, owner: u128, now: Ms, expires: Ms) -> bool {
        if known != self.epoch {
            return false;
        }
        match &mut self.stand {
            Stand::Open(_, until, reopens) if *until <= now => {
                let places = BTreeMap::from([(slot, (owner, expires))]);
                self.stand = Stand::HalfOpen(*reopens, 0, places);
                self.epoch += 1;
                true
            }
            Stand::HalfOpen(_, _, places)
                if places.get(&slot).is_none_or(|(_, until)| *until <= now) =>
            {
                places.insert(slot, (owner, expires));
                true
            }
            _ => false,
        }
    }

    /// A probe that succeeded, or proved nothing, gives its place back.
    fn give_back(&mut self, epoch: u64, slot: LeaseSlot, owner: u128, won_at: Option<Ms>) -> bool {
        let current = epoch == self.epoch;
        let Stand::HalfOpen(_, successes, places) = &mut self.stand else {
            return false;
        };
        let in_time = |(holder, expires): &(u128, Ms)| {
            *holder == owner && won_at.is_none_or(|now| now < *expires)
        };
        if !current || !places.get(&slot).is_some_and(in_time) {
            return false;
        }
        places.remove(&slot);
        *successes += u32::from(won_at.is_some());
        true
    }

    /// A failed probe opens the circuit again, if its lease is still its own.
    fn reopen(&mut self, epoch: u64, slot: LeaseSlot, owner: u128, now: Ms, until: Ms) -> bool {
        let Stand::HalfOpen(reopens, _, places) = &self.stand else {
            return false;
        };
        let held = places
            .get(&slot)
            .is_some_and(|(holder, expires)| *holder == owner && now < *expires);
        if epoch != self.epoch || !held {
            return false;
        }
        self.stand = Stand::Open(now, until, reopens + 1);
        self.epoch += 1;
        true
    }

    fn obey(&mut self, order: Option<(OverrideMode, Ms)>, now: Ms) {
        self.epoch += 1;
        self.order = order;
        if let Some((OverrideMode::ForceClosed, _)) = order {
            self.stand = Stand::Closed(Some(now));
        } else if let Stand::HalfOpen(_, successes, places) = &mut self.stand {
            *successes = 0;
            places.clear();
        }
    }

    /// What can be seen of a record.
    fn of(record: &Record) -> Self {
        let ms = |at: Timestamp| at.as_unix_ms().saturating_sub(NOON);
        Self {
            epoch: record.epoch.0,
            stand: match &record.phase {
                Phase::Closed { since } if *since == Timestamp::default() => Stand::Closed(None),
                Phase::Closed { since } => Stand::Closed(Some(ms(*since))),
                Phase::Open {
                    since,
                    until,
                    reopens,
                } => Stand::Open(ms(*since), ms(*until), *reopens),
                Phase::HalfOpen {
                    reopens,
                    successes,
                    leases,
                    ..
                } => {
                    let places = leases.iter();
                    let places = places
                        .map(|(slot, lease)| (*slot, (lease.owner.0, ms(lease.expires))))
                        .collect();
                    Stand::HalfOpen(*reopens, *successes, places)
                }
            },
            order: record
                .standing_override
                .as_ref()
                .map(|order| (order.mode, ms(order.expires))),
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
        how: How,
        skew: i64,
        opening: (f64, Option<Ms>),
    },
    Report {
        view: usize,
        calls: u64,
        failures: u64,
        ago: Ms,
    },
    Look {
        view: usize,
        ahead: Ms,
        opening: (f64, Option<Ms>),
    },
    Order {
        order: Option<(OverrideMode, Ms)>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum How {
    Well,
    Badly,
    SayingNothing,
}

fn event() -> impl Strategy<Value = Event> {
    let view = || prop_oneof![3 => Just(0_usize), 1 => 0_usize..4];
    let skew = || -500_i64..=500;
    let opening = || (0.0..1.0, proptest::option::weighted(0.3, 0_u64..120_000));
    let how = prop_oneof![
        4 => Just(How::Well), 2 => Just(How::Badly), 1 => Just(How::SayingNothing)
    ];
    let mode = prop_oneof![
        Just(OverrideMode::ForceOpen),
        Just(OverrideMode::ForceClosed),
        Just(OverrideMode::Shadow)
    ];
    prop_oneof![
        4 => prop_oneof![1_u64..2_000, 1_u64..30_000].prop_map(Event::Wait),
        6 => (view(), skew(), 0.0..1.0)
            .prop_map(|(view, skew, chance)| Event::Arrive { view, skew, chance }),
        5 => (any::<usize>(), how, skew(), opening())
            .prop_map(|(which, how, skew, opening)| Event::End { which, how, skew, opening }),
        3 => (view(), 1_u64..30, 0_u64..30, 0_u64..3_000).prop_map(|(view, calls, failures, ago)| {
            Event::Report { view, calls, failures: failures.min(calls), ago }
        }),
        4 => (view(), 0_u64..=500, opening())
            .prop_map(|(view, ahead, opening)| Event::Look { view, ahead, opening }),
        1 => proptest::option::weighted(0.8, (mode, 1_u64..60_000))
            .prop_map(|order| Event::Order { order }),
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
    slot: LeaseSlot,
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
                how,
                skew,
                opening,
            } => {
                if !self.running.is_empty() {
                    let probe = self.running.swap_remove(which % self.running.len());
                    self.end(&probe, how, self.local(skew), opening);
                }
            }
            Event::Report {
                view,
                calls,
                failures,
                ago,
            } => {
                self.report(view, calls, failures, ago);
            }
            Event::Look {
                view,
                ahead,
                opening,
            } => self.look(view, self.now + ahead, opening),
            Event::Order { order } => self.order(order),
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
        assert!(u32::from(plan.slot) < self.policy.max_probes);
        let expires = now + u64::try_from(self.policy.lease_for.as_millis()).unwrap();
        let mut next = self.newest().1;
        let did = next.lease(reference.epoch, plan.slot, owner, now, expires);
        self.apply(record.epoch, &plan.change, now, did, next);
        if did {
            let granted = self.newest().0;
            let slot = plan.slot;
            self.running.push(Running {
                granted,
                slot,
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

    fn end(&mut self, probe: &Running, how: How, now: Ms, opening: (f64, Option<Ms>)) {
        let mut next = self.newest().1;
        let (slot, owner, epoch) = (probe.slot, probe.owner, probe.granted.epoch);
        let holder = LeaseOwner(owner);
        let (change, did) = match how {
            How::Well => {
                let change = Change::ProbeSucceeded {
                    slot,
                    owner: holder,
                };
                (change, next.give_back(epoch.0, slot, owner, Some(now)))
            }
            How::SayingNothing => {
                let change = Change::ReleaseLease {
                    slot,
                    owner: holder,
                };
                (change, next.give_back(epoch.0, slot, owner, None))
            }
            How::Badly => {
                let plan = Self::opening(opening);
                let change = probe
                    .granted
                    .reopen(slot, holder, &self.policy, at(now), plan);
                let Stand::HalfOpen(reopens, ..) = Reference::of(&probe.granted).stand else {
                    panic!("a lease is given in half open only");
                };
                let until = self.opened(&change, now, reopens + 1, opening.1);
                (change, next.reopen(epoch.0, slot, owner, now, until))
            }
        };
        self.apply(epoch, &change, now, did, next);
    }

    fn report(&mut self, view: usize, calls: u64, failures: u64, ago: Ms) {
        let (known, _) = self.view(view);
        let (stored, reference) = self.newest();
        let ended = at(self.now - ago);
        let slot = Slot::at(ended, &self.policy);
        let counts = Counts {
            calls,
            failures,
            slow: 0,
        };
        let change = Change::Report(Report {
            tally: BTreeMap::from([(slot, counts)]),
            stale: known
                .evidence
                .stale_keys(known.epoch, &self.policy, at(self.now)),
            ..Report::default()
        });
        let did = known.epoch == stored.epoch;
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
            Stand::Closed(_) => match verdict(&record, &self.policy, at(now)) {
                None => {}
                Some(expected) => {
                    assert_eq!(Verdict::told(due.as_ref()), expected);
                    let Some(change) = due else { return };
                    let until = self.opened(&change, now, 0, opening.1);
                    if current {
                        next.stand = Stand::Open(now, until, 0);
                        next.epoch += 1;
                    }
                    self.apply(record.epoch, &change, now, current, next);
                }
            },
            Stand::Open(..) => assert_eq!(due, None),
            Stand::HalfOpen(_, successes, _) => {
                let enough = successes >= self.policy.successes_to_close;
                assert_eq!(due.is_some(), enough, "{successes} successes");
                let Some(change) = due else { return };
                if current {
                    next.stand = Stand::Closed(Some(now));
                    next.epoch += 1;
                }
                self.apply(record.epoch, &change, now, current, next);
            }
        }
    }

    fn order(&mut self, order: Option<(OverrideMode, Ms)>) {
        let (stored, mut next) = self.newest();
        let order = order.map(|(mode, for_ms)| (mode, self.now + for_ms));
        next.obey(order, self.now);
        let change = Change::Order {
            order: order.map(|(mode, expires)| Override {
                mode,
                reason: "drill".to_owned(),
                actor: "operator".to_owned(),
                expires: at(expires),
            }),
            actor: "operator".to_owned(),
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
        if let Stand::HalfOpen(_, _, places) = &reference.stand {
            let unexpired = places.values().filter(|(_, expires)| *expires > self.now);
            assert!(unexpired.count() <= usize::try_from(self.policy.max_probes).unwrap());
        }
        let share = record.ramp(&self.policy, at(self.now));
        let expected = reference.share(&self.policy, self.now);
        let closed = matches!(reference.stand, Stand::Closed(_));
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
        events in proptest::collection::vec(event(), 1..150),
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
    fn an_order_ends_when_it_expires(
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
    for _ in 0..300 {
        let tree = (policy(), proptest::collection::vec(event(), 100..150))
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
        }
    }
    println!("{states:?} {moves:?}");
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
