//! Areas become zones: from a proposal, or from a list of codes.

use std::collections::BTreeMap;

use maud::{Markup, html};
use types::{AreaCode, AreaScope, PlaceCode, Refusal, Span, UnitId};
use zones::propose::Grain;
use zones::{Command, Draft, Level, Make, NewZone, is_within, views};

use super::{DECIDERS, under_board, words};
use crate::i18n::number;
use crate::pages::act;
use crate::pages::cases::words::options;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::time::{input_value, parse_local};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/zones/new", DECIDERS, new);
    routes.post("/zones/new", DECIDERS, make);
}

/// What the form starts from: the place and the proposal of the address.
async fn new(seat: Seat) -> Answer {
    let place = seat.param("place").unwrap_or_default();
    let level = seat.param("level").unwrap_or_else(|| Level::Locked.as_str().to_owned());
    let proposed = seat.param("proposed").unwrap_or_default();
    let form = FormData::from_pairs([
        ("places", place.as_str()),
        ("level", level.as_str()),
        ("proposed", proposed.as_str()),
    ]);
    draw(&seat, &form, Errors::default()).await
}

/// The fields of what a zone owes.
pub fn duties<'a>(seat: &'a Seat, form: Form<'a>, typed: &FormData) -> Form<'a> {
    let zone = seat.app().zone();
    let until = match typed.text("until") {
        "" => input_value(seat.now() + Span::days(14), zone),
        text => text.to_owned(),
    };
    form.field(
        Field::time("until", t!(seat, "zone-until")).hint(t!(seat, "zone-until-hint")).value(until),
    )
    .field(
        Field::area("supply", t!(seat, "zone-supply"), 2)
            .hint(t!(seat, "zone-supply-hint"))
            .value(typed.text("supply")),
    )
    .field(
        Field::text("urgent", t!(seat, "zone-urgent"))
            .hint(t!(seat, "zone-urgent-hint"))
            .value(typed.text("urgent")),
    )
    .field(
        Field::text("basis", t!(seat, "zone-basis"))
            .hint(t!(seat, "zone-basis-hint"))
            .value(typed.text("basis")),
    )
}

/// What a form says that a zone owes.
pub fn draft(seat: &Seat, form: &FormData) -> Draft {
    Draft {
        until: parse_local(form.text("until"), seat.app().zone()).ok(),
        supply: form.text("supply").to_owned(),
        urgent: form.text("urgent").to_owned(),
        basis: form.text("basis").to_owned(),
    }
}

/// The field that a refusal is about.
pub fn field_of(refusal: &Refusal) -> &'static str {
    match refusal.code.as_ref() {
        "zone-end-missing" | "zone-end-past" | "zone-end-too-far" => "until",
        "zone-supply-missing" => "supply",
        "zone-urgent-missing" => "urgent",
        "zone-basis-missing" => "basis",
        "zone-ground-missing" | "zone-departs-from-proposal" | "note-too-long" => "reason",
        _ => "places",
    }
}

async fn draw(seat: &Seat, typed: &FormData, errors: Errors) -> Answer {
    let levels = Level::ALL.iter().map(|level| level.as_str());
    let form = Form::new(seat, seat.link("/zones/new"))
        .hidden(act::ID, &act::again(typed, &errors))
        .hidden("proposed", typed.text("proposed"))
        .errors(errors)
        .field(
            Field::area("places", t!(seat, "zone-places"), 4)
                .hint(t!(seat, "zone-places-hint"))
                .value(typed.text("places")),
        )
        .field(
            Field::radios(
                "level",
                t!(seat, "zone-level"),
                options(seat, "zone-level", None, levels),
            )
            .value(typed.text("level")),
        );
    let form = duties(seat, form, typed)
        .field(
            Field::area("reason", t!(seat, "zone-reason"), 2)
                .hint(t!(seat, "zone-reason-hint"))
                .value(typed.text("reason"))
                .optional(),
        )
        .button(&t!(seat, "zone-make"));
    let body = html! {
        (known(seat, typed).await?)
        (form)
        (refuse(seat, typed))
    };
    let page =
        Page::new(t!(seat, "zone-new"), body).narrow().lead(html! { (t!(seat, "zone-new-lead")) });
    Ok(seat.render(under_board(seat, page)))
}

/// What is known of the place of a proposal.
async fn known(seat: &Seat, typed: &FormData) -> Result<Markup, Fault> {
    let Ok(place) = PlaceCode::parse(typed.text("places")) else { return Ok(html! {}) };
    let Some(area) = place.area() else { return Ok(html! {}) };
    seat.require(area)?;
    let mut db = seat.db().await?;
    let line = registry::views::place(&mut db, &place).await?;
    let names = words::names(&mut db, vec![place.clone()]).await?;
    let cases = grounds(seat, &mut db, area).await?;
    let n = evidence_of(&cases, &place).len() as i64;
    Ok(html! {
        p {
            strong { (words::place(seat, &names, &place)) }
            @if let Some(line) = line {
                " · " (t!(seat, "zone-holds", households = number(line.households), persons = number(line.persons)))
            }
            " · " (t!(seat, "zone-cases-n", n = n))
        }
    })
}

/// The form by which a proposal is not followed.
fn refuse(seat: &Seat, typed: &FormData) -> Markup {
    let (place, proposed) = (typed.text("places"), typed.text("proposed"));
    if Level::parse(proposed).is_none() || PlaceCode::parse(place).is_err() {
        return html! {};
    }
    html! {
        details .disclosure {
            summary { (t!(seat, "zone-refuse")) }
            (Form::new(seat, seat.link("/zones/refuse")).part("refuse")
                .hidden(act::ID, &act::fresh())
                .hidden("place", place)
                .hidden("level", proposed)
                .field(Field::area("reason", t!(seat, "case-why"), 2))
                .quiet()
                .button(&t!(seat, "zone-refuse")))
        }
    }
}

/// Cases that can be grounds in a county: where they live, and which proposals name them.
pub struct Grounds {
    homes: Vec<(UnitId, PlaceCode)>,
    proposed: BTreeMap<PlaceCode, Vec<UnitId>>,
}

/// Reads them, of the time that lifting looks back on.
pub async fn grounds(
    seat: &Seat,
    db: &mut store::Connection,
    area: AreaCode,
) -> Result<Grounds, Fault> {
    let now = seat.now();
    let edition = seat.app().protocol().at(now, area).clone();
    let rules = edition.zones()?;
    let scope = AreaScope::one(area);
    let since = now - rules.lift.value.no_new_infection;
    let infections = views::infections(db, scope, since).await?;
    let known = zones::propose::Known::default();
    let mut proposed: BTreeMap<PlaceCode, Vec<UnitId>> = BTreeMap::new();
    for grain in [Grain::Compound, Grain::Building] {
        for one in zones::propose::propose(rules, &infections, &known, grain) {
            proposed.entry(one.place).or_default().extend(one.cases.iter().map(|(case, _)| *case));
        }
    }
    let homes = infections.into_iter().filter(|of| !of.closed_loop);
    let homes = homes.filter_map(|of| Some((of.case, of.place?))).collect();
    Ok(Grounds { homes, proposed })
}

/// The cases that a zone at a place rests on: who lives there, and who was there.
pub fn evidence_of(grounds: &Grounds, place: &PlaceCode) -> Vec<UnitId> {
    let homes = grounds.homes.iter().filter(|(_, home)| is_within(home, place));
    let mut cases: Vec<UnitId> = homes.map(|(case, _)| *case).collect();
    cases.extend(grounds.proposed.get(place).into_iter().flatten());
    cases.sort_unstable();
    cases.dedup();
    cases
}

/// Lines of codes, `220202001001-03` or `220202001001-03,controlled`; a heading is passed over.
fn lines(text: &str, level: Level, proposed: Option<Level>) -> Result<Vec<NewZone>, Refusal> {
    let mut zones = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let mut cells = line.split([',', ';', '\t']).map(|cell| cell.trim().trim_matches('"'));
        let code = cells.next().unwrap_or_default();
        if code.is_empty() || n == 0 && !code.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let wrong = || Refusal::new("zone-line-wrong").with("line", n + 1).with("text", line);
        let place = PlaceCode::parse(code).map_err(|_| wrong())?;
        let level = match cells.next().filter(|cell| !cell.is_empty()) {
            Some(word) => Level::parse(word).ok_or_else(wrong)?,
            None => level,
        };
        zones.push(NewZone { place, level, proposed, evidence: Vec::new() });
    }
    if zones.is_empty() {
        return Err(Refusal::new("zone-nothing-named"));
    }
    Ok(zones)
}

/// Sends what makes zones, one command for each county.
pub async fn send(
    seat: &Seat,
    form: &FormData,
    zones: Vec<NewZone>,
    reason: &str,
) -> Result<Result<(), Refusal>, Fault> {
    let mut counties: BTreeMap<AreaCode, Vec<NewZone>> = BTreeMap::new();
    for mut new in zones {
        let Some(area) = new.place.area() else {
            return Ok(Err(Refusal::new("zone-too-wide")
                .with("place", &new.place)
                .with("widest", "county")));
        };
        if seat.require(area).is_err() {
            return Ok(Err(Refusal::new("zone-of-another-county").with("zone", &new.place)));
        }
        new.evidence.clear();
        counties.entry(area).or_default().push(new);
    }
    let one = counties.len() == 1;
    for (area, mut zones) in counties {
        let mut db = seat.db().await?;
        let grounds = grounds(seat, &mut db, area).await?;
        drop(db);
        for new in zones.iter_mut().filter(|new| new.level != Level::Precaution) {
            new.evidence = evidence_of(&grounds, &new.place);
        }
        let make = Make { zones, duties: draft(seat, form), reason: reason.to_owned() };
        let done = match one {
            true => act::send(seat, area, form, Command::Make(make)).await?,
            false => act::once(seat, area, Command::Make(make)).await?,
        };
        if let Err(refusal) = done {
            return Ok(Err(refusal));
        }
    }
    Ok(Ok(()))
}

/// A form of the map names its areas one by one: as lines they are shown again where something is wrong.
fn as_lines(form: FormData) -> FormData {
    let ticked: Vec<&str> = form.all("place").collect();
    if ticked.is_empty() {
        return form;
    }
    let places = ticked.join("\n");
    let names = [act::ID, "level", "proposed", "until", "supply", "urgent", "basis", "reason"];
    let kept = names.into_iter().map(|name| (name, form.raw(name)));
    FormData::from_pairs(kept.chain([("places", places.as_str())]))
}

async fn make(seat: Seat, form: FormData) -> Answer {
    let form = as_lines(form);
    let level = Level::parse(form.text("level"));
    let proposed = Level::parse(form.text("proposed"));
    let Some(level) = level else {
        return draw(&seat, &form, Errors::one("level", Refusal::new("choice-missing"))).await;
    };
    let zones = match lines(form.raw("places"), level, proposed) {
        Ok(zones) => zones,
        Err(refusal) => return draw(&seat, &form, Errors::one("places", refusal)).await,
    };
    let reason = form.text("reason").to_owned();
    match send(&seat, &form, zones, &reason).await? {
        Ok(()) => Ok(seat.go(&seat.link("/zones/list"))),
        Err(refusal) => draw(&seat, &form, Errors::one(field_of(&refusal), refusal)).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_list_is_read_with_its_heading_and_its_levels() {
        let text = "place,level\n220202001001-03\n220202001001-04,controlled\n\n";
        let zones = lines(text, Level::Locked, None).expect("a list");
        let read: Vec<_> = zones.iter().map(|z| (z.place.as_str(), z.level)).collect();
        assert_eq!(
            read,
            [("220202001001-03", Level::Locked), ("220202001001-04", Level::Controlled)]
        );
        let wrong = lines("220202001001-03,closed", Level::Locked, None);
        assert_eq!(wrong.expect_err("no such level").code, "zone-line-wrong");
        assert_eq!(lines("\n", Level::Locked, None).expect_err("none").code, "zone-nothing-named");
    }
}
