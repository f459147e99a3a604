//! Loading a plate: codes in the order of the wells, shown as a grid before it counts.

use axum::response::Response;
use maud::{Markup, html};
use std::collections::BTreeMap;
use testing::{Command, LoadPlate, Well};
use types::{Refusal, UnitId};

use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;

use super::laboratory::{LABORATORY, area_for, own, read_codes};
use super::words;
use crate::pages::act;

const ROWS: [char; 8] = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'];
const COLUMNS: usize = 12;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/laboratory/plate", LABORATORY, form);
    routes.post("/laboratory/plate", LABORATORY, load);
}

/// The n-th well, down the columns: A1, B1, … H1, A2, …; `None` past the last.
fn well(n: usize) -> Option<String> {
    let column = n / ROWS.len() + 1;
    (column <= COLUMNS).then(|| format!("{}{column}", ROWS[n % ROWS.len()]))
}

/// A plate of 8 × 12 wells. A tube shows the end of its code and, with `path`, leads there.
pub fn grid(
    seat: &Seat,
    name: &str,
    wells: &BTreeMap<String, UnitId>,
    path: Option<&str>,
) -> Markup {
    html! {
        div .table-box__scroll role="region" tabindex="0" aria-label=(name) {
            table .plate {
                caption { (t!(seat, "lab-plate-named", plate = name)) " · " (t!(seat, "lab-wells", n = wells.len() as i64)) }
                thead { tr { td {} @for column in 1..=COLUMNS { th scope="col" { (column) } } } }
                tbody {
                    @for row in ROWS {
                        tr {
                            th scope="row" { (row) }
                            @for column in 1..=COLUMNS {
                                @let tube = wells.get(&format!("{row}{column}"));
                                td .plate__well .plate__well--filled[tube.is_some()] {
                                    @if let Some(tube) = tube {
                                        @let code = tube.to_string();
                                        @let end = &code[code.len() - 5..];
                                        @match path {
                                            Some(path) => a href=(seat.link(&format!("{path}{tube}"))) title=(code) { (end) },
                                            None => span title=(code) { (end) },
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

async fn form(seat: Seat) -> Answer {
    own(&seat)?;
    Ok(show(&seat, &FormData::default(), Errors::default(), html! {}, false))
}

fn show(seat: &Seat, typed: &FormData, errors: Errors, said: Markup, sure: bool) -> Response {
    let status = if errors.is_empty() {
        axum::http::StatusCode::OK
    } else {
        axum::http::StatusCode::UNPROCESSABLE_ENTITY
    };
    let mut form = Form::new(seat, seat.link("/laboratory/plate"))
        .errors(errors)
        .hidden(act::ID, &act::fresh())
        .field(
            Field::code("plate", t!(seat, "lab-plate-name"), false)
                .hint(t!(seat, "lab-plate-name-hint"))
                .value(typed.text("plate")),
        )
        .field(
            Field::area("codes", t!(seat, "lab-codes"), 12)
                .hint(t!(seat, "lab-codes-hint"))
                .value(typed.text("codes")),
        );
    if sure {
        form = form.field(Field::tick("sure", t!(seat, "lab-plate-right")));
    }
    let button = if sure { t!(seat, "lab-load-plate") } else { t!(seat, "lab-show-plate") };
    let body = html! { (said) (form.button(&button)) };
    let page = Page::new(t!(seat, "lab-load-plate"), body);
    let mut response =
        seat.render(page.crumb(seat.link("/laboratory"), t!(seat, "nav-laboratory")));
    *response.status_mut() = status;
    response
}

async fn load(seat: Seat, form: FormData) -> Answer {
    let (lab, grant) = own(&seat)?;
    let mut errors = Errors::default();
    let plate = form.text("plate").to_owned();
    if plate.is_empty() {
        errors.add("plate", Refusal::new("plate-empty").with("plate", ""));
    }
    let codes = read_codes("codes", form.text("codes"), &mut errors);
    let mut wells = BTreeMap::new();
    for (n, tube) in codes.iter().enumerate() {
        match (well(n), tube) {
            (Some(well), Some(tube)) => {
                wells.insert(well, *tube);
            }
            (None, Some(tube)) => {
                errors.add("codes", Refusal::new("plate-full").with("tube", tube));
                break;
            }
            (_, None) => {}
        }
    }
    if wells.is_empty() && errors.is_empty() {
        errors.add("codes", Refusal::new("plate-empty").with("plate", &plate));
    }
    let Some(first) = wells.values().next().copied().filter(|_| errors.is_empty()) else {
        return Ok(show(&seat, &form, errors, html! {}, false));
    };
    let drawn = grid(&seat, &plate, &wells, None);
    if !form.ticked("sure") {
        return Ok(show(&seat, &form, errors, drawn, true));
    }
    let command = LoadPlate {
        plate,
        lab,
        wells: wells.into_iter().map(|(well, tube)| Well { well, tube }).collect(),
    };
    let n = command.wells.len() as i64;
    match act::send(&seat, area_for(grant, first), &form, Command::LoadPlate(command)).await? {
        Ok(notes) => {
            let body = html! {
                (words::done(&seat, &t!(seat, "lab-plate-loaded", n = n), &notes))
                (drawn)
                (parts::button_link(&seat.link("/laboratory"), &t!(seat, "nav-laboratory"), true))
            };
            Ok(seat.page(t!(seat, "lab-load-plate"), body))
        }
        Err(refusal) => Ok(show(&seat, &form, Errors::one("codes", refusal), html! {}, false)),
    }
}

#[cfg(test)]
mod tests {
    use super::well;

    #[test]
    fn wells_go_down_the_columns() {
        assert_eq!(well(0).as_deref(), Some("A1"));
        assert_eq!(well(7).as_deref(), Some("H1"));
        assert_eq!(well(8).as_deref(), Some("A2"));
        assert_eq!(well(95).as_deref(), Some("H12"));
        assert_eq!(well(96), None);
    }
}
