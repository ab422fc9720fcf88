//! Whether what the store showed can be true.
//!
//! A record may have been written by a clock that was wrong, by hand, or by
//! something else. It must not hold a circuit open for years.

use std::time::Duration;

use super::context::Context;
use crate::{
    protocol::{Conflict, Phase, Record},
    store::StoreError,
    time::Timestamp,
};

/// No duration of any policy is longer, and no override lasts longer.
pub(super) const LONGEST: Duration = Duration::from_hours(24);

/// Since when everybody has known of a suspicion that seems to lie ahead.
const LONG_AGO: Timestamp = Timestamp::from_unix_ms(0);

/// The store's answer, if it can be true. An open time that is longer than the
/// policy allows is cut to that.
///
/// What began later than clocks may differ by was written before somebody's clock
/// was set, ours or another's. An open time is then counted from now, a ramp is
/// over, and a suspicion is known to all; leases run out by the clock that gave
/// them.
///
/// # Errors
///
/// [`StoreError::Unreadable`] if a time lies further ahead than any policy
/// allows.
pub(super) fn plausible(
    answer: Result<Record, StoreError>,
    cx: &Context<'_>,
) -> Result<Record, StoreError> {
    match answer {
        Ok(record) => bounded(record, cx),
        Err(StoreError::Conflict(Conflict { current })) => {
            let current = Box::new(bounded(*current, cx)?);
            Err(StoreError::Conflict(Conflict { current }))
        }
        Err(error) => Err(error),
    }
}

/// As [`plausible`], of a record.
pub(super) fn bounded(mut record: Record, cx: &Context<'_>) -> Result<Record, StoreError> {
    let latest = cx.now + LONGEST + cx.policy.clock_skew.saturating_mul(2);
    if let Some((what, _)) = times(&record.phase)
        .into_iter()
        .find(|(_, at)| latest < *at)
    {
        let why = format!("{what} lies further ahead than any policy allows");
        return Err(StoreError::Unreadable(why));
    }
    let is_ahead = |at: Timestamp| cx.now + cx.policy.clock_skew.saturating_mul(2) < at;
    match &mut record.phase {
        Phase::Open { since, until, .. } => {
            *until = (*until).min(*since + cx.policy.longest_open_time());
            if is_ahead(*since) {
                *until = cx.now + until.since(*since);
            }
        }
        Phase::Closed {
            since,
            opened,
            suspected,
            ..
        } => {
            if is_ahead(*since) {
                *opened = *since;
            }
            *suspected = suspected.map(|at| if is_ahead(at) { LONG_AGO } else { at });
        }
        Phase::HalfOpen { .. } => {}
    }
    Ok(record)
}

fn times(phase: &Phase) -> Vec<(&'static str, Timestamp)> {
    match phase {
        Phase::Closed {
            since, suspected, ..
        } => {
            let suspected = suspected.map(|at| ("when the circuit was suspected", at));
            let since = Some(("when the circuit closed", *since));
            [since, suspected].into_iter().flatten().collect()
        }
        Phase::Open { since, until, .. } => vec![
            ("when the circuit opened", *since),
            ("until when the circuit is open", *until),
        ],
        Phase::HalfOpen { since, leases, .. } => {
            let leases = leases.values();
            let ends = leases.map(|lease| ("when a lease ends", lease.expires));
            let since = [("when the circuit was half open", *since)];
            since.into_iter().chain(ends).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        member::steps::Steps,
        policy::Policy,
        protocol::{Lease, LeaseOwner},
    };

    const NOW: Timestamp = Timestamp::from_unix_ms(1_800_000_000_000);

    fn phases(at: Timestamp) -> [Phase; 6] {
        let open = |since, until| Phase::Open {
            since,
            opened: since,
            until,
            reopens: 0,
            doubt: 0,
        };
        let half_open = |since, expires| Phase::HalfOpen {
            since,
            opened: since,
            reopens: 0,
            doubt: 0,
            successes: 0,
            failures: 0,
            leases: BTreeMap::from([(
                0,
                Lease {
                    owner: LeaseOwner(1),
                    expires,
                },
            )]),
        };
        let suspected = Phase::Closed {
            since: NOW,
            opened: NOW,
            doubt: 0,
            suspected: Some(at),
        };
        [
            Phase::closed(at),
            suspected,
            open(at, NOW),
            open(NOW, at),
            half_open(at, NOW),
            half_open(NOW, at),
        ]
    }

    fn taken(phase: Phase) -> Result<Record, StoreError> {
        let record = Record {
            phase,
            ..Record::default()
        };
        plausible(Ok(record), &Steps::drawing(0.5).at(NOW))
    }

    proptest! {
        #[test]
        fn no_time_lies_more_than_a_day_and_two_skews_ahead(ahead_ms in 0..200_000_000_u64) {
            let at = NOW + Duration::from_millis(ahead_ms);
            let may_be = ahead_ms <= 86_400_000 + 1_000;
            for phase in phases(at) {
                prop_assert_eq!(taken(phase.clone()).is_ok(), may_be, "{:?}", phase);
            }
        }

        #[test]
        fn no_circuit_is_open_for_longer_than_the_policy_allows(ahead_ms in 0..86_400_000_u64) {
            let [_, _, _, open, ..] = phases(NOW + Duration::from_millis(ahead_ms));
            let Phase::Open { until, .. } = taken(open).unwrap().phase else {
                panic!("it is open");
            };
            prop_assert!(until <= NOW + Duration::from_secs(66), "{until}");
        }
    }

    #[test]
    fn what_seems_to_have_begun_long_from_now_holds_no_call_back() {
        for ahead in [2, 3_600, 80_000].map(Duration::from_secs) {
            let at = NOW + ahead;
            let [_, suspected, ..] = phases(at);
            let closed = Phase::Closed {
                since: at,
                opened: NOW,
                doubt: 0,
                suspected: None,
            };
            let record = taken(closed).unwrap();
            assert!(record.ramp(&Policy::default(), NOW) >= 1.0, "{record:?}");
            let known = taken(suspected)
                .unwrap()
                .known_to_all_since(&Policy::default(), NOW);
            assert!(known.is_some_and(|since| since < NOW), "{known:?}");
            let open = Phase::Open {
                since: at,
                opened: at,
                until: at + Duration::from_secs(1),
                reopens: 0,
                doubt: 0,
            };
            let Phase::Open { until, .. } = taken(open).unwrap().phase else {
                panic!("it is open");
            };
            assert_eq!(until, NOW + Duration::from_secs(1));
        }
    }

    #[test]
    fn what_a_change_met_is_looked_at_as_well() {
        let [.., last] = phases(Timestamp::from_unix_ms(u64::MAX));
        let current = Box::new(Record {
            phase: last,
            ..Record::default()
        });
        let met = Err(StoreError::Conflict(Conflict { current }));
        let answer = plausible(met, &Steps::drawing(0.5).at(NOW));
        assert!(
            matches!(answer, Err(StoreError::Unreadable(_))),
            "{answer:?}"
        );
    }
}
