//! Everything that was recorded of a case, in words.

use cases::views::HistoryLine;
use cases::{Field as Entry, Observation, Patch, Stated};
use maud::{Markup, html};
use types::UnitId;

use super::why;
use super::words::{self, named};
use crate::seat::Seat;
use crate::t;
use crate::ui::table::{Cell, Column, Table};

/// The history as a table.
pub fn table(seat: &Seat, history: &[HistoryLine]) -> Table {
    let columns = vec![
        Column::new("at", t!(seat, "happened-at")),
        Column::new("what", t!(seat, "what-happened")),
        Column::new("class", t!(seat, "case-class-then")),
        Column::new("by", t!(seat, "recorded-by")),
        Column::new("recorded", t!(seat, "recorded-at")),
    ];
    Table::new(t!(seat, "history"), columns).empty(t!(seat, "history-empty")).rows(
        history.iter().map(|line| {
            let class = words::judged(seat, line.class, line.severity);
            vec![
                Cell::time(seat.time(line.at)),
                Cell::words(html! {
                    strong { (named(seat, "case-event", &line.what)) }
                    (told(seat, line))
                })
                .long(),
                Cell::words(class),
                Cell::code(line.actor.clone()),
                Cell::time(seat.time(line.recorded_at)),
            ]
        }),
    )
}

/// What was recorded, in words.
fn told(seat: &Seat, line: &HistoryLine) -> Markup {
    let body = line.body.as_str();
    match line.what.as_str() {
        "observed" => match serde_json::from_str::<Observation>(body) {
            Ok(observation) => observed(seat, &observation),
            Err(_) => html! {},
        },
        "stated" => match serde_json::from_str::<Stated>(body) {
            Ok(stated) => html! { ": " (words::class(seat, stated.class)) " " (stated.note) },
            Err(_) => html! {},
        },
        "edited" | "edit_undone" => match serde_json::from_str::<(Patch, Patch, String)>(body) {
            Ok((was, now, note)) => html! {
                ul {
                    @for (field, value) in &now {
                        @let before = was.get(field).map_or("", String::as_str);
                        li {
                            (named(seat, "case-field", field.as_str())) ": "
                            (value_of(seat, *field, before)) " → " (value_of(seat, *field, value))
                        }
                    }
                }
                @if !note.is_empty() { (note) }
            },
            Err(_) => html! {},
        },
        "positive_added" | "positive_withdrawn" => match serde_json::from_str::<UnitId>(body) {
            Ok(tube) => {
                html! { ": " a href=(seat.link(&format!("/tubes/{tube}"))) { code { (tube) } } }
            }
            Err(_) => html! {},
        },
        "merged" | "stands_for" | "unmerged" | "stands_alone" => {
            match serde_json::from_str::<(UnitId, String)>(body) {
                Ok((other, note)) => html! { ": " (words::link(other)) " " (note) },
                Err(_) => html! {},
            }
        }
        "closed" => match serde_json::from_str::<(String, String)>(body) {
            Ok((ending, note)) => html! { ": " (named(seat, "case-ending", &ending)) " " (note) },
            Err(_) => html! {},
        },
        "opened" => match serde_json::from_str::<(String, String)>(body) {
            Ok((source, _)) => html! { ": " (named(seat, "case-source", &source)) },
            Err(_) => html! {},
        },
        _ => match serde_json::from_str::<String>(body) {
            Ok(text) if !text.is_empty() => html! { ": " (text) },
            _ => html! {},
        },
    }
}

fn value_of(seat: &Seat, field: Entry, value: &str) -> String {
    match (field, value) {
        (_, "") => "—".to_owned(),
        (Entry::FoundIn, word) => named(seat, "case-found-in", word),
        (_, text) => text.to_owned(),
    }
}

/// What was observed, one after the other.
fn observed(seat: &Seat, o: &Observation) -> Markup {
    let mut parts: Vec<String> = Vec::new();
    let mut add = |key: &str, value: String| {
        parts.push(words::measured(seat, &named(seat, "case-evidence", key), &value));
    };
    if let Some(symptoms) = &o.symptoms {
        if symptoms.is_empty() {
            add("no_symptoms", String::new());
        } else {
            add("symptoms", why::symptoms(seat, &symptoms.join(" ")));
        }
    }
    let numbers = [
        ("temperature", o.temperature),
        ("respiratory_rate", o.respiratory_rate.map(f64::from)),
        ("spo2", o.spo2),
        ("pf_ratio", o.pf_ratio),
        ("lesions_growth", o.lesions_growth),
        ("bmi", o.bmi),
    ];
    for (key, value) in numbers {
        if let Some(value) = value {
            add(key, value.to_string());
        }
    }
    if let Some(since) = o.fever_since {
        add("fever_since", seat.time(since).to_string());
    }
    if let Some(lungs) = o.lungs {
        let word = if lungs == cases::Lungs::Pneumonia { "lungs" } else { "lungs_clear" };
        add(word, String::new());
    }
    for (key, prefix, codes) in
        [("sign", "case-sign", &o.signs), ("condition", "case-risk", &o.conditions)]
    {
        for code in codes.iter().flatten() {
            add(key, named(seat, prefix, code));
        }
    }
    html! { ": " (parts.join(&t!(seat, "case-comma"))) }
}
