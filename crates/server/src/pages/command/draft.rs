//! A bulletin before it is published: its figures held against the line list, and what does not fit.

use analytics::bulletin::{CaseMistake, ReportWindow};
use cases::views::Window;
use command::{Basis, Bulletin, Command, Difference, Document, PublishBulletin, TOLD, views};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use maud::{Markup, html};
use types::{AreaCode, AreaScope, CommandId, Micros, Refusal, Span};

use super::report::{Drafter, Reader};
use super::{KEEPERS, words};
use crate::i18n::{Speaks, number};
use crate::pages::act;
use crate::pages::cases::words as case_words;
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::{Local, parse_local};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    // A day of a province is read whole.
    routes.get("/bulletins/new", KEEPERS, show).bulk();
    routes.post("/bulletins/new", KEEPERS, publish);
}

/// Which window of which areas.
#[derive(Clone, Debug)]
pub struct Asked {
    scope: AreaScope,
    window: ReportWindow,
    hours: (u8, u8),
    offset: Offset,
    from: Micros,
    until: Micros,
}

/// How far the clocks of the pages' zone are from UTC on a day, in whole minutes.
pub fn offset_of(seat: &Seat, day: Date) -> Result<Offset, Refusal> {
    let midnight = parse_local(&format!("{day}T00:00"), seat.app().zone())?;
    let at = Timestamp::from_microsecond(midnight.0).map_err(|_| Refusal::new("day-form"))?;
    Ok(seat.app().zone().to_offset(at))
}

impl Asked {
    /// What somebody typed: a day and two hours; yesterday, if nothing.
    fn of(seat: &Seat, text: impl Fn(&str) -> Option<String>) -> Result<Asked, Refusal> {
        let yesterday = Local::new(seat.now() - Span::days(1), seat.app().zone());
        let day = text("day").unwrap_or_else(|| yesterday.day().to_owned());
        let day: Date = day.parse().map_err(|_| Refusal::new("day-form"))?;
        let hour = |name: &str, otherwise: u8| match text(name) {
            None => Ok(otherwise),
            Some(text) => text.parse().map_err(|_| Refusal::new("window-form")),
        };
        let hours = (hour("from_hour", 0)?, hour("until_hour", 24)?);
        let window = ReportWindow::hours(day, hours.0, hours.1);
        let window = window.map_err(|_| Refusal::new("window-form"))?;
        let offset = offset_of(seat, day)?;
        Ok(Asked {
            scope: seat.scope(),
            window,
            hours,
            offset,
            from: window.start(offset),
            until: window.end(offset),
        })
    }

    fn query(&self) -> String {
        let (from, until) = self.hours;
        let day = self.window.day();
        format!("day={day}&from_hour={from}&until_hour={until}&area={}", self.scope)
    }
}

/// The county under which what is of a scope is sent: the first that the registry has, else the first
/// that has cases: a province may keep a line list without a registry.
pub async fn county_of(seat: &Seat, scope: AreaScope) -> Result<AreaCode, Fault> {
    let (low, high) = scope.bounds();
    if low == high {
        return Ok(AreaCode::from_stored(low));
    }
    let mut db = seat.db().await?;
    let counties = registry::views::county_counts(&mut db, scope).await?;
    let mut first = counties.into_iter().map(|c| c.area).find(|area| scope.contains(*area));
    if first.is_none() {
        let all = Window { scope, from: Micros(i64::MIN), until: Micros::MAX, as_of: None };
        let areas = cases::views::by_area(&mut db, &all).await?;
        first = areas.into_iter().map(|(area, _)| area).next();
    }
    Ok(first.ok_or_else(|| Refusal::new("county-missing"))?)
}

/// What is read before it is published.
struct Draft {
    basis: Basis,
    differences: Vec<Difference>,
    document: Document,
    published: Option<Bulletin>,
}

impl Draft {
    async fn load(seat: &Seat, asked: &Asked) -> Result<Draft, Fault> {
        let mut db = seat.db().await?;
        let basis = views::basis(&mut db, asked.scope, asked.from, asked.until).await?;
        let published = views::bulletin_of(&mut db, asked.scope, asked.from, asked.until).await?;
        drop(db);
        let (window, offset) = (asked.window, asked.offset);
        let (basis, differences, areas) = tokio::task::spawn_blocking(move || {
            let differences = basis.differences(window, offset);
            let areas = Document::areas_of(&basis);
            (basis, differences, areas)
        })
        .await
        .map_err(Fault::internal)?;
        let known = published.as_ref().map(|bulletin| &bulletin.document);
        let document = Document {
            scope: asked.scope,
            no: known.map_or(0, |d| d.no),
            correction: known.map_or(0, |d| d.correction + 1),
            window: asked.window,
            utc_offset_minutes: asked.offset.seconds() / 60,
            from: asked.from,
            until: asked.until,
            as_of: seat.now(),
            publisher: known.map_or_else(String::new, |d| d.publisher.clone()),
            note: String::new(),
            areas,
            unexamined: basis.unexamined(),
        };
        Ok(Draft { basis, differences, document, published })
    }
}

async fn show(seat: Seat) -> Answer {
    draw(&seat, &FormData::default(), Errors::default()).await
}

async fn draw(seat: &Seat, typed: &FormData, mut errors: Errors) -> Answer {
    let title = t!(seat, "bulletin-new");
    let typed_or_asked = |name: &str| match typed.text(name) {
        "" => seat.param(name),
        text => Some(text.to_owned()),
    };
    let asked = Asked::of(seat, typed_or_asked);
    let wide = seat.scope().to_string().is_empty();
    let asked = match asked {
        Ok(asked) if !wide => asked,
        Ok(_) => {
            let refusal = Refusal::new("bulletin-scope");
            let lang = seat.lang();
            let body = parts::notice(
                Tone::Info,
                &lang.refusal(&refusal),
                html! {
                    p { (lang.refusal_next(&refusal)) " "
                        a href="/areas?back=%2Fbulletins%2Fnew" { (t!(seat, "areas-in-view")) } }
                },
            );
            return Ok(seat.render(page(seat, title, body)));
        }
        Err(refusal) => {
            errors.add("day", refusal);
            return Ok(seat.render(page(seat, title, question(seat, None, errors))));
        }
    };
    let draft = Draft::load(seat, &asked).await?;
    let report = Drafter::new(seat, &draft.document, Reader::Own(None)).report();
    let body = html! {
        (question(seat, Some(&asked), Errors::default()))
        (balance(seat, &draft))
        (publishing(seat, &asked, &draft, typed, errors))
        h2 { (report.title) }
        (report.page(seat))
    };
    Ok(seat.render(page(seat, title, body).lead(html! { (t!(seat, "bulletin-new-lead")) })))
}

fn page(seat: &Seat, title: String, body: Markup) -> Page {
    Page::new(title, body).crumb(seat.link("/bulletins"), t!(seat, "nav-bulletins"))
}

fn question(seat: &Seat, asked: Option<&Asked>, errors: Errors) -> Markup {
    let value = |name: &str| seat.param(name).unwrap_or_default();
    let day = asked.map_or_else(|| value("day"), |asked| asked.window.day().to_string());
    let (from, until) = asked.map_or((0, 24), |asked| asked.hours);
    Form::asks(seat, "/bulletins/new")
        .errors(errors)
        .group(
            &t!(seat, "case-window"),
            vec![
                Field::day("day", t!(seat, "case-day")).value(day),
                Field::number("from_hour", t!(seat, "case-from-hour")).value(from.to_string()),
                Field::number("until_hour", t!(seat, "case-until-hour")).value(until.to_string()),
            ],
        )
        .button(&t!(seat, "show"))
}

/// Whether the figures are those of the list, and if not, where.
fn balance(seat: &Seat, draft: &Draft) -> Markup {
    if draft.differences.is_empty() {
        let lines = draft.basis.lines.len() as i64;
        return parts::notice(
            Tone::Good,
            &t!(seat, "bulletin-balances"),
            html! {
                p { (t!(seat, "bulletin-balances-lines", n = number(lines))) }
            },
        );
    }
    let all = draft.differences.len();
    let columns = vec![
        Column::new("where", t!(seat, "bulletin-where")),
        Column::new("what", t!(seat, "bulletin-what")),
        Column::new("figure", t!(seat, "bulletin-figure")).numeric(),
        Column::new("list", t!(seat, "bulletin-in-list")).numeric(),
    ];
    let rows = draft.differences.iter().take(TOLD).map(|difference| row(seat, difference));
    let table = Table::new(t!(seat, "bulletin-differences"), columns).rows(rows);
    html! {
        (parts::notice(Tone::Bad, &t!(seat, "bulletin-differs", n = all as i64), html! {
            p { (t!(seat, "bulletin-differs-next")) }
        }))
        (table.render(seat))
    }
}

fn row(seat: &Seat, difference: &Difference) -> Vec<Cell> {
    let area = |area: &AreaCode| Cell::text(parts::scope_text(seat, AreaScope::one(*area)));
    let measure = |m: &cases::Measure| named(seat, "case-measure", m.as_str());
    let case = |id: &types::UnitId| Cell::markup(case_words::link(*id), id.to_string());
    match difference {
        Difference::Count { area: at, measure: m, counted, listed } => {
            vec![area(at), Cell::text(measure(m)), Cell::number(*counted), Cell::number(*listed)]
        }
        Difference::FoundIn { area: at, measure: m, found_in, counted, listed } => {
            let what = format!("{} · {}", measure(m), case_words::found_in(seat, *found_in));
            vec![area(at), Cell::text(what), Cell::number(*counted), Cell::number(*listed)]
        }
        Difference::Line { case: id, measure: m, tallied, counts } => {
            vec![case(id), Cell::text(measure(m)), Cell::number(*tallied), Cell::number(*counts)]
        }
        Difference::Case { case: id, mistake } => {
            vec![case(id), Cell::text(mistake_text(seat, *mistake)), Cell::none(), Cell::none()]
        }
        Difference::Converted { area: at, converted, confirmed } => vec![
            area(at),
            Cell::text(t!(seat, "bulletin-converted-too-many")),
            Cell::number(*converted),
            Cell::number(*confirmed),
        ],
    }
}

fn mistake_text(seat: &Seat, mistake: CaseMistake) -> String {
    match mistake {
        CaseMistake::NeverReported => t!(seat, "bulletin-case-never-reported"),
        CaseMistake::ReportedTwice => t!(seat, "bulletin-case-reported-twice"),
        CaseMistake::BeforeReport => t!(seat, "bulletin-case-before-report"),
        CaseMistake::ConvertedWhenConfirmed => t!(seat, "bulletin-case-converted-confirmed"),
        CaseMistake::DischargedWhenAsymptomatic => t!(seat, "bulletin-case-discharged"),
        CaseMistake::ReleasedWhenConfirmed => t!(seat, "bulletin-case-released"),
        CaseMistake::AfterEnd => t!(seat, "bulletin-case-after-end"),
    }
}

/// The form that publishes, or why there is none.
fn publishing(
    seat: &Seat,
    asked: &Asked,
    draft: &Draft,
    typed: &FormData,
    errors: Errors,
) -> Markup {
    if asked.until > seat.now() {
        return html! { p .muted { (t!(seat, "case-publish-later")) } };
    }
    if !draft.differences.is_empty() {
        return html! {};
    }
    let correcting = draft.published.as_ref();
    if let Some(known) = correcting
        && known.document.areas == draft.document.areas
    {
        return html! {
            p { (t!(seat, "bulletin-is-published")) " "
                a href=(words::bulletin_path(known.id)) { (words::number(seat, &known.document)) } }
        };
    }
    let publisher = match typed.text("publisher") {
        "" => draft.document.publisher.clone(),
        text => text.to_owned(),
    };
    let title = if correcting.is_some() { "bulletin-correct" } else { "bulletin-publish" };
    let mut form = Form::new(seat, format!("/bulletins/new?area={}", asked.scope))
        .hidden(act::ID, &act::again(typed, &errors))
        .errors(errors)
        .hidden("day", &asked.window.day().to_string())
        .hidden("from_hour", &asked.hours.0.to_string())
        .hidden("until_hour", &asked.hours.1.to_string());
    for (measure, n) in draft.document.seen() {
        form = form.hidden("seen", &format!("{}={n}", measure.as_str()));
    }
    if let Some(known) = correcting {
        form = form.hidden("corrects", &known.id.to_string());
    }
    let note = Field::text("note", note_label(seat, correcting.is_some()));
    let note = if correcting.is_some() { note } else { note.optional() };
    let form = form
        .field(
            Field::text("publisher", t!(seat, "case-publisher"))
                .hint(t!(seat, "case-publisher-hint"))
                .value(publisher),
        )
        .field(note.value(typed.text("note")))
        .button(&seat.text(title));
    parts::panel(
        &seat.text(title),
        html! {
            @if let Some(known) = correcting {
                p { (t!(seat, "bulletin-corrects")) " "
                    a href=(words::bulletin_path(known.id)) { (words::number(seat, &known.document)) } }
                ul {
                    @for (measure, was, now) in known.document.differs(&draft.document) {
                        li { (named(seat, "case-measure", measure.as_str())) ": " (number(was)) " → " (number(now)) }
                    }
                }
            }
            p .muted { (t!(seat, "bulletin-frozen")) }
            (form)
        },
    )
}

/// What is asked beside the publisher.
fn note_label(seat: &Seat, correcting: bool) -> String {
    if correcting { t!(seat, "case-why") } else { t!(seat, "note") }
}

async fn publish(seat: Seat, form: FormData) -> Answer {
    let text = |name: &str| Some(form.text(name)).filter(|t| !t.is_empty()).map(str::to_owned);
    let asked = Asked::of(&seat, text)?;
    let seen: Option<Vec<(cases::Measure, i64)>> = form
        .all("seen")
        .map(|pair| {
            let (measure, n) = pair.split_once('=')?;
            Some((cases::Measure::parse(measure)?, n.parse().ok()?))
        })
        .collect();
    let command = Command::PublishBulletin(PublishBulletin {
        scope: asked.scope,
        window: asked.window,
        utc_offset_minutes: asked.offset.seconds() / 60,
        publisher: form.text("publisher").to_owned(),
        seen: seen.ok_or_else(|| Refusal::new("malformed-request"))?,
        corrects: match form.text("corrects") {
            "" => None,
            text => Some(CommandId::parse(text)?),
        },
        note: form.text("note").to_owned(),
    });
    let area = county_of(&seat, asked.scope).await?;
    if let Err(refusal) = act::send(&seat, area, &form, command).await? {
        let field = if refusal.code == "note-needed" { "note" } else { "publisher" };
        return draw(&seat, &form, Errors::one(field, refusal)).await;
    }
    // The one that holds of this window now is the one that was published.
    let mut db = seat.db().await?;
    let published = views::bulletin_of(&mut db, asked.scope, asked.from, asked.until).await?;
    Ok(seat.go(&match published {
        Some(bulletin) => words::bulletin_path(bulletin.id),
        None => format!("/bulletins/new?{}", asked.query()),
    }))
}
