//! Randomness, given from outside.

use std::fmt;

use crate::protocol::LeaseOwner;

/// What a process draws its random numbers from.
pub trait Entropy: Send + fmt::Debug {
    /// Uniform from 0 to 1, without 1.
    fn uniform(&mut self) -> f64;

    /// A number that no other call in the whole fleet draws.
    fn owner(&mut self) -> LeaseOwner;
}

/// The operating system's randomness for what must be unique, a fast generator
/// for the rest.
///
/// Environments that were started from one image must not draw alike, so
/// owners are asked of the operating system each time.
#[cfg(feature = "os")]
#[derive(Debug)]
pub struct OsEntropy(fastrand::Rng);

#[cfg(feature = "os")]
impl OsEntropy {
    /// Seeded by the operating system.
    pub fn new() -> Self {
        let (seed, _) = uuid::Uuid::new_v4().as_u64_pair();
        Self(fastrand::Rng::with_seed(seed))
    }
}

#[cfg(feature = "os")]
impl Default for OsEntropy {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "os")]
impl Entropy for OsEntropy {
    fn uniform(&mut self) -> f64 {
        self.0.f64()
    }

    fn owner(&mut self) -> LeaseOwner {
        LeaseOwner(uuid::Uuid::new_v4().as_u128())
    }
}

/// The same numbers for the same seed, for simulations and tests.
#[derive(Debug)]
pub struct Seeded(fastrand::Rng);

impl Seeded {
    /// Numbers that follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }
}

impl Entropy for Seeded {
    fn uniform(&mut self) -> f64 {
        self.0.f64()
    }

    fn owner(&mut self) -> LeaseOwner {
        LeaseOwner(self.0.u128(..))
    }
}
