//! One's own account: password, one-time codes.

use maud::html;
use types::Refusal;

use crate::access::{Actor, Policy, Role};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::{Fault, passwords};

/// Everyone with an account; a household has none.
const STAFF: Policy = Policy::any_of([
    Role::Commander,
    Role::District,
    Role::Grid,
    Role::Sampler,
    Role::Courier,
    Role::Laboratory,
    Role::Ward,
    Role::Crew,
    Role::Shop,
    Role::Driver,
    Role::Volunteer,
    Role::Auditor,
    Role::Admin,
]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/account", STAFF, overview);
    routes.get("/account/password", STAFF, password_form).while_password_pending();
    routes.post("/account/password", STAFF, password_submit).while_password_pending();
    routes.get("/account/codes", STAFF, codes_form);
    routes.post("/account/codes", STAFF, codes_submit);
    routes.post("/account/codes/off", STAFF, codes_off);
}

async fn overview(seat: Seat) -> Answer {
    let actor = seat.actor()?;
    let account = seat.app().account(&actor.user).await?;
    let codes = if account.totp_on {
        parts::tag(Tone::Good, &t!(seat, "codes-on"))
    } else {
        parts::tag(Tone::Warning, &t!(seat, "codes-off"))
    };
    let rows = [
        (t!(seat, "login"), html! { code { (account.login) } }),
        (t!(seat, "account-name"), html! { (account.name) }),
        (t!(seat, "roles"), super::accounts::grants(&seat, &account.grants)),
        (t!(seat, "one-time-code"), codes),
    ];
    let body = html! {
        @if seat.param("done").is_some() {
            (parts::notice(Tone::Good, &t!(seat, "saved"), html! {}))
        }
        (parts::facts(&rows))
        div .buttons {
            (parts::button_link("/account/password", &t!(seat, "change-password"), false))
            (parts::button_link("/account/codes", &t!(seat, "manage-codes"), false))
        }
    };
    Ok(seat.render(Page::new(t!(seat, "nav-account"), body).timeless().narrow()))
}

fn show_password(seat: &Seat, actor: &Actor, errors: Errors) -> axum::response::Response {
    let hint = t!(seat, "new-password-hint", limit = passwords::MIN_LENGTH as i64);
    let form = Form::new(seat, "/account/password")
        .errors(errors)
        .hidden("username", &actor.user)
        .field(Field::password("old", t!(seat, "old-password")).complete("current-password"))
        .field(Field::password("new", t!(seat, "new-password")).hint(hint).complete("new-password"))
        .field(Field::password("again", t!(seat, "new-password-again")).complete("new-password"))
        .button(&t!(seat, "change-password"));
    let body = html! {
        @if actor.must_change {
            (parts::notice(Tone::Info, &t!(seat, "must-change-title"), html! { p { (t!(seat, "must-change-body")) } }))
        }
        (form)
    };
    let page = Page::new(t!(seat, "change-password"), body).timeless().narrow();
    seat.render(page.crumb("/account", t!(seat, "nav-account")))
}

async fn password_form(seat: Seat) -> Answer {
    Ok(show_password(&seat, seat.actor()?, Errors::default()))
}

async fn password_submit(seat: Seat, form: FormData) -> Answer {
    let actor = seat.actor()?;
    let (old, new) = (form.raw("old"), form.raw("new"));
    let mut errors = Errors::default();
    errors.check("new", passwords::check_new(&actor.user, new));
    if errors.is_empty() && new == old {
        errors.add("new", Refusal::new("password-unchanged"));
    }
    if new != form.raw("again") {
        errors.add("again", Refusal::new("passwords-differ"));
    }
    if errors.is_empty() {
        match seat.app().change_password(actor, old, new, seat.session().map(|s| &s.key)).await {
            Ok(()) => return Ok(seat.go("/account?done=1")),
            Err(fault) => errors.add("old", wrong_password(fault)?),
        }
    }
    Ok(show_password(&seat, actor, errors))
}

/// What is said beside the field; everything else is the error page's.
fn wrong_password(fault: Fault) -> Result<Refusal, Fault> {
    match fault.refusal.code.as_ref() {
        "password-wrong" | "sign-in-locked" => Ok(fault.refusal),
        _ => Err(fault),
    }
}

async fn show_codes(seat: &Seat, errors: Errors) -> Answer {
    let actor = seat.actor()?;
    let account = seat.app().account(&actor.user).await?;
    let body = if account.totp_on {
        let left = account.recovery.split(',').filter(|c| !c.is_empty()).count();
        let form = Form::new(seat, "/account/codes/off")
            .errors(errors)
            .danger()
            .field(Field::password("password", t!(seat, "password")).complete("current-password"))
            .button(&t!(seat, "turn-codes-off"));
        html! {
            (parts::notice(Tone::Good, &t!(seat, "codes-on"), html! {
                p { (t!(seat, "recovery-left", n = left as i64)) }
            }))
            h2 { (t!(seat, "turn-codes-off")) }
            p { (t!(seat, "turn-codes-off-hint")) }
            (form)
        }
    } else {
        let enrolment = seat.app().begin_codes(&actor.user).await?;
        let form = Form::new(seat, "/account/codes")
            .errors(errors)
            .field(
                Field::code("code", t!(seat, "one-time-code"), true)
                    .hint(t!(seat, "first-code-hint"))
                    .complete("one-time-code"),
            )
            .button(&t!(seat, "turn-codes-on"));
        html! {
            ol .steps {
                li { p { (t!(seat, "enrol-app")) } }
                li {
                    p { (t!(seat, "enrol-scan")) }
                    (parts::qr(&enrolment.url, &t!(seat, "enrol-qr")))
                    p { (t!(seat, "enrol-type")) " " code .secret { (spaced(&enrolment.secret)) } }
                }
                li { p { (t!(seat, "enrol-confirm")) } (form) }
            }
        }
    };
    let page = Page::new(t!(seat, "manage-codes"), body).timeless().narrow();
    Ok(seat.render(page.crumb("/account", t!(seat, "nav-account"))))
}

/// A long code in groups of four.
fn spaced(code: &str) -> String {
    let chars: Vec<char> = code.chars().collect();
    chars.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

async fn codes_form(seat: Seat) -> Answer {
    show_codes(&seat, Errors::default()).await
}

async fn codes_submit(seat: Seat, form: FormData) -> Answer {
    let actor = seat.actor()?;
    let recovery = match seat.app().confirm_codes(&actor.user, form.text("code")).await {
        Ok(recovery) => recovery,
        Err(fault) if fault.refusal.code == "code-wrong" => {
            return show_codes(&seat, Errors::one("code", fault.refusal)).await;
        }
        Err(fault) => return Err(fault),
    };
    let body = html! {
        (parts::notice(Tone::Good, &t!(seat, "codes-on"), html! { p { (t!(seat, "recovery-keep")) } }))
        ul .recovery { @for code in &recovery { li { code { (code) } } } }
        (parts::button_link("/account", &t!(seat, "continue"), true))
    };
    Ok(seat.render(Page::new(t!(seat, "recovery-codes"), body).timeless().narrow()))
}

async fn codes_off(seat: Seat, form: FormData) -> Answer {
    let actor = seat.actor()?;
    match seat.app().check_own_password(actor, form.raw("password")).await {
        Ok(()) => {
            seat.app().remove_codes(&actor.user, &actor.user).await?;
            Ok(seat.go("/account?done=1"))
        }
        Err(fault) => show_codes(&seat, Errors::one("password", wrong_password(fault)?)).await,
    }
}
