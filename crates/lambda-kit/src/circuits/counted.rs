//! What CloudWatch is told of what happens in a circuit.

use breaker_core::{Event, Observer, observe::TracingObserver};
use metrics::counter;

use crate::metrics as names;

/// Counts what happens in the breaker, beside telling it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counted(TracingObserver);

impl Observer for Counted {
    fn on(&self, circuit: &str, event: &Event) {
        match event {
            Event::ProbeBegan => counter!(names::PROBES).increment(1),
            Event::Transitioned { .. } => counter!(names::CIRCUIT_TRANSITIONS).increment(1),
            _ => {}
        }
        self.0.on(circuit, event);
    }
}
