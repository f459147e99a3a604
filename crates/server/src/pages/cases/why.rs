//! Why something is as it is: the rule, the edition, the evidence.

use cases::{Basis, Case, Evidence};
use maud::{Markup, html};
use types::UnitId;

use super::words::{self, named};
use crate::seat::Seat;
use crate::t;
use crate::ui::parts::{self, Tone};

/// Class, severity and risks of a case, each with its reasons.
pub fn panel(seat: &Seat, case: &Case) -> Markup {
    let judged = &case.judged;
    // A word that a person adds later is another than that of the list.
    let from_list = case.source == cases::Source::Import
        && case.stated.as_ref().is_some_and(|stated| stated.note == case.origin);
    let row = |name: String, value: Markup, by: &Basis| {
        html! {
            div {
                dt { (name) }
                dd { (value) (reasons(seat, by, from_list)) }
            }
        }
    };
    html! {
        dl .facts {
            (row(t!(seat, "case-class"), words::class(seat, judged.class), &judged.class_by))
            @match (judged.severity, &judged.severity_by) {
                (Some(grade), Some(by)) => {
                    (row(t!(seat, "case-severity"), words::severity(seat, grade), by))
                }
                _ => div {
                    dt { (t!(seat, "case-severity")) }
                    dd { (t!(seat, "case-severity-none")) }
                },
            }
            @if let Some(worst) = case.worst.filter(|worst| Some(*worst) != judged.severity) {
                div {
                    dt { (t!(seat, "case-worst")) }
                    dd { (words::severity(seat, worst)) }
                }
            }
            @for risk in &judged.risks {
                (row(
                    t!(seat, "case-risk"),
                    parts::tag(Tone::Warning, &named(seat, "case-risk", &risk.code)),
                    &risk.by,
                ))
            }
        }
    }
}

/// The rule and what it rests on.
fn reasons(seat: &Seat, by: &Basis, from_list: bool) -> Markup {
    html! {
        p .muted {
            @if by.rule == "stated" && from_list {
                (t!(seat, "case-evidence-list"))
            } @else if by.rule == "stated" {
                (t!(seat, "case-rule-stated"))
            } @else {
                (t!(seat, "case-by-rule")) " "
                a href={ "/testing/protocol/" (by.rule) } { code { (by.rule) } }
                @if !by.edition.is_empty() { " · " (by.edition) }
            }
        }
        @if !by.evidence.is_empty() {
            ul { @for one in &by.evidence { li { (evidence(seat, one, from_list)) } } }
        }
    }
}

fn evidence(seat: &Seat, one: &Evidence, from_list: bool) -> Markup {
    let name = named(seat, "case-evidence", &one.what);
    let said = |value: &str| words::measured(seat, &name, value);
    html! {
        @match one.what.as_str() {
            "positive" => {
                (name)
                @if let Ok(tube) = UnitId::parse(&one.value) {
                    " " a href=(seat.link(&format!("/tubes/{tube}"))) { code { (tube) } }
                }
            }
            "symptoms" => (said(&symptoms(seat, &one.value))),
            "sign" => (said(&named(seat, "case-sign", &one.value))),
            "condition" => (said(&named(seat, "case-risk", &one.value))),
            "lungs" => (name),
            // What a line list says is said by the list, and not by whoever brought it.
            "stated" if from_list => {
                (words::measured(seat, &t!(seat, "case-evidence-list"), &one.value))
            }
            _ => (said(&one.value)),
        }
        @if !one.limit.is_empty() { " (" (t!(seat, "case-limit")) " " (one.limit) ")" }
        @if let Some(at) = one.at { " · " (seat.time(at)) }
    }
}

/// Symptoms by their codes, in words.
pub fn symptoms(seat: &Seat, codes: &str) -> String {
    let names: Vec<String> = codes
        .split(' ')
        .filter(|c| !c.is_empty())
        .map(|c| named(seat, "case-symptom", c))
        .collect();
    names.join(&t!(seat, "case-comma"))
}
