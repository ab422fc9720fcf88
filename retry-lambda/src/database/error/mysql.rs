//! What MySQL and MariaDB report: by number (their server error references),
//! and by SQLSTATE where a whole class of it means the same.

use super::Condition;

pub(super) fn condition(number: u16, state: &str) -> Condition {
    const LOCKS: [u16; 2] = [
        1205, // a lock was waited for too long; MariaDB: or not at all
        3572, // a lock that was not to be waited for: MySQL
    ];
    const CLASSES: [&str; 4] = [
        "08", // connection exception: too many connections, shutting down
        "28", // invalid authorization: a token or a password that was replaced
        "40", // rolled back: deadlock, or a cluster that could not agree
        "70", // interrupted: MariaDB's limit on statements, or killed
    ];
    const NUMBERS: [u16; 14] = [
        1020, // the row has changed since it was read (MariaDB's snapshots)
        1021, // disk full
        1037, // out of memory
        1038, // out of memory for sorting
        1041, // out of memory
        1114, // table full: so is the disk, or there is a limit on its size
        1129, // host blocked after too many broken connections
        1203, // too many connections of this user
        1206, // no room for more locks
        1226, // this user's hourly limit is reached
        1290, // read-only server: it is no longer the primary
        1792, // read-only transaction: the same
        1836, // read-only mode: the same
        3024, // MySQL's limit on statements
    ];
    if LOCKS.contains(&number) {
        Condition::LockHeld
    } else if NUMBERS.contains(&number) || CLASSES.iter().any(|class| state.starts_with(class)) {
        Condition::Passes
    } else {
        Condition::Stays
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_passes_and_defects_do_not() {
        for number in [1205, 3572] {
            assert_eq!(condition(number, "HY000"), Condition::LockHeld, "{number}");
        }
        for (number, state) in [
            (1040, "08004"), // too many connections
            (1045, "28000"), // access denied
            (1053, "08S01"), // shutting down
            (1213, "40001"), // deadlock
            (1290, "HY000"), // read-only
            (1969, "70100"), // MariaDB's limit on statements
            (3024, "HY000"), // MySQL's
        ] {
            assert_eq!(condition(number, state), Condition::Passes, "{number}");
        }
        for (number, state) in [
            (1044, "42000"), // no right to this database
            (1049, "42000"), // no such database
            (1062, "23000"), // duplicate key
            (1064, "42000"), // syntax
            (1146, "42S02"), // no such table
            (1406, "22001"), // too long
            (3819, "HY000"), // a check is violated: MySQL
            (4025, "23000"), // the same: MariaDB
        ] {
            assert_eq!(condition(number, state), Condition::Stays, "{number}");
        }
    }
}
