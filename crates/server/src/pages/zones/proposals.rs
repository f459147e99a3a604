//! What the rules in force point to: proposals, which a person follows, changes or refuses.

use maud::{Markup, html};
use zones::propose::{Grain, Proposal};
use zones::views::{self, Area};
use zones::{Command, Ground, NewZone};

use super::{DECIDERS, new, under_board, words};
use crate::i18n::number;
use crate::pages::act;
use crate::pages::cases::words::{named, short};
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tab, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// Most proposals on the page; the others follow when these are decided.
const MOST: usize = 200;
/// Cases that a line names.
const NAMED: usize = 3;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/zones/proposals", DECIDERS, show);
    routes.post("/zones/proposals", DECIDERS, follow);
}

fn grain(seat: &Seat) -> Grain {
    match seat.param("grain").as_deref() {
        Some("building") => Grain::Building,
        _ => Grain::Compound,
    }
}

async fn show(seat: Seat) -> Answer {
    draw(&seat, &FormData::default(), Errors::default()).await
}

/// The proposals for the areas in view, by the edition in force where they begin.
async fn read(seat: &Seat) -> Result<Vec<(Proposal, Area)>, Fault> {
    let now = seat.now();
    let area = crate::imports::area_of(seat.scope());
    let edition = seat.app().protocol().at(now, area).clone();
    let mut db = seat.db().await?;
    Ok(views::proposals(&mut db, edition.zones()?, seat.scope(), grain(seat), now).await?)
}

async fn draw(seat: &Seat, typed: &FormData, errors: Errors) -> Answer {
    let mut found = read(seat).await?;
    let all = found.len();
    found.truncate(MOST);
    let mut db = seat.db().await?;
    let places = found.iter().map(|(p, _)| p.place.clone()).collect();
    let names = words::names(&mut db, places).await?;
    let refused = views::refused(&mut db, seat.scope()).await?;
    let places = refused.iter().map(|r| r.place.clone()).collect();
    let refused_names = words::names(&mut db, places).await?;
    drop(db);
    let tab = |grain: &str, current: bool| Tab {
        href: seat.here(&[("grain", Some(grain))]),
        text: named(seat, "zone-grain", grain),
        count: None,
        current,
    };
    let by_building = grain(seat) == Grain::Building;
    let tabs = [tab("compound", !by_building), tab("building", by_building)];
    let action = seat.here(&[]);
    let form = Form::new(seat, action)
        .hidden(act::ID, &act::again(typed, &errors))
        .errors(errors)
        .markup(lines(seat, &names, &found, typed));
    let form = new::duties(seat, form, typed)
        .field(
            Field::area("reason", t!(seat, "zone-reason"), 2)
                .value(typed.text("reason"))
                .optional(),
        )
        .button(&t!(seat, "zone-follow"));
    let body = html! {
        (parts::tabs(&t!(seat, "zone-grain"), &tabs))
        @if found.is_empty() {
            (parts::notice(Tone::Good, &t!(seat, "zone-proposals-none"), html! { p { (t!(seat, "zone-proposals-none-text")) } }))
        } @else {
            @if all > MOST { p .muted { (t!(seat, "zone-proposals-more", n = all as i64, shown = MOST as i64)) } }
            (form)
        }
        @if !refused.is_empty() { (refusals(seat, &refused_names, &refused).render(seat)) }
    };
    let page = Page::new(t!(seat, "nav-zones-proposals"), body)
        .lead(html! { (t!(seat, "zone-proposals-lead")) });
    Ok(seat.render(under_board(seat, page)))
}

/// The value of a tick: place and level.
fn value(proposal: &Proposal) -> String {
    format!("{} {}", proposal.place, proposal.level)
}

fn lines(seat: &Seat, names: &Names, found: &[(Proposal, Area)], typed: &FormData) -> Markup {
    let ticked = |value: &str| typed.all("zone").any(|v| v == value);
    html! {
        fieldset .form__group {
            legend .form__legend { (t!(seat, "zone-proposed")) }
            ul .plain-list .proposals {
                @for (n, (proposal, area)) in found.iter().enumerate() {
                    @let value = value(proposal);
                    li .choice .proposal {
                        input type="checkbox" name="zone" value=(value) id={ "zone-" (n) } checked[ticked(&value)];
                        label for={ "zone-" (n) } {
                            (words::level(seat, proposal.level)) " "
                            strong { (words::place(seat, names, &proposal.place)) }
                            @if proposal.raises.is_some() { " · " (t!(seat, "zone-to-raise")) }
                            br;
                            (t!(seat, "zone-holds", households = number(area.households), persons = number(area.persons)))
                            br;
                            span .muted { (ground(seat, proposal)) }
                        }
                        a href=(change(seat, proposal)) {
                            (t!(seat, "zone-change-or-refuse"))
                            span .visually-hidden { ": " (words::place(seat, names, &proposal.place)) }
                        }
                    }
                }
            }
        }
    }
}

/// Where a proposal is changed or refused.
fn change(seat: &Seat, proposal: &Proposal) -> String {
    match proposal.raises {
        Some(zone) => words::path(zone),
        None => seat.link(&format!(
            "/zones/new?place={}&level={}&proposed={}",
            proposal.place, proposal.level, proposal.level
        )),
    }
}

/// Why, in a sentence: the ground, the rule, the cases.
fn ground(seat: &Seat, proposal: &Proposal) -> String {
    let n = proposal.cases.len() as i64;
    let mut text =
        seat.fill(&format!("zone-ground-{}", proposal.ground.as_str()), &[("n", n.into())]);
    text.push_str(&format!(" ({})", proposal.rule));
    if proposal.ground != Ground::Rest {
        let cases: Vec<String> =
            proposal.cases.iter().take(NAMED).map(|(case, _)| short(*case)).collect();
        text.push_str(&format!(": {}", cases.join(", ")));
        if proposal.cases.len() > NAMED {
            text.push('…');
        }
    }
    text
}

fn refusals(seat: &Seat, names: &Names, found: &[zones::Refused]) -> Table {
    let columns = vec![
        Column::new("place", t!(seat, "place")),
        Column::new("level", t!(seat, "zone-level")),
        Column::new("at", t!(seat, "zone-refused-at")),
        Column::new("by", t!(seat, "zone-by")),
        Column::new("reason", t!(seat, "case-why")),
    ];
    let rows = found.iter().map(|refused| {
        vec![
            Cell::text(words::place(seat, names, &refused.place)),
            words::level_cell(seat, refused.level),
            Cell::time(seat.time(refused.at)),
            Cell::text(refused.actor.clone()),
            Cell::text(refused.reason.clone()).long(),
        ]
    });
    Table::new(t!(seat, "zone-refused-table"), columns).rows(rows.collect::<Vec<_>>())
}

/// Makes zones of the ticked, and raises those that stand.
async fn follow(seat: Seat, form: FormData) -> Answer {
    let found = read(&seat).await?;
    let chosen: Vec<&str> = form.all("zone").collect();
    let chosen: Vec<&Proposal> =
        found.iter().map(|(p, _)| p).filter(|p| chosen.contains(&value(p).as_str())).collect();
    if chosen.is_empty() {
        let refusal = types::Refusal::new("zone-nothing-named");
        return draw(&seat, &form, Errors::one("until", refusal)).await;
    }
    let reason = form.text("reason");
    for proposal in &chosen {
        let Some(zone) = proposal.raises else { continue };
        let reason = if reason.is_empty() { ground(&seat, proposal) } else { reason.to_owned() };
        let command = Command::Raise { zone, level: proposal.level, reason };
        if let Err(refusal) = act::once(&seat, zone.area(), command).await? {
            return draw(&seat, &form, Errors::one("until", refusal)).await;
        }
    }
    let zones: Vec<NewZone> = chosen
        .iter()
        .filter(|proposal| proposal.raises.is_none())
        .map(|proposal| NewZone {
            place: proposal.place.clone(),
            level: proposal.level,
            proposed: Some(proposal.level),
            evidence: Vec::new(),
        })
        .collect();
    if !zones.is_empty()
        && let Err(refusal) = new::send(&seat, &form, zones, reason).await?
    {
        let field = match new::field_of(&refusal) {
            "places" => "until",
            field => field,
        };
        return draw(&seat, &form, Errors::one(field, refusal)).await;
    }
    Ok(seat.go(&seat.link("/zones/list")))
}
