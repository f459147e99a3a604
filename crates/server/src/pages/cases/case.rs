//! One case: who, what, why, since when, and everything that was recorded of it.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::Response;
use cases::views::{self, HistoryLine};
use cases::{Case, Field as Entry, Observation, Patch, Stated};
use maud::{Markup, html};
use registry::command::{Look, LookDepth, LookedAt, Purpose};
use registry::file;
use registry::identity::{Identity, Masked};
use types::{Refusal, UnitId};

use super::words::{self, named};
use super::{READERS, acts, why};
use crate::access::{Action, Resource, can};
use crate::house::Command;
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, looks, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/cases/{unit}", READERS, show);
    routes.post("/cases/{unit}/reveal", super::KEEPERS, reveal);
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
    let who = who(seat, case).await?;
    let mut db = seat.db().await?;
    let history = views::history(&mut db, case.id).await?;
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
        (identity(seat, case, who.as_ref(), clear))
        (parts::panel(&t!(seat, "case-judgement"), why::panel(seat, case)))
        (parts::panel(&t!(seat, "case-entered"), entered(seat, case).await?))
        (acts::panel(seat, case, form, errors))
        (parts::panel(&t!(seat, "case-results"), results(seat, case).await?))
        (history_table(seat, &history).render(seat))
    };
    let shown = words::short(case.id);
    let page = Page::new(t!(seat, "case-title", case = shown.as_str()), body)
        .crumb(seat.link("/cases"), t!(seat, "nav-cases"))
        .lead(lead(seat, case));
    let mut response: Response = seat.render(page);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn lead(seat: &Seat, case: &Case) -> Markup {
    html! {
        (words::class(seat, case.class())) " "
        @if let Some(grade) = case.severity() { (words::severity(seat, grade)) " " }
        @if case.is_high_risk() { (parts::tag(Tone::Warning, &t!(seat, "case-high-risk"))) " " }
        (words::status_cell(seat, case).into_markup())
    }
}

/// Who it is, masked, after the look has been recorded; nothing for those who may not look.
async fn who(seat: &Seat, case: &Case) -> Result<Option<Masked>, Fault> {
    let keys = seat.app().keys();
    let registered = case.person_area.filter(|area| seat.require(*area).is_ok());
    let (area, at) = match registered {
        Some(area) => (area, LookedAt::Person(case.person)),
        None => (case.area(), LookedAt::Case(case.id)),
    };
    let look = Look { at, depth: LookDepth::File, purpose: Purpose::Care, note: String::new() };
    if !may_look(seat, area, &look) {
        return Ok(None);
    }
    if let Some(identity) = &case.identity {
        looks::record(seat, area, look).await?;
        let clear =
            keys.unseal(case.area(), case.person, &identity.sealed.0).map_err(Fault::internal)?;
        return Ok(Some(clear.masked()));
    }
    let Some(area) = registered else { return Ok(None) };
    looks::record(seat, area, look).await?;
    let mut db = seat.db().await?;
    let known = file::person(&mut db, area, case.person).await.map_err(Fault::internal)?;
    let line = known.map(|p| file::masked(keys, area, case.person, &p)).transpose();
    Ok(line.map_err(Fault::internal)?.map(|line| line.masked))
}

fn may_look(seat: &Seat, area: types::AreaCode, look: &Look) -> bool {
    let command = Command::Registry(registry::Command::Look(look.clone()));
    can(seat.somebody(), Action::Send(&command), Resource::Area(area)).is_ok()
}

fn identity(seat: &Seat, case: &Case, who: Option<&Masked>, clear: Option<&Identity>) -> Markup {
    let code = |text: Option<&String>| {
        html! { @if let Some(text) = text { code { (text) } } @else { "—" } }
    };
    let mut rows = vec![(t!(seat, "case-person"), html! { (words::person(seat, case)) })];
    if let Some(masked) = who {
        let name = clear.map_or(&masked.name, |c| &c.name);
        let number = clear.map_or(masked.id_number.as_ref(), |c| c.id_number.as_ref());
        let phone = clear.map_or(masked.phone.as_ref(), |c| c.phone.as_ref());
        rows.push((t!(seat, "reg-name"), html! { (name) }));
        rows.push((t!(seat, "desk-id-number"), code(number)));
        rows.push((t!(seat, "desk-phone"), code(phone)));
    }
    match case.person_area {
        Some(_) if !seat.may_open("/registry/persons/{person}") => {}
        Some(area) => rows.push((
            t!(seat, "case-file"),
            html! {
                a href={ "/registry/persons/" (case.person) "?area=" (area) "&purpose=care" } {
                    (t!(seat, "case-file-open"))
                }
            },
        )),
        None => rows.push((t!(seat, "case-file"), html! { (t!(seat, "case-unregistered")) })),
    }
    let reveal = case.identity.is_some()
        && who.is_some()
        && clear.is_none()
        && seat.grant().is_ok()
        && crate::pages::testing::people::has(seat, &[crate::access::Role::District]);
    let body = html! {
        @if clear.is_some() { (parts::notice(Tone::Info, &t!(seat, "desk-look-recorded"), html! {})) }
        (parts::facts(&rows))
        @if who.is_some() { p .muted { (t!(seat, "case-look-recorded")) } }
        @if reveal { (acts::reveal_form(seat, case)) }
    };
    parts::panel(&t!(seat, "case-who"), body)
}

async fn reveal(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let case = read(&seat, &unit).await?;
    let Some(identity) = &case.identity else {
        return Err(Fault::not_found(case.id));
    };
    let look = Look {
        at: LookedAt::Case(case.id),
        depth: LookDepth::Reveal,
        purpose: Purpose::parse(form.text("purpose")).unwrap_or(Purpose::Care),
        note: form.text("note").to_owned(),
    };
    // First on record, then on the screen.
    looks::record(&seat, case.area(), look).await?;
    let clear = seat
        .app()
        .keys()
        .unseal(case.area(), case.person, &identity.sealed.0)
        .map_err(Fault::internal)?;
    page(&seat, &case, Some(&clear), &form, Errors::default()).await
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
    rows.push((t!(seat, "case-source"), html! { (source) " · " (case.origin) }));
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

fn history_table(seat: &Seat, history: &[HistoryLine]) -> Table {
    let columns = vec![
        Column::new("at", t!(seat, "happened-at")),
        Column::new("what", t!(seat, "what-happened")),
        Column::new("class", t!(seat, "case-class-then")),
        Column::new("by", t!(seat, "recorded-by")),
        Column::new("recorded", t!(seat, "recorded-at")),
    ];
    Table::new(t!(seat, "history"), columns).empty(t!(seat, "history-empty")).rows(
        history.iter().map(|line| {
            let class = html! {
                @if let Some(class) = line.class { (words::class(seat, class)) " " }
                @if let Some(grade) = line.severity { (words::severity(seat, grade)) }
            };
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
        parts.push(format!("{} {value}", named(seat, "case-evidence", key)));
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
        add("fever", seat.time(since).to_string());
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
