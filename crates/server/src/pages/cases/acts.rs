//! What is done with a case: looked at, classified, edited, reported, ended.

use axum::extract::Path;
use cases::{
    Case, Class, Close, Command, Edit, EditOf, Ending, Field as Entry, FoundIn, Lungs, Observation,
    Observe, Patch, Severity, StateClass,
};
use maud::{Markup, html};
use types::{Micros, Refusal};

use super::KEEPERS;
use super::case::{page, read};
use super::words::{self, named, options};
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::parts;
use crate::ui::time::{input_value, parse_local};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/cases/{unit}/observe", KEEPERS, observe);
    routes.post("/cases/{unit}/state", KEEPERS, state);
    routes.post("/cases/{unit}/edit", KEEPERS, edit);
    routes.post("/cases/{unit}/report", KEEPERS, report);
    routes.post("/cases/{unit}/close", KEEPERS, close);
    routes.post("/cases/{unit}/reopen", KEEPERS, reopen);
    routes.post("/cases/{unit}/unmerge", KEEPERS, unmerge);
}

/// Whether somebody may record anything of a case: of one that was merged nothing is any more.
pub fn may_record(seat: &Seat, case: &Case) -> bool {
    let probe = Command::Reopen { case: case.id, note: String::new() };
    case.merged_into.is_none() && act::may(seat, case.area(), probe)
}

/// The forms of a case, each folded up until it is needed or was not taken.
pub fn panel(seat: &Seat, case: &Case, form: &FormData, errors: Errors) -> Markup {
    if !may_record(seat, case) {
        return html! {};
    }
    // The errors are of one form only: the one whose name came back.
    let of = |name: &str| {
        if form.text("form") == name { (form.clone(), errors.clone()) } else { Default::default() }
    };
    html! {
        section .panel #acts {
            h2 .panel__title { (t!(seat, "case-acts")) }
            (folded(seat, "case-observe", form, observe_form(seat, case, of("observe"))))
            (folded(seat, "case-state", form, state_form(seat, case, of("state"))))
            (folded(seat, "case-edit", form, edit_form(seat, case, of("edit"))))
            @if case.reported_at.is_none() {
                (folded(seat, "case-report", form, report_form(seat, case, of("report"))))
            }
            @if case.ending.is_none() {
                (folded(seat, "case-close", form, close_form(seat, case, of("close"))))
            } @else {
                (folded(seat, "case-reopen", form, reopen_form(seat, case, of("reopen"))))
            }
        }
    }
}

fn folded(seat: &Seat, key: &str, form: &FormData, body: Markup) -> Markup {
    let open = key.strip_prefix("case-").is_some_and(|name| name == form.text("form"));
    html! {
        details .disclosure open[open] {
            summary { (seat.text(key)) }
            (body)
        }
    }
}

type Told = (FormData, Errors);

fn start<'a>(seat: &'a Seat, case: &Case, name: &'static str, (form, errors): &Told) -> Form<'a> {
    let id = act::again(form, errors);
    Form::new(seat, format!("{}/{name}", words::path(case.id)))
        .part(name)
        .errors(errors.clone())
        .hidden(act::ID, &id)
        .hidden("form", name)
}

fn when(seat: &Seat, form: &FormData) -> Field {
    let value = match form.text("at") {
        "" => input_value(seat.now(), seat.app().zone()),
        typed => typed.to_owned(),
    };
    Field::time("at", t!(seat, "happened-at")).value(value)
}

fn observe_form(seat: &Seat, case: &Case, told: Told) -> Markup {
    let form = &told.0;
    let edition = seat.app().protocol().at(seat.now(), case.area()).clone();
    let number = |name: &'static str, key: &str| {
        Field::number(name, named(seat, "case-evidence", key)).value(form.text(name)).optional()
    };
    let yes_no = |name: &'static str, label: &str, words: [(&str, &str); 2]| {
        let options = std::iter::once((String::new(), seat.text("case-not-asked")))
            .chain(words.into_iter().map(|(w, key)| (w.to_owned(), seat.text(key))))
            .collect();
        Field::select(name, seat.text(label), options).value(form.text(name)).short()
    };
    let ticks = |name: &'static str, prefix: &str, codes: Vec<String>| {
        let options = codes.into_iter().map(|code| (code.clone(), named(seat, prefix, &code)));
        Field::ticks(name, seat.text(&format!("case-tick-{name}")), options.collect(), form)
    };
    let symptoms = cases::SYMPTOMS.iter().map(|s| (*s).to_owned()).collect();
    let (mut signs, mut conditions) = (Vec::new(), Vec::new());
    if let Ok(rules) = edition.severity() {
        let codes = rules.critical.0.iter().chain(&rules.child.signs.0);
        signs = codes.map(|point| point.code.clone()).collect();
        conditions = rules.high_risk.conditions.0.iter().map(|p| p.code.clone()).collect();
    }
    start(seat, case, "observe", &told)
        .field(when(seat, form))
        .field(
            Field::tick("no_symptoms", t!(seat, "case-asked-none")).value(form.text("no_symptoms")),
        )
        .field(ticks("symptom", "case-symptom", symptoms))
        .group(
            &t!(seat, "case-measures"),
            vec![
                number("temperature", "temperature"),
                number("respiratory_rate", "respiratory_rate"),
                number("spo2", "spo2"),
                number("pf_ratio", "pf_ratio"),
                number("bmi", "bmi"),
                Field::time("fever_since", t!(seat, "case-fever-since"))
                    .value(form.text("fever_since"))
                    .optional(),
            ],
        )
        .group(
            &t!(seat, "case-lungs"),
            vec![
                yes_no(
                    "lungs",
                    "case-lungs",
                    [("clear", "case-evidence-lungs-clear"), ("pneumonia", "case-evidence-lungs")],
                ),
                number("lesions_growth", "lesions_growth"),
                Field::number("lesions_hours", t!(seat, "case-lesions-hours"))
                    .value(form.text("lesions_hours"))
                    .optional(),
                yes_no("worsening", "case-worsening", [("yes", "case-yes"), ("no", "case-no")]),
            ],
        )
        .field(ticks("sign", "case-sign", signs))
        .field(ticks("condition", "case-risk", conditions))
        .button(&t!(seat, "case-observe"))
}

fn observation(seat: &Seat, form: &FormData, errors: &mut Errors) -> Observation {
    let all = |name| form.all(name).map(ToOwned::to_owned).collect::<Vec<String>>();
    let some = |codes: Vec<String>| (!codes.is_empty()).then_some(codes);
    let symptoms = all("symptom");
    let asked = form.ticked("no_symptoms") || !symptoms.is_empty();
    let fever_since = match form.text("fever_since") {
        "" => None,
        text => errors.check("fever_since", parse_local(text, seat.app().zone())),
    };
    Observation {
        symptoms: asked.then_some(symptoms),
        temperature: form.opt_number(errors, "temperature", "1.5"),
        fever_since,
        respiratory_rate: form.opt_number(errors, "respiratory_rate", "1.5"),
        spo2: form.opt_number(errors, "spo2", "1.5"),
        pf_ratio: form.opt_number(errors, "pf_ratio", "1.5"),
        lungs: match form.text("lungs") {
            "clear" => Some(Lungs::Clear),
            "pneumonia" => Some(Lungs::Pneumonia),
            _ => None,
        },
        lesions_growth: form.opt_number(errors, "lesions_growth", "1.5"),
        lesions_hours: form.opt_number(errors, "lesions_hours", "1.5"),
        worsening: form.yes_no("worsening"),
        signs: some(all("sign")),
        conditions: some(all("condition")),
        bmi: form.opt_number(errors, "bmi", "1.5"),
        ..Observation::default()
    }
}

fn time_of(seat: &Seat, form: &FormData, errors: &mut Errors) -> Micros {
    match form.text("at") {
        "" => seat.now(),
        text => errors.check("at", parse_local(text, seat.app().zone())).unwrap_or(seat.now()),
    }
}

async fn observe(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let mut errors = Errors::default();
    let observation = observation(&seat, &form, &mut errors);
    let at = time_of(&seat, &form, &mut errors);
    let case = read(&seat, &unit).await?;
    let command = Command::Observe(Observe { case: case.id, observation });
    settle(&seat, &case, &form, (at, command), errors).await
}

/// Sends what a form asks for; shows the page again when it was not taken.
async fn settle(
    seat: &Seat,
    case: &Case,
    form: &FormData,
    (at, command): (Micros, Command),
    mut errors: Errors,
) -> Answer {
    if errors.is_empty() {
        match act::send_at(seat, case.area(), form, at, command).await? {
            Ok(_) => return Ok(seat.go(&words::path(case.id))),
            Err(refusal) => errors.add(field_of(&refusal), refusal),
        }
    }
    page(seat, case, None, form, errors).await
}

/// The field that a refusal is about, among those of all forms of the page.
fn field_of(refusal: &Refusal) -> &'static str {
    let field = refusal.args.iter().find(|(name, _)| name == "field").map(|(_, f)| f.as_str());
    match (refusal.code.as_ref(), field) {
        ("measure-out-of-range", Some("respiratory_rate")) => "respiratory_rate",
        ("measure-out-of-range", Some("spo2")) => "spo2",
        ("measure-out-of-range", Some("temperature")) => "temperature",
        ("measure-out-of-range", Some("pf_ratio")) => "pf_ratio",
        ("measure-out-of-range", Some("bmi")) => "bmi",
        ("measure-out-of-range", Some("lesions_growth")) => "lesions_growth",
        ("measure-out-of-range", Some("lesions_hours")) => "lesions_hours",
        ("observation-empty", _) => "no_symptoms",
        ("found-in-missing" | "found-in-unknown", _) => "found_in",
        ("onset-form", _) => "onset",
        ("ending-does-not-fit", _) => "ending",
        ("severity-does-not-fit", _) => "severity",
        ("case-was-not-asymptomatic" | "case-has-a-result", _) => "class",
        ("note-needed" | "note-too-long", _) => "note",
        (code, _) if code.starts_with("place-") => "place",
        _ => "at",
    }
}

fn state_form(seat: &Seat, case: &Case, told: Told) -> Markup {
    let form = &told.0;
    start(seat, case, "state", &told)
        .markup(html! { p { (t!(seat, "case-state-lead")) } })
        .field(when(seat, form))
        .field(
            Field::select(
                "class",
                t!(seat, "case-class"),
                options(seat, "case-class", None, Class::ALL.iter().map(|c| c.as_str())),
            )
            .value(match form.text("class") {
                "" => case.class().as_str(),
                typed => typed,
            }),
        )
        .field(
            Field::select(
                "severity",
                t!(seat, "case-severity"),
                options(
                    seat,
                    "case-severity",
                    Some("case-severity-open"),
                    Severity::ALL.iter().map(|s| s.as_str()),
                ),
            )
            .value(form.text("severity")),
        )
        .field(Field::text("note", t!(seat, "case-grounds")).value(form.text("note")))
        .button(&t!(seat, "case-state"))
}

async fn state(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let case = read(&seat, &unit).await?;
    let mut errors = Errors::default();
    let at = time_of(&seat, &form, &mut errors);
    let command = Command::State(StateClass {
        case: case.id,
        class: Class::parse(form.text("class")).unwrap_or(case.class()),
        severity: Severity::parse(form.text("severity")),
        note: form.text("note").to_owned(),
    });
    settle(&seat, &case, &form, (at, command), errors).await
}

/// The fields that people enter, as fields of a form.
pub fn entry_fields(seat: &Seat, value: impl Fn(Entry) -> String) -> Vec<Field> {
    let found = FoundIn::ALL.iter().map(|f| f.as_str());
    Entry::ALL
        .into_iter()
        .map(|field| {
            let label = named(seat, "case-field", field.as_str());
            match field {
                Entry::FoundIn => Field::select(
                    "found_in",
                    label,
                    options(seat, "case-found-in", Some("case-choose"), found.clone()),
                )
                .value(value(field)),
                Entry::Place => Field::code("place", label, false).value(value(field)).optional(),
                Entry::Onset => Field::day("onset", label).value(value(field)).optional(),
                Entry::Cluster => Field::text("cluster", label).value(value(field)).optional(),
                Entry::Occupation => {
                    Field::text("occupation", label).value(value(field)).optional()
                }
                Entry::Note => Field::text("entry_note", label).value(value(field)).optional(),
            }
        })
        .collect()
}

/// The name of a field in a form: a remark on an act is called `note` there.
pub fn form_name(field: Entry) -> &'static str {
    if field == Entry::Note { "entry_note" } else { field.as_str() }
}

fn edit_form(seat: &Seat, case: &Case, told: Told) -> Markup {
    let form = &told.0;
    let sent = form.text("form") == "edit";
    let value = |field: Entry| match sent {
        true => form.text(form_name(field)).to_owned(),
        false => case.fields.get(&field).cloned().unwrap_or_default(),
    };
    start(seat, case, "edit", &told)
        .hidden("version", &case.version.to_string())
        .group(&t!(seat, "case-entered"), entry_fields(seat, value))
        .field(Field::text("note", t!(seat, "case-why")).value(form.text("note")).optional())
        .button(&t!(seat, "save"))
}

async fn edit(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let case = read(&seat, &unit).await?;
    let fields: Patch = Entry::ALL
        .into_iter()
        .map(|field| (field, form.text(form_name(field)).to_owned()))
        .collect();
    let version = form.text("version").parse().ok();
    let command = Command::Edit(Edit {
        cases: vec![EditOf { case: case.id, version }],
        fields,
        note: form.text("note").to_owned(),
    });
    settle(&seat, &case, &form, (seat.now(), command), Errors::default()).await
}

fn report_form(seat: &Seat, case: &Case, told: Told) -> Markup {
    start(seat, case, "report", &told)
        .field(when(seat, &told.0))
        .field(
            Field::text("number", t!(seat, "case-report-number"))
                .value(told.0.text("number"))
                .optional(),
        )
        .button(&t!(seat, "case-report"))
}

async fn report(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let case = read(&seat, &unit).await?;
    let mut errors = Errors::default();
    let at = time_of(&seat, &form, &mut errors);
    let command = Command::Report { case: case.id, number: form.text("number").to_owned() };
    settle(&seat, &case, &form, (at, command), errors).await
}

fn close_form(seat: &Seat, case: &Case, told: Told) -> Markup {
    let endings = [Ending::Discharged, Ending::Released, Ending::Died, Ending::NoCase];
    start(seat, case, "close", &told)
        .field(when(seat, &told.0))
        .field(
            Field::select(
                "ending",
                t!(seat, "case-ended"),
                options(seat, "case-ending", None, endings.iter().map(|e| e.as_str())),
            )
            .value(told.0.text("ending")),
        )
        .field(Field::text("note", t!(seat, "case-grounds")).value(told.0.text("note")).optional())
        .danger()
        .button(&t!(seat, "case-close"))
}

async fn close(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let case = read(&seat, &unit).await?;
    let mut errors = Errors::default();
    let at = time_of(&seat, &form, &mut errors);
    let ending = Ending::parse(form.text("ending")).unwrap_or(Ending::NoCase);
    let note = form.text("note").to_owned();
    let command = Command::Close(Close { case: case.id, ending, note });
    settle(&seat, &case, &form, (at, command), errors).await
}

fn reopen_form(seat: &Seat, case: &Case, told: Told) -> Markup {
    start(seat, case, "reopen", &told)
        .field(Field::text("note", t!(seat, "case-why")).value(told.0.text("note")))
        .button(&t!(seat, "case-reopen"))
}

async fn reopen(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let case = read(&seat, &unit).await?;
    let command = Command::Reopen { case: case.id, note: form.text("note").to_owned() };
    settle(&seat, &case, &form, (seat.now(), command), Errors::default()).await
}

/// The form that parts a record from the one that stands for it.
pub fn unmerge_form(seat: &Seat, case: &Case) -> Markup {
    let probe = Command::Unmerge { case: case.id, note: String::new() };
    if !act::may(seat, case.area(), probe) {
        return html! {};
    }
    start(seat, case, "unmerge", &Told::default())
        .field(Field::text("note", t!(seat, "case-why")))
        .button(&t!(seat, "case-unmerge"))
}

async fn unmerge(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let case = read(&seat, &unit).await?;
    let command = Command::Unmerge { case: case.id, note: form.text("note").to_owned() };
    match act::send(&seat, case.area(), &form, command).await? {
        Ok(_) => Ok(seat.go(&words::path(case.id))),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Remarks that an act was taken with.
pub fn notes(seat: &Seat, notes: &[Refusal]) -> Markup {
    if notes.is_empty() {
        return html! {};
    }
    parts::notice(
        parts::Tone::Info,
        &t!(seat, "remarks"),
        crate::pages::testing::words::remarks(seat, notes),
    )
}
