//! The board as it was known at an earlier moment: what of it the ledger can say, beside what is known of
//! that moment today, and in so many words what nobody can say any more.

use std::collections::{BTreeMap, BTreeSet};

use ledger::views::{Balance, Hindsight, LateLine};
use maud::{Markup, html};
use types::{HolderCode, Micros, UnitKind};

use super::super::super::testing::names::Names;
use super::super::super::testing::words as test_words;
use super::super::facts::Live;
use super::{SHOWN, titled};
use crate::i18n::number;
use crate::reviews::{Review, review};
use crate::seat::Seat;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// The kinds of units whose holders say what a response has on its hands.
const KINDS: [UnitKind; 4] = [testing::TUBE, testing::BOX, care::EPISODE, tracing_desk::CONTACT];
/// Those who hold them, by the part of their code before the colon.
const HOLDERS: [&str; 7] = ["site", "courier", "lab", "desk", "grid", "ward", "vehicle"];

/// The parts of the board that come from the ledger's histories.
pub struct Then {
    /// How they are shown.
    pub shown: Markup,
    /// The histories are still being read: the page asks again.
    pub reading: bool,
}

/// Reads them, or says how far the reading is.
pub async fn parts(seat: &Seat, at: Micros) -> Result<Then, Fault> {
    let told = match review(seat.app(), seat.scope(), at).await? {
        Review::Ready { told, .. } => told,
        Review::Reading { seen, of } => {
            let label = t!(seat, "as-of-reading", at = seat.time(at).to_string());
            let shown = titled(
                seat,
                "late",
                html! {
                    div role="status" { (parts::progress(seat, &label, seen, of)) }
                    p .muted { (t!(seat, "as-of-reading-hint")) }
                },
            );
            return Ok(Then { shown, reading: true });
        }
    };
    let mut db = seat.db().await?;
    let late = told.then.late.iter().chain(&told.today.late).map(|line| line.holder.as_str());
    let names = Names::of_holders(&mut db, late).await?;
    drop(db);
    let shown = html! {
        (titled(seat, "late", late_part(seat, &names, &told, at)))
        (titled(seat, "balance", balance_part(seat, &told)))
        (titled(seat, "runs-out", html! {
            (hands(seat, &told).render(seat))
            p .muted { (t!(seat, "board-then-not")) }
            (crate::pages::past::button(seat, at, &seat.link("/board"), &t!(seat, "board-then-past")))
        }))
    };
    Ok(Then { shown, reading: false })
}

/// The page that has every line.
fn lines(seat: &Seat, part: &str) -> String {
    let at = seat.param("as_of").unwrap_or_default();
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("at", &at).finish();
    seat.link(&format!("/testing/as-of?{query}#{part}"))
}

/// A figure as it was known, with what is known of the same moment today.
fn figure(seat: &Seat, label: String, then: i64, today: i64, part: &str) -> Figure {
    Figure {
        label,
        value: number(then),
        href: Some(lines(seat, part)),
        detail: Some(match then == today {
            true => t!(seat, "as-of-same"),
            false => t!(seat, "as-of-today-n", n = number(today)),
        }),
        tone: if then == today { Tone::Plain } else { Tone::Warning },
    }
}

fn pair(seat: &Seat, then: i64, today: i64) -> Cell {
    if then == today {
        return Cell::number(then);
    }
    Cell::markup(
        html! { (number(then)) div .muted { (t!(seat, "as-of-today-n", n = number(today))) } },
        format!("{then} -> {today}"),
    )
}

fn late_part(seat: &Seat, names: &Names, told: &Hindsight, at: Micros) -> Markup {
    let units = |lines: &[LateLine]| lines.iter().map(|line| line.units).sum::<i64>();
    let today_of = |line: &LateLine| -> i64 {
        let same = |other: &&LateLine| {
            (other.area, &other.holder, other.kind, &other.step, other.packed)
                == (line.area, &line.holder, line.kind, &line.step, line.packed)
        };
        told.today.late.iter().filter(same).map(|line| line.units).sum()
    };
    let figures = [figure(
        seat,
        t!(seat, "board-late"),
        units(&told.then.late),
        units(&told.today.late),
        "late",
    )];
    let columns = vec![
        Column::new("holder", t!(seat, "held-by")),
        Column::new("what", t!(seat, "kind")),
        Column::new("units", t!(seat, "late-units")).numeric(),
        Column::new("oldest", t!(seat, "oldest-deadline")),
    ];
    let table = Table::new(t!(seat, "board-who"), columns)
        .window(t!(seat, "as-of-window", at = seat.time(at).to_string()))
        .empty(t!(seat, "as-of-late-empty"))
        .rows(told.then.late.iter().take(SHOWN).map(|line| {
            vec![
                Cell::text(names.holder(seat, &line.holder)),
                Cell::text(Live::late_what(seat, line)),
                pair(seat, line.units, today_of(line)),
                Cell::text(t!(seat, "board-ago", time = seat.span(at - line.oldest_deadline))),
            ]
        }));
    html! {
        (parts::figures(&figures))
        (table.render(seat))
    }
}

fn balance_part(seat: &Seat, told: &Hindsight) -> Markup {
    let difference =
        |balance: &Balance| -> i64 { balance.values().map(|line| line.difference().abs()).sum() };
    let later: i64 = told.later.reports.values().sum();
    let corrections: i64 = told.later.corrections.values().sum();
    let since = |label: String, n: i64| Figure {
        label,
        value: number(n),
        href: Some(lines(seat, "later")),
        detail: None,
        tone: if n > 0 { Tone::Warning } else { Tone::Good },
    };
    let figures = [
        figure(
            seat,
            t!(seat, "board-balance"),
            difference(&told.then.balance),
            difference(&told.today.balance),
            "balance",
        ),
        since(t!(seat, "as-of-later"), later),
        since(t!(seat, "as-of-corrections"), corrections),
    ];
    parts::figures(&figures)
}

/// The holder of a code in the balance, by kind; the last for all others.
fn kind_of(holder: &str) -> usize {
    let kind = HolderCode::parse(holder).ok().map(|code| code.kind().to_owned());
    HOLDERS.iter().position(|known| kind.as_deref() == Some(known)).unwrap_or(HOLDERS.len())
}

/// What lay with whom: tubes with sites, couriers and laboratories, patients in wards and in the queue.
fn hands(seat: &Seat, told: &Hindsight) -> Table {
    let sums = |balance: &Balance| {
        let mut sums: BTreeMap<(UnitKind, usize), i64> = BTreeMap::new();
        for ((_, kind), line) in balance.iter().filter(|((_, kind), _)| KINDS.contains(kind)) {
            for (holder, n) in &line.held {
                *sums.entry((*kind, kind_of(holder))).or_default() += n;
            }
        }
        sums
    };
    let (then, today) = (sums(&told.then.balance), sums(&told.today.balance));
    let keys: BTreeSet<_> = then.keys().chain(today.keys()).copied().collect();
    let of = |sums: &BTreeMap<(UnitKind, usize), i64>, key| sums.get(&key).copied().unwrap_or(0);
    let columns = vec![
        Column::new("kind", t!(seat, "kind")),
        Column::new("holder", t!(seat, "held-by")),
        Column::new("units", t!(seat, "held")).numeric(),
    ];
    Table::new(t!(seat, "board-then-hands"), columns).empty(t!(seat, "as-of-balance-empty")).rows(
        keys.into_iter().map(|(kind, holder)| {
            let name = match HOLDERS.get(holder) {
                Some(known) => seat.text(&format!("board-hands-{known}")),
                None => t!(seat, "board-hands-other"),
            };
            vec![
                Cell::text(test_words::kind(seat, kind)),
                Cell::link(&lines(seat, "balance"), name),
                pair(seat, of(&then, (kind, holder)), of(&today, (kind, holder))),
            ]
        }),
    )
}
