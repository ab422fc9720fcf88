//! What holds, what does not, and which test says so.
//!
//! The tests are those of `tests/it` unless a path says otherwise.
//!
//! # Safety
//!
//! | what holds | tests |
//! | --- | --- |
//! | Epochs only rise; a change that was decided on an older epoch has no effect | `protocol::no_history_breaks_the_invariants`, `store_contract::no_mistake_passes` |
//! | A result of an epoch that is over, or of a lease that is over or lost, decides nothing | `handle::a_success_admitted_before_the_trip_does_not_undo_it`, `handle::a_failed_probe_reopens_and_the_other_probe_comes_too_late` |
//! | There are never more than `max_probes` unexpired leases in the fleet, each owned by one call; who loses the race for one does not probe | `protocol::no_history_breaks_the_invariants`, `adversity::losers_of_a_race_for_a_lease_do_not_probe` |
//! | A probe that was cancelled, dropped or hung never closes a circuit | `cancellation::a_probe_that_is_dropped_anywhere_costs_one_lease_at_most`, `handle::a_hung_probe_is_cut_off_and_counts_as_a_failure` |
//! | After a write without an answer the record is read before anything is concluded | `handle::a_lease_whose_reply_was_lost_is_read_back_and_used` |
//! | A newer record is never replaced by an older one, whatever overtook what | `adversity::a_report_without_an_answer_or_with_a_late_one_does_not_undo_newer_news`, `adversity::a_read_that_shows_the_past_does_not_undo_newer_news` |
//! | No call is counted twice, by threads or by cancellation | `crowd::of_a_hundred_calls_at_once_each_is_counted_once`, `cancellation::a_failure_whose_report_is_dropped_is_counted_once_at_most` |
//! | `Ignored` outcomes and refused calls are no evidence | `handle::ignored_outcomes_never_count`, `recovery::calls_that_are_refused_while_it_ramps_up_are_no_failures` |
//! | Alarms, of which only those that fail make any, do not open the circuit | `planted_evidence::failures_at_the_same_time_in_environments_that_do_not_know_of_each_other_add_up` |
//! | Calls that fail together, and fill no three slots, open nothing, whatever fails besides | `outages::calls_that_fail_together_cost_less_than_a_fifth_of_a_second`, `outages::calls_that_fail_together_after_a_silence_open_nothing_either`, `handle::failures_that_come_all_at_once_do_not_open` |
//! | A process that fails alone among three or more stops itself, not before five seconds and 30 failures in a row, and opens nothing for others | `outages::a_process_that_fails_alone_stops_itself_and_the_circuit_stays_closed`, `alone::an_environment_that_fails_alone_stops_itself_while_the_others_go_on` |
//! | A wall clock that is set in the middle of calls opens nothing | `hanging::a_clock_that_is_set_in_the_middle_of_calls_opens_nothing` |
//! | A process that may be all there is does not stop itself before the circuit opens, however busy it is | `outages::a_total_outage_of_busy_processes_opens_the_circuit_before_any_of_them_stops_itself`, `alone::an_environment_that_may_be_all_there_is_leaves_it_to_the_circuit` |
//! | A record from days ahead holds no calls back, and none holds a circuit open for longer than the policy allows | `implausible::a_record_from_days_ahead_never_holds_calls_back`, `implausible::a_circuit_is_open_for_no_longer_than_the_policy_allows_whatever_the_record_says` |
//! | What a process decides alone is never written | `adversity::what_a_lonely_environment_decided_never_overwrites_the_fleet` |
//! | An override stands above the rules, and ends by itself | `handle::overrides_stand_above_the_rules_until_they_expire`, `adversity::under_a_shadow_override_no_call_is_cut_off_or_refused` |
//!
//! # Liveness
//!
//! | what holds | tests |
//! | --- | --- |
//! | A total outage opens the circuit after three slots and 28 calls, of which witnesses told; below a call a second after three slots and five calls | `outages::a_total_outage_of_busy_processes_opens_the_circuit_before_any_of_them_stops_itself`, `outages::a_fresh_process_on_a_fresh_store_lets_failing_calls_pass_for_little_more_than_a_second`, `src/protocol/verdict/tests.rs` |
//! | Calls that hang open the circuit before they time out; calls that are dropped before they are slow are no evidence | `hanging::calls_that_hang_open_the_circuit_before_they_time_out`, `hanging::calls_that_are_dropped_before_they_are_slow_are_no_evidence` |
//! | Failed and slow calls that are too many together open the circuit | `outages::failed_and_slow_calls_that_are_too_many_together_open_the_circuit` |
//! | After any history, health closes the circuit within an open time, a lease and so many probes | `protocol::after_any_history_health_closes_the_circuit_in_bounded_time` |
//! | An open circuit is probed once a second, and the trail tells when that began and ended | `recovery::an_open_circuit_is_probed_once_a_second_and_the_trail_tells_when_that_began` |
//! | A probe that fails among others that succeed does not end the recovery | `handle::a_probe_that_fails_among_others_that_succeed_counts_against_them` |
//! | The record tells how many calls are refused | `outages::the_record_tells_how_many_calls_an_open_circuit_refuses` |
//! | A circuit whose open time is over is half open with or without traffic | `protocol::an_open_circuit_whose_time_is_over_is_half_open_without_any_traffic` |
//! | A probe that vanished delays recovery by one lease at most | `handle::a_probe_that_is_dropped_never_closes_and_costs_one_lease` |
//! | The ramp ends; it is the same in every process, and no longer than the outage | `recovery::after_closing_admission_grows_from_a_share_to_all`, `recovery::the_ramp_lasts_no_longer_than_the_outage_did` |
//! | A process that slept, or lost the store for long, or whose clock was set back, comes back to the fleet | `adversity::an_environment_that_slept_comes_back_to_the_fleet`, `adversity::a_long_outage_of_the_store_leaves_no_lasting_mark`, `adversity::a_clock_that_is_set_back_does_not_stop_the_news` |
//! | A dropped future never blocks others, nor makes them spin | `cancellation::calls_that_wait_for_one_that_is_dropped_ask_themselves`, `cancellation::a_trial_that_is_dropped_makes_room_for_another` |
//!
//! # If the store fails
//!
//! * Calls go on by the state that was known last. They do not fail because
//!   the store does: `handle::a_silent_store_adds_no_failures_and_delays_one_call_a_second_at_most`.
//! * The store is left alone for 125 ms to 3 s, longer each time, so that one
//!   call in that time waits for `store_timeout` at most, or twice that if it has
//!   to look and then to tell:
//!   `alone::a_throttled_store_is_asked_less_and_less_and_delays_nobody`.
//! * A process whose own calls fail meanwhile stops itself after
//!   as many failures more than successes as open the circuit, or after
//!   `consecutive_failures` in a row that took 4 s or more: `handle::without_the_store_an_environment_protects_itself_and_returns_to_the_fleet`.
//! * While a circuit is open and its store away, a process waits for one lease
//!   longer than the open time and then tries with one call at a time:
//!   `adversity::a_silent_store_gives_nobody_a_lease`. Then, and only then,
//!   there are more probes than leases: up to one a process.
//! * A record that cannot be understood is an error of the store, with the
//!   same consequences; it is never read as "closed".
//!
//! # What is not guaranteed
//!
//! * **Instant news.** A process hears of a transition with its next contact:
//!   within 7.7 s in fleets up to 1,200 processes, later in larger ones, for
//!   they share [`reads_per_s`](crate::Policy::reads_per_s); or, if its calls
//!   fail, within 200 ms: beside its next call after one failure, before it
//!   after two. Until then its calls pass.
//! * **Instant protection.** A circuit opens a second after its outage began at
//!   the earliest, and usually after one to two; a partial one takes some
//!   seconds. A process that makes 1,000 calls a second makes 1,000 to 1,200
//!   that fail on a fresh record.
//! * **Calls that hang while no others come.** They are counted when another
//!   call comes, and only if [`call`](crate::Breaker::call) makes them
//!   and [`slow_call_after`](crate::Policy::slow_call_after) is at most 28 s.
//! * **Evidence bounds far above the default.** How many calls are told depends
//!   on the share of the bound that is there. With a bound of 100 some 11 calls
//!   a second of a large fleet are told at 60 %, and it may never open.
//! * **An instant end of a lonely failure.** A process that is a third of its
//!   fleet may fail for 20 s before it stops itself: until then it cannot know
//!   that the others are well. Of two, one that fails is an outage of half.
//! * **Partial outages of quiet dependencies.** A rate above the threshold and
//!   margin opens the circuit only if enough calls fit into the window. At 60 %
//!   it takes some seconds from 20 calls a second on; between one and three
//!   calls a second only outages that are nearly total open. See
//!   [`estimator`](super::estimator).
//! * **Rates between the thresholds.** Within the margin around the threshold
//!   either may happen. A circuit that has opened on such a rate and closed
//!   again tolerates a higher one for ten minutes.
//! * **A count of everything.** What a process had not told when it vanished,
//!   was frozen for longer than the window, or lost its store, is lost. The
//!   record is evidence, not accounting.
//! * **Time-outs.** Only probes and [`call_by`](crate::Breaker::call_by) are cut
//!   off.
//! * **Clocks off by more than [`clock_skew`](crate::Policy::clock_skew).**
//!   Nothing breaks, but evidence is ignored, and an open time or a lease may
//!   seem longer or shorter by as much.
