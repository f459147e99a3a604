//! The one error page: what happened, by which rule, what to do next.

use axum::response::{IntoResponse, Response};
use maud::html;

use crate::Fault;
use crate::i18n::Speaks;
use crate::seat::Seat;
use crate::t;
use crate::ui::layout::Page;

/// The page of a fault.
pub fn page(seat: &Seat, fault: &Fault) -> Response {
    let refusal = &fault.refusal;
    let title = match fault.status.as_u16() {
        404 => t!(seat, "error-title-not-found"),
        401 | 403 => t!(seat, "error-title-not-allowed"),
        429 | 503 => t!(seat, "error-title-busy"),
        500..=599 => t!(seat, "error-title-broken"),
        _ => t!(seat, "error-title-refused"),
    };
    let body = html! {
        div .problem {
            p .problem__what { (seat.lang().refusal(refusal)) }
            h2 { (t!(seat, "error-next")) }
            p { (seat.lang().refusal_next(refusal)) }
            p .problem__links {
                a .button href="/" { (t!(seat, "to-home")) }
            }
            dl .facts .facts--small {
                div { dt { (t!(seat, "error-code")) } dd { code { (refusal.code) } } }
                @if let Some(rule) = &refusal.rule {
                    div { dt { (t!(seat, "error-rule")) } dd { code { (rule) } } }
                }
                div { dt { (t!(seat, "error-request")) } dd { code { (seat.request_id()) } } }
            }
        }
    };
    let page = Page::new(title, body).timeless().narrow();
    seat.render(page).into_response()
}
