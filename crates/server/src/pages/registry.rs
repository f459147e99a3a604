//! The registry's pages: places, people, holders, moves to decide, imports.

mod holders;
mod households;
mod imports;
mod moves;
mod persons;
mod places;

use maud::{Markup, html};
use registry::command::Purpose;
use registry::file::PersonLine;
use registry::views::PlaceName;
use types::{AreaCode, AreaScope, PlaceCode, Refusal};

use crate::access::{Policy, Role};
use crate::i18n::{Lang, Speaks};
use crate::routes::Routes;
use crate::seat::Seat;
use crate::ui::form::Field;
use crate::{Fault, t};

/// Who sees places and counts; no person is part of it.
const STAFF: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Grid, Role::Sampler, Role::Auditor]);
/// Who opens masked files, each look recorded.
const READERS: Policy = Policy::any_of([Role::District, Role::Grid, Role::Sampler, Role::Auditor]);
/// Who looks for people.
const FINDERS: Policy = Policy::any_of([Role::District, Role::Grid, Role::Sampler]);
/// Who sees people in the clear and corrects their files.
const KEEPERS: Policy = Policy::any_of([Role::District, Role::Grid]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    places::register(routes);
    households::register(routes);
    persons::register(routes);
    moves::register(routes);
    holders::register(routes);
    imports::register(routes);
}

/// A name in the language of the page.
fn named(seat: &Seat, zh: &str, en: &str) -> String {
    match seat.lang() {
        Lang::En if !en.is_empty() => en.to_owned(),
        _ => zh.to_owned(),
    }
}

/// The way to a place as links, without the place itself when `short`.
fn way(seat: &Seat, way: &[PlaceName]) -> Markup {
    html! {
        @for (n, place) in way.iter().enumerate() {
            @if n > 0 { " / " }
            @if may_open(seat, &place.code) {
                a href=(place_link(seat, &place.code)) { (named(seat, &place.name_zh, &place.name_en)) }
            } @else { (named(seat, &place.name_zh, &place.name_en)) }
        }
    }
}

/// Whether a place lies in the actor's areas: a county's desk does not open its province.
fn may_open(seat: &Seat, code: &PlaceCode) -> bool {
    let digits = code.as_str().get(..6).unwrap_or(code.as_str());
    let roles = seat.route().policy.roles();
    AreaScope::parse(digits).is_ok_and(|scope| {
        seat.somebody().is_some_and(|actor| actor.grant_for(roles, scope).is_some())
    })
}

fn place_link(seat: &Seat, code: &PlaceCode) -> String {
    // A wide place may be wider than the areas in view: the page of the place decides.
    let _ = seat;
    format!("/registry/places/{code}")
}

/// The field that asks what for, with what was chosen before.
fn purpose_field(seat: &Seat, chosen: &str) -> Field {
    let options = Purpose::ALL
        .into_iter()
        .map(|p| (p.as_str().to_owned(), seat.text(&format!("desk-purpose-{}", p.as_str()))))
        .collect();
    Field::select("purpose", t!(seat, "desk-purpose"), options)
        .hint(t!(seat, "desk-purpose-hint"))
        .value(chosen)
        .short()
}

fn purpose_of(text: &str) -> Result<Purpose, Refusal> {
    Purpose::parse(text).ok_or_else(|| Refusal::new("purpose-missing"))
}

/// The county that the address must name for a person or a household.
fn county(seat: &Seat) -> Result<AreaCode, Fault> {
    let (low, high) = seat.scope().bounds();
    let named = (low == high && low > 0).then(|| AreaCode::from_stored(low));
    named.ok_or_else(|| Refusal::new("county-missing").into())
}

/// A person in one line: masked name, sex and year of birth.
fn person_text(seat: &Seat, line: &PersonLine) -> String {
    let mut text = line.masked.name.clone();
    if let Some(sex) = line.sex {
        text.push_str(" · ");
        text.push_str(&seat.text(&format!("reg-sex-{sex}")));
    }
    if let Some(year) = line.birth_year {
        text.push_str(" · ");
        text.push_str(&year.to_string());
    }
    text
}
