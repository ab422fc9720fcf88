//! Who is idle.

use fastrand::Rng;

/// Which environments have a call and which have none.
///
/// A new call goes to an idle environment chosen at random, as one has one
/// call at a time. Only if none is idle does it overlap on a busy one.
#[derive(Debug)]
pub(super) struct Occupancy {
    /// Numbers of environments, the idle ones first.
    order: Vec<u32>,
    /// Where in `order` each environment stands.
    place: Vec<u32>,
    idle: u32,
    /// How many calls each environment has.
    calls: Vec<u32>,
}

impl Occupancy {
    pub(super) fn all_idle(environments: u32) -> Self {
        let numbers: Vec<u32> = (0..environments).collect();
        Self {
            place: numbers.clone(),
            order: numbers,
            idle: environments,
            calls: vec![0; environments as usize],
        }
    }

    /// Chooses the environment that takes a call.
    pub(super) fn take(&mut self, rng: &mut Rng) -> u32 {
        let candidates = if self.idle > 0 {
            self.idle
        } else {
            u32::try_from(self.order.len()).unwrap_or(u32::MAX)
        };
        let number = self.order[rng.u32(..candidates) as usize];
        self.calls[number as usize] += 1;
        if self.idle > 0 {
            self.idle -= 1;
            self.swap(number, self.order[self.idle as usize]);
        }
        number
    }

    /// A call of the environment is over.
    pub(super) fn give_back(&mut self, number: u32) {
        let calls = &mut self.calls[number as usize];
        *calls -= 1;
        if *calls == 0 {
            self.swap(number, self.order[self.idle as usize]);
            self.idle += 1;
        }
    }

    /// How many calls an environment has.
    #[cfg(test)]
    pub(super) fn calls(&self, number: u32) -> u32 {
        self.calls[number as usize]
    }

    fn swap(&mut self, one: u32, other: u32) {
        let (at_one, at_other) = (self.place[one as usize], self.place[other as usize]);
        self.order.swap(at_one as usize, at_other as usize);
        self.place.swap(one as usize, other as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_call_goes_to_an_idle_environment_as_long_as_there_is_one() {
        let mut rng = Rng::with_seed(1);
        let mut occupancy = Occupancy::all_idle(50);
        let mut busy: Vec<u32> = (0..50).map(|_| occupancy.take(&mut rng)).collect();
        assert_eq!(busy.iter().collect::<BTreeSet<_>>().len(), 50);
        for _ in 0..1_000 {
            let back: Vec<u32> = busy.drain(..rng.usize(1..20)).collect();
            for number in &back {
                occupancy.give_back(*number);
            }
            for _ in &back {
                let number = occupancy.take(&mut rng);
                assert!(back.contains(&number));
                busy.push(number);
            }
            assert_eq!(busy.iter().collect::<BTreeSet<_>>().len(), 50);
        }
    }

    #[test]
    fn only_when_none_is_idle_do_calls_overlap() {
        let mut rng = Rng::with_seed(1);
        let mut occupancy = Occupancy::all_idle(2);
        for _ in 0..4 {
            occupancy.take(&mut rng);
        }
        assert_eq!(occupancy.calls(0) + occupancy.calls(1), 4);
        assert!(occupancy.calls(0) > 0 && occupancy.calls(1) > 0);
        while occupancy.calls(0) > 0 {
            occupancy.give_back(0);
        }
        assert_eq!(occupancy.take(&mut rng), 0);
    }
}
