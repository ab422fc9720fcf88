//! From values to places on a page.

/// Values from 0 to a largest one, laid out between two places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    largest: f64,
    from: f64,
    until: f64,
}

impl Axis {
    pub(super) fn new(largest: f64, from: f64, until: f64) -> Self {
        Self {
            largest,
            from,
            until,
        }
    }

    pub(super) fn at(&self, value: f64) -> f64 {
        self.from + (self.until - self.from) * value / self.largest
    }
}

/// Round values from 0 to the largest, at most so many steps.
pub(super) fn nice_steps(largest: f64, most: u32) -> Vec<f64> {
    if most == 0 {
        return vec![0.0];
    }
    let raw = largest / f64::from(most);
    let magnitude = 10_f64.powf(raw.log10().floor());
    let nice = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * magnitude);
    let step = nice.into_iter().find(|step| *step >= raw * 0.999_999);
    let step = step.unwrap_or(raw);
    (0..=most)
        .map(|index| f64::from(index) * step)
        .take_while(|value| *value <= largest * 1.000_001)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_few() {
        assert_eq!(
            nice_steps(60.0, 10),
            (0..=6).map(|n| f64::from(n) * 10.0).collect::<Vec<_>>()
        );
        assert_eq!(nice_steps(1_040.0, 4), [0.0, 500.0, 1_000.0]);
        assert_eq!(nice_steps(0.3, 2), [0.0, 0.2]);
    }
}
