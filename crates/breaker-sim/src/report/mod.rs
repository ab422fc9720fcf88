//! Results for people.

mod axis;
mod frontier;
mod heat;
mod plot;
mod svg;
mod table;

pub use frontier::{Frontier, Point};
pub use heat::HeatMap;
pub use plot::{Panel, plot};
pub use table::{columns, short};
