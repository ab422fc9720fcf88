//! Valkey is killed: nobody notices much.

use std::time::Duration;

use crate::stack::{Stack, Victim, draft};

/// What a request may take longer without the cache.
const TOLERANCE: Duration = Duration::from_secs(1);

#[test]
fn without_the_cache_reads_and_writes_still_succeed_and_hardly_slower() {
    let stack = Stack::running();
    let path = stack.create_item();
    let read_before = stack.get(&path).took;
    let write_before = stack.send_json("PUT", &path, &draft("before")).took;
    Stack::kill(Victim::Cache);
    for round in 0..5 {
        let read = stack.get(&path);
        assert_eq!(
            (read.status, read.source()),
            (200, "database"),
            "round {round}: {read:?}"
        );
        assert!(
            read.took < read_before + TOLERANCE,
            "{:?} after {read_before:?}",
            read.took
        );
        let write = stack.send_json("PUT", &path, &draft("without a cache"));
        assert_eq!(write.status, 200, "round {round}: {write:?}");
        assert!(
            write.took < write_before + TOLERANCE,
            "{:?} after {write_before:?}",
            write.took
        );
    }
    assert_eq!(stack.circuit()["state"], "closed");
}
