//! Which slot a moment falls into, without dividing.

use crate::{protocol::Slot, time::Timestamp};

/// How long a slot of time lasts.
///
/// Finds the slot of a moment by one multiplication: with m = ⌊(2⁶⁴ − 1) / d⌋,
/// ⌊(n + 1)·m / 2⁶⁴⌋ is exactly ⌊n / d⌋ as long as (n + 1)·d ≤ 2⁶⁴ (after
/// Robison, "N-Bit Unsigned Division Via N-Bit Multiply-Add", 2005). For slots
/// of a second that is the next half million years; any other moment is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SlotLength {
    ms: u64,
    /// m; also the first moment that is not multiplied.
    reciprocal: u64,
}

impl SlotLength {
    /// Slots of `ms` milliseconds; 0 is taken for 1.
    pub(super) const fn from_ms(ms: u64) -> Self {
        let ms = if ms == 0 { 1 } else { ms };
        Self {
            ms,
            reciprocal: u64::MAX / ms,
        }
    }

    /// The slot that `now` falls into.
    #[inline]
    pub(super) const fn slot(self, now: Timestamp) -> Slot {
        let now = now.as_unix_ms();
        if now < self.reciprocal {
            let product = (now + 1) as u128 * self.reciprocal as u128;
            return Slot((product >> 64) as u64);
        }
        Slot(now / self.ms)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lengths() -> impl Strategy<Value = u64> {
        prop_oneof![
            1..=2000_u64,
            (0..64_u32).prop_map(|bits| 1 << bits),
            1..=u64::MAX
        ]
    }

    fn moments() -> impl Strategy<Value = u64> {
        prop_oneof![0..1_u64 << 42, any::<u64>()]
    }

    proptest! {
        #[test]
        fn every_moment_falls_into_the_slot_that_division_says(
            length in lengths(), now in moments(),
        ) {
            let slot = SlotLength::from_ms(length).slot(Timestamp::from_unix_ms(now));
            prop_assert_eq!(slot, Slot(now / length));
        }

        #[test]
        fn moments_too_late_to_be_multiplied_are_divided(length in lengths()) {
            let first_divided = u64::MAX / length;
            let first_wrong = first_divided.checked_next_multiple_of(length);
            let last_right = first_divided.saturating_sub(1);
            for now in [last_right, first_divided].into_iter().chain(first_wrong) {
                let slot = SlotLength::from_ms(length).slot(Timestamp::from_unix_ms(now));
                prop_assert_eq!(slot, Slot(now / length));
            }
        }

        #[test]
        fn a_slot_begins_at_a_multiple_of_its_length(
            length in lengths(), number in 0..(1_u64 << 20),
        ) {
            let begin = length.saturating_mul(number);
            let slots = SlotLength::from_ms(length);
            let slot = |ms| slots.slot(Timestamp::from_unix_ms(ms)).0;
            prop_assert_eq!(slot(begin), begin / length);
            if begin > 0 {
                prop_assert_eq!(slot(begin - 1), (begin - 1) / length);
            }
        }
    }
}
