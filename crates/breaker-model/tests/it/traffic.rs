//! Whether what heartbeats tell is true on average, and how far off it is.

use std::{collections::BTreeMap, time::Duration};

use breaker_core::{
    Change, Outcome, Policy, Record, Timestamp,
    member::{Admission, Member, Operation, ReportRequest, Seeded},
    protocol::{Heartbeats, Traffic, TrafficSlot},
};

const NOON: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

/// One process whose record says how many contacts a second the fleet has, and
/// what has been told by it and really was.
struct Contacts {
    member: Member,
    now: Timestamp,
    numbers: fastrand::Rng,
    rate_per_s: f64,
}

/// One contact: what happened since the one before, and what was told of it.
struct Contact {
    truth: Heartbeats,
    told: Heartbeats,
    chance: f64,
}

impl Contacts {
    fn new(seed: u64, rate_per_s: f64) -> Self {
        let mut contacts = Self {
            member: Member::new(Policy::default(), Seeded::new(seed)).unwrap(),
            now: NOON,
            numbers: fastrand::Rng::with_seed(seed),
            rate_per_s,
        };
        let known = contacts.member.known_epoch();
        contacts
            .member
            .on_strong_read(contacts.record(), known, contacts.now);
        contacts.next(0);
        contacts
    }

    /// A record by which the fleet has about so many contacts a second.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small positive number"
    )]
    fn record(&self) -> Record {
        let slot = TrafficSlot(TrafficSlot::at(self.now).0 - 3);
        let told = Heartbeats {
            arrivals: 100,
            contacts: (self.rate_per_s * 80.0).round() as u64,
            lifetime_ms: 80_000,
            refused: 0,
        };
        Record {
            traffic: Traffic(BTreeMap::from([(slot, told)])),
            ..Record::default()
        }
    }

    /// A call that succeeds; gives what is to be asked beside it.
    fn call(&self) -> Option<ReportRequest> {
        let Admission::Admitted(mut permit) = self.member.begin(self.now) else {
            panic!("the circuit is healthy");
        };
        let beside = permit.take_report();
        let report = self.member.end(permit, Outcome::Success, self.now);
        assert!(report.is_none(), "{report:?}");
        beside
    }

    /// The next contact, after so many more calls than the one that makes it.
    fn next(&mut self, calls: u64) -> Contact {
        let before = self.now;
        self.now = self.now + Duration::from_millis(1_000 + self.numbers.u64(0..1_000));
        for _ in 0..calls {
            assert!(self.call().is_none(), "what is known is fresh");
        }
        self.now = self.now + Duration::from_secs(8);
        // What is known is that of the last contact.
        let size = self.member.known().traffic.fleet_size(self.now).unwrap();
        let chance = (Policy::default().heartbeats_per_s / size.contacts_per_s).min(1.0);
        let mut told = Heartbeats::default();
        let mut due = self.call();
        assert!(due.is_some(), "a contact is due");
        // A process looks first, and then tells.
        while let Some(request) = due {
            if let Operation::Apply { change, .. } = request.operation() {
                let Change::Report(report) = change else {
                    panic!("not a report: {change:?}");
                };
                told.add(report.heartbeats.unwrap().1);
            }
            let answer = Ok(self.record());
            due = self.member.answer_report(request, answer, self.now);
        }
        Contact {
            truth: Heartbeats {
                arrivals: calls + 1,
                contacts: 1,
                lifetime_ms: u64::try_from(self.now.since(before).as_millis()).unwrap(),
                refused: 0,
            },
            told,
            chance,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn real(number: u64) -> f64 {
    number as f64
}

/// How many standard errors the mean of `errors` is away from nothing.
fn standard_errors_off(errors: &[f64]) -> f64 {
    let n = real(errors.len() as u64);
    let mean = errors.iter().sum::<f64>() / n;
    let variance = errors
        .iter()
        .map(|error| (error - mean).powi(2))
        .sum::<f64>()
        / (n - 1.0);
    mean / (variance / n).sqrt().max(f64::MIN_POSITIVE)
}

type Part = fn(Heartbeats) -> u64;

const PARTS: [(&str, Part); 3] = [
    ("arrivals", |heartbeats| heartbeats.arrivals),
    ("contacts", |heartbeats| heartbeats.contacts),
    ("lifetime", |heartbeats| heartbeats.lifetime_ms),
];

#[test]
fn whatever_the_chance_the_mean_of_what_is_told_is_the_truth() {
    for (seed, contacts_per_s) in (1..).zip([0.5, 0.9, 1.0, 1.15, 1.3, 2.0, 2.8, 10.0, 200.0]) {
        let mut contacts = Contacts::new(seed, contacts_per_s);
        let all: Vec<Contact> = (0..6_000)
            .map(|_| {
                let calls = contacts.numbers.u64(0..4);
                contacts.next(calls)
            })
            .collect();
        for (name, part) in PARTS {
            let errors: Vec<f64> = all
                .iter()
                .map(|contact| real(part(contact.told)) - real(part(contact.truth)))
                .collect();
            let off = standard_errors_off(&errors);
            assert!(
                off.abs() < 3.0,
                "{name} at {contacts_per_s} contacts a second are {off:.1} standard errors off"
            );
        }
    }
}

#[test]
fn the_standard_error_is_one_over_the_root_of_the_number_of_heartbeats() {
    // Two minutes of a fleet with 20 contacts a second, 50 times.
    let mut contacts = Contacts::new(3, 20.0);
    let mut chance = 0.0;
    let runs: Vec<f64> = (0..50)
        .map(|_| {
            let (mut told, mut truth) = (0, 0);
            for _ in 0..2_400 {
                let contact = contacts.next(1);
                told += contact.told.arrivals;
                truth += contact.truth.arrivals;
                chance = contact.chance;
            }
            real(told) / real(truth)
        })
        .collect();
    let heartbeats = 2_400.0 * chance;
    let deviation = (runs.iter().map(|share| (share - 1.0).powi(2)).sum::<f64>() / 50.0).sqrt();
    let stated = 1.0 / heartbeats.sqrt();
    assert!((0.09..0.12).contains(&stated), "{heartbeats} heartbeats");
    // The deviation of 50 runs is itself off by some 10 %.
    assert!(
        (0.8..1.2).contains(&(deviation / stated)),
        "{deviation} is not {stated}"
    );
}
