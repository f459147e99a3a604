//! What if: the simulated city runs on from what is known now, with changes and without, pair by pair;
//! the page shows what the changes do, and how sure that is.

mod result;
mod zones;

use city::response_model::{Change, KnownZone, values_now};
use jiff::civil::Date;
use maud::{Markup, html};
use types::Refusal;

use super::runs::{self, Job, Order, What, jobs_topic};
use super::today::{self, Held, Today};
pub use zones::ZoneChange;

use super::{KEEPERS, POST};
use crate::i18n::{Speaks, number};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/what-if", POST, show);
    routes.post("/what-if/start", KEEPERS, start);
    routes.post("/what-if/stop", KEEPERS, stop);
}

/// What can be changed, and what a run stands at: capacities, rounds, zones, what people do.
const FIGURES: [&str; 19] = [
    "testing.labs",
    "testing.couriers",
    "testing.sampling",
    "testing.gap",
    "testing.coverage",
    "testing.pool_size",
    "beds.hospital",
    "beds.fangcang",
    "beds.transfers",
    "tracing.staff",
    "quarantine.rooms",
    "zones.area",
    "zones.building",
    "zones.compound",
    "zones.lift_after",
    "zones.compliance",
    "behaviour.school",
    "behaviour.work",
    "behaviour.market",
];
/// Changes of one run.
const WHAT: [&str; 3] = ["what-1", "what-2", "what-3"];
const VALUE: [&str; 3] = ["value-1", "value-2", "value-3"];
const FROM: [&str; 3] = ["from-1", "from-2", "from-3"];
/// Days ahead.
const DAYS: [u32; 3] = [14, 28, 42];
/// Pairs of runs.
const PAIRS: [u32; 3] = [10, 20, 50];

/// The zones that stand, as a run has them.
pub fn zones_of(today: &Today) -> Vec<KnownZone> {
    zones::of_pairs(today, None).0
}

/// The name of a figure.
pub fn name(seat: &Seat, key: &str) -> String {
    seat.text_if(&format!("figure-{}", key.replace(['.', '_'], "-")))
        .unwrap_or_else(|| key.to_owned())
}

async fn show(seat: Seat) -> Answer {
    draw(&seat, &FormData::default(), Errors::default()).await
}

async fn stop(seat: Seat) -> Answer {
    Job::stop(&seat, What::If)?;
    Ok(seat.go(&seat.link("/what-if")))
}

async fn draw(seat: &Seat, typed: &FormData, errors: Errors) -> Answer {
    let job = Job::of(seat, What::If)?;
    let part = match &job {
        None => html! {},
        Some(job) => match job.outcome() {
            None => job.progress(seat, "/what-if/stop"),
            Some(Err(why)) => parts::notice(
                Tone::Warning,
                &seat.lang().refusal(why),
                html! {
                    p { (seat.lang().refusal_next(why)) }
                },
            ),
            Some(Ok(outcome)) => result::shown(seat, job, outcome),
        },
    };
    if seat.wants_fragment("what-if") {
        return Ok(seat.fragment(part));
    }
    let today = today::read(seat, today::this_hour(seat.now())).await?;
    let waits = job.as_ref().is_some_and(|job| job.outcome().is_none());
    let src = seat.here(&[("fragment", Some("what-if"))]);
    let part = match waits {
        true => parts::live("what-if", &[jobs_topic(seat)], &src, part),
        false => part,
    };
    let body = html! {
        (part)
        @if today.has_cases() {
            @if seat.may_open("/decisions/new") && !waits { (form(seat, &today, typed, errors).await?) }
            (beginning(seat, &today)?.render(seat))
        } @else {
            p { (t!(seat, "what-if-nobody")) }
        }
        (parts::panel(&t!(seat, "what-if-how"), html! {
            p { (t!(seat, "what-if-how-begins")) }
            p { (t!(seat, "what-if-how-pairs")) }
            p { (t!(seat, "what-if-how-not")) }
        }))
    };
    let page = Page::new(t!(seat, "nav-what-if"), body)
        .lead(html! { (t!(seat, "what-if-lead")) })
        .crumb(seat.link("/board"), t!(seat, "nav-board"));
    Ok(seat.render(match waits {
        true => page.reload_without_script(2),
        false => page,
    }))
}

async fn form(
    seat: &Seat,
    today: &Today,
    typed: &FormData,
    errors: Errors,
) -> Result<Markup, Fault> {
    let mut figures = vec![(String::new(), t!(seat, "what-if-none"))];
    figures.extend(FIGURES.iter().map(|key| ((*key).to_owned(), name(seat, key))));
    let asked = |field: &'static str, query: &str| match (typed.text(field), seat.param(query)) {
        ("", Some(text)) => text,
        (text, _) => text.to_owned(),
    };
    let mut form = Form::new(seat, seat.link("/what-if/start")).errors(errors);
    for n in 0..WHAT.len() {
        // The address may name a figure: whoever comes from the board's beds asks about beds.
        let query = |name: &str| if n == 0 { name.to_owned() } else { String::new() };
        let mut value = Field::text(VALUE[n], t!(seat, "what-if-value"))
            .value(asked(VALUE[n], &query("value")))
            .optional()
            .short();
        if n == 0 {
            value = value.hint(t!(seat, "what-if-value-hint"));
        }
        form = form.group(
            &t!(seat, "what-if-change", n = n as i64 + 1),
            vec![
                Field::select(WHAT[n], t!(seat, "what-if-figure"), figures.clone())
                    .value(asked(WHAT[n], &query("what")))
                    .optional(),
                value,
                Field::day(FROM[n], t!(seat, "what-if-from")).value(typed.text(FROM[n])).optional(),
            ],
        );
    }
    let choices = |list: [u32; 3]| list.map(|n| (n.to_string(), n.to_string())).to_vec();
    let chosen = |field: &str, otherwise: u32| match typed.text(field) {
        "" => otherwise.to_string(),
        text => text.to_owned(),
    };
    let form = zones::fields(seat, today, typed, form).await?;
    let form = form.group(
        &t!(seat, "what-if-size"),
        vec![
            Field::select("days", t!(seat, "what-if-days"), choices(DAYS))
                .value(chosen("days", DAYS[0]))
                .short(),
            Field::select("pairs", t!(seat, "what-if-pairs"), choices(PAIRS))
                .value(chosen("pairs", PAIRS[1]))
                .short(),
        ],
    );
    Ok(form.button(&t!(seat, "what-if-start")))
}

/// A change as somebody wrote it: a figure, what becomes of it, and from when on.
fn change_of(today: &Today, key: &str, value: &str, from: &str) -> Result<Change, Refusal> {
    let wrong = || Refusal::new("what-if-value").with("value", value);
    if !FIGURES.contains(&key) {
        return Err(Refusal::new("what-if-figure"));
    }
    let text = match from {
        "" => format!("{key}={value}"),
        from => {
            let day: Date = from.parse().map_err(|_| Refusal::new("day-form"))?;
            if day < today.date {
                return Err(Refusal::new("what-if-before-today"));
            }
            format!("{key}@{day}={value}")
        }
    };
    let change: Change = text.parse().map_err(|_| wrong())?;
    let shifts = value.starts_with(['+', '-']) && value.ends_with('d');
    if shifts && !today.has.iter().any(|has| has.key == key && has.from.is_some()) {
        return Err(Refusal::new("what-if-no-opening"));
    }
    Ok(change.since(today.date))
}

fn changes_of(today: &Today, form: &FormData, zone: bool) -> Result<Vec<Change>, Errors> {
    let mut errors = Errors::default();
    let mut changes = Vec::new();
    for n in 0..WHAT.len() {
        let (key, value, from) = (form.text(WHAT[n]), form.text(VALUE[n]), form.text(FROM[n]));
        if key.is_empty() && value.is_empty() {
            continue;
        }
        let field = if key.is_empty() { WHAT[n] } else { VALUE[n] };
        changes.extend(errors.check(field, change_of(today, key, value, from)));
    }
    if changes.is_empty() && errors.is_empty() && !zone {
        errors.add(WHAT[0], Refusal::new("what-if-nothing"));
    }
    if errors.is_empty() { Ok(changes) } else { Err(errors) }
}

async fn start(seat: Seat, form: FormData) -> Answer {
    let today = today::read(&seat, today::this_hour(seat.now())).await?;
    if !today.has_cases() {
        return draw(&seat, &form, Errors::default()).await;
    }
    let zone = match zones::asked(&seat, &today, &form).await? {
        Ok(zone) => zone,
        Err((field, refusal)) => return draw(&seat, &form, Errors::one(field, refusal)).await,
    };
    let changes = match changes_of(&today, &form, zone.is_some()) {
        Ok(changes) => changes,
        Err(errors) => return draw(&seat, &form, errors).await,
    };
    let number = |field: &str, list: [u32; 3], otherwise: u32| {
        form.text(field).parse().ok().filter(|n| list.contains(n)).unwrap_or(otherwise)
    };
    let (days, pairs) = (number("days", DAYS, DAYS[0]), number("pairs", PAIRS, PAIRS[1]));
    let order = order(today.clone(), What::If, days, pairs, (changes, zone)).await?;
    // What cannot be is said at once, and not after minutes of running.
    let trial = order.known.clone();
    let all: Vec<Change> = trial.has.iter().chain(&order.changes).cloned().collect();
    let trial = city::response_model::Known { has: all, ..trial };
    if let Err(error) = values_now(runs::city()?, &trial, &FIGURES) {
        return draw(&seat, &form, Errors::one(WHAT[0], runs::refusal(error))).await;
    }
    Job::start(&seat, order, today.at).await?;
    Ok(seat.go(&seat.link("/what-if")))
}

/// What is to be run from what is known now.
pub async fn order(
    today: Today,
    what: What,
    days: u32,
    replicates: u32,
    (changes, zone): (Vec<Change>, Option<ZoneChange>),
) -> Result<Order, Fault> {
    // Some hundred runs of the renewal equation: not on the thread that serves others.
    tokio::task::spawn_blocking(move || {
        let expected = today.expected()?;
        let mut known = today.known(days, &expected, &[]);
        // A zone that is made smaller is two in both runs.
        let (base, changed) = zones::of_pairs(&today, zone.as_ref());
        known.zones = base;
        let zone = zone.map(|zone| (zone, changed));
        Ok(Order { what, known, expected: expected.infections, changes, zone, replicates })
    })
    .await
    .map_err(Fault::internal)?
    .map_err(|error: analytics::AnalyticsError| Refusal::from(error).into())
}

/// What the runs begin with: from the records where they know, from the scenario otherwise.
fn beginning(seat: &Seat, today: &Today) -> Result<Table, Fault> {
    let expected = today::Expected { runs: Vec::new(), infections: None };
    let known = today.known(DAYS[0], &expected, &[]);
    let values = values_now(runs::city()?, &known, &FIGURES).map_err(runs::refusal)?;
    let columns = vec![
        Column::new("figure", t!(seat, "what-if-figure")),
        Column::new("value", t!(seat, "what-if-now")).numeric(),
        Column::new("source", t!(seat, "what-if-source")),
    ];
    let mut rows = vec![
        vec![
            Cell::text(t!(seat, "what-if-found")),
            Cell::count(
                i64::try_from(today.found.iter().map(|known| known.count).sum::<u64>())
                    .unwrap_or(0),
                &seat.link("/cases/course"),
            ),
            Cell::text(t!(seat, "what-if-records")),
        ],
        vec![
            Cell::text(t!(seat, "what-if-waiting")),
            Cell::count(today.waiting, &seat.link("/care/queue")),
            Cell::text(t!(seat, "what-if-records")),
        ],
        vec![
            Cell::text(t!(seat, "what-if-in-care")),
            Cell::count(today.in_care.iter().sum(), &seat.link("/care")),
            Cell::text(t!(seat, "what-if-records")),
        ],
    ];
    rows.extend(today.zones_kept.then(|| held(seat, &today.zones)).into_iter().flatten());
    for (key, value) in FIGURES.iter().zip(values) {
        let Some(value) = value else { continue };
        let recorded = today.has.iter().filter(|has| has.key == *key);
        let later: Vec<String> = recorded
            .clone()
            .filter_map(|has| {
                let from = seat.time(has.from?);
                Some(t!(seat, "what-if-later", value = plain(has.value), at = from.day()))
            })
            .collect();
        let source = match recorded.count() {
            0 if *key == "zones.area" => t!(seat, "what-if-assumed"),
            0 => t!(seat, "what-if-scenario"),
            _ => t!(seat, "what-if-records"),
        };
        let source = std::iter::once(source).chain(later).collect::<Vec<_>>().join("; ");
        rows.push(vec![Cell::text(name(seat, key)), Cell::text(plain(value)), Cell::text(source)]);
    }
    Ok(Table::new(t!(seat, "what-if-begins"), columns)
        .window(seat.time(today.at).to_string())
        .rows(rows))
}

/// Who is held by zones, by level.
fn held(seat: &Seat, zones: &[Held]) -> Vec<Vec<Cell>> {
    let row = |level: ::zones::Level| {
        let persons =
            zones.iter().filter(|zone| zone.level == level).map(|zone| zone.persons).sum();
        let name = crate::pages::zones::words::level_text(seat, level);
        let href = seat.link(&format!("/zones/list?level={level}"));
        vec![
            Cell::text(t!(seat, "what-if-held", level = name)),
            match seat.may_open("/zones/list") {
                true => Cell::count(persons, &href),
                false => Cell::number(persons),
            },
            Cell::text(t!(seat, "what-if-records")),
        ]
    };
    [::zones::Level::Locked, ::zones::Level::Controlled].map(row).to_vec()
}

/// A figure as people write it: whole numbers whole.
fn plain(value: f64) -> String {
    if value.fract().abs() < 1e-9 { number(value as i64) } else { format!("{value:.2}") }
}
