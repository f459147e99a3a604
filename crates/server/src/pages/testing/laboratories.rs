//! Laboratories: load against what they claim, can staff and are seen to do.

use std::collections::BTreeMap;

use axum::extract::Path;
use maud::{Markup, html};
use testing::views::{self, LabHour, LabLine};
use types::{AreaScope, HolderCode, Micros, Refusal, Span};

use super::names::Names;
use super::people::has;
use super::words::{self, percent};
use super::{READERS, holder};
use crate::access::{Policy, Role};
use crate::house::{Command, TESTING, topic};
use crate::i18n::number;
use crate::pages::act;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::ui::chart::{self, Level, Series};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::{hours_minutes, input_value, parse_local};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/laboratories", READERS, list);
    routes.get("/testing/laboratories/{holder}", READERS, one);
    let setters = Policy::any_of([Role::Commander, Role::District, Role::Laboratory]);
    routes.post("/testing/laboratories/{holder}", setters, set_capacity);
    routes.nav(Group::Testing, "/testing/laboratories", "nav-laboratories");
}

/// The window of what is measured.
const WINDOW: Span = Span::hours(24);

/// A city's laboratories test for all of its counties: figures are those of the prefecture.
fn region(seat: &Seat) -> AreaScope {
    let text = seat.scope().to_string();
    text.get(..4).and_then(|digits| AreaScope::parse(digits).ok()).unwrap_or(seat.scope())
}

async fn list(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let now = seat.now();
    let since = now - WINDOW;
    let lines = views::laboratories(&mut db, region(&seat), since, now).await?;
    let hours = views::lab_hours(&mut db, region(&seat), since).await?;
    let names = Names::of_holders(&mut db, lines.iter().map(|l| l.lab.as_str())).await?;
    let table = table(&seat, &names, &lines);
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let mut sum: BTreeMap<Micros, LabHour> = BTreeMap::new();
    for lab in hours.values() {
        for (at, hour) in lab {
            let slot = sum.entry(*at).or_default();
            slot.received += hour.received;
            slot.tested += hour.tested;
        }
    }
    let (claimed, staffed) = lines.iter().fold((0, 0), |s, l| (s.0 + l.claimed, s.1 + l.staffed));
    let part = html! {
        div .panel { (load_chart(&seat, &sum, since, claimed, staffed)) }
        (table.render(&seat))
    };
    if seat.wants_fragment("labs") {
        return Ok(seat.fragment(part));
    }
    let src = seat.here(&[("fragment", Some("labs"))]);
    let body = parts::live("labs", &[topic(TESTING, seat.scope())], &src, part);
    let page = Page::new(t!(seat, "nav-laboratories"), body)
        .lead(html! { (t!(seat, "laboratories-lead")) });
    Ok(seat.render(page))
}

fn table(seat: &Seat, names: &Names, lines: &[LabLine]) -> Table {
    let columns = vec![
        Column::new("lab", t!(seat, "laboratory")),
        Column::new("claimed", t!(seat, "basis-claimed")).numeric(),
        Column::new("staffed", t!(seat, "basis-staffed")).numeric(),
        Column::new("measured", t!(seat, "basis-measured")).numeric(),
        Column::new("use", t!(seat, "lab-use")).numeric(),
        Column::new("received", t!(seat, "labs-received")).numeric(),
        Column::new("tested", t!(seat, "lab-tested")).numeric(),
        Column::new("waiting", t!(seat, "labs-waiting")).numeric(),
        Column::new("clear", t!(seat, "lab-clear")).numeric(),
    ];
    Table::new(t!(seat, "nav-laboratories"), columns)
        .window(t!(seat, "lab-window"))
        .empty(t!(seat, "laboratories-empty"))
        .csv("laboratories")
        .rows(lines.iter().map(|line| {
            let href = seat.link(&format!("/testing/laboratories/{}", line.lab));
            let held = seat.link(&format!("/testing/holders/{}", line.lab));
            vec![
                Cell::link(&href, names.holder(seat, &line.lab)),
                Cell::count(line.claimed, &href),
                Cell::count(line.staffed, &href),
                Cell::number(line.measured),
                Cell::text(percent(line.measured, line.staffed)),
                Cell::number(line.received),
                Cell::number(line.tested),
                match names.may_open_holder(seat, &line.lab) {
                    true => Cell::count(line.waiting, &held),
                    false => Cell::number(line.waiting),
                },
                clear(seat, line),
            ]
        }))
}

/// How long the waiting tubes would take at the measured pace, or at the staffed one where
/// nothing was measured yet.
fn clear(seat: &Seat, line: &LabLine) -> Cell {
    let pace = if line.measured > 0 { line.measured } else { line.staffed };
    match (line.waiting, pace) {
        (0, _) => Cell::none(),
        (_, 0) => Cell::tag(Tone::Bad, t!(seat, "never")),
        (waiting, pace) => {
            let hours = waiting as f64 * 24.0 / pace as f64;
            let text = hours_minutes(Span((hours * Span::hours(1).0 as f64) as i64));
            if hours > 12.0 { Cell::tag(Tone::Warning, text) } else { Cell::text(text) }
        }
    }
}

/// Tubes received and tested an hour, against what claimed and staffed capacity give an hour.
fn load_chart(
    seat: &Seat,
    hours: &BTreeMap<Micros, LabHour>,
    since: Micros,
    claimed: i64,
    staffed: i64,
) -> Markup {
    let first = since.hour_start();
    // Whole hours only: the one that runs would look like a standstill.
    let slots: Vec<Micros> =
        (0..WINDOW.0 / Span::hours(1).0).map(|n| first + Span::hours(n)).collect();
    let labels: Vec<String> = slots.iter().map(|at| seat.time(*at).to_string()).collect();
    let line = |key: &str, colour: usize, f: fn(&LabHour) -> i64| Series {
        name: seat.text(key),
        colour,
        values: slots.iter().map(|at| hours.get(at).map_or(0, f)).collect(),
    };
    let series =
        [line("lab-received-hour", 1, |h| h.received), line("lab-tested-hour", 0, |h| h.tested)];
    let mut levels = vec![Level { name: t!(seat, "level-staffed"), value: staffed / 24 }];
    if claimed != staffed {
        levels.push(Level { name: t!(seat, "level-claimed"), value: claimed / 24 });
    }
    chart::lines(seat, &t!(seat, "labs-load"), &labels, &series, &levels)
}

async fn one(seat: Seat, Path(lab): Path<String>) -> Answer {
    let lab = HolderCode::parse(&lab)?;
    show(&seat, &lab, &FormData::default(), Errors::default()).await
}

async fn show(seat: &Seat, lab: &HolderCode, typed: &FormData, errors: Errors) -> Answer {
    let mut db = seat.db().await?;
    let area = holder::area_of(&mut db, lab).await?.ok_or_else(|| Fault::not_found(lab))?;
    let region_of_lab = area.to_string().get(..4).and_then(|d| AreaScope::parse(d).ok());
    if region_of_lab.is_none_or(|r| !r.covers(seat.scope()) && !seat.scope().covers(r)) {
        seat.require(area)?;
    }
    let now = seat.now();
    let since = now - WINDOW;
    let lines =
        views::laboratories(&mut db, region_of_lab.unwrap_or(seat.scope()), since, now).await?;
    let line = lines.into_iter().find(|l| l.lab == lab.as_str()).unwrap_or_default();
    let mut hours = views::lab_hours(&mut db, region_of_lab.unwrap_or(seat.scope()), since).await?;
    let hours = hours.remove(lab.as_str()).unwrap_or_default();
    let capacities = views::capacities(&mut db, lab).await?;
    let names = Names::of_holders(&mut db, [lab.as_str()]).await?;
    let may = names.may_open_holder(seat, lab.as_str());
    let held = may.then(|| seat.link(&format!("/testing/holders/{lab}")));
    let figure = |key: &str, n: i64, href: Option<String>| parts::Figure {
        label: seat.text(key),
        value: number(n),
        href,
        detail: None,
        tone: Tone::Plain,
    };
    let columns = vec![
        Column::new("from", t!(seat, "capacity-from")),
        Column::new("claimed", t!(seat, "basis-claimed")).numeric(),
        Column::new("staffed", t!(seat, "basis-staffed")).numeric(),
        Column::new("source", t!(seat, "capacity-source")),
    ];
    let history = Table::new(t!(seat, "capacities"), columns)
        .empty(t!(seat, "capacities-empty"))
        .rows(capacities.iter().map(|c| {
            vec![
                Cell::time(seat.time(c.from)),
                Cell::number(c.claimed),
                Cell::number(c.staffed),
                Cell::text(c.source.clone()),
            ]
        }));
    let own = has(seat, &[Role::Commander, Role::District])
        || super::people::own_holder(seat, "lab").as_ref() == Some(lab);
    let body = html! {
        (words::said(seat))
        (parts::figures(&[
            figure("basis-claimed", line.claimed, Some("#stated".to_owned())),
            figure("basis-staffed", line.staffed, Some("#stated".to_owned())),
            figure("basis-measured", line.measured, Some("#hours".to_owned())),
            figure("labs-received", line.received, Some("#hours".to_owned())),
            figure("lab-tested", line.tested, Some("#hours".to_owned())),
            figure("labs-waiting", line.waiting, held.clone()),
        ]))
        div #hours .panel { (load_chart(seat, &hours, since, line.claimed, line.staffed)) }
        div #stated { (history.render(seat)) }
        @if own { (parts::panel(&t!(seat, "capacity-title"), capacity_form(seat, lab, typed, errors))) }
    };
    let page = Page::new(names.holder(seat, lab.as_str()), body)
        .lead(html! { (t!(seat, "lab-window")) })
        .crumb(seat.link("/testing/laboratories"), t!(seat, "nav-laboratories"));
    Ok(seat.render(match &held {
        Some(held) => page.actions(parts::button_link(held, &t!(seat, "all-it-holds"), false)),
        None => page,
    }))
}

fn capacity_form(seat: &Seat, lab: &HolderCode, typed: &FormData, errors: Errors) -> Markup {
    let from = match typed.text("from") {
        "" => input_value(seat.now(), seat.app().zone()),
        text => text.to_owned(),
    };
    html! {
        p { (t!(seat, "capacity-lead")) }
        (Form::new(seat, seat.link(&format!("/testing/laboratories/{lab}")))
            .hidden(act::ID, &act::again(typed, &errors))
            .errors(errors)
            .field(Field::number("claimed", t!(seat, "capacity-claimed")).value(typed.text("claimed")))
            .field(Field::number("staffed", t!(seat, "capacity-staffed")).value(typed.text("staffed")))
            .field(Field::time("from", t!(seat, "capacity-from")).value(from))
            .field(Field::text("source", t!(seat, "capacity-source")).hint(t!(seat, "capacity-source-hint")).value(typed.text("source")))
            .button(&t!(seat, "save")))
    }
}

async fn set_capacity(seat: Seat, Path(lab): Path<String>, form: FormData) -> Answer {
    let lab = HolderCode::parse(&lab)?;
    let mut db = seat.db().await?;
    let area = holder::area_of(&mut db, &lab).await?.ok_or_else(|| Fault::not_found(&lab))?;
    drop(db);
    let own = super::people::own_holder(&seat, "lab");
    if !has(&seat, &[Role::Commander, Role::District]) && own.as_ref() != Some(&lab) {
        return Err(Refusal::new("not-your-holder").with("holder", &lab).into());
    }
    let mut errors = Errors::default();
    let mut count = |field: &'static str| {
        let read = form.text(field).replace([',', ' '], "").parse::<i64>();
        errors.check(field, read.map_err(|_| Refusal::new("number-needed")))
    };
    let (claimed, staffed) = (count("claimed"), count("staffed"));
    let from = errors.check("from", parse_local(form.text("from"), seat.app().zone()));
    let source = form.text("source");
    if source.is_empty() {
        errors.add("source", Refusal::new("source-missing"));
    }
    if let (Some(claimed), Some(staffed), Some(from), true) =
        (claimed, staffed, from, errors.is_empty())
    {
        let source = source.to_owned();
        let command = testing::SetCapacity { lab: lab.clone(), claimed, staffed, from, source };
        let command = Command::Testing(testing::Command::SetCapacity(command));
        match act::send(&seat, area, &form, command).await? {
            Ok(_) => {
                let path = format!("/testing/laboratories/{lab}?said=capacity");
                return Ok(seat.go(&seat.link(&path)));
            }
            Err(refusal) => errors.add("staffed", refusal),
        }
    }
    show(&seat, &lab, &form, errors).await
}
