//! One import: how it stands, what became of its rows, and what can be done next.

use axum::extract::Path;
use maud::{Markup, html};
use registry::import::jobs::{Job, JobState};
use registry::import::{Kind, Progress, Warning};

use super::account::{self, account};
use super::{What, bytes, count, known, path, spoken, state, steps};
use crate::house::topic;
use crate::i18n::{Speaks, number};
use crate::imports::{IMPORTS, may_run, sees_rows};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::Form;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};

/// The page.
pub(super) async fn page(seat: Seat, Path(import): Path<String>) -> Answer {
    let job = known(&seat, &import).await?;
    let may = may_run(seat.somebody(), job.kind, job.scope).is_ok();
    if may && job.state == JobState::Uploaded {
        return Ok(seat.go(&format!("{}/columns", path(&job))));
    }
    let part = part(&seat, &job, may).await?;
    if seat.wants_fragment("import") {
        return Ok(seat.fragment(part));
    }
    let src = seat.here(&[("fragment", Some("import"))]);
    // A page at rest is not made anew under the hands of its reader.
    let body = match job.is_at_work() {
        true => parts::live("import", &[topic(IMPORTS, job.scope)], &src, part),
        false => part,
    };
    let facts = [
        (t!(seat, "imp-what"), html! { (What::of(job.kind).name(&seat)) }),
        (t!(seat, "imp-areas"), html! { (parts::scope_text(&seat, job.scope)) }),
        (t!(seat, "imp-size"), html! { (bytes(job.bytes)) }),
        (t!(seat, "imp-by"), html! { code { (job.actor) } }),
        (t!(seat, "imp-brought"), html! { (seat.time(job.created_at)) }),
    ];
    let body = html! {
        (body)
        h2 { (t!(seat, "imp-about-file")) }
        (parts::facts(&facts))
    };
    let mut page = Page::new(job.file_name.clone(), body)
        .crumb(seat.link("/registry/imports"), t!(seat, "nav-imports"));
    if job.is_at_work() {
        page = page.reload_without_script(4);
    }
    Ok(account::unkept(seat.render(page)))
}

/// All that changes while it runs.
async fn part(seat: &Seat, job: &Job, may: bool) -> Result<Markup, crate::Fault> {
    let step = match job.state {
        JobState::Uploaded => 3,
        JobState::Rehearsed => 4,
        _ if job.dry_run => 4,
        _ => 5,
    };
    let (tone, word) = state(seat, job);
    let account = match job.state {
        JobState::Uploaded | JobState::Queued | JobState::Running => html! {},
        _ => account(seat, job, sees_rows(seat.somebody(), job)).await?,
    };
    Ok(html! {
        (steps(seat, step))
        p { (parts::tag(tone, &word)) }
        @match job.state {
            JobState::Queued | JobState::Running => (at_work(seat, job, may)),
            JobState::Rehearsed => (rehearsed(seat, job, may)),
            JobState::Done => (done(seat, job)),
            JobState::Failed => (failed(seat, job, may)),
            JobState::Cancelled => (cancelled(seat, job, may)),
            JobState::Discarded => {
                (parts::notice(Tone::Info, &t!(seat, "imp-discarded"), html! { p { (t!(seat, "imp-discarded-next")) } }))
            }
            JobState::Uploaded => {}
        }
        (warnings(seat, job))
        (account)
        @if may { (throw_away(seat, job)) }
    })
}

fn at_work(seat: &Seat, job: &Job, may: bool) -> Markup {
    let live = seat.app().imports().watch(job.id).map(|live| *live.borrow());
    let progress = live.unwrap_or(job.progress);
    html! {
        @if job.state == JobState::Queued {
            p { (t!(seat, "imp-queued")) }
        } @else {
            p { @if job.dry_run { (t!(seat, "imp-checking")) } @else { (t!(seat, "imp-running")) } }
        }
        (bar(seat, &progress))
        @if may {
            div .buttons {
                (Form::new(seat, format!("{}/cancel", path(job))).danger().button(&t!(seat, "imp-cancel")))
            }
            @if !job.dry_run { p .muted { (t!(seat, "imp-cancel-hint")) } }
        }
        p .muted { (t!(seat, "imp-leave")) }
    }
}

/// How far it is: a share of the file, and what became of the rows so far.
fn bar(seat: &Seat, progress: &Progress) -> Markup {
    let totals = progress.totals;
    let label = t!(
        seat,
        "imp-so-far",
        rows = number(count(totals.rows)),
        accepted = number(count(totals.accepted)),
        duplicate = number(count(totals.duplicate)),
        rejected = number(count(totals.rejected))
    );
    let percent = (progress.of > 0)
        .then(|| (progress.done.min(progress.of) as f64 / progress.of as f64 * 100.0).floor());
    html! {
        div .progress {
            span .progress__label { (label) }
            @match percent {
                Some(percent) => {
                    progress max="100" value=(percent) aria-label=(t!(seat, "imp-progress")) {}
                    span .progress__text { (percent) " %" }
                }
                None => progress aria-label=(t!(seat, "imp-progress")) {},
            }
        }
    }
}

fn rehearsed(seat: &Seat, job: &Job, may: bool) -> Markup {
    let totals = job.progress.totals;
    let accepted = number(count(totals.accepted));
    let (tone, title) = match (totals.accepted, totals.rejected) {
        (0, _) => (Tone::Warning, t!(seat, "imp-nothing-to-take")),
        (_, 0) => (Tone::Good, t!(seat, "imp-all-sound")),
        _ => (Tone::Warning, t!(seat, "imp-some-rejected", n = number(count(totals.rejected)))),
    };
    let columns = format!("{}/columns", path(job));
    html! {
        (parts::notice(tone, &title, html! {
            p { (t!(seat, "imp-nothing-written")) }
            @if totals.accepted == 0 { p { (t!(seat, "imp-nothing-to-take-next")) } }
        }))
        @if may {
            div .buttons {
                @if totals.accepted + totals.moved > 0 {
                    (Form::new(seat, format!("{}/run", path(job))).button(&t!(seat, "imp-run", n = accepted)))
                }
                (parts::button_link(&columns, &t!(seat, "imp-change-columns"), false))
            }
        }
    }
}

fn done(seat: &Seat, job: &Job) -> Markup {
    let totals = job.progress.totals;
    let title = t!(seat, "imp-done", n = number(count(totals.accepted)));
    let places = match job.scope.to_string() {
        scope if scope.is_empty() => "/registry".to_owned(),
        scope => format!("/registry?area={scope}"),
    };
    html! {
        (parts::notice(Tone::Good, &title, html! { p { (t!(seat, "imp-done-next")) } }))
        div .buttons {
            @if job.kind == Kind::Cases {
                (parts::button_link("/cases", &t!(seat, "imp-to-cases"), true))
            } @else if job.kind == Kind::Contacts {
                (parts::button_link("/tracing/contacts", &t!(seat, "imp-to-contacts"), true))
            } @else {
                (parts::button_link(&places, &t!(seat, "imp-to-registry"), true))
            }
            @if totals.moved > 0 {
                (parts::button_link("/registry/moves", &t!(seat, "imp-to-moves", n = number(count(totals.moved))), false))
            }
            (parts::button_link("/registry/imports/new", &t!(seat, "imp-another"), false))
        }
    }
}

fn failed(seat: &Seat, job: &Job, may: bool) -> Markup {
    let refusal = job.error.as_ref().map(|error| spoken(seat, job.kind, error));
    let refusal = refusal.unwrap_or_else(|| types::Refusal::new("import-broke-off"));
    html! {
        (parts::notice(Tone::Bad, &seat.lang().refusal(&refusal), html! {
            p { (seat.lang().refusal_next(&refusal)) }
        }))
        @if may { (go_on(seat, job)) }
    }
}

fn cancelled(seat: &Seat, job: &Job, may: bool) -> Markup {
    let key = if job.is_begun() { "imp-cancelled-begun" } else { "imp-cancelled-check" };
    html! {
        (parts::notice(Tone::Warning, &t!(seat, "imp-cancelled"), html! { p { (seat.text(key)) } }))
        @if may { (go_on(seat, job)) }
    }
}

/// What was begun in earnest can be finished; a dry run begins with the columns.
fn go_on(seat: &Seat, job: &Job) -> Markup {
    html! {
        div .buttons {
            @if job.is_begun() {
                (Form::new(seat, format!("{}/run", path(job))).button(&t!(seat, "imp-go-on")))
            } @else {
                (parts::button_link(&format!("{}/columns", path(job)), &t!(seat, "imp-change-columns"), true))
            }
        }
    }
}

fn warnings(seat: &Seat, job: &Job) -> Markup {
    html! {
        @for warning in &job.warnings {
            @match warning {
                Warning::Full { sheet, rows } => {
                    (parts::notice(Tone::Warning, &t!(seat, "imp-full"), html! {
                        p { (t!(seat, "imp-full-next", sheet = sheet.clone().unwrap_or_default(), rows = number(count(*rows)))) }
                    }))
                }
                Warning::NoHeader { sheet } => {
                    (parts::notice(Tone::Warning, &t!(seat, "imp-no-header"), html! {
                        p { (t!(seat, "imp-no-header-next", sheet = sheet.clone().unwrap_or_default())) }
                    }))
                }
            }
        }
    }
}

/// The way to get rid of a file and its rows: folded up, since it cannot be undone.
pub(super) fn throw_away(seat: &Seat, job: &Job) -> Markup {
    let totals = job.progress.totals;
    let rows_kept = job.state == JobState::Done && totals.rejected + totals.duplicate > 0;
    let unfinished =
        !job.is_at_work() && !matches!(job.state, JobState::Done | JobState::Discarded);
    let (title, hint) = match (rows_kept, unfinished) {
        (true, _) => (t!(seat, "imp-forget-rows"), t!(seat, "imp-forget-rows-hint")),
        (_, true) => (t!(seat, "imp-discard"), t!(seat, "imp-discard-hint")),
        _ => return html! {},
    };
    html! {
        details .disclosure {
            summary { (title) }
            p { (hint) }
            (Form::new(seat, format!("{}/forget", path(job))).danger().button(&title))
        }
    }
}
