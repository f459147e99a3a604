//! The map of the whole response: cases by where they were found, sites, laboratories, facilities with
//! their load, and what is late, from a province down to a building. It is drawn on the server from the
//! outlines that the registry has; a script only moves the time. Without it a day is chosen in a form,
//! and the table under the map says the same.

mod layers;
mod sweeps;
mod zones;

use std::collections::BTreeMap;

use ::zones::sweep::Doors;
use axum::extract::Path;
use cases::FoundIn;
use maud::{Markup, html};
use registry::place::{Level, chain_of};
use types::{AreaScope, Micros, PlaceCode, Refusal, Span};

use self::layers::{Kind, Point};
use self::zones::Held;
use super::super::testing::map::{Frame, Rings};
use super::super::testing::names::Names;
use super::{POST, words};
use crate::house::{CARE, CASES, TESTING, ZONES, topic};
use crate::i18n::number;
use crate::pages::cases::words as case_words;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::{Local, parse_local};
use crate::{Fault, t};

/// Most days that the time can be moved over.
const DAYS: i64 = 120;
/// So many rows with nothing to tell are folded away.
const FOLDED: usize = 8;
/// Days whose infections colour a place.
const WEEK: usize = 7;
/// Lower ends of the colours' classes, in infections of a week.
const CLASSES: [i64; 5] = [1, 5, 20, 100, 500];

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/map", POST, whole);
    routes.get("/map/{place}", POST, at_place);
}

/// The class of a number of infections; nothing for none.
fn class_of(n: i64) -> Option<usize> {
    CLASSES.iter().rposition(|low| n >= *low)
}

async fn whole(seat: Seat) -> Answer {
    let scope = seat.scope().to_string();
    let place = match scope.as_str() {
        "" => registry_root(&seat).await?,
        code => Some(PlaceCode::parse(code)?),
    };
    show(seat, place).await
}

async fn at_place(seat: Seat, Path(place): Path<String>) -> Answer {
    let place = PlaceCode::parse(&place)?;
    show(seat, Some(place)).await
}

/// With the whole country in view: the only province that the registry has, if it is one.
async fn registry_root(seat: &Seat) -> Result<Option<PlaceCode>, Fault> {
    let mut db = seat.db().await?;
    let roots = registry::views::children(&mut db, None).await?;
    Ok(match roots.as_slice() {
        [only] => Some(only.code.clone()),
        _ => None,
    })
}

/// What is drawn.
struct Map {
    place: PlaceCode,
    scope: AreaScope,
    /// The first day of the slider, at local midnight.
    first: Micros,
    /// The places below with their outlines, and infections a day.
    below: BTreeMap<PlaceCode, Below>,
    points: Vec<Point>,
    names: Names,
    days: usize,
    /// Found where; nothing for everywhere.
    found_in: Option<FoundIn>,
}

#[derive(Default)]
struct Below {
    outline: Option<String>,
    a_day: Vec<i64>,
    /// What held at the end of each day.
    held: Vec<Held>,
    /// Households of the sweeps that go on there now.
    doors: Doors,
}

impl Below {
    /// What held at the end of a day.
    fn held(&self, day: usize) -> Held {
        self.held.get(day).copied().unwrap_or_default()
    }

    /// Infections of the week that ends with a day.
    fn week(&self, day: usize) -> i64 {
        let from = (day + 1).saturating_sub(WEEK);
        self.a_day.iter().take(day + 1).skip(from).sum()
    }
}

/// The scope of areas in which a place lies, for what is kept by county.
fn scope_of(place: &PlaceCode) -> Result<AreaScope, Refusal> {
    let text = place.as_str();
    Ok(AreaScope::parse(text.get(..6.min(text.len())).unwrap_or(text))?)
}

impl Map {
    async fn load(seat: &Seat, place: PlaceCode) -> Result<Map, Fault> {
        let zone = seat.app().zone();
        let scope = scope_of(&place)?;
        let today = Local::new(seat.now(), zone);
        let today = parse_local(&format!("{}T00:00", today.day()), zone).map_err(Refusal::from)?;
        let found_in = seat.param("found_in").and_then(|text| FoundIn::parse(&text));
        let mut db = seat.db().await?;
        let outlines = registry::views::outlines(&mut db, &place).await?;
        let mut below: BTreeMap<PlaceCode, Below> = BTreeMap::new();
        for (code, outline) in outlines {
            below.insert(code, Below { outline: Some(outline), ..Below::default() });
        }
        let earliest = today - Span::days(DAYS - 1);
        let counts = layers::cases(&mut db, &place, scope, earliest).await?;
        let first_case = counts.iter().map(|(_, hour, _, _)| *hour).min().unwrap_or(today);
        let first = today - Span::days((today - first_case.min(today)).0 / Span::days(1).0 + 1);
        let first = first.max(earliest);
        let days = usize::try_from((today - first).0 / Span::days(1).0).unwrap_or(0) + 1;
        for line in below.values_mut() {
            line.a_day = vec![0; days];
        }
        for (code, hour, found, n) in counts {
            let day = usize::try_from((hour - first).0.div_euclid(Span::days(1).0));
            let Ok(day) = day else { continue };
            if day >= days || found_in.is_some_and(|wanted| found != Some(wanted)) {
                continue;
            }
            let line = below.entry(code).or_default();
            line.a_day.resize(days, 0);
            line.a_day[day] += n;
        }
        let held = zones::of_days(&mut db, &place, scope, (first, days, seat.now())).await?;
        for code in held.places() {
            below.entry(code).or_default().a_day.resize(days, 0);
        }
        for (code, doors) in sweeps::below(&mut db, &place, scope).await? {
            let line = below.entry(code).or_default();
            line.a_day.resize(days, 0);
            line.doors = doors;
        }
        for (code, line) in &mut below {
            line.held = held.of(code);
        }
        let points = layers::points(seat, &mut db, &place, scope).await?;
        let codes = below.keys().cloned().chain(chain_of(&place));
        let names = Names::of_places(&mut db, codes).await?;
        let holders = Names::of_holders(&mut db, points.iter().map(|p| p.code.as_str())).await?;
        let names = names.and(holders);
        Ok(Map { place, scope, first, below, points, names, days, found_in })
    }

    /// The local day of a place of the slider.
    fn day(&self, seat: &Seat, n: usize) -> String {
        let noon = self.first + Span::days(n as i64) + Span::hours(12);
        Local::new(noon, seat.app().zone()).day().to_owned()
    }

    /// The name of a point.
    fn name(&self, seat: &Seat, point: &Point) -> String {
        point.name.clone().unwrap_or_else(|| self.names.holder(seat, &point.code))
    }

    /// The day that the address asks for; the last one, if none.
    fn chosen(&self, seat: &Seat) -> usize {
        let wanted = seat.param("day");
        let last = self.days.saturating_sub(1);
        wanted.and_then(|day| (0..self.days).find(|n| self.day(seat, *n) == day)).unwrap_or(last)
    }

    /// Whether a level held anywhere at any time that is drawn.
    fn has(&self, level: ::zones::Level) -> bool {
        let held = self.below.values().flat_map(|line| &line.held);
        held.filter_map(Held::strictest).any(|(known, _)| known == level)
    }

    fn href(&self, seat: &Seat, code: &PlaceCode) -> String {
        let deeper = Level::of(code).is_some_and(|level| level < Level::Building);
        match deeper {
            true => format!("/map/{code}"),
            // A building has no map of its own; its cases are a list.
            false => self.cases(seat, code),
        }
    }

    fn cases(&self, seat: &Seat, code: &PlaceCode) -> String {
        let found = self.found_in.map_or(String::new(), |f| format!("&found_in={}", f.as_str()));
        if seat.may_open("/cases") {
            format!("/cases?place={code}{found}&area={}", area_of(code))
        } else {
            format!("/map/{code}")
        }
    }
}

/// The area whose cases a list is of: that of the place's county, or the place if it is wider.
fn area_of(code: &PlaceCode) -> &str {
    let text = code.as_str();
    text.get(..6).unwrap_or(text)
}

async fn show(seat: Seat, place: Option<PlaceCode>) -> Answer {
    let Some(place) = place else {
        let body = html! {
            p { (t!(seat, "map-choose")) " " a href="/areas?back=%2Fmap" { (t!(seat, "areas-in-view")) } }
        };
        return Ok(seat.page(t!(seat, "nav-map"), body));
    };
    let map = Map::load(&seat, place).await?;
    let chosen = map.chosen(&seat);
    let drawn = draw(&seat, &map, chosen);
    if seat.wants_fragment("map") {
        return Ok(seat.fragment(drawn));
    }
    let topics = [CASES, CARE, TESTING, ZONES].map(|desk| topic(desk, map.scope));
    let src = seat.here(&[("fragment", Some("map"))]);
    let body = html! {
        (question(&seat, &map, chosen))
        (parts::live("map", &topics, &src, drawn))
    };
    let title = match map.names.place(&seat, &map.place) {
        name if name == map.place.as_str() => words::area(&seat, map.scope),
        name => name,
    };
    let mut page = Page::new(format!("{} · {title}", t!(seat, "nav-map")), body)
        .lead(html! { (t!(seat, "map-lead")) })
        .script("map.js");
    let mut chain = chain_of(&map.place);
    chain.reverse();
    chain.pop();
    for above in chain.iter().filter(|p| scope_of(p).is_ok_and(|s| seat.scope().covers(s))) {
        page = page.crumb(format!("/map/{above}"), map.names.place(&seat, above));
    }
    Ok(seat.render(page))
}

fn question(seat: &Seat, map: &Map, chosen: usize) -> Markup {
    let mut places = vec![(String::new(), t!(seat, "map-everywhere"))];
    places.extend(
        FoundIn::ALL.iter().map(|f| (f.as_str().to_owned(), case_words::found_in(seat, Some(*f)))),
    );
    let found = map.found_in.map_or("", FoundIn::as_str);
    Form::asks(seat, seat.path())
        .group(
            &t!(seat, "map-shows"),
            vec![
                Field::select("found_in", t!(seat, "case-found-in"), places)
                    .value(found)
                    .optional(),
                Field::day("day", t!(seat, "map-day")).value(map.day(seat, chosen)),
            ],
        )
        .button(&t!(seat, "show"))
}

fn draw(seat: &Seat, map: &Map, chosen: usize) -> Markup {
    let shapes: Vec<(&PlaceCode, &Below, Rings)> = map
        .below
        .iter()
        .filter_map(|(code, line)| {
            let rings: Rings = serde_json::from_str(line.outline.as_ref()?).ok()?;
            rings.iter().any(|ring| ring.len() > 2).then_some((code, line, rings))
        })
        .collect();
    let frame = Frame::around(shapes.iter().map(|(_, _, rings)| rings));
    let title = t!(seat, "map-of-week", day = map.day(seat, chosen));
    html! {
        @if let Some(frame) = &frame {
            figure .map .respond {
                figcaption .chart__title data-map-title=(t!(seat, "map-of-week", day = "{day}")) { (title) }
                (slider(seat, map, chosen))
                svg .map__plot viewBox={ "0 0 640 " (frame.height().round()) } role="group" aria-label=(title) {
                    @for (code, line, rings) in &shapes {
                        @let n = line.week(chosen);
                        @let name = map.names.place(seat, code);
                        a href=(map.href(seat, code)) aria-label={ (name) ": " (number(n)) } {
                            @let held = line.held(chosen);
                            path class={ "map__place " @match class_of(n) { Some(class) => { "q" (class) }, None => { "mx" } } " " (held.class()) }
                                data-zones=(line.held.iter().map(Held::letter).collect::<String>())
                                data-days=(line.a_day.iter().map(i64::to_string).collect::<Vec<_>>().join(" "))
                                data-name=(name) d=(frame.path(rings)) {
                                title { (name) ": " (number(n)) }
                            }
                        }
                    }
                    g .map__points {
                        @for point in map.points.iter() { (mark(seat, map, frame, point)) }
                    }
                    g .map__numbers aria-hidden="true" {
                        @for (code, line, rings) in &shapes {
                            @let [x, y] = frame.middle(rings);
                            @let n = line.week(chosen);
                            text .map__count x=(x.round()) y=(y.round()) text-anchor="middle" data-count-of=(code.as_str()) {
                                @if n > 0 { (number(n)) }
                            }
                            @if let Some(percent) = sweeps::percent(line.doors) {
                                @let (left, top) = (x.round() - 20.0, y.round() + 5.0);
                                rect .map__swept-all x=(left) y=(top) width="40" height="6" {}
                                rect .map__swept x=(left) y=(top) width=(percent * 40 / 100) height="6" {}
                            }
                        }
                    }
                }
                (legend(seat, map))
            }
        } @else {
            p .muted { (t!(seat, "map-no-outlines")) }
        }
        (places(seat, map, chosen))
        (points(seat, map))
    }
}

/// The slider, for those whose browser runs scripts; the others have the form.
fn slider(seat: &Seat, map: &Map, chosen: usize) -> Markup {
    let days: Vec<String> = (0..map.days).map(|n| map.day(seat, n)).collect();
    html! {
        div .map__time data-map-time data-days=(days.join(" ")) data-week=(WEEK)
            data-classes=(CLASSES.map(|n| n.to_string()).join(" ")) hidden {
            button .button .button--secondary type="button" data-map-play data-pause=(t!(seat, "map-pause")) { (t!(seat, "map-play")) }
            label .visually-hidden for="map-slider" { (t!(seat, "map-day")) }
            input #map-slider type="range" min="0" max=(map.days.saturating_sub(1)) value=(chosen) step="1";
            output for="map-slider" data-map-day { (map.day(seat, chosen)) }
        }
    }
}

/// A site, a laboratory, a facility: its kind by its form, its load by its size, what is late by a
/// number.
fn mark(seat: &Seat, map: &Map, frame: &Frame, point: &Point) -> Markup {
    let [x, y] = frame.at([point.position.0, point.position.1]);
    let inside = (0.0..=640.0).contains(&x) && (0.0..=frame.height()).contains(&y);
    if !inside {
        return html! {};
    }
    let name = map.name(seat, point);
    let text = format!("{name} · {}", point.text(seat));
    let (x, y) = (x.round(), y.round());
    html! {
        a href=[point.href.as_deref()] class={ "map__point map__point--" (point.kind.as_str()) } aria-label=(text) {
            title { (text) }
            @match point.kind {
                Kind::Site => circle cx=(x) cy=(y) r="4" {},
                Kind::Laboratory => rect x=(x - 6.0) y=(y - 6.0) width="12" height="12" {},
                Kind::Facility => path d={ "M" (x) " " (y - 8.0) "l8 14h-16z" } {},
                Kind::Other => circle cx=(x) cy=(y) r="3" {},
            }
            @if point.late > 0 {
                // As wide as the number is.
                @let late = number(point.late);
                @let width = (5.0 * late.len() as f64 + 6.0).max(14.0);
                rect .map__late x=(x + 7.0 - width / 2.0) y=(y - 14.0) width=(width) height="14" rx="7" {}
                text .map__late-n x=(x + 7.0) y=(y - 4.0) text-anchor="middle" { (late) }
            }
        }
    }
}

fn legend(seat: &Seat, map: &Map) -> Markup {
    let kinds = [Kind::Site, Kind::Laboratory, Kind::Facility];
    html! {
        ul .legend {
            @for (class, low) in CLASSES.iter().enumerate().rev() {
                li { span class={ "legend__key q" (class) } {} (t!(seat, "map-from-n", n = number(*low))) }
            }
            li { span .legend__key .mx {} (t!(seat, "map-none")) }
            @for level in ::zones::Level::ALL.iter().filter(|level| map.has(**level)) {
                li { span class={ "legend__key legend__key--zone z-" (level) } {} (crate::pages::zones::words::level_text(seat, *level)) }
            }
            @if map.below.values().any(|line| line.doors.all() > 0) {
                li { span .legend__key .legend__key--swept {} (t!(seat, "map-swept")) }
            }
            @for kind in kinds.into_iter().filter(|kind| map.points.iter().any(|p| p.kind == *kind)) {
                li { span class={ "legend__key legend__key--" (kind.as_str()) } {} (seat.text(&format!("map-kind-{}", kind.as_str()))) }
            }
            @if map.points.iter().any(|p| p.late > 0) {
                li { span .legend__key .legend__key--late {} (t!(seat, "map-late")) }
            }
        }
    }
}

/// The places in a table; those where nothing is are folded, if there are many.
fn places(seat: &Seat, map: &Map, chosen: usize) -> Markup {
    let mut lines: Vec<Line<'_>> = map.below.iter().collect();
    lines.sort_by_key(|(code, line)| (std::cmp::Reverse(line.week(chosen)), (*code).clone()));
    let quiet = |(_, line): &Line<'_>| {
        line.a_day.iter().all(|n| *n == 0) && line.held(chosen) == Held::default()
    };
    let (rest, shown): (Vec<_>, Vec<_>) = lines.iter().copied().partition(quiet);
    if rest.len() < FOLDED {
        return table(seat, map, chosen, &lines).render(seat);
    }
    html! {
        (table(seat, map, chosen, &shown).render(seat))
        details .disclosure {
            summary { (t!(seat, "map-quiet", n = rest.len() as i64)) }
            (table(seat, map, chosen, &rest).render(seat))
        }
    }
}

/// A place below with what is known of it.
type Line<'a> = (&'a PlaceCode, &'a Below);

fn table(seat: &Seat, map: &Map, chosen: usize, lines: &[Line<'_>]) -> Table {
    let columns = vec![
        Column::new("place", t!(seat, "place")),
        Column::new("week", t!(seat, "map-week")).numeric(),
        Column::new("day", t!(seat, "map-on-the-day")).numeric(),
        Column::new("all", t!(seat, "map-all-days")).numeric(),
        Column::new("zone", t!(seat, "zone-level")),
        Column::new("locked", t!(seat, "map-locked")).numeric(),
        Column::new("controlled", t!(seat, "map-controlled")).numeric(),
        Column::new("swept", t!(seat, "map-swept")),
    ];
    let end = (map.first + Span(Span::days(chosen as i64 + 1).0 - 1)).min(seat.now());
    let at = crate::ui::time::input_value(end, seat.app().zone());
    let zones = |code: &PlaceCode, level: ::zones::Level, n: i64| {
        let within =
            format!("/zones/list?level={level}&within={code}&at={at}&area={}", area_of(code));
        if n > 0 { Cell::count(n, &within) } else { Cell::number(n) }
    };
    let rows = lines.iter().map(|(code, line)| {
        vec![
            Cell::link(&map.href(seat, code), map.names.place(seat, code)),
            Cell::count(line.week(chosen), &map.cases(seat, code)),
            Cell::number(line.a_day.get(chosen).copied().unwrap_or(0)),
            Cell::count(line.a_day.iter().sum(), &map.cases(seat, code)),
            match line.held(chosen).whole {
                Some(level) => crate::pages::zones::words::level_cell(seat, level),
                None => Cell::none(),
            },
            zones(code, ::zones::Level::Locked, line.held(chosen).locked),
            zones(code, ::zones::Level::Controlled, line.held(chosen).controlled),
            swept(seat, code, line.doors),
        ]
    });
    Table::new(t!(seat, "map-table"), columns)
        .window(map.day(seat, chosen))
        .empty(t!(seat, "map-no-places"))
        .rows(rows)
}

/// Sites, laboratories and facilities in a table; those with nothing to tell are folded, if there are many.
fn points(seat: &Seat, map: &Map) -> Markup {
    let told = |point: &&Point| point.late > 0 || point.has.is_some_and(|(n, _)| n > 0);
    let (shown, rest): (Vec<_>, Vec<_>) = map.points.iter().partition(told);
    let all: Vec<&Point> = map.points.iter().collect();
    html! {
        @if rest.len() < FOLDED {
            @if !all.is_empty() { (points_table(seat, map, &all).render(seat)) }
        } @else {
            (points_table(seat, map, &shown).render(seat))
            details .disclosure {
                summary { (t!(seat, "map-points-quiet", n = rest.len() as i64)) }
                (points_table(seat, map, &rest).render(seat))
            }
        }
    }
}

fn points_table(seat: &Seat, map: &Map, points: &[&Point]) -> Table {
    let columns = vec![
        Column::new("holder", t!(seat, "map-point")),
        Column::new("kind", t!(seat, "kind")),
        Column::new("load", t!(seat, "map-load")),
        Column::new("late", t!(seat, "map-late")).numeric(),
    ];
    let may = seat.may_open("/testing/late/{holder}");
    let rows = points.iter().map(|point| {
        let name = map.name(seat, point);
        vec![
            match &point.href {
                Some(href) => Cell::link(href, name),
                None => Cell::text(name),
            },
            Cell::text(seat.text(&format!("map-kind-{}", point.kind.as_str()))),
            Cell::text(point.load(seat)),
            match point.late {
                n @ 1.. if may => {
                    Cell::count(n, &format!("/testing/late/{}?area={}", point.code, map.scope))
                }
                n => Cell::number(n),
            },
        ]
    });
    Table::new(t!(seat, "map-points"), columns).empty(t!(seat, "map-points-empty")).rows(rows)
}

/// How many households the sweeps that go on have found, of all of them, with the list of these sweeps.
fn swept(seat: &Seat, code: &PlaceCode, doors: Doors) -> Cell {
    let Some(percent) = sweeps::percent(doors) else { return Cell::none() };
    let text = t!(seat, "map-swept-of", found = doors.found, all = doors.all(), percent = percent);
    match seat.may_open("/zones/sweeps") {
        true => {
            let href = format!("/zones/sweeps?within={code}&area={}", area_of(code));
            Cell::link(&href, text)
        }
        false => Cell::text(text),
    }
}
