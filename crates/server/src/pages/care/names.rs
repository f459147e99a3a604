//! Who the patients are, for those who care for them: masked on a page of its own, in the clear one by one,
//! and each look is on record before anything is shown.

use std::collections::HashMap;

use axum::extract::Path;
use care::{BedState, Episode, views};
use cases::Case;
use maud::{Markup, html};
use registry::command::{Look, LookDepth, LookedAt, Purpose};
use registry::file;
use registry::identity::Identity;
use types::{AreaCode, Refusal, UnitId};

use super::{CARERS, IN_WARD, under_board, words};
use crate::access::{Action, Resource, can};
use crate::house::Command;
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, looks, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/care/facilities/{holder}/wards/{ward}/names", CARERS, ward_names);
    routes.post("/care/episodes/{episode}/names", CARERS, reveal);
}

/// Where a patient's identity lies, and what a look at it is a look at.
struct Whose {
    area: AreaCode,
    at: LookedAt,
}

/// The record behind an episode: the registry's, where the actor answers for its county, else what the case
/// itself keeps sealed. Nothing where there is neither.
fn whose(seat: &Seat, case: &Case) -> Option<Whose> {
    let registered = case.person_area.filter(|area| seat.require(*area).is_ok());
    if case.identity.is_some() {
        return Some(Whose { area: case.area(), at: LookedAt::Case(case.id) });
    }
    registered.map(|area| Whose { area, at: LookedAt::Person(case.person) })
}

fn look(whose: &Whose, depth: LookDepth) -> Look {
    Look { at: whose.at.clone(), depth, purpose: Purpose::Care, note: String::new() }
}

fn may_look(seat: &Seat, area: AreaCode, look: &Look) -> bool {
    let command = Command::Registry(registry::Command::Look(look.clone()));
    can(seat.somebody(), Action::Send(&command), Resource::Area(area)).is_ok()
}

/// Opens a sealed identity. The look must be on record.
async fn opened(seat: &Seat, case: &Case) -> Result<Option<Identity>, Fault> {
    let keys = seat.app().keys();
    if let Some(identity) = &case.identity {
        let clear = keys.unseal(case.area(), case.sealed_for(), &identity.sealed.0);
        return Ok(Some(clear.map_err(Fault::internal)?));
    }
    let Some(area) = case.person_area else { return Ok(None) };
    let mut db = seat.db().await?;
    let known = file::person(&mut db, area, case.person).await.map_err(Fault::internal)?;
    let clear = known.map(|p| keys.unseal(area, case.person, &p.identity.sealed.0)).transpose();
    clear.map_err(Fault::internal)
}

/// The way to somebody's name, on the page of an episode.
pub async fn panel(seat: &Seat, episode: &Episode) -> Result<Markup, Fault> {
    // Whoever lies in no bed is the cases desk's to look at.
    if episode.lies.is_none() {
        return Ok(html! {});
    }
    let mut db = seat.db().await?;
    let Some(case) = cases::views::case(&mut db, episode.case).await? else {
        return Ok(html! {});
    };
    let Some(whose) = whose(seat, &case) else { return Ok(html! {}) };
    if !may_look(seat, whose.area, &look(&whose, LookDepth::Reveal)) {
        return Ok(html! {});
    }
    Ok(parts::panel(
        &t!(seat, "care-who"),
        html! {
            p { (t!(seat, "care-who-lead")) }
            (Form::new(seat, format!("{}/names", words::path(episode.id)))
                .part("names")
                .quiet()
                .field(Field::text("note", t!(seat, "care-who-why")).optional())
                .button(&t!(seat, "reg-reveal")))
        },
    ))
}

async fn reveal(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    if episode.lies.is_none() {
        return Err(Refusal::new("not-in-care").with("stage", episode.stage).into());
    }
    let mut db = seat.db().await?;
    let case = cases::views::case(&mut db, episode.case).await?;
    drop(db);
    let case = case.ok_or_else(|| Fault::not_found(episode.case))?;
    let whose = whose(&seat, &case).ok_or_else(|| Fault::not_found(episode.case))?;
    let look = Look { note: form.text("note").to_owned(), ..look(&whose, LookDepth::Reveal) };
    // First on record, then on the screen.
    looks::record(&seat, whose.area, look).await?;
    let clear = opened(&seat, &case).await?.ok_or_else(|| Fault::not_found(episode.case))?;
    let code = |text: Option<&String>| {
        html! { @if let Some(text) = text { code { (text) } } @else { "—" } }
    };
    let rows = vec![
        (t!(seat, "reg-name"), html! { (clear.name) }),
        (t!(seat, "desk-id-number"), code(clear.id_number.as_ref())),
        (t!(seat, "desk-phone"), code(clear.phone.as_ref())),
        (t!(seat, "case-person"), html! { (words::person(&seat, &episode)) }),
    ];
    let body = html! {
        (parts::notice(Tone::Info, &t!(seat, "desk-look-recorded"), html! {}))
        (parts::facts(&rows))
        p { a href=(words::path(episode.id)) { (t!(seat, "care-back-to-episode")) } }
    };
    let title = t!(seat, "care-episode-title", episode = words::short(episode.id));
    Ok(seat.render(under_board(&seat, Page::new(title, body).narrow())))
}

/// The button that leads to the names of a ward, for those who may look.
pub fn button(seat: &Seat, facility: &care::Facility, ward: &str) -> Markup {
    let probe = Look {
        at: LookedAt::Case(UnitId::derived(cases::CASE, facility.area, &[b"probe"])),
        depth: LookDepth::File,
        purpose: Purpose::Care,
        note: String::new(),
    };
    let may = may_look(seat, facility.area, &probe) && super::facility::may_work(seat, facility);
    html! {
        @if may {
            (Form::new(seat, format!("{}/names", words::ward_path(&facility.code, ward)))
                .part("names")
                .quiet()
                .button(&t!(seat, "care-names-show")))
        }
    }
}

/// Those of a ward with their names, masked. The looks at them are recorded first, one for each.
async fn ward_names(seat: Seat, Path((holder, ward)): Path<(String, String)>) -> Answer {
    let of = words::read_facility(&seat, &holder).await?;
    let mut db = seat.db().await?;
    let wards = views::wards(&mut db, &of.code).await?;
    let ward = wards.into_iter().find(|w| w.code == ward).ok_or_else(|| {
        Refusal::new("ward-unknown").with("facility", &of.code).with("ward", &ward)
    })?;
    let beds = views::ward_beds(&mut db, &of.code, &ward.code).await?;
    let people = views::in_facility(&mut db, &of.code, Some(&ward.code), IN_WARD).await?;
    let ids: Vec<UnitId> = people.iter().map(|episode| episode.case).collect();
    let found = cases::views::cases(&mut db, &ids).await?;
    drop(db);
    let now = seat.now();
    let seen: Vec<(&Case, Whose)> =
        found.iter().filter_map(|case| Some((case, whose(&seat, case)?))).collect();
    let allowed: Vec<&(&Case, Whose)> = seen
        .iter()
        .filter(|(_, whose)| may_look(&seat, whose.area, &look(whose, LookDepth::File)))
        .collect();
    let commands = allowed.iter().map(|(_, whose)| {
        let look = look(whose, LookDepth::File);
        (whose.area, now, Command::Registry(registry::Command::Look(look)))
    });
    let outcomes = act::many(&seat, commands.collect()).await?;
    if let Some(refusal) = act::first_refusal(&outcomes) {
        return Err(refusal.clone().into());
    }
    let mut names: HashMap<UnitId, String> = HashMap::new();
    for (case, _) in &allowed {
        if let Some(clear) = opened(&seat, case).await? {
            names.insert(case.id, clear.masked().name);
        }
    }
    let whose: HashMap<UnitId, &Episode> = people.iter().map(|e| (e.id, e)).collect();
    let columns = vec![
        Column::new("bed", t!(seat, "care-bed")),
        Column::new("room", t!(seat, "care-room-of")),
        Column::new("name", t!(seat, "reg-name")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("condition", t!(seat, "care-condition")),
        Column::new("episode", t!(seat, "care-episode")),
    ];
    let rows = beds.iter().filter(|bed| bed.state == BedState::Occupied).filter_map(|bed| {
        let episode = *whose.get(&bed.episode?)?;
        Some(vec![
            Cell::code(bed.label.clone()),
            Cell::text(bed.room.clone()),
            names.get(&episode.case).map_or_else(Cell::none, |name| Cell::text(name.clone())),
            Cell::text(words::person(&seat, episode)),
            words::condition_cell(&seat, episode.condition),
            Cell::words(words::link_of(&seat, episode)),
        ])
    });
    let table = Table::new(t!(seat, "care-names"), columns)
        .empty(t!(seat, "care-names-empty"))
        .rows(rows.collect::<Vec<_>>());
    let body = html! {
        (parts::notice(Tone::Info, &t!(seat, "care-looks-recorded", n = allowed.len() as i64), html! {}))
        (table.render(&seat))
        p { a href=(words::ward_path(&of.code, &ward.code)) { (t!(seat, "care-back-to-ward")) } }
    };
    let page = Page::new(words::ward(&seat, &ward), body);
    let page =
        under_board(&seat, page).crumb(words::facility_path(&of.code), words::facility(&seat, &of));
    Ok(seat.render(page))
}
