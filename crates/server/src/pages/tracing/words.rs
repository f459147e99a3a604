//! The desk's words for people.

use maud::{Markup, html};
use tracing_desk::{
    Contact, Degree, Ended, Investigation, Progress, Setting, Source, Stage, views,
};
use types::{Micros, UnitId};

use crate::pages::cases::words as case_words;
use crate::pages::cases::words::named;
use crate::seat::Seat;
use crate::ui::parts::{self, Tone};
use crate::ui::table::Cell;
use crate::{Fault, t};

/// What a contact or an investigation is called on a page: its county and the start of its id.
pub fn short(unit: UnitId) -> String {
    case_words::short(unit)
}

/// The page of an investigation.
pub fn investigation_path(id: UnitId) -> String {
    format!("/tracing/investigations/{id}")
}

/// The page of a contact.
pub fn contact_path(id: UnitId) -> String {
    format!("/tracing/contacts/{id}")
}

/// A link to a contact.
pub fn contact_link(id: UnitId) -> Markup {
    html! { a .nowrap href=(contact_path(id)) { code { (short(id)) } } }
}

/// A link to an investigation, named after its case.
pub fn investigation_link(of: &Investigation) -> Markup {
    html! { a .nowrap href=(investigation_path(of.id)) { code { (short(of.case)) } } }
}

/// A case as a link to its investigation: everybody at this desk may open that.
pub fn case_link(case: UnitId) -> Markup {
    let path = investigation_path(tracing_desk::investigation_of(case));
    html! { a .nowrap href=(path) { code { (short(case)) } } }
}

/// A source as a link.
pub fn source_link(source: &Source) -> Markup {
    if source.is_case() { case_link(source.unit) } else { contact_link(source.unit) }
}

/// How far an investigation has come, as a tag.
pub fn progress_cell(seat: &Seat, of: &Investigation) -> Cell {
    let tone = match of.progress {
        Progress::Opened => Tone::Bad,
        Progress::OnSite => Tone::Warning,
        Progress::Core => Tone::Info,
        Progress::Reported => Tone::Good,
        Progress::Closed => Tone::Plain,
    };
    let word = match of.ended {
        Some((why, _)) => named(seat, "trace-dropped", why.as_str()),
        None => named(seat, "trace-progress", of.progress.as_str()),
    };
    Cell::tag(tone, word)
}

/// Where a contact stands, as a tag.
pub fn stage_cell(seat: &Seat, of: &Contact) -> Cell {
    let tone = match of.stage {
        Stage::Identified | Stage::Refused | Stage::Positive => Tone::Bad,
        Stage::Located | Stage::Notified | Stage::Moving => Tone::Warning,
        Stage::Quarantined | Stage::Monitoring => Tone::Info,
        Stage::Released => Tone::Good,
        Stage::Closed => Tone::Plain,
    };
    let word = match of.ended {
        Some((how @ (Ended::Mistaken | Ended::Died | Ended::Double | Ended::Elsewhere), _)) => {
            named(seat, "trace-ended", how.as_str())
        }
        _ => named(seat, "trace-stage", of.stage.as_str()),
    };
    Cell::tag(tone, word)
}

/// How near a contact was, as a tag.
pub fn degree(seat: &Seat, of: Degree) -> Markup {
    let tone = if of == Degree::Close { Tone::Warning } else { Tone::Plain };
    parts::tag(tone, &named(seat, "trace-degree", of.as_str()))
}

/// What should not be overlooked at a contact, as tags.
pub fn marks(seat: &Seat, of: &Contact) -> Markup {
    html! {
        @if of.ill { (parts::tag(Tone::Bad, &t!(seat, "trace-ill"))) " " }
        @if of.unfounded && of.is_open() {
            (parts::tag(Tone::Warning, &t!(seat, "trace-unfounded"))) " "
        }
        @if let Some(request) = of.request {
            (parts::tag(Tone::Info, &t!(seat, "trace-asked-of", county = request.to.to_string())))
        }
    }
}

/// Where they met, in words.
pub fn setting(seat: &Seat, of: Setting) -> String {
    named(seat, "trace-setting", of.as_str())
}

/// A day in a table: red once it has passed.
pub fn day_cell(seat: &Seat, day: Option<Micros>, today: Micros) -> Cell {
    let Some(day) = day else { return Cell::none() };
    let text = seat.time(day).day().to_owned();
    match day.cmp(&today) {
        std::cmp::Ordering::Less => Cell::tag(Tone::Bad, text),
        std::cmp::Ordering::Equal => Cell::tag(Tone::Warning, text),
        std::cmp::Ordering::Greater => Cell::text(text),
    }
}

/// The day that it is, by the calendar of the protocol.
pub fn today(seat: &Seat) -> Micros {
    tracing_desk::Calendar::of(seat.app().protocol().zone()).day(seat.now())
}

/// A deadline in a table: red once it has passed.
pub fn clock_cell(seat: &Seat, due: Option<Micros>) -> Cell {
    Cell::words(crate::pages::testing::words::clock(seat, due, seat.now()))
}

/// Sex, year of birth, and with whom nobody is named.
pub fn person(seat: &Seat, of: &Contact) -> String {
    let mut parts = Vec::new();
    if let Some(identity) = &of.identity {
        if let Some(sex) = identity.sex {
            parts.push(seat.text(&format!("reg-sex-{}", sex.as_str())));
        }
        parts.extend(identity.birth_year.map(|year| year.to_string()));
    }
    if parts.is_empty() {
        parts.push(match of.person_area {
            Some(_) => t!(seat, "trace-registered"),
            None => t!(seat, "case-person-unknown"),
        });
    }
    parts.join(" · ")
}

/// The contact of an address, for those who may see it: the county that follows, the one that named him,
/// and one that is asked.
pub async fn read_contact(seat: &Seat, text: &str) -> Result<Contact, Fault> {
    let id = UnitId::parse(text)?;
    if id.kind() != tracing_desk::CONTACT {
        let refusal = types::Refusal::new("wrong-kind-of-code").with("code", id);
        return Err(refusal.with("wanted", tracing_desk::CONTACT).into());
    }
    let mut db = seat.db().await?;
    let Some(contact) = views::contact(&mut db, id).await? else {
        seat.require(id.area())?;
        return Err(Fault::not_found(id));
    };
    let asked = contact.request.map(|request| request.to);
    let mine = |area| seat.require(area).is_ok();
    if !mine(contact.county) && !asked.is_some_and(mine) {
        seat.require(id.area())?;
    }
    Ok(contact)
}

/// The investigation of an address, whose county the guard has checked.
pub async fn read_investigation(seat: &Seat, text: &str) -> Result<Investigation, Fault> {
    let id = UnitId::parse(text)?;
    if id.kind() != tracing_desk::INVESTIGATION {
        let refusal = types::Refusal::new("wrong-kind-of-code").with("code", id);
        return Err(refusal.with("wanted", tracing_desk::INVESTIGATION).into());
    }
    let mut db = seat.db().await?;
    views::investigation(&mut db, id).await?.ok_or_else(|| Fault::not_found(id))
}
