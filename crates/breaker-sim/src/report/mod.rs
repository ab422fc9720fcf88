//! Results for people.

mod plot;
mod table;

pub use plot::{Panel, plot};
pub use table::{columns, short};
