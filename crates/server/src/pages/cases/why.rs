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
    let row = |name: String, value: Markup, by: &Basis| {
        html! {
            div {
                dt { (name) }
                dd { (value) (reasons(seat, by)) }
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
pub fn reasons(seat: &Seat, by: &Basis) -> Markup {
    html! {
        p .muted {
            @if by.rule == "stated" {
                (t!(seat, "case-rule-stated"))
            } @else {
                (t!(seat, "case-by-rule")) " "
                a href={ "/testing/protocol/" (by.rule) } { code { (by.rule) } }
                @if !by.edition.is_empty() { " · " (by.edition) }
            }
        }
        @if !by.evidence.is_empty() {
            ul { @for one in &by.evidence { li { (evidence(seat, one)) } } }
        }
    }
}

fn evidence(seat: &Seat, one: &Evidence) -> Markup {
    html! {
        (named(seat, "case-evidence", &one.what))
        @match one.what.as_str() {
            "positive" => @if let Ok(tube) = UnitId::parse(&one.value) {
                " " a href=(seat.link(&format!("/tubes/{tube}"))) { code { (tube) } }
            },
            "symptoms" => { " " (symptoms(seat, &one.value)) }
            "sign" => { " " (named(seat, "case-sign", &one.value)) }
            "condition" => { " " (named(seat, "case-risk", &one.value)) }
            "lungs" => {}
            "stated" => @if !one.value.is_empty() { ": " (one.value) },
            _ => @if !one.value.is_empty() { " " (one.value) },
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
