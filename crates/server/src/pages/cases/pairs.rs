//! Records that may be one case: the list, and two of them side by side.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use cases::views::{self, PairCursor, PairLine};
use cases::{Case, Command, KeyKind, Merge};
use maud::{Markup, html};
use types::{Refusal, UnitId};

use super::case::read;
use super::words::{self, named};
use super::{KEEPERS, PAGE, READERS, beside};
use crate::house::{CASES, topic};
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table, cut};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/cases/duplicates", READERS, list);
    routes.get("/cases/{unit}/merge/{other}", KEEPERS, compare);
    routes.post("/cases/{unit}/merge/{other}", KEEPERS, merge);
    routes.post("/cases/{unit}/differ/{other}", KEEPERS, differ);
}

fn shared(seat: &Seat, by: &[KeyKind]) -> String {
    let names: Vec<String> = by.iter().map(|k| named(seat, "case-key", k.as_str())).collect();
    names.join(&t!(seat, "case-comma"))
}

async fn list(seat: Seat) -> Answer {
    let after = seat.param("after").and_then(|text| PairCursor::parse(&text));
    let mut db = seat.db().await?;
    let mut found = views::pairs(&mut db, seat.scope(), after, PAGE + 1).await?;
    let next = cut(&mut found, PAGE, |line| Some(PairCursor::of(line).to_string()));
    let ids: Vec<UnitId> = found.iter().flat_map(|line| [line.case, line.other]).collect();
    let cases = views::cases(&mut db, &ids).await?;
    let of = |id: UnitId| cases.iter().find(|case| case.id == id);
    let columns = vec![
        Column::new("pair", t!(seat, "case-pair")),
        Column::new("case", t!(seat, "case")),
        Column::new("other", t!(seat, "case-other")),
        Column::new("by", t!(seat, "case-share")),
        Column::new("score", t!(seat, "case-score")).numeric(),
        Column::new("since", t!(seat, "case-pair-since")),
    ];
    let told = |id: UnitId| {
        let person = of(id).map_or_else(String::new, |case| words::person(&seat, case));
        let plain = format!("{} {person}", words::short(id));
        Cell::markup(html! { code .nowrap { (words::short(id)) } " " (person) }, plain)
    };
    let rows = found.iter().map(|line: &PairLine| {
        let href = format!("/cases/{}/merge/{}", line.case, line.other);
        vec![
            Cell::link(&href, t!(seat, "case-compare-them")),
            told(line.case),
            told(line.other),
            Cell::text(shared(&seat, &line.by)),
            Cell::number(line.score),
            Cell::time(seat.time(line.found_at)),
        ]
    });
    let table = Table::new(t!(seat, "nav-case-pairs"), columns)
        .empty(t!(seat, "case-pairs-empty"))
        .next(next)
        .rows(rows)
        .render(&seat);
    if seat.wants_fragment("pairs") {
        return Ok(seat.fragment(table));
    }
    let src = seat.here(&[("fragment", Some("pairs"))]);
    let body = parts::live("pairs", &[topic(CASES, seat.scope())], &src, table);
    let lead = html! { (t!(seat, "case-pairs-lead")) };
    Ok(seat.render(Page::new(t!(seat, "nav-case-pairs"), body).lead(lead)))
}

async fn compare(seat: Seat, Path((unit, other)): Path<(String, String)>) -> Answer {
    let (a, b) = both(&seat, &unit, &other).await?;
    show(&seat, &a, &b, &FormData::default(), Errors::default()).await
}

async fn both(seat: &Seat, unit: &str, other: &str) -> Result<(Case, Case), Fault> {
    let (a, b) = (read(seat, unit).await?, read(seat, other).await?);
    // The address names one county; the other record may lie in another.
    if seat.require(b.area()).is_err() {
        return Err(Refusal::new("cases-in-two-counties").with("case", b.id).into());
    }
    Ok((a, b))
}

async fn show(seat: &Seat, a: &Case, b: &Case, form: &FormData, errors: Errors) -> Answer {
    let mut db = seat.db().await?;
    let pairs = views::pairs_of(&mut db, a.id).await?;
    drop(db);
    let pair = pairs.iter().find(|p| [p.case, p.other].contains(&b.id));
    let body = html! {
        @if let Some(pair) = pair {
            p {
                (t!(seat, "case-share")) ": " (shared(seat, &pair.by)) " · "
                (t!(seat, "case-score")) ": " (pair.score)
            }
        }
        (beside::table(seat, a, b).await?)
        (forms(seat, a, b, form, errors))
    };
    let page = Page::new(t!(seat, "case-compare-title"), body)
        .crumb(seat.link("/cases/duplicates"), t!(seat, "nav-case-pairs"));
    let mut response = seat.render(page.narrow());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn forms(seat: &Seat, a: &Case, b: &Case, form: &FormData, errors: Errors) -> Markup {
    let probe = Merge { keep: a.id, gone: b.id, note: String::new() };
    if a.merged_into.is_some() || b.merged_into.is_some() {
        return html! { p { (t!(seat, "case-pair-settled")) } };
    }
    if !act::may(seat, a.area(), Command::Merge(probe)) {
        return html! {};
    }
    let keep = [a, b].map(|case| (case.id.to_string(), words::short(case.id))).to_vec();
    let chosen = match form.text("keep") {
        // The earlier record stands unless somebody wants it otherwise.
        "" => if a.found_at <= b.found_at { a.id } else { b.id }.to_string(),
        typed => typed.to_owned(),
    };
    let id = act::again(form, &errors);
    html! {
        (parts::panel(&t!(seat, "case-merge"), html! {
            p { (t!(seat, "case-merge-lead")) }
            (Form::new(seat, format!("/cases/{}/merge/{}", a.id, b.id))
                .errors(errors)
                .hidden(act::ID, &id)
                .field(Field::radios("keep", t!(seat, "case-merge-keep"), keep).value(chosen))
                .field(Field::text("note", t!(seat, "case-why")).value(form.text("note")))
                .button(&t!(seat, "case-merge")))
        }))
        (parts::panel(&t!(seat, "case-differ"), html! {
            (Form::new(seat, format!("/cases/{}/differ/{}", a.id, b.id))
                .hidden(act::ID, &act::fresh())
                .field(Field::text("why", t!(seat, "case-why")).optional())
                .button(&t!(seat, "case-differ")))
        }))
    }
}

async fn merge(seat: Seat, Path((unit, other)): Path<(String, String)>, form: FormData) -> Answer {
    let (a, b) = both(&seat, &unit, &other).await?;
    let keep = UnitId::parse(form.text("keep"))?;
    let (keep, gone) = if keep == b.id { (b.id, a.id) } else { (a.id, b.id) };
    let command = Command::Merge(Merge { keep, gone, note: form.text("note").to_owned() });
    match act::send(&seat, keep.area(), &form, command).await? {
        Ok(_) => Ok(seat.go(&words::path(keep))),
        Err(refusal) => {
            let field = if refusal.code.starts_with("note") { "note" } else { "keep" };
            show(&seat, &a, &b, &form, Errors::one(field, refusal)).await
        }
    }
}

async fn differ(seat: Seat, Path((unit, other)): Path<(String, String)>, form: FormData) -> Answer {
    let (a, b) = both(&seat, &unit, &other).await?;
    let note = form.text("why").to_owned();
    let command = Command::SettlePair { case: a.id, other: b.id, note };
    match act::send(&seat, a.area(), &form, command).await? {
        Ok(_) => Ok(seat.go("/cases/duplicates")),
        Err(refusal) => Err(refusal.into()),
    }
}
