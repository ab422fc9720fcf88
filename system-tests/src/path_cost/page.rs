//! What was measured, as a page.

use std::fmt;

use super::sample::{Figures, Round, Spread};
use super::subject::{Request, Subject};
use super::versions::Version;
use super::{Choice, Lane};

/// What the path may add to hello's time for half of all requests.
const GOAL_MS: f64 = 0.3;

/// What share of hello's throughput it is to have.
const GOAL_SHARE: f64 = 0.7;

/// All that the page is made of.
pub(super) struct Page<'run> {
    pub(super) choice: &'run Choice,
    pub(super) versions: &'run [Version],
    pub(super) lanes: &'run [Lane],
}

/// A request of one version, beside hello in the same rounds.
struct Beside<'run> {
    lane: &'run Lane,
    hello: &'run Lane,
}

impl Beside<'_> {
    /// How much longer, or more, it took than hello.
    fn over(&self, figure: impl Fn(&Round) -> f64) -> Spread {
        Spread::of(self.pairs().map(|(own, hello)| figure(own) - figure(hello)))
    }

    /// Its requests a second, as a share of hello's.
    fn share(&self, load: impl Fn(&Round) -> Figures) -> Spread {
        let rate = |round| load(round).rate;
        Spread::of(self.pairs().map(|(own, hello)| rate(own) / rate(hello)))
    }

    fn pairs(&self) -> impl Iterator<Item = (&Round, &Round)> {
        self.lane.rounds.iter().zip(&self.hello.rounds)
    }

    fn p50(&self) -> Spread {
        self.over(|round| round.one.p50_ms)
    }

    fn p99(&self) -> Spread {
        self.over(|round| round.one.p99_ms)
    }

    fn processor(&self) -> Spread {
        self.over(|round| round.one.processor_ms)
    }

    fn share_of_one(&self) -> Spread {
        self.share(|round| round.one)
    }

    fn share_of_many(&self) -> Spread {
        self.share(|round| round.many)
    }

    fn reaches_the_goal(&self) -> bool {
        self.p50().median <= GOAL_MS
            && self.share_of_one().median >= GOAL_SHARE
            && self.share_of_many().median >= GOAL_SHARE
    }
}

impl Page<'_> {
    fn lane(&self, subject: Subject, version: usize) -> &Lane {
        let found = self
            .lanes
            .iter()
            .find(|lane| lane.subject == subject && lane.version == version);
        found.unwrap_or(&self.lanes[0])
    }

    fn last(&self) -> usize {
        self.versions.len() - 1
    }

    fn beside(&self, request: Request, version: usize) -> Beside<'_> {
        Beside {
            lane: self.lane(Subject::Request(request), version),
            hello: self.lane(request.hello(), self.last()),
        }
    }

    fn introduction(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        writeln!(
            f,
            "# What the path costs\n\n\
             On a machine with {processors} processors: release builds for this machine under the runtime API of `cargo lambda watch`, with PostgreSQL, \
             Valkey, and MiniStack for the circuits' table. It is not the emulator of the local \
             stack, which adds its own delays. Callers invoke the API function with events of an \
             HTTP API and wait for each answer; in {} rounds everything takes its turn of {} ms, \
             with new processes each time. Figures are compared within a round; shown is the \
             median of all rounds, with the lowest and the highest.\n\n\
             Requests that invoke a second function are compared with `hello-through`, which has \
             another function say hello by way of AWS's SDK; `GET /health` with `hello-http`, which \
             says it by itself. All connections are on this machine and without TLS, commits do \
             not wait for the disk, and what is logged goes nowhere.\n",
            self.choice.rounds, self.choice.turn_ms,
        )
    }

    fn hello(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = self.choice.environments;
        writeln!(
            f,
            "## Hello\n\n\
             | function | p50 | p99 | requests/s, 1 environment | {many} environments | processor time |\n\
             | --- | ---: | ---: | ---: | ---: | ---: |"
        )?;
        for (name, subject) in [
            ("`hello-http`", Subject::Hello),
            ("`hello-through`", Subject::HelloThrough),
        ] {
            let rounds = &self.lane(subject, self.last()).rounds;
            let of = |figure: fn(&Round) -> f64| Spread::of(rounds.iter().map(figure));
            writeln!(
                f,
                "| {name} | {} | {} | {} | {} | {} |",
                ms(of(|round| round.one.p50_ms)),
                ms(of(|round| round.one.p99_ms)),
                whole(of(|round| round.one.rate)),
                whole(of(|round| round.many.rate)),
                ms(of(|round| round.one.processor_ms)),
            )?;
        }
        writeln!(f)
    }

    fn requests(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = self.choice.environments;
        writeln!(
            f,
            "## Over hello\n\n\
             The times are what a request takes longer than hello with one environment of each \
             function, the throughput is a share of hello's, and the processor time is that of all \
             functions together, over hello's.\n\n\
             | request | p50 | p99 | throughput, 1 environment | {many} environments | processor time |\n\
             | --- | ---: | ---: | ---: | ---: | ---: |"
        )?;
        for request in Request::ALL {
            let beside = self.beside(request, self.last());
            writeln!(
                f,
                "| {} | {} | {} | {} | {} | {} |",
                request.name(),
                ms(beside.p50()),
                ms(beside.p99()),
                share(beside.share_of_one()),
                share(beside.share_of_many()),
                ms(beside.processor()),
            )?;
        }
        let missed: Vec<&str> = Request::ALL
            .into_iter()
            .filter(|request| !self.beside(*request, self.last()).reaches_the_goal())
            .map(Request::name)
            .collect();
        let verdict = if missed.is_empty() {
            "reached by all".to_owned()
        } else {
            format!("missed by {}", missed.join("; "))
        };
        writeln!(
            f,
            "\nThe goal, a p50 of at most {GOAL_MS} ms over hello and {GOAL_SHARE} of its \
             throughput, is {verdict}. One read in a hundred asks the Fallback function as well, \
             to compare, which shows at p99.\n"
        )
    }

    fn counts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "## What a request takes\n\n\
             Counted in runs of their own: allocations of all functions together, by a library \
             that is preloaded into the same programs; round trips, by relays in front of the \
             servers; lines on standard output.\n\n\
             | request | allocations | of which memory | cache | database | circuits' table | lines | bytes |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
        )?;
        let hellos = [
            ("`hello-http`", Subject::Hello),
            ("`hello-through`", Subject::HelloThrough),
        ];
        let requests = Request::ALL.map(|request| (request.name(), Subject::Request(request)));
        for (name, subject) in hellos.into_iter().chain(requests) {
            let counts = self.lane(subject, self.last()).counts;
            writeln!(
                f,
                "| {name} | {:.0} | {:.1} kB | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} |",
                counts.allocations,
                counts.allocated_kb,
                counts.cache_trips,
                counts.database_trips,
                counts.store_trips,
                counts.lines,
                counts.line_bytes,
            )?;
        }
        writeln!(f)
    }

    fn before(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [before, after] = self.versions else {
            return Ok(());
        };
        let many = self.choice.environments;
        writeln!(
            f,
            "## Before and after\n\n\
             From {} to {}, in the same rounds.\n\n\
             | request | p50 over hello | throughput, 1 environment | {many} environments | processor time over hello | allocations |\n\
             | --- | ---: | ---: | ---: | ---: | ---: |",
            before.name, after.name,
        )?;
        for request in Request::ALL {
            let (old, new) = (self.beside(request, 0), self.beside(request, 1));
            writeln!(
                f,
                "| {} | {:.2} → {:.2} ms | {:.2} → {:.2} | {:.2} → {:.2} | {:.2} → {:.2} ms | {:.0} → {:.0} |",
                request.name(),
                old.p50().median,
                new.p50().median,
                old.share_of_one().median,
                new.share_of_one().median,
                old.share_of_many().median,
                new.share_of_many().median,
                old.processor().median,
                new.processor().median,
                old.lane.counts.allocations,
                new.lane.counts.allocations,
            )?;
        }
        writeln!(f)
    }
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.introduction(f)?;
        self.hello(f)?;
        self.requests(f)?;
        self.counts(f)?;
        self.before(f)
    }
}

fn ms(spread: Spread) -> String {
    let Spread {
        median,
        lowest,
        highest,
    } = spread;
    format!("{median:.2} ms ({lowest:.2} – {highest:.2})")
}

fn share(spread: Spread) -> String {
    let Spread {
        median,
        lowest,
        highest,
    } = spread;
    format!("{median:.2} ({lowest:.2} – {highest:.2})")
}

fn whole(spread: Spread) -> String {
    let Spread {
        median,
        lowest,
        highest,
    } = spread;
    format!("{median:.0} ({lowest:.0} – {highest:.0})")
}
