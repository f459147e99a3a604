//! The server in process: real requests through the whole router, no network.

#[allow(dead_code)]
mod bed;
mod routes;
mod shell;
mod texts;
