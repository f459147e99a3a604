//! A drill's own pages: how it stands and what can be asked of it, and the score, with a list
//! behind every count. On a server without a drill they do not exist.

mod machines;
mod score;

use std::sync::Arc;

use maud::{Markup, html};
use types::{HolderCode, Refusal, Span};

use crate::access::{Policy, Role};
use crate::i18n::{Lang, Speaks};
use crate::rehearsal::{Ask, Happening, Part, Rehearsal, Shown, State};
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::ui::form::FormData;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// The address of the first page.
pub const PATH: &str = "/drill";

/// Who sees how the drill stands and what it scores: the score names nobody.
const READERS: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Auditor, Role::Admin]);
/// Who runs it.
const LEADERS: Policy = Policy::any_of([Role::Commander, Role::Admin]);

/// Paces to choose from, in simulated seconds for a real one: a day in so many minutes.
const PACES: [(&str, Option<f64>); 6] = [
    ("real", Some(1.0)),
    ("30min", Some(48.0)),
    ("10min", Some(144.0)),
    ("2min", Some(720.0)),
    ("1min", Some(1_440.0)),
    ("max", None),
];

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get(PATH, READERS, overview);
    routes.post(PATH, LEADERS, ask);
    score::register(routes);
    machines::register(routes);
    routes.nav(Group::Overview, PATH, "nav-drill");
}

fn drill(seat: &Seat) -> Result<&Arc<dyn Rehearsal>, Fault> {
    seat.app().config().rehearsal.as_ref().ok_or_else(|| Fault::not_found("drill"))
}

fn said(seat: &Seat, shown: &Shown) -> String {
    match seat.lang() {
        Lang::Zh => shown.zh.clone(),
        Lang::En => shown.en.clone(),
    }
}

/// What stands above every page while a drill runs: nobody may take it for the real thing.
pub fn banner(seat: &Seat) -> Markup {
    let Some(drill) = seat.app().config().rehearsal.as_ref() else { return html! {} };
    let state = drill.state();
    let (day, now) = (i64::from(state.day), seat.time(seat.now()).to_string());
    html! {
        aside .drill-banner aria-label=(t!(seat, "nav-drill")) {
            strong { (t!(seat, "drill-banner")) }
            " " (t!(seat, "drill-banner-time", day = day, now = now))
            @if state.paused { " " (parts::tag(Tone::Warning, &t!(seat, "drill-paused"))) }
        }
    }
}

async fn overview(seat: Seat) -> Answer {
    let drill = drill(&seat)?;
    let state = drill.state();
    let leads = seat.actor()?.has_any(LEADERS.roles());
    let part = standing(&seat, &state);
    if seat.wants_fragment("state") {
        return Ok(seat.fragment(part));
    }
    let body = html! {
        (part)
        @if leads {
            (paces(&seat, &state))
            (happenings(&seat))
        }
        (taken(&seat, &state, &drill.parts_to_play(), leads))
        (happened(&seat, &state))
    };
    let page = Page::new(t!(seat, "nav-drill"), body)
        .lead(html! { (t!(seat, "drill-lead")) })
        .actions(parts::button_link("/drill/score", &t!(seat, "drill-score"), true));
    Ok(seat.render(page))
}

/// One sentence: how it stands.
fn standing(seat: &Seat, state: &State) -> Markup {
    let (tone, title) = match state {
        State { failed: Some(_), .. } => (Tone::Bad, t!(seat, "drill-failed")),
        State { ended: true, .. } => (Tone::Plain, t!(seat, "drill-ended")),
        State { paused: true, .. } => (Tone::Warning, t!(seat, "drill-paused")),
        _ => (Tone::Good, t!(seat, "drill-running")),
    };
    let body = html! {
        p {
            (t!(seat, "drill-time", day = i64::from(state.day), now = seat.time(seat.now()).to_string()))
            " · " (pace_text(seat, state.rate))
        }
        @if let Some(failed) = &state.failed { p { code { (failed) } } }
    };
    parts::notice(tone, &title, body)
}

fn pace_text(seat: &Seat, rate: Option<f64>) -> String {
    match rate {
        None => t!(seat, "drill-pace-max"),
        Some(rate) if (rate - 1.0).abs() < 1e-6 => t!(seat, "drill-pace-real"),
        Some(rate) => {
            let minutes = (14_400.0 / rate).round() / 10.0;
            t!(seat, "drill-pace", minutes = minutes.to_string())
        }
    }
}

/// A form of buttons, each with its own value.
fn buttons(seat: &Seat, what: &str, label: String, choices: &[(String, String, bool)]) -> Markup {
    html! {
        form .button-row method="post" action=(PATH) aria-label=(label) {
            input type="hidden" name="csrf" value=(seat.csrf());
            input type="hidden" name="what" value=(what);
            @for (value, text, current) in choices {
                button .button .button--secondary[!current] type="submit" name="value" value=(value)
                    aria-pressed=(if *current { "true" } else { "false" }) { (text) }
            }
        }
    }
}

fn paces(seat: &Seat, state: &State) -> Markup {
    let go = match state.paused {
        true => ("go".to_owned(), t!(seat, "drill-go"), false),
        false => ("pause".to_owned(), t!(seat, "drill-pause"), false),
    };
    let steps = [("hour", "drill-step-hour"), ("day", "drill-step-day")];
    let steps = steps.map(|(value, key)| (value.to_owned(), seat.text(key), false));
    let same = |rate: Option<f64>| match (rate, state.rate) {
        (None, None) => true,
        (Some(a), Some(b)) => (a - b).abs() < 1e-6,
        _ => false,
    };
    let rates = PACES.map(|(word, rate)| (word.to_owned(), pace_text(seat, rate), same(rate)));
    parts::panel(
        &t!(seat, "drill-pace-title"),
        html! {
            (buttons(seat, "go", t!(seat, "drill-go-label"), &[go]))
            (buttons(seat, "step", t!(seat, "drill-step-label"), &steps))
            (buttons(seat, "rate", t!(seat, "drill-rate-label"), &rates))
        },
    )
}

const HAPPENINGS: [Happening; 6] = [
    Happening::Laboratory(12),
    Happening::Market(20),
    Happening::Strike(8),
    Happening::Storm(6),
    Happening::Dormitory,
    Happening::Supply(3),
];

fn happenings(seat: &Seat) -> Markup {
    let choices = HAPPENINGS.map(|h| {
        let text = seat.fill(&format!("drill-happen-{}", h.word()), &[("n", h.size().into())]);
        (h.word().to_owned(), text, false)
    });
    parts::panel(
        &t!(seat, "drill-happen-title"),
        html! {
            p .muted { (t!(seat, "drill-happen-hint")) }
            (buttons(seat, "happen", t!(seat, "drill-happen-title"), &choices))
        },
    )
}

/// Whom people can be: the account, whose work it does, and whether a person does it now.
fn roles(seat: &Seat, state: &State, all: &[Part], leads: bool) -> Markup {
    let mut columns = vec![
        Column::new("login", t!(seat, "drill-sign-in-as")),
        Column::new("role", t!(seat, "drill-role")),
        Column::new("holder", t!(seat, "drill-whose")),
        Column::new("who", t!(seat, "drill-who-does-it")),
    ];
    if leads {
        columns.push(Column::new("ask", t!(seat, "drill-take-over-button")));
    }
    let rows = all.iter().map(|part| {
        let taken = state.taken.contains(&part.holder);
        let who = match taken {
            true => Cell::tag(Tone::Warning, t!(seat, "drill-a-person")),
            false => Cell::tag(Tone::Plain, t!(seat, "drill-the-staff")),
        };
        let mut row = vec![
            Cell::code(part.login.as_str()),
            Cell::text(seat.text(part.role.key())),
            Cell::code(part.holder.as_str()),
            who,
        ];
        if leads {
            row.push(Cell::markup(hand(seat, &part.holder, taken), ""));
        }
        row
    });
    Table::new(t!(seat, "drill-roles"), columns)
        .empty(t!(seat, "drill-roles-none"))
        .rows(rows)
        .render(seat)
}

/// The button that takes somebody's work over, or gives it back.
fn hand(seat: &Seat, holder: &HolderCode, taken: bool) -> Markup {
    let (what, key) = match taken {
        true => ("give-back", "drill-give-back"),
        false => ("take-over", "drill-take-over-button"),
    };
    let text = seat.text(key);
    // Many such buttons are on the page: each has a name of its own.
    let name = format!("{text} {holder}");
    html! {
        form .button-row method="post" action=(PATH) {
            input type="hidden" name="csrf" value=(seat.csrf());
            input type="hidden" name="what" value=(what);
            button .button .button--secondary type="submit" name="value" value=(holder)
                aria-label=(name) { (text) }
        }
    }
}

/// Whose work people do, and how to take more over.
fn taken(seat: &Seat, state: &State, all: &[Part], leads: bool) -> Markup {
    let others: Vec<&HolderCode> =
        state.taken.iter().filter(|h| all.iter().all(|p| p.holder != **h)).collect();
    parts::panel(
        &t!(seat, "drill-taken-title"),
        html! {
            p .muted { (t!(seat, "drill-taken-hint")) }
            @if state.taken.is_empty() { p { (t!(seat, "drill-taken-none")) } }
            (roles(seat, state, all, leads))
            ul .plain-list {
                @for holder in others {
                    li {
                        code { (holder) } " "
                        @if leads { (hand(seat, holder, true)) }
                    }
                }
            }
            @if leads {
                form .form method="post" action=(PATH) {
                    input type="hidden" name="csrf" value=(seat.csrf());
                    input type="hidden" name="what" value="take-over";
                    div .field {
                        label .field__label for="field-value" { (t!(seat, "drill-take-over")) }
                        p .field__hint #field-value-hint { (t!(seat, "drill-take-over-hint")) }
                        input .input .input--short type="text" name="value" id="field-value" required
                            spellcheck="false" autocomplete="off" aria-describedby="field-value-hint";
                    }
                    div .form__buttons {
                        button .button .button--secondary type="submit" { (t!(seat, "drill-take-over-button")) }
                    }
                }
            }
        },
    )
}

fn happened(seat: &Seat, state: &State) -> Markup {
    let columns =
        vec![Column::new("at", t!(seat, "time")), Column::new("what", t!(seat, "drill-happened"))];
    let rows = state.happened.iter().rev().map(|(at, h)| {
        let text = seat.fill(&format!("drill-happen-{}", h.word()), &[("n", h.size().into())]);
        vec![Cell::time(seat.time(*at)), Cell::text(text)]
    });
    Table::new(t!(seat, "drill-happened"), columns)
        .empty(t!(seat, "drill-happened-none"))
        .rows(rows)
        .render(seat)
}

async fn ask(seat: Seat, form: FormData) -> Answer {
    let drill = drill(&seat)?;
    let value = form.text("value");
    let missing = || Fault::from(Refusal::new("choice-missing"));
    let holder = || HolderCode::parse(value).map_err(Fault::from);
    let asked = match (form.text("what"), value) {
        ("go", "pause") => Ask::Pause(true),
        ("go", "go") => Ask::Pause(false),
        ("step", "hour") => Ask::Step(Span::hours(1)),
        ("step", "day") => Ask::Step(Span::days(1)),
        ("rate", word) => {
            let pace = PACES.into_iter().find(|(w, _)| *w == word).ok_or_else(missing)?;
            Ask::Rate(pace.1)
        }
        ("happen", word) => {
            let what = HAPPENINGS.into_iter().find(|h| h.word() == word).ok_or_else(missing)?;
            Ask::Happen(what)
        }
        ("take-over", _) => Ask::TakeOver(holder()?),
        ("give-back", _) => Ask::GiveBack(holder()?),
        _ => return Err(missing()),
    };
    drill.ask(asked);
    Ok(seat.go(PATH))
}
