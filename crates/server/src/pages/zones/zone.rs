//! One zone: what holds, why, until when, what it owes, what is missing before it is lifted, its history.

use axum::extract::Path;
use maud::{Markup, html};
use protocol::MayLeave;
use types::{Refusal, Span, UnitId};
use zones::views::{self, HistoryLine};
use zones::{Command, Ease, Evidence, Level, Stretch, Zone};

use super::{READERS, under_board, words};
use crate::house::{ZONES, topic};
use crate::i18n::{Lang, Speaks, number};
use crate::pages::act;
use crate::pages::cases::words::{link as case_link, named, options};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::input_value;
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/zones/{unit}", READERS, show);
}

async fn show(seat: Seat, Path(unit): Path<String>) -> Answer {
    let zone = words::read_zone(&seat, &unit).await?;
    page(&seat, &zone, html! {}).await
}

/// The protocol's language of a page.
pub fn lang(seat: &Seat) -> protocol::Lang {
    match seat.lang() {
        Lang::Zh => protocol::Lang::Zh,
        Lang::En => protocol::Lang::En,
    }
}

/// The page of a zone, with what was said of a form above it.
pub async fn page(seat: &Seat, zone: &Zone, said: Markup) -> Answer {
    let edition = seat.app().protocol().at(seat.now(), zone.area()).clone();
    let mut db = seat.db().await?;
    let names = words::names(&mut db, vec![zone.place.clone()]).await?;
    let evidence = views::evidence(&mut db, zone.id).await?;
    let stretches = views::stretches(&mut db, zone.id).await?;
    let history = views::history(&mut db, zone.id).await?;
    let list = views::checklist(&mut db, &edition, zone, seat.now()).await?;
    drop(db);
    let part = html! {
        (facts(seat, zone, edition.zones().ok()))
        @if zone.stands() {
            (parts::panel(&t!(seat, "zone-checklist"), match &list {
                Ok(list) => html! {
                    @if let Ok(rules) = edition.zones() {
                        p .muted {
                            @match zone.level {
                                Level::Precaution => (rules.lift_precaution.info().text.get(lang(seat))),
                                _ => (rules.lift.info().text.get(lang(seat))),
                            }
                        }
                    }
                    (words::checklist(seat, list))
                },
                Err(refusal) => words::told(seat, refusal),
            }))
        }
        section #cases { (cases(seat, &evidence).render(seat)) }
        (levels(seat, &stretches).render(seat))
        (told(seat, &history).render(seat))
    };
    if seat.wants_fragment("zone") {
        return Ok(seat.fragment(part));
    }
    let src = seat.here(&[("fragment", Some("zone"))]);
    let body = html! {
        (said)
        (forms(seat, zone))
        (parts::live("zone", &[topic(ZONES, types::AreaScope::one(zone.area()))], &src, part))
    };
    let page = Page::new(words::place(seat, &names, &zone.place), body);
    Ok(seat.render(under_board(seat, page)))
}

/// What holds, in words of the edition in force.
pub fn holds(seat: &Seat, level: Level, rules: &protocol::Zones) -> String {
    let rule = match level {
        Level::Locked => &rules.locked.value,
        Level::Controlled => &rules.controlled.value,
        Level::Precaution => &rules.precaution.value,
    };
    let lang = lang(seat);
    let mut parts = vec![match rule.may_leave {
        MayLeave::Nowhere => t!(seat, "zone-leave-nowhere"),
        MayLeave::Inside => t!(seat, "zone-leave-inside"),
        MayLeave::Anywhere => t!(seat, "zone-leave-anywhere"),
    }];
    if rule.no_gatherings {
        parts.push(t!(seat, "zone-no-gatherings"));
    }
    match level {
        Level::Precaution => {}
        _ => parts.push(rules.food.info().text.get(lang).to_owned()),
    }
    parts.join(" · ")
}

fn facts(seat: &Seat, zone: &Zone, rules: Option<&protocol::Zones>) -> Markup {
    let mut rows = vec![(t!(seat, "zone-level"), words::state(seat, zone))];
    if let Some(rules) = rules.filter(|_| zone.stands()) {
        rows.push((t!(seat, "zone-what-holds"), html! { (holds(seat, zone.level, rules)) }));
    }
    rows.push((
        t!(seat, "zone-since"),
        html! { (seat.time(zone.since)) " · " (named(seat, "zone-why", zone.why.as_str())) },
    ));
    rows.push((t!(seat, "zone-until"), words::until_cell(seat, zone).into_markup()));
    rows.push((t!(seat, "zone-supply"), html! { (zone.duties.supply()) }));
    rows.push((t!(seat, "zone-urgent"), html! { strong { (zone.duties.urgent()) } }));
    rows.push((t!(seat, "zone-basis"), html! { (zone.duties.basis()) }));
    if let Some(rules) = rules {
        let exit = rules.medical_exit.info().text.get(lang(seat)).to_owned();
        rows.push((
            t!(seat, "zone-medical-exit"),
            html! { (exit) " · " (t!(seat, "zone-urgent-first")) },
        ));
    }
    rows.push((
        t!(seat, "zone-people"),
        html! { (t!(seat, "zone-holds", households = number(zone.households), persons = number(zone.persons))) },
    ));
    if let Some(proposed) = zone.proposed.filter(|_| zone.why == zones::Why::Made) {
        rows.push((t!(seat, "zone-proposed"), words::level(seat, proposed)));
    }
    if !zone.reason.is_empty() {
        rows.push((t!(seat, "zone-said"), html! { (zone.reason) }));
    }
    rows.push((t!(seat, "code"), html! { code { (zone.place) } }));
    parts::facts(&rows)
}

fn cases(seat: &Seat, evidence: &[(UnitId, Evidence)]) -> Table {
    let columns = vec![
        Column::new("case", t!(seat, "zone-case")),
        Column::new("at", t!(seat, "zone-found-at")),
        Column::new("kind", t!(seat, "zone-ground")),
    ];
    let opens = seat.may_open("/cases");
    let rows = evidence.iter().map(|(case, evidence)| {
        let kind = match evidence.void {
            true => t!(seat, "zone-kind-void"),
            false => named(seat, "zone-kind", evidence.kind.as_str()),
        };
        vec![
            match opens {
                true => Cell::words(case_link(*case)),
                false => Cell::words(crate::pages::tracing::words::case_link(*case)),
            },
            Cell::time(seat.time(evidence.at)),
            Cell::text(kind),
        ]
    });
    Table::new(t!(seat, "zone-cases"), columns)
        .empty(t!(seat, "zone-no-cases"))
        .rows(rows.collect::<Vec<_>>())
}

fn levels(seat: &Seat, stretches: &[Stretch]) -> Table {
    let columns = vec![
        Column::new("level", t!(seat, "zone-level")),
        Column::new("from", t!(seat, "zone-from")),
        Column::new("to", t!(seat, "zone-to")),
        Column::new("why", t!(seat, "zone-why")),
    ];
    let rows = stretches.iter().map(|stretch| {
        vec![
            words::level_cell(seat, stretch.level),
            Cell::time(seat.time(stretch.from)),
            stretch.to.map_or_else(Cell::none, |to| Cell::time(seat.time(to))),
            Cell::text(named(seat, "zone-why", stretch.why.as_str())),
        ]
    });
    Table::new(t!(seat, "zone-levels"), columns).rows(rows.collect::<Vec<_>>())
}

fn told(seat: &Seat, history: &[HistoryLine]) -> Table {
    let columns = vec![
        Column::new("at", t!(seat, "zone-at-time")),
        Column::new("what", t!(seat, "zone-event")),
        Column::new("level", t!(seat, "zone-level")),
        Column::new("by", t!(seat, "zone-by")),
        Column::new("recorded", t!(seat, "zone-recorded")),
    ];
    let rows = history.iter().map(|line| {
        vec![
            Cell::time(seat.time(line.at)),
            Cell::text(named(seat, "zone-event", &line.what)),
            words::level_cell(seat, line.level),
            Cell::text(line.actor.clone()),
            Cell::time(seat.time(line.recorded_at)),
        ]
    });
    Table::new(t!(seat, "zone-history"), columns).rows(rows.collect::<Vec<_>>())
}

fn forms(seat: &Seat, zone: &Zone) -> Markup {
    if !zone.stands() {
        return html! {};
    }
    let id = zone.id;
    let ease = Command::Ease(Ease { zone: id, level: None, until: None, reason: String::new() });
    if !act::may(seat, zone.area(), ease) {
        return html! {};
    }
    let start = |what: &str| {
        Form::new(seat, format!("{}/{what}", words::path(id)))
            .part(what)
            .hidden(act::ID, &act::fresh())
    };
    let reason = || Field::area("reason", t!(seat, "case-why"), 2);
    let clock = seat.app().zone();
    let later = zone.duties.until().max(seat.now()) + Span::days(7);
    let stricter: Vec<&str> = Level::ALL
        .iter()
        .filter(|level| !zone.level.covers(**level))
        .map(|level| level.as_str())
        .collect();
    let mut lower: Vec<(String, String)> = Level::ALL
        .iter()
        .filter(|level| !level.covers(zone.level))
        .map(|level| (level.as_str().to_owned(), words::level_text(seat, *level)))
        .collect();
    lower.insert(0, (String::new(), t!(seat, "zone-ends-it")));
    html! {
        section .panel {
            h2 .panel__title { (t!(seat, "zone-acts")) }
            details .disclosure {
                summary { (t!(seat, "zone-renew")) }
                (start("renew")
                    .field(Field::time("until", t!(seat, "zone-until")).value(input_value(later, clock)))
                    .field(reason())
                    .button(&t!(seat, "zone-renew")))
            }
            details .disclosure {
                summary { (t!(seat, "zone-ease")) }
                (start("ease")
                    .field(Field::radios("level", t!(seat, "zone-becomes"), lower))
                    .field(reason().hint(t!(seat, "zone-ease-hint")).optional())
                    .button(&t!(seat, "zone-ease")))
            }
            @if !stricter.is_empty() {
                details .disclosure {
                    summary { (t!(seat, "zone-raise")) }
                    (start("raise")
                        .field(Field::radios("level", t!(seat, "zone-becomes"),
                            options(seat, "zone-level", None, stricter.into_iter())))
                        .field(reason())
                        .button(&t!(seat, "zone-raise")))
                }
            }
            details .disclosure {
                summary { (t!(seat, "zone-duties-change")) }
                (start("duties")
                    .field(Field::area("supply", t!(seat, "zone-supply"), 2).value(zone.duties.supply().as_str()))
                    .field(Field::text("urgent", t!(seat, "zone-urgent")).value(zone.duties.urgent().as_str()))
                    .field(Field::text("basis", t!(seat, "zone-basis")).value(zone.duties.basis().as_str()))
                    .field(reason().optional())
                    .button(&t!(seat, "save")))
            }
        }
    }
}

/// What a form led to: the page again with the refusal, or the page anew.
pub async fn done(
    seat: &Seat,
    zone: &Zone,
    done: Result<Vec<Refusal>, Refusal>,
) -> Result<axum::response::Response, Fault> {
    match done {
        Ok(notes) if notes.is_empty() => Ok(seat.go(&words::path(zone.id))),
        Ok(notes) => {
            let again = words::read_zone(seat, &zone.id.to_string()).await?;
            page(seat, &again, words::remarks(seat, &notes)).await
        }
        Err(refusal) => page(seat, zone, words::told(seat, &refusal)).await,
    }
}
