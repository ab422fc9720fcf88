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
//! **Alarms.** While all is well nobody reports successes. A call that failed
//! or was slow is reported at once as an *alarm*. Alarms say nothing about a
//! rate, because only those who fail speak. They open nothing: they raise a
//! *suspicion*, a mark in the record.
//!
//! **Witnesses.** A process that knows of the suspicion is a *witness*: it
//! reports each of its sampled calls at once, whatever its outcome. Only what
//! witnesses tell opens the circuit. A process hears of the suspicion with its
//! next contact: with the answer to its own alarm, or within 7.7 s up to 1,200
//! processes, n ÷ 200 · 1.2 + 0.5 s above. From then on *everybody knows*.
//!
//! **Sampled calls.** Each call, alarm or not, is evidence with the same
//! probability
//!
//! ```text
//! share = min(1, 75 ÷ λ) · min(1, max(0, 2 − c ÷ 37.5))
//! ```
//!
//! where λ is what heartbeats promise (the larger of the last two minutes' and
//! the last 20 to 40 seconds' rate) and c the calls that were told of this slot
//! already: in half a second there should be 37.5, and 75 are too many. The second
//! factor is for traffic that grew since the last heartbeats. Who has not seen
//! the record for a second looks before it tells, so that it knows both. It is
//! drawn independently of the outcome, so the calls that witnesses sample fail
//! at the rate that all calls of witnesses do; nothing is weighted. The failure
//! rate of m such calls has the variance p(1 − p) ÷ m. It has no bias for the
//! witnesses, and so none for the fleet once everybody knows.
//!
//! Once a suspicion has stood for four seconds, another number takes the place of
//! 75, by how much of what would open the circuit the record showed when this
//! process last looked with no failure as the reason, be it by witnesses or
//! beside what heartbeats promise:
//!
//! | of what would open it | calls a second |
//! | --- | --- |
//! | less than 3 % | 3, and at most 15 % of all (in doubt: less than 5 %) |
//! | less than 10 % | 10 (in doubt: 75) |
//! | more | 75 |
//!
//! Errors that are known and too few cost 3 writes a second. Below one call a
//! second every call is told.
//!
//! **Calls that hang.** A call under way counts as slow once it has taken
//! [`slow_call_after`](crate::Policy::slow_call_after), up to a second late, when
//! another call comes; when it ends it is not counted again. That holds for
//! limits up to 28 s and for calls that [`call`](crate::Breaker::call)
//! makes. Whoever admits and records by hand is not seen.
//!
//! **Heartbeats.** A process contacts the store once in a *refresh interval*:
//! 6 to 7.2 s, or longer if n ÷ 200 s is more. At each contact it tells, with
//! probability
//!
//! ```text
//! p = min(1, 0.7 ÷ contacts a second of the whole fleet)
//! ```
//!
//! the calls that arrived since its last contact, those of them that were
//! refused, the contacts (one) and the time since, each divided by p. By
//! Horvitz and Thompson (1952) the sums over the fleet are unbiased, because
//! whether a contact tells is drawn independently of what it would tell:
//!
//! ```text
//! E[Σ told ÷ p] = Σ seen
//! ```
//!
//! A report that is made anyway, because of evidence, tells of its own calls
//! with p = 1 and counts as no contact. A heartbeat that meets a record which
//! has moved on is told again with the next contact. An open circuit moves
//! twice a second, so this is how refused calls are counted.
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
//! Known biases: a process tells of its calls up to a refresh interval late, so
//! the last 20 to 40 s are underestimated by a tenth to a sixth; a heartbeat
//! that the store refused or did not answer is lost; a process that vanishes
//! does not tell of its calls since its last contact; one that slept for more
//! than two minutes speaks for two minutes.
//!
//! # When a suspicion is raised
//!
//! If the record's calls of the last j slots, for any j, speak 100 to 1 (4.6
//! nats) rather for 10 % than for 2 %. What heartbeats promise and nobody
//! reported counts as successes. Three alarms among a few calls are enough; in
//! the long run a rate of 5 % is. It is cleared when less than 1 nat speaks for
//! 5 % against 0.5 %: in the long run, below 2 %. Between the two it stays as
//! it is.
//!
//! How often a suspicion is raised in an hour by background errors, and for how
//! much of the time it stands, at 75 calls a second, by a simulation of six
//! hours of this rule alone with perfect heartbeats:
//!
//! | errors | raised an hour | stands |
//! | --- | --- | --- |
//! | 0.1 % | 0 | 0 % |
//! | 1 % | 0.5 | 0.1 % |
//! | 2 % | 12 | 6 % |
//! | 5 %, 10 % | once | always |
//!
//! # The test
//!
//! A CUSUM over the slots: with p₁ = threshold + margin, p₀ = threshold −
//! margin, the circuit opens if, for the last j slots and any j, what witnesses
//! told says
//!
//! ```text
//! bad(j) · ln(p₁/p₀) + good(j) · ln((1−p₁)/(1−p₀)) ≥ 11
//! ```
//!
//! where *bad* are failures; in a second test, by its own threshold, slow
//! calls; in a third, by the larger threshold, calls that failed or were slow.
//! With 0.6 and 0.4 both logarithms are 0.405 in size, so it takes b = 28 bad
//! calls more than good ones. In at least three of these slots more calls of
//! witnesses must have been bad than good: calls that fail together may have one
//! reason that is over in a moment.
//!
//! * *Total outage*: 28 calls of witnesses, in three slots (0.5 s each) after
//!   the first alarm: 1 to 2 s.
//! * *A rate p above one half*: b ÷ (2p − 1) calls at the mean: 140 at 60 %.
//! * *A rate p below one half*: a needless opening in about ((1 − p) ÷ p)²⁸
//!   calls: 85,000 at 40 %, 34 million at 35 %, 20 billion at 30 %. At 75 calls
//!   a second that is 19 minutes at 40 %, five days at 35 % and eight years at
//!   30 %. Three tests of calls that are bad in different ways may triple it.
//!
//! **What fits into the window.** There are 20 slots of 0.5 s, and slots without
//! calls take no place: the window holds 10 · s calls, and no fewer than 20. So
//! a rate of 60 % is found quickly from 20 sampled calls a second on. Below, a
//! lucky stretch must be waited for, and at 2 calls a second, where only 20
//! calls fit, it never comes. A total outage opens all the same: a full window
//! of nothing but bad calls, as many as slots or more, is enough.
//!
//! # Until everybody knows
//!
//! Those who fail learn of the suspicion first, so at first the witnesses are
//! not like the fleet: where one process of three fails, it alone tells.
//! Therefore the same test must also give half of the bound, 5.5, for
//! *all* calls. Those of the last t seconds, of which everybody knew during the
//! last k, are taken to be
//!
//! ```text
//! calls(t) = told(k) + max(told before, min(promised, 75) · (t − k))
//! ```
//!
//! where `promised` is the smaller of the two minutes' rate and 1.25 times the
//! recent one, `told` counts alarms as well, and what is missing counts as
//! successes. Two errors are possible, and bounded:
//!
//! * *Heartbeats promise too little.* With the promise at a share h of the
//!   truth, a failing share f of the fleet looks like f ÷ h, and opens the
//!   circuit if that is well above one half. Where a third fails, either the
//!   two minutes' rate must be a third too low, which is three of its standard
//!   errors, or the recent one by 47 %, which is 1.7 at worst.
//! * *Traffic dropped and failed at the same moment*, to a share r of what was
//!   promised. The outage looks like the rate r. Above one half it opens as
//!   usual; below, when everybody knows.
//!
//! # Doubt
//!
//! A circuit that opened on less than 90 % is in *doubt* for ten minutes after
//! it has closed: the dependency fails about as often as the threshold says.
//! The second time it is judged by 0.5 and 0.7, from the third on by 0.55 and
//! 0.75, which takes 33 and 36 failures in a row, and rates above 60 % and 65 %
//! in the long run. To close it then takes four times as many successes, unless
//! traffic is thin. Thin traffic then takes a run of twice and three times as
//! many failures.
//!
//! # The way back
//!
//! Probes are a random walk: a success is a step up, a failure a step down, the
//! first step below the start opens the circuit again, and m = 3 (12 in doubt)
//! steps up close it. With r the ratio of failures to successes an
//! attempt closes with the probability (1 − r) ÷ (1 − rᵐ⁺¹):
//!
//! | probes fail | m = 3 | 12 |
//! | --- | --- | --- |
//! | 20 % | 75 % | 75 % |
//! | 40 % | 42 % | 34 % |
//! | 50 % | 25 % | 8 % |
//! | 60 % | 12 % | 0.3 % |
//!
//! There is an attempt a second, so a dependency that still fails 40 % of its
//! calls is closed after some 3 s, and one that fails 60 % is too, sooner or
//! later: then it opens again, and is in doubt. A probe is judged by what its
//! own process knew of the others when it ended.
//!
//! # Thin traffic
//!
//! Below one call a second in the whole fleet, 28 calls take long. There any
//! failure raises a suspicion and a success clears it, and five failures in a
//! row within an hour, in three slots or more and with no success told in
//! between, open. Where no heartbeat tells, traffic is thin if no slot holds
//! more than five calls. If a share q of
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
//! Alarms do not tell what succeeded between them, so any number of them counts
//! as one of the five.
//!
//! # When traffic changes
//!
//! | what happens | what follows |
//! | --- | --- |
//! | it grows tenfold | more is sampled than wanted, up to 150 calls a second, until the heartbeats tell of it |
//! | it drops, all is well | `promised` follows in 20 to 40 s |
//! | it drops to more than a half and all fails | the circuit opens within two to four seconds |
//! | to less, but a twentieth or more | once everybody knows: 8 to 9 s |
//! | to less than that | when the heartbeats tell of it: within 40 s, and then once everybody knows |
//! | it stops | nothing: there is nobody to protect. State follows from timestamps |
//!
//! These follow from the formulas, with heartbeats that are right.
//!
//! # Costs
//!
//! stand in [`operating`](super::operating#costs).
