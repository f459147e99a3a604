//! The laboratory feed's pages: what came in and what became of it, what waits and why, a message
//! as it came (masked), the upload of files, and the names by which laboratories call themselves.

mod item;
mod message;
mod messages;
mod overview;
mod senders;
mod upload;
mod words;

use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::Response;
pub(crate) use words::line_figure;

use store::Connection;
use types::Micros;

use crate::Fault;
use crate::access::{Policy, Role};
use crate::feed::lists::{Sight, Window};
use crate::feed::{Message, MessageId};
use crate::routes::Routes;
use crate::seat::Seat;

/// Who sees what came and what became of it; everything that may be about a person is masked.
const READERS: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Laboratory, Role::Auditor]);
/// Who deals with what waits: the desk, and the laboratory that sent it.
const MENDERS: Policy = Policy::any_of([Role::District, Role::Laboratory]);
/// Who brings files.
const BRINGERS: Policy = Policy::any_of([Role::Laboratory]);
/// Who sees which laboratory a name stands for.
const DESK: Policy = Policy::any_of([Role::Commander, Role::District, Role::Auditor]);
/// Who says which laboratory a name stands for: results are believed on that word.
const NAMERS: Policy = Policy::any_of([Role::District]);

/// Rows on one page of a list.
const PAGE: i64 = 50;
/// Rows in a download.
const DOWNLOAD: i64 = 50_000;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    overview::register(routes);
    messages::register(routes);
    message::register(routes);
    item::register(routes);
    upload::register(routes);
    senders::register(routes);
}

/// What the caller may see of the feed.
fn sight(seat: &Seat) -> Result<Sight, Fault> {
    Ok(Sight::of(seat.actor()?, seat.scope()))
}

/// The message of an address, if the caller may see it; one that is another's is not there.
async fn find(seat: &Seat, db: &mut Connection, id: &str) -> Result<Message, Fault> {
    let id = MessageId::parse(id)?;
    let message = Message::find(db, id).await?;
    let sight = sight(seat)?;
    message.filter(|message| sight.sees(message)).ok_or_else(|| Fault::not_found(id))
}

/// The last days that the address asks for, as a window with its number of days.
fn window(seat: &Seat) -> (Window, i64) {
    let days = seat.param("days").and_then(|days| days.parse::<i64>().ok());
    let days = days.filter(|days| [1, 7, 30].contains(days)).unwrap_or(1);
    let now = seat.now();
    let until = Micros(now.0.saturating_add(1));
    (Window { from: now - types::Span::hours(24 * days), until }, days)
}

/// A page with what may be personal on it stays in no cache.
fn unkept(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
