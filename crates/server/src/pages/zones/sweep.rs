//! One sweep: how far each building and entrance has come, who goes there, and the doors in the order of the
//! walk, with what was found behind each.

use std::collections::HashMap;

use axum::extract::Path;
use maud::{Markup, html};
use registry::event::PersonRef;
use registry::file::PersonLine;
use registry::place::{Level as Depth, chain_of};
use types::{HouseholdId, PersonId, PlaceCode, Refusal, UnitId};
use zones::sweep::{Door, Stray, Sweep, Visited};
use zones::views::{self, Part};
use zones::{Command, Knock};

use super::{DECIDERS, READERS, WALKERS, sweeps, under_board, words};
use crate::house::{ZONES, topic};
use crate::i18n::number;
use crate::pages::act;
use crate::pages::cases::words::named;
use crate::pages::testing::names::Names;
use crate::pages::testing::people::{has, masked_in};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table, cut};
use crate::{Fault, t};

/// Doors on one page: about a staircase.
const DOORS: i64 = 40;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/zones/sweeps/{unit}", READERS, show);
    routes.post("/zones/sweeps/{unit}/knock", WALKERS, knock);
    routes.post("/zones/sweeps/{unit}/stray", WALKERS, stray);
    routes.post("/zones/sweeps/{unit}/settle", WALKERS, settle);
    routes.post("/zones/sweeps/{unit}/assign", DECIDERS, assign);
    routes.post("/zones/sweeps/{unit}/close", DECIDERS, close);
}

/// The sweep of an address, whose county the guard has checked.
async fn read(seat: &Seat, text: &str) -> Result<Sweep, Fault> {
    let id = UnitId::parse(text)?;
    if id.kind() != zones::SWEEP {
        let refusal = Refusal::new("wrong-kind-of-code").with("code", id);
        return Err(refusal.with("wanted", zones::SWEEP).into());
    }
    let mut db = seat.db().await?;
    views::sweep(&mut db, id).await?.ok_or_else(|| Fault::not_found(id))
}

async fn show(seat: Seat, Path(unit): Path<String>) -> Answer {
    let sweep = read(&seat, &unit).await?;
    page(&seat, &sweep, html! {}).await
}

/// Which doors the address asks for.
struct Wanted {
    state: Option<Door>,
    part: Option<PlaceCode>,
    after: Option<views::HomeCursor>,
}

fn wanted(seat: &Seat) -> Result<Wanted, Refusal> {
    let after = match seat.param("after") {
        Some(text) => match text.split_once(' ') {
            Some((place, household)) => {
                Some((PlaceCode::parse(place)?, HouseholdId::parse(household)?))
            }
            None => None,
        },
        None => None,
    };
    Ok(Wanted {
        state: seat.param("state").and_then(|text| Door::parse(&text)),
        part: seat.param("part").map(|text| PlaceCode::parse(&text)).transpose()?,
        after,
    })
}

async fn page(seat: &Seat, sweep: &Sweep, said: Markup) -> Answer {
    let wanted = wanted(seat)?;
    let mut db = seat.db().await?;
    let parts_of = views::parts(&mut db, sweep.id).await?;
    let filter = (wanted.state, wanted.part.as_ref());
    let after = wanted.after.as_ref();
    let mut homes = views::homes(&mut db, sweep.id, filter, after, DOORS + 1).await?;
    let next = cut(&mut homes, DOORS, |v: &Visited| {
        Some(format!("{} {}", v.home.place, v.home.household))
    });
    let strays = views::strays(&mut db, sweep.id).await?;
    let walks = has(seat, &[crate::access::Role::District, crate::access::Role::Grid]);
    let people = match walks && !homes.is_empty() {
        true => people(seat, &mut db, sweep, &homes).await?,
        false => HashMap::new(),
    };
    let mut places: Vec<PlaceCode> = parts_of.iter().map(|part| part.place.clone()).collect();
    places.push(sweep.place.clone());
    places.extend(homes.iter().map(|v| v.home.place.clone()));
    places.extend(strays.iter().map(|stray| stray.place.clone()));
    let names = words::names(&mut db, places).await?;
    drop(db);
    let progress = html! {
        (parts::progress(seat, &t!(seat, "sweep-found-of"), sweep.doors.found, sweep.doors.all()))
        (part_table(seat, &names, sweep, &parts_of).render(seat))
    };
    if seat.wants_fragment("progress") {
        return Ok(seat.fragment(progress));
    }
    let src = seat.here(&[("fragment", Some("progress"))]);
    let body = html! {
        (said)
        (parts::live("progress", &[topic(ZONES, types::AreaScope::one(sweep.area()))], &src, progress))
        (desk(seat, sweep, &parts_of, &names))
        section #homes {
            h2 { (t!(seat, "sweep-doors")) }
            (filters(seat, &wanted, &names))
            @if homes.is_empty() {
                p .muted { (t!(seat, "sweep-no-doors")) }
            }
            @for group in homes.chunk_by(|a, b| a.home.place == b.home.place) {
                (staircase(seat, &names, sweep, group, &people, walks))
            }
            nav .pager aria-label=(t!(seat, "paging")) {
                @if wanted.after.is_some() { a href=(seat.here(&[("after", None)])) { (t!(seat, "first-page")) } }
                @if let Some(next) = &next { a rel="next" href=(seat.here(&[("after", Some(next))])) { (t!(seat, "next-page")) } }
            }
        }
        section #strays { (strays_part(seat, &names, sweep, &strays, walks)) }
    };
    let mut page =
        Page::new(t!(seat, "sweep-of", place = words::place(seat, &names, &sweep.place)), body)
            .crumb(seat.link("/zones/sweeps"), t!(seat, "nav-zones-sweeps"));
    if walks {
        page = page.lead(html! { (t!(seat, "sweep-walk-lead")) " " (t!(seat, "looks-recorded")) });
    }
    Ok(seat.render(under_board(seat, page)))
}

/// The persons of doors, masked, after the look has been recorded.
async fn people(
    seat: &Seat,
    db: &mut store::Connection,
    sweep: &Sweep,
    homes: &[Visited],
) -> Result<HashMap<HouseholdId, Vec<PersonLine>>, Fault> {
    let area = sweep.area();
    let mut lines = Vec::with_capacity(homes.len());
    for visited in homes {
        lines.push(registry::views::HouseholdLine {
            id: visited.home.household,
            compound: registry::place::compound_of(&visited.home.place),
            place: visited.home.place.clone(),
            door: visited.home.door.clone(),
            code_at: None,
            persons: visited.home.persons,
        });
    }
    let residents = registry::views::residents(db, area, &lines).await?;
    let refs: Vec<PersonRef> = residents
        .values()
        .flatten()
        .map(|(person, _)| PersonRef { area, person: *person })
        .collect();
    let known: HashMap<PersonId, PersonLine> = masked_in(seat, db, &sweep.place, &refs).await?;
    let of = |persons: &Vec<(PersonId, registry::Person)>| {
        persons.iter().filter_map(|(id, _)| known.get(id).cloned()).collect()
    };
    Ok(residents.iter().map(|(household, persons)| (*household, of(persons))).collect())
}

/// The building and entrance of a place: its own name, or its numbers.
fn part_name(seat: &Seat, names: &Names, code: &PlaceCode) -> String {
    let name = names.place(seat, code);
    if name != code.as_str() {
        return name;
    }
    let parts: Vec<&str> = code.as_str().split('-').skip(2).collect();
    match parts.as_slice() {
        [building] => t!(seat, "building-n", n = *building),
        [building, entrance] => t!(seat, "entrance-n", building = *building, n = *entrance),
        _ => name,
    }
}

fn part_table(seat: &Seat, names: &Names, sweep: &Sweep, found: &[Part]) -> Table {
    let columns = vec![
        Column::new("part", t!(seat, "sweep-part")),
        Column::new("done", t!(seat, "sweep-done")).numeric(),
        Column::new("found", t!(seat, "sweep-state-found")).numeric(),
        Column::new("absent", t!(seat, "sweep-state-absent")).numeric(),
        Column::new("refused", t!(seat, "sweep-state-refused")).numeric(),
        Column::new("todo", t!(seat, "sweep-state-todo")).numeric(),
        Column::new("who", t!(seat, "sweep-who")),
    ];
    let rows = found.iter().map(|part| {
        let base = format!("{}?part={}", sweeps::path(sweep), part.place);
        let list = |state: Door| format!("{base}&state={state}#homes");
        let doors = &part.doors;
        let done = doors.all() - doors.todo;
        vec![
            Cell::link(&format!("{base}#homes"), part_name(seat, names, &part.place)),
            Cell::text(t!(seat, "sweep-done-of", done = number(done), all = number(doors.all()))),
            Cell::count(doors.found, &list(Door::Found)),
            Cell::count(doors.absent, &list(Door::Absent)),
            Cell::count(doors.refused, &list(Door::Refused)),
            Cell::count(doors.todo, &list(Door::Todo)),
            Cell::text(part.who.as_ref().map(|(who, _)| who.clone()).unwrap_or_default()),
        ]
    });
    Table::new(t!(seat, "sweep-parts"), columns).rows(rows.collect::<Vec<_>>())
}

/// What the desk does: who goes where, and the end.
fn desk(seat: &Seat, sweep: &Sweep, found: &[Part], names: &Names) -> Markup {
    let close = Command::CloseSweep { sweep: sweep.id, note: String::new() };
    if sweep.closed_at.is_some() || !act::may(seat, sweep.area(), close) {
        return html! {};
    }
    let start = |what: &str| {
        Form::new(seat, format!("{}/{what}", sweeps::path(sweep)))
            .part(what)
            .hidden(act::ID, &act::fresh())
    };
    let options: Vec<(String, String)> = found
        .iter()
        .map(|part| (part.place.to_string(), part_name(seat, names, &part.place)))
        .collect();
    html! {
        details .disclosure {
            summary { (t!(seat, "sweep-assign")) }
            (start("assign")
                .field(Field::select("part", t!(seat, "sweep-part"), options))
                .field(Field::text("who", t!(seat, "sweep-who")).hint(t!(seat, "sweep-who-hint")))
                .button(&t!(seat, "sweep-assign")))
        }
        details .disclosure {
            summary { (t!(seat, "sweep-close")) }
            (start("close")
                .field(Field::area("note", t!(seat, "care-note"), 2).hint(t!(seat, "sweep-close-hint")).optional())
                .quiet()
                .button(&t!(seat, "sweep-close")))
        }
    }
}

fn filters(seat: &Seat, wanted: &Wanted, names: &Names) -> Markup {
    let tab = |state: Option<Door>| parts::Tab {
        href: format!(
            "{}#homes",
            seat.here(&[("state", state.map(Door::as_str)), ("after", None)])
        ),
        text: match state {
            Some(state) => named(seat, "sweep-state", state.as_str()),
            None => t!(seat, "sweep-all"),
        },
        count: None,
        current: wanted.state == state,
    };
    let mut tabs = vec![tab(None)];
    tabs.extend(Door::ALL.iter().map(|state| tab(Some(*state))));
    html! {
        (parts::tabs(&t!(seat, "sweep-doors"), &tabs))
        @if let Some(part) = &wanted.part {
            p { (part_name(seat, names, part)) " · " a href={ (seat.here(&[("part", None), ("after", None)])) "#homes" } { (t!(seat, "sweep-whole")) } }
        }
    }
}

fn tone(state: Door) -> Tone {
    match state {
        Door::Todo => Tone::Plain,
        Door::Found => Tone::Good,
        Door::Absent => Tone::Warning,
        Door::Refused => Tone::Bad,
    }
}

fn staircase(
    seat: &Seat,
    names: &Names,
    sweep: &Sweep,
    group: &[Visited],
    people: &HashMap<HouseholdId, Vec<PersonLine>>,
    walks: bool,
) -> Markup {
    let Some(first) = group.first() else { return html! {} };
    let chain = chain_of(&first.home.place);
    let title: Vec<String> = chain
        .iter()
        .rev()
        .filter(|at| Depth::of(at) >= Some(Depth::Building) || **at == first.home.place)
        .map(|at| part_name(seat, names, at))
        .collect();
    html! {
        section .walk {
            h3 .walk__title { (title.join(" · ")) }
            ul .walk__list {
                @for visited in group {
                    li .walk__home #{ "home-" (visited.home.household) } {
                        strong .walk__door { @if visited.home.door.is_empty() { "—" } @else { (visited.home.door) } }
                        div {
                            p .walk__who {
                                @if let Some(persons) = people.get(&visited.home.household) {
                                    @for (n, line) in persons.iter().enumerate() {
                                        @if n > 0 { ", " } (line.masked.name)
                                    }
                                } @else {
                                    (t!(seat, "n-persons", n = visited.home.persons))
                                }
                                " " (parts::tag(tone(visited.state), &named(seat, "sweep-state", visited.state.as_str())))
                                @if visited.strangers > 0 { " " (parts::tag(Tone::Bad, &t!(seat, "sweep-strangers-n", n = visited.strangers))) }
                            }
                            @if let Some((at, _)) = visited.last {
                                p .muted {
                                    (t!(seat, "sweep-last", time = seat.time(at).as_str(), who = visited.actor.as_str(), n = visited.visits))
                                    @if let Some(again) = visited.again_at {
                                        " · " (t!(seat, "sweep-again", time = seat.time(again).as_str()))
                                    }
                                    @if !visited.note.is_empty() { " · " (visited.note) }
                                }
                            }
                            @if walks && sweep.closed_at.is_none() { (knock_form(seat, sweep, visited)) }
                        }
                    }
                }
            }
        }
    }
}

/// One press for each outcome; who was seen beside it. The page comes back at the same door.
fn knock_form(seat: &Seat, sweep: &Sweep, visited: &Visited) -> Markup {
    let id = visited.home.household;
    html! {
        form method="post" action={ (sweeps::path(sweep)) "/knock" } {
            input type="hidden" name=(crate::csrf::FIELD) value=(seat.csrf());
            input type="hidden" name=(act::ID) value=(act::fresh());
            input type="hidden" name="household" value=(id);
            input type="hidden" name="back" value=(seat.here(&[]));
            div .walk__visit role="group" aria-label=(t!(seat, "sweep-door-group", door = visited.home.door.as_str())) {
                label { (t!(seat, "sweep-seen")) " "
                    input .input--tiny type="text" inputmode="numeric" name="seen" value=(visited.home.persons); }
                label { (t!(seat, "sweep-strangers")) " "
                    input .input--tiny type="text" inputmode="numeric" name="strangers" value="0"; }
                @for state in [Door::Found, Door::Absent, Door::Refused] {
                    button .button .button--secondary .button--small type="submit" name="outcome" value=(state.as_str()) {
                        (named(seat, "sweep-state", state.as_str()))
                    }
                }
            }
        }
    }
}

fn strays_part(seat: &Seat, names: &Names, sweep: &Sweep, found: &[Stray], walks: bool) -> Markup {
    let columns = vec![
        Column::new("place", t!(seat, "place")),
        Column::new("door", t!(seat, "door")),
        Column::new("persons", t!(seat, "zone-persons")).numeric(),
        Column::new("at", t!(seat, "zone-found-at")),
        Column::new("note", t!(seat, "care-note")),
        Column::new("settled", t!(seat, "sweep-settled")),
    ];
    let rows = found.iter().map(|stray| {
        vec![
            Cell::text(part_name(seat, names, &stray.place)),
            Cell::text(stray.door.clone()),
            Cell::number(stray.persons),
            Cell::time(seat.time(stray.at)),
            Cell::text(stray.note.clone()).long(),
            match &stray.settled {
                Some((_, note)) => Cell::text(note.clone()).long(),
                None => Cell::tag(Tone::Bad, t!(seat, "sweep-unsettled")),
            },
        ]
    });
    let table = Table::new(t!(seat, "sweep-strays"), columns)
        .empty(t!(seat, "sweep-strays-none"))
        .rows(rows.collect::<Vec<_>>());
    let open: Vec<(String, String)> = found
        .iter()
        .filter(|stray| stray.settled.is_none())
        .map(|stray| (stray.id.to_string(), stray.door.clone()))
        .collect();
    let start = |what: &str| {
        Form::new(seat, format!("{}/{what}", sweeps::path(sweep)))
            .part(what)
            .hidden(act::ID, &act::fresh())
    };
    html! {
        (table.render(seat))
        @if walks {
            details .disclosure {
                summary { (t!(seat, "sweep-stray-tell")) }
                (start("stray")
                    .field(Field::text("place", t!(seat, "sweep-stray-place")).value(sweep.place.as_str()).short())
                    .field(Field::text("door", t!(seat, "door")).hint(t!(seat, "sweep-stray-door-hint")))
                    .field(Field::number("persons", t!(seat, "zone-persons")).value("1"))
                    .field(Field::area("note", t!(seat, "care-note"), 2).optional())
                    .button(&t!(seat, "sweep-stray-tell")))
            }
            @if !open.is_empty() {
                details .disclosure {
                    summary { (t!(seat, "sweep-settle")) }
                    (start("settle")
                        .field(Field::select("stray", t!(seat, "door"), open))
                        .field(Field::area("note", t!(seat, "sweep-settle-note"), 2))
                        .button(&t!(seat, "sweep-settle")))
                }
            }
        }
    }
}

async fn done(
    seat: &Seat,
    sweep: &Sweep,
    form: &FormData,
    command: Command,
    anchor: &str,
) -> Answer {
    match act::send(seat, sweep.area(), form, command).await? {
        Ok(_) => {
            // Only to a page of this sweep: the address came with the form.
            let own = sweeps::path(sweep);
            let back = form.text("back");
            let rest =
                back.strip_prefix(&own).filter(|rest| rest.is_empty() || rest.starts_with('?'));
            Ok(seat.go(&format!("{own}{}#{anchor}", rest.unwrap_or_default())))
        }
        Err(refusal) => page(seat, sweep, words::told(seat, &refusal)).await,
    }
}

async fn knock(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let sweep = read(&seat, &unit).await?;
    let household = HouseholdId::parse(form.text("household"))?;
    let count = |name: &str| -> Result<u32, Refusal> {
        let text = form.text(name);
        let wrong = || Refusal::new("malformed-field").with("field", name).with("text", text);
        text.parse().map_err(|_| wrong().with("wanted", "2"))
    };
    let Some(outcome) = Door::parse(form.text("outcome")) else {
        return Err(Refusal::new("choice-missing").into());
    };
    let found = outcome == Door::Found;
    let knock = Knock {
        sweep: sweep.id,
        household,
        outcome,
        seen: if found { count("seen")? } else { 0 },
        strangers: count("strangers")?,
        note: form.text("note").to_owned(),
    };
    done(&seat, &sweep, &form, Command::Knock(knock), &format!("home-{household}")).await
}

async fn stray(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let sweep = read(&seat, &unit).await?;
    let command = Command::Stray {
        sweep: sweep.id,
        place: PlaceCode::parse(form.text("place"))?,
        door: form.text("door").to_owned(),
        persons: form.text("persons").parse().unwrap_or(0),
        note: form.text("note").to_owned(),
    };
    done(&seat, &sweep, &form, command, "strays").await
}

async fn settle(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let sweep = read(&seat, &unit).await?;
    let stray = UnitId::parse(form.text("stray"))?;
    let command = Command::SettleStray { stray, note: form.text("note").to_owned() };
    done(&seat, &sweep, &form, command, "strays").await
}

async fn assign(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let sweep = read(&seat, &unit).await?;
    let part = PlaceCode::parse(form.text("part"))?;
    let who = form.text("who").to_owned();
    let command = Command::AssignSweep { sweep: sweep.id, part, who };
    done(&seat, &sweep, &form, command, "progress").await
}

async fn close(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let sweep = read(&seat, &unit).await?;
    let command = Command::CloseSweep { sweep: sweep.id, note: form.text("note").to_owned() };
    done(&seat, &sweep, &form, command, "progress").await
}
