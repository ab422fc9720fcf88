use super::*;
use crate::drill::history::CacheWord;

const BOUNDS: Bounds<'_> = Bounds {
    fresh: Duration::from_secs(1),
    degraded: Duration::from_mins(1),
    forgetful: &[],
};

fn s(seconds: u64) -> Moment {
    Duration::from_secs(seconds)
}

fn operation(began: u64, ended: u64, asked: Asked, told: Told) -> Operation {
    Operation {
        began: s(began),
        ended: s(ended),
        item: Some("i".to_owned()),
        asked,
        told,
        cache: CacheWord::Told,
    }
}

fn create(at: u64, token: &str) -> Operation {
    let asked = Asked::Create {
        token: token.to_owned(),
    };
    operation(at, at + 1, asked, Told::Stored { version: 1 })
}

fn replace(at: u64, token: &str, told: Told) -> Operation {
    let asked = Asked::Replace {
        token: token.to_owned(),
    };
    operation(at, at + 1, asked, told)
}

fn delete(at: u64, told: Told) -> Operation {
    operation(at, at + 1, Asked::Delete, told)
}

fn read(at: u64, version: u64, name: &str, as_of: u64, degraded: bool) -> Operation {
    let found = Found {
        version,
        name: name.to_owned(),
        as_of: s(as_of),
        degraded,
    };
    operation(at, at + 1, Asked::Read, Told::Found(found))
}

fn remains(version: u64, name: &str) -> Remains {
    vec![("i".to_owned(), version, name.to_owned())]
}

fn v(version: u64) -> Told {
    Told::Stored { version }
}

#[test]
fn what_a_sound_system_may_do_is_no_violation() {
    for (history, left) in [
        (
            vec![create(10, "a"), replace(20, "b", v(2))],
            remains(2, "b"),
        ),
        // Nobody knows what became of b: it may have been done once, or not.
        (
            vec![create(10, "a"), replace(20, "b", Told::Nothing)],
            remains(2, "b"),
        ),
        (
            vec![create(10, "a"), replace(20, "b", Told::Nothing)],
            remains(1, "a"),
        ),
        (vec![create(10, "a"), delete(20, Told::Deleted)], vec![]),
        (vec![create(10, "a"), delete(20, Told::Nothing)], vec![]),
        // Writes that overlap may come in either order.
        (
            vec![
                create(10, "a"),
                replace(20, "b", v(3)),
                replace(20, "c", v(2)),
            ],
            remains(3, "b"),
        ),
        // The past, labelled.
        (
            vec![
                create(10, "a"),
                replace(20, "b", v(2)),
                read(40, 1, "a", 15, true),
            ],
            remains(2, "b"),
        ),
        (
            vec![create(10, "a"), read(40, 1, "a", 39, false)],
            remains(1, "a"),
        ),
    ] {
        assert_eq!(violations(&history, &left, BOUNDS), Vec::<String>::new());
    }
}

#[test]
fn every_broken_promise_is_found() {
    let ab = || vec![create(10, "a"), replace(20, "b", v(2))];
    let with = |operation| ab().into_iter().chain([operation]).collect::<Vec<_>>();
    let absent = operation(40, 41, Asked::Read, Told::Absent);
    let nonsense = operation(40, 41, Asked::Read, Told::Nonsense { status: 500 });
    for (broken, history, left) in [
        ("nothing remains", ab(), vec![]),
        ("but 1 is what remains", ab(), remains(1, "a")),
        ("belong to nobody", ab(), remains(3, "c")),
        ("done twice", ab(), remains(3, "b")),
        ("done twice", with(replace(30, "c", v(5))), remains(5, "c")),
        ("is both", with(replace(30, "c", v(2))), remains(2, "b")),
        (
            "was written after version",
            with(replace(30, "c", v(1))),
            remains(2, "b"),
        ),
        (
            "refused, and done",
            with(replace(30, "c", Told::Mismatch)),
            remains(3, "c"),
        ),
        (
            "refused, and done",
            with(replace(30, "c", Told::Absent)),
            remains(3, "c"),
        ),
        (
            "still there",
            with(delete(30, Told::Deleted)),
            remains(2, "b"),
        ),
        (
            "after the item was deleted",
            {
                let mut history = with(delete(30, Told::Deleted));
                history.push(replace(40, "c", v(3)));
                history
            },
            vec![],
        ),
        (
            "had been acknowledged",
            with(read(40, 1, "a", 40, false)),
            remains(2, "b"),
        ),
        (
            "had been acknowledged",
            with(read(40, 1, "a", 39, true)),
            remains(2, "b"),
        ),
        (
            "a fresh read was",
            with(read(40, 2, "b", 30, false)),
            remains(2, "b"),
        ),
        (
            "a degraded read was",
            with(read(90, 2, "b", 21, true)),
            remains(2, "b"),
        ),
        (
            "before it was written",
            vec![
                create(10, "a"),
                read(15, 2, "b", 15, false),
                replace(20, "b", v(2)),
            ],
            remains(2, "b"),
        ),
        (
            "nobody wrote",
            with(read(40, 2, "z", 40, false)),
            remains(2, "b"),
        ),
        ("no such item", with(absent), remains(2, "b")),
        ("answered with 500", with(nonsense), remains(2, "b")),
    ] {
        let found = violations(&history, &left, BOUNDS);
        assert!(
            found.iter().any(|said| said.contains(broken)),
            "{broken}: {found:?}"
        );
    }
}

#[test]
fn a_create_whose_outcome_is_unknown_is_done_once_at_most() {
    let mut lost = create(10, "a");
    lost.item = None;
    lost.told = Told::Nothing;
    let once = vec![("i".to_owned(), 1, "a".to_owned())];
    let twice = vec![once[0].clone(), ("j".to_owned(), 1, "a".to_owned())];
    assert_eq!(
        violations(&[lost.clone()], &once, BOUNDS),
        Vec::<String>::new()
    );
    assert_eq!(violations(&[lost], &twice, BOUNDS).len(), 1);
}

/// A replacement that the cache took, says its answer.
fn taken(at: u64, token: &str, version: u64) -> Operation {
    Operation {
        cache: CacheWord::Took,
        ..replace(at, token, v(version))
    }
}

#[test]
fn what_the_cache_took_is_seen_at_once_unless_it_forgot() {
    fn found(history: &[Operation], bounds: Bounds<'_>) -> Vec<String> {
        violations(history, &remains(2, "b"), bounds)
    }
    // Half a second old, which its age alone would allow.
    let mut soon = read(40, 1, "a", 40, false);
    if let Told::Found(found) = &mut soon.told {
        found.as_of -= Duration::from_millis(1_500);
    }
    soon.began -= Duration::from_millis(900);
    let written = |write| vec![create(10, "a"), write, soon.clone()];
    let late = Operation {
        ended: s(39),
        ..taken(38, "b", 2)
    };
    let expected = ["item i: a fresh read shows version 1 after the cache took 2"];
    assert_eq!(found(&written(late.clone()), BOUNDS), expected);

    let told = Operation {
        cache: CacheWord::Told,
        ..late.clone()
    };
    assert_eq!(found(&written(told), BOUNDS), Vec::<String>::new());

    for (from, to, forgiven) in [
        (37, 39, true),
        (39, 42, true),
        (30, 37, false),
        (41, 50, false),
    ] {
        let span = Span {
            from: s(from),
            to: s(to),
        };
        let forgetful = [span];
        let bounds = Bounds {
            forgetful: &forgetful,
            ..BOUNDS
        };
        let silent = found(&written(late.clone()), bounds).is_empty();
        assert_eq!(silent, forgiven, "{span:?}");
    }
}

#[test]
fn a_write_that_tells_the_cache_nothing_is_found() {
    let mut silent = replace(20, "b", v(2));
    silent.cache = CacheWord::Silent;
    let found = violations(&[create(10, "a"), silent], &remains(2, "b"), BOUNDS);
    assert_eq!(
        found,
        ["item i: version 2 was acknowledged, and the cache not told"]
    );
}
