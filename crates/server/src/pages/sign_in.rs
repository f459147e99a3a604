//! Signing in and out: by password (and one-time code), or by a household's code.

use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::Fault;
use crate::access::Policy;
use crate::rates::Allowance;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::sessions::Kind;
use crate::signin::{Door, SignedIn};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    let sign_in = Some(Allowance::SignIn);
    routes.get("/sign-in", Policy::Public, form).urgent();
    routes.post("/sign-in", Policy::Public, submit).urgent().allowance(sign_in);
    routes.post("/sign-in/code", Policy::Public, submit_code).urgent().allowance(sign_in);
    routes.get("/household", Policy::Public, household_form).urgent();
    routes.post("/household", Policy::Public, household_submit).urgent().allowance(sign_in);
    routes.post("/sign-out", Policy::SignedIn, sign_out).urgent().while_password_pending();
}

/// A path of this server to go back to; anything else becomes the home page.
pub(crate) fn local_path(path: Option<&str>) -> String {
    match path {
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && !path.contains(['\\', '\r', '\n', '\t']) =>
        {
            path.to_owned()
        }
        _ => "/".to_owned(),
    }
}

async fn form(seat: Seat) -> Answer {
    let next = local_path(seat.param("next").as_deref());
    if seat.somebody().is_some() {
        return Ok(seat.go(&next));
    }
    Ok(show(&seat, &next, "", Errors::default()))
}

/// The frame of all sign-in pages: what this is on one side, the form on the other.
fn frame(seat: &Seat, title: String, body: &Markup) -> Response {
    let page = html! {
        div .gate {
            div .gate__form {
                h1 { (title) }
                (body)
            }
            aside .gate__about {
                h2 { (t!(seat, "about-title")) }
                p .gate__line { (t!(seat, "about-line")) }
                ol .chain {
                    @for step in ["collect", "deliver", "test", "report"] {
                        li {
                            strong { (seat.text(&format!("chain-{step}"))) }
                            span { (seat.text(&format!("chain-{step}-who"))) }
                        }
                    }
                }
                p .muted { (t!(seat, "about-recorded")) }
                p { a .gate__guide href="/guide" { (t!(seat, "tour-link")) } }
            }
        }
    };
    seat.render(Page::new(title, page).timeless().untitled())
}

fn show(seat: &Seat, next: &str, login: &str, errors: Errors) -> Response {
    let form = Form::new(seat, "/sign-in")
        .errors(errors)
        .hidden("next", next)
        .field(Field::text("login", t!(seat, "login")).value(login).complete("username"))
        .field(Field::password("password", t!(seat, "password")).complete("current-password"))
        .button(&t!(seat, "sign-in"));
    let body = html! {
        (form)
        p .gate__other { a href="/household" { (t!(seat, "to-household-sign-in")) } }
    };
    frame(seat, t!(seat, "sign-in"), &body)
}

fn show_code(seat: &Seat, next: &str, login: &str, ticket: &str, errors: Errors) -> Response {
    let form = Form::new(seat, "/sign-in/code")
        .errors(errors)
        .hidden("next", next)
        .hidden("login", login)
        .hidden("ticket", ticket)
        .field(
            Field::code("code", t!(seat, "one-time-code"), false)
                .hint(t!(seat, "one-time-code-hint"))
                .complete("one-time-code"),
        )
        .button(&t!(seat, "continue"));
    frame(seat, t!(seat, "one-time-code"), &form)
}

/// What belongs beside the field; everything else is the error page's.
fn beside(fault: Fault, field: &'static str) -> Result<Errors, Fault> {
    match fault.refusal.code.as_ref() {
        "sign-in-wrong"
        | "sign-in-locked"
        | "code-wrong"
        | "household-code-wrong"
        | "ticket-expired" => Ok(Errors::one(field, fault.refusal)),
        _ => Err(fault),
    }
}

fn welcome(seat: &Seat, token: &str, next: &str) -> Response {
    let cookie = seat.app().set_session_cookie(token);
    ([(SET_COOKIE, cookie)], seat.go(next)).into_response()
}

async fn submit(seat: Seat, form: FormData) -> Answer {
    let next = local_path(Some(form.text("next")));
    let login = form.text("login");
    let door = Door { kind: Kind::Web, device: None, caller: seat.caller() };
    match seat.app().sign_in(door, login, form.raw("password"), None).await {
        Ok(SignedIn::Done(token)) => Ok(welcome(&seat, &token, &next)),
        Ok(SignedIn::CodeNeeded(ticket)) => {
            Ok(show_code(&seat, &next, login, &ticket, Errors::default()))
        }
        Err(fault) => Ok(show(&seat, &next, login, beside(fault, "login")?)),
    }
}

async fn submit_code(seat: Seat, form: FormData) -> Answer {
    let next = local_path(Some(form.text("next")));
    let (login, ticket) = (form.text("login"), form.text("ticket"));
    let door = Door { kind: Kind::Web, device: None, caller: seat.caller() };
    match seat.app().sign_in_code(door, login, ticket, form.text("code")).await {
        Ok(token) => Ok(welcome(&seat, &token, &next)),
        Err(fault) if fault.refusal.code == "ticket-expired" => {
            Ok(show(&seat, &next, login, beside(fault, "login")?))
        }
        Err(fault) => Ok(show_code(&seat, &next, login, ticket, beside(fault, "code")?)),
    }
}

async fn household_form(seat: Seat) -> Answer {
    if seat.somebody().is_some() {
        return Ok(seat.go("/"));
    }
    Ok(show_household(&seat, "", Errors::default()))
}

fn show_household(seat: &Seat, code: &str, errors: Errors) -> Response {
    let form = Form::new(seat, "/household")
        .errors(errors)
        .field(
            Field::code("code", t!(seat, "household-code"), false)
                .hint(t!(seat, "household-code-hint"))
                .value(code),
        )
        .button(&t!(seat, "sign-in"));
    let body = html! {
        (form)
        p .gate__other { a href="/sign-in" { (t!(seat, "to-staff-sign-in")) } }
        (parts::notice(Tone::Info, &t!(seat, "no-code-title"), html! { p { (t!(seat, "no-code-body")) } }))
    };
    frame(seat, t!(seat, "household-sign-in"), &body)
}

async fn household_submit(seat: Seat, form: FormData) -> Answer {
    let code = form.text("code");
    match seat.app().sign_in_household(seat.caller(), code).await {
        // Unless it was sent here from elsewhere: its results are what it came for.
        Ok(token) => {
            let next = Some(form.text("next")).filter(|next| !next.is_empty());
            Ok(welcome(&seat, &token, &local_path(next.or(Some("/my")))))
        }
        Err(fault) => Ok(show_household(&seat, code, beside(fault, "code")?)),
    }
}

async fn sign_out(seat: Seat) -> Answer {
    if let Some(session) = seat.session() {
        seat.app().close_session(&session.key).await?;
    }
    let cookie = seat.app().set_session_cookie("");
    Ok(([(SET_COOKIE, cookie)], seat.go("/sign-in")).into_response())
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_paths_of_this_server_are_gone_back_to() {
        assert_eq!(local_path(Some("/a?b=c")), "/a?b=c");
        for elsewhere in ["", "https://evil.example", "//evil.example", "/\\evil.example", "a"] {
            assert_eq!(local_path(Some(elsewhere)), "/");
        }
        assert_eq!(local_path(None), "/");
    }
}
