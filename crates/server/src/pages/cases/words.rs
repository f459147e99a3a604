//! The desk's words for people.

use cases::{Case, Class, Ending, FoundIn, Severity};
use maud::{Markup, html};
use types::UnitId;

use crate::i18n::Speaks;
use crate::seat::Seat;
use crate::t;
use crate::ui::parts::{self, Tone};
use crate::ui::table::Cell;

/// A word of the store by its text `PREFIX-word`; the word itself when there is no text.
pub fn named(seat: &Seat, prefix: &str, word: &str) -> String {
    let key = format!("{prefix}-{}", word.replace('_', "-"));
    seat.lang().find(&key).unwrap_or_else(|| word.to_owned())
}

/// What a case is called on a page: its county and the start of its id.
pub fn short(case: UnitId) -> String {
    let text = case.to_string();
    let tail = text.split_once('.').map_or("", |(_, tail)| tail);
    format!("{}-{}", case.area(), tail.chars().skip(1).take(7).collect::<String>())
}

/// The page of a case.
pub fn path(case: UnitId) -> String {
    format!("/cases/{case}")
}

/// A link to a case.
pub fn link(case: UnitId) -> Markup {
    html! { a .nowrap href=(path(case)) { code { (short(case)) } } }
}

/// A class as a tag.
pub fn class(seat: &Seat, class: Class) -> Markup {
    parts::tag(class_tone(class), &named(seat, "case-class", class.as_str()))
}

fn class_tone(class: Class) -> Tone {
    match class {
        Class::Suspected | Class::ScreenPositive => Tone::Warning,
        Class::Asymptomatic => Tone::Info,
        Class::Confirmed | Class::Converted => Tone::Bad,
    }
}

/// A class in a table.
pub fn class_cell(seat: &Seat, of: Class) -> Cell {
    Cell::tag(class_tone(of), named(seat, "case-class", of.as_str()))
}

fn severity_tone(severity: Severity) -> Tone {
    match severity {
        Severity::Asymptomatic | Severity::Mild => Tone::Plain,
        Severity::Moderate => Tone::Warning,
        Severity::Severe | Severity::Critical => Tone::Bad,
    }
}

/// A severity in a table.
pub fn severity_cell(seat: &Seat, severity: Option<Severity>) -> Cell {
    severity.map_or_else(Cell::none, |grade| {
        Cell::tag(severity_tone(grade), named(seat, "case-severity", grade.as_str()))
    })
}

/// A severity as a tag.
pub fn severity(seat: &Seat, severity: Severity) -> Markup {
    parts::tag(severity_tone(severity), &named(seat, "case-severity", severity.as_str()))
}

/// Class and severity as tags: an asymptomatic infection is said once.
pub fn judged(seat: &Seat, of: Option<Class>, grade: Option<Severity>) -> Markup {
    html! {
        @if let Some(of) = of { (class(seat, of)) " " }
        @if let Some(grade) = grade.filter(|grade| *grade > Severity::Asymptomatic) {
            (severity(seat, grade)) " "
        }
    }
}

/// Where an infection was found, in words.
pub fn found_in(seat: &Seat, found_in: Option<FoundIn>) -> String {
    named(seat, "case-found-in", found_in.map_or("unknown", FoundIn::as_str))
}

/// How a case stands: its ending, or that it goes on.
pub fn status_cell(seat: &Seat, case: &Case) -> Cell {
    match (case.merged_into, case.ending) {
        (Some(_), _) => Cell::text(named(seat, "case-ending", Ending::Merged.as_str())),
        (None, Some((ending, _))) => Cell::text(named(seat, "case-ending", ending.as_str())),
        (None, None) if case.reported_at.is_none() => {
            let late = case.report_due.is_some_and(|due| due < seat.now());
            let (tone, key) = if late {
                (Tone::Bad, "case-report-late")
            } else {
                (Tone::Warning, "case-to-report")
            };
            Cell::tag(tone, seat.text(key))
        }
        (None, None) => Cell::text(t!(seat, "case-goes-on")),
    }
}

/// Measured values with their names, so that a number stands behind what it is of.
pub fn measured(seat: &Seat, name: &str, value: &str) -> String {
    if value.is_empty() {
        name.to_owned()
    } else {
        t!(seat, "case-name-value", name = name, value = value)
    }
}

/// Sex and year of birth: enough to tell two lines apart, and nobody's name.
pub fn person(seat: &Seat, case: &Case) -> String {
    let mut parts = Vec::new();
    if let Some(sex) = case.sex {
        parts.push(seat.text(&format!("reg-sex-{}", sex.as_str())));
    }
    if let Some(year) = case.birth_year {
        parts.push(year.to_string());
    } else if let Some(months) = case.age_months {
        parts.push(t!(seat, "case-age-months", n = i64::from(months)));
    }
    if parts.is_empty() { t!(seat, "case-person-unknown") } else { parts.join(" · ") }
}

/// Options of a select from the words of an enum, after one for "any".
pub fn options<'a>(
    seat: &Seat,
    prefix: &str,
    any: Option<&str>,
    words: impl IntoIterator<Item = &'a str>,
) -> Vec<(String, String)> {
    let any = any.map(|key| (String::new(), seat.text(key)));
    let words = words.into_iter().map(|word| (word.to_owned(), named(seat, prefix, word)));
    any.into_iter().chain(words).collect()
}
