//! Times that belong together.

use std::ops::Range;

use crate::units::Micros;

/// Times, in order and apart from one another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Windows(Vec<Range<Micros>>);

impl Windows {
    /// All moments of any of these ranges.
    pub(super) fn of(ranges: impl IntoIterator<Item = Range<Micros>>) -> Self {
        let mut ranges: Vec<_> = ranges
            .into_iter()
            .filter(|range| !range.is_empty())
            .collect();
        ranges.sort_by_key(|range| range.start);
        let mut merged: Vec<Range<Micros>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                Some(_) | None => merged.push(range),
            }
        }
        Self(merged)
    }

    /// The window that a moment lies in.
    pub(super) fn at(&self, moment: Micros) -> Option<&Range<Micros>> {
        let next = self.0.partition_point(|window| window.end <= moment);
        self.0.get(next).filter(|window| window.start <= moment)
    }

    pub(super) fn contain(&self, moment: Micros) -> bool {
        self.at(moment).is_some()
    }

    /// The first window that has a moment in common with a range.
    pub(super) fn meeting(&self, range: &Range<Micros>) -> Option<&Range<Micros>> {
        let next = self.0.partition_point(|window| window.end <= range.start);
        self.0.get(next).filter(|window| window.start < range.end)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Range<Micros>> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_touch_are_one_window() {
        let windows = Windows::of([30..40, 0..10, 10..20, 35..36, 50..50]);
        assert_eq!(windows, Windows(vec![0..20, 30..40]));
        let inside = [0, 19, 20, 30, 39, 40].map(|moment| windows.contain(moment));
        assert_eq!(inside, [true, true, false, true, true, false]);
        assert_eq!(windows.meeting(&(20..30)), None);
        assert_eq!(windows.meeting(&(20..31)), Some(&(30..40)));
    }
}
