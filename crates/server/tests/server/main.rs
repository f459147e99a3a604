//! The server in process: real requests through the whole router, no network.

mod accounts;
mod api;
mod as_of;
mod bed;
mod cases;
mod commands;
mod course;
mod desk;
mod drill;
mod feed;
mod field;
mod guide;
mod imports;
mod late;
mod overload;
mod past;
mod post;
mod registry;
mod resident;
mod routes;
mod serving;
mod shell;
mod sign_in;
mod supply;
mod texts;
mod transfers;
