//! How far each area has come: counties of a city, or the streets of a county, with since when and what is not
//! met, and the days of the last two weeks with somebody found in the community.

use maud::{Markup, html};
use tracing_desk::Calendar;
use types::{AreaScope, Micros};
use zero::{Claim, Criteria, Ground, Level, What, views};

use super::{READERS, words};
use crate::house::{CARE, CASES, TESTING, TRACING, ZERO, ZONES, topic};
use crate::i18n::number;
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::Local;
use crate::{Fault, t};

/// Days of the calendar.
const DAYS: usize = 14;
/// Withdrawn certificates of so many days are an alarm.
const ALARM: types::Span = types::Span::days(7);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/zero", READERS, show);
}

/// An area and how far it has come.
pub struct Line {
    /// The area.
    pub ground: Ground,
    /// What can be said of it.
    pub claim: Claim,
}

/// What can be said of a scope and of its parts: its counties, or of one county its streets.
///
/// # Errors
/// [`Fault`] when the store fails, or the protocol has no rules of community zero.
pub async fn lines(seat: &Seat, scope: AreaScope) -> Result<(Option<Line>, Vec<Line>), Fault> {
    let calendar = Calendar::of(seat.app().protocol().zone());
    let now = seat.now();
    let mut db = seat.db().await?;
    let counties = views::by_county(&mut db, &calendar, scope, now).await?;
    let text = scope.to_string();
    let parts = match text.len() {
        6 => views::by_street(&mut db, &calendar, scope, now).await?,
        _ => counties.clone(),
    };
    drop(db);
    let line = |ground: Ground, numbers: &zero::Numbers| -> Result<Line, Fault> {
        let criteria = criteria(seat, &ground)?;
        let claim = zero::claim(&criteria, &calendar, numbers, now)?;
        Ok(Line { ground, claim })
    };
    let whole = match Ground::parse(&text) {
        Ok(ground) => Some(line(ground, &views::together(counties.values()))?),
        Err(_) => None,
    };
    let mut found = Vec::with_capacity(parts.len());
    for (ground, numbers) in &parts {
        found.push(line(ground.clone(), numbers)?);
    }
    found.sort_by_key(|line| {
        (line.claim.level, std::cmp::Reverse(line.claim.failing().count()), line.ground.clone())
    });
    Ok((whole, found))
}

/// The rules that hold in a ground: those of its first county.
pub fn criteria(seat: &Seat, ground: &Ground) -> Result<Criteria, Fault> {
    let area = types::AreaCode::from_stored(ground.scope().bounds().0.max(110_000));
    Ok(Criteria::of(seat.app().protocol().at(seat.now(), area))?)
}

async fn show(seat: Seat) -> Answer {
    let scope = seat.scope();
    let (whole, parts) = lines(&seat, scope).await?;
    let mut db = seat.db().await?;
    let valid = views::valid(&mut db, scope, seat.now(), 200).await?;
    let withdrawn = views::withdrawn_since(&mut db, scope, seat.now() - ALARM, 20).await?;
    let grounds = parts.iter().map(|line| &line.ground);
    let told = withdrawn.iter().map(|c| &c.document.ground);
    let names = Names::of_places(&mut db, words::codes(grounds.chain(told))).await?;
    drop(db);
    let zero = parts.iter().filter(|line| line.claim.level == Level::Zero).count() as i64;
    let clear = parts.iter().filter(|line| line.claim.failing().next().is_none()).count() as i64;
    let figure = |label: String, value: String, href: Option<String>, tone: Tone| Figure {
        label,
        value,
        href,
        detail: None,
        tone,
    };
    let of = |n: i64| format!("{} / {}", number(n), number(parts.len() as i64));
    let tone = |n: i64| if n == parts.len() as i64 { Tone::Good } else { Tone::Warning };
    let figures = [
        figure(t!(seat, "zero-areas-zero"), of(zero), None, tone(zero)),
        figure(t!(seat, "zero-areas-clear"), of(clear), None, tone(clear)),
        figure(
            t!(seat, "zero-valid"),
            number(valid.len() as i64),
            Some(seat.link("/zero/certificates")),
            Tone::Plain,
        ),
        figure(
            t!(seat, "zero-withdrawn-week"),
            number(withdrawn.len() as i64),
            Some(seat.link("/zero/certificates?withdrawn=1")),
            if withdrawn.is_empty() { Tone::Good } else { Tone::Bad },
        ),
    ];
    let body = html! {
        @for certificate in withdrawn.iter().take(3) {
            (parts::notice(Tone::Bad, &t!(seat, "zero-alarm", number = certificate.document.number()), html! {
                p {
                    (words::ground(&seat, &names, &certificate.document.ground)) ": "
                    @if let Some(how) = &certificate.withdrawn { (words::cause(&seat, how.cause)) " · " (seat.time(how.recorded_at)) " " }
                    a href=(words::certificate_path(certificate.id)) { (t!(seat, "zero-open-certificate")) }
                }
            }))
        }
        (parts::figures(&figures))
        @if let Some(whole) = &whole {
            p { a href=(words::ground_path(&whole.ground)) { (t!(seat, "zero-whole", area = words::ground(&seat, &names, &whole.ground))) }
                " · " (words::level(&seat, whole.claim.level).into_markup()) }
        }
        (table(&seat, &parts, &names).render(&seat))
        (calendar(&seat, &parts, &names))
    };
    if seat.wants_fragment("zero") {
        return Ok(seat.fragment(body));
    }
    let src = seat.here(&[("fragment", Some("zero"))]);
    let topics = [CASES, CARE, TESTING, TRACING, ZONES, ZERO].map(|desk| topic(desk, scope));
    let page = Page::new(t!(seat, "nav-zero"), parts::live("zero", &topics, &src, body))
        .lead(html! { (t!(seat, "zero-lead")) })
        .actions(html! {
            (parts::button_link(&seat.link("/zero/certificates"), &t!(seat, "nav-zero-certificates"), false))
            (parts::button_link(&seat.link("/zero/signals"), &t!(seat, "nav-zero-signals"), false))
        });
    Ok(seat.render(page))
}

/// The name of a part: of a street without its county, which all of them share.
fn name(seat: &Seat, names: &Names, of: &Ground) -> String {
    match of.is_street() {
        true => names.place_text(seat, of.as_str()),
        false => words::ground(seat, names, of),
    }
}

fn table(seat: &Seat, parts: &[Line], names: &Names) -> Table {
    let columns = vec![
        Column::new("area", t!(seat, "area")),
        Column::new("level", t!(seat, "zero-level")),
        Column::new("since", t!(seat, "zero-since")),
        Column::new("days", t!(seat, "zero-days")).numeric(),
        Column::new("failing", t!(seat, "zero-failing")),
        Column::new("sure", words::what(seat, What::Sure)).numeric(),
    ];
    let rows = parts.iter().map(|line| {
        let failing: Vec<String> =
            line.claim.failing().map(|item| words::what(seat, item.what)).collect();
        let days = (seat.now() - line.claim.since).0.max(0) / types::Span::days(1).0;
        let sure = line.claim.item(What::Sure).map_or(0, |item| item.number);
        vec![
            Cell::link(&words::ground_path(&line.ground), name(seat, names, &line.ground)),
            words::level(seat, line.claim.level),
            since(seat, &line.claim),
            Cell::number(days),
            match failing.is_empty() {
                true => Cell::tag(Tone::Good, t!(seat, "zero-all-met")),
                false => Cell::text(failing.join(t!(seat, "zero-comma").as_str())).long(),
            },
            Cell::text(words::value(seat, What::Sure, sure)),
        ]
    });
    Table::new(t!(seat, "zero-by-area"), columns).empty(t!(seat, "zero-empty")).rows(rows)
}

/// Since when nobody was found; "never seen" reads as the begin of what one looks at.
pub fn since(seat: &Seat, claim: &Claim) -> Cell {
    let first = claim.days.first().map(|day| day.day);
    if claim.since > seat.now() {
        return Cell::none();
    }
    match Some(claim.since) == first {
        true => Cell::text(t!(seat, "zero-since-before", days = zero::LOOK_BACK)),
        false => Cell::text(day(seat, claim.since)),
    }
}

fn day(seat: &Seat, at: Micros) -> String {
    Local::new(at, seat.app().zone()).day().to_owned()
}

/// The last days of each area: who was found in the community.
fn calendar(seat: &Seat, parts: &[Line], names: &Names) -> Markup {
    let Some(first) = parts.first() else { return html! {} };
    let days: Vec<Micros> = first.claim.days.iter().rev().take(DAYS).rev().map(|d| d.day).collect();
    html! {
        div .table-box { div .table-box__scroll tabindex="0" role="region" aria-label=(t!(seat, "zero-calendar")) {
            table .zero-days {
                caption { span .table__caption { (t!(seat, "zero-calendar")) } }
                thead { tr {
                    th scope="col" { (t!(seat, "area")) }
                    @for at in &days { th scope="col" { (day(seat, *at).get(5..).unwrap_or_default()) } }
                } }
                tbody {
                    @for line in parts {
                        tr {
                            th scope="row" { (name(seat, names, &line.ground)) }
                            @for at in &days {
                                @let n = line.claim.days.iter().find(|d| d.day == *at).map_or(0, |d| d.community);
                                td .zero-days__some[n > 0] { (number(n)) }
                            }
                        }
                    }
                }
            }
        } }
    }
}
