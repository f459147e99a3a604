//! What the ledger knows of one unit: who has it, and everything that was said about it.

use ledger::{Custody, Finding, Moment, Move};
use maud::{Markup, html};

use super::names::Names;
use super::words;
use crate::seat::Seat;
use crate::t;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

/// Every holder that a history names.
pub fn holders(moments: &[Moment]) -> impl Iterator<Item = &str> {
    moments.iter().flat_map(|m| match &m.what {
        Move::Open { holder, .. } | Move::Unpack { holder, .. } => vec![holder.as_str()],
        Move::Hand { giver, taker, .. } => {
            giver.iter().chain([taker]).map(|h| h.as_str()).collect()
        }
        _ => Vec::new(),
    })
}

/// A holder's name, leading to what it holds.
pub fn holder_link(seat: &Seat, names: &Names, code: &str) -> Markup {
    html! {
        @if names.may_open_holder(seat, code) {
            a href=(seat.link(&format!("/testing/holders/{code}"))) { (names.holder(seat, code)) }
        } @else { (names.holder(seat, code)) }
    }
}

/// Who has a unit, since when, until when; or how its story ended. `holder` is who answers for
/// it, which is that of the outermost container.
pub fn custody(
    seat: &Seat,
    names: &Names,
    custody: &Custody,
    holder: Option<&str>,
) -> Vec<(String, Markup)> {
    let now = seat.now();
    let mut rows = Vec::new();
    if let Some((reason, at)) = &custody.closed {
        rows.push((
            t!(seat, "ended"),
            html! { (parts::tag(Tone::Plain, &words::closed(seat, reason))) " " (seat.time(*at)) },
        ));
    } else if let Some(holder) = holder {
        rows.push((t!(seat, "held-by"), html! { (holder_link(seat, names, holder)) }));
        rows.push((t!(seat, "held-since"), words::since(seat, custody.since, now)));
        let step = words::step(seat, &custody.step);
        rows.push((t!(seat, "step"), html! { (parts::tag(Tone::Info, &step)) }));
        rows.push((t!(seat, "deadline"), words::clock(seat, custody.due(), now)));
    }
    if let Some(parent) = custody.parent {
        rows.push((
            t!(seat, "inside"),
            html! { a href=(seat.link(&words::unit_path(parent))) { code { (parent) } } },
        ));
    }
    rows
}

/// One move in words, with its evidence on a line of its own.
pub fn what(seat: &Seat, names: &Names, what: &Move) -> Markup {
    let evidence = match what {
        Move::Hand { evidence, .. } => evidence.as_ref(),
        _ => None,
    };
    html! {
        (bare(seat, names, what))
        @if let Some(evidence) = evidence { br; span .muted { (t!(seat, "evidence")) ": " (evidence) } }
    }
}

/// One move in words, without its evidence.
pub fn bare(seat: &Seat, names: &Names, what: &Move) -> Markup {
    let link = |holder: &types::HolderCode| holder_link(seat, names, holder.as_str());
    let step = |step: &str| words::step(seat, step);
    html! {
        @match what {
            Move::Open { holder, step: s, .. } => {
                strong { (step(s)) } " · " (link(holder))
            }
            Move::Hand { giver, taker, step: s, .. } => {
                strong { (t!(seat, "move-hand")) } " · "
                @match giver { Some(giver) => (link(giver)), None => (t!(seat, "holder-unknown")) }
                " → " (link(taker)) " · " (step(s))
            }
            Move::Pack { into, .. } => {
                strong { (t!(seat, "move-pack")) } " · "
                a href=(seat.link(&words::unit_path(*into))) { code { (into) } }
            }
            Move::Unpack { holder, step: s, .. } => {
                strong { (t!(seat, "move-unpack")) } " · " (link(holder)) " · " (step(s))
            }
            Move::Step { step: s, .. } => strong { (step(s)) },
            Move::Close { reason, .. } => {
                strong { (t!(seat, "ended")) } " · " (words::closed(seat, reason))
            }
            Move::Void { note, .. } => { strong { (t!(seat, "move-void")) } " · " (note) }
            Move::Post { .. } => "",
        }
    }
}

/// The whole history. Moves that a finding names are marked with it; those that were set aside
/// are struck out.
pub fn table(seat: &Seat, names: &Names, moments: &[Moment], findings: &[Finding]) -> Table {
    let voided: Vec<_> = moments
        .iter()
        .filter_map(|m| match &m.what {
            Move::Void { target, .. } => Some(*target),
            _ => None,
        })
        .collect();
    let columns = vec![
        Column::new("event", t!(seat, "happened-at")),
        Column::new("what", t!(seat, "what-happened")),
        Column::new("actor", t!(seat, "recorded-by")),
        Column::new("recorded", t!(seat, "recorded-at")),
    ];
    let rows = moments.iter().map(|moment| {
        let own = findings
            .iter()
            .filter(|f| f.at == moment.reference || f.against == Some(moment.reference));
        let struck = voided.contains(&moment.reference);
        let shown = html! {
            @if struck { s { (what(seat, names, &moment.what)) } " " (parts::tag(Tone::Plain, &t!(seat, "set-aside"))) }
            @else { (what(seat, names, &moment.what)) }
            @for finding in own {
                " " (parts::tag(Tone::Bad, &words::named(seat, "finding", finding.kind.as_str())))
            }
        };
        vec![
            Cell::time(seat.time(moment.event_time)),
            Cell::words(shown).long(),
            Cell::text(moment.actor.clone()),
            Cell::time(seat.time(moment.record_time)),
        ]
    });
    Table::new(t!(seat, "history"), columns).empty(t!(seat, "history-empty")).rows(rows)
}
