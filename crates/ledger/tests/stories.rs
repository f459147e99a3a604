//! Store stories: what the ledger promises, told by example, on SQLite and on PostgreSQL.

mod auditing;
mod custody;
mod quantities;
mod queue;
mod resend;
mod review;
mod rings;
