//! Small worlds, and going through them.

use std::io::Write as _;

use breaker_core::Policy;
use breaker_model::{
    Action, Coverage, Driver, Fault, Fleet, Gate, Place, Rule, Scope, Start, Store, World, policy,
};
use stateright::{Checker, HasDiscoveries, Model, Path};

/// One environment that knows the first record, its clock off by `skew_ms`,
/// with `calls` to come.
pub(crate) const fn place(skew_ms: i64, calls: u8) -> Place {
    Place {
        skew_ms,
        calls,
        lanes: 1,
        warm: true,
    }
}

/// A world in which nothing goes wrong and everybody does as he should.
pub(crate) fn world(start: Start, ticks: u8, places: &[Place]) -> Scope {
    Scope {
        places: places.to_vec(),
        starts: vec![start],
        ticks,
        faults: Fault::ALL.to_vec(),
        fault_count: 0,
        gate: Gate::Shut,
        store: Store::Fenced,
        driver: Driver::Honest,
        rules: Rule::ALL.to_vec(),
        expected: Vec::new(),
    }
}

/// Two environments whose clocks are as far apart as may be.
pub(crate) const TWO: [Place; 2] = [place(-500, 1), place(500, 1)];

/// A third in between.
pub(crate) const THREE: [Place; 3] = [place(-500, 1), place(0, 1), place(500, 1)];

/// Whether there is time for a world that takes minutes, as `THOROUGH` says. If there is none,
/// it says that the test is skipped, past the harness's capture, so that it is counted.
pub(crate) fn has_time() -> bool {
    if std::env::var_os("THOROUGH").is_some_and(|value| !value.is_empty()) {
        return true;
    }
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let line = format!("SKIPPED: {test} takes minutes and needs THOROUGH\n");
    // If standard error is closed, the message cannot be shown.
    let _ = std::io::stderr().write_all(line.as_bytes());
    false
}

/// Goes through all of the world, and panics if a rule is broken in it or what
/// is expected is never seen. Gives how many different states there are.
pub(crate) fn explore(name: &str, scope: Scope) -> usize {
    let checker = Fleet::new(policy(), scope)
        .unwrap()
        .checker()
        .threads(2)
        .spawn_dfs()
        .join();
    for rule in Rule::ALL {
        if let Some(path) = checker.discovery(rule.name()) {
            panic!("{} is broken by:\n{}", rule.name(), told(path));
        }
    }
    let covered = checker.model().covered();
    let missing: Vec<_> = (checker.model().scope().expected.iter())
        .filter(|case| !covered.has(**case))
        .map(|case| case.name())
        .collect();
    assert!(missing.is_empty(), "{name}: not covered: {missing:?}");
    assert!(checker.is_done());
    let unique = checker.unique_state_count();
    println!(
        "{name}: {unique} unique states, {} steps, at most {} in a row",
        checker.state_count(),
        checker.max_depth(),
    );
    unique
}

/// The shortest history that breaks `rule`, when nothing else is watched.
pub(crate) fn counterexample(rule: Rule, scope: Scope) -> Option<Vec<Action>> {
    counterexample_under(policy(), rule, scope)
}

pub(crate) fn counterexample_under(
    policy: Policy,
    rule: Rule,
    scope: Scope,
) -> Option<Vec<Action>> {
    let scope = Scope {
        rules: vec![rule],
        ..scope
    };
    let checker = Fleet::new(policy, scope)
        .unwrap()
        .checker()
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    checker.discovery(rule.name()).map(Path::into_actions)
}

/// Everything that has its own name among what can be seen on the way back.
pub(crate) const WAY_BACK: [Coverage; 9] = [
    Coverage::ClosedByProbes,
    Coverage::Reopened,
    Coverage::TakenOver,
    Coverage::AllPlacesTaken,
    Coverage::LostLeaseConfirmed,
    Coverage::LostTransitionConfirmed,
    Coverage::LateRequestDone,
    Coverage::OldEpochRefused,
    Coverage::ProberCrashed,
];

fn told(path: Path<World, Action>) -> String {
    let actions: Vec<_> = path.into_actions();
    format!("{actions:#?}")
}
