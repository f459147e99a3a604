//! The next round's circle: which communities are due, how often each is tested, and why.

use maud::html;
use protocol::Category;
use zones::circle::Next;
use zones::views;

use super::{READERS, under_board, words, zone};
use crate::i18n::number;
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/zones/circle", READERS, show);
}

/// A round that is planned today begins tomorrow: it takes in what is due by then.
const AHEAD: types::Span = types::Span::days(1);

const CATEGORIES: [(Category, &str, Tone); 3] = [
    (Category::A, "a", Tone::Bad),
    (Category::B, "b", Tone::Warning),
    (Category::C, "c", Tone::Good),
];

fn of(category: Category) -> (&'static str, Tone) {
    let found = CATEGORIES.iter().find(|(known, ..)| *known == category);
    found.map_or(("c", Tone::Good), |(_, word, tone)| (*word, *tone))
}

/// What a round is to take in: the communities that are due, of one category or of all, how often they are
/// tested, and why.
pub struct Proposed {
    /// The communities.
    pub places: Vec<types::PlaceCode>,
    /// The category as people call it; of all of them, the most frequent.
    pub category: &'static str,
    /// How often they are tested, in days.
    pub every: i64,
    /// Why, in the language of the page.
    pub why: String,
}

/// What the circle proposes for a round: `due`, `a`, `b` or `c`.
///
/// # Errors
/// [`crate::Fault`] when the store fails.
pub async fn proposed(seat: &Seat, which: &str) -> Result<Option<Proposed>, crate::Fault> {
    let now = seat.now();
    let area = crate::imports::area_of(seat.scope());
    let edition = seat.app().protocol().at(now, area).clone();
    let rules = &edition.testing()?.frequency;
    let mut db = seat.db().await?;
    let mut found = views::next_round(&mut db, rules, seat.scope(), now).await?;
    drop(db);
    found
        .retain(|next| next.due <= now + AHEAD && (which == "due" || of(next.category).0 == which));
    let Some(first) = found.iter().min_by_key(|next| (next.every, next.place.clone())) else {
        return Ok(None);
    };
    let cases = found.iter().filter_map(|next| next.last_case).max();
    let persons: i64 = found.iter().map(|next| next.persons).sum();
    let last = cases.map_or_else(|| t!(seat, "circle-why-none"), |at| seat.time(at).to_string());
    let why = t!(
        seat,
        "circle-round-why",
        n = found.len() as i64,
        persons = number(persons),
        last = last,
        rule = first.rule
    );
    Ok(Some(Proposed {
        category: of(first.category).0,
        every: first.every.0 / types::Span::days(1).0,
        why,
        places: found.into_iter().map(|next| next.place).collect(),
    }))
}

async fn show(seat: Seat) -> Answer {
    let now = seat.now();
    let area = crate::imports::area_of(seat.scope());
    let edition = seat.app().protocol().at(now, area).clone();
    let rules = &edition.testing()?.frequency;
    let mut db = seat.db().await?;
    let found = views::next_round(&mut db, rules, seat.scope(), now).await?;
    let names =
        words::names(&mut db, found.iter().map(|next| next.place.clone()).collect()).await?;
    drop(db);
    let wanted = seat.param("due").is_some();
    let shown: Vec<&Next> = found.iter().filter(|next| !wanted || next.due <= now).collect();
    let table = table(&seat, &names, &shown).csv("next-round");
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let due: Vec<&Next> = found.iter().filter(|next| next.due <= now).collect();
    let mut figures = vec![Figure {
        label: t!(seat, "circle-due"),
        value: number(due.len() as i64),
        href: Some(seat.link("/zones/circle?due=1")),
        detail: Some(t!(seat, "n-persons", n = due.iter().map(|next| next.persons).sum::<i64>())),
        tone: if due.is_empty() { Tone::Good } else { Tone::Warning },
    }];
    let lang = zone::lang(&seat);
    for (category, word, tone) in CATEGORIES {
        let those = found.iter().filter(|next| next.category == category);
        figures.push(Figure {
            label: seat.text(&format!("circle-{word}")),
            value: number(those.clone().count() as i64),
            href: None,
            detail: Some(t!(seat, "n-persons", n = those.map(|next| next.persons).sum::<i64>())),
            tone: if tone == Tone::Good { Tone::Plain } else { tone },
        });
    }
    let may = seat.may_open("/testing/rounds/new");
    let soon: Vec<&Next> = found.iter().filter(|next| next.due <= now + AHEAD).collect();
    let body = html! {
        (parts::figures(&figures))
        dl .facts {
            @for (category, rule, word) in [(Category::A, &rules.a, "a"), (Category::B, &rules.b, "b"), (Category::C, &rules.c, "c")] {
                @let due = soon.iter().filter(|next| next.category == category).count();
                div {
                    dt { (seat.text(&format!("circle-{word}"))) }
                    dd {
                        (rule.info().text.get(lang))
                        @if may && due > 0 {
                            " " a href=(seat.link(&format!("/testing/rounds/new?circle={word}"))) { (t!(&seat, "circle-round-of", n = number(due as i64))) }
                        }
                    }
                }
            }
        }
        (table.render(&seat))
    };
    let actions = html! {
        @if may && !soon.is_empty() {
            (parts::button_link(&seat.link("/testing/rounds/new?circle=due"), &t!(seat, "circle-open-round"), true))
        }
    };
    let page = Page::new(t!(seat, "nav-zones-circle"), body)
        .lead(html! { (t!(seat, "circle-lead")) })
        .actions(actions);
    Ok(seat.render(under_board(&seat, page)))
}

fn table(seat: &Seat, names: &Names, found: &[&Next]) -> Table {
    let columns = vec![
        Column::new("place", t!(seat, "place")),
        Column::new("category", t!(seat, "circle-category")),
        Column::new("due", t!(seat, "circle-next")),
        Column::new("persons", t!(seat, "zone-persons")).numeric(),
        Column::new("why", t!(seat, "case-why")),
        Column::new("code", t!(seat, "code")),
    ];
    let rows = found.iter().map(|next| {
        let (word, tone) = of(next.category);
        let why = match (next.last_case, next.rounds_since) {
            (Some(at), Some(rounds)) => {
                t!(seat, "circle-why", time = seat.time(at).as_str(), rounds = i64::from(rounds))
            }
            _ => t!(seat, "circle-why-none"),
        };
        vec![
            Cell::text(words::place(seat, names, &next.place)),
            Cell::tag(tone, seat.text(&format!("circle-{word}"))),
            match next.due <= seat.now() {
                true => Cell::tag(Tone::Warning, t!(seat, "circle-now")),
                false => Cell::time(seat.time(next.due)),
            },
            Cell::number(next.persons),
            Cell::text(format!("{why} ({})", next.rule)).long(),
            Cell::code(next.place.as_str()),
        ]
    });
    Table::new(t!(seat, "circle-table"), columns)
        .empty(t!(seat, "circle-empty"))
        .rows(rows.collect::<Vec<_>>())
}
