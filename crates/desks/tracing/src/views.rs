//! What the tracing desk can tell: investigations, contacts, what is due on a day, requests, chains. Figures
//! read counters, lists read indexes.

mod chain;
mod contacts;
mod investigations;
mod numbers;
mod requests;

pub use chain::{ChainInput, MOST_CASES, chain_input};
pub use contacts::{
    HistoryLine, contact, contacts, due, history, in_stage, named_by, of_person, sources, to_move,
    to_move_by_place, unfounded,
};
pub use investigations::{
    DueFilter, Stays, investigation, investigations, latest, shared, stays, uninvestigated, urgent,
};
pub use numbers::{CommunityDue, Numbers, Until, by_community, dues, flows, numbers};
pub use requests::{RequestLine, all_requests, open_requests, requests_of};
