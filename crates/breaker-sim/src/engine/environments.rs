//! Who is idle.

use fastrand::Rng;

/// Which environments have a call, which have none, and which are gone.
///
/// A new call goes to an idle environment chosen at random, as one has one
/// call at a time. Only if none is idle does it overlap on a busy one.
#[derive(Debug)]
pub(super) struct Occupancy {
    /// Numbers of environments: the idle ones, then the busy ones, then those
    /// that are gone.
    order: Vec<u32>,
    /// Where in `order` each environment stands.
    place: Vec<u32>,
    idle: u32,
    /// How many are not gone.
    present: u32,
    /// How many there are to be, by their numbers; others that are present
    /// leave when they are idle.
    size: u32,
    /// How many calls each environment has.
    calls: Vec<u32>,
}

/// How calls are spread over environments.
pub(super) struct Spread<W> {
    /// How many times the usual calls an environment gets.
    pub(super) weight: W,
    /// The most that any gets.
    pub(super) most: f64,
}

impl Occupancy {
    pub(super) fn all_idle(environments: u32) -> Self {
        let numbers: Vec<u32> = (0..environments).collect();
        Self {
            place: numbers.clone(),
            order: numbers,
            idle: environments,
            present: environments,
            size: environments,
            calls: vec![0; environments as usize],
        }
    }

    /// Chooses the environment that takes a call.
    pub(super) fn take<W: Fn(u32) -> f64>(
        &mut self,
        rng: &mut Rng,
        spread: Option<Spread<W>>,
    ) -> u32 {
        let candidates = if self.idle > 0 {
            self.idle
        } else {
            self.present
        };
        let mut number = self.order[rng.u32(..candidates) as usize];
        if let Some(Spread { weight, most }) = spread {
            while rng.f64() * most >= weight(number) {
                number = self.order[rng.u32(..candidates) as usize];
            }
        }
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
            self.leave_if_idle(number);
        }
    }

    /// From now on there are so many. Gives the numbers of those that start.
    pub(super) fn resize(&mut self, size: u32) -> Vec<u32> {
        let before = std::mem::replace(&mut self.size, size);
        for number in size..before {
            self.leave_if_idle(number);
        }
        let known = u32::try_from(self.order.len()).unwrap_or(u32::MAX);
        for number in known..size {
            self.order.push(number);
            self.place.push(number);
            self.calls.push(0);
        }
        let is_gone = |number: &u32| self.place[*number as usize] >= self.present;
        let starting: Vec<u32> = (before..size).filter(is_gone).collect();
        for number in &starting {
            self.swap(*number, self.order[self.present as usize]);
            self.present += 1;
            self.swap(*number, self.order[self.idle as usize]);
            self.idle += 1;
        }
        starting
    }

    /// An environment that is not to be there goes, unless it has a call.
    fn leave_if_idle(&mut self, number: u32) {
        if number >= self.size && self.place[number as usize] < self.idle {
            self.idle -= 1;
            self.swap(number, self.order[self.idle as usize]);
            self.present -= 1;
            self.swap(number, self.order[self.present as usize]);
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

    fn take(occupancy: &mut Occupancy, rng: &mut Rng) -> u32 {
        occupancy.take(rng, None::<Spread<fn(u32) -> f64>>)
    }

    #[test]
    fn a_call_goes_to_an_idle_environment_as_long_as_there_is_one() {
        let mut rng = Rng::with_seed(1);
        let mut occupancy = Occupancy::all_idle(50);
        let mut busy: Vec<u32> = (0..50).map(|_| take(&mut occupancy, &mut rng)).collect();
        assert_eq!(busy.iter().collect::<BTreeSet<_>>().len(), 50);
        for _ in 0..1_000 {
            let back: Vec<u32> = busy.drain(..rng.usize(1..20)).collect();
            for number in &back {
                occupancy.give_back(*number);
            }
            for _ in &back {
                let number = take(&mut occupancy, &mut rng);
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
            take(&mut occupancy, &mut rng);
        }
        assert_eq!(occupancy.calls(0) + occupancy.calls(1), 4);
        assert!(occupancy.calls(0) > 0 && occupancy.calls(1) > 0);
        while occupancy.calls(0) > 0 {
            occupancy.give_back(0);
        }
        assert_eq!(take(&mut occupancy, &mut rng), 0);
    }

    #[test]
    fn calls_follow_the_weights() {
        let mut rng = Rng::with_seed(1);
        let mut occupancy = Occupancy::all_idle(10);
        let mut first = 0;
        for _ in 0..10_000 {
            let spread = Spread {
                weight: |number| if number == 0 { 5.0 } else { 1.0 },
                most: 5.0,
            };
            let number = occupancy.take(&mut rng, Some(spread));
            first += u32::from(number == 0);
            occupancy.give_back(number);
        }
        // 5 of 14.
        assert!((3_350..3_800).contains(&first), "{first}");
    }

    #[test]
    fn a_fleet_shrinks_when_its_calls_are_over_and_grows_at_once() {
        let mut rng = Rng::with_seed(1);
        let mut occupancy = Occupancy::all_idle(4);
        let busy: Vec<u32> = (0..4).map(|_| take(&mut occupancy, &mut rng)).collect();
        assert!(occupancy.resize(1).is_empty());
        for number in busy {
            occupancy.give_back(number);
        }
        for _ in 0..3 {
            assert_eq!(take(&mut occupancy, &mut rng), 0);
        }
        assert_eq!(occupancy.resize(6), [1, 2, 3, 4, 5]);
        let next: BTreeSet<u32> = (0..5).map(|_| take(&mut occupancy, &mut rng)).collect();
        assert_eq!(next, BTreeSet::from([1, 2, 3, 4, 5]));
        // One that has not left yet stays as it is.
        assert!(occupancy.resize(5).is_empty());
        assert!(occupancy.resize(6).is_empty());
    }
}
