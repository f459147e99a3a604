//! A unit's history: every move with when it happened, when we learnt of it, who recorded it
//! and what proves it. Nothing is ever taken out; what does not stand is marked.

use std::collections::HashSet;

use ledger::{Custody, Moment, MomentRef, Move};
use maud::{Markup, html};
use types::{HolderCode, Span};

use crate::seat::Seat;
use crate::t;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

use super::words::{self, Holders};

/// A record that came this long after the event is marked: it came from a device without
/// network, or from memory. A setting of the page, no rule.
const LATE_REPORT: Span = Span::minutes(30);

/// The holders that a history names.
pub fn holders(moments: &[Moment]) -> Vec<HolderCode> {
    moments
        .iter()
        .flat_map(|m| match &m.what {
            Move::Open { holder, .. } | Move::Unpack { holder, .. } => vec![holder.clone()],
            Move::Hand { giver, taker, .. } => giver.iter().chain([taker]).cloned().collect(),
            _ => Vec::new(),
        })
        .collect()
}

/// What a move says, in words.
pub fn words_of(seat: &Seat, names: &Holders, what: &Move) -> Markup {
    let step = |step: &str| words::word(seat, "step", step);
    html! {
        @match what {
            Move::Open { holder, step: s, .. } => {
                strong { (t!(seat, "desk-move-open")) } " · " (names.link(seat, holder)) " · " (step(s))
            }
            Move::Hand { giver, taker, step: s, .. } => {
                strong { (t!(seat, "desk-move-hand")) } " · "
                @match giver {
                    Some(giver) => (names.link(seat, giver)),
                    None => span .muted { (t!(seat, "desk-giver-unknown")) },
                }
                " → " (names.link(seat, taker)) " · " (step(s))
            }
            Move::Pack { into, .. } => {
                strong { (t!(seat, "desk-move-pack")) } " · " (words::unit_link(seat, *into))
            }
            Move::Unpack { holder, step: s, .. } => {
                strong { (t!(seat, "desk-move-unpack")) } " · " (names.link(seat, holder)) " · " (step(s))
            }
            Move::Step { step: s, .. } => { strong { (t!(seat, "desk-move-step")) } " · " (step(s)) }
            Move::Close { reason, .. } => {
                strong { (t!(seat, "desk-move-close")) } " · " (words::word(seat, "closed", reason))
            }
            Move::Void { note, .. } => { strong { (t!(seat, "desk-move-void")) } " · " (note) }
            Move::Post { .. } => {}
        }
    }
}

/// The table of a history, oldest event first.
pub fn table(seat: &Seat, names: &Holders, custody: &Custody, moments: &[Moment]) -> Table {
    let void: HashSet<MomentRef> = moments
        .iter()
        .filter_map(|m| match &m.what {
            Move::Void { target, .. } => Some(*target),
            _ => None,
        })
        .collect();
    let columns = vec![
        Column::new("at", t!(seat, "desk-happened")),
        Column::new("what", t!(seat, "desk-what")),
        Column::new("by", t!(seat, "by")),
        Column::new("recorded", t!(seat, "desk-recorded")),
        Column::new("evidence", t!(seat, "desk-evidence")),
    ];
    let rows = moments.iter().map(|m| {
        // One box: on a phone the cell is a flexible row.
        let what = html! { span {
            (words_of(seat, names, &m.what))
            @if void.contains(&m.reference) {
                " " (parts::tag(Tone::Warning, &t!(seat, "desk-set-aside")))
            }
            @for finding in custody.findings.iter().filter(|f| f.at == m.reference) {
                " " (parts::tag(Tone::Bad, &words::word(seat, "finding", finding.kind.as_str())))
            }
        } };
        let delay = m.record_time - m.event_time;
        let recorded = html! {
            (seat.time(m.record_time))
            @if delay > LATE_REPORT {
                " " (parts::tag(Tone::Warning, &t!(seat, "desk-reported-late", time = seat.span(delay))))
            }
        };
        let evidence = match &m.what {
            Move::Hand { evidence: Some(text), .. } => Cell::text(text.clone()),
            _ => Cell::none(),
        };
        vec![
            Cell::time(seat.time(m.event_time)),
            Cell::markup(what, plain(&m.what)).long(),
            Cell::text(m.actor.clone()),
            Cell::markup(recorded, seat.time(m.record_time).to_string()),
            evidence,
        ]
    });
    Table::new(t!(seat, "desk-history"), columns)
        .empty(t!(seat, "desk-history-empty"))
        .csv("history")
        .rows(rows)
}

/// A move for a download.
fn plain(what: &Move) -> String {
    let giver =
        |giver: &Option<HolderCode>| giver.as_ref().map_or("?", HolderCode::as_str).to_owned();
    match what {
        Move::Open { holder, step, .. } => format!("open {holder} {step}"),
        Move::Hand { giver: from, taker, step, .. } => {
            format!("hand {} {taker} {step}", giver(from))
        }
        Move::Pack { into, .. } => format!("pack {into}"),
        Move::Unpack { holder, step, .. } => format!("unpack {holder} {step}"),
        Move::Step { step, .. } => format!("step {step}"),
        Move::Close { reason, .. } => format!("close {reason}"),
        Move::Void { note, .. } => format!("void {note}"),
        Move::Post { commodity, amount, .. } => format!("post {commodity} {amount}"),
    }
}

/// Who has a unit now, since when and until when.
pub fn custody_facts(
    seat: &Seat,
    names: &Holders,
    units: &ledger::Units,
    unit: types::UnitId,
) -> Vec<(String, Markup)> {
    let Some(own) = units.custody(unit) else { return Vec::new() };
    // Whoever has the outermost container answers for all that is in it.
    let top = units.ancestors(unit).last().copied().unwrap_or(unit);
    let outer = units.custody(top).unwrap_or(own);
    let mut rows = Vec::new();
    if let Some((reason, at)) = &own.closed {
        let word = words::word(seat, "closed", reason);
        rows.push((t!(seat, "desk-ended"), html! { (word) " · " (seat.time(*at)) }));
    }
    let holder = match &outer.holder {
        Some(holder) => names.link(seat, holder),
        None => html! { (parts::tag(Tone::Bad, &t!(seat, "desk-holder-unknown"))) },
    };
    let label =
        if own.closed.is_some() { t!(seat, "desk-holder-last") } else { t!(seat, "desk-holder") };
    rows.push((label, holder));
    if top != unit {
        rows.push((t!(seat, "desk-inside"), words::unit_link(seat, top)));
    }
    if own.closed.is_none() {
        rows.push((t!(seat, "desk-step"), html! { (words::word(seat, "step", &outer.step)) }));
        rows.push((t!(seat, "desk-since"), html! { (seat.time(outer.since)) }));
        let until = match outer.deadline {
            Some(at) => words::deadline(seat, at),
            None => html! { span .muted { (t!(seat, "desk-no-deadline")) } },
        };
        rows.push((t!(seat, "desk-until"), until));
    }
    rows
}
