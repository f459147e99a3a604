//! One case: who, what, why, since when, and everything that was recorded of it.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::Response;
use cases::{Case, Field as Entry, views};
use maud::{Markup, html};
use registry::identity::Identity;
use types::{Refusal, UnitId};

use super::words::{self, named};
use super::{READERS, acts, history, who, why};
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/cases/{unit}", READERS, show);
}

/// The case of an address.
pub async fn read(seat: &Seat, text: &str) -> Result<Case, Fault> {
    let id = UnitId::parse(text)?;
    if id.kind() != cases::CASE {
        let refusal = Refusal::new("wrong-kind-of-code").with("code", id);
        return Err(refusal.with("wanted", cases::CASE).into());
    }
    let mut db = seat.db().await?;
    views::case(&mut db, id).await?.ok_or_else(|| Fault::not_found(id))
}

async fn show(seat: Seat, Path(unit): Path<String>) -> Answer {
    let case = read(&seat, &unit).await?;
    page(&seat, &case, None, &FormData::default(), Errors::default()).await
}

/// The page of a case; `clear` after a look in the clear has been recorded, `errors` for a form of
/// the page that was not taken.
pub async fn page(
    seat: &Seat,
    case: &Case,
    clear: Option<&Identity>,
    form: &FormData,
    errors: Errors,
) -> Answer {
    let known = who::masked(seat, case).await?;
    let mut db = seat.db().await?;
    let lines = views::history(&mut db, case.id).await?;
    let merged = views::merged(&mut db, case.id).await?;
    let pairs = views::pairs_of(&mut db, case.id).await?;
    let body = html! {
        @if let Some(keep) = case.merged_into {
            (parts::notice(Tone::Info, &t!(seat, "case-is-merged-title"), html! {
                p { (t!(seat, "case-is-merged-into")) " " (words::link(keep)) }
                (acts::unmerge_form(seat, case))
            }))
        }
        @if !merged.is_empty() {
            (parts::notice(Tone::Info, &t!(seat, "case-stands-for-title"), html! {
                ul { @for other in &merged { li { (words::link(other.id)) } } }
            }))
        }
        @let open: Vec<_> = pairs.iter().filter(|pair| pair.state == "open").collect();
        @if !open.is_empty() {
            (parts::notice(Tone::Warning, &t!(seat, "case-perhaps-twice-title"), html! {
                ul {
                    @for pair in open {
                        @let other = if pair.case == case.id { pair.other } else { pair.case };
                        li {
                            (words::link(other)) " · "
                            a href={ "/cases/" (case.id) "/merge/" (other) } { (t!(seat, "case-compare")) }
                        }
                    }
                }
            }))
        }
        (who::panel(seat, case, known.as_ref(), clear))
        (parts::panel(&t!(seat, "case-judgement"), why::panel(seat, case)))
        (parts::panel(&t!(seat, "case-entered"), entered(seat, case).await?))
        (acts::panel(seat, case, form, errors))
        (results(seat, case).await?)
        (history::table(seat, &lines).render(seat))
    };
    let shown = words::short(case.id);
    let record = match acts::may_record(seat, case) {
        true => parts::button_link("#acts", &t!(seat, "case-acts-go"), true),
        false => html! {},
    };
    let page = Page::new(t!(seat, "case-title", case = shown.as_str()), body)
        .crumb(seat.link("/cases"), t!(seat, "nav-cases"))
        .lead(lead(seat, case))
        .actions(record);
    let mut response: Response = seat.render(page);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn lead(seat: &Seat, case: &Case) -> Markup {
    html! {
        (words::judged(seat, Some(case.class()), case.severity()))
        @if case.is_high_risk() { (parts::tag(Tone::Warning, &t!(seat, "case-high-risk"))) " " }
        (words::status_cell(seat, case).into_markup())
    }
}

async fn entered(seat: &Seat, case: &Case) -> Result<Markup, Fault> {
    let mut db = seat.db().await?;
    let names = Names::of_places(&mut db, case.place()).await?;
    let mut rows: Vec<(String, Markup)> = Entry::ALL
        .into_iter()
        .map(|field| {
            let text = case.fields.get(&field).map_or("", String::as_str);
            let value = match field {
                Entry::FoundIn => words::found_in(seat, case.found_in()),
                Entry::Place => case.place().map_or("—".to_owned(), |p| names.place(seat, &p)),
                _ if text.is_empty() => "—".to_owned(),
                _ => text.to_owned(),
            };
            (named(seat, "case-field", field.as_str()), html! { (value) })
        })
        .collect();
    let source = named(seat, "case-source", case.source.as_str());
    rows.push((
        t!(seat, "case-source"),
        html! {
            (source)
            @if !case.origin.is_empty() { " · " (case.origin) }
        },
    ));
    rows.push((t!(seat, "case-found-at"), html! { (seat.time(case.found_at)) }));
    rows.push((t!(seat, "recorded-at"), html! { (seat.time(case.recorded_at)) }));
    let report = match (case.reported_at, case.report_due) {
        (Some(at), _) => html! { (seat.time(at)) " " (case.number) },
        (None, Some(due)) => {
            let left = due - seat.now();
            html! {
                (t!(seat, "case-report-due")) " " (seat.time(due)) " "
                @if left.0 < 0 {
                    (parts::tag(Tone::Bad, &t!(seat, "late-by", time = seat.span(types::Span(-left.0)))))
                }
            }
        }
        (None, None) => html! { "—" },
    };
    rows.push((t!(seat, "case-report"), report));
    if let Some((ending, at)) = case.ending {
        let ending = named(seat, "case-ending", ending.as_str());
        rows.push((t!(seat, "case-ended"), html! { (ending) " · " (seat.time(at)) }));
    }
    rows.push((t!(seat, "case-version"), html! { (case.version) }));
    rows.push((t!(seat, "code"), html! { code { (case.id) } }));
    Ok(parts::facts(&rows))
}

/// The tubes of the case with everything that a laboratory ever said of them.
async fn results(seat: &Seat, case: &Case) -> Result<Markup, Fault> {
    let mut db = seat.db().await?;
    let columns = vec![
        Column::new("tube", t!(seat, "kind-tube")),
        Column::new("tested", t!(seat, "tested-at")),
        Column::new("result", t!(seat, "result")),
        Column::new("ct-n", t!(seat, "ct-n")).numeric(),
        Column::new("ct-orf", t!(seat, "ct-orf1ab")).numeric(),
        Column::new("lab", t!(seat, "laboratory")),
    ];
    let ct = |value: Option<f64>| value.map_or_else(Cell::none, |v| Cell::text(format!("{v:.1}")));
    let mut table =
        Table::new(t!(seat, "case-results"), columns).empty(t!(seat, "case-no-results"));
    for (tube, _) in &case.positives {
        for (at, lab, _, reading, n, orf, _) in
            testing::views::results_of_tube(&mut db, *tube).await?
        {
            table.row(vec![
                Cell::link(&seat.link(&format!("/tubes/{tube}")), tube.to_string()),
                Cell::time(seat.time(at)),
                Cell::text(named(seat, "reading", &reading)),
                ct(n),
                ct(orf),
                Cell::code(lab),
            ]);
        }
    }
    Ok(table.render(seat))
}
