//! The rules under arbitrary histories: many environments, stale views, late
//! results, skewed clocks.

use std::time::Duration;

use breaker_core::{
    Change, Decision, Policy, Record, State, Timestamp,
    protocol::{Epoch, LeaseIndex, LeaseOwner, Measure, Phase, Report},
};
use proptest::prelude::*;

use crate::support::{OPENING, START, failures, owner, report, tally, warm};

/// One thing that happens somewhere in the fleet.
#[derive(Debug, Clone)]
enum Step {
    /// Time passes.
    Wait { ms: u64 },
    /// A call is decided on a view that may be old.
    Arrive { view: usize, skew_ms: i64 },
    /// A call that was admitted ends.
    End { which: usize, failed: bool },
    /// Whoever looks carries out what is due.
    CarryOut,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (1_u64..8_000).prop_map(|ms| Step::Wait { ms }),
        4 => (0_usize..4, -500_i64..=500).prop_map(|(view, skew_ms)| Step::Arrive { view, skew_ms }),
        4 => (any::<usize>(), any::<bool>()).prop_map(|(which, failed)| Step::End { which, failed }),
        2 => Just(Step::CarryOut),
    ]
}

enum Admitted {
    Ordinary(Epoch),
    Probe(Epoch, LeaseIndex, LeaseOwner),
}

struct World {
    policy: Policy,
    now: Timestamp,
    /// Every record there ever was; the last one is the store's.
    history: Vec<Record>,
    running: Vec<Admitted>,
    owners: u128,
}

impl World {
    fn new() -> Self {
        Self {
            policy: Policy::default(),
            now: START,
            history: vec![Record::default()],
            running: Vec::new(),
            owners: 0,
        }
    }

    fn store(&self) -> &Record {
        &self.history[self.history.len() - 1]
    }

    /// Writes as a store would: on the epoch of the basis.
    fn write(&mut self, basis: &Record, change: &Change, now: Timestamp) -> Option<Record> {
        let before = self.store().clone();
        let after = before.apply(basis.epoch, change, now).ok()?;
        assert!(after.epoch == before.epoch || after.epoch == before.epoch.next());
        assert_eq!(
            before.epoch, basis.epoch,
            "a change of another epoch took effect"
        );
        self.history.push(after.clone());
        Some(after)
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Wait { ms } => self.now = self.now + Duration::from_millis(ms),
            Step::Arrive { view, skew_ms } => self.arrive(view, skew_ms),
            Step::End { which, failed } if !self.running.is_empty() => {
                let admitted = self.running.swap_remove(which % self.running.len());
                self.end(&admitted, failed);
            }
            Step::End { .. } => {}
            Step::CarryOut => {
                let basis = self.store().clone();
                if let Some(change) = basis.due(&self.policy, self.now, OPENING) {
                    self.write(&basis, &change, self.now);
                }
            }
        }
        self.check();
    }

    fn arrive(&mut self, view: usize, skew_ms: i64) {
        let seen = self.history[self.history.len().saturating_sub(1 + view)].clone();
        let now = Timestamp::from_unix_ms(self.now.as_unix_ms().saturating_add_signed(skew_ms));
        self.owners += 1;
        match seen.decide(&self.policy, now, 0.0) {
            Decision::Admit(Measure::Counted(epoch)) => {
                self.running.push(Admitted::Ordinary(epoch));
            }
            Decision::Admit(Measure::Ignored) => panic!("no placed was given"),
            Decision::Reject(rejection) => {
                assert_ne!(rejection.state, State::Closed);
                assert!(
                    rejection.retry_at >= now,
                    "a rejection points into the past"
                );
            }
            Decision::Probe => {
                let plan = seen
                    .plan_probe(&self.policy, now, owner(self.owners))
                    .expect("a circuit that asks for a probe has a place for it");
                if let Some(record) = self.write(&seen, &plan.change, now) {
                    let probe = Admitted::Probe(record.epoch, plan.index, plan.owner);
                    self.running.push(probe);
                }
            }
        }
    }

    fn end(&mut self, admitted: &Admitted, failed: bool) {
        let store = self.store().clone();
        match *admitted {
            Admitted::Ordinary(epoch) => {
                let basis = Record { epoch, ..store };
                let counted = tally(self.now, 1, u64::from(failed));
                if let Some(after) = self.write(&basis, &report(counted), self.now) {
                    let suspicion = after.suspicion_due(&self.policy, self.now);
                    let told = Change::Report(Report {
                        suspicion,
                        ..Report::default()
                    });
                    self.write(&after, &told, self.now);
                }
            }
            Admitted::Probe(epoch, index, owner) => {
                let change = if failed {
                    store.probe_failed(index, owner, &self.policy, self.now, OPENING)
                } else {
                    Change::ProbeSucceeded { index, owner }
                };
                let basis = Record { epoch, ..store };
                self.write(&basis, &change, self.now);
            }
        }
    }

    fn check(&self) {
        let record = self.store();
        if let Phase::HalfOpen { leases, .. } = &record.phase {
            let unexpired = leases
                .values()
                .filter(|lease| lease.expires > self.now)
                .count();
            assert!(
                unexpired <= self.policy.max_probes as usize,
                "too many leases: {leases:?}"
            );
        }
        if let Phase::Open {
            since,
            until,
            opened,
            ..
        } = record.phase
        {
            assert!(opened <= since, "it opened after it had");
            assert!(until.since(since) <= self.policy.open_for_max.mul_f64(1.1));
        }
        for (key, counts) in &record.evidence.0 {
            assert_eq!(key.epoch, record.epoch, "evidence outlived its epoch");
            assert!(counts.bad() <= counts.calls);
        }
    }
}

proptest! {
    #[test]
    fn no_history_breaks_the_invariants(steps in proptest::collection::vec(step(), 1..200)) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
        }
        let epochs: Vec<Epoch> = world.history.iter().map(|record| record.epoch).collect();
        prop_assert!(epochs.is_sorted());
    }

    #[test]
    fn after_any_history_health_closes_the_circuit_in_bounded_time(
        steps in proptest::collection::vec(step(), 1..100),
    ) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
        }
        world.running.clear();
        let bound = world.policy.open_for_max.mul_f64(1.1) + world.policy.lease_for;
        world.now = world.now + bound;
        // Four times as many as usual, where it has opened again and again.
        for _ in 0..4 * world.policy.successes_to_close {
            world.arrive(0, 0);
            if let Some(admitted) = world.running.pop() {
                world.end(&admitted, false);
            }
            world.take(&Step::CarryOut);
        }
        prop_assert_eq!(world.store().state(world.now), State::Closed);
    }
}

#[test]
fn an_open_circuit_whose_time_is_over_is_half_open_without_any_traffic() {
    let opened = Record::default()
        .apply(Epoch(0), &warm(), START)
        .and_then(|record| record.apply(Epoch(0), &failures(START, 5), START))
        .map(|record| {
            let change = record.due(&Policy::default(), START, OPENING).unwrap();
            record.apply(Epoch(0), &change, START).unwrap()
        })
        .unwrap();
    assert_eq!(opened.state(START), State::Open);
    assert_eq!(
        opened.state(START + Duration::from_secs(5)),
        State::HalfOpen
    );
}
