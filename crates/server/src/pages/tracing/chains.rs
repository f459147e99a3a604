//! Chains: the picture, the clusters, the statistics, and all of it as a table.

use maud::{Markup, html};
use tracing_desk::chains::{Chains, Node};
use tracing_desk::views;
use types::{Micros, Span};

use super::{READERS, picture, under_board, words};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::parse_local;
use crate::{Fault, t};

/// Days in view when the address names none.
const DAYS: i64 = 21;
/// Lines of the table on the page; all of them are in the file.
const LINES: usize = 400;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/tracing/chains", READERS, show).timeout_seconds(60);
}

/// The window of an address: from the begin of a day to the end of one.
pub fn window(seat: &Seat) -> (Micros, Micros) {
    let day = |name: &str| {
        let text = seat.param(name)?;
        parse_local(&format!("{text}T00:00"), seat.app().zone()).ok()
    };
    let today = words::today(seat);
    let until = day("until").unwrap_or(today);
    let from = day("from").unwrap_or(until - Span::days(DAYS));
    (from, until + Span::days(1))
}

/// Of all cases those that the address asks for: of a cluster, of a day.
fn shown(seat: &Seat, chains: &Chains) -> Vec<usize> {
    let cluster = seat.param("cluster");
    let number = cluster.as_deref().and_then(|text| text.parse::<usize>().ok());
    let none = cluster.as_deref() == Some("none");
    let day = seat.param("day");
    let fits = |node: &Node| {
        let of_cluster = match (number, none) {
            (Some(n), _) => node.clusters.contains(&n),
            (None, true) => node.clusters.is_empty(),
            (None, false) => true,
        };
        of_cluster && day.as_deref().is_none_or(|day| seat.time(node.day).day() == day)
    };
    let nodes = chains.nodes.iter().enumerate();
    nodes.filter(|(_, node)| fits(node)).map(|(n, _)| n).collect()
}

/// The chains of a window in the seat's areas.
pub async fn read(seat: &Seat, window: (Micros, Micros)) -> Result<Option<Chains>, Fault> {
    let mut db = seat.db().await?;
    let input = views::chain_input(&mut db, seat.app().protocol(), seat.scope(), window).await?;
    drop(db);
    let Some(input) = input else { return Ok(None) };
    tokio::task::spawn_blocking(move || input.chains()).await.map_err(Fault::internal)
}

async fn show(seat: Seat) -> Answer {
    let (from, until) = window(&seat);
    let Some(chains) = read(&seat, (from, until)).await? else {
        let body = html! { p { (t!(seat, "trace-no-interval")) } };
        return Ok(seat.render(under_board(&seat, Page::new(t!(seat, "nav-tracing-chains"), body))));
    };
    let shown = shown(&seat, &chains);
    let table = case_table(&seat, &chains, &shown);
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let clusters = std::iter::once((String::new(), t!(seat, "case-any")))
        .chain(chains.clusters.iter().take(60).enumerate().map(|(n, cluster)| {
            let text = format!("{} ({})", picture::name(&seat, cluster), cluster.cases.len());
            (n.to_string(), text)
        }))
        .chain([("none".to_owned(), t!(seat, "trace-no-cluster"))]);
    let day = |at: Micros| seat.time(at).day().to_owned();
    let form = Form::asks(&seat, "/tracing/chains")
        .field(Field::day("from", t!(seat, "trace-from")).value(day(from)))
        .field(Field::day("until", t!(seat, "trace-until-time")).value(day(until - Span::days(1))))
        .field(
            Field::select("cluster", t!(seat, "trace-cluster"), clusters.collect())
                .value(seat.param("cluster").unwrap_or_default())
                .short(),
        )
        .button(&t!(seat, "show"));
    let body = html! {
        (form)
        @if let Some(day) = seat.param("day") {
            p {
                (t!(seat, "trace-only-day", day = day.as_str())) " "
                a href=(seat.here(&[("day", None)])) { (t!(seat, "trace-all-days")) }
            }
        }
        @if shown.is_empty() {
            p .muted { (t!(seat, "trace-chains-empty")) }
        } @else {
            (picture::draw(&seat, &chains, &shown))
            (legend(&seat))
        }
        (statistics(&seat, &chains))
        (cluster_table(&seat, &chains))
        (table.render(&seat))
    };
    let page = Page::new(t!(seat, "nav-tracing-chains"), body)
        .lead(html! { (t!(seat, "trace-chains-lead", n = chains.nodes.len() as i64)) });
    Ok(seat.render(under_board(&seat, page)))
}

fn legend(seat: &Seat) -> Markup {
    html! {
        p .muted { (t!(seat, "trace-legend")) }
    }
}

fn two(value: f64) -> String {
    if value.is_finite() { format!("{value:.2}") } else { "∞".to_owned() }
}

fn statistics(seat: &Seat, chains: &Chains) -> Markup {
    let mut rows: Vec<(String, Markup)> = Vec::new();
    if let Some(of) = chains.offspring {
        rows.push((
            t!(seat, "trace-secondary-mean"),
            html! { (two(of.mean)) " (" (two(of.mean_low)) " – " (two(of.mean_high)) ")" },
        ));
        rows.push((
            t!(seat, "trace-dispersion"),
            html! {
                (two(of.dispersion)) " (" (two(of.dispersion_low)) " – " (two(of.dispersion_high)) ")"
            },
        ));
        rows.push((
            t!(seat, "trace-eighty"),
            html! { (picture::percent(of.cases_causing(0.8))) " %" },
        ));
    }
    if let Some(of) = chains.serial {
        rows.push((
            t!(seat, "trace-serial"),
            html! {
                (two(of.mean.value)) " (" (two(of.mean.low)) " – " (two(of.mean.high)) "), "
                (t!(seat, "trace-serial-of", n = of.pairs as i64))
            },
        ));
    }
    let generations: Vec<String> =
        chains.generations.iter().enumerate().map(|(n, cases)| format!("{n}: {cases}")).collect();
    rows.push((t!(seat, "trace-generations"), html! { (generations.join(" · ")) }));
    let body = html! {
        (parts::facts(&rows))
        p .muted {
            (t!(seat, "trace-method")) " "
            a href="/testing/protocol/epi.serial" { code { "epi.serial" } }
        }
    };
    parts::panel(&t!(seat, "trace-statistics"), body)
}

fn cluster_table(seat: &Seat, chains: &Chains) -> Markup {
    let columns = vec![
        Column::new("place", t!(seat, "trace-cluster")),
        Column::new("from", t!(seat, "trace-from")),
        Column::new("until", t!(seat, "trace-until-time")),
        Column::new("cases", t!(seat, "trace-cases")).numeric(),
    ];
    let rows = chains.clusters.iter().take(60).enumerate().map(|(n, cluster)| {
        let link = seat.here(&[("cluster", Some(&n.to_string())), ("day", None)]);
        vec![
            Cell::text(picture::name(seat, cluster)),
            Cell::time(seat.time(cluster.from)),
            Cell::time(seat.time(cluster.until)),
            Cell::count(cluster.cases.len() as i64, &link),
        ]
    });
    Table::new(t!(seat, "trace-clusters"), columns)
        .empty(t!(seat, "trace-clusters-empty"))
        .rows(rows.collect::<Vec<_>>())
        .render(seat)
}

/// The cases of the picture, line by line.
fn case_table(seat: &Seat, chains: &Chains, shown: &[usize]) -> Table {
    let columns = vec![
        Column::new("case", t!(seat, "case")),
        Column::new("day", t!(seat, "trace-day-of-case")),
        Column::new("generation", t!(seat, "trace-generation")).numeric(),
        Column::new("source", t!(seat, "trace-likely-source")),
        Column::new("others", t!(seat, "trace-alternatives")),
        Column::new("secondary", t!(seat, "trace-secondary-cases")).numeric(),
        Column::new("cluster", t!(seat, "trace-cluster")),
    ];
    let all = Table::wants_csv(seat);
    let lines = shown.iter().take(if all { usize::MAX } else { LINES });
    let rows = lines.map(|n| {
        let node = &chains.nodes[*n];
        let said = |likely: &tracing_desk::chains::Likely| {
            let by = &chains.nodes[likely.node];
            html! {
                (words::case_link(by.case)) " " (picture::percent(likely.probability)) " % ("
                (picture::evidence(seat, likely.evidence)) ")"
            }
        };
        let skip = usize::from(node.source().is_some());
        let others: Vec<_> = node.sources.iter().skip(skip).take(3).collect();
        vec![
            Cell::words(words::case_link(node.case)),
            Cell::text(seat.time(node.day).day()),
            Cell::number(node.generation as i64),
            node.source().map_or_else(Cell::none, |source| Cell::words(said(source))),
            match others.is_empty() {
                true => Cell::none(),
                false => Cell::words(html! { @for other in others { (said(other)) " " } }),
            },
            Cell::number(i64::from(node.secondary)),
            match node.clusters.first().and_then(|c| chains.clusters.get(*c)) {
                Some(cluster) => Cell::text(picture::name(seat, cluster)),
                None => Cell::none(),
            },
        ]
    });
    Table::new(t!(seat, "trace-chain-table"), columns)
        .total(shown.len() as i64)
        .csv("chains")
        .rows(rows.collect::<Vec<_>>())
}
