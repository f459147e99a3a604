//! The accounts that an admin keeps: list, add, change, disable, reset.

use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};
use types::{AreaScope, HolderCode, Refusal};

use crate::access::{Grant, Policy, Role};
use crate::accounts::{self, Account, AccountLine, parse_login};
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table, cut};

const ADMIN: Policy = Policy::any_of([Role::Admin]);
/// Accounts on one page of the list.
const PAGE: i64 = 50;
/// Roles in one form; an account with more is given them one after another.
const ROWS: usize = 4;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/admin/accounts", ADMIN, list);
    routes.nav(Group::System, "/admin/accounts", "nav-accounts");
    routes.get("/admin/accounts/new", ADMIN, new_form);
    routes.post("/admin/accounts/new", ADMIN, new_submit);
    routes.get("/admin/accounts/{login}", ADMIN, show);
    routes.post("/admin/accounts/{login}", ADMIN, change);
    routes.post("/admin/accounts/{login}/disable", ADMIN, disable);
    routes.post("/admin/accounts/{login}/enable", ADMIN, enable);
    routes.post("/admin/accounts/{login}/reset", ADMIN, reset);
    routes.post("/admin/accounts/{login}/codes-off", ADMIN, codes_off);
}

/// Roles with their areas, one a line.
pub fn grants(seat: &Seat, grants: &[Grant]) -> Markup {
    html! {
        ul .plain-list {
            @for grant in grants {
                li {
                    (seat.text(grant.role.key())) " · " (parts::scope_text(seat, grant.scope))
                    @if let Some(holder) = &grant.holder { " · " code { (holder) } }
                }
            }
        }
    }
}

fn state(seat: &Seat, line: &AccountLine) -> (Tone, String) {
    if line.disabled {
        (Tone::Bad, t!(seat, "account-disabled"))
    } else if line.must_change {
        (Tone::Warning, t!(seat, "account-new"))
    } else {
        (Tone::Good, t!(seat, "account-active"))
    }
}

async fn list(seat: Seat) -> Answer {
    let after = seat.param("after").unwrap_or_default();
    let csv = Table::wants_csv(&seat);
    let limit = if csv { 10_000 } else { PAGE };
    let mut db = seat.db().await?;
    let mut lines = accounts::within(&mut db, seat.scope(), &after, limit + 1).await?;
    let next = cut(&mut lines, limit, |line| Some(line.login.clone()));
    let columns = vec![
        Column::new("login", t!(seat, "login")),
        Column::new("name", t!(seat, "account-name")),
        Column::new("roles", t!(seat, "roles")),
        Column::new("state", t!(seat, "account-state")),
        Column::new("codes", t!(seat, "one-time-code")),
        Column::new("created", t!(seat, "created-at")),
    ];
    let table = Table::new(t!(seat, "nav-accounts"), columns)
        .empty(t!(seat, "accounts-empty"))
        .csv("accounts")
        .next(next)
        .rows(lines.iter().map(|line| {
            let (tone, word) = state(&seat, line);
            let codes = if line.totp_on { t!(seat, "codes-on") } else { t!(seat, "codes-off") };
            vec![
                Cell::link(&format!("/admin/accounts/{}", line.login), line.login.clone()),
                Cell::text(line.name.clone()),
                Cell::markup(grants(&seat, &line.grants), accounts::grants_text(&line.grants)),
                Cell::tag(tone, word),
                Cell::text(codes),
                Cell::time(seat.time(line.created_at)),
            ]
        }));
    if csv {
        return Ok(table.csv_response());
    }
    let add = parts::button_link("/admin/accounts/new", &t!(seat, "add-account"), true);
    Ok(seat.render(Page::new(t!(seat, "nav-accounts"), table.render(&seat)).actions(add)))
}

const ROLE_FIELDS: [&str; ROWS] = ["role-1", "role-2", "role-3", "role-4"];
const SCOPE_FIELDS: [&str; ROWS] = ["scope-1", "scope-2", "scope-3", "scope-4"];
const HOLDER_FIELDS: [&str; ROWS] = ["holder-1", "holder-2", "holder-3", "holder-4"];

/// One row of role, area and holder as typed.
#[derive(Clone, Debug, Default)]
struct Typed {
    role: String,
    scope: String,
    holder: String,
}

fn typed(form: &FormData) -> Vec<Typed> {
    (0..ROWS)
        .map(|n| Typed {
            role: form.text(ROLE_FIELDS[n]).to_owned(),
            scope: form.text(SCOPE_FIELDS[n]).to_owned(),
            holder: form.text(HOLDER_FIELDS[n]).to_owned(),
        })
        .collect()
}

fn typed_of(grants: &[Grant]) -> Vec<Typed> {
    let mut rows: Vec<Typed> = grants
        .iter()
        .map(|g| Typed {
            role: g.role.as_str().to_owned(),
            scope: match g.scope.to_string() {
                text if text.is_empty() => "*".to_owned(),
                text => text,
            },
            holder: g.holder.as_ref().map(ToString::to_string).unwrap_or_default(),
        })
        .collect();
    rows.resize(ROWS, Typed::default());
    rows
}

/// Reads the rows. All areas must be said with `*`: an empty field is an oversight.
fn read_grants(rows: &[Typed], errors: &mut Errors) -> Vec<Grant> {
    let mut grants = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        if row.role.is_empty() {
            continue;
        }
        let role = errors.check(ROLE_FIELDS[n], Role::parse(&row.role));
        let scope = match row.scope.as_str() {
            "*" => Some(AreaScope::ALL),
            "" => {
                errors.add(SCOPE_FIELDS[n], Refusal::new("scope-missing"));
                None
            }
            text => errors.check(SCOPE_FIELDS[n], AreaScope::parse(text)),
        };
        let holder = match row.holder.as_str() {
            "" => Some(None),
            text => errors.check(HOLDER_FIELDS[n], HolderCode::parse(text)).map(Some),
        };
        if let (Some(role), Some(scope), Some(holder)) = (role, scope, holder) {
            grants.push(Grant { role, scope, holder });
        }
    }
    if grants.is_empty() && errors.is_empty() {
        errors.add(ROLE_FIELDS[0], Refusal::new("grants-missing"));
    }
    grants
}

fn with_grants<'a>(mut form: Form<'a>, seat: &Seat, rows: &[Typed]) -> Form<'a> {
    let mut options = vec![(String::new(), t!(seat, "no-role"))];
    options.extend(
        Role::ALL
            .into_iter()
            .filter(|role| *role != Role::Resident)
            .map(|role| (role.as_str().to_owned(), seat.text(role.key()))),
    );
    let fields = |n: usize| -> Vec<Field> {
        let row = &rows[n];
        let hint =
            |field: Field, key: &str| if n == 0 { field.hint(seat.text(key)) } else { field };
        let role = Field::select(ROLE_FIELDS[n], t!(seat, "role"), options.clone());
        let scope = Field::code(SCOPE_FIELDS[n], t!(seat, "area-scope"), false).optional();
        let holder = Field::code(HOLDER_FIELDS[n], t!(seat, "holder"), false).optional();
        vec![
            hint(role.value(row.role.clone()), "role-field-hint"),
            hint(scope.value(row.scope.clone()), "area-scope-hint"),
            hint(holder.value(row.holder.clone()), "holder-hint"),
        ]
    };
    let legend = |n: usize| t!(seat, "role-n", n = (n + 1) as i64);
    form = form.group(&legend(0), fields(0));
    let more: Vec<(String, Vec<Field>)> = (1..ROWS).map(|n| (legend(n), fields(n))).collect();
    let used = rows.iter().skip(1).any(|row| !row.role.is_empty());
    form.folded(&t!(seat, "more-roles"), used, more)
}

fn show_new(seat: &Seat, login: &str, name: &str, rows: &[Typed], errors: Errors) -> Response {
    let form = Form::new(seat, "/admin/accounts/new")
        .errors(errors)
        .field(Field::text("login", t!(seat, "login")).hint(t!(seat, "login-hint")).value(login))
        .field(Field::text("name", t!(seat, "account-name")).value(name));
    let body = with_grants(form, seat, rows).button(&t!(seat, "add-account"));
    let page = Page::new(t!(seat, "add-account"), body).timeless().narrow();
    seat.render(page.crumb("/admin/accounts", t!(seat, "nav-accounts")))
}

async fn new_form(seat: Seat) -> Answer {
    let mut rows = vec![Typed::default(); ROWS];
    rows[0].scope = match seat.scope().to_string() {
        text if text.is_empty() => String::new(),
        text => text,
    };
    Ok(show_new(&seat, "", "", &rows, Errors::default()))
}

async fn new_submit(seat: Seat, form: FormData) -> Answer {
    let rows = typed(&form);
    let name = form.text("name");
    let mut errors = Errors::default();
    let login = errors.check("login", parse_login(form.text("login")));
    check_name(name, &mut errors);
    let grants = read_grants(&rows, &mut errors);
    if let (Some(login), true) = (login, errors.is_empty()) {
        let made =
            seat.app().create_account(seat.actor()?, login.clone(), name.to_owned(), grants).await;
        match made {
            Ok(password) => return Ok(show_password(&seat, &login, &password)),
            Err(fault) => match fault.refusal.code.as_ref() {
                "login-taken" => errors.add("login", fault.refusal),
                "not-your-area" => errors.add(SCOPE_FIELDS[0], fault.refusal),
                _ => return Err(fault),
            },
        }
    }
    Ok(show_new(&seat, form.text("login"), name, &rows, errors))
}

fn check_name(name: &str, errors: &mut Errors) {
    if !(1..=80).contains(&name.chars().count()) {
        errors.add("name", Refusal::new("account-name-missing"));
    }
}

/// A temporary password, shown once.
fn show_password(seat: &Seat, login: &str, password: &str) -> Response {
    let rows = [
        (t!(seat, "login"), html! { code { (login) } }),
        (t!(seat, "temporary-password"), html! { code .secret { (password) } }),
    ];
    let body = html! {
        (parts::notice(Tone::Good, &t!(seat, "saved"), html! { p { (t!(seat, "temporary-password-hint")) } }))
        (parts::facts(&rows))
        (parts::button_link("/admin/accounts", &t!(seat, "nav-accounts"), true))
    };
    seat.render(Page::new(t!(seat, "temporary-password"), body).timeless().narrow())
}

async fn show(seat: Seat, Path(login): Path<String>) -> Answer {
    let account = seat.app().managed_account(seat.actor()?, &login).await?;
    let rows = typed_of(&account.grants);
    let name = account.name.clone();
    show_account(&seat, &account, &name, &rows, Errors::default()).await
}

async fn show_account(
    seat: &Seat,
    account: &Account,
    name: &str,
    rows: &[Typed],
    errors: Errors,
) -> Answer {
    let login = &account.login;
    let events = accounts::events(&mut seat.db().await?, login, 50).await?;
    let own = seat.actor()?.user == *login;
    let form = Form::new(seat, format!("/admin/accounts/{login}"))
        .errors(errors)
        .field(Field::text("name", t!(seat, "account-name")).value(name));
    let change = with_grants(form, seat, rows).button(&t!(seat, "save"));
    let button = |what: &str, text: String| {
        Form::new(seat, format!("/admin/accounts/{login}/{what}")).danger().button(&text)
    };
    let columns = vec![
        Column::new("at", t!(seat, "time")),
        Column::new("what", t!(seat, "event")),
        Column::new("by", t!(seat, "by")),
        Column::new("detail", t!(seat, "detail")),
    ];
    let history = Table::new(t!(seat, "account-history"), columns)
        .empty(t!(seat, "account-history-empty"))
        .rows(events.iter().map(|e| {
            vec![
                Cell::time(seat.time(e.at)),
                Cell::text(seat.text(&format!("account-event-{}", e.what))),
                Cell::code(e.actor.clone()),
                Cell::text(e.detail.clone()),
            ]
        }));
    let body = html! {
        @if own {
            (parts::notice(Tone::Info, &t!(seat, "own-account-title"), html! { p { (t!(seat, "own-account-body")) } }))
            (grants(seat, &account.grants))
        } @else {
            (parts::panel(&t!(seat, "account-change"), change))
            (parts::panel(&t!(seat, "account-access"), html! {
                div .buttons {
                    (button("reset", t!(seat, "reset-password")))
                    @if account.totp_on { (button("codes-off", t!(seat, "turn-codes-off"))) }
                    @if account.disabled { (button("enable", t!(seat, "enable-account"))) }
                    @else { (button("disable", t!(seat, "disable-account"))) }
                }
            }))
        }
        (history.render(seat))
    };
    let page = Page::new(login.clone(), body).narrow();
    Ok(seat.render(page.crumb("/admin/accounts", t!(seat, "nav-accounts"))))
}

async fn change(seat: Seat, Path(login): Path<String>, form: FormData) -> Answer {
    let actor = seat.actor()?;
    let account = seat.app().managed_account(actor, &login).await?;
    let rows = typed(&form);
    let name = form.text("name");
    let mut errors = Errors::default();
    check_name(name, &mut errors);
    let grants = read_grants(&rows, &mut errors);
    if errors.is_empty() {
        match seat.app().change_account(actor, &login, name, grants).await {
            Ok(()) => return Ok(seat.go(&format!("/admin/accounts/{login}"))),
            Err(fault) if fault.refusal.code == "not-your-area" => {
                errors.add(SCOPE_FIELDS[0], fault.refusal);
            }
            Err(fault) => return Err(fault),
        }
    }
    show_account(&seat, &account, name, &rows, errors).await
}

async fn disable(seat: Seat, Path(login): Path<String>) -> Answer {
    seat.app().disable_account(seat.actor()?, &login, true).await?;
    Ok(seat.go(&format!("/admin/accounts/{login}")))
}

async fn enable(seat: Seat, Path(login): Path<String>) -> Answer {
    seat.app().disable_account(seat.actor()?, &login, false).await?;
    Ok(seat.go(&format!("/admin/accounts/{login}")))
}

async fn reset(seat: Seat, Path(login): Path<String>) -> Answer {
    let password = seat.app().reset_password(seat.actor()?, &login).await?;
    Ok(show_password(&seat, &login, &password))
}

async fn codes_off(seat: Seat, Path(login): Path<String>) -> Answer {
    let actor = seat.actor()?;
    seat.app().managed_account(actor, &login).await?;
    seat.app().remove_codes(&actor.user, &login).await?;
    Ok(seat.go(&format!("/admin/accounts/{login}")))
}
