//! The desk of a laboratory: boxes to open, tubes to load, plates under way, results to enter,
//! and its load against what it can do.

use axum::extract::Path;
use ledger::views::UnitLine;
use maud::{Markup, html};
use std::collections::{BTreeMap, HashMap};
use testing::views::LabLine;
use testing::{BOX, TUBE, Tube};
use types::{AreaCode, HolderCode, ParseError, Refusal, Span, UnitId, UnitKind};

use crate::Fault;
use crate::access::{Grant, Policy, Role};
use crate::i18n::number;
use crate::pages::testing::names::Names;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::chart::{self, Series};
use crate::ui::form::Errors;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};

use super::words;
use super::{lab_box, lab_plate, lab_result};

/// Who works in a laboratory.
pub const LABORATORY: Policy = Policy::any_of([Role::Laboratory]);
/// Units read for the page, the most urgent first.
const READ: i64 = 2_000;
/// Rows of one list.
const ROWS: usize = 50;
/// Plates drawn.
const PLATES: usize = 6;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/laboratory", LABORATORY, overview);
    routes.nav(Group::Testing, "/laboratory", "nav-laboratory");
    lab_box::register(routes);
    lab_plate::register(routes);
    lab_result::register(routes);
}

/// The laboratory that the actor works for, with its grant.
///
/// # Errors
/// `no-laboratory` when the account acts for none.
pub fn own(seat: &Seat) -> Result<(HolderCode, &Grant), Fault> {
    let actor = seat.actor()?;
    let grants = actor.grants.iter().filter(|g| g.role == Role::Laboratory);
    grants
        .filter_map(|g| Some((g.holder.clone().filter(|h| h.kind() == "lab")?, g)))
        .next()
        .ok_or_else(|| Refusal::new("no-laboratory").into())
}

/// The county under which a laboratory's command about a unit goes: the unit's, or, for a unit
/// of elsewhere or with a foreign code, the first that the account works in.
pub fn area_for(grant: &Grant, unit: UnitId) -> AreaCode {
    if unit.area() != AreaCode::NONE && grant.scope.contains(unit.area()) {
        return unit.area();
    }
    AreaCode::from_stored(grant.scope.bounds().0)
}

/// The unit behind a scanned or typed code; also takes what our pages print.
///
/// # Errors
/// [`ParseError`] for a typing mistake.
pub fn read_code(kind: UnitKind, text: &str) -> Result<UnitId, ParseError> {
    match UnitId::parse(text.trim()) {
        Ok(id) if id.kind() == kind => Ok(id),
        _ => UnitId::scanned(kind, text),
    }
}

/// Codes of tubes, one a line, in order; `-` stands for a place left free.
pub fn read_codes(field: &'static str, text: &str, errors: &mut Errors) -> Vec<Option<UnitId>> {
    let mut codes = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line {
            "-" => codes.push(None),
            line => codes.extend(errors.check(field, read_code(TUBE, line)).map(Some)),
        }
    }
    codes
}

async fn overview(seat: Seat) -> Answer {
    let Ok((lab, _)) = own(&seat) else {
        let refusal = Refusal::new("no-laboratory");
        let body = words::refused(&seat, &refusal);
        return Ok(seat.render(Page::new(t!(seat, "nav-laboratory"), body).timeless()));
    };
    let mut db = seat.db().await?;
    let held = ledger::views::held(&mut db, &lab, READ).await?;
    let boxes: Vec<&UnitLine> = held.iter().filter(|l| l.id.kind() == BOX).collect();
    let at = |step: &str| -> Vec<&UnitLine> {
        held.iter().filter(|l| l.id.kind() == TUBE && l.step == step).collect()
    };
    let (missing, loaded, tested) = (at("missing"), at("loaded"), at("tested"));
    let waiting: Vec<&UnitLine> = held
        .iter()
        .filter(|l| l.id.kind() == TUBE)
        .filter(|l| !matches!(l.step.as_str(), "missing" | "loaded" | "tested"))
        .collect();
    let loaded_ids: Vec<UnitId> = loaded.iter().map(|l| l.id).collect();
    let tubes = testing::views::tubes(&mut db, &loaded_ids).await?;
    let now = seat.now();
    let lines = testing::views::laboratories(&mut db, seat.scope(), now - Span::hours(24), now);
    let line = lines.await?.into_iter().find(|l| l.lab == lab.as_str()).unwrap_or_default();
    let late =
        |lines: &[&UnitLine]| lines.iter().filter(|l| l.deadline.is_some_and(|d| d < now)).count();
    let figure = |label: String, lines: &[&UnitLine], href: &str| Figure {
        label,
        value: number(lines.len() as i64),
        href: Some(href.to_owned()),
        detail: (late(lines) > 0).then(|| t!(seat, "lab-late-n", n = late(lines) as i64)),
        tone: if late(lines) > 0 { Tone::Bad } else { Tone::Plain },
    };
    let figures = [
        figure(t!(seat, "lab-boxes"), &boxes, "#boxes"),
        figure(t!(seat, "lab-to-load"), &waiting, "#to-load"),
        figure(t!(seat, "lab-on-plates"), &loaded, "#plates"),
        figure(t!(seat, "lab-held-back"), &tested, "#held-back"),
        figure(t!(seat, "lab-missing"), &missing, "#missing"),
    ];
    let body = html! {
        (parts::figures(&figures))
        div #boxes { (list(&seat, t!(seat, "lab-boxes"), t!(seat, "lab-boxes-empty"), &boxes, |id| {
            format!("/laboratory/boxes/{id}")
        })) }
        (find_tube(&seat))
        div #to-load { (list(&seat, t!(seat, "lab-to-load"), t!(seat, "lab-to-load-empty"), &waiting, words::unit_path)) }
        div #plates { (plates(&seat, &loaded, &tubes)) }
        div #held-back { (list(&seat, t!(seat, "lab-held-back"), t!(seat, "lab-held-back-empty"), &tested, words::unit_path)) }
        div #missing { (list(&seat, t!(seat, "lab-missing"), t!(seat, "lab-missing-empty"), &missing, words::unit_path)) }
        (load_chart(&seat, &line))
    };
    let names = Names::of_holders(&mut db, [lab.as_str()]).await?;
    let title = names.holder(&seat, lab.as_str());
    let load =
        parts::button_link(&seat.link("/laboratory/plate"), &t!(seat, "lab-load-plate"), true);
    let lead = html! { (t!(seat, "nav-laboratory")) " · " code { (lab) } };
    Ok(seat.render(Page::new(title, body).lead(lead).actions(load)))
}

/// One list of units, the most urgent first.
fn list(
    seat: &Seat,
    caption: String,
    empty: String,
    lines: &[&UnitLine],
    path: impl Fn(UnitId) -> String,
) -> Markup {
    let boxes = lines.iter().any(|line| line.id.kind() == BOX);
    let mut columns = vec![
        Column::new("unit", t!(seat, "desk-code")),
        Column::new("until", t!(seat, "desk-until")),
        Column::new("since", t!(seat, "desk-since")),
    ];
    if boxes {
        columns.push(Column::new("tubes", t!(seat, "desk-tubes")).numeric());
    }
    let rows = lines.iter().take(ROWS).map(|line| {
        let until = match line.deadline {
            Some(at) => Cell::markup(words::deadline(seat, at), seat.time(at).to_string()),
            None => Cell::none(),
        };
        let counts = line.content.split_whitespace().filter_map(|p| p.split_once(":T="));
        let inside: i64 = counts.filter_map(|(_, n)| n.parse::<i64>().ok()).sum();
        let mut cells = vec![
            Cell::markup(
                html! { a href=(seat.link(&path(line.id))) { code { (line.id) } } },
                line.id.to_string(),
            ),
            until,
            Cell::time(seat.time(line.since)),
        ];
        if boxes {
            cells.push(Cell::number(inside));
        }
        cells
    });
    Table::new(caption, columns).empty(empty).total(lines.len() as i64).rows(rows).render(seat)
}

/// Where a scanner types a tube's code to enter or correct its result.
fn find_tube(seat: &Seat) -> Markup {
    html! {
        form .form method="get" action="/laboratory/results" {
            div .field {
                label .field__label for="field-code" { (t!(seat, "lab-enter-result")) }
                p .field__hint #field-code-hint { (t!(seat, "lab-enter-result-hint")) }
                input .input .input--short type="text" name="code" id="field-code" required
                    autocapitalize="characters" spellcheck="false" autocomplete="off"
                    aria-describedby="field-code-hint";
            }
            div .form__buttons { button .button .button--secondary type="submit" { (t!(seat, "continue")) } }
        }
    }
}

/// The plates under way, the most urgent first, each well a link to its result.
fn plates(seat: &Seat, loaded: &[&UnitLine], tubes: &HashMap<UnitId, Tube>) -> Markup {
    let mut plates: Vec<(String, BTreeMap<String, UnitId>)> = Vec::new();
    for line in loaded {
        let Some(tube) = tubes.get(&line.id) else { continue };
        let (Some(plate), Some(well)) = (&tube.plate, &tube.well) else { continue };
        match plates.iter_mut().find(|(name, _)| name == plate) {
            Some((_, wells)) => {
                wells.insert(well.clone(), line.id);
            }
            None => plates.push((plate.clone(), BTreeMap::from([(well.clone(), line.id)]))),
        }
    }
    html! {
        h2 { (t!(seat, "lab-loaded")) }
        @if plates.is_empty() { p .muted { (t!(seat, "lab-loaded-empty")) } }
        @for (name, wells) in plates.iter().take(PLATES) {
            (lab_plate::grid(seat, name, wells, Some("/laboratory/results/")))
        }
        @if plates.len() > PLATES {
            p .muted { (t!(seat, "lab-more-plates", n = (plates.len() - PLATES) as i64)) }
        }
    }
}

/// The last day against the three capacities.
fn load_chart(seat: &Seat, line: &LabLine) -> Markup {
    let bars = [
        (t!(seat, "lab-claimed"), line.claimed),
        (t!(seat, "lab-staffed"), line.staffed),
        (t!(seat, "lab-measured"), line.measured),
        (t!(seat, "lab-received"), line.received),
        (t!(seat, "lab-waiting"), line.waiting),
    ];
    let labels: Vec<String> = bars.iter().map(|(label, _)| label.clone()).collect();
    let values = bars.iter().map(|(_, n)| *n).collect();
    let series = [Series { name: t!(seat, "desk-tubes"), colour: 0, values }];
    html! {
        (chart::stacked(seat, &t!(seat, "lab-load"), &labels, &series))
        p .muted { (t!(seat, "lab-load-hint")) }
    }
}

/// Reads a unit of an address, of the kind that the page is about.
///
/// # Errors
/// `wrong-kind-of-code`, or the error of a malformed code.
pub fn unit_of(path: &Path<String>, kind: UnitKind) -> Result<UnitId, Fault> {
    let id = UnitId::parse(&path.0)?;
    if id.kind() == kind {
        return Ok(id);
    }
    Err(Refusal::new("wrong-kind-of-code").with("code", id).with("wanted", kind).into())
}
