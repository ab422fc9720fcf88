//! A small number for each thread.
//!
//! A thread that is the only one to write a word can count in it without a
//! locked instruction. So each thread that counts has a number that no other
//! living thread has, and gives it back when it ends.

use std::{cell::Cell, sync::atomic::AtomicU64};

use super::indexes::Indexes;

static INDEXES: Indexes = Indexes::new(AtomicU64::new(0));

/// This thread has not counted yet.
const UNKNOWN: usize = usize::MAX;

/// This thread has no number of its own: all are taken, or it is ending.
const NONE: usize = usize::MAX - 1;

thread_local! {
    // Apart from what needs a destructor, so that reading it is one instruction.
    static INDEX: Cell<usize> = const { Cell::new(UNKNOWN) };
    static HELD: Held = const { Held };
}

/// Gives the thread's number back when the thread ends.
struct Held;

impl Drop for Held {
    fn drop(&mut self) {
        // Destructors that run later may still count, but not as this number.
        INDEXES.give_back(INDEX.replace(NONE));
    }
}

/// What [`thread_index`] returned on this thread before; a number far above any
/// array's length if it has not been called.
#[inline]
pub(super) fn known_thread_index() -> usize {
    INDEX.get()
}

/// A number that no other living thread has, or one far above any array's
/// length if there is none to be had.
pub(super) fn thread_index() -> usize {
    match INDEX.get() {
        UNKNOWN => first_use(),
        index => index,
    }
}

#[cold]
#[inline(never)]
fn first_use() -> usize {
    let taken = INDEXES.take();
    INDEX.set(taken.unwrap_or(NONE));
    if let Some(index) = taken
        && HELD.try_with(|_| ()).is_err()
    {
        // The thread is ending, so nothing would give the number back later.
        INDEXES.give_back(index);
        INDEX.set(NONE);
    }
    INDEX.get()
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;

    #[test]
    fn living_threads_have_different_numbers_and_keep_them() {
        let (tell, hear) = mpsc::channel();
        let (finish, finished) = mpsc::channel::<()>();
        let mine = thread_index();
        let other = thread::spawn(move || {
            tell.send(thread_index()).unwrap();
            assert!(finished.recv().is_err());
        });
        let others = hear.recv().unwrap();
        assert_ne!(mine, others);
        assert_eq!(mine, thread_index());
        drop(finish);
        other.join().unwrap();
    }

    #[test]
    fn numbers_do_not_run_out_while_threads_come_and_go() {
        for _ in 0..1000 {
            let index = thread::spawn(thread_index).join().unwrap();
            assert!(index < 64, "{index} is no number of its own");
        }
    }

    #[test]
    fn a_thread_that_is_ending_counts_as_nobody() {
        struct Last(mpsc::Sender<usize>);
        impl Drop for Last {
            fn drop(&mut self) {
                self.0.send(thread_index()).unwrap();
            }
        }
        thread_local!(static LAST: Cell<Option<Last>> = const { Cell::new(None) });

        // Whichever of the two destructors runs first, one of these meets the
        // other's thread-local gone.
        for counted_before in [true, false] {
            let (tell, hear) = mpsc::channel();
            thread::spawn(move || {
                if counted_before {
                    thread_index();
                }
                LAST.set(Some(Last(tell)));
                thread_index();
            })
            .join()
            .unwrap();
            let index = hear.recv().unwrap();
            assert!(index < 64 || index == NONE);
        }
        // Nothing was lost by it.
        let index = thread::spawn(thread_index).join().unwrap();
        assert!(index < 64);
    }
}
