//! The components of every page: layout, tables, forms, charts, small parts. Server-side HTML,
//! no inline script and no inline style (the content security policy forbids both).

pub mod chart;
pub mod form;
pub mod layout;
pub mod parts;
pub mod scores;
pub mod since;
pub mod table;
pub mod time;
