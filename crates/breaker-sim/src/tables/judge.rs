//! Whether what must hold held.

use crate::{
    figures::Figures,
    scenario::{Cell, Check, Row},
};

/// A row, run and judged.
#[derive(Debug)]
pub struct RowVerdict {
    /// Every cell, in order.
    pub cells: Vec<CellVerdict>,
}

/// A cell, run and judged.
#[derive(Debug)]
pub struct CellVerdict {
    /// What was run.
    pub cell: Cell,
    /// What came of it, by seed.
    pub runs: Vec<Figures>,
    /// Every check, in order; none where it does not apply.
    pub checks: Vec<Option<CheckVerdict>>,
}

/// What became of a check in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckVerdict {
    /// In how many runs it held.
    pub held_in: usize,
    /// Out of how many.
    pub of: usize,
    /// Whether that is enough.
    pub held: bool,
}

impl RowVerdict {
    /// In how many cells everything held.
    pub fn cells_held(&self) -> usize {
        self.cells.iter().filter(|cell| cell.held()).count()
    }
}

impl CellVerdict {
    /// Whether everything held.
    pub fn held(&self) -> bool {
        self.checks.iter().flatten().all(|check| check.held)
    }
}

/// Judges the runs of a row's cells.
pub fn judge(row: &Row, cells: Vec<Cell>, runs: Vec<Vec<Figures>>) -> RowVerdict {
    let cells = cells.into_iter().zip(runs);
    let verdicts = cells.map(|(cell, runs)| CellVerdict {
        checks: row
            .checks
            .iter()
            .map(|check| check.judge(&cell, &runs))
            .collect(),
        cell,
        runs,
    });
    RowVerdict {
        cells: verdicts.collect(),
    }
}

impl Check {
    fn judge(&self, cell: &Cell, runs: &[Figures]) -> Option<CheckVerdict> {
        let nothing = Figures::default();
        if let Some(when) = &self.when
            && !when.holds(cell, &nothing)
        {
            return None;
        }
        let held = runs.iter().filter(|run| self.holds.holds(cell, run));
        let held_in = held.count();
        let share = |runs: usize| crate::units::number(runs as u64);
        Some(CheckVerdict {
            held_in,
            of: runs.len(),
            held: share(held_in) >= self.in_runs * share(runs.len()),
        })
    }
}
