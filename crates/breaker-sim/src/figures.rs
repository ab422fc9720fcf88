//! What a run comes to, in numbers.

use serde::Serialize;

/// A figure as a number to compare; `None` if it does not apply.
trait Figure {
    fn value(&self) -> Option<f64>;
}

impl Figure for u64 {
    fn value(&self) -> Option<f64> {
        Some(crate::units::number(*self))
    }
}

impl Figure for f64 {
    fn value(&self) -> Option<f64> {
        Some(*self)
    }
}

impl Figure for bool {
    fn value(&self) -> Option<f64> {
        Some(if *self { 1.0 } else { 0.0 })
    }
}

impl<F: Figure> Figure for Option<F> {
    fn value(&self) -> Option<f64> {
        self.as_ref().and_then(F::value)
    }
}

/// Declares each figure once: its name in results, its type, its meaning.
macro_rules! declare_figures {
    ($(#[doc = $meaning:literal] $name:ident: $type:ty;)+) => {
        /// What a run comes to. All times are in seconds; a figure that does
        /// not apply is none.
        #[derive(Debug, Clone, Default, PartialEq, Serialize)]
        pub struct Figures {
            $(#[doc = $meaning] pub $name: $type,)+
        }

        impl Figures {
            /// Every figure's name and meaning, in the order of results.
            pub const ALL: &'static [(&'static str, &'static str)] =
                &[$((stringify!($name), $meaning),)+];

            /// A figure by its name; none if it does not apply or there is no
            /// such figure.
            pub fn value(&self, name: &str) -> Option<f64> {
                match name {
                    $(stringify!($name) => self.$name.value(),)+
                    _ => None,
                }
            }
        }
    };
}

declare_figures! {
    /// Calls that arrived.
    calls: u64;
    /// Calls that passed.
    admitted: u64;
    /// Calls that did not pass.
    rejected: u64;
    /// Admitted calls that failed or were too slow.
    failed: u64;
    /// From the start to the first opening.
    first_open_s: Option<f64>;
    /// Moves from closed to open.
    opens: u64;
    /// Moves to closed.
    closes: u64;
    /// Opens with no outage within the window before.
    false_opens: u64;
    /// Calls admitted, not as probes, between an open in an outage and its end.
    leaked_after_outage: Option<u64>;
    /// Moves from half open to open.
    reopen_count: u64;
    /// Reads that the store served.
    store_reads: u64;
    /// Writes that the store served, or refused by their condition.
    store_writes: u64;
    /// Reads in the busiest second.
    max_store_reads_per_s: u64;
    /// Writes in the busiest second.
    max_store_writes_per_s: u64;
    /// Read request units.
    store_rru: f64;
    /// Write request units.
    store_wru: f64;
    /// What the store costs for each million calls, in dollars.
    usd_per_million_calls: Option<f64>;
    /// Calls that passed as probes.
    probes: u64;
    /// Probes really under way at once.
    max_concurrent_probes: u64;
    /// From the dependency's last recovery to the first close after it.
    closed_after_recovery_s: Option<f64>;
    /// To that close from the recovery or the end of the open time, the later.
    closed_after_open_time_s: Option<f64>;
    /// Of the calls in the first second after that close, the admitted share.
    admitted_fraction_first_second_after_close: Option<f64>;
    /// Successes over calls from the end of the ramp after that close.
    goodput_after_recovery: Option<f64>;
    /// What calls waited for the store before they were decided about, in ms.
    blocking_store_ms_total: f64;
    /// Leaked calls of the environment that leaked most.
    max_leaked_per_environment: Option<u64>;
    /// Calls that waited for the store before they were decided about.
    blocking_reads: u64;
    /// The longest that one call waited so, in ms.
    max_blocking_ms: f64;
    /// What responses waited for the store after the call was over, in ms.
    settling_store_ms_total: f64;
    /// Calls from the start of the outage to the open.
    calls_to_open: Option<u64>;
    /// From the start of the outage to the open.
    seconds_to_open: Option<f64>;
    /// Calls that did not pass while there was no outage.
    rejected_while_healthy: u64;
    /// Calls that an environment's local breaker refused.
    local_stops: u64;
    /// Requests that the store refused, in the worst second.
    max_store_ops_refused_per_s: u64;
    /// Admitted calls that succeeded.
    succeeded: u64;
    /// Calls whose environment vanished.
    crashed: u64;
    /// Calls admitted, not as probes, during outages.
    admitted_in_outage: u64;
    /// Those of the environment that admitted most.
    max_admitted_in_outage_per_environment: u64;
    /// Opens after the close that followed the last recovery.
    opens_after_recovery: u64;
    /// From the end of the store's last fault, in an outage, to the open.
    open_after_store_s: Option<f64>;
    /// Whether the circuit was closed when the run ended.
    closed_at_end: bool;
    /// The longest that the record was.
    max_record_bytes: u64;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_found_by_the_name_that_results_give_it() {
        let figures = Figures {
            leaked_after_outage: Some(3),
            closed_at_end: true,
            ..Figures::default()
        };
        let json = serde_json::to_value(&figures).unwrap();
        for (name, _) in Figures::ALL {
            assert_eq!(
                figures.value(name),
                match &json[name] {
                    serde_json::Value::Bool(yes) => yes.value(),
                    other => other.as_f64(),
                },
                "{name}"
            );
        }
        assert_eq!(json.as_object().unwrap().len(), Figures::ALL.len());
    }
}
