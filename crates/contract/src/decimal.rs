//! Whole numbers in parameters.

use std::str::FromStr;

/// The whole number that a text is, in the one form that numbers are written in. Rust's own
/// parsing also takes `+5` and `05`, so that one number would have many addresses.
pub fn decimal<N: FromStr + ToString>(text: &str) -> Option<N> {
    text.parse()
        .ok()
        .filter(|number: &N| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_form() {
        assert_eq!(decimal("0"), Some(0_u64));
        assert_eq!(decimal("18446744073709551615"), Some(u64::MAX));
        for other in ["+5", "05", "-0", "5 ", "", "5.0", "1e1", "٥"] {
            assert_eq!(decimal::<i64>(other), None, "{other}");
        }
    }
}
