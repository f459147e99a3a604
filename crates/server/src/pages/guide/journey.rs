//! What the guide tells: of a tube that was really filled, or of one that is drawn.

use ledger::{Move, Units};
use maud::{Markup, html};
use testing::{BOX, Tube};
use types::{HolderCode, Micros, UnitId};

use super::Look;
use crate::Fault;
use crate::access::Role;
use crate::pages::desk::words::{self, Holders, reading};
use crate::seat::Seat;
use crate::t;
use crate::ui::parts;

/// One of the four hand-offs.
pub(super) struct Stop {
    pub key: &'static str,
    pub icon: &'static str,
    pub who: Option<Markup>,
    pub at: Option<Markup>,
    pub said: Markup,
    pub looks: Vec<Look>,
}

/// A tube's way.
pub(super) struct Journey {
    pub summary: Markup,
    pub stops: Vec<Stop>,
}

fn look(seat: &Seat, role: Role, path: String, text: &str) -> Look {
    let _ = seat;
    Look { role, path, text: text.to_owned() }
}

/// What carried a tube, between which hands, when.
#[derive(Default)]
struct Carried {
    box_: Option<UnitId>,
    courier: Option<HolderCode>,
    taken_at: Option<Micros>,
    given_at: Option<Micros>,
}

async fn carried(seat: &Seat, tube: UnitId) -> Result<Carried, Fault> {
    let mut db = seat.db().await?;
    let mut units = Units::default();
    units.load(&mut db, &[tube]).await?;
    let box_ = units.moments(tube).iter().find_map(|m| match m.what {
        Move::Pack { into, .. } if into.kind() == BOX => Some(into),
        _ => None,
    });
    let Some(unit) = box_ else { return Ok(Carried::default()) };
    units.load(&mut db, &[unit]).await?;
    let mut carried = Carried { box_, ..Carried::default() };
    let mut moments = units.moments(unit).to_vec();
    moments.sort_by_key(|m| m.event_time);
    for moment in &moments {
        let Move::Hand { taker, .. } = &moment.what else { continue };
        match taker.kind() {
            "courier" if carried.courier.is_none() => {
                carried.courier = Some(taker.clone());
                carried.taken_at = Some(moment.event_time);
            }
            "lab" if carried.given_at.is_none() => carried.given_at = Some(moment.event_time),
            _ => {}
        }
    }
    Ok(carried)
}

impl Journey {
    /// The way of a tube whose results have been released; nothing when it is not there.
    pub(super) async fn of(seat: &Seat, id: UnitId) -> Result<Option<Journey>, Fault> {
        let mut db = seat.db().await?;
        let Some(tube) = testing::views::tube(&mut db, id).await? else { return Ok(None) };
        drop(db);
        let (Some(sealed), Some(reported)) = (tube.collected_at, tube.reported_at) else {
            return Ok(None);
        };
        let carried = carried(seat, id).await?;
        let parse = |text: &Option<String>| text.as_deref().and_then(|t| HolderCode::parse(t).ok());
        let (site, lab) = (parse(&tube.site), parse(&tube.lab));
        let mut db = seat.db().await?;
        let all = [site.clone(), lab.clone(), carried.courier.clone()];
        let names = Holders::find(&mut db, all.into_iter().flatten().collect()).await?;
        let round = match tube.round {
            Some(round) => words::round(seat, &mut db, round).await?,
            None => html! {},
        };
        let who = |holder: &Option<HolderCode>| holder.as_ref().map(|h| names.name(seat, h));
        let time = |at: Option<Micros>| at.map(|at| html! { (seat.time(at)) });
        let took = seat.span(reported - sealed);
        let stops = vec![
            Stop {
                key: "collect",
                icon: "collect",
                who: who(&site),
                at: time(Some(sealed)),
                said: said_collect(seat, tube.members.len()),
                looks: looks_collect(seat, id, &tube),
            },
            Stop {
                key: "deliver",
                icon: "deliver",
                who: who(&carried.courier),
                at: times(seat, carried.taken_at, carried.given_at),
                said: html! { (t!(seat, "tour-deliver-said", box = carried.box_.map_or_else(String::new, |b| b.to_string()))) },
                looks: looks_deliver(seat, carried.box_, carried.courier.as_ref()),
            },
            Stop {
                key: "test",
                icon: "test",
                who: who(&lab),
                at: time(tube.tested_at),
                said: said_test(seat, &tube),
                looks: vec![look(
                    seat,
                    Role::Laboratory,
                    format!("/tubes/{id}"),
                    &t!(seat, "tour-as-laboratory"),
                )],
            },
            Stop {
                key: "report",
                icon: "report",
                who: None,
                at: time(Some(reported)),
                said: html! { (t!(seat, "tour-report-said", n = tube.members.len() as i64, time = took)) },
                looks: vec![look(
                    seat,
                    Role::Resident,
                    "/my".to_owned(),
                    &t!(seat, "tour-as-resident"),
                )],
            },
        ];
        let summary = html! {
            (t!(seat, "tour-tube")) " " code { (id) } " · " (round)
        };
        Ok(Some(Journey { summary, stops }))
    }

    /// A way as it could be, for a city that has no round yet.
    pub(super) fn example(seat: &Seat) -> Journey {
        let at = |text: &str| Some(html! { (text) });
        let who = |key: &str| Some(html! { (seat.text(key)) });
        let open =
            |path: &str, key: &str| look(seat, Role::Commander, path.to_owned(), &seat.text(key));
        let stops = vec![
            Stop {
                key: "collect",
                icon: "collect",
                who: who("tour-example-site"),
                at: at("08:12"),
                said: said_collect(seat, 10),
                looks: vec![open("/testing/rounds", "nav-rounds")],
            },
            Stop {
                key: "deliver",
                icon: "deliver",
                who: who("tour-example-courier"),
                at: at("08:40 – 09:25"),
                said: html! { (t!(seat, "tour-deliver-said", box = "B-…")) },
                looks: vec![open("/find", "nav-find")],
            },
            Stop {
                key: "test",
                icon: "test",
                who: who("tour-example-lab"),
                at: at("13:05"),
                said: html! { (t!(seat, "tour-test-said", plate = "P-017", well = "C4")) },
                looks: vec![open("/laboratory", "nav-laboratory")],
            },
            Stop {
                key: "report",
                icon: "report",
                who: None,
                at: at("13:10"),
                said: html! { (t!(seat, "tour-report-said", n = 10_i64, time = "4:58")) },
                looks: vec![open("/my", "nav-my")],
            },
        ];
        Journey { summary: html! { (t!(seat, "tour-example-summary")) }, stops }
    }
}

fn times(seat: &Seat, from: Option<Micros>, until: Option<Micros>) -> Option<Markup> {
    let from = from?;
    Some(html! {
        (seat.time(from))
        @if let Some(until) = until { " – " (seat.time(until)) }
    })
}

fn said_collect(seat: &Seat, persons: usize) -> Markup {
    html! { (t!(seat, "tour-collect-said", n = persons as i64)) }
}

fn said_test(seat: &Seat, tube: &Tube) -> Markup {
    let said = t!(
        seat,
        "tour-test-said",
        plate = tube.plate.clone().unwrap_or_default(),
        well = tube.well.clone().unwrap_or_default()
    );
    html! {
        (said)
        @if let Some(found) = tube.reading {
            @let (tone, word) = reading(seat, found);
            " " (parts::tag(tone, &word))
        }
    }
}

fn looks_collect(seat: &Seat, id: UnitId, tube: &Tube) -> Vec<Look> {
    let mut looks =
        vec![look(seat, Role::Sampler, format!("/tubes/{id}"), &t!(seat, "tour-as-sampler"))];
    if let Some(round) = tube.round {
        let board = format!("/testing/rounds/{round}");
        looks.push(look(seat, Role::Commander, board, &t!(seat, "tour-as-commander")));
    }
    looks
}

fn looks_deliver(seat: &Seat, box_: Option<UnitId>, courier: Option<&HolderCode>) -> Vec<Look> {
    let mut looks = Vec::new();
    if let Some(unit) = box_ {
        let text = t!(seat, "tour-as-commander-box");
        looks.push(look(seat, Role::Commander, format!("/boxes/{unit}"), &text));
    }
    if courier.is_some() {
        let text = t!(seat, "tour-as-courier");
        looks.push(look(seat, Role::Courier, "/field/".to_owned(), &text));
    }
    looks
}

/// Where the made-up city shows what does not add up.
pub(super) async fn troubles(seat: &Seat) -> Result<Vec<Look>, Fault> {
    let mut db = seat.db().await?;
    let latest = testing::views::rounds(&mut db).await?.into_iter().max_by_key(|r| r.number);
    let mut looks = vec![
        look(seat, Role::Commander, "/testing/late".to_owned(), &t!(seat, "tour-late")),
        look(seat, Role::Auditor, "/testing/balance".to_owned(), &t!(seat, "tour-balance")),
    ];
    if let Some(round) = latest {
        let blind = format!("/testing/rounds/{}/blind", round.id);
        looks.insert(0, look(seat, Role::Grid, blind, &t!(seat, "tour-blind")));
    }
    Ok(looks)
}
