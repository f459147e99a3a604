//! Figures that are published, and what has become of them since.

use cases::views::{self, Window};
use cases::{Command, Convention, Measure, Publication, Publish};
use maud::{Markup, html};
use types::{AreaCode, AreaScope, CommandId, Micros, Refusal, Span};

use super::PUBLISHERS;
use super::counts::Asked;
use super::words::{self, named};
use crate::i18n::number;
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::Local;
use crate::{Fault, t};

/// Publications on the page.
const SHOWN: i64 = 20;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/cases/publish", PUBLISHERS, publish);
}

/// The county under which the figures of a scope are sent: the first that has some. Pages know
/// counties by their counts; the scope itself says of which they are.
async fn county_of(seat: &Seat, scope: AreaScope) -> Result<Option<AreaCode>, Fault> {
    let (low, high) = scope.bounds();
    if low == high {
        return Ok(Some(AreaCode::from_stored(low)));
    }
    let mut db = seat.db().await?;
    let counties = registry::views::county_counts(&mut db, scope).await?;
    Ok(counties.into_iter().map(|county| county.area).find(|area| scope.contains(*area)))
}

/// What was published, with what the figures are now, and the form that publishes.
pub async fn panel(seat: &Seat, asked: &Asked) -> Result<Markup, Fault> {
    let mut db = seat.db().await?;
    let published = views::publications(&mut db, seat.scope(), SHOWN).await?;
    let mut now = Vec::with_capacity(published.len());
    for one in &published {
        let scope = AreaScope::parse(&one.scope)?;
        let window = Window { scope, from: one.from, until: one.until, as_of: None };
        now.push(views::figures(&mut db, &window).await?);
    }
    drop(db);
    let columns = vec![
        Column::new("window", t!(seat, "case-window")),
        Column::new("area", t!(seat, "area")),
        Column::new("publisher", t!(seat, "case-publisher")),
        Column::new("as-of", t!(seat, "case-as-of")),
        Column::new("confirmed", named(seat, "case-measure", "confirmed")).numeric(),
        Column::new("converted", named(seat, "case-measure", "converted")).numeric(),
        Column::new("asymptomatic", named(seat, "case-measure", "asymptomatic")).numeric(),
        Column::new("since", t!(seat, "case-since-published")),
    ];
    let corrected =
        |one: &Publication| published.iter().any(|other| other.corrects == Some(one.id));
    let rows = published.iter().zip(&now).map(|(one, now)| {
        let measures = [Measure::Confirmed, Measure::Converted, Measure::Asymptomatic];
        let drift = measures.iter().any(|m| one.total(*m) != now.total(*m));
        let state = if corrected(one) {
            Cell::tag(Tone::Plain, t!(seat, "case-was-corrected"))
        } else if drift {
            Cell::words(html! {
                (parts::tag(Tone::Warning, &t!(seat, "case-differs-now"))) " "
                @for measure in measures.into_iter().filter(|m| one.total(*m) != now.total(*m)) {
                    (words::measured(seat, &named(seat, "case-measure", measure.as_str()), &number(now.total(measure)))) " "
                }
                (correct_form(seat, one))
            })
            .long()
        } else {
            Cell::tag(Tone::Good, t!(seat, "case-as-published"))
        };
        let scope = AreaScope::parse(&one.scope).unwrap_or(AreaScope::ALL);
        vec![
            Cell::text(format!("{} – {}", seat.time(one.from), seat.time(one.until))),
            Cell::text(parts::scope_text(seat, scope)),
            Cell::text(one.publisher.clone()),
            Cell::time(seat.time(one.as_of)),
            Cell::number(confirmed(one)),
            Cell::number(one.total(Measure::Converted)),
            Cell::number(one.total(Measure::Asymptomatic)),
            state,
        ]
    });
    let table = Table::new(t!(seat, "case-published"), columns)
        .empty(t!(seat, "case-published-empty"))
        .rows(rows);
    let county = county_of(seat, seat.scope()).await?;
    let probe = publish_of(seat.scope(), &asked.window, asked.convention, "x", None, "");
    let may = county.is_some_and(|area| act::may(seat, area, Command::Publish(probe)));
    let over = asked.window.until <= seat.now();
    // Whoever published last most likely publishes again.
    let publisher = published.first().map_or("", |one| one.publisher.as_str());
    Ok(html! {
        (table.render(seat))
        @if may && !over { p .muted { (t!(seat, "case-publish-later")) } }
        @if may && over {
            (parts::panel(&t!(seat, "case-publish"), html! {
                p { (t!(seat, "case-publish-lead")) " " (asked.text(seat)) }
                (Form::new(seat, seat.link("/cases/publish"))
                    .hidden(act::ID, &act::fresh())
                    .hidden("from", &asked.window.from.0.to_string())
                    .hidden("until", &asked.window.until.0.to_string())
                    .hidden("convention", asked.convention.as_str())
                    .field(Field::text("publisher", t!(seat, "case-publisher"))
                        .hint(t!(seat, "case-publisher-hint")).value(publisher))
                    .field(Field::text("note", t!(seat, "note")).optional())
                    .button(&t!(seat, "case-publish")))
            }))
        }
    })
}

/// The confirmed by the convention under which they were published.
fn confirmed(one: &Publication) -> i64 {
    let confirmed = one.total(Measure::Confirmed);
    match one.convention {
        Convention::Bulletin => confirmed,
        Convention::Who => {
            confirmed + one.total(Measure::Asymptomatic) - one.total(Measure::Converted)
        }
    }
}

fn correct_form(seat: &Seat, one: &Publication) -> Markup {
    html! {
        details .disclosure {
            summary { (t!(seat, "case-correct")) }
            (Form::new(seat, format!("/cases/publish?area={}", one.scope))
                .part(&one.id.to_string())
                .hidden(act::ID, &act::fresh())
                .hidden("from", &one.from.0.to_string())
                .hidden("until", &one.until.0.to_string())
                .hidden("convention", one.convention.as_str())
                .hidden("corrects", &one.id.to_string())
                .hidden("publisher", &one.publisher)
                .field(Field::text("note", t!(seat, "case-why")))
                .button(&t!(seat, "case-correct")))
        }
    }
}

fn publish_of(
    scope: AreaScope,
    window: &Window,
    convention: Convention,
    publisher: &str,
    corrects: Option<CommandId>,
    note: &str,
) -> Publish {
    Publish {
        scope,
        from: window.from,
        until: window.until,
        publisher: publisher.to_owned(),
        convention,
        corrects,
        note: note.to_owned(),
    }
}

async fn publish(seat: Seat, form: FormData) -> Answer {
    let instant = |name: &str| {
        let n = form.text(name).parse().map_err(|_| Refusal::new("window-form"));
        n.map(Micros)
    };
    let scope = seat.scope();
    let window = Window { scope, from: instant("from")?, until: instant("until")?, as_of: None };
    let convention = Convention::parse(form.text("convention")).unwrap_or(Convention::Bulletin);
    let corrects = match form.text("corrects") {
        "" => None,
        text => Some(CommandId::parse(text)?),
    };
    let area = county_of(&seat, scope).await?.ok_or_else(|| Refusal::new("county-missing"))?;
    let (publisher, note) = (form.text("publisher"), form.text("note"));
    let command =
        Command::Publish(publish_of(scope, &window, convention, publisher, corrects, note));
    act::send(&seat, area, &form, command).await??;
    // Back to the window whose figures they are.
    let zone = seat.app().zone();
    let from = Local::new(window.from, zone);
    let hours = (window.until - window.from).0 / Span::hours(1).0;
    let day = from.day();
    let first: i64 = from.clock().get(..2).and_then(|h| h.parse().ok()).unwrap_or(0);
    let last = first + hours;
    let query = format!("day={day}&from_hour={first}&until_hour={last}&area={scope}");
    Ok(seat.go(&if last <= 24 { format!("/cases/counts?{query}") } else { "/cases/counts".into() }))
}
