//! What is done with an episode: a bed is held, somebody is picked up, admitted, moved, looked at, tested,
//! let go.

use axum::extract::Path;
use care::{
    Admit, Assign, CheckIn, Command, Episode, HomeKind, MoveBed, Release, Round, Stage, TestResult,
    views,
};
use cases::{Lungs, Observation};
use maud::{Markup, html};
use types::{AreaCode, HolderCode, Refusal};

use super::{CARERS, DESK, DISPATCHERS, KEEPERS, words};
use crate::access::{Policy, Role};
use crate::pages::act;
use crate::pages::cases::words::named;
use crate::pages::resident::check_in;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::time::{input_value, parse_local};
use crate::{Fault, t};

/// Who looks at people, in bed or at home.
const LOOKERS: Policy = Policy::any_of([Role::District, Role::Ward, Role::Grid]);

/// Who writes down what somebody at home says on the telephone.
const CALLERS: Policy = Policy::any_of([Role::District, Role::Grid]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/care/episodes/{episode}/assign", DISPATCHERS, assign);
    routes.post("/care/episodes/{episode}/unassign", DISPATCHERS, unassign);
    routes.post("/care/episodes/{episode}/depart", KEEPERS, depart);
    routes.post("/care/episodes/{episode}/admit", CARERS, admit);
    routes.post("/care/episodes/{episode}/move", CARERS, move_bed);
    routes.post("/care/episodes/{episode}/round", LOOKERS, round);
    routes.post("/care/episodes/{episode}/check-in", CALLERS, check_in);
    routes.post("/care/episodes/{episode}/test", CARERS, test);
    routes.post("/care/episodes/{episode}/keep", CARERS, keep);
    routes.post("/care/episodes/{episode}/release", CARERS, release);
    routes.post("/care/episodes/{episode}/refuse", DESK, refuse);
    routes.post("/care/episodes/{episode}/home", DESK, send_home);
    routes.post("/care/episodes/{episode}/requeue", DESK, requeue);
    routes.post("/care/episodes/{episode}/finish", DESK, finish);
}

/// The county under which a command is sent: that of the bed for what a facility does.
pub(super) fn of_bed(episode: &Episode) -> AreaCode {
    episode.bed().map_or(episode.area(), |bed| bed.bed.area())
}

/// An episode's page with a form that came back.
pub(super) struct Shown<'a> {
    pub seat: &'a Seat,
    pub episode: &'a Episode,
    pub form: &'a FormData,
    pub errors: &'a Errors,
}

impl<'a> Shown<'a> {
    fn told(&self, name: &str) -> (FormData, Errors) {
        if self.form.text("form") == name {
            (self.form.clone(), self.errors.clone())
        } else {
            Default::default()
        }
    }

    /// A form of the page, and what was typed into it.
    pub fn start(&self, name: &str) -> (Form<'a>, FormData) {
        let (form, errors) = self.told(name);
        let id = act::again(&form, &errors);
        let shown = Form::new(self.seat, format!("{}/{name}", words::path(self.episode.id)))
            .part(name)
            .errors(errors)
            .hidden(act::ID, &id)
            .hidden("form", name);
        (shown, form)
    }

    /// Whether the actor may send such a command.
    pub fn may(&self, area: AreaCode, command: Command) -> bool {
        act::may(self.seat, area, command)
    }

    /// A form that is folded up until it is needed.
    pub fn folded(&self, name: &str, key: &str, body: Markup) -> Markup {
        let open = self.form.text("form") == name;
        html! {
            details .disclosure open[open] {
                summary { (self.seat.text(key)) }
                (body)
            }
        }
    }

    fn note(&self, name: &str, key: &str, needed: bool) -> Markup {
        let (form, told) = self.start(name);
        let field = Field::text("note", t!(self.seat, "case-why")).value(told.text("note"));
        let field = if needed { field } else { field.optional() };
        self.folded(name, key, form.field(field).button(&self.seat.text(key)))
    }
}

/// The forms that fit where the episode stands, each folded up until it is needed or was not taken.
pub async fn panel(
    seat: &Seat,
    episode: &Episode,
    form: &FormData,
    errors: &Errors,
) -> Result<Markup, Fault> {
    let shown = Shown { seat, episode, form, errors };
    let id = episode.id;
    let (own, bed) = (episode.area(), of_bed(episode));
    let probe = |command: fn(types::UnitId) -> Command| command(id);
    let may_assign =
        shown.may(own, probe(|episode| Command::Unassign { episode, reason: String::new() }));
    let may_care =
        shown.may(bed, probe(|episode| Command::Keep { episode, reason: String::new() }));
    let may_desk =
        shown.may(own, probe(|episode| Command::Refuse { episode, note: String::new() }));
    let may_depart =
        shown.may(own, probe(|episode| Command::Depart { episode, vehicle: String::new() }));
    let may_look = shown.may(
        if episode.stage == Stage::InCare { bed } else { own },
        probe(|episode| {
            let observation = Observation::default();
            let (symptoms_better, imaging_improved) = (None, None);
            Command::Round(Round {
                episode,
                observation,
                symptoms_better,
                imaging_improved,
                note: String::new(),
            })
        }),
    );
    let queued = episode.is_queued();
    let at_home = episode.home.filter(|_| episode.stage == Stage::Home);
    let as_case = matches!(at_home, Some((HomeKind::Refused | HomeKind::ByRule, _)));
    let mut forms: Vec<Markup> = Vec::new();
    let to_assign =
        episode.held.is_none() && matches!(episode.stage, Stage::Waiting | Stage::InCare);
    if may_assign && to_assign {
        forms.push(assign_form(&shown).await?);
    }
    if may_care && episode.held.is_some() {
        forms.push(admit_form(&shown));
    }
    if may_depart && episode.stage == Stage::Assigned {
        let (form, told) = shown.start("depart");
        let field = Field::text("vehicle", t!(seat, "care-vehicle")).value(told.text("vehicle"));
        forms.push(shown.folded(
            "depart",
            "care-depart",
            form.field(field.optional().short()).button(&t!(seat, "care-depart")),
        ));
    }
    if may_look && episode.stage != Stage::Closed {
        forms.push(round_form(&shown));
    }
    let said =
        CheckIn { episode: id, temperature: None, spo2: None, signs: vec![], note: String::new() };
    if at_home.is_some() && shown.may(own, Command::CheckIn(said)) {
        let (form, told) = shown.start("check-in");
        let form = check_in::questions(seat, form, &told).button(&t!(seat, "care-check-send"));
        forms.push(shown.folded("check-in", "care-check-call", form));
    }
    if may_care && episode.stage == Stage::InCare {
        forms.push(test_form(&shown));
        forms.push(move_form(&shown).await?);
        forms.push(shown.note("release", "care-release-do", false));
        forms.push(shown.note("keep", "care-keep", true));
    }
    if may_assign && episode.held.is_some() {
        forms.push(shown.note("unassign", "care-unassign", true));
    }
    if may_desk && queued {
        forms.push(shown.note("refuse", "care-refuse", true));
        forms.push(shown.note("home", "care-send-home", false));
    }
    if may_desk && as_case {
        forms.push(shown.note("requeue", "care-requeue", true));
    }
    if may_desk && at_home.is_some() && !as_case {
        forms.push(shown.note("finish", "care-finish", false));
    }
    if forms.is_empty() {
        return Ok(html! {});
    }
    Ok(html! {
        section .panel {
            h2 .panel__title { (t!(seat, "care-acts")) }
            @for form in forms { (form) }
        }
    })
}

/// Open wards with room that serve the person's county, and what each is.
async fn wards(seat: &Seat, episode: &Episode, own: bool) -> Result<Vec<(String, String)>, Fault> {
    let mut db = seat.db().await?;
    let scope = types::AreaScope::one(if own { of_bed(episode) } else { episode.area() });
    let boards = views::board(&mut db, scope).await?;
    let here = episode.lies.as_ref().map(|lies| lies.facility.clone());
    let fits = |board: &&views::Board| {
        let same = here.as_ref() == Some(&board.facility.code);
        if own { same } else { !same && board.facility.is_open(seat.now()) }
    };
    let mut options = Vec::new();
    for board in boards.iter().filter(fits) {
        for ward in &board.wards {
            let text = t!(
                seat,
                "care-ward-option",
                facility = words::facility(seat, &board.facility),
                ward = words::ward(seat, ward),
                level = named(seat, "care-level", ward.level.as_str()),
                room = ward.room()
            );
            options.push((format!("{} {}", board.facility.code, ward.code), text));
        }
    }
    Ok(options)
}

async fn assign_form(shown: &Shown<'_>) -> Result<Markup, Fault> {
    let seat = shown.seat;
    let (form, told) = shown.start("assign");
    let options = wards(seat, shown.episode, false).await?;
    let body = form
        .field(Field::select("to", t!(seat, "care-to"), options).value(told.text("to")))
        .field(
            Field::text("note", t!(seat, "care-override"))
                .hint(t!(seat, "care-override-hint"))
                .value(told.text("note"))
                .optional(),
        )
        .button(&t!(seat, "care-assign"));
    Ok(shown.folded("assign", "care-assign", body))
}

async fn move_form(shown: &Shown<'_>) -> Result<Markup, Fault> {
    let seat = shown.seat;
    let (form, told) = shown.start("move");
    let options = wards(seat, shown.episode, true).await?;
    let body = form
        .field(Field::select("to", t!(seat, "care-to"), options).value(told.text("to")))
        .field(Field::text("note", t!(seat, "case-why")).value(told.text("note")).optional())
        .button(&t!(seat, "care-move"));
    Ok(shown.folded("move", "care-move", body))
}

fn admit_form(shown: &Shown<'_>) -> Markup {
    let seat = shown.seat;
    let (form, told) = shown.start("admit");
    let body = form
        .field(Field::text("note", t!(seat, "case-why")).value(told.text("note")).optional())
        .button(&t!(seat, "care-admit"));
    // What is expected next is not folded away.
    html! { details .disclosure open { summary { (t!(seat, "care-admit")) } (body) } }
}

fn round_form(shown: &Shown<'_>) -> Markup {
    let seat = shown.seat;
    let (form, told) = shown.start("round");
    let number = |name: &'static str| {
        Field::number(name, named(seat, "case-evidence", name))
            .value(told.text(name))
            .optional()
            .short()
    };
    let yes_no = |name: &'static str, label: String| {
        let words = [("", "case-not-asked"), ("yes", "case-yes"), ("no", "case-no")];
        let options = words.into_iter().map(|(w, key)| (w.to_owned(), seat.text(key))).collect();
        Field::select(name, label, options).value(told.text(name)).short()
    };
    let lungs = [
        ("", "case-not-asked"),
        ("clear", "case-evidence-lungs-clear"),
        ("pneumonia", "case-evidence-lungs"),
    ];
    let lungs = lungs.into_iter().map(|(w, key)| (w.to_owned(), seat.text(key))).collect();
    let body = form
        .field(number("temperature"))
        .field(number("respiratory_rate"))
        .field(number("spo2"))
        .field(
            Field::select("lungs", t!(seat, "case-lungs"), lungs).value(told.text("lungs")).short(),
        )
        .field(
            Field::tick("no_symptoms", t!(seat, "case-asked-none")).value(told.text("no_symptoms")),
        )
        .field(yes_no("better", t!(seat, "care-symptoms-better")))
        .field(yes_no("imaging", t!(seat, "care-imaging-improved")))
        .field(Field::text("note", t!(seat, "care-note")).value(told.text("note")).optional())
        .button(&t!(seat, "care-round"));
    shown.folded("round", "care-round", body)
}

fn test_form(shown: &Shown<'_>) -> Markup {
    let seat = shown.seat;
    let (form, told) = shown.start("test");
    let sampled = match told.text("sampled") {
        "" => input_value(seat.now(), seat.app().zone()),
        typed => typed.to_owned(),
    };
    let ct = |name: &'static str, label: &str| {
        Field::number(name, label.to_owned())
            .hint(t!(seat, "care-ct-hint"))
            .value(told.text(name))
            .optional()
            .short()
    };
    let body = form
        .field(Field::time("sampled", t!(seat, "my-sampled-at")).value(sampled))
        .field(ct("ct_n", "Ct N"))
        .field(ct("ct_orf", "Ct ORF1ab"))
        .field(
            Field::text("laboratory", t!(seat, "role-laboratory"))
                .value(told.text("laboratory"))
                .optional(),
        )
        .button(&t!(seat, "care-test"));
    shown.folded("test", "care-test", body)
}

/// Sends a command; back to the page, with what was wrong if it was not taken.
pub(super) async fn done(
    seat: &Seat,
    episode: &Episode,
    area: AreaCode,
    form: &FormData,
    command: Command,
    field: &'static str,
) -> Answer {
    match act::send(seat, area, form, command).await? {
        Ok(_) => {
            // Who has left a facility's care is not its to look at any more.
            let to = words::path(episode.id);
            match words::read_episode(seat, &episode.id.to_string()).await {
                Ok(_) => Ok(seat.go(&to)),
                Err(_) if seat.may_open("/care") => Ok(seat.go("/care")),
                Err(_) => Ok(seat.go("/care/own")),
            }
        }
        Err(refusal) => {
            super::episode::page(seat, episode, form, Errors::one(field, refusal)).await
        }
    }
}

fn to_of(form: &FormData) -> Result<(HolderCode, String), Refusal> {
    let missing = || Refusal::new("ward-missing");
    let (facility, ward) = form.text("to").split_once(' ').ok_or_else(missing)?;
    Ok((HolderCode::parse(facility)?, ward.to_owned()))
}

async fn assign(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let (facility, ward) = match to_of(&form) {
        Ok(to) => to,
        Err(refusal) => {
            return super::episode::page(&seat, &episode, &form, Errors::one("to", refusal)).await;
        }
    };
    let command = Command::Assign(Assign {
        episode: episode.id,
        facility,
        ward,
        bed: None,
        plan: String::new(),
        reason: form.text("note").to_owned(),
    });
    done(&seat, &episode, episode.area(), &form, command, "to").await
}

async fn unassign(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let reason = form.text("note").to_owned();
    let command = Command::Unassign { episode: episode.id, reason };
    done(&seat, &episode, episode.area(), &form, command, "note").await
}

async fn depart(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let vehicle = form.text("vehicle").to_owned();
    let command = Command::Depart { episode: episode.id, vehicle };
    done(&seat, &episode, episode.area(), &form, command, "vehicle").await
}

async fn admit(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let held = episode
        .held
        .as_ref()
        .ok_or_else(|| Fault::from(Refusal::new("no-bed-held").with("episode", episode.id)))?;
    let command = Command::Admit(Admit {
        episode: episode.id,
        facility: held.facility.clone(),
        ward: None,
        bed: None,
        reason: form.text("note").to_owned(),
    });
    let area = held.bed.area();
    done(&seat, &episode, area, &form, command, "note").await
}

async fn move_bed(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let (_, ward) = to_of(&form).map_err(Fault::from)?;
    let reason = form.text("note").to_owned();
    let command = Command::Move(MoveBed { episode: episode.id, ward, bed: None, reason });
    done(&seat, &episode, of_bed(&episode), &form, command, "to").await
}

async fn round(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let mut errors = Errors::default();
    let observation = Observation {
        symptoms: form.ticked("no_symptoms").then(Vec::new),
        temperature: form.opt_number(&mut errors, "temperature", "36.5"),
        respiratory_rate: form.opt_number(&mut errors, "respiratory_rate", "36.5"),
        spo2: form.opt_number(&mut errors, "spo2", "36.5"),
        lungs: match form.text("lungs") {
            "clear" => Some(Lungs::Clear),
            "pneumonia" => Some(Lungs::Pneumonia),
            _ => None,
        },
        ..Observation::default()
    };
    if !errors.is_empty() {
        return super::episode::page(&seat, &episode, &form, errors).await;
    }
    let area = if episode.stage == Stage::InCare { of_bed(&episode) } else { episode.area() };
    let command = Command::Round(Round {
        episode: episode.id,
        observation,
        symptoms_better: form.yes_no("better"),
        imaging_improved: form.yes_no("imaging"),
        note: form.text("note").to_owned(),
    });
    done(&seat, &episode, area, &form, command, "temperature").await
}

async fn check_in(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let mut errors = Errors::default();
    let said = check_in::answers(episode.id, &form, &mut errors);
    if !errors.is_empty() {
        return super::episode::page(&seat, &episode, &form, errors).await;
    }
    done(&seat, &episode, episode.area(), &form, Command::CheckIn(said), "temperature").await
}

async fn test(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let mut errors = Errors::default();
    let zone = seat.app().zone();
    let sampled = errors.check("sampled", parse_local(form.text("sampled"), zone));
    let (ct_n, ct_orf1ab) = (
        form.opt_number(&mut errors, "ct_n", "36.5"),
        form.opt_number(&mut errors, "ct_orf", "36.5"),
    );
    let Some(sampled_at) = sampled.filter(|_| errors.is_empty()) else {
        return super::episode::page(&seat, &episode, &form, errors).await;
    };
    let command = Command::Test(TestResult {
        episode: episode.id,
        sampled_at,
        ct_n,
        ct_orf1ab,
        assay_limit: None,
        laboratory: form.text("laboratory").to_owned(),
    });
    done(&seat, &episode, of_bed(&episode), &form, command, "ct_n").await
}

async fn keep(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let command = Command::Keep { episode: episode.id, reason: form.text("note").to_owned() };
    done(&seat, &episode, of_bed(&episode), &form, command, "note").await
}

async fn release(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let reason = form.text("note").to_owned();
    let command = Command::Release(Release { episode: episode.id, reason });
    done(&seat, &episode, of_bed(&episode), &form, command, "note").await
}

async fn refuse(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let command = Command::Refuse { episode: episode.id, note: form.text("note").to_owned() };
    done(&seat, &episode, episode.area(), &form, command, "note").await
}

async fn send_home(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let command = Command::SendHome { episode: episode.id, note: form.text("note").to_owned() };
    done(&seat, &episode, episode.area(), &form, command, "note").await
}

async fn requeue(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let command = Command::Requeue { episode: episode.id, note: form.text("note").to_owned() };
    done(&seat, &episode, episode.area(), &form, command, "note").await
}

async fn finish(seat: Seat, Path(episode): Path<String>, form: FormData) -> Answer {
    let episode = words::read_episode(&seat, &episode).await?;
    let reason = form.text("note").to_owned();
    let command = Command::FinishHome { episode: episode.id, reason };
    done(&seat, &episode, episode.area(), &form, command, "note").await
}
