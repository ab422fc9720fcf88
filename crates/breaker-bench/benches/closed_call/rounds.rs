//! How it is measured: wall time per call per thread.

use std::{
    hint::{black_box, spin_loop},
    pin::{Pin, pin},
    sync::Barrier,
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use criterion::{BenchmarkGroup, measurement::WallTime};

pub(crate) type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// What a group of measurements with so many threads is called.
pub(crate) fn name(threads: usize) -> &'static str {
    if threads == 1 {
        "one thread"
    } else {
        "two threads"
    }
}

/// Measures `call` while each of `threads` threads makes as many calls.
pub(crate) fn measure(
    group: &mut Group<'_>,
    threads: usize,
    name: &str,
    call: impl Fn(u64) -> Option<u64> + Sync,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|calls| {
            time(threads, || {
                for number in 0..calls {
                    black_box(call(black_box(number)));
                }
            })
        });
    });
}

/// As [`measure`], where each thread has its own clone of a handle, as services
/// do.
pub(crate) fn measure_future<H: Clone + Sync>(
    group: &mut Group<'_>,
    threads: usize,
    name: &str,
    handle: &H,
    call: impl AsyncFn(&mut H, u64) -> Option<u64> + Sync,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|calls| {
            time(threads, || {
                let mut handle = handle.clone();
                for number in 0..calls {
                    let call = pin!(call(&mut handle, black_box(number)));
                    black_box(ready(call));
                }
            })
        });
    });
}

/// Polls without a runtime. The protected call is ready at once; a breaker
/// that waits for a lock of its own is polled until it has it.
fn ready<T>(mut future: Pin<&mut impl Future<Output = T>>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(result) => return result,
            Poll::Pending => spin_loop(),
        }
    }
}

/// From the first thread's first call to the last thread's last one.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn time(threads: usize, calls: impl Fn() + Sync) -> Duration {
    let ready = Barrier::new(threads);
    let run = || {
        ready.wait();
        let begin = Instant::now();
        calls();
        (begin, Instant::now())
    };
    let spans: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mine = run();
        let others = others.into_iter().filter_map(|other| other.join().ok());
        others.chain([mine]).collect()
    });
    assert_eq!(spans.len(), threads, "a thread panicked");
    let begin = spans.iter().map(|(begin, _)| *begin).min();
    let end = spans.iter().map(|(_, end)| *end).max();
    end.zip(begin)
        .map_or(Duration::ZERO, |(end, begin)| end - begin)
}
