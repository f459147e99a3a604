//! The interview: made for a phone at the door. What is typed is kept on the device until it is sent.

use axum::extract::Path;
use maud::{Markup, html};
use tracing_desk::{Command, Core, Interview, Investigation, NewStay, Question, Setting};
use types::{Micros, PlaceCode};

use super::{TRACERS, words};
use crate::pages::act;
use crate::pages::cases::words::{named, options};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::time::parse_local;

/// Stays that the form has room for; more go into another sending.
const STAYS: usize = 6;

/// The names of the fields of a stay, one row each.
const FIELDS: [[&str; 6]; STAYS] = [
    ["from1", "until1", "name1", "place1", "setting1", "note1"],
    ["from2", "until2", "name2", "place2", "setting2", "note2"],
    ["from3", "until3", "name3", "place3", "setting3", "note3"],
    ["from4", "until4", "name4", "place4", "setting4", "note4"],
    ["from5", "until5", "name5", "place5", "setting5", "note5"],
    ["from6", "until6", "name6", "place6", "setting6", "note6"],
];

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/tracing/investigations/{unit}/interview", TRACERS, show);
    routes.post("/tracing/investigations/{unit}/interview", TRACERS, take);
}

async fn show(seat: Seat, Path(unit): Path<String>) -> Answer {
    let of = words::read_investigation(&seat, &unit).await?;
    page(&seat, &of, &FormData::default(), Errors::default())
}

fn answer_name(question: Question) -> &'static str {
    question.as_str()
}

fn page(seat: &Seat, of: &Investigation, form: &FormData, errors: Errors) -> Answer {
    let id = act::again(form, &errors);
    let fresh = errors.is_empty();
    let path = format!("{}/interview", words::investigation_path(of.id));
    let mut made = Form::new(seat, path).errors(errors).hidden(act::ID, &id);
    let value = |name: &str, known: &str| match (form.text(name), fresh) {
        ("", true) => known.to_owned(),
        (typed, _) => typed.to_owned(),
    };
    let questions = Question::ALL.iter().map(|question| {
        let name = answer_name(*question);
        let known = of.core.0.get(question).map_or("", String::as_str);
        let label = named(seat, "trace-question", name);
        let field = match question {
            Question::Occupation | Question::Workplace => Field::text(name, label),
            _ => Field::area(name, label, 2),
        };
        field.value(value(name, known)).optional()
    });
    made = made.group(&t!(seat, "trace-core"), questions.collect());
    for (n, names) in FIELDS.iter().enumerate() {
        let [from, until, name, place, setting, note] = *names;
        let settings =
            options(seat, "trace-setting", None, Setting::ALL.iter().map(|s| s.as_str()));
        let fields = vec![
            Field::time(from, t!(seat, "trace-from")).value(form.text(from)).optional(),
            Field::time(until, t!(seat, "trace-until-time")).value(form.text(until)).optional(),
            Field::text(name, t!(seat, "trace-place-name")).value(form.text(name)).optional(),
            Field::code(place, t!(seat, "reg-place-code"), false)
                .hint(t!(seat, "trace-place-hint"))
                .value(form.text(place))
                .optional(),
            Field::select(setting, t!(seat, "trace-setting"), settings)
                .value(match form.text(setting) {
                    "" => Setting::Other.as_str(),
                    typed => typed,
                })
                .short(),
            Field::text(note, t!(seat, "care-note")).value(form.text(note)).optional(),
        ];
        let legend = t!(seat, "trace-stay-title", n = (n + 1) as i64);
        let used = !form.text(name).is_empty() || !form.text(place).is_empty();
        made = match n < 2 {
            true => made.group(&legend, fields),
            false => made.folded(&legend, used, vec![(legend.clone(), fields)]),
        };
    }
    let complete = Field::tick("complete", t!(seat, "trace-complete")).value(form.text("complete"));
    let made = made
        .field(complete.hint(t!(seat, "trace-complete-hint")))
        .button(&t!(seat, "trace-interview-send"));
    let body: Markup = html! {
        p .muted data-draft-note hidden { (t!(seat, "trace-draft-kept")) }
        div data-draft={ "interview:" (of.id) ":" (seat.somebody().map_or("", |a| a.user.as_str())) } { (made) }
    };
    let title = t!(seat, "trace-interview-title", case = words::short(of.case));
    let page = Page::new(title, body)
        .lead(html! { (t!(seat, "trace-interview-lead")) })
        .script("draft.js")
        .timeless()
        .narrow()
        .crumb(words::investigation_path(of.id), t!(seat, "trace-investigation"));
    Ok(seat.render(page))
}

/// One row of the form, if anything stands in it.
fn stay_of(
    seat: &Seat,
    form: &FormData,
    names: &[&'static str; 6],
    errors: &mut Errors,
) -> Option<NewStay> {
    let [from, until, name, place, setting, note] = *names;
    let empty = [from, until, name, place].iter().all(|field| form.text(field).is_empty());
    if empty {
        return None;
    }
    let zone = seat.app().zone();
    let mut time = |field: &'static str| errors.check(field, parse_local(form.text(field), zone));
    let (from_at, until_at): (Option<Micros>, Option<Micros>) = (time(from), time(until));
    let place_at = match form.text(place) {
        "" => None,
        text => errors.check(place, PlaceCode::parse(text)),
    };
    Some(NewStay {
        stay: None,
        from: from_at?,
        until: until_at?,
        place: place_at,
        name: form.text(name).to_owned(),
        setting: Setting::parse(form.text(setting)).unwrap_or(Setting::Other),
        note: form.text(note).to_owned(),
    })
}

async fn take(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let of = words::read_investigation(&seat, &unit).await?;
    let mut errors = Errors::default();
    let stays: Vec<NewStay> =
        FIELDS.iter().filter_map(|names| stay_of(&seat, &form, names, &mut errors)).collect();
    let mut core = Core::default();
    for question in Question::ALL {
        let (typed, known) = (form.text(answer_name(*question)), of.core.0.get(question));
        // What stands there already is not said again.
        if known.map_or("", String::as_str) != typed {
            core.0.insert(*question, typed.to_owned());
        }
    }
    if errors.is_empty() {
        let command = Command::Interview(Interview {
            investigation: of.id,
            core,
            stays,
            complete: form.ticked("complete"),
        });
        match act::send(&seat, of.area(), &form, command).await? {
            Ok(_) => {
                // The script takes the draft off the device when it sees where it has come.
                return Ok(seat.go(&format!("{}?sent=interview", words::investigation_path(of.id))));
            }
            Err(refusal) => errors.add("complete", refusal),
        }
    }
    page(&seat, &of, &form, errors)
}
