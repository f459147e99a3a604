//! At the bed: the patient's care plan with its team, consultations, orders. On the episode's page.

use axum::extract::Path;
use care::{
    Answer as Opinion, CarePlan, Command, Consult, ConsultEnd, Consultation, Episode, Member,
    PutCarePlan, ReviewCarePlan, Stage, StopOrder, TeamRole, Tier, views,
};
use cases::Severity;
use maud::{Markup, html};
use types::{AreaCode, CommandId, Refusal};

use super::acts::{Shown, done, of_bed};
use super::{CARERS, orders, words};
use crate::pages::cases::words::{named, options};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::parts::{self, Tone};
use crate::ui::table::Cell;
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/care/episodes/{episode}/plan", CARERS, put_plan);
    routes.post("/care/episodes/{episode}/review", CARERS, review);
    routes.post("/care/episodes/{episode}/consult", CARERS, consult);
    routes.post("/care/episodes/{episode}/answer", CARERS, answer);
    routes.post("/care/episodes/{episode}/withdraw", CARERS, withdraw);
}

/// Hours until a review of a critical patient's plan that a form proposes.
const REVIEW: u32 = 12;
/// Hours for an opinion that a form proposes.
const OPINION: u32 = 4;

/// What there is at the bed: shown where there is anything, or could be.
pub async fn panels(
    seat: &Seat,
    episode: &Episode,
    form: &FormData,
    errors: &Errors,
) -> Result<Markup, Fault> {
    let mut db = seat.db().await?;
    let plans = views::care_plans(&mut db, episode.id).await?;
    let questions = views::consultations(&mut db, episode.id).await?;
    let ordered = views::orders(&mut db, episode.id).await?;
    drop(db);
    let inside = episode.stage == Stage::InCare;
    if !inside && plans.is_empty() && questions.is_empty() && ordered.is_empty() {
        return Ok(html! {});
    }
    let shown = Shown { seat, episode, form, errors };
    let probe = Command::StopOrder(StopOrder {
        episode: episode.id,
        order: CommandId::from_bytes([0; 16]),
        by: String::new(),
        reason: String::new(),
    });
    let may = shown.may(of_bed(episode), probe);
    Ok(html! {
        (parts::panel(&t!(seat, "care-plan-of"), plan_panel(&shown, &plans, may && inside)))
        (parts::panel(&t!(seat, "care-consultations"), consult_panel(&shown, &questions, (may, inside))))
        (parts::panel(&t!(seat, "care-orders"), orders::panel(&shown, &ordered, may && inside)))
    })
}

/// The team of a plan, by role.
pub fn team(seat: &Seat, plan: &CarePlan) -> Markup {
    let rows: Vec<(String, Markup)> = TeamRole::ALL
        .iter()
        .filter_map(|role| {
            let names: Vec<&str> =
                plan.team.iter().filter(|m| m.role == *role).map(|m| m.who.as_str()).collect();
            let said = names.join(&t!(seat, "case-comma"));
            (!names.is_empty()).then(|| (named(seat, "care-team", role.as_str()), html! { (said) }))
        })
        .collect();
    parts::facts(&rows)
}

/// When a plan's review is due, marked when that is past.
pub fn due_cell(seat: &Seat, plan: &CarePlan) -> Cell {
    let at = seat.time(plan.due);
    if plan.due < seat.now() { Cell::tag(Tone::Bad, at.to_string()) } else { Cell::time(at) }
}

fn plan_panel(shown: &Shown<'_>, plans: &[CarePlan], may: bool) -> Markup {
    let seat = shown.seat;
    let current = plans.iter().find(|plan| plan.ended_at.is_none());
    let critical = shown.episode.condition.severity == Some(Severity::Critical);
    html! {
        @match current {
            Some(plan) => {
                p {
                    (t!(seat, "care-plan-version", n = plan.version)) " · " (seat.time(plan.at))
                    " · " (t!(seat, "care-review-due")) " " (due_cell(seat, plan).into_markup())
                }
                p .lines { (plan.goals) }
                (team(seat, plan))
                @if let Some((at, said)) = &plan.reviewed {
                    p .muted { (t!(seat, "care-reviewed-last")) " " (seat.time(*at)) ": " (said) }
                }
            }
            None => {
                @if critical && shown.episode.stage == Stage::InCare {
                    (parts::notice(Tone::Bad, &t!(seat, "care-plan-none-critical"), html! {}))
                } @else {
                    p { (t!(seat, "care-plan-none")) }
                }
            }
        }
        @if may {
            @if let Some(plan) = current { (review_form(shown, plan)) }
            (plan_form(shown, current, critical && current.is_none()))
        }
        @if plans.len() > usize::from(current.is_some()) {
            details .disclosure {
                summary { (t!(seat, "care-plan-earlier")) }
                @for plan in plans.iter().filter(|plan| plan.ended_at.is_some()) {
                    h3 { (t!(seat, "care-plan-version", n = plan.version)) }
                    p .muted {
                        (seat.time(plan.at)) " – "
                        @if let Some(at) = plan.ended_at { (seat.time(at)) }
                        " · " (plan.actor)
                        @if !plan.note.is_empty() { " · " (plan.note) }
                    }
                    p .lines { (plan.goals) }
                    (team(seat, plan))
                }
            }
        }
    }
}

/// The field of a team's role: each has its own name in the form.
fn role_field(role: TeamRole) -> &'static str {
    match role {
        TeamRole::Lead => "team_lead",
        TeamRole::Physician => "team_physician",
        TeamRole::Nurse => "team_nurse",
        TeamRole::Respiratory => "team_respiratory",
        TeamRole::Tcm => "team_tcm",
        TeamRole::Infection => "team_infection",
        TeamRole::Psychology => "team_psychology",
        TeamRole::Other => "team_other",
    }
}

fn plan_form(shown: &Shown<'_>, current: Option<&CarePlan>, open: bool) -> Markup {
    let seat = shown.seat;
    let (form, told) = shown.start("plan");
    let typed = shown.form.text("form") == "plan";
    let value =
        |name: &str, stored: String| if typed { told.text(name).to_owned() } else { stored };
    let names = |role: TeamRole| -> String {
        let members = current.into_iter().flat_map(|plan| &plan.team);
        let of: Vec<&str> = members.filter(|m| m.role == role).map(|m| m.who.as_str()).collect();
        of.join(", ")
    };
    let team: Vec<Field> = TeamRole::ALL
        .iter()
        .map(|role| {
            let name = role_field(*role);
            let field = Field::text(name, named(seat, "care-team", role.as_str()))
                .value(value(name, names(*role)));
            if *role == TeamRole::Lead { field } else { field.optional() }
        })
        .collect();
    let goals = value("goals", current.map(|plan| plan.goals.clone()).unwrap_or_default());
    let hours = value("review_hours", REVIEW.to_string());
    let form = form
        .hidden("replaces", &current.map_or(0, |plan| plan.version).to_string())
        .field(
            Field::area("goals", t!(seat, "care-goals"), 4)
                .hint(t!(seat, "care-goals-hint"))
                .value(goals),
        )
        .group(&t!(seat, "care-team-of"), team)
        .markup(html! { p .muted { (t!(seat, "care-team-hint")) } })
        .field(Field::number("review_hours", t!(seat, "care-review-hours")).value(hours));
    let form = match current {
        Some(_) => form.field(
            Field::text("note", t!(seat, "care-plan-why")).value(told.text("note")).optional(),
        ),
        None => form,
    };
    let key = if current.is_some() { "care-plan-change" } else { "care-plan-write" };
    let body = form.button(&t!(seat, "save"));
    html! {
        details .disclosure open[open || typed] { summary { (seat.text(key)) } (body) }
    }
}

fn review_form(shown: &Shown<'_>, plan: &CarePlan) -> Markup {
    let seat = shown.seat;
    let (form, told) = shown.start("review");
    let hours = match told.text("review_hours") {
        "" => REVIEW.to_string(),
        typed => typed.to_owned(),
    };
    let body = form
        .hidden("version", &plan.version.to_string())
        .field(Field::text("note", t!(seat, "care-review-found")).value(told.text("note")))
        .field(Field::number("review_hours", t!(seat, "care-review-hours")).value(hours))
        .button(&t!(seat, "care-review-do"));
    shown.folded("review", "care-review-do", body)
}

/// A consultation's state, in a tag.
pub fn question_cell(seat: &Seat, one: &Consultation) -> Cell {
    let (tone, word) = match one.closed {
        Some((_, how)) => {
            let tone = if how == ConsultEnd::Answered { Tone::Good } else { Tone::Plain };
            (tone, named(seat, "care-consult-end", how.as_str()))
        }
        None if one.is_overdue(seat.now()) => (Tone::Bad, t!(seat, "care-overdue")),
        None => (Tone::Info, t!(seat, "care-consult-open")),
    };
    Cell::tag(tone, word)
}

fn consult_panel(shown: &Shown<'_>, found: &[Consultation], (may, inside): (bool, bool)) -> Markup {
    let seat = shown.seat;
    html! {
        @if found.is_empty() { p { (t!(seat, "care-consult-none")) } }
        @for one in found {
            article .consultation {
                h3 {
                    (named(seat, "care-tier", one.tier.as_str())) " · " (one.whom) " "
                    (question_cell(seat, one).into_markup())
                }
                p .lines { (one.question) }
                p .muted {
                    (t!(seat, "care-asked-at")) " " (seat.time(one.at)) " · " (one.asked_by)
                    " · " (t!(seat, "care-due")) " " (seat.time(one.due))
                }
                @if let Some((at, _)) = one.closed.filter(|_| !one.opinion.is_empty()) {
                    blockquote { p .lines { (one.opinion) } }
                    p .muted { (one.by) " · " (seat.time(at)) }
                }
                @if may && one.closed.is_none_or(|(_, how)| how == ConsultEnd::Lapsed) {
                    (answer_form(shown, one))
                    @if one.is_open() { (withdraw_form(shown, one)) }
                }
            }
        }
        @if may && inside { (consult_form(shown)) }
    }
}

fn consult_form(shown: &Shown<'_>) -> Markup {
    let seat = shown.seat;
    let (form, told) = shown.start("consult");
    let tiers = Tier::ALL.iter().map(|tier| tier.as_str());
    let hours = match told.text("within") {
        "" => OPINION.to_string(),
        typed => typed.to_owned(),
    };
    let body = form
        .field(
            Field::select(
                "tier",
                t!(seat, "care-consult-tier"),
                options(seat, "care-tier", None, tiers),
            )
            .value(told.text("tier"))
            .short(),
        )
        .field(Field::text("whom", t!(seat, "care-consult-whom")).value(told.text("whom")))
        .field(Field::area("question", t!(seat, "care-question"), 3).value(told.text("question")))
        .field(Field::number("within", t!(seat, "care-consult-within")).value(hours))
        .button(&t!(seat, "care-consult"));
    shown.folded("consult", "care-consult", body)
}

/// A form about one of several rows: its fields are told apart by the row.
fn row_form<'a>(shown: &Shown<'a>, name: &str, row: CommandId) -> (Form<'a>, FormData, bool) {
    let open = shown.form.text("form") == name && shown.form.text("row") == row.to_string();
    let form = Form::new(shown.seat, format!("{}/{name}", words::path(shown.episode.id)))
        .part(&format!("{name}-{row}"))
        .errors(if open { shown.errors.clone() } else { Errors::default() })
        .hidden(crate::pages::act::ID, &crate::pages::act::fresh())
        .hidden("form", name)
        .hidden("row", &row.to_string());
    (form, if open { shown.form.clone() } else { FormData::default() }, open)
}

fn answer_form(shown: &Shown<'_>, one: &Consultation) -> Markup {
    let seat = shown.seat;
    let (form, told, open) = row_form(shown, "answer", one.id);
    let body = form
        .field(Field::area("opinion", t!(seat, "care-opinion"), 3).value(told.text("opinion")))
        .field(Field::text("by", t!(seat, "care-opinion-by")).value(told.text("by")))
        .button(&t!(seat, "care-answer"));
    html! { details .disclosure open[open] { summary { (t!(seat, "care-answer")) } (body) } }
}

fn withdraw_form(shown: &Shown<'_>, one: &Consultation) -> Markup {
    let seat = shown.seat;
    let (form, told, open) = row_form(shown, "withdraw", one.id);
    let body = form
        .quiet()
        .field(Field::text("note", t!(seat, "case-why")).value(told.text("note")))
        .button(&t!(seat, "care-withdraw"));
    html! { details .disclosure open[open] { summary { (t!(seat, "care-withdraw")) } (body) } }
}

/// Names as they are typed: by commas of either kind.
fn names(text: &str) -> impl Iterator<Item = String> + '_ {
    let parts = text.split([',', '，', '、', ';', '；']).map(str::trim);
    parts.filter(|name| !name.is_empty()).map(str::to_owned)
}

async fn page(seat: &Seat, episode: &Episode, form: &FormData, errors: Errors) -> Answer {
    super::episode::page(seat, episode, form, errors).await
}

async fn put_plan(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let mut errors = Errors::default();
    let hours = form.number(&mut errors, "review_hours", "12");
    let replaces = form.text("replaces").parse().unwrap_or(0);
    let Some(review_hours) = hours else {
        return page(&seat, &episode, &form, errors).await;
    };
    let team = TeamRole::ALL
        .iter()
        .flat_map(|role| names(form.text(role_field(*role))).map(|who| Member { role: *role, who }))
        .collect();
    let command = Command::PutCarePlan(PutCarePlan {
        episode: episode.id,
        replaces,
        goals: form.text("goals").to_owned(),
        team,
        review_hours,
        note: form.text("note").to_owned(),
    });
    done(&seat, &episode, of_bed(&episode), &form, command, "goals").await
}

async fn review(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let mut errors = Errors::default();
    let Some(review_hours) = form.number(&mut errors, "review_hours", "12") else {
        return page(&seat, &episode, &form, errors).await;
    };
    let command = Command::ReviewCarePlan(ReviewCarePlan {
        episode: episode.id,
        version: form.text("version").parse().unwrap_or(0),
        note: form.text("note").to_owned(),
        review_hours,
    });
    done(&seat, &episode, of_bed(&episode), &form, command, "note").await
}

async fn consult(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let mut errors = Errors::default();
    let Some(within_hours) = form.number(&mut errors, "within", "4") else {
        return page(&seat, &episode, &form, errors).await;
    };
    let command = Command::Consult(Consult {
        episode: episode.id,
        tier: Tier::parse(form.text("tier")).unwrap_or(Tier::Hospital),
        whom: form.text("whom").to_owned(),
        question: form.text("question").to_owned(),
        within_hours,
    });
    done(&seat, &episode, of_bed(&episode), &form, command, "question").await
}

/// The consultation of a form, and the county in which it was asked: the patient may have left.
async fn question_of(
    seat: &Seat,
    episode: &Episode,
    form: &FormData,
) -> Result<(CommandId, AreaCode), Fault> {
    let id = CommandId::parse(form.text("row"))?;
    let mut db = seat.db().await?;
    let found = views::consultations(&mut db, episode.id).await?;
    let one = found.iter().find(|one| one.id == id);
    let one = one.ok_or_else(|| Refusal::new("consultation-unknown").with("consultation", id))?;
    Ok((id, one.area))
}

async fn answer(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let (consultation, area) = question_of(&seat, &episode, &form).await?;
    let command = Command::Answer(Opinion {
        episode: episode.id,
        consultation,
        opinion: form.text("opinion").to_owned(),
        by: form.text("by").to_owned(),
    });
    done(&seat, &episode, area, &form, command, "opinion").await
}

async fn withdraw(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let (consultation, area) = question_of(&seat, &episode, &form).await?;
    let reason = form.text("note").to_owned();
    let command = Command::WithdrawConsult { episode: episode.id, consultation, reason };
    done(&seat, &episode, area, &form, command, "note").await
}
