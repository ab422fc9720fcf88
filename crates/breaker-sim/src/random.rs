//! Randomness that follows from a seed.
//!
//! Each concern draws from a stream of its own, so that a change to one, such
//! as another breaker that asks the store more often, leaves the others'
//! numbers as they were: the same calls arrive, take as long and fail.

use fastrand::Rng;

use crate::units::{Micros, micros_of_s, number};

/// What a stream of random numbers is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    /// When calls arrive.
    Traffic = 1,
    /// Which environment takes a call.
    Placement = 2,
    /// How long calls take.
    Latency = 3,
    /// Which calls fail.
    Outcome = 4,
    /// How long the store takes, what it loses, and how stale it reads.
    Store = 5,
    /// How far clocks are off.
    Skew = 6,
    /// Which environments vanish.
    Crash = 7,
    /// What the breakers themselves draw.
    Breaker = 8,
}

/// The stream of a concern.
pub(crate) fn stream(seed: u64, stream: Stream) -> Rng {
    Rng::with_seed(mixed(seed, stream as u64))
}

/// A seed that has nothing in common with its neighbours' (the finisher of
/// `SplitMix64`).
pub(crate) fn mixed(seed: u64, salt: u64) -> u64 {
    let mut bits = seed
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(salt.wrapping_mul(0xD1B5_4A32_D192_ED03));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// The time to the next event of a Poisson process.
pub(crate) fn gap(rng: &mut Rng, per_second: f64) -> Micros {
    // 1 − u lies above 0, so the logarithm is finite.
    micros_of_s(-(1.0 - rng.f64()).ln() / per_second)
}

/// Draws of what a scenario is, from a seed.
#[derive(Debug)]
pub(crate) struct Draw(pub(crate) Rng);

impl Draw {
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.0.f64() < share
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0.f64()
    }

    /// As likely between 1 and 2 as between 10 and 20.
    pub(crate) fn of_magnitude(&mut self, low: f64, high: f64) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.0.usize(..choices.len())]
    }
}

/// How many quantiles stand for a distribution.
const QUANTILES: u64 = 4_096;

/// A log-normal distribution with median 1, drawn from by quantiles: a look
/// into a table is many times faster than logarithms and exponentials.
///
/// The table ends at the 1/8192 quantiles, 3.7 standard deviations out.
#[derive(Debug)]
pub(crate) struct LogNormal {
    quantiles: Box<[f32]>,
}

impl LogNormal {
    /// The distribution whose logarithm has standard deviation `sigma`.
    pub(crate) fn new(sigma: f64) -> Self {
        let middle = |index: u64| (number(index) + 0.5) / number(QUANTILES);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "latencies need no more than seven digits"
        )]
        let quantile = |index| (sigma * normal_quantile(middle(index))).exp() as f32;
        Self {
            quantiles: (0..QUANTILES).map(quantile).collect(),
        }
    }

    /// The share of draws around a median that are at least `bound`.
    pub(crate) fn share_from(&self, median: Micros, bound: Micros) -> f64 {
        let below = |factor: &f32| micros_of_s(number(median) * f64::from(*factor) / 1e6) < bound;
        let below = self.quantiles.partition_point(below);
        1.0 - number(below as u64) / number(QUANTILES)
    }

    /// The median of which a share of draws are at least `bound`; in the same
    /// unit.
    pub(crate) fn median_for(&self, bound: f64, share: f64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of the table"
        )]
        let first = ((1.0 - share) * number(QUANTILES)).round() as usize;
        let first = first.min(self.quantiles.len() - 1);
        // Rounding must not push the first one below the bound.
        1.000_01 * bound / f64::from(self.quantiles[first])
    }

    /// A length of time with this distribution around a median.
    pub(crate) fn draw(&self, rng: &mut Rng, median: Micros) -> Micros {
        let factor = self.quantiles[rng.usize(..self.quantiles.len())];
        micros_of_s(number(median) * f64::from(factor) / 1e6)
    }
}

/// The quantile function of the standard normal distribution, to 1.2e-9 (P. J.
/// Acklam, "An algorithm for computing the inverse normal cumulative
/// distribution function", 2003).
fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
        1.0,
    ];
    let polynomial = |coefficients: &[f64], x: f64| {
        coefficients
            .iter()
            .fold(0.0, |sum, coefficient| sum * x + coefficient)
    };
    let tail = |p: f64| {
        let q = (-2.0 * p.ln()).sqrt();
        polynomial(&C, q) / polynomial(&D, q)
    };
    if p < 0.024_25 {
        tail(p)
    } else if p > 1.0 - 0.024_25 {
        -tail(1.0 - p)
    } else {
        let q = p - 0.5;
        q * polynomial(&A, q * q) / polynomial(&B, q * q)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_the_normal_distribution_are_the_known_ones() {
        for (p, known) in [
            (0.5, 0.0),
            (0.841_344_746, 1.0),
            (0.001_349_898, -3.0),
            (0.975, 1.959_963_985),
        ] {
            assert!((normal_quantile(p) - known).abs() < 1e-6, "{p}");
        }
    }

    #[test]
    fn half_of_all_draws_lie_below_the_median() {
        let distribution = LogNormal::new(0.5);
        let mut rng = stream(1, Stream::Latency);
        let below = (0..10_000).filter(|_| distribution.draw(&mut rng, 4_000) < 4_000);
        let below = below.count();
        assert!((4_800..5_200).contains(&below), "{below}");
    }

    #[test]
    fn the_share_of_long_draws_is_what_is_drawn() {
        let distribution = LogNormal::new(0.3);
        let mut rng = stream(1, Stream::Latency);
        for bound in [20_000, 25_000, 40_000] {
            let long = (0..20_000).filter(|_| distribution.draw(&mut rng, 20_000) >= bound);
            let drawn = number(long.count() as u64) / 20_000.0;
            let share = distribution.share_from(20_000, bound);
            assert!((share - drawn).abs() < 0.02);
            let median = distribution.median_for(number(bound), share);
            assert!((median - 20_000.0).abs() < 20.0, "{median}");
        }
    }

    #[test]
    fn gaps_have_the_mean_of_their_rate() {
        let mut rng = stream(1, Stream::Traffic);
        let total: Micros = (0..10_000).map(|_| gap(&mut rng, 50.0)).sum();
        assert!((190.0..210.0).contains(&(number(total) / 1e6)), "{total}");
    }

    #[test]
    fn streams_of_one_seed_differ() {
        let first = |kind| stream(7, kind).u64(..);
        assert_ne!(first(Stream::Traffic), first(Stream::Latency));
    }
}
