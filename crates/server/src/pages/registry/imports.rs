//! Imports: a file is brought, its columns are named, it is read through without effect, and then
//! taken in. Every step can be left and come back to; every row is accounted for.

mod account;
mod acts;
mod columns;
mod history;
mod job;
mod mask;
mod upload;

use maud::{Markup, html};
use registry::import::columns::Field;
use registry::import::jobs::{Job, JobState};
use registry::import::{Kind, RowStatus, rule_words};
use types::Refusal;
use uuid::Uuid;

use crate::access::{Action, Resource, can};
use crate::i18n::{Lang, Speaks};
use crate::imports::{IMPORTERS, WATCHERS, may_run};
use crate::routes::{Group, Routes};
use crate::seat::Seat;
use crate::ui::parts::Tone;
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/registry/imports", WATCHERS, history::list);
    routes.nav(Group::Registry, "/registry/imports", "nav-imports");
    routes.get("/registry/imports/new", IMPORTERS, upload::choose);
    routes.get("/registry/imports/new/{kind}", IMPORTERS, upload::form);
    let upload = routes.post("/registry/imports/new/{kind}", IMPORTERS, upload::take);
    upload.bulk().streams(upload::BODY).timeout_seconds(0);
    routes.get("/registry/imports/template/{kind}", IMPORTERS, upload::template);
    routes.get("/registry/imports/{import}", WATCHERS, job::page);
    routes.get("/registry/imports/{import}/columns", IMPORTERS, columns::page);
    routes.post("/registry/imports/{import}/columns", IMPORTERS, columns::take);
    routes.get("/registry/imports/{import}/rows", IMPORTERS, account::rows);
    let file = routes.get("/registry/imports/{import}/rows.csv", IMPORTERS, account::download);
    file.bulk().timeout_seconds(0);
    routes.post("/registry/imports/{import}/run", IMPORTERS, acts::run);
    routes.post("/registry/imports/{import}/cancel", IMPORTERS, acts::cancel);
    routes.post("/registry/imports/{import}/forget", IMPORTERS, acts::forget);
}

/// What can be brought: the kinds of files, and boundaries as a kind of its own, since they come
/// in another form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Places,
    Persons,
    Boundaries,
    Cases,
    Contacts,
}

impl What {
    const ALL: [What; 5] =
        [What::Places, What::Persons, What::Boundaries, What::Cases, What::Contacts];

    const fn as_str(self) -> &'static str {
        match self {
            What::Places => "places",
            What::Persons => "persons",
            What::Boundaries => "boundaries",
            What::Cases => "cases",
            What::Contacts => "contacts",
        }
    }

    fn parse(text: &str) -> Result<What, Fault> {
        let found = What::ALL.into_iter().find(|what| what.as_str() == text);
        found.ok_or_else(|| Fault::not_found(text))
    }

    fn of(kind: Kind) -> What {
        match kind {
            Kind::Places => What::Places,
            Kind::Persons => What::Persons,
            Kind::Cases => What::Cases,
            Kind::Contacts => What::Contacts,
        }
    }

    const fn kind(self) -> Kind {
        match self {
            What::Persons => Kind::Persons,
            What::Cases => Kind::Cases,
            What::Contacts => Kind::Contacts,
            What::Places | What::Boundaries => Kind::Places,
        }
    }

    fn name(self, seat: &Seat) -> String {
        seat.text(&format!("imp-what-{}", self.as_str()))
    }
}

/// The import that an address names, if its areas are the caller's.
async fn known(seat: &Seat, import: &str) -> Result<Job, Fault> {
    let unknown = || Fault::not_found(import);
    let id = Uuid::try_parse(import).map_err(|_| unknown())?;
    let job = seat.app().imports().job(id).await?.ok_or_else(unknown)?;
    let open = Action::Open(seat.route().policy);
    can(seat.somebody(), open, Resource::Scope(job.scope))?;
    Ok(job)
}

/// The same for who may bring such a file.
async fn own(seat: &Seat, import: &str) -> Result<Job, Fault> {
    let job = known(seat, import).await?;
    may_run(seat.somebody(), job.kind, job.scope)?;
    Ok(job)
}

fn path(job: &Job) -> String {
    format!("/registry/imports/{}", job.id)
}

/// How an import stands, as a word with its colour.
fn state(seat: &Seat, job: &Job) -> (Tone, String) {
    let (tone, key) = match job.state {
        JobState::Uploaded => (Tone::Warning, "imp-state-uploaded"),
        JobState::Queued => (Tone::Info, "imp-state-queued"),
        JobState::Running if job.dry_run => (Tone::Info, "imp-state-checking"),
        JobState::Running => (Tone::Info, "imp-state-running"),
        JobState::Rehearsed => (Tone::Warning, "imp-state-rehearsed"),
        JobState::Done => (Tone::Good, "imp-state-done"),
        JobState::Failed => (Tone::Bad, "imp-state-failed"),
        JobState::Cancelled => (Tone::Warning, "imp-state-cancelled"),
        JobState::Discarded => (Tone::Plain, "imp-state-discarded"),
    };
    (tone, seat.text(key))
}

/// The steps of an import, with the one that is shown.
fn steps(seat: &Seat, current: usize) -> Markup {
    let keys = ["choose", "upload", "columns", "check", "run"];
    html! {
        ol .stages aria-label=(t!(seat, "imp-steps")) {
            @for (n, key) in (1..).zip(keys) {
                li .stages__done[n < current] aria-current=[(n == current).then_some("step")] {
                    span .stages__n aria-hidden="true" { (n) }
                    (seat.text(&format!("imp-step-{key}")))
                }
            }
        }
    }
}

/// The name of a field in the language of the page, for example 证件号码.
fn field_name(seat: &Seat, kind: Kind, field: &str) -> String {
    match Field::parse(kind, field) {
        Some(field) => field_title(seat, kind, field),
        None => field.to_owned(),
    }
}

fn field_title(seat: &Seat, kind: Kind, field: Field) -> String {
    seat.text(&format!("imp-field-{}", field.word(kind)))
}

/// Why a row was not simply taken in, in the language of the page.
fn reason(seat: &Seat, rule: &str) -> String {
    let (zh, en) = rule_words(rule);
    let words = match seat.lang() {
        Lang::Zh => zh,
        Lang::En => en,
    };
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn status(seat: &Seat, status: RowStatus) -> (Tone, String) {
    let tone = match status {
        RowStatus::Rejected => Tone::Bad,
        RowStatus::Moved => Tone::Warning,
        RowStatus::Duplicate | RowStatus::Repeated => Tone::Plain,
    };
    (tone, seat.text(&format!("imp-row-{}", status.as_str())))
}

/// What an import says is wrong, with the fields in the words of the page.
fn spoken(seat: &Seat, kind: Kind, refusal: &Refusal) -> Refusal {
    if refusal.code != "import-columns-missing" {
        return refusal.clone();
    }
    let fields = refusal.args.iter().find(|(name, _)| name == "fields").map_or("", |(_, f)| f);
    let names: Vec<String> =
        fields.split_whitespace().map(|field| field_name(seat, kind, field)).collect();
    let between = if seat.lang() == Lang::Zh { "、" } else { ", " };
    Refusal::new("import-columns-missing").with("fields", names.join(between))
}

/// A length in bytes for people.
fn bytes(n: u64) -> String {
    match n {
        0..1_024 => format!("{n} B"),
        1_024..1_048_576 => format!("{:.1} KiB", n as f64 / 1_024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", n as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", n as f64 / 1_073_741_824.0),
    }
}

fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
