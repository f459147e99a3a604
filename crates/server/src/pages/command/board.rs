//! The command board: one page that answers in ten seconds what is new, what is late, what does not
//! balance, what runs out next and what was decided. Every figure opens its rows.

mod shared;
mod then;

use axum::http::HeaderValue;
use axum::http::header::REFRESH;
use care::Level;
use cases::{FoundIn, Measure};
use maud::{Markup, html};
use types::{AreaCode, AreaScope, Micros, Refusal};

pub use shared::Shared;

use super::super::testing::words as test_words;
use super::facts::{Fact, Facts, Live};
use super::{POST, words};
use crate::house::{CARE, CASES, COMMAND, SUPPLY, TESTING, ZERO, topic};
use crate::i18n::number;
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::chart;
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::parse_local;

/// Areas and holders on the board.
const SHOWN: usize = 6;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/board", POST, show);
}

async fn show(seat: Seat) -> Answer {
    let as_of = match seat.param("as_of") {
        None => None,
        Some(text) => {
            let at = parse_local(&text, seat.app().zone()).map_err(Refusal::from)?;
            if at > seat.now() {
                return Err(Refusal::new("as-of-future").into());
            }
            Some(at)
        }
    };
    if let Some(at) = as_of {
        return known_at(&seat, at).await;
    }
    let body = seat.app().boards().get(&seat, async {
        let facts = Facts::load(&seat, None).await?;
        Ok(sections(&seat, &facts, html! {}).into_string())
    });
    let drawing = body.await?;
    if seat.wants_fragment("board") {
        return Ok(drawing.answer(&seat));
    }
    let body = maud::PreEscaped(drawing.html.to_string());
    let scope = seat.scope();
    let topics = [CASES, CARE, TESTING, COMMAND, SUPPLY, ZERO].map(|desk| topic(desk, scope));
    let src = seat.here(&[("fragment", Some("board"))]);
    let body = html! {
        (parts::live("board", &topics, &src, body))
        (question(&seat))
    };
    let actions = html! {
        (parts::button_link(&seat.link("/meeting"), &t!(seat, "nav-meeting"), false))
        @if seat.may_open("/decisions/new") {
            (parts::button_link(&seat.link("/decisions/new"), &t!(seat, "decision-new"), false))
        }
        @if seat.may_open("/bulletins/new") {
            (parts::button_link(&seat.link("/bulletins/new"), &t!(seat, "bulletin-new"), true))
        }
    };
    Ok(seat.render(Page::new(t!(seat, "nav-board"), body).actions(actions)))
}

/// The board as it was known at a time, with what has changed since.
async fn known_at(seat: &Seat, at: Micros) -> Answer {
    let facts = Facts::load(seat, Some(at)).await?;
    let then = then::parts(seat, at).await?;
    let body = html! {
        (question(seat))
        (sections(seat, &facts, then.shown))
    };
    let page = Page::new(t!(seat, "nav-board"), body).as_of(at);
    let mut response = seat.render(page.lead(html! { (t!(seat, "board-as-of-lead")) }));
    if then.reading {
        response.headers_mut().insert(REFRESH, HeaderValue::from_static("1"));
    }
    Ok(response)
}

/// Asks for the board as it was known at a time.
fn question(seat: &Seat) -> Markup {
    html! {
        details .disclosure open[seat.param("as_of").is_some()] {
            summary { (t!(seat, "board-as-of")) }
            (Form::asks(seat, "/board")
                .field(Field::time("as_of", t!(seat, "case-as-of")).value(seat.param("as_of").unwrap_or_default()))
                .button(&t!(seat, "show")))
        }
    }
}

fn section(seat: &Seat, name: &str, facts: Vec<Fact>, rest: Markup) -> Markup {
    let id = format!("board-{name}");
    let figures: Vec<parts::Figure> = facts.into_iter().map(|fact| fact.figure(seat)).collect();
    html! {
        section .board__part aria-labelledby=(id) {
            h2 #(id) .board__title { (seat.text(&format!("board-title-{name}"))) }
            @if !figures.is_empty() { (parts::figures(&figures)) }
            (rest)
        }
    }
}

/// A part of the board that has no figures of its own, with its title.
fn titled(seat: &Seat, name: &str, body: Markup) -> Markup {
    section(seat, name, Vec::new(), body)
}

/// The five parts; `then` stands for those of an earlier moment that come from the ledger.
fn sections(seat: &Seat, facts: &Facts, then: Markup) -> Markup {
    let scope = facts.scope;
    html! {
        div .board {
            (section(seat, "new", facts.fresh(seat), html! {
                (chart::sparkline(&t!(seat, "board-days"), &facts.days))
                (where_new(seat, facts, SHOWN).render(seat))
            }))
            (section(seat, "decided", Vec::new(), decided(seat, facts)))
            @match &facts.live {
                Some(live) => {
                    (section(seat, "late", live.late(seat, scope, facts.at), who_holds(seat, facts, live, SHOWN).render(seat)))
                    (section(seat, "balance", live.balance(seat, scope), broken(seat, live)))
                    (section(seat, "runs-out", live.runs_out(seat, scope), runs_out(seat, live)))
                }
                None => (then),
            }
        }
    }
}

/// The counties with the most that is new, those with cases among the people outside first; on the board
/// and at the meeting.
pub fn where_new(seat: &Seat, facts: &Facts, shown: usize) -> Table {
    let community = |figures: &cases::views::Figures| {
        figures.found(Measure::Infections, Some(FoundIn::Community))
    };
    let mut areas: Vec<_> =
        facts.areas.iter().filter(|(_, f)| f.total(Measure::Infections) != 0).collect();
    areas.sort_by_key(|(_, f)| std::cmp::Reverse((community(f), f.total(Measure::Infections))));
    let list = |area: AreaCode, measure: Measure, found_in| {
        facts.cases(seat, AreaScope::one(area), measure, found_in)
    };
    let columns = vec![
        Column::new("area", t!(seat, "area")),
        Column::new("infections", Fact::label(seat, "infections")).numeric(),
        Column::new("community", Fact::label(seat, "community")).numeric(),
        Column::new("confirmed", Fact::label(seat, "confirmed")).numeric(),
    ];
    let outside = Some(FoundIn::Community);
    Table::new(t!(seat, "board-where"), columns)
        .empty(t!(seat, "board-nothing-new"))
        .total(areas.len() as i64)
        .rows(areas.into_iter().take(shown).map(|(area, figures)| {
            let count = |n, measure, found_in| Cell::count(n, &list(*area, measure, found_in));
            let total = |measure| count(figures.total(measure), measure, None);
            vec![
                Cell::text(parts::scope_text(seat, AreaScope::one(*area))),
                total(Measure::Infections),
                count(community(figures), Measure::Infections, outside),
                total(Measure::Confirmed),
            ]
        }))
}

/// Who holds what is late; on the board and at the meeting.
pub fn who_holds(seat: &Seat, facts: &Facts, live: &Live, shown: usize) -> Table {
    let columns = vec![
        Column::new("holder", t!(seat, "held-by")),
        Column::new("what", t!(seat, "kind")),
        Column::new("units", t!(seat, "late-units")).numeric(),
        Column::new("oldest", t!(seat, "oldest-deadline")),
    ];
    let may = seat.may_open("/testing/late/{holder}");
    Table::new(t!(seat, "board-who"), columns)
        .empty(t!(seat, "late-empty"))
        .total(live.late.len() as i64)
        .rows(live.late.iter().take(shown).map(|line| {
            let href = match line.area {
                AreaCode::NONE => seat.link(&format!("/testing/late/{}", line.holder)),
                area => format!("/testing/late/{}?area={area}", line.holder),
            };
            let name = live.names.holder(seat, &line.holder);
            vec![
                if may { Cell::link(&href, name) } else { Cell::text(name) },
                Cell::text(Live::late_what(seat, line)),
                if may { Cell::count(line.units, &href) } else { Cell::number(line.units) },
                Cell::text(t!(
                    seat,
                    "board-ago",
                    time = seat.span(facts.at - line.oldest_deadline)
                )),
            ]
        }))
}

fn broken(seat: &Seat, live: &Live) -> Markup {
    html! {
        @if live.broken.is_empty() {
            p .muted { (t!(seat, "balance-holds")) }
        } @else {
            ul {
                @for ((area, kind), n) in live.broken.iter().take(SHOWN) {
                    li {
                        a href=(format!("/testing/balance?area={}", AreaScope::one(*area))) {
                            (parts::scope_text(seat, AreaScope::one(*area))) " · " (test_words::kind(seat, *kind)) ": " (number(*n))
                        }
                    }
                }
            }
        }
    }
}

fn runs_out(seat: &Seat, live: &Live) -> Markup {
    let columns = vec![
        Column::new("level", t!(seat, "care-level")),
        Column::new("room", t!(seat, "care-room")).numeric(),
        Column::new("usable", t!(seat, "care-usable")).numeric(),
    ];
    let level = |level: Level| named(seat, "care-level", level.as_str());
    let beds = Table::new(t!(seat, "care-beds"), columns).empty(t!(seat, "care-beds-empty")).rows(
        live.beds.iter().map(|beds| {
            let count = |n: i64| match seat.may_open("/care") {
                true => Cell::count(n, &seat.link("/care#beds")),
                false => Cell::number(n),
            };
            vec![Cell::text(level(beds.level)), count(beds.room), count(beds.usable)]
        }),
    );
    let mut labs: Vec<_> = live.labs.iter().filter(|lab| lab.waiting > 0).collect();
    labs.sort_by_key(|lab| std::cmp::Reverse(lab.waiting));
    let columns = vec![
        Column::new("lab", t!(seat, "laboratory")),
        Column::new("waiting", t!(seat, "labs-waiting")).numeric(),
        Column::new("hours", t!(seat, "lab-clear")).numeric(),
    ];
    let may = seat.may_open("/testing/laboratories/{holder}");
    let labs = Table::new(t!(seat, "nav-laboratories"), columns)
        .empty(t!(seat, "board-labs-idle"))
        .rows(labs.into_iter().take(SHOWN).map(|lab| {
            let href = seat.link(&format!("/testing/laboratories/{}", lab.lab));
            let name = live.names.holder(seat, &lab.lab);
            vec![
                if may { Cell::link(&href, name) } else { Cell::text(name) },
                if may { Cell::count(lab.waiting, &href) } else { Cell::number(lab.waiting) },
                match Live::backlog(lab) {
                    Some(hours) => Cell::text(t!(seat, "board-hours", n = format!("{hours:.1}"))),
                    None => Cell::tag(parts::Tone::Bad, t!(seat, "never")),
                },
            ]
        }));
    html! {
        (beds.render(seat))
        (labs.render(seat))
        @if seat.may_open("/what-if") {
            p { a href=(seat.link("/what-if?what=beds.fangcang")) { (t!(seat, "board-what-if")) } }
        }
    }
}

fn decided(seat: &Seat, facts: &Facts) -> Markup {
    let columns = vec![
        Column::new("no", t!(seat, "decision")),
        Column::new("title", t!(seat, "decision-title")),
        Column::new("until", t!(seat, "decision-until")),
    ];
    let rows = facts.in_force.iter().map(|decision| {
        vec![
            Cell::link(
                &words::decision_path(decision.id),
                t!(seat, "decision-no", no = decision.no),
            ),
            Cell::text(decision.title.clone()),
            Cell::time(seat.time(decision.ends_at())),
        ]
    });
    let table = Table::new(t!(seat, "decisions-in-force"), columns)
        .empty(t!(seat, "decisions-none-in-force"))
        .rows(rows);
    html! {
        (table.render(seat))
        @if let Some(last) = facts.decided.iter().find(|d| !facts.in_force.iter().any(|o| o.id == d.id)) {
            p {
                (t!(seat, "decision-last")) " "
                a href=(words::decision_path(last.id)) { (t!(seat, "decision-no", no = last.no)) " " (last.title) }
                " · " (words::standing_text(seat, last.standing(facts.at)))
            }
        }
        p { a href=(seat.link("/decisions")) { (t!(seat, "nav-decisions")) } }
        @if let Some(bulletin) = &facts.bulletin {
            p {
                (t!(seat, "bulletin-last")) " "
                a href=(words::bulletin_path(bulletin.id)) { (words::number(seat, &bulletin.document)) }
                " · " (words::window(seat, &bulletin.document))
            }
        } @else {
            p .muted { (t!(seat, "bulletins-empty")) }
        }
    }
}
