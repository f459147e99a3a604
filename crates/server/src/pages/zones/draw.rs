//! Zones drawn on a map: areas are picked by pressing them, and become zones in one act. Each press is a link,
//! so it works by keyboard and without a script; the list under the map has the same areas to tick.

use std::collections::BTreeSet;

use axum::extract::Path;
use maud::{Markup, html};
use registry::place::{Level as Depth, chain_of};
use types::{AreaScope, PlaceCode};
use zones::{Level, views};

use super::{DECIDERS, new, under_board, words};
use crate::pages::act;
use crate::pages::cases::words::options;
use crate::pages::testing::map::{Frame, Rings};
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/zones/draw", DECIDERS, whole);
    routes.get("/zones/draw/{place}", DECIDERS, at_place);
}

async fn whole(seat: Seat) -> Answer {
    match PlaceCode::parse(&seat.scope().to_string()) {
        Ok(place) => show(seat, place).await,
        Err(_) => Ok(seat.go("/areas?back=%2Fzones%2Fdraw")),
    }
}

async fn at_place(seat: Seat, Path(place): Path<String>) -> Answer {
    let place = PlaceCode::parse(&place)?;
    show(seat, place).await
}

/// An area that can be picked.
struct Area {
    code: PlaceCode,
    outline: Option<Rings>,
    /// What holds in all of it.
    level: Option<Level>,
}

impl Area {
    /// Whether it is small enough to become a zone by itself; a larger one is gone into.
    fn picks(&self) -> bool {
        Depth::of(&self.code) >= Some(Depth::Compound)
    }
}

async fn areas(seat: &Seat, place: &PlaceCode) -> Result<(Vec<Area>, Names), Fault> {
    let mut db = seat.db().await?;
    let below = registry::views::children(&mut db, Some(place)).await?;
    let mut outlines = registry::views::outlines(&mut db, place).await?;
    let scope = match place.area() {
        Some(area) => AreaScope::one(area),
        None => seat.scope(),
    };
    let held = views::at(&mut db, scope, None, seat.now()).await?;
    let names = words::names(&mut db, below.iter().map(|line| line.code.clone()).collect()).await?;
    let areas = below
        .into_iter()
        .map(|line| {
            let chain = chain_of(&line.code);
            let over = held.iter().filter(|stretch| chain.contains(&stretch.place));
            let rings =
                outlines.remove(&line.code).and_then(|text| serde_json::from_str(&text).ok());
            Area {
                level: over.map(|s| s.level).max_by_key(|level| level.strictness()),
                outline: rings,
                code: line.code,
            }
        })
        .collect();
    Ok((areas, names))
}

/// The areas that the address has picked.
fn picked(seat: &Seat) -> BTreeSet<PlaceCode> {
    let text = seat.param("pick").unwrap_or_default();
    text.split(' ').filter_map(|code| PlaceCode::parse(code).ok()).collect()
}

/// Where a press on an area leads: it is picked or let go, or gone into.
fn press(seat: &Seat, area: &Area, picked: &BTreeSet<PlaceCode>) -> String {
    if !area.picks() {
        return format!("/zones/draw/{}", area.code);
    }
    let mut next = picked.clone();
    if !next.remove(&area.code) {
        next.insert(area.code.clone());
    }
    let codes: Vec<&str> = next.iter().map(PlaceCode::as_str).collect();
    let text = codes.join(" ");
    format!("{}#pick", seat.here(&[("pick", (!text.is_empty()).then_some(text.as_str()))]))
}

async fn show(seat: Seat, place: PlaceCode) -> Answer {
    let (areas, names) = areas(&seat, &place).await?;
    let picked = picked(&seat);
    let mut db = seat.db().await?;
    let own = words::names(&mut db, vec![place.clone()]).await?;
    drop(db);
    let body = html! {
        (drawn(&seat, &areas, &names, &picked))
        (list(&seat, &areas, &names))
        @if areas.iter().any(Area::picks) { (form(&seat, &areas, &names, &picked)) }
    };
    let mut page =
        Page::new(format!("{} · {}", t!(seat, "zone-draw"), own.place(&seat, &place)), body)
            .lead(html! { (t!(seat, "zone-draw-lead")) });
    page = under_board(&seat, page);
    let mut chain = chain_of(&place);
    chain.reverse();
    chain.pop();
    for above in chain.iter().filter(|p| p.area().is_some()) {
        page = page.crumb(format!("/zones/draw/{above}"), own.place(&seat, above));
    }
    Ok(seat.render(page))
}

fn said(seat: &Seat, area: &Area, names: &Names, picked: &BTreeSet<PlaceCode>) -> String {
    let mut text = names.place(seat, &area.code);
    if let Some(level) = area.level {
        text = format!("{text} · {}", words::level_text(seat, level));
    }
    if picked.contains(&area.code) {
        text = format!("{text} · {}", t!(seat, "zone-picked"));
    }
    text
}

fn drawn(seat: &Seat, areas: &[Area], names: &Names, picked: &BTreeSet<PlaceCode>) -> Markup {
    let shapes: Vec<(&Area, &Rings)> = areas
        .iter()
        .filter_map(|area| Some((area, area.outline.as_ref()?)))
        .filter(|(_, rings)| rings.iter().any(|ring| ring.len() > 2))
        .collect();
    let Some(frame) = Frame::around(shapes.iter().map(|(_, rings)| *rings)) else {
        return html! { p .muted { (t!(seat, "map-no-outlines")) } };
    };
    html! {
        figure .map .respond #pick {
            svg .map__plot viewBox={ "0 0 640 " (frame.height().round()) } role="group" aria-label=(t!(seat, "zone-draw")) {
                @for (area, rings) in &shapes {
                    @let said = said(seat, area, names, picked);
                    @let zone = area.level.map_or(String::new(), |level| format!("z-{level}"));
                    @let fill = if picked.contains(&area.code) { "q3" } else { "mx" };
                    a href=(press(seat, area, picked)) aria-label=(said) {
                        path class={ "map__place " (fill) " " (zone) } d=(frame.path(rings)) {
                            title { (said) }
                        }
                    }
                }
                g .map__numbers aria-hidden="true" {
                    @for (area, rings) in shapes.iter().filter(|(area, _)| picked.contains(&area.code)) {
                        @let [x, y] = frame.middle(rings);
                        text .map__count x=(x.round()) y=(y.round()) text-anchor="middle" { "✓" (names.place(seat, &area.code)) }
                    }
                }
            }
            ul .legend {
                @for level in Level::ALL {
                    li { span class={ "legend__key legend__key--zone z-" (level) } {} (words::level_text(seat, *level)) }
                }
                li { span .legend__key .q3 {} (t!(seat, "zone-picked")) }
            }
        }
    }
}

/// Areas that are too wide to be picked: they are gone into.
fn list(seat: &Seat, areas: &[Area], names: &Names) -> Markup {
    html! {
        ul .plain-list {
            @for area in areas.iter().filter(|area| !area.picks() || Depth::of(&area.code) == Some(Depth::Compound)) {
                li {
                    a href={ "/zones/draw/" (area.code) } { (names.place(seat, &area.code)) }
                    @if let Some(level) = area.level { " " (words::level(seat, level)) }
                }
            }
        }
    }
}

fn form(seat: &Seat, areas: &[Area], names: &Names, picked: &BTreeSet<PlaceCode>) -> Markup {
    let levels = Level::ALL.iter().map(|level| level.as_str());
    let ticks = areas
        .iter()
        .filter(|area| area.picks())
        .map(|area| (area.code.to_string(), said(seat, area, names, &BTreeSet::new())));
    let pairs: Vec<(&str, &str)> = picked.iter().map(|code| ("place", code.as_str())).collect();
    let typed = FormData::from_pairs(pairs);
    let made = Form::new(seat, seat.link("/zones/new"))
        .hidden(act::ID, &act::fresh())
        .field(Field::ticks("place", t!(seat, "zone-places"), ticks.collect(), &typed))
        .field(
            Field::radios(
                "level",
                t!(seat, "zone-level"),
                options(seat, "zone-level", None, levels),
            )
            .value(Level::Controlled.as_str()),
        );
    let made = new::duties(seat, made, &typed)
        .field(
            Field::area("reason", t!(seat, "zone-reason"), 2)
                .hint(t!(seat, "zone-reason-hint"))
                .optional(),
        )
        .button(&t!(seat, "zone-make"));
    parts::panel(&t!(seat, "zone-new"), made)
}
