//! Results for people.

mod axis;
mod plot;
mod svg;
mod table;

pub use plot::{Panel, plot};
pub use table::{columns, short};
