//! Several processes over one store, with everything that can be lost: nothing
//! stays stuck, and nothing is counted twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use breaker_core::{
    Change, Outcome, Override, OverrideMode, Permit, Policy, Record, StoreError, Timestamp,
    member::{
        Admission, AdmissionRequest, Member, Operation, OverrideRequest, OverrideStep,
        ReportRequest, Seeded,
    },
    protocol::{Phase, TransitionEvent},
};
use proptest::prelude::*;

const NOON: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Answered,
    /// The request is lost.
    Lost,
    /// It is done, the answer is lost.
    DoneInVain,
    Throttled,
    Refused,
    Contended,
    Unreadable,
    /// A read shows an earlier version.
    Stale(usize),
}

#[derive(Debug, Clone)]
enum Event {
    Wait(u64),
    /// A call comes to a process.
    Begin(usize),
    /// A request is seen to.
    See(usize, Fate),
    /// There is no time for what was to be asked.
    Decline(usize),
    /// Another call asked meanwhile.
    Reconsider(usize),
    /// A request is forgotten, with the call that waits for it.
    Forget(usize),
    /// A call ends.
    End(usize, Outcome),
    /// A call is dropped.
    Drop(usize),
    /// A process starts again.
    Restart(usize),
    /// A call comes, goes well and is told of, with nothing in between.
    Whole(usize),
    /// An operator places an override for so many milliseconds, or withdraws it.
    Override(usize, Option<(OverrideMode, u64)>),
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        12 => Just(Fate::Answered),
        1 => Just(Fate::Lost),
        1 => Just(Fate::DoneInVain),
        1 => Just(Fate::Throttled),
        1 => Just(Fate::Refused),
        1 => Just(Fate::Contended),
        1 => Just(Fate::Unreadable),
        2 => (1_usize..4).prop_map(Fate::Stale),
    ]
}

/// Of so many successes to six that are none.
fn outcome(successes: u32) -> impl Strategy<Value = Outcome> {
    prop_oneof![
        successes => Just(Outcome::Success),
        4 => Just(Outcome::Failure),
        1 => Just(Outcome::Slow),
        1 => Just(Outcome::Ignored),
        1 => (0_u64..100).prop_map(|s| Outcome::RetryAfter(Duration::from_secs(s))),
    ]
}

/// Overrides end before the histories do.
fn wish() -> impl Strategy<Value = Option<(OverrideMode, u64)>> {
    let modes = [
        OverrideMode::ForceOpen,
        OverrideMode::ForceClosed,
        OverrideMode::Shadow,
    ];
    let modes = proptest::sample::select(modes.to_vec());
    proptest::option::weighted(0.7, (modes, 0_u64..4_000))
}

fn event(successes: u32) -> impl Strategy<Value = Event> {
    let which = || 0_usize..1_000;
    let wait = prop_oneof![4 => 0_u64..300, 2 => 0_u64..8_000, 1 => 0_u64..20_000];
    prop_oneof![
        4 => wait.prop_map(Event::Wait),
        12 => which().prop_map(Event::Begin),
        12 => (which(), fate()).prop_map(|(which, fate)| Event::See(which, fate)),
        1 => which().prop_map(Event::Decline),
        1 => which().prop_map(Event::Reconsider),
        1 => which().prop_map(Event::Forget),
        12 => (which(), outcome(successes)).prop_map(|(which, outcome)| Event::End(which, outcome)),
        1 => which().prop_map(Event::Drop),
        1 => which().prop_map(Event::Restart),
        successes / 10 + 1 => which().prop_map(Event::Whole),
        1 => (which(), wish()).prop_map(|(which, wish)| Event::Override(which, wish)),
    ]
}

/// A record, all its versions, and what was told of calls.
struct Store {
    versions: Vec<Record>,
    events: Vec<TransitionEvent>,
    /// By epoch: calls that reports told of.
    told: BTreeMap<u64, u64>,
    /// How many of them were alarms.
    alarms: u64,
    /// Epochs that began with another attempt to recover: nothing tells of them.
    untold: BTreeSet<u64>,
}

impl Store {
    fn record(&self) -> &Record {
        &self.versions[self.versions.len() - 1]
    }

    fn apply(
        &mut self,
        basis: &Arc<Record>,
        change: &Change,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        let next = self.record().apply(basis.epoch, change, now)?;
        self.events.extend(self.record().event_of(change, now));
        if let Change::Report(report) = change {
            let tally = report.tally.values();
            let calls: u64 = tally.map(|counts| counts.calls + counts.alarms).sum();
            *self.told.entry(basis.epoch.0).or_default() += calls;
            let tally = report.tally.values();
            self.alarms += tally.map(|counts| counts.alarms).sum::<u64>();
        }
        if let Change::Transition { to, .. } = change {
            let after_a_failed_one = match to {
                Phase::Closed { .. } => false,
                Phase::Open { reopens, .. } | Phase::HalfOpen { reopens, .. } => *reopens > 0,
            };
            if after_a_failed_one {
                self.untold.insert(next.epoch.0);
            }
        }
        self.versions.push(next.clone());
        Ok(next)
    }

    fn serve(
        &mut self,
        operation: &Operation,
        fate: Fate,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        let lost = || StoreError::NoAnswer("lost".to_owned());
        match fate {
            Fate::Lost => return Err(lost()),
            Fate::Throttled => return Err(StoreError::Throttled),
            Fate::Refused => return Err(StoreError::Refused("forbidden".to_owned())),
            Fate::Unreadable => return Err(StoreError::Unreadable("version 9".to_owned())),
            Fate::Contended if matches!(operation, Operation::Apply { .. }) => {
                return Err(StoreError::Contended);
            }
            Fate::Answered | Fate::DoneInVain | Fate::Contended | Fate::Stale(_) => {}
        }
        let done = match (operation, fate) {
            (Operation::Load(breaker_core::Consistency::Eventual), Fate::Stale(back)) => {
                let newest = self.versions.len() - 1;
                Ok(self.versions[newest.saturating_sub(back)].clone())
            }
            (Operation::Load(_), _) => Ok(self.record().clone()),
            (Operation::Apply { basis, change }, _) => self.apply(basis, change, now),
        };
        if matches!(fate, Fate::DoneInVain) {
            Err(lost())
        } else {
            done
        }
    }
}

/// A call, or an operator, at a process.
struct Call {
    process: usize,
    /// How often the process had started; what an earlier life began is void.
    life: u32,
    stage: Stage,
}

/// What a call waits for.
enum Stage {
    /// The store, before it is decided about.
    Deciding(AdmissionRequest),
    /// The dependency; and the store, beside it. Admitted in an epoch that its
    /// process knew.
    Running(Permit, u64, Option<ReportRequest>),
    /// The store, after it.
    Reporting(ReportRequest),
    /// The store, on behalf of an operator.
    Overriding(OverrideRequest),
}

impl Stage {
    fn operation(&self) -> Option<Operation> {
        match self {
            Self::Deciding(request) => Some(request.operation()),
            Self::Running(_, _, beside) => beside.as_ref().map(ReportRequest::operation),
            Self::Reporting(request) => Some(request.operation()),
            Self::Overriding(request) => Some(request.operation()),
        }
    }
}

/// Quick to open and to come back, so that much happens.
fn policy() -> Policy {
    Policy {
        consecutive_failures: 3,
        rate_margin: 0.3,
        evidence_bound: 2.5,
        window_slots: 2,
        open_for: Duration::from_secs(1),
        open_for_max: Duration::from_secs(10),
        probe_timeout: Duration::from_secs(2),
        lease_for: Duration::from_millis(4_100),
        successes_to_close: 2,
        ..Policy::default()
    }
}

struct World {
    policy: Policy,
    now: Timestamp,
    skews: Vec<i64>,
    members: Vec<(Member, u32)>,
    store: Store,
    calls: Vec<Call>,
    seed: u64,
    /// By epoch: calls that ended and said something.
    ended: BTreeMap<u64, u64>,
}

impl World {
    fn new(skews: Vec<i64>) -> Self {
        let mut world = Self {
            policy: policy(),
            now: NOON,
            members: Vec::new(),
            store: Store {
                versions: vec![Record::default()],
                events: Vec::new(),
                told: BTreeMap::new(),
                alarms: 0,
                untold: BTreeSet::new(),
            },
            calls: Vec::new(),
            seed: 0,
            ended: BTreeMap::new(),
            skews,
        };
        for _ in 0..world.skews.len() {
            let member = world.cold();
            world.members.push((member, 0));
        }
        world
    }

    fn cold(&mut self) -> Member {
        self.seed += 1;
        Member::new(self.policy.clone(), Seeded::new(self.seed)).unwrap()
    }

    fn clock(&self, process: usize) -> Timestamp {
        let ms = self.now.as_unix_ms();
        Timestamp::from_unix_ms(ms.saturating_add_signed(self.skews[process]))
    }

    fn happen(&mut self, event: &Event) {
        match *event {
            Event::Wait(ms) => self.now = self.now + Duration::from_millis(ms),
            Event::Begin(which) => {
                self.begin(which % self.members.len());
            }
            Event::Restart(which) => {
                let process = which % self.members.len();
                let life = self.members[process].1 + 1;
                self.members[process] = (self.cold(), life);
                self.calls.retain(|call| call.process != process);
            }
            Event::Whole(which) => {
                self.healthy_call(which % self.members.len());
            }
            Event::See(which, fate) => self.with_asking(which, |world, call| {
                world.see(call, fate);
            }),
            Event::Decline(which) => self.with_deciding(which, |world, process, life, request| {
                let now = world.clock(process);
                let admission = world.members[process].0.decline(request, now);
                world.decided(process, life, admission);
            }),
            Event::Reconsider(which) => {
                self.with_deciding(which, |world, process, life, request| {
                    let now = world.clock(process);
                    let admission = world.members[process].0.reconsider(request, now);
                    world.decided(process, life, admission);
                });
            }
            Event::Override(which, wish) => self.wish(which % self.members.len(), wish),
            Event::Forget(which) => self.with_asking(which, |_, call| drop(call)),
            Event::End(which, outcome) => self.with_calling(which, |world, call| {
                world.end(call, outcome);
            }),
            Event::Drop(which) => self.with_calling(which, |_, call| drop(call)),
        }
        self.check();
    }

    fn with_asking(&mut self, which: usize, then: impl FnOnce(&mut Self, Call)) {
        self.with(which, |call| call.stage.operation().is_some(), then);
    }

    fn with_deciding(
        &mut self,
        which: usize,
        then: impl FnOnce(&mut Self, usize, u32, AdmissionRequest),
    ) {
        let deciding = |call: &Call| matches!(call.stage, Stage::Deciding(_));
        self.with(which, deciding, |world, call| {
            if let Stage::Deciding(request) = call.stage {
                then(world, call.process, call.life, request);
            }
        });
    }

    fn with_calling(&mut self, which: usize, then: impl FnOnce(&mut Self, Call)) {
        let calling = |call: &Call| matches!(call.stage, Stage::Running(_, _, None));
        self.with(which, calling, then);
    }

    fn with(
        &mut self,
        which: usize,
        wanted: impl Fn(&Call) -> bool,
        then: impl FnOnce(&mut Self, Call),
    ) {
        let found: Vec<usize> = (0..self.calls.len())
            .filter(|index| wanted(&self.calls[*index]))
            .collect();
        if !found.is_empty() {
            let call = self.calls.swap_remove(found[which % found.len()]);
            then(self, call);
        }
    }

    /// Gives what became of the call.
    fn begin(&mut self, process: usize) -> Then {
        let (member, life) = &self.members[process];
        let (admission, life) = (member.begin(self.clock(process)), *life);
        self.decided(process, life, admission)
    }

    fn decided(&mut self, process: usize, life: u32, admission: Admission) -> Then {
        let (stage, then) = match admission {
            Admission::Rejected(_) => return Then::Over,
            Admission::Pending(request) => (Stage::Deciding(request), Then::Asking),
            Admission::Admitted(mut permit) => {
                let beside = permit.take_report();
                let epoch = self.members[process].0.known_epoch().0;
                (Stage::Running(permit, epoch, beside), Then::Admitted)
            }
        };
        self.calls.push(Call {
            process,
            life,
            stage,
        });
        then
    }

    fn reported(&mut self, process: usize, life: u32, next: Option<ReportRequest>) -> Then {
        let Some(request) = next else {
            return Then::Over;
        };
        self.calls.push(Call {
            process,
            life,
            stage: Stage::Reporting(request),
        });
        Then::Asking
    }

    fn wish(&mut self, process: usize, wish: Option<(OverrideMode, u64)>) {
        let (member, life) = &self.members[process];
        let request = match wish {
            Some((mode, ms)) => member.place_override(Override {
                mode,
                reason: "drill".to_owned(),
                actor: "ada".to_owned(),
                expires: self.now + Duration::from_millis(ms),
            }),
            None => member.withdraw_override("ada"),
        };
        let life = *life;
        self.calls.push(Call {
            process,
            life,
            stage: Stage::Overriding(request),
        });
    }

    /// The store does something with what a call asks.
    fn see(&mut self, call: Call, fate: Fate) -> Then {
        let Call {
            process,
            life,
            stage,
        } = call;
        let operation = stage.operation().expect("it asks");
        let now = self.clock(process);
        let known = self.members[process].0.known_epoch();
        let answer = self.store.serve(&operation, fate, now);
        let unreadable = matches!(answer, Err(StoreError::Unreadable(_)));
        let before = unreadable.then(|| self.members[process].0.known());
        let then = self.answer(process, life, stage, answer, now);
        let member = &self.members[process].0;
        assert!(member.known_epoch() >= known, "it forgot an epoch");
        if let Some(before) = before {
            assert_eq!(member.known(), before, "it took over what cannot be read");
        }
        then
    }

    fn answer(
        &mut self,
        process: usize,
        life: u32,
        stage: Stage,
        answer: Result<Record, StoreError>,
        now: Timestamp,
    ) -> Then {
        let member = &self.members[process].0;
        match stage {
            Stage::Deciding(request) => {
                let admission = member.answer_admission(request, answer, now);
                self.decided(process, life, admission)
            }
            Stage::Running(permit, epoch, beside) => {
                let beside = beside.and_then(|request| member.answer_report(request, answer, now));
                self.calls.push(Call {
                    process,
                    life,
                    stage: Stage::Running(permit, epoch, beside),
                });
                Then::Admitted
            }
            Stage::Reporting(request) => {
                let next = member.answer_report(request, answer, now);
                self.reported(process, life, next)
            }
            Stage::Overriding(request) => match member.answer_override(request, answer, now) {
                OverrideStep::Done(_) | OverrideStep::Failed(_) => Then::Over,
                OverrideStep::Pending(request) => {
                    self.calls.push(Call {
                        process,
                        life,
                        stage: Stage::Overriding(request),
                    });
                    Then::Asking
                }
            },
        }
    }

    fn end(&mut self, call: Call, outcome: Outcome) -> Then {
        let Stage::Running(permit, epoch, None) = call.stage else {
            panic!("only a call that runs, and waits for nothing else, ends");
        };
        let process = call.process;
        assert_eq!(call.life, self.members[process].1);
        if outcome != Outcome::Ignored && !permit.is_probe() {
            *self.ended.entry(epoch).or_default() += 1;
        }
        let now = self.clock(process);
        let report = self.members[process].0.end(permit, outcome, now);
        self.reported(process, call.life, report)
    }

    fn check(&self) {
        for (epoch, told) in &self.store.told {
            let ended = self.ended.get(epoch).copied().unwrap_or(0);
            assert!(*told <= ended, "told of {told} of {ended} calls in {epoch}");
        }
        if let Phase::HalfOpen { leases, .. } = &self.store.record().phase {
            assert!(leases.len() <= usize::try_from(self.policy.max_probes).unwrap());
        }
        let epochs = self.store.events.iter().map(|event| event.epoch.0);
        let all = 1..=self.store.record().epoch.0;
        assert!(
            epochs.eq(all.filter(|epoch| !self.store.untold.contains(epoch))),
            "each epoch is told of once, unless another attempt began it"
        );
    }

    /// From now on all is well: a call, from beginning to end.
    fn healthy_call(&mut self, process: usize) -> bool {
        let mut then = self.begin(process);
        let mut admitted = false;
        // A call asks a few times at most.
        for _ in 0..30 {
            admitted |= matches!(then, Then::Admitted);
            then = match then {
                Then::Over => return admitted,
                Then::Asking | Then::Admitted => {
                    let call = self.calls.pop().expect("it is the last one");
                    if call.stage.operation().is_some() {
                        self.see(call, Fate::Answered)
                    } else {
                        self.end(call, Outcome::Success)
                    }
                }
            };
        }
        panic!("a call of a healthy world never ends");
    }
}

#[derive(Debug, Clone, Copy)]
enum Then {
    Admitted,
    Asking,
    Over,
}

/// Sick times and healthy times, one after the other.
fn history() -> impl Strategy<Value = (Vec<i64>, Vec<Event>)> {
    let skews = proptest::collection::vec(-500_i64..=500, 1..5);
    let times = |successes| proptest::collection::vec(event(successes), 1..80);
    let events = (times(3), times(100), times(3), times(100));
    let events = events.prop_map(|(one, two, three, four)| [one, two, three, four].concat());
    (skews, events)
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn no_loss_at_any_point_counts_a_call_twice_or_stays_for_ever((skews, events) in history()) {
        let mut world = World::new(skews);
        for event in &events {
            world.happen(event);
        }
        // Everything under way is dropped, and all is well from here on. What
        // may last is an open time, a lease, a local breaker's and a store's pause;
        // failures that were not told yet count for as long as the window.
        world.calls.clear();
        let policy = world.policy.clone();
        let longest = policy.open_for_max.mul_f64(1.0 + policy.open_jitter);
        world.now = world.now
            + longest.max(policy.window)
            + policy.lease_for
            + Duration::from_secs(4);
        let rounds = 4 * usize::try_from(policy.successes_to_close).unwrap();
        for _ in 0..rounds {
            for process in 0..world.members.len() {
                world.healthy_call(process);
            }
            world.now = world.now + Duration::from_millis(700);
        }
        let closed = matches!(world.store.record().phase, Phase::Closed { .. });
        prop_assert!(closed, "{:?}", world.store.record());
        // After the ramp, and one look at the news, everybody's calls pass.
        world.now = world.now + policy.ramp_for + policy.refresh_after.mul_f64(1.2);
        for process in 0..world.members.len() {
            world.healthy_call(process);
        }
        for process in 0..world.members.len() {
            prop_assert!(world.healthy_call(process), "process {process} still refuses");
        }
        world.check();
    }
}

/// How often what happens in such histories.
#[test]
fn the_histories_open_and_close_and_lose_answers() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut moves: BTreeMap<&str, u32> = BTreeMap::new();
    let mut calls = (0, 0);
    let mut alarms = 0;
    for _ in 0..400 {
        let (skews, events) = history().new_tree(&mut runner).unwrap().current();
        let mut world = World::new(skews);
        for event in &events {
            world.happen(event);
        }
        alarms += world.store.alarms;
        for event in &world.store.events {
            *moves.entry(event.to.as_str()).or_default() += 1;
        }
        for (told, ended) in world
            .store
            .told
            .iter()
            .filter_map(|(epoch, told)| Some((told, world.ended.get(epoch)?)))
        {
            calls.0 += told;
            calls.1 += ended;
        }
    }
    println!(
        "{moves:?}, told of {} of {} calls, {alarms} alarms",
        calls.0, calls.1
    );
    // Without a suspicion, calls that go well are not told of.
    assert!(5 * calls.0 > calls.1, "hardly anything is told: {calls:?}");
    let by_witnesses = calls.0 - alarms;
    assert!(
        alarms > 500 && by_witnesses > 500,
        "{alarms} and {by_witnesses}"
    );
    for state in ["open", "half_open", "closed"] {
        assert!(
            moves.get(state).is_some_and(|count| *count > 10),
            "{moves:?}"
        );
    }
}
