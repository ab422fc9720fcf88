//! How a fleet knows its failure rate though nobody sees all calls.
//!
//! Numbers are those of the default policy. λ is the calls a second of the
//! whole fleet, n its processes, s = min(λ, 75) the calls a second that are
//! evidence.
//!
//! # The problem
//!
//! If only those who fail report, the record sees nothing but failures. If all
//! report everything, a fleet of 10,000 calls a second makes 10,000 writes. If
//! calls are sampled with different probabilities, each must be weighted by the
//! inverse of its own, and a few heavy weights leave little evidence.
//!
//! # What is told
//!
//! **Sampled calls.** Each call is evidence with the same probability
//!
//! ```text
//! share = min(1, 75 ÷ λ) · min(1, 150 ÷ c)
//! ```
//!
//! where λ is what heartbeats promise (the larger of the last two minutes' and
//! the last 20 to 40 seconds' rate) and c the evidence a second that the record
//! shows of the last two seconds. The second factor is for traffic that grew
//! since the last heartbeats. It is drawn independently of the outcome, so the
//! sampled calls fail at the rate that all calls do; nothing is weighted. The
//! failure rate of m sampled calls has the variance p(1 − p) ÷ m, and no bias.
//!
//! A sampled failure is told at once. Sampled successes wait for the next
//! report of their process, whatever causes it.
//!
//! **Heartbeats.** A process contacts the store once in a *refresh interval*:
//! 6 to 7.2 s, or longer if n ÷ 200 s is more. At each contact it tells, with
//! probability
//!
//! ```text
//! p = min(1, 0.7 ÷ contacts a second of the whole fleet)
//! ```
//!
//! the calls that arrived since its last contact, the contacts (one) and the
//! time since, each divided by p. By Horvitz and Thompson (1952) the sums over
//! the fleet are unbiased, because whether a contact tells is drawn
//! independently of what it would tell:
//!
//! ```text
//! E[Σ told ÷ p] = Σ seen
//! ```
//!
//! A report that is made anyway, because of a failure, tells of its own calls
//! with p = 1 and counts as no contact.
//!
//! With k heartbeats of like processes the relative standard error is about
//! 1/√k: 11 % for the two minutes that are remembered (k = 84), 19 to 27 % for
//! the last 20 to 40 s. If few processes make most calls it is larger by
//! √(1 + v²), v being the coefficient of variation of their calls.
//!
//! In a fleet of unknown size p begins at 1/32 and doubles with each contact,
//! and each heartbeat speaks for itself alone: a large fleet that starts does
//! not shout, and is underestimated for its first minute.
//!
//! Known biases: heartbeats that were made and had no effect are lost, so
//! traffic is underestimated by the share of the store's operations that fail;
//! a process that vanishes does not tell of its calls since its last contact;
//! one that slept for more than two minutes speaks for two minutes.
//!
//! # What is assumed
//!
//! Failures are told at once and successes later, so the newest slots hold too
//! few successes. The calls in the last t seconds are therefore taken to be
//!
//! ```text
//! calls(t) = max(told(t), 0.7 · min(promised, 75) · t)
//! ```
//!
//! where `promised` is the smaller of the two rates of the heartbeats, and what
//! is missing counts as successes. Two errors are possible, and bounded:
//!
//! * *Successes that nobody told of beyond 70 %*: the rate is overestimated, by
//!   1/0.7 at most: 28 % look like 40 % at worst, at which nothing opens. The
//!   processes that fail tell their own successes along, so in fact it is less,
//!   and it ends as soon as everybody knows.
//! * *Traffic dropped and failed at the same moment*: to a share r of what was
//!   promised. The outage looks like the rate r ÷ 0.7. Above r ≈ 0.35 it opens,
//!   later than it would; below, it must wait for what follows.
//!
//! **Suspicion.** The record is *suspicious* if its failures and slow calls
//! speak 100 to 1 (4.6 nats) rather for 30 % than for 10 %, over any of its
//! last slots; in thin traffic, if it shows any failure at all. Who hears of it
//! tells sampled successes at once too. After a refresh interval and a
//! `store_timeout` (7.45 s up to 1,200 processes, n ÷ 200 · 1.2 s above)
//! everybody has heard of it: from then on calls that nobody told of did not
//! happen, and nothing is assumed.
//!
//! # The test
//!
//! A CUSUM over the slots: with p₁ = threshold + margin, p₀ = threshold −
//! margin, the circuit opens if, for the last j slots and any j,
//!
//! ```text
//! failures(j) · ln(p₁/p₀) + successes(j) · ln((1−p₁)/(1−p₀)) ≥ 9.2
//! ```
//!
//! With 0.6 and 0.4 both logarithms are 0.405 in size, so it takes b = 23
//! failures more than successes.
//!
//! * *Total outage*: 23 calls, whatever came before; 23 ÷ s seconds. From 75
//!   calls a second on that is 0.3 s, and up to a slot (0.5 s) more if healthy
//!   calls share the slot in which it began.
//! * *A rate p above one half*: b ÷ (2p − 1) calls at the mean: 115 at 60 %.
//! * *A rate p below one half*: a needless opening in about ((1 − p) ÷ p)²³
//!   calls: 11,000 at 40 %, 1.5 million at 35 %, 290 million at 30 %.
//!
//! **What fits into the window.** There are 20 slots of 0.5 s, and slots without
//! calls take no place: the window holds 10 · s calls, and no fewer than 20. So
//! a rate of 60 % is found quickly from 20 sampled calls a second on. Below, a
//! lucky stretch must be waited for: up to a minute at 10 calls a second, some
//! minutes at 4, and for ever at 2, where only 20 calls fit. A total outage
//! opens all the same: a full window of nothing but failures is enough.
//!
//! # Thin traffic
//!
//! Below one call a second in the whole fleet, 23 calls take long. There five
//! failures in a row, with no success told in between, open. If a share q of
//! healthy calls fails, one in q⁻⁵ ÷ (1 − q) calls completes such a run:
//!
//! | q | calls | at half a call a second |
//! | --- | --- | --- |
//! | 1 % | 10 billion | 640 years |
//! | 5 % | 3.4 million | 78 days |
//! | 10 % | 111,000 | 2.6 days |
//! | 20 % | 3,900 | 2.2 hours |
//!
//! A circuit that thin, whose dependency fails a tenth of its calls in health,
//! wants a larger [`consecutive_failures`](crate::Policy::consecutive_failures).
//! The run is one of calls that were told: if one process makes five calls that
//! fail before the others have heard that the record is suspicious, their
//! successes come too late.
//!
//! # A fleet that has just started
//!
//! has promised nothing. Until its heartbeats have covered 10 to 30 s, evidence
//! from less than two seconds proves nothing: by then those who fail have told
//! of their successes too.
//!
//! # When traffic changes
//!
//! | what happens | what follows |
//! | --- | --- |
//! | it grows tenfold | more is sampled than wanted, until the record shows the crowd (2 s): up to 150 calls a second, then less |
//! | it drops, all is well | `promised` follows in 20 to 40 s; until then rates are underestimated |
//! | it drops to a half and all fails | the circuit opens within a second |
//! | to a fifth | once everybody knows: 9 to 10 s |
//! | to less | when the heartbeats tell of it: within 40 s |
//! | it stops | nothing: there is nobody to protect. State follows from timestamps |
//!
//! The figures of the last rows are for 50 calls a second and 100 processes, in
//! which heartbeats are perfect: `src/protocol/verdict/tests.rs`.
//!
//! # Costs
//!
//! stand in [`operating`](super::operating#costs).
