//! What is due on a day: tests, looks, releases; and what was due before. The looks of many are recorded at
//! once, and those who meet the criteria are let go at once.

use ledger::Cursor;
use maud::{Markup, html};
use registry::place::Level;
use tracing_desk::release::verdict;
use tracing_desk::views::{self, Until};
use tracing_desk::{Calendar, Check, Command, Contact, Task};
use types::{Micros, PlaceCode, UnitId};

use super::{DESK, PAGE, READERS, TRACERS, under_board, words};
use crate::access::{Action, Resource, can};
use crate::house::{TRACING, topic};
use crate::pages::act;
use crate::pages::cases::words::named;
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tab, Tone};
use crate::ui::table::{Cell, Column, Table, cut};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/tracing/day", READERS, show);
    routes.post("/tracing/day/checks", TRACERS, checks);
    routes.post("/tracing/day/releases", DESK, releases);
}

/// The task, the community and the day of an address.
pub fn asked(seat: &Seat) -> (Task, String, Micros) {
    let task = seat.param("task").and_then(|text| Task::parse(&text)).unwrap_or(Task::Test);
    let community = seat.param("community").unwrap_or_default();
    let today = words::today(seat);
    let ahead = seat.param("ahead").and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    let calendar = Calendar::of(seat.app().protocol().zone());
    (task, community, calendar.after(today, ahead.clamp(0, 30)))
}

async fn show(seat: Seat) -> Answer {
    page(&seat, html! {}).await
}

/// The address of the list, also where a form was sent to one of its acts.
fn here(seat: &Seat, changes: &[(&str, Option<&str>)]) -> String {
    seat.here(changes).replacen(seat.path(), "/tracing/day", 1)
}

async fn page(seat: &Seat, told: Markup) -> Answer {
    let (task, community, day) = asked(seat);
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let mut db = seat.db().await?;
    let scope = seat.scope();
    let dues = views::dues(&mut db, scope, &community, day).await?;
    let which = (task, day, community.as_str());
    let mut found = views::due(&mut db, scope, which, after, PAGE + 1).await?;
    let place = PlaceCode::parse(&community).ok().filter(|p| Level::of(p).is_some());
    let names = Names::of_places(&mut db, place.clone()).await?;
    drop(db);
    let mark = |of: &Contact| Some(Cursor { at: of.due(task)?, id: of.id }.to_string());
    let next = cut(&mut found, PAGE, mark);
    let until = dues.get(&task).copied().unwrap_or_default();
    let list = list(seat, task, &found, until, next, day);
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(list));
    }
    let tabs: Vec<Tab> = Task::ALL
        .iter()
        .map(|other| Tab {
            href: here(
                seat,
                &[("task", Some(other.as_str())), ("after", None), ("fragment", None)],
            ),
            text: named(seat, "trace-task", other.as_str()),
            count: Some(dues.get(other).map_or(0, |until| until.all())),
            current: *other == task,
        })
        .collect();
    let src = here(seat, &[("fragment", Some("lines"))]);
    let acts = may_act(seat, task);
    let body = html! {
        (told)
        (Form::asks(seat, "/tracing/day")
            .hidden("task", task.as_str())
            .field(Field::code("community", t!(seat, "trace-community"), true)
                .value(community.clone()).optional())
            .field(Field::number("ahead", t!(seat, "trace-days-ahead"))
                .value(seat.param("ahead").unwrap_or_default()).optional())
            .button(&t!(seat, "show")))
        (parts::tabs(&t!(seat, "nav-tracing-day"), &tabs))
        @if acts {
            // What somebody has ticked is not to be taken away by what others do.
            (list)
        } @else {
            (parts::live("lines", &[topic(TRACING, scope)], &src, list))
        }
    };
    let title = match &place {
        Some(place) => t!(seat, "trace-day-of", place = names.place(seat, place)),
        None => t!(seat, "nav-tracing-day"),
    };
    let lead = html! {
        (t!(seat, "trace-day-lead", day = seat.time(day).day())) " "
        (t!(seat, "trace-due-n", today = until.today, before = until.before))
    };
    Ok(seat.render(under_board(seat, Page::new(title, body).lead(lead))))
}

fn list(
    seat: &Seat,
    task: Task,
    found: &[Contact],
    until: Until,
    next: Option<String>,
    day: Micros,
) -> Markup {
    let calendar = Calendar::of(seat.app().protocol().zone());
    let may = may_act(seat, task);
    let mut columns = vec![
        Column::new("contact", t!(seat, "trace-contact")),
        Column::new("due", t!(seat, "trace-due-day")),
        Column::new("degree", t!(seat, "trace-degree")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("where", t!(seat, "trace-site-or-place")),
        Column::new("until", t!(seat, "trace-until")),
        Column::new("marks", t!(seat, "trace-marks")),
    ];
    if task == Task::Release {
        columns.push(Column::new("criteria", t!(seat, "trace-criteria")));
    }
    let rows = found.iter().map(|of| {
        let judged = verdict(of, &calendar, seat.now());
        let met = judged.as_ref().is_some_and(|v| v.is_met());
        // Who is well is the rule at a look; who may go is ticked from the start.
        let ticked = task == Task::Release && met;
        let label = t!(seat, "trace-tick-of", contact = words::short(of.id));
        let mut cells = vec![
            Cell::markup(
                html! {
                    @if may && (task != Task::Release || met) {
                        input type="checkbox" name="contact" value=(of.id.to_string())
                            aria-label=(label) checked[ticked];
                        " "
                    }
                    (words::contact_link(of.id))
                },
                of.id.to_string(),
            ),
            words::day_cell(seat, of.due(task), day),
            Cell::words(words::degree(seat, of.degree)),
            Cell::text(words::person(seat, of)),
            match (&of.site, &of.place) {
                (Some(site), _) => Cell::words(html! { code { (site.as_str()) } " " (of.room) }),
                (None, Some(place)) => Cell::code(place.as_str()),
                (None, None) => Cell::none(),
            },
            words::day_cell(seat, of.release_due, day),
            Cell::words(words::marks(seat, of)),
        ];
        if task == Task::Release {
            cells.push(match &judged {
                Some(v) if v.is_met() => Cell::tag(Tone::Good, t!(seat, "care-may-leave")),
                Some(v) => {
                    let unmet: Vec<String> =
                        v.unmet().iter().map(|w| named(seat, "trace-criterion", w)).collect();
                    Cell::text(unmet.join(" · "))
                }
                None => Cell::none(),
            });
        }
        cells
    });
    let table = Table::new(named(seat, "trace-task", task.as_str()), columns)
        .empty(t!(seat, "trace-day-empty"))
        .total(until.all())
        .next(next)
        .rows(rows.collect::<Vec<_>>())
        .render(seat);
    if !may || found.is_empty() {
        return table;
    }
    let (action, key) = match task {
        Task::Release => ("/tracing/day/releases", "trace-release-ticked"),
        _ => ("/tracing/day/checks", "trace-check-ticked"),
    };
    let query = seat.here(&[("fragment", None), ("after", None)]);
    let query = query.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
    html! {
        form method="post" action={ (action) (query) } {
            input type="hidden" name=(crate::csrf::FIELD) value=(seat.csrf());
            (table)
            div .buttons { button .button type="submit" { (seat.text(key)) } }
        }
    }
}

fn nobody() -> UnitId {
    UnitId::derived(tracing_desk::CONTACT, types::AreaCode::NONE, &[])
}

fn probe_check() -> Command {
    Command::Check(Check {
        contact: nobody(),
        temperature: None,
        symptoms: Vec::new(),
        note: String::new(),
    })
}

fn probe_release() -> Command {
    Command::Release { contact: nobody(), reason: String::new() }
}

/// Whether the list has boxes to tick.
fn may_act(seat: &Seat, task: Task) -> bool {
    match task {
        Task::Check => may_send(seat, &probe_check()),
        Task::Release => may_send(seat, &probe_release()),
        Task::Test => false,
    }
}

fn may_send(seat: &Seat, command: &Command) -> bool {
    let command = crate::house::Command::from(command.clone());
    can(seat.somebody(), Action::Send(&command), Resource::Scope(seat.scope())).is_ok()
}

/// The contacts that a form names, whom the sender's counties follow.
async fn ticked(seat: &Seat, form: &FormData) -> Result<Vec<Contact>, crate::Fault> {
    let ids: Vec<UnitId> = form
        .all("contact")
        .filter_map(|text| UnitId::parse(text).ok())
        .filter(|id| id.kind() == tracing_desk::CONTACT)
        .take(500)
        .collect();
    let mut db = seat.db().await?;
    let mut found = views::contacts(&mut db, &ids).await?;
    found.retain(|of| seat.require(of.county).is_ok());
    Ok(found)
}

async fn send(seat: &Seat, found: &[Contact], make: impl Fn(&Contact) -> Command) -> Answer {
    let commands = found
        .iter()
        .map(|of| (of.county, seat.now(), crate::house::Command::from(make(of))))
        .collect();
    let outcomes = act::many(seat, commands).await?;
    let refused: Vec<_> = found
        .iter()
        .zip(&outcomes)
        .filter_map(|(of, outcome)| Some((of.id, outcome.refusal.as_ref()?)))
        .collect();
    let done = outcomes.len() - refused.len();
    let tone = if refused.is_empty() { Tone::Good } else { Tone::Warning };
    let lang = crate::i18n::Speaks::lang(seat);
    let told = parts::notice(
        tone,
        &t!(seat, "trace-done-n", n = done as i64),
        html! {
            @if !refused.is_empty() {
                ul {
                    @for (id, refusal) in &refused {
                        li { (words::contact_link(*id)) " " (lang.refusal(refusal)) " " (lang.refusal_next(refusal)) }
                    }
                }
            }
        },
    );
    page(seat, told).await
}

async fn checks(seat: Seat, form: FormData) -> Answer {
    let found = ticked(&seat, &form).await?;
    send(&seat, &found, |of| {
        Command::Check(Check {
            contact: of.id,
            temperature: None,
            symptoms: Vec::new(),
            note: String::new(),
        })
    })
    .await
}

async fn releases(seat: Seat, form: FormData) -> Answer {
    let found = ticked(&seat, &form).await?;
    send(&seat, &found, |of| Command::Release { contact: of.id, reason: String::new() }).await
}
