//! The first page: what waits for whoever is signed in.

use axum::response::IntoResponse;
use maud::{Markup, html};
use types::HolderCode;

use crate::access::{Actor, Grant, Policy, Role};
use crate::i18n::{Lang, Speaks};
use crate::pages::testing::names::Names;
use crate::routes::{Group, NavItem, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::{self, Page, account_name};
use crate::ui::parts::{self, Tone};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/", Policy::SignedIn, home);
    routes.nav(Group::Overview, "/", "nav-home");
    routes.get("/language", Policy::Public, language);
}

async fn home(seat: Seat) -> Answer {
    let actor = seat.actor()?;
    let title = t!(seat, "home-title", name = account_name(&seat, actor));
    let mut hats = Vec::with_capacity(actor.grants.len());
    for grant in &actor.grants {
        hats.push(hat(&seat, grant).await);
    }
    let body = html! {
        @for hat in hats { (hat) }
        (links(&seat, actor))
    };
    Ok(seat.render(Page::new(title, body)))
}

/// One hat that the account wears: what it is, where, and what waits for it.
async fn hat(seat: &Seat, grant: &Grant) -> Markup {
    let mut figures = Vec::new();
    let mut failed = None;
    for tell in seat.app().site().waiting_for(grant.role) {
        match tell(seat, grant).await {
            Ok(found) => figures.extend(found),
            // One desk that cannot tell must not hide the others.
            Err(fault) => failed = Some(fault),
        }
    }
    let names = match &grant.holder {
        Some(holder) => holder_names(seat, holder).await,
        None => Names::default(),
    };
    html! {
        section .panel .hat {
            h2 .panel__title {
                (seat.text(grant.role.key()))
                span .hat__where {
                    " · " (parts::scope_text(seat, grant.scope))
                    @if let Some(holder) = &grant.holder { " · " (names.holder(seat, holder.as_str())) }
                }
            }
            p .muted { (role_hint(seat, grant.role)) }
            @if !figures.is_empty() { (parts::figures(&figures)) }
            @if grant.role == Role::Commander {
                p { (parts::button_link(&format!("/board?area={}", grant.scope), &t!(seat, "nav-board"), true)) }
            }
            @if matches!(grant.role, Role::Grid | Role::Sampler | Role::Courier) {
                p { (parts::button_link("/field/", &t!(seat, "home-field-app"), true)) }
            }
            @if let Some(fault) = failed {
                (parts::notice(Tone::Warning, &seat.lang().refusal(&fault.refusal), html! {
                    p { (seat.lang().refusal_next(&fault.refusal)) }
                }))
            }
        }
    }
}

/// The name of whom an account acts for; without it the page has the code.
async fn holder_names(seat: &Seat, holder: &HolderCode) -> Names {
    let Ok(mut db) = seat.db().await else { return Names::default() };
    Names::of_holders(&mut db, [holder.as_str()]).await.unwrap_or_default()
}

fn role_hint(seat: &Seat, role: Role) -> String {
    seat.text(&format!("{}-hint", role.key()))
}

fn links(seat: &Seat, actor: &Actor) -> Markup {
    let mut items: Vec<NavItem> = layout::links(seat, actor);
    items.retain(|item| item.path != "/");
    html! {
        @if items.is_empty() {
            p { (t!(seat, "home-empty")) }
        } @else {
            @for group in items.chunk_by(|a, b| a.group == b.group) {
                h2 { (seat.text(group[0].group.key())) }
                ul .cards {
                    @for item in group {
                        li .card {
                            a .card__link href=(seat.link(item.path)) { (seat.text(item.key)) }
                            p { (seat.text(&format!("{}-hint", item.key))) }
                        }
                    }
                }
            }
        }
    }
}

/// Remembers the language and goes back.
async fn language(seat: Seat) -> Answer {
    let to = seat.param("to").and_then(|code| Lang::parse(&code)).unwrap_or_default();
    let back = super::sign_in::local_path(seat.param("back").as_deref());
    let secure = if seat.app().config().is_https() { "; Secure" } else { "" };
    let cookie = format!(
        "{}={}; Path=/; Max-Age=31536000; SameSite=Lax{secure}",
        crate::guard::LANG_COOKIE,
        to.code()
    );
    Ok(([(axum::http::header::SET_COOKIE, cookie)], seat.go(&back)).into_response())
}
