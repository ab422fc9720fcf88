//! The tower middleware.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use breaker_core::{
    Breaker, BreakerLayer, CallError, MemoryStore, Outcome, Policy, time::ManualClock,
};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::{START, name};

#[tokio::test]
async fn the_service_behind_an_open_circuit_is_not_even_called() {
    let clock = Arc::new(ManualClock::starting_at(START));
    let breaker = Breaker::builder(name("orders"), Policy::default(), MemoryStore::new())
        .clock(Arc::clone(&clock))
        .build()
        .unwrap();
    let calls = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&calls);
    // Counts in `call` itself, before its future is polled.
    let inner = service_fn(move |reply: Result<(), &'static str>| {
        counter.fetch_add(1, Ordering::SeqCst);
        std::future::ready(reply)
    });
    let mut service = BreakerLayer::new(breaker, Outcome::of_result).layer(inner);
    for _ in 0..5 {
        let failed = service.ready().await.unwrap().call(Err("down")).await;
        assert_eq!(failed, Err(CallError::Inner("down")));
        clock.advance(Duration::from_secs(1));
    }
    let refused = service.ready().await.unwrap().call(Ok(())).await;
    assert!(matches!(refused, Err(CallError::Rejected(_))));
    assert_eq!(calls.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn the_classifier_decides_what_counts() {
    let clock = Arc::new(ManualClock::starting_at(START));
    let breaker = Breaker::builder(name("orders"), Policy::default(), MemoryStore::new())
        .clock(Arc::clone(&clock))
        .build()
        .unwrap();
    let classify = |result: &Result<u16, Infallible>| match result {
        Ok(status) if *status >= 500 => Outcome::Failure,
        Ok(_) => Outcome::Success,
        Err(never) => match *never {},
    };
    let inner = service_fn(|status: u16| async move { Ok::<_, Infallible>(status) });
    let mut service = BreakerLayer::new(breaker, classify).layer(inner);
    for _ in 0..20 {
        assert_eq!(service.ready().await.unwrap().call(404).await, Ok(404));
    }
    for _ in 0..60 {
        let _ = service.ready().await.unwrap().call(503).await;
        clock.advance(Duration::from_millis(100));
    }
    let refused = service.ready().await.unwrap().call(200).await;
    assert!(matches!(refused, Err(CallError::Rejected(_))));
}
