//! Batches on a map: where they leave, the order of their stops, how far they are. What is drawn is also in the
//! table or the stops above it; nothing is known of roads, so the lines are straight.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use store::Connection;
use supply::{Batch, BatchState, Site, views};
use types::{AreaCode, HolderCode, PlaceCode};

use super::{path, words};
use crate::pages::cases::words::named;
use crate::pages::testing::map::{Frame, Rings};
use crate::seat::Seat;
use crate::{Fault, t};

/// How much is shown around the outermost stops, in degrees: some six hundred metres.
const MARGIN: f64 = 0.006;

/// A batch whose way is known: from where it leaves to its stops.
struct Way<'a> {
    batch: &'a Batch,
    from: (f64, f64),
    /// The number of a stop, from 1, its place and where that is.
    stops: Vec<(usize, &'a PlaceCode, (f64, f64))>,
}

/// What is needed to draw batches.
pub(super) struct Drawn<'a> {
    ways: Vec<Way<'a>>,
    sites: BTreeMap<String, (String, (f64, f64))>,
    /// What the places are called from which batches leave, also where nobody knows where they are.
    names: BTreeMap<HolderCode, String>,
    outlines: Vec<Rings>,
    /// Stops, or whole batches, whose position nobody knows.
    unknown: usize,
}

impl<'a> Drawn<'a> {
    /// Looks up where the batches leave and stop, and the outlines around them.
    pub(super) async fn load(
        seat: &Seat,
        db: &mut Connection,
        batches: &'a [Batch],
    ) -> Result<Drawn<'a>, Fault> {
        let shops: BTreeSet<_> = batches.iter().map(|batch| &batch.shop).collect();
        let sites: Vec<Site> = views::sites_by_code(db, shops).await?;
        let places: BTreeSet<&PlaceCode> =
            batches.iter().flat_map(|batch| batch.stops.iter().map(|stop| &stop.place)).collect();
        let known = views::whereabouts(db, &sites, places.into_iter().cloned().collect()).await?;
        let mut outlines = Vec::new();
        let areas: BTreeSet<AreaCode> = batches.iter().map(|batch| batch.id.area()).collect();
        for area in areas {
            let county = PlaceCode::parse(&area.to_string())?;
            let below = registry::views::outlines(db, &county).await?;
            outlines.extend(below.values().filter_map(|text| serde_json::from_str(text).ok()));
        }
        let mut unknown = 0;
        let mut ways = Vec::new();
        for batch in batches {
            let Some(&from) = known.sites.get(&batch.shop) else {
                unknown += batch.stops.len();
                continue;
            };
            let stops: Vec<_> = batch
                .stops
                .iter()
                .enumerate()
                .filter_map(|(n, stop)| Some((n + 1, &stop.place, *known.places.get(&stop.place)?)))
                .collect();
            unknown += batch.stops.len() - stops.len();
            ways.push(Way { batch, from, stops });
        }
        let named = sites.iter().map(|site| (site.code.clone(), words::site_name(seat, site)));
        let names: BTreeMap<HolderCode, String> = named.collect();
        let sites = sites.iter().filter_map(|site| {
            let at = *known.sites.get(&site.code)?;
            Some((site.code.to_string(), (names.get(&site.code)?.clone(), at)))
        });
        let sites = sites.collect();
        Ok(Drawn { ways, sites, names, outlines, unknown })
    }

    /// What the place is called that a batch leaves from.
    pub(super) fn leaves_from(&self, batch: &Batch) -> String {
        self.names.get(&batch.shop).cloned().unwrap_or_else(|| batch.shop.to_string())
    }

    fn frame(&self) -> Option<Frame> {
        let at = self.ways.iter().flat_map(|way| {
            way.stops.iter().map(|(_, _, at)| *at).chain(std::iter::once(way.from))
        });
        let corners: Vec<[f64; 2]> = at
            .flat_map(|(east, north)| {
                [[east - MARGIN, north - MARGIN], [east + MARGIN, north + MARGIN]]
            })
            .collect();
        Frame::around(std::iter::once(&vec![corners]))
    }

    /// The batches of a list: each a link to its page. Nothing where there is nothing to draw.
    pub(super) fn all(&self, seat: &Seat) -> Markup {
        self.figure(seat, &t!(seat, "supply-map-title"), true)
    }

    /// One batch, its stops numbered. Nothing where there is nothing to draw.
    pub(super) fn one(&self, seat: &Seat) -> Markup {
        self.figure(seat, &t!(seat, "supply-map-one"), false)
    }

    fn figure(&self, seat: &Seat, title: &str, links: bool) -> Markup {
        let Some(frame) = self.frame() else {
            return html! {};
        };
        let height = frame.height().round();
        html! {
            figure .map .routes {
                figcaption .chart__title { (title) }
                svg .map__plot viewBox={ "0 0 640 " (height) } role="group" aria-label=(title) {
                    @for rings in &self.outlines { path .map__place .mx d=(frame.path(rings)) {} }
                    // Under the stops: a shop often brings to the compound that it lies in.
                    @for (name, at) in self.sites.values() {
                        @let [x, y] = frame.at([at.0, at.1]).map(f64::round);
                        @let side = if links { 16.0 } else { 30.0 };
                        rect .route__site x=(x - side / 2.0) y=(y - side / 2.0) width=(side) height=(side) { title { (name) } }
                    }
                    @for way in &self.ways { (self.way(seat, &frame, way, links)) }
                }
                (self.legend(seat))
                p .muted {
                    (t!(seat, "supply-map-straight"))
                    @if self.unknown > 0 { " " (t!(seat, "supply-map-unknown", n = self.unknown as i64)) }
                }
            }
        }
    }

    fn way(&self, seat: &Seat, frame: &Frame, way: &Way<'_>, links: bool) -> Markup {
        let batch = way.batch;
        let ends = std::iter::once(way.from).chain(way.stops.iter().map(|(_, _, at)| *at));
        let line: Vec<String> = ends
            .map(|(east, north)| frame.at([east, north]).map(f64::round))
            .map(|[x, y]| format!("{x},{y}"))
            .collect();
        let text = format!(
            "{} · {} · {}",
            words::short(batch.id),
            batch.vehicle,
            t!(seat, "supply-map-been", n = batch.been.len() as i64, of = batch.stops.len() as i64)
        );
        let shapes = html! {
            title { (text) }
            // A wide line that nobody sees is what a finger finds.
            @if links { polyline .route__touch points=(line.join(" ")) {} }
            polyline class={ "route route--" (look(batch)) } points=(line.join(" ")) {}
            @for (n, place, at) in &way.stops {
                @let [x, y] = frame.at([at.0, at.1]).map(f64::round);
                @let been = batch.been.contains(place);
                g {
                    @if !links { title { (n) ". " (place) } }
                    circle class={ "route__stop" @if been { " route__stop--been" } } cx=(x) cy=(y) r=(if links { 4 } else { 10 }) {}
                    @if !links { text class={ "route__n" @if been { " route__n--been" } } x=(x) y=(y + 4.0) text-anchor="middle" { (n) } }
                }
            }
        };
        html! {
            @if links { a href=(path(batch.id)) aria-label=(text) { (shapes) } } @else { g { (shapes) } }
        }
    }

    fn legend(&self, seat: &Seat) -> Markup {
        let looks: BTreeSet<&str> = self.ways.iter().map(|way| look(way.batch)).collect();
        html! {
            ul .legend {
                li { span .legend__key .legend__key--depot {} (t!(seat, "supply-map-from")) }
                @for look in looks {
                    li { span class={ "legend__key legend__key--route legend__key--" (look) } {} (named(seat, "supply-batch", look)) }
                }
                @if self.ways.iter().any(|way| !way.batch.been.is_empty()) {
                    li { span .legend__key .legend__key--been {} (t!(seat, "supply-map-reached")) }
                }
            }
        }
    }
}

/// How a batch is drawn, by colour and by the form of its line: as it stands, or that it must be planned anew.
fn look(batch: &Batch) -> &'static str {
    match batch.state {
        BatchState::Planned if !batch.stale.is_empty() => "stale",
        state => state.as_str(),
    }
}
