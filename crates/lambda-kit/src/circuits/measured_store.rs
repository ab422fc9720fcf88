//! The circuits' store, counted and timed.

use std::pin::Pin;

use breaker_core::{
    Change, CircuitName, Consistency, Epoch, Record, StateStore, StoreError, Timestamp,
    TransitionEvent,
};
use metrics::{counter, histogram};
use tokio::time::Instant;

use crate::metrics as names;

/// Counts and times the operations of a store.
#[derive(Debug, Clone)]
pub struct MeasuredStore<S>(pub S);

impl<S> MeasuredStore<S> {
    /// Takes boxes, or every future above would be as large as the SDK's.
    async fn measured<T>(
        operation: Pin<Box<impl Future<Output = Result<T, StoreError>> + Send>>,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        let outcome = operation.await;
        counter!(names::STORE_OPERATIONS).increment(1);
        histogram!(names::STORE_TIME).record(began.elapsed().as_secs_f64() * 1_000.0);
        // That another was quicker is how a store works, and no failure of it.
        if let Err(error) = &outcome
            && !matches!(error, StoreError::Conflict(_) | StoreError::Contended)
        {
            counter!(names::STORE_FAILURES).increment(1);
        }
        outcome
    }
}

impl<S: StateStore> StateStore for MeasuredStore<S> {
    async fn load(
        &self,
        circuit: &CircuitName,
        consistency: Consistency,
    ) -> Result<Record, StoreError> {
        Self::measured(Box::pin(self.0.load(circuit, consistency))).await
    }

    async fn apply(
        &self,
        circuit: &CircuitName,
        basis: &Record,
        change: &Change,
        now: Timestamp,
    ) -> Result<Record, StoreError> {
        let applied = Self::measured(Box::pin(self.0.apply(circuit, basis, change, now))).await;
        // The fleet writes about once a second, however large it is, so this is told as often.
        if let Some(size) = applied
            .as_ref()
            .ok()
            .and_then(|record| record.traffic.fleet_size(now))
        {
            histogram!(names::REFUSED_PER_SECOND).record(size.refused_per_s);
        }
        applied
    }

    async fn events(
        &self,
        circuit: &CircuitName,
        since: Epoch,
        limit: u16,
    ) -> Result<Vec<TransitionEvent>, StoreError> {
        Self::measured(Box::pin(self.0.events(circuit, since, limit))).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use breaker_core::{
        MemoryStore,
        protocol::{Heartbeats, Report, Tally, TrafficSlot},
    };
    use metrics::{
        Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString,
        Unit, with_local_recorder,
    };

    use super::*;

    /// What was recorded as [`names::REFUSED_PER_SECOND`].
    #[derive(Debug, Default)]
    struct Refused(Mutex<Vec<f64>>);

    impl HistogramFn for Refused {
        fn record(&self, value: f64) {
            self.0.lock().unwrap().push(value);
        }
    }

    struct OnlyRefused(Arc<Refused>);

    impl Recorder for OnlyRefused {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
            Counter::noop()
        }
        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }
        fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
            if key.name() == names::REFUSED_PER_SECOND {
                Histogram::from_arc(Arc::clone(&self.0))
            } else {
                Histogram::noop()
            }
        }
    }

    #[test]
    fn calls_that_the_fleet_refuses_are_told_with_each_write_and_with_no_read() {
        let refused = Arc::new(Refused::default());
        let store = MeasuredStore(MemoryStore::new());
        let circuit = "retry".parse().unwrap();
        // 20 s after the slot of traffic began.
        let now = Timestamp::from_unix_ms(1_000_020_000);
        let heartbeats = Heartbeats {
            refused: 500,
            ..Heartbeats::default()
        };
        let report = Change::Report(Report {
            tally: Tally::new(),
            heartbeats: Some((TrafficSlot(50_000), heartbeats)),
            stale: Vec::new(),
            stale_traffic: Vec::new(),
            suspicion: None,
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        with_local_recorder(&OnlyRefused(Arc::clone(&refused)), || {
            runtime.block_on(async {
                let record = store.load(&circuit, Consistency::Strong).await.unwrap();
                store.apply(&circuit, &record, &report, now).await.unwrap();
                store.load(&circuit, Consistency::Strong).await.unwrap();
            });
        });
        assert_eq!(*refused.0.lock().unwrap(), [25.0]);
    }
}
