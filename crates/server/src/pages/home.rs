//! The first page: what waits for whoever is signed in.

use axum::response::IntoResponse;
use maud::{Markup, html};

use crate::access::{Actor, Policy, Role};
use crate::i18n::Lang;
use crate::routes::{Group, NavItem, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::{Page, account_name};
use crate::ui::parts;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/", Policy::SignedIn, home);
    routes.nav(Group::Overview, "/", "nav-home");
    routes.get("/language", Policy::Public, language);
}

async fn home(seat: Seat) -> Answer {
    let actor = seat.actor()?;
    let title = t!(seat, "home-title", name = account_name(&seat, actor));
    let body = html! {
        (role_lines(&seat, actor))
        (links(&seat, actor))
    };
    Ok(seat.render(Page::new(title, body)))
}

/// Which hats the account wears, and where.
fn role_lines(seat: &Seat, actor: &Actor) -> Markup {
    html! {
        ul .hats {
            @for grant in &actor.grants {
                li {
                    strong { (seat.text(grant.role.key())) }
                    " · " (parts::scope_text(seat, grant.scope))
                    @if let Some(holder) = &grant.holder { " · " code { (holder) } }
                    p .muted { (role_hint(seat, grant.role)) }
                }
            }
        }
    }
}

fn role_hint(seat: &Seat, role: Role) -> String {
    seat.text(&format!("{}-hint", role.key()))
}

fn links(seat: &Seat, actor: &Actor) -> Markup {
    let items: Vec<NavItem> =
        seat.app().site().nav_for(actor).filter(|item| item.path != "/").copied().collect();
    html! {
        @if items.is_empty() {
            p { (t!(seat, "home-empty")) }
        } @else {
            h2 { (t!(seat, "home-links")) }
            ul .cards {
                @for item in items {
                    li .card {
                        a .card__link href=(seat.link(item.path)) { (seat.text(item.key)) }
                        p { (seat.text(&format!("{}-hint", item.key))) }
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
