//! The page of a tube: what it is, who has it, who is in it, what it said, everything that
//! happened to it, and what can be done about it.

use axum::extract::Path;
use axum::response::Response;
use ledger::{Custody, FindingKind, Moment, MomentRef, Units};
use maud::{Markup, html};
use testing::{Claim, ClaimFate, Reading, Tube};
use types::{AreaCode, CommandId, HolderCode, PlaceCode, Refusal, UnitId};

use crate::Fault;
use crate::i18n::number;
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::Errors;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};

use super::words::{self, Holders};
use super::{STAFF, history, members, tube_acts};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/tubes/{unit}", STAFF, show);
}

/// All that is known of one tube.
pub struct Known {
    /// The tube.
    pub id: UnitId,
    /// Its county, for commands about it and for who may see it.
    pub area: AreaCode,
    /// Its row; empty while only moves of it are known.
    pub tube: Tube,
    /// Its claims beside the first filling.
    pub claims: Vec<(CommandId, Claim)>,
    /// Its moves, oldest event first.
    pub moments: Vec<Moment>,
    /// Custody of it and of what it lies in.
    pub units: Units,
}

impl Known {
    /// Reads a tube, and checks that the actor may see it.
    ///
    /// # Errors
    /// 404 for a code that nobody has used; `not-your-area`.
    pub async fn read(seat: &Seat, text: &str) -> Result<Known, Fault> {
        let id = UnitId::parse(text)?;
        let mut db = seat.db().await?;
        let tube = testing::views::tube(&mut db, id).await?;
        let claims = testing::views::claims(&mut db, id).await?;
        let mut units = Units::default();
        units.load(&mut db, &[id]).await?;
        let mut moments = units.moments(id).to_vec();
        moments.sort_by_key(|m| (m.event_time, m.record_time, m.reference));
        if tube.is_none() && moments.is_empty() {
            let refusal = Refusal::new("tube-unknown").with("tube", id);
            return Err(Fault::new(axum::http::StatusCode::NOT_FOUND, refusal));
        }
        let tube = tube.unwrap_or_default();
        let area = area_of(id, &tube);
        if area != AreaCode::NONE {
            seat.require(area)?;
        }
        Ok(Known { id, area, tube, claims, moments, units })
    }

    /// Its custody.
    pub fn custody(&self) -> Custody {
        self.units.custody(self.id).cloned().unwrap_or_default()
    }
}

/// The county of a tube; for a foreign code that of the site which filled it.
fn area_of(id: UnitId, tube: &Tube) -> AreaCode {
    let of_site = || {
        let community = PlaceCode::parse(tube.community.as_deref()?).ok()?;
        community.area()
    };
    match id.area() {
        AreaCode::NONE => of_site().unwrap_or(AreaCode::NONE),
        area => area,
    }
}

async fn show(seat: Seat, Path(unit): Path<String>) -> Answer {
    if UnitId::parse(&unit)?.kind() == testing::BOX {
        return Ok(seat.go(&seat.link(&format!("/boxes/{unit}"))));
    }
    let known = Known::read(&seat, &unit).await?;
    page(&seat, &known, html! {}, None).await
}

/// The page, with what a form has just done and the form that has to be shown again.
///
/// # Errors
/// [`Fault`] when the store fails.
pub async fn page(
    seat: &Seat,
    known: &Known,
    said: Markup,
    wrong: Option<(&'static str, Errors)>,
) -> Result<Response, Fault> {
    let mut db = seat.db().await?;
    let custody = known.custody();
    let mut codes = history::holders(&known.moments);
    codes.extend(known.units.holder(known.id).cloned());
    let tube = &known.tube;
    let own = [&tube.site, &tube.lab].into_iter().flatten();
    codes.extend(own.filter_map(|code| HolderCode::parse(code).ok()));
    let names = Holders::find(&mut db, codes).await?;
    let homes =
        Names::of_places(&mut db, tube.members.iter().filter_map(|m| tube.home(m).cloned()));
    let homes = homes.await?;
    let table = history::table(seat, &names, &custody, &known.moments);
    if Table::wants_csv(seat) {
        return Ok(table.csv_response());
    }
    let round = match tube.round {
        Some(id) => Some(words::round(seat, &mut db, id).await?),
        None => None,
    };
    let results = testing::views::results_of_tube(&mut db, known.id).await?;
    let body = html! {
        (said)
        (alarms(seat, known, &custody))
        (state(seat, known, &custody))
        @if known.claims.iter().any(|(_, c)| c.fate == ClaimFate::Open) || custody.findings.iter().any(|f| f.against.is_some()) {
            (claims(seat, known, &names, &custody))
        }
        div .columns {
            (parts::panel(&t!(seat, "desk-custody"),
                parts::facts(&history::custody_facts(seat, &names, &known.units, known.id))))
            (parts::panel(&t!(seat, "desk-about-tube"), parts::facts(&about(seat, &names, tube, round))))
        }
        div #members { (members::panel(seat, known, &homes)) }
        (result_table(seat, &names, &results).render(seat))
        (table.render(seat))
        (tube_acts::forms(seat, known, &custody, wrong))
    };
    let title = t!(seat, "desk-tube-title", code = known.id.to_string());
    Ok(seat.render(Page::new(title, body)))
}

/// How the tube stands, in three figures: where in its story, what it said, whom it holds.
fn state(seat: &Seat, known: &Known, custody: &Custody) -> Markup {
    let tube = &known.tube;
    if !tube.is_collected() {
        return html! {};
    }
    let now = seat.now();
    let due = known.units.ancestors(known.id).last().and_then(|top| known.units.custody(*top));
    let due = due.unwrap_or(custody).due();
    let stands = match (&custody.closed, due) {
        (Some((reason, at)), _) => Figure {
            label: t!(seat, "desk-ended"),
            value: words::word(seat, "closed", reason),
            href: None,
            detail: Some(seat.time(*at).to_string()),
            tone: if reason == "reported" { Tone::Good } else { Tone::Bad },
        },
        (None, due) => {
            let late = due.is_some_and(|due| due < now);
            let left = due.map(|due| match late {
                true => t!(seat, "desk-late-by", time = seat.span(now - due)),
                false => t!(seat, "desk-time-left", time = seat.span(due - now)),
            });
            Figure {
                label: t!(seat, "desk-step"),
                value: words::word(seat, "step", &custody.step),
                href: None,
                detail: left,
                tone: if late { Tone::Bad } else { Tone::Info },
            }
        }
    };
    let (tone, said) = match tube.reading {
        Some(reading) => words::reading(seat, reading),
        None if custody.closed.is_some() => (Tone::Plain, t!(seat, "desk-result-never")),
        None => (Tone::Plain, t!(seat, "desk-result-none")),
    };
    let status = tube.status.as_deref().map(|status| words::word(seat, "status", status));
    let result =
        Figure { label: t!(seat, "desk-result"), value: said, href: None, detail: status, tone };
    let persons = Figure {
        label: t!(seat, "desk-persons"),
        value: number(tube.members.len() as i64),
        href: Some("#members".to_owned()),
        detail: tube.mode.map(|m| words::word(seat, "mode", m.as_str())),
        tone: Tone::Plain,
    };
    html! {
        (parts::figures(&[stands, result, persons]))
        (again(seat, tube))
    }
}

/// Whose swab has to be taken again: the tube was lost or damaged, or its pool is not negative.
fn again(seat: &Seat, tube: &Tube) -> Markup {
    let pooled = tube.members.len() > 1;
    let unclear = tube.reading.is_some_and(|r| match r {
        Reading::Negative => false,
        Reading::Positive => pooled,
        Reading::Grey | Reading::SingleTarget | Reading::Invalid => true,
    });
    let (Some(round), true) = (tube.round, tube.fault.is_some() || unclear) else {
        return html! {};
    };
    let title = match tube.fault.is_some() {
        true => t!(seat, "desk-again-fault"),
        false => t!(seat, "desk-again-unclear"),
    };
    let list = seat.link(&format!("/testing/rounds/{round}/recalls"));
    let body = html! {
        @if seat.may_open("/testing/rounds/{round}/recalls") {
            p { a href=(list) { (t!(seat, "desk-again-list")) } }
        }
    };
    parts::notice(Tone::Warning, &title, body)
}

/// What needs a person, said first.
fn alarms(seat: &Seat, known: &Known, custody: &Custody) -> Markup {
    let disputed = known.tube.claims > 1;
    html! {
        @if !known.tube.is_collected() {
            (parts::notice(Tone::Warning, &t!(seat, "desk-unfilled-title"), html! { p { (t!(seat, "desk-unfilled-body")) } }))
        }
        @if disputed {
            (parts::notice(Tone::Bad, &t!(seat, "desk-disputed-title"), html! { p { (t!(seat, "desk-disputed-body")) } }))
        }
        @for finding in &custody.findings {
            @if !(disputed && finding.kind == FindingKind::DoubleOpen) {
                @let kind = finding.kind.as_str();
                (parts::notice(Tone::Warning, &words::word(seat, "finding", kind),
                    html! { p { (words::word(seat, "finding-hint", kind)) } }))
            }
        }
    }
}

fn about(
    seat: &Seat,
    names: &Holders,
    tube: &Tube,
    round: Option<Markup>,
) -> Vec<(String, Markup)> {
    let mut rows = Vec::new();
    let mut row = |name: String, value: Option<Markup>| {
        rows.extend(value.map(|value| (name, value)));
    };
    let time = |at: Option<types::Micros>| at.map(|at| html! { (seat.time(at)) });
    let code = |text: &Option<String>| text.as_ref().map(|t| html! { code { (t) } });
    let holder = |text: &Option<String>| text.as_ref().map(|t| names.link_text(seat, t));
    row(t!(seat, "desk-round"), round);
    row(t!(seat, "desk-barcode"), code(&tube.barcode));
    row(
        t!(seat, "desk-mode"),
        tube.mode.map(|m| html! { (words::word(seat, "mode", m.as_str())) }),
    );
    row(
        t!(seat, "desk-zone"),
        tube.zone.as_ref().map(|z| html! { (words::word(seat, "zone", z)) }),
    );
    row(t!(seat, "desk-site"), holder(&tube.site));
    row(t!(seat, "desk-started"), time(tube.started_at));
    row(t!(seat, "desk-sealed"), time(tube.collected_at));
    row(t!(seat, "desk-counted-in"), tube.boxed.map(|b| words::unit_link(seat, b)));
    row(t!(seat, "desk-received"), time(tube.received_at));
    row(t!(seat, "desk-lab"), holder(&tube.lab));
    let well = tube.plate.as_ref().map(|plate| {
        html! { code { (plate) } " " (tube.well.as_deref().unwrap_or_default()) }
    });
    row(t!(seat, "desk-plate"), well);
    row(t!(seat, "desk-loaded"), time(tube.loaded_at));
    let reading = tube.reading.map(|reading| {
        let (tone, text) = words::reading(seat, reading);
        let status = tube.status.as_deref().unwrap_or_default();
        html! { (parts::tag(tone, &text)) " " span .muted { (words::word(seat, "status", status)) } }
    });
    row(t!(seat, "desk-result"), reading);
    row(t!(seat, "desk-released"), time(tube.reported_at));
    let fault = tube.fault.as_ref();
    row(
        t!(seat, "desk-fault"),
        fault.map(|f| html! { (parts::tag(Tone::Bad, &words::word(seat, "closed", f))) }),
    );
    rows
}

/// A Ct value as laboratories write it.
pub fn ct(value: Option<f64>) -> Cell {
    value.map_or_else(Cell::none, |v| Cell::text(format!("{v:.2}")))
}

type ResultLine = (types::Micros, String, String, String, Option<f64>, Option<f64>, String);

fn result_table(seat: &Seat, names: &Holders, results: &[ResultLine]) -> Table {
    let columns = vec![
        Column::new("tested", t!(seat, "desk-tested")),
        Column::new("reading", t!(seat, "desk-result")),
        Column::new("status", t!(seat, "desk-status")),
        Column::new("n", t!(seat, "desk-ct-n")).numeric(),
        Column::new("orf", t!(seat, "desk-ct-orf")).numeric(),
        Column::new("lab", t!(seat, "desk-lab")),
        Column::new("by", t!(seat, "by")),
    ];
    let rows = results.iter().map(|(tested, lab, status, reading, n, orf, actor)| {
        let reading = match testing::Reading::parse(reading) {
            Some(known) => {
                let (tone, text) = words::reading(seat, known);
                Cell::tag(tone, text)
            }
            None => Cell::text(reading.clone()),
        };
        let status = match status.as_str() {
            "corrected" => Cell::tag(Tone::Warning, words::word(seat, "status", status)),
            _ => Cell::text(words::word(seat, "status", status)),
        };
        vec![
            Cell::time(seat.time(*tested)),
            reading,
            status,
            ct(*n),
            ct(*orf),
            Cell::markup(names.link_text(seat, lab), lab.clone()),
            Cell::text(actor.clone()),
        ]
    });
    Table::new(t!(seat, "desk-results"), columns).empty(t!(seat, "desk-results-empty")).rows(rows)
}

/// One side of a contradiction: a move, with how many persons it speaks for.
pub struct Side<'a> {
    /// The move.
    pub moment: &'a Moment,
    /// Persons in the filling, when it is one.
    pub persons: Option<usize>,
    /// Whether it can be set aside on this page.
    pub voidable: bool,
}

/// The contradictions of a tube, each with both sides. Either of two fillings can be set aside:
/// when it is the first, the other takes its place.
pub fn sides<'a>(known: &'a Known, custody: &Custody) -> Vec<(FindingKind, Vec<Side<'a>>)> {
    let side = |reference: MomentRef| {
        let moment = known.moments.iter().find(|m| m.reference == reference)?;
        let claim = known.claims.iter().find(|(id, _)| *id == reference.command);
        let opens = matches!(moment.what, ledger::Move::Open { .. });
        let persons = match claim {
            Some((_, claim)) => Some(claim.members.len()),
            None => opens.then_some(known.tube.members.len()),
        };
        let standing = claim.is_none_or(|(_, c)| c.fate != ClaimFate::SetAside);
        Some(Side { moment, persons, voidable: !opens || standing && known.tube.claims > 1 })
    };
    custody
        .findings
        .iter()
        .filter_map(|f| Some((f.kind, f.at, f.against?)))
        .map(|(kind, at, against)| (kind, [against, at].into_iter().filter_map(side).collect()))
        .collect()
}

fn claims(seat: &Seat, known: &Known, names: &Holders, custody: &Custody) -> Markup {
    let columns = vec![
        Column::new("kind", t!(seat, "desk-contradiction")),
        Column::new("what", t!(seat, "desk-what")),
        Column::new("persons", t!(seat, "desk-persons")).numeric(),
        Column::new("at", t!(seat, "desk-happened")),
        Column::new("recorded", t!(seat, "desk-recorded")),
        Column::new("by", t!(seat, "by")),
    ];
    let mut table = Table::new(t!(seat, "desk-claims"), columns);
    for (kind, sides) in sides(known, custody) {
        for (n, side) in sides.iter().enumerate() {
            let letter = char::from(b'A' + n as u8);
            table.row(vec![
                Cell::text(format!("{} · {letter}", words::word(seat, "finding", kind.as_str()))),
                Cell::markup(history::words_of(seat, names, &side.moment.what), String::new()),
                side.persons.map_or_else(Cell::none, |n| Cell::number(n as i64)),
                Cell::time(seat.time(side.moment.event_time)),
                Cell::time(seat.time(side.moment.record_time)),
                Cell::text(side.moment.actor.clone()),
            ]);
        }
    }
    table.render(seat)
}
