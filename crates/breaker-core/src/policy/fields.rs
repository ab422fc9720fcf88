//! The fields of the policy, each declared once.
//!
//! Durations end at a day, so that no sum of them overflows.

use super::{
    Field, FieldValue, Unit,
    declare::{declare_policy, of_unit},
    value::Scalar,
};

declare_policy! {
    /// The rules of one circuit. [`Policy::default`] suits most.
    ///
    /// All processes that share a circuit should have the same policy: each
    /// decides by its own. Time is counted in whole milliseconds.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Policy;

    "When the circuit opens" {
        /// The failure rate of the whole fleet at which the circuit opens.
        ///
        /// Raise it for a dependency that fails often and is of use all the
        /// same; lower it where fewer failures are an outage already.
        failure_rate_threshold: Ratio = 0.5 in 0.05..=0.95;

        /// The part of the fleet's calls that are slow at which the circuit
        /// opens.
        ///
        /// Raise it where slow answers are still worth waiting for; lower it
        /// where waiting callers hold something scarce.
        slow_rate_threshold: Ratio = 0.5 in 0.05..=0.95;

        /// How far from its threshold a rate must lie to be told apart from it
        /// for certain, in both tests: a rate at the threshold plus this opens
        /// the circuit, one at the threshold minus this does not.
        ///
        /// Make it smaller if rates close to the threshold must be told apart;
        /// half the margin needs about twice the failures of a total outage
        /// and four times the calls of a rate near the threshold.
        rate_margin: Ratio = 0.1 in 0.001..=0.499;

        /// A call that took at least this long is slow, even if it succeeded.
        ///
        /// Set it well above the slowest hundredth of healthy calls, and below
        /// the callers' own time-out; a day leaves slowness out.
        slow_call_after: Milliseconds = 3_000 in 1..=86_400_000;

        /// How much evidence opens the circuit, as a log-likelihood ratio; 11
        /// is about 60,000 to 1. With the default threshold and margin that is
        /// 28 failures in a row.
        ///
        /// Raise it if a needless opening costs more than a later one: with
        /// the default threshold and margin each 0.4 is one failure more.
        evidence_bound: Nats = 11.0 in 1.0..=100.0;

        /// How many failures in a row, with no success anywhere in the fleet,
        /// open the circuit when traffic is too thin for a rate.
        ///
        /// Raise it if single calls of a quiet circuit fail for reasons of
        /// their own; lower it if each of them is costly.
        consecutive_failures: Count = 5 in 3..=100;

        /// After how many failures in a row in one process, while the fleet is
        /// well, that process stops itself. Not below `consecutive_failures`;
        /// never sooner than as many as open the circuit by themselves, 28 by
        /// default, and never within five seconds of the first.
        ///
        /// Raise it if one process may have bad luck for long, such as one
        /// that serves a single tenant; lower it if bad hosts are common.
        local_failures: Count = 30 in 3..=1_000;
    }

    "What counts as evidence" {
        /// The length of one counting slot. Within a slot the order of
        /// outcomes is unknown.
        ///
        /// Make it longer to look further back with the same number of slots;
        /// make it shorter to notice sooner an outage that begins amid healthy
        /// calls.
        slot: Milliseconds = 500 in 100..=10_000;

        /// How many slots count: the newest ones that hold anything.
        ///
        /// Raise it if rates only a little above the threshold must open the
        /// circuit; lower it to keep the record small.
        window_slots: Count = 20 in 2..=50;

        /// How long an outcome counts at most. At least ten slots. Below one
        /// call a second in the whole fleet it is an hour.
        ///
        /// Raise it for a circuit so quiet that its window holds few calls;
        /// lower it if old failures say nothing about now.
        window: Milliseconds = 120_000 in 1_000..=600_000;

        /// How many calls a second of the whole fleet are evidence at most. A
        /// larger fleet is judged by a random sample of its calls, drawn
        /// before their outcome is known.
        ///
        /// Raise it to notice sooner, at the price of more writes; lower it to
        /// spare the store.
        sampled_calls_per_s: PerSecond = 75.0 in 1.0..=1000.0;
    }

    "How it stays open, and the way back" {
        /// How long the circuit stays open the first time.
        ///
        /// Raise it for a dependency that takes long to restart; lower it
        /// where most outages are blips.
        open_for: Milliseconds = 1_000 in 100..=86_400_000;

        /// By how much the open time grows with each failed recovery.
        ///
        /// Raise it if probes themselves do harm; with 1 the dependency is
        /// probed at the same pace however long its outage lasts.
        open_growth: Factor = 1.0 in 1.0..=10.0;

        /// The longest open time, before jitter. Not below `open_for`.
        ///
        /// Raise it if the dependency asks to be left alone for longer, or if
        /// `open_growth` is above 1 and outages last hours; it is also about
        /// how long a recovery may go unnoticed then.
        open_for_max: Milliseconds = 60_000 in 100..=86_400_000;

        /// The part of the open time that is random, both ways, so that
        /// circuits that opened together do not come back together.
        ///
        /// Raise it if many circuits guard the same dependency; 0 makes open
        /// times exact, as tests may want.
        open_jitter: Ratio = 0.1 in 0.0..=0.5;

        /// The most probes under way at once in the whole fleet.
        ///
        /// Raise it if probes are slow and recovery must not wait for one
        /// after the other; 1 is the gentlest.
        max_probes: Count = 2 in 1..=8;

        /// How many successful probes close the circuit, pooled over the
        /// fleet.
        ///
        /// Raise it if a dependency answers a few calls before it is well;
        /// lower it if calls are so rare that each further probe takes long.
        successes_to_close: Count = 3 in 1..=100;

        /// How long a probe may take; then it has failed.
        ///
        /// Raise it, and `lease_for` with it, if healthy calls take this long;
        /// lower it to learn of a hanging dependency sooner.
        probe_timeout: Milliseconds = 5_000 in 1..=86_400_000;

        /// How long a probe's lease lasts if its owner is never heard of
        /// again. Above `probe_timeout` by more than twice `clock_skew` and
        /// twice `store_timeout`, which pass between asking for the lease and
        /// the probe's start.
        ///
        /// Change it with those three; each crashed probe delays recovery by
        /// this long.
        lease_for: Milliseconds = 8_000 in 1..=86_400_000;

        /// How long admission takes to grow back to all calls once the circuit
        /// has closed; 0 admits all at once.
        ///
        /// Raise it for a dependency that must warm its caches or connections;
        /// set it to 0 for one that does not feel the fleet's load.
        ramp_for: Milliseconds = 5_000 in 0..=300_000;

        /// The part of calls that is admitted when the ramp begins.
        ///
        /// Lower it if the first second after recovery is what brings the
        /// dependency down again; 1 is no ramp.
        ramp_from: Ratio = 0.1 in 0.01..=1.0;
    }

    "What the store is asked, and the clocks" {
        /// How many writes a second of the whole fleet tell how much traffic
        /// there is, while all is well.
        ///
        /// Raise it if traffic changes within seconds and the failure rate
        /// must keep up; lower it to save writes.
        heartbeats_per_s: PerSecond = 0.7 in 0.01..=10.0;

        /// How many reads a second of the whole fleet there are at most while
        /// all is well; a larger fleet refreshes less often.
        ///
        /// Raise it if each process of a large fleet must hear sooner; lower
        /// it to save reads.
        reads_per_s: PerSecond = 200.0 in 1.0..=2000.0;

        /// How old the known state may grow before it is refreshed alongside a
        /// call.
        ///
        /// Lower it if every process must hear of an opening sooner, at the
        /// price of more reads.
        refresh_after: Milliseconds = 6_000 in 0..=86_400_000;

        /// How old the known state may grow before a call waits for news,
        /// within `store_timeout`. Not below `refresh_after`.
        ///
        /// Lower it if a call on old news is worse than a later one; raise it
        /// if calls are rare and must never wait.
        max_stale: Milliseconds = 120_000 in 0..=86_400_000;

        /// How long one operation of the store may take.
        ///
        /// Raise it, and `lease_for` if need be, for a store that is far away;
        /// a call never waits longer than this for news.
        store_timeout: Milliseconds = 500 in 1..=86_400_000;

        /// How far a machine's clock may be off.
        ///
        /// Raise it, and `lease_for` with it, where clocks are not kept in
        /// step by the platform.
        clock_skew: Milliseconds = 500 in 0..=86_400_000;
    }
}
