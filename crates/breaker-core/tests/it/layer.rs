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
    Breaker, BreakerLayer, CallError, Clock, Deadline, MemoryStore, Outcome, Policy,
    RejectionReason, time::ManualClock,
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
    let mut service = BreakerLayer::new(breaker, Outcome::from_result).layer(inner);
    for _ in 0..5 {
        let failed = service.ready().await.unwrap().call(Err("down")).await;
        assert_eq!(failed, Err(CallError::Inner("down")));
        clock.advance(Duration::from_millis(300));
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
    let mut failed = 0;
    while service.ready().await.unwrap().call(503).await.is_ok() {
        failed += 1;
        assert!(failed < 60, "nothing is refused");
        clock.advance(Duration::from_millis(100));
    }
    let refused = service.ready().await.unwrap().call(200).await;
    assert!(matches!(refused, Err(CallError::Rejected(_))));
}

#[tokio::test(start_paused = true)]
async fn each_request_has_its_own_deadline_or_none() {
    let clock = Arc::new(ManualClock::starting_at(START));
    let breaker = Breaker::builder(name("orders"), Policy::default(), MemoryStore::new())
        .clock(Arc::clone(&clock))
        .build()
        .unwrap();
    let now = clock.now();
    let left = move |request: &Option<(u64, u64)>| {
        request.map(|(left, needs)| Deadline {
            at: now + Duration::from_millis(left),
            needs: Duration::from_millis(needs),
        })
    };
    let calls = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&calls);
    let inner = service_fn(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            Ok::<_, Infallible>("done")
        }
    });
    let layer = BreakerLayer::new(breaker, Outcome::from_result).with_deadlines(left);
    let mut service = layer.layer(inner);
    let mut send = async |request| service.ready().await.unwrap().call(request).await;
    assert_eq!(send(None).await, Ok("done"));
    assert_eq!(send(Some((300, 100))).await, Ok("done"));
    assert_eq!(
        send(Some((100, 50))).await,
        Err(CallError::DeadlineExceeded)
    );
    let Err(CallError::Rejected(refused)) = send(Some((100, 150))).await else {
        panic!("there was no time for it");
    };
    assert_eq!(refused.reason, RejectionReason::DeadlineTooClose);
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}
