//! The cases of a person, on the person's file.

use cases::views;
use maud::{Markup, html};
use registry::event::PersonRef;

use super::{KEEPERS, open, words};
use crate::access::{Action, Resource, can};
use crate::seat::Seat;
use crate::ui::parts;
use crate::{Fault, t};

/// The cases that a person has, and the way to open one; nothing for those who keep no line list.
pub async fn panel(seat: &Seat, who: PersonRef) -> Result<Markup, Fault> {
    if can(seat.somebody(), Action::Open(KEEPERS), Resource::Area(who.area)).is_err() {
        return Ok(html! {});
    }
    let mut db = seat.db().await?;
    let cases = views::of_person(&mut db, who.person).await?;
    let body = html! {
        @if cases.is_empty() { p { (t!(seat, "case-of-person-none")) } }
        @else {
            ul {
                @for case in &cases {
                    li {
                        (words::link(case.id)) " "
                        (words::judged(seat, Some(case.class()), case.severity()))
                        (words::status_cell(seat, case).into_markup())
                    }
                }
            }
        }
        @if !cases.iter().any(cases::Case::is_open) {
            (parts::button_link(&open::path_for(who.area, who.person), &t!(seat, "case-open"), false))
        }
    };
    Ok(parts::panel(&t!(seat, "nav-group-cases"), body))
}
