//! The plan: who goes where, why, and what stands against it; accepted in whole or in part.

use std::collections::BTreeMap;

use care::views::{self, BedPlan, Line};
use care::{Assign, Command};
use ledger::{Envelope, Priority, Status};
use maud::{Markup, html};
use planner::beds::{Blocked, Bound, Unmet, Wish};
use types::{CommandId, HolderCode, Span, UnitId};
use uuid::Uuid;

use super::{DISPATCHERS, words};
use crate::access::authorise;
use crate::i18n::Speaks;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::FormData;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// Lines of a plan that a page shows; it is accepted in whole all the same.
const SHOWN: usize = 300;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/care/plan", DISPATCHERS, show);
    routes.post("/care/plan", DISPATCHERS, accept).body_limit(2 << 20).timeout_seconds(60);
}

/// The plan of this moment for the seat's areas.
pub(crate) async fn made(seat: &Seat) -> Result<BedPlan, Fault> {
    let mut db = seat.db().await?;
    Ok(views::plan(&mut db, seat.app().protocol(), seat.scope(), seat.now()).await?)
}

fn blocked(seat: &Seat, plan: &BedPlan, blocked: &Blocked) -> String {
    let name = |pool: planner::beds::PoolIndex| {
        plan.pools.get(pool.0 as usize).map_or_else(String::new, |pool| {
            format!("{} {}", words::facility(seat, &pool.facility), words::ward(seat, &pool.ward))
        })
    };
    match blocked {
        Blocked::NoSuchPool { .. } => t!(seat, "care-why-no-such"),
        Blocked::Full { pool, bound, .. } => {
            let pool = name(*pool);
            match bound {
                Bound::Beds => t!(seat, "care-why-beds", ward = pool),
                Bound::Staff => t!(seat, "care-why-staff", ward = pool),
                Bound::Reserve => t!(seat, "care-why-reserve", ward = pool),
                Bound::Intake => t!(seat, "care-why-intake", ward = pool),
            }
        }
        Blocked::Outweighed { pool } => t!(seat, "care-why-outweighed", ward = name(*pool)),
        Blocked::OtherNeeds => t!(seat, "care-why-other-needs"),
        Blocked::NoRoomForAll => t!(seat, "care-why-no-room-for-all"),
    }
}

fn wish(seat: &Seat, wish: Wish) -> String {
    let key = match wish {
        Wish::Bed => "care-wish-bed",
        Wish::OwnLevel => "care-wish-own-level",
        Wish::FamilyRoom => "care-wish-family-room",
        Wish::Together => "care-wish-together",
        Wish::NotReserve => "care-wish-not-reserve",
        Wish::Promise => "care-wish-promise",
        Wish::Nearest => "care-wish-nearest",
    };
    seat.text(key)
}

/// Why somebody goes there, in words.
pub(crate) fn why(seat: &Seat, plan: &BedPlan, line: &Line) -> String {
    let explanation = &line.explanation;
    let mut parts: Vec<String> = Vec::new();
    if let Some(metres) = explanation.metres {
        let km = format!("{:.1}", metres as f64 / 1_000.0);
        parts.push(t!(seat, "care-why-metres", km = km));
    }
    if line.pool.is_some() && explanation.unmet.is_empty() {
        parts.push(t!(seat, "care-why-best"));
    }
    parts.extend(explanation.unmet.iter().map(|Unmet { wish: of, blocked: by }| {
        t!(seat, "care-unmet", wish = wish(seat, *of), why = blocked(seat, plan, by))
    }));
    parts.join(&t!(seat, "case-comma"))
}

async fn show(seat: Seat) -> Answer {
    let plan = made(&seat).await?;
    Ok(seat.render(page(&seat, &plan, html! {})))
}

fn page(seat: &Seat, plan: &BedPlan, told: Markup) -> Page {
    let placed = plan.lines.iter().filter(|line| line.pool.is_some()).count();
    let columns = vec![
        Column::new("episode", t!(seat, "care-episode")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("condition", t!(seat, "care-condition")),
        Column::new("waited", t!(seat, "care-waited")),
        Column::new("to", t!(seat, "care-to")),
        Column::new("why", t!(seat, "care-why")),
    ];
    let mut lines: Vec<&Line> = plan.lines.iter().collect();
    // Those who get a bed first: they are what is to be accepted.
    lines.sort_by_key(|line| line.pool.is_none());
    let rows = lines.iter().take(SHOWN).map(|line| {
        let pool = line.pool.and_then(|at| plan.pools.get(at));
        let label = t!(seat, "care-take-label", episode = words::short(line.episode.id));
        vec![
            Cell::markup(
                html! {
                    @if let Some(pool) = pool {
                        input type="checkbox" name="take" aria-label=(label) checked
                            value=(format!("{} {} {}", line.episode.id, pool.facility.code, pool.ward.code));
                        " "
                    }
                    (words::link(line.episode.id))
                },
                line.episode.id.to_string(),
            ),
            Cell::text(words::person(seat, &line.episode)),
            words::condition_cell(seat, line.episode.condition),
            words::wait_cell(seat, &line.episode),
            match pool {
                Some(pool) => Cell::words(html! {
                    a href=(words::ward_path(&pool.facility.code, &pool.ward.code)) {
                        (words::facility(seat, &pool.facility)) " " (words::ward(seat, &pool.ward))
                    }
                }),
                None => Cell::tag(Tone::Bad, t!(seat, "care-waits-on")),
            },
            Cell::text(why(seat, plan, line)).long(),
        ]
    });
    let table = Table::new(t!(seat, "nav-care-plan"), columns)
        .empty(t!(seat, "care-plan-empty"))
        .rows(rows.collect::<Vec<_>>());
    let body = html! {
        (told)
        p {
            (t!(seat, "care-plan-says", people = plan.lines.len() as i64, placed = placed as i64,
                waiting = plan.waiting as i64, split = plan.split as i64))
        }
        @if !plan.at_home.is_empty() {
            p {
                a href=(seat.link("/care/queue?stage=waiting")) {
                    (t!(seat, "care-plan-home", n = plan.at_home.len() as i64))
                }
            }
        }
        @if plan.lines.len() > SHOWN {
            p .muted { (t!(seat, "care-plan-shown", n = SHOWN as i64)) }
        }
        form method="post" action=(seat.link("/care/plan")) {
            input type="hidden" name=(crate::csrf::FIELD) value=(seat.csrf());
            (table.render(seat))
            @if placed > 0 {
                div .buttons {
                    button .button type="submit" { (t!(seat, "care-accept")) }
                    @if placed > SHOWN {
                        button .button .button--secondary type="submit" name="all" value="1" {
                            (t!(seat, "care-accept-all", n = placed as i64))
                        }
                    }
                }
            }
        }
    };
    Page::new(t!(seat, "nav-care-plan"), body)
        .lead(html! { (t!(seat, "care-plan-lead")) })
        .crumb(seat.link("/care"), t!(seat, "nav-care"))
}

/// Accepts what is ticked. The plan is made again, so that each assignment carries its reasons; what
/// another has taken meanwhile is refused line by line, and told.
async fn accept(seat: Seat, form: FormData) -> Answer {
    let plan = made(&seat).await?;
    let all = form.ticked("all");
    let ticked: Vec<(UnitId, HolderCode, String)> = form
        .all("take")
        .filter_map(|text| {
            let mut parts = text.split(' ');
            let episode = UnitId::parse(parts.next()?).ok()?;
            let facility = HolderCode::parse(parts.next()?).ok()?;
            Some((episode, facility, parts.next()?.to_owned()))
        })
        .collect();
    let planned: BTreeMap<UnitId, &Line> =
        plan.lines.iter().map(|line| (line.episode.id, line)).collect();
    let wanted: Vec<(UnitId, HolderCode, String)> = if all {
        let of = |line: &Line| {
            let pool = plan.pools.get(line.pool?)?;
            Some((line.episode.id, pool.facility.code.clone(), pool.ward.code.clone()))
        };
        plan.lines.iter().filter_map(of).collect()
    } else {
        ticked
    };
    let actor = seat.actor()?;
    let mut envelopes = Vec::with_capacity(wanted.len());
    for (episode, facility, ward) in wanted {
        let said = planned.get(&episode).map(|line| why(&seat, &plan, line)).unwrap_or_default();
        let assign = Assign {
            episode,
            facility,
            ward,
            bed: None,
            plan: said.chars().take(400).collect(),
            reason: String::new(),
        };
        let command = crate::house::Command::from(Command::Assign(assign));
        let grant = authorise(actor, episode.area(), &command)?;
        envelopes.push(Envelope {
            id: CommandId(Uuid::now_v7()),
            area: episode.area(),
            event_time: seat.now(),
            clock_offset: Span(0),
            device: None,
            actor: actor.for_ledger(grant),
            command,
        });
    }
    let sent: Vec<UnitId> = envelopes
        .iter()
        .filter_map(|e| match &e.command {
            crate::house::Command::Care(command) => command.episodes(),
            _ => None,
        })
        .collect();
    let outcomes = seat.app().submit(Priority::Normal, envelopes).await?;
    let done = outcomes.iter().filter(|o| o.status == Status::Accepted).count();
    let refused: Vec<_> = sent
        .iter()
        .zip(&outcomes)
        .filter_map(|(episode, o)| Some((*episode, o.refusal.as_ref()?)))
        .collect();
    let told = html! {
        (parts::notice(
            if refused.is_empty() { Tone::Good } else { Tone::Warning },
            &t!(seat, "care-accepted", n = done as i64),
            html! {
                @if !refused.is_empty() {
                    ul {
                        @for (episode, refusal) in &refused {
                            li { (words::link(*episode)) " " (seat.lang().refusal(refusal)) " " (seat.lang().refusal_next(refusal)) }
                        }
                    }
                }
                p { a href=(seat.link("/care/queue?stage=assigned")) { (t!(seat, "care-on-the-way")) } }
            },
        ))
    };
    let rest = made(&seat).await?;
    Ok(seat.render(page(&seat, &rest, told)))
}
