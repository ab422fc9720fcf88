//! What PostgreSQL reports, by SQLSTATE (its documentation, appendix A).

use super::Condition;

pub(super) fn condition(code: &str) -> Condition {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    const CLASSES: [&str; 4] = [
        "08", // connection exception
        "28", // invalid authorization: a token or a password that was replaced
        "53", // insufficient resources: too many connections, disk full
        "58", // system error
    ];
    const CODES: [&str; 8] = [
        "25006", // read-only transaction: this server is no longer the primary
        "25P03", // idle in transaction for too long
        "40001", // serialization failure
        "40P01", // deadlock
        "57014", // cancelled: the statement took too long
        "57P01", // shut down by the administrator
        "57P02", // shut down by a crash of another session
        "57P03", // starting up or shutting down
    ];
    if code == LOCK_NOT_AVAILABLE {
        Condition::LockHeld
    } else if CODES.contains(&code) || CLASSES.iter().any(|class| code.starts_with(class)) {
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
        assert_eq!(condition("55P03"), Condition::LockHeld);
        for code in [
            "08006", "53300", "57P01", "40001", "40P01", "57014", "28P01",
        ] {
            assert_eq!(condition(code), Condition::Passes, "{code}");
        }
        for code in [
            "23505", "42601", "42P01", "42501", "22P02", "3D000", "25001",
        ] {
            assert_eq!(condition(code), Condition::Stays, "{code}");
        }
    }
}
