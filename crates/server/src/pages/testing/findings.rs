//! What does not fit: disputes with both sides' evidence, arrivals that nobody sent, gaps. And
//! what was refused.

use std::collections::HashMap;

use axum::extract::Path;
use ledger::views::{self, OpenFinding};
use ledger::{Custody, Finding, Moment, MomentRef, Move, Units};
use maud::{Markup, html};
use types::{CommandId, Refusal, UnitId};

use super::history::{self, bare, what};
use super::names::Names;
use super::{DESK, PAGE, words};
use crate::access::{Policy, Role};
use crate::house::{Command, TESTING, topic};
use crate::i18n::Speaks;
use crate::pages::act;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/findings", DESK, list);
    routes.get("/testing/findings/{unit}", DESK, one);
    routes.post("/testing/findings/{unit}", Policy::any_of([Role::District]), resolve);
    routes.nav(Group::Testing, "/testing/findings", "nav-findings");
    routes.get("/testing/refused", DESK, refused);
    routes.nav(Group::Testing, "/testing/refused", "nav-refused");
}

async fn list(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let limit = if Table::wants_csv(&seat) { super::DOWNLOAD } else { PAGE * 2 };
    let found = views::findings(&mut db, seat.scope(), limit).await?;
    let mut units = Units::default();
    let ids: Vec<UnitId> = found.iter().map(|f| f.unit).collect();
    units.load(&mut db, &ids).await?;
    let moments: HashMap<(UnitId, MomentRef), &Moment> = ids
        .iter()
        .flat_map(|id| units.moments(*id).iter().map(move |m| ((*id, m.reference), m)))
        .collect();
    let holders = moments.values().flat_map(|m| history::holders(std::slice::from_ref(*m)));
    let names = Names::of_holders(&mut db, holders).await?;
    let columns = vec![
        Column::new("unit", t!(seat, "unit")),
        Column::new("finding", t!(seat, "finding")),
        Column::new("at", t!(seat, "finding-at")),
        Column::new("against", t!(seat, "finding-against")),
    ];
    let side = |unit: UnitId, reference: MomentRef| {
        let Some(moment) = moments.get(&(unit, reference)) else { return Cell::none() };
        let (at, recorded) = (seat.time(moment.event_time), seat.time(moment.record_time));
        Cell::words(html! {
            (at) " " (what(&seat, &names, &moment.what))
            br; span .muted { (t!(seat, "recorded-by")) " " (moment.actor) " · " (recorded) }
        })
        .long()
    };
    let rows = found.iter().map(|f: &OpenFinding| {
        vec![
            Cell::markup(
                html! {
                    a href=(seat.link(&format!("/testing/findings/{}", f.unit))) { code { (f.unit) } }
                    " " (words::kind(&seat, f.unit.kind()))
                },
                f.unit.to_string(),
            ),
            Cell::tag(tone(&f.kind), words::named(&seat, "finding", &f.kind)),
            side(f.unit, f.at),
            f.against.map_or_else(Cell::none, |against| side(f.unit, against)),
        ]
    });
    let table = Table::new(t!(seat, "nav-findings"), columns)
        .empty(t!(seat, "findings-empty"))
        .csv("findings")
        .rows(rows);
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let part = table.render(&seat);
    if seat.wants_fragment("findings") {
        return Ok(seat.fragment(part));
    }
    let src = seat.here(&[("fragment", Some("findings"))]);
    let body = html! {
        (words::said(&seat))
        (parts::live("findings", &[topic(TESTING, seat.scope())], &src, part))
        (panel_of_kinds(&seat))
    };
    Ok(seat.render(
        Page::new(t!(seat, "nav-findings"), body).lead(html! { (t!(seat, "findings-lead")) }),
    ))
}

fn tone(kind: &str) -> Tone {
    match kind {
        "dispute" | "double_open" | "ring" => Tone::Bad,
        _ => Tone::Warning,
    }
}

/// What each kind means and what to do about it.
fn panel_of_kinds(seat: &Seat) -> Markup {
    let kinds = ["dispute", "double-open", "unexplained", "gap", "after-close", "ring"];
    html! {
        details .help {
            summary { (t!(seat, "findings-explained")) }
            (parts::facts(&kinds.map(|kind| {
                (seat.text(&format!("finding-{kind}")), html! { (seat.text(&format!("finding-{kind}-next"))) })
            })))
        }
    }
}

async fn one(seat: Seat, Path(unit): Path<String>) -> Answer {
    let unit = UnitId::parse(&unit)?;
    show(&seat, unit, "", Errors::default()).await
}

async fn show(seat: &Seat, unit: UnitId, note: &str, errors: Errors) -> Answer {
    let mut db = seat.db().await?;
    let (custody, moments) = views::history(&mut db, unit, types::Micros::MAX).await?;
    if moments.is_empty() {
        return Err(crate::Fault::not_found(unit));
    }
    let names = Names::of_holders(&mut db, history::holders(&moments)).await?;
    let holder = custody.holder.as_ref().map(|h| h.as_str().to_owned());
    let body = html! {
        (parts::facts(&history::custody(seat, &names, &custody, holder.as_deref())))
        @if custody.findings.is_empty() {
            (parts::notice(Tone::Good, &t!(seat, "finding-healed"), html! {}))
        }
        // What does not fit first, then what to do about it; the whole story is for whoever asks.
        @for finding in &custody.findings { (contradiction(seat, &names, finding, &moments)) }
        @if may_resolve(seat) && !custody.findings.is_empty() {
            (parts::panel(&t!(seat, "resolve-title"), resolve_form(seat, &names, unit, &custody, &moments, note, errors)))
        }
        (history::table(seat, &names, &moments, &custody.findings).render(seat))
    };
    let title = format!("{} {unit}", words::kind(seat, unit.kind()));
    let page = Page::new(title, body)
        .crumb(seat.link("/testing/findings"), t!(seat, "nav-findings"))
        .actions(parts::button_link(
            &seat.link(&words::unit_path(unit)),
            &t!(seat, "unit-page"),
            false,
        ));
    Ok(seat.render(page))
}

/// One finding: what it means, and the records that contradict each other side by side, the
/// earlier one first.
fn contradiction(seat: &Seat, names: &Names, finding: &Finding, moments: &[Moment]) -> Markup {
    let kind = finding.kind.as_str();
    let of = |reference: MomentRef| moments.iter().find(|m| m.reference == reference);
    let mut sides: Vec<&Moment> =
        finding.against.iter().chain([&finding.at]).filter_map(|r| of(*r)).collect();
    sides.sort_by_key(|m| (m.event_time, m.record_time));
    let evidence = |moment: &Moment| match &moment.what {
        Move::Hand { evidence: Some(text), .. } => html! { (text) },
        _ => html! { span .muted { (t!(seat, "evidence-none")) } },
    };
    html! {
        section .panel {
            h2 .panel__title { (parts::tag(tone(kind), &words::named(seat, "finding", kind))) }
            p { (words::named(seat, "finding", &format!("{kind}-next"))) }
            div .columns {
                @for moment in &sides {
                    (parts::facts(&[
                        (t!(seat, "what-happened"), bare(seat, names, &moment.what)),
                        (t!(seat, "happened-at"), html! { (seat.time(moment.event_time)) }),
                        (t!(seat, "recorded-by"), html! { (moment.actor) }),
                        (t!(seat, "recorded-at"), html! { (seat.time(moment.record_time)) }),
                        (t!(seat, "evidence"), evidence(moment)),
                    ]))
                }
            }
        }
    }
}

fn may_resolve(seat: &Seat) -> bool {
    seat.somebody().is_some_and(|a| a.grants.iter().any(|g| g.role == Role::District))
}

fn value_of(reference: MomentRef) -> String {
    format!("{}.{}", reference.command, reference.n)
}

/// The moves between which a person decides: those that a finding names.
fn resolve_form(
    seat: &Seat,
    names: &Names,
    unit: UnitId,
    custody: &Custody,
    moments: &[Moment],
    note: &str,
    errors: Errors,
) -> Markup {
    let mut sides: Vec<&Moment> = moments
        .iter()
        .filter(|m| {
            let named = |f: &ledger::Finding| f.at == m.reference || f.against == Some(m.reference);
            custody.findings.iter().any(named)
        })
        .collect();
    sides.dedup_by_key(|m| m.reference);
    let options = sides
        .iter()
        .map(|m| {
            let words = plain(&bare(seat, names, &m.what));
            (value_of(m.reference), format!("{} · {} · {words}", seat.time(m.event_time), m.actor))
        })
        .collect();
    html! {
        p { (t!(seat, "resolve-lead")) }
        (Form::new(seat, seat.link(&format!("/testing/findings/{unit}")))
            .hidden(act::ID, &act::fresh())
            .errors(errors)
            .field(Field::radios("void", t!(seat, "resolve-which"), options))
            .field(Field::area("note", t!(seat, "resolve-note"), 3).value(note).hint(t!(seat, "resolve-note-hint")))
            .danger()
            .button(&t!(seat, "resolve-button")))
    }
}

/// Markup without its tags, for labels.
fn plain(markup: &Markup) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in markup.0.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

async fn resolve(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let unit = UnitId::parse(&unit)?;
    let chosen = form
        .text("void")
        .rsplit_once('.')
        .and_then(|(command, n)| Some((CommandId::parse(command).ok()?, n.parse::<u32>().ok()?)));
    let Some((void_command, void_n)) = chosen else {
        let errors = Errors::one("void", Refusal::new("choice-missing"));
        return show(&seat, unit, form.text("note"), errors).await;
    };
    let note = form.text("note").to_owned();
    let command = testing::Resolve { unit, void_command, void_n, note };
    let area = area_for(&seat, unit).await?;
    let command = Command::Testing(testing::Command::Resolve(command));
    match act::send(&seat, area, &form, command).await? {
        Ok(_) => Ok(seat.go(&seat.link("/testing/findings?said=resolved"))),
        Err(refusal) => {
            let field = if refusal.code == "note-needed" { "note" } else { "void" };
            show(&seat, unit, form.text("note"), Errors::one(field, refusal)).await
        }
    }
}

/// The county to act for: the unit's, or for a foreign code that of its round's site.
pub async fn area_for(seat: &Seat, unit: UnitId) -> Result<types::AreaCode, crate::Fault> {
    if unit.area() != types::AreaCode::NONE {
        return Ok(unit.area());
    }
    let mut db = seat.db().await?;
    let tube = testing::views::tube(&mut db, unit).await?;
    let community = tube.and_then(|t| t.community).unwrap_or_default();
    let area = types::PlaceCode::parse(&community).ok().and_then(|p| p.area());
    let area = area.ok_or_else(|| crate::Fault::not_found(unit))?;
    seat.require(area)?;
    Ok(area)
}

async fn refused(seat: Seat) -> Answer {
    let before = seat.param("after").and_then(|text| text.parse().ok());
    let limit = if Table::wants_csv(&seat) { super::DOWNLOAD } else { PAGE };
    let mut db = seat.db().await?;
    let mut lines = views::refused(&mut db, seat.scope(), before, limit + 1).await?;
    let more = lines.len() as i64 > limit;
    lines.truncate(limit as usize);
    let columns = vec![
        Column::new("recorded", t!(seat, "recorded-at")),
        Column::new("kind", t!(seat, "command")),
        Column::new("why", t!(seat, "refused-why")),
        Column::new("actor", t!(seat, "recorded-by")),
        Column::new("event", t!(seat, "happened-at")),
        Column::new("area", t!(seat, "area")),
    ];
    let table = Table::new(t!(seat, "nav-refused"), columns)
        .empty(t!(seat, "refused-empty"))
        .csv("refused")
        .next(lines.last().filter(|_| more).map(|l| l.seq.to_string()))
        .rows(lines.iter().map(|line| {
            let why = html! {
                (seat.lang().refusal(&line.refusal))
                br; span .muted { (seat.lang().refusal_next(&line.refusal)) }
                details { summary { (t!(seat, "as-sent")) } code .as-sent { (line.body) } }
            };
            let kind = words::named(&seat, "command", &line.kind.replace('.', "-"));
            let actor = match &line.device {
                Some(device) => format!("{} · {device}", line.actor),
                None => line.actor.clone(),
            };
            vec![
                Cell::time(seat.time(line.record_time)),
                Cell::text(kind),
                Cell::markup(why, line.refusal.to_string()).long(),
                Cell::text(actor),
                Cell::time(seat.time(line.event_time)),
                Cell::text(line.area.to_string()),
            ]
        }));
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let page = Page::new(t!(seat, "nav-refused"), table.render(&seat))
        .lead(html! { (t!(seat, "refused-lead")) });
    Ok(seat.render(page))
}
