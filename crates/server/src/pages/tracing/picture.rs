//! Chains as a picture: SVG made on the server. Up to a few hundred cases each is drawn, in rows by chain
//! and in columns by day; of more, what is drawn is how many there were of each cluster on each day, and
//! how many infections went from one to another.

use std::collections::BTreeMap;

use maud::{Markup, html};
use tracing_desk::chains::{Chains, Cluster, Evidence, Node};
use types::{Micros, Span};

use super::words;
use crate::i18n::number;
use crate::seat::Seat;
use crate::t;

/// Cases that are drawn one by one.
pub const ONE_BY_ONE: usize = 300;
/// Clusters with a row of their own; the others share the last.
const ROWS: usize = 11;

const COLUMN: f64 = 34.0;
const ROW: f64 = 16.0;
const LEFT: f64 = 150.0;
const TOP: f64 = 30.0;
const BAND: f64 = 46.0;

/// The days from the first case to the last, as midnights.
fn days(nodes: &[&Node]) -> Vec<Micros> {
    let (Some(first), Some(last)) =
        (nodes.iter().map(|n| n.day).min(), nodes.iter().map(|n| n.day).max())
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut day = first;
    while day <= last && found.len() < 400 {
        found.push(day);
        day = day + Span::days(1);
    }
    found
}

fn column(days: &[Micros], day: Micros) -> usize {
    let first = days.first().copied().unwrap_or(day);
    // Days are at least 23 hours long: half a day more makes each count once.
    let n = ((day - first).0 + Span::hours(12).0).div_euclid(Span::days(1).0);
    usize::try_from(n.max(0)).unwrap_or(0).min(days.len().saturating_sub(1))
}

/// The name of a cluster.
pub fn name(seat: &Seat, cluster: &Cluster) -> String {
    let place = if cluster.name.is_empty() { &cluster.place } else { &cluster.name };
    format!("{} · {}", words::setting(seat, cluster.setting), place)
}

fn axis(seat: &Seat, days: &[Micros], height: f64) -> Markup {
    // Not more labels than can be read.
    let every = days.len().div_ceil(16).max(1);
    html! {
        @for (n, day) in days.iter().enumerate() {
            @let x = LEFT + COLUMN * (n as f64 + 0.5);
            @if n.is_multiple_of(every) {
                line .chart__grid x1=(x) x2=(x) y1=(TOP) y2=(height) {}
                text .chain__label x=(x) y=(TOP - 10.0) text-anchor="middle" {
                    (seat.time(*day).day().get(5..).unwrap_or_default())
                }
            }
        }
    }
}

/// A picture of the nodes that are shown, by their indices.
pub fn draw(seat: &Seat, chains: &Chains, shown: &[usize]) -> Markup {
    if shown.len() > ONE_BY_ONE {
        overview(seat, chains, shown)
    } else {
        one_by_one(seat, chains, shown)
    }
}

/// In which row each case stands: a chain takes rows of its own, of whom one case infected the first
/// stands in its row, and cases without any known source or secondary case fill up rows together.
fn rows_of(chains: &Chains, shown: &[usize], days: &[Micros]) -> (BTreeMap<usize, usize>, usize) {
    let mut children: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut roots = Vec::new();
    for n in shown {
        match chains.nodes[*n].source().map(|s| s.node).filter(|by| shown.binary_search(by).is_ok())
        {
            Some(by) => children.entry(by).or_default().push(*n),
            None => roots.push(*n),
        }
    }
    let mut rows = BTreeMap::new();
    let mut next = 0;
    let (alone, heads): (Vec<usize>, Vec<usize>) =
        roots.into_iter().partition(|root| !children.contains_key(root));
    for head in heads {
        // Depth first, without recursion: chains may be long.
        let mut stack = vec![(head, true)];
        while let Some((n, fresh)) = stack.pop() {
            if fresh {
                rows.insert(n, next);
                next += 1;
            }
            let row = rows.get(&n).copied().unwrap_or(next);
            let of = children.get(&n).map_or(&[][..], Vec::as_slice);
            for (k, child) in of.iter().enumerate().rev() {
                if k == 0 {
                    rows.insert(*child, row);
                }
                stack.push((*child, k != 0));
            }
        }
    }
    // Those alone: one a day in each row.
    let mut filled: BTreeMap<usize, usize> = BTreeMap::new();
    let first = next;
    for n in alone {
        let at = filled.entry(column(days, chains.nodes[n].day)).or_insert(first);
        rows.insert(n, *at);
        *at += 1;
        next = next.max(*at);
    }
    (rows, next)
}

fn one_by_one(seat: &Seat, chains: &Chains, shown: &[usize]) -> Markup {
    let nodes: Vec<&Node> = shown.iter().map(|n| &chains.nodes[*n]).collect();
    let days = days(&nodes);
    let (rows, count) = rows_of(chains, shown, &days);
    let left = 12.0;
    let x_of = |n: usize| left + COLUMN * (column(&days, chains.nodes[n].day) as f64 + 0.5);
    let y_of = |n: usize| TOP + ROW * (rows.get(&n).copied().unwrap_or(0) as f64 + 0.5);
    let (width, height) =
        (left + COLUMN * days.len() as f64 + 12.0, TOP + ROW * count as f64 + 8.0);
    let every = days.len().div_ceil(16).max(1);
    let title = t!(seat, "trace-picture-title", n = shown.len() as i64);
    html! {
        div .chain tabindex="0" role="region" aria-label=(title) {
            svg .chain__plot width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } role="group" aria-label=(title) {
                title { (title) }
                desc { (t!(seat, "trace-picture-desc")) }
                @for (n, day) in days.iter().enumerate() {
                    @let x = left + COLUMN * (n as f64 + 0.5);
                    @if n.is_multiple_of(every) {
                        line .chart__grid x1=(x) x2=(x) y1=(TOP) y2=(height) {}
                        text .chain__label x=(x) y=(TOP - 10.0) text-anchor="middle" {
                            (seat.time(*day).day().get(5..).unwrap_or_default())
                        }
                    }
                }
                @for n in shown {
                    @for (k, source) in chains.nodes[*n].sources.iter().enumerate().take(3) {
                        @if shown.binary_search(&source.node).is_ok() && source.probability >= 0.05 {
                            @let (x1, y1, x2, y2) = (x_of(source.node), y_of(source.node), x_of(*n), y_of(*n));
                            @let likely = k == 0 && chains.nodes[*n].source().is_some();
                            path class={ "chain__edge" @if !likely { " chain__edge--other" } @else { " chain__edge--" (source.evidence.as_str()) } }
                                d={ "M" (x1) " " (y1) " C" ((x1 + x2) / 2.0) " " (y1) " " ((x1 + x2) / 2.0) " " (y2) " " (x2) " " (y2) } {}
                        }
                    }
                }
                @for n in shown {
                    @let node = &chains.nodes[*n];
                    a href=(words::investigation_path(tracing_desk::investigation_of(node.case))) {
                        circle class={ "c" (colour(node)) } cx=(x_of(*n)) cy=(y_of(*n)) r=(radius(node)) {
                            title { (tip(seat, chains, node)) }
                        }
                    }
                }
            }
        }
    }
}

/// By the largest cluster that it belongs to; without one, grey.
fn colour(node: &Node) -> usize {
    node.clusters.first().map_or(5, |cluster| cluster % 5)
}

fn radius(node: &Node) -> f64 {
    3.5 + f64::from(node.secondary).sqrt().min(4.0)
}

/// What is said of a case in the picture.
pub fn tip(seat: &Seat, chains: &Chains, node: &Node) -> String {
    let mut text = format!("{} · {}", words::short(node.case), seat.time(node.day).day());
    if let Some(source) = node.source() {
        let by = &chains.nodes[source.node];
        text.push_str(&t!(
            seat,
            "trace-tip-source",
            source = words::short(by.case),
            percent = percent(source.probability)
        ));
    }
    if node.secondary > 0 {
        text.push_str(&t!(seat, "trace-tip-secondary", n = i64::from(node.secondary)));
    }
    text
}

/// A probability as a whole number of percent.
pub fn percent(probability: f64) -> i64 {
    (probability * 100.0).round() as i64
}

/// The word for what links two cases.
pub fn evidence(seat: &Seat, of: Evidence) -> String {
    crate::pages::cases::words::named(seat, "trace-evidence", of.as_str())
}

fn overview(seat: &Seat, chains: &Chains, shown: &[usize]) -> Markup {
    let nodes: Vec<&Node> = shown.iter().map(|n| &chains.nodes[*n]).collect();
    let days = days(&nodes);
    // The largest clusters of those shown have rows; everybody else is in the last.
    let row_of = |node: &Node| node.clusters.first().copied().filter(|c| *c < ROWS).unwrap_or(ROWS);
    let mut cells: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    let mut flows: BTreeMap<(usize, usize, usize, usize), i64> = BTreeMap::new();
    for node in &nodes {
        let at = (row_of(node), column(&days, node.day));
        *cells.entry(at).or_default() += 1;
        if let Some(source) = node.source() {
            let by = &chains.nodes[source.node];
            let from = (row_of(by), column(&days, by.day));
            *flows.entry((from.0, from.1, at.0, at.1)).or_default() += 1;
        }
    }
    let mut rows: Vec<usize> = cells.keys().map(|(row, _)| *row).collect();
    rows.dedup();
    let place = |row: usize| rows.iter().position(|r| *r == row).unwrap_or(0) as f64;
    let most = cells.values().copied().max().unwrap_or(1).max(1) as f64;
    let x_of = |column: usize| LEFT + COLUMN * (column as f64 + 0.5);
    let y_of = |row: usize| TOP + BAND * (place(row) + 0.5);
    let width = LEFT + COLUMN * days.len() as f64 + 12.0;
    let height = TOP + BAND * rows.len() as f64 + 8.0;
    // The thickest: what is drawn on top of everything tells nothing.
    let mut thick: Vec<_> =
        flows.into_iter().filter(|((a, b, c, d), _)| (a, b) != (c, d)).collect();
    thick.sort_by_key(|(key, n)| (std::cmp::Reverse(*n), *key));
    thick.truncate(160);
    let title = t!(seat, "trace-picture-title", n = shown.len() as i64);
    html! {
        p .muted { (t!(seat, "trace-overview-lead", n = ONE_BY_ONE as i64)) }
        div .chain tabindex="0" role="region" aria-label=(title) {
            svg .chain__plot width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } role="group" aria-label=(title) {
                title { (title) }
                desc { (t!(seat, "trace-picture-desc")) }
                (axis(seat, &days, height))
                @for row in &rows {
                    text .chain__label x=(4.0) y=(y_of(*row) + 4.0) {
                        (match chains.clusters.get(*row).filter(|_| *row < ROWS) {
                            Some(cluster) => name(seat, cluster).chars().take(16).collect::<String>(),
                            None => t!(seat, "trace-no-cluster"),
                        })
                    }
                }
                @for ((from_row, from_day, to_row, to_day), n) in &thick {
                    @let (x1, y1, x2, y2) = (x_of(*from_day), y_of(*from_row), x_of(*to_day), y_of(*to_row));
                    path class={ "chain__edge chain__edge--w" ((1.0 + (*n as f64).log2()).round().clamp(1.0, 5.0)) }
                        d={ "M" (x1) " " (y1) " C" ((x1 + x2) / 2.0) " " (y1) " " ((x1 + x2) / 2.0) " " (y2) " " (x2) " " (y2) } {}
                }
                @for ((row, column), n) in &cells {
                    @let day = days.get(*column).copied().unwrap_or_default();
                    @let cluster = (*row < ROWS).then(|| row.to_string());
                    @let link = seat.here(&[
                        ("cluster", cluster.as_deref().or(Some("none"))),
                        ("day", Some(seat.time(day).day())),
                    ]);
                    a href=(link) {
                        circle class={ "c" (if *row < ROWS { row % 5 } else { 5 }) }
                            cx=(x_of(*column)) cy=(y_of(*row)) r=(3.0 + 15.0 * (*n as f64 / most).sqrt()) {
                            title { (seat.time(day).day()) ": " (number(*n)) }
                        }
                    }
                }
            }
        }
    }
}
