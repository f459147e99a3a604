//! The desk's words for people.

use care::{Condition, Episode, Facility, InBed, Stage, Triage, Ward, views};
use cases::Severity;
use maud::{Markup, html};
use protocol::CarePlace;
use types::{HolderCode, UnitId};

use crate::access::Role;
use crate::i18n::Speaks;
use crate::pages::cases::words::{named, severity_cell};
use crate::pages::testing::names::pick;
use crate::seat::Seat;
use crate::ui::parts::{self, Tone};
use crate::ui::table::Cell;
use crate::{Fault, t};

/// What an episode is called on a page: its county and the start of its id.
pub fn short(episode: UnitId) -> String {
    crate::pages::cases::words::short(episode)
}

/// The page of an episode.
pub fn path(episode: UnitId) -> String {
    format!("/care/episodes/{episode}")
}

/// A link to an episode.
pub fn link(episode: UnitId) -> Markup {
    html! { a href=(path(episode)) { code { (short(episode)) } } }
}

/// A link to an episode for those who may open it: see [`read_episode`].
pub fn link_of(seat: &Seat, episode: &Episode) -> Markup {
    let mut places = [&episode.lies, &episode.held].into_iter().flatten();
    let may = seat.require(episode.area()).is_ok()
        || places.any(|place| seat.require(place.bed.area()).is_ok());
    if may {
        link(episode.id)
    } else {
        html! { code { (short(episode.id)) } }
    }
}

/// The page of a facility.
pub fn facility_path(code: &HolderCode) -> String {
    format!("/care/facilities/{code}")
}

/// The page of a ward.
pub fn ward_path(code: &HolderCode, ward: &str) -> String {
    format!("/care/facilities/{code}/wards/{ward}")
}

/// A facility's name.
pub fn facility(seat: &Seat, facility: &Facility) -> String {
    pick(seat.lang(), &facility.name_zh, &facility.name_en).to_owned()
}

/// A ward's name.
pub fn ward(seat: &Seat, ward: &Ward) -> String {
    pick(seat.lang(), &ward.name_zh, &ward.name_en).to_owned()
}

/// Where an episode stands, as a tag.
pub fn stage_cell(seat: &Seat, episode: &Episode) -> Cell {
    let tone = match episode.stage {
        Stage::Waiting => Tone::Bad,
        Stage::Assigned | Stage::Moving => Tone::Warning,
        Stage::InCare => Tone::Info,
        Stage::Home => Tone::Plain,
        Stage::Closed => Tone::Good,
    };
    let word = match (episode.stage, episode.home, episode.ended) {
        (Stage::Home, Some((kind, _)), _) => named(seat, "care-home", kind.as_str()),
        (Stage::Closed, _, Some((how, _))) => named(seat, "care-ended", how.as_str()),
        (stage, _, _) => named(seat, "care-stage", stage.as_str()),
    };
    Cell::tag(tone, word)
}

/// How grave a condition is, in words.
pub fn condition(seat: &Seat, condition: Condition) -> String {
    let grade = condition.severity.map_or("unexamined", Severity::as_str);
    let mut text = named(seat, "care-condition", grade);
    if condition.high_risk {
        text.push_str(&t!(seat, "care-with-risk"));
    }
    text
}

/// How grave somebody is, in a table.
pub fn condition_cell(seat: &Seat, of: Condition) -> Cell {
    let grade = match of.severity {
        Some(grade) => severity_cell(seat, Some(grade)).into_markup(),
        None => parts::tag(Tone::Warning, &named(seat, "care-condition", "unexamined")),
    };
    Cell::words(html! {
        (grade)
        @if of.high_risk { " " (parts::tag(Tone::Warning, &t!(seat, "case-high-risk"))) }
    })
}

/// Where the edition sends somebody, in words.
pub fn goes(seat: &Seat, triage: &Triage) -> String {
    let word = match triage.place {
        CarePlace::Home => "home",
        CarePlace::CentralizedIsolation => "isolation",
        CarePlace::DesignatedHospital => "hospital",
        CarePlace::IntensiveCare => "intensive",
    };
    let place = named(seat, "care-place", word);
    if triage.by_risk { format!("{place}{}", t!(seat, "care-with-risk")) } else { place }
}

/// Sex and age: enough to tell two lines apart, and nobody's name.
pub fn person(seat: &Seat, episode: &Episode) -> String {
    let mut parts = Vec::new();
    if let Some(sex) = episode.sex {
        parts.push(seat.text(&format!("reg-sex-{}", sex.as_str())));
    }
    if let Some(months) = episode.age_months {
        parts.push(if months < 24 {
            t!(seat, "case-age-months", n = months)
        } else {
            t!(seat, "care-age-years", n = months / 12)
        });
    }
    if parts.is_empty() { t!(seat, "case-person-unknown") } else { parts.join(" · ") }
}

/// How long somebody has waited, as a tag once the deadline is past.
pub fn wait_cell(seat: &Seat, episode: &Episode) -> Cell {
    let waited = seat.span(seat.now() - episode.since);
    if episode.deadline.is_some_and(|due| due < seat.now()) {
        Cell::tag(Tone::Bad, waited)
    } else {
        Cell::text(waited)
    }
}

/// Where a bed is, as a link for those who may see the ward.
pub fn bed_link(seat: &Seat, place: &InBed) -> Markup {
    let code = place.facility.code();
    if !seat.may_open("/care/facilities/{holder}/wards/{ward}") {
        return html! { (code) " " (place.ward) };
    }
    html! { a href=(ward_path(&place.facility, &place.ward)) { (code) " " (place.ward) } }
}

/// The facility whose staff the actor is, if it is one's: its lists are of that facility only.
pub fn own_facility(seat: &Seat) -> Option<HolderCode> {
    let grant = seat.grant().ok()?;
    grant.holder.clone().filter(|_| grant.role == Role::Ward)
}

/// The facility of an address, for those who may see it: who answers for its county, its own staff, and
/// those whose people it takes.
pub async fn read_facility(seat: &Seat, text: &str) -> Result<Facility, Fault> {
    let code = HolderCode::parse(text)?;
    let mut db = seat.db().await?;
    let found = views::facility(&mut db, &code).await?;
    let found = found.ok_or_else(|| Fault::not_found(&code))?;
    let grant = seat.grant()?;
    if grant.role == Role::Ward
        && let Some(own) = &grant.holder
        && *own != code
    {
        return Err(types::Refusal::new("not-your-holder").with("holder", own).into());
    }
    if !found.serves.covers(seat.scope()) {
        seat.require(found.area)?;
    }
    Ok(found)
}

/// The episode of an address, for those who may see it: who answers for its county, and those who have
/// it in a bed or hold one for it.
pub async fn read_episode(seat: &Seat, text: &str) -> Result<Episode, Fault> {
    let id = UnitId::parse(text)?;
    if id.kind() != care::EPISODE {
        let refusal = types::Refusal::new("wrong-kind-of-code").with("code", id);
        return Err(refusal.with("wanted", care::EPISODE).into());
    }
    let mut db = seat.db().await?;
    let found = views::episode(&mut db, id).await?;
    let grant = seat.grant()?;
    let own = grant.holder.as_ref().filter(|_| grant.role == Role::Ward);
    let Some(episode) = found else {
        seat.require(id.area())?;
        return Err(Fault::not_found(id));
    };
    let places: Vec<&InBed> = [&episode.lies, &episode.held].into_iter().flatten().collect();
    if let Some(own) = own {
        if !places.iter().any(|place| place.facility == *own) {
            return Err(types::Refusal::new("not-your-holder").with("holder", own).into());
        }
        return Ok(episode);
    }
    if !places.iter().any(|place| seat.require(place.bed.area()).is_ok()) {
        seat.require(episode.area())?;
    }
    Ok(episode)
}
