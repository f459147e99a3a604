//! Two records side by side, with a mark where they differ: whoever decides whether they are one sees
//! what speaks for it, without anybody being named in the clear.

use cases::{Case, Field as Entry};
use maud::{Markup, html};
use registry::identity::Identity;

use super::who;
use super::words::{self, named};
use crate::pages::testing::names::Names;
use crate::seat::Seat;
use crate::ui::parts::{self, Tone};
use crate::{Fault, t};

/// A line: what, of the one, of the other, and whether they differ; nothing where that says nothing.
struct Line {
    what: String,
    values: [Markup; 2],
    differ: Option<bool>,
}

fn code(text: Option<&String>) -> Markup {
    html! { @if let Some(text) = text { code { (text) } } @else { "—" } }
}

/// Whether two things that may be missing differ: what only one record knows says nothing.
fn differ<T: PartialEq>(a: Option<T>, b: Option<T>) -> Option<bool> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a != b),
        _ => None,
    }
}

/// Names, numbers and telephones, masked: whether they differ is told of the whole of them.
fn identity(seat: &Seat, [a, b]: [Option<&Identity>; 2]) -> Vec<Line> {
    let masked = [a, b].map(|who| who.map(Identity::masked));
    let normal = |who: &Identity| cases::keys::normal_name(&who.name);
    let name = |n: usize| {
        let text = masked[n].as_ref().map_or("—", |m| m.name.as_str());
        html! { (text) }
    };
    let number = |n: usize| code(masked[n].as_ref().and_then(|m| m.id_number.as_ref()));
    let phone = |n: usize| code(masked[n].as_ref().and_then(|m| m.phone.as_ref()));
    vec![
        Line {
            what: t!(seat, "reg-name"),
            values: [name(0), name(1)],
            differ: differ(a.map(normal), b.map(normal)),
        },
        Line {
            what: t!(seat, "desk-id-number"),
            values: [number(0), number(1)],
            differ: differ(
                a.and_then(|i| i.id_number.as_ref()),
                b.and_then(|i| i.id_number.as_ref()),
            ),
        },
        Line {
            what: t!(seat, "desk-phone"),
            values: [phone(0), phone(1)],
            differ: differ(a.and_then(|i| i.phone.as_ref()), b.and_then(|i| i.phone.as_ref())),
        },
    ]
}

/// Two records, line by line. Both looks are on record before anything is shown.
pub async fn table(seat: &Seat, a: &Case, b: &Case) -> Result<Markup, Fault> {
    let whose = [who::opened(seat, a).await?, who::opened(seat, b).await?];
    let mut db = seat.db().await?;
    let names = Names::of_places(&mut db, [a, b].into_iter().filter_map(Case::place)).await?;
    drop(db);
    let line = |what: String, of: &dyn Fn(&Case) -> Markup, differ: Option<bool>| Line {
        what,
        values: [of(a), of(b)],
        differ,
    };
    let mut lines = vec![line(
        t!(seat, "case-person"),
        &|c| html! { (words::person(seat, c)) },
        differ(a.birth_year, b.birth_year).max(differ(a.sex, b.sex)),
    )];
    lines.extend(identity(seat, [whose[0].as_ref(), whose[1].as_ref()]));
    let file = |c: &Case| match c.person_area {
        Some(_) => html! { (t!(seat, "case-registered")) },
        None => html! { (t!(seat, "case-unregistered")) },
    };
    let both_registered = a.person_area.is_some() && b.person_area.is_some();
    lines.push(line(t!(seat, "case-file"), &file, both_registered.then(|| a.person != b.person)));
    let class = |c: &Case| words::judged(seat, Some(c.class()), c.severity());
    lines.push(line(t!(seat, "case-class"), &class, None));
    let source = |c: &Case| html! { (named(seat, "case-source", c.source.as_str())) };
    lines.push(line(t!(seat, "case-source"), &source, None));
    let found = |c: &Case| html! { (seat.time(c.found_at)) };
    lines.push(line(t!(seat, "case-found-at"), &found, None));
    let results = |c: &Case| html! { (c.positives.len()) };
    lines.push(line(t!(seat, "case-results"), &results, None));
    let status = |c: &Case| words::status_cell(seat, c).into_markup();
    lines.push(line(t!(seat, "case-state-label"), &status, None));
    for field in Entry::ALL {
        let text = |c: &Case| c.fields.get(&field).cloned();
        let shown = |c: &Case| {
            let text = match (field, text(c)) {
                (_, None) => "—".to_owned(),
                (Entry::FoundIn, _) => words::found_in(seat, c.found_in()),
                (Entry::Place, Some(code)) => names.place_text(seat, &code),
                (_, Some(text)) => text,
            };
            html! { (text) }
        };
        let title = named(seat, "case-field", field.as_str());
        lines.push(line(title, &shown, differ(text(a), text(b))));
    }
    Ok(html! {
        div .table-box {
            div .table-box__scroll role="region" aria-label=(t!(seat, "case-side-by-side")) tabindex="0" {
                table .table .table--plain .table--pair {
                    caption { span .table__caption { (t!(seat, "case-side-by-side")) } }
                    thead {
                        tr {
                            td {}
                            @for case in [a, b] { th scope="col" { (words::link(case.id)) } }
                        }
                    }
                    tbody {
                        @for line in &lines {
                            tr {
                                th scope="row" {
                                    (line.what)
                                    @match line.differ {
                                        Some(true) => { " " (parts::tag(Tone::Warning, &t!(seat, "case-differ-mark"))) }
                                        Some(false) => { " " (parts::tag(Tone::Good, &t!(seat, "case-same-mark"))) }
                                        None => {}
                                    }
                                }
                                @for value in &line.values { td { (value) } }
                            }
                        }
                    }
                }
            }
        }
        @if whose.iter().any(Option::is_some) { p .muted { (t!(seat, "case-look-recorded")) } }
    })
}
