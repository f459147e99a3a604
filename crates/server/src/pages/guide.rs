//! The guide: a newcomer follows one tube through its four hand-offs, with a link into the real page
//! at each. In a made-up city it is a real tube of it, in view of everybody; elsewhere a drawn
//! example, since a real tube is nobody's business.

mod journey;

use maud::{Markup, html};
use types::UnitId;

use crate::access::{Policy, Role};
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};

use journey::Journey;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/guide", Policy::Public, guide);
    routes.nav(Group::Overview, "/guide", "nav-guide");
}

/// A tube of a made-up city, and how a visitor looks at it through everybody's eyes.
#[derive(Clone, Debug)]
pub struct Guide {
    /// A tube whose results have been released.
    pub tube: UnitId,
    /// The logins of the city, by role.
    pub logins: Vec<(Role, String)>,
    /// The password of all of them. It is no secret: a made-up city has none.
    pub password: String,
    /// The code with which a household of the tube signs in.
    pub household_code: Option<String>,
}

/// A page to look at, through whose eyes.
struct Look {
    role: Role,
    path: String,
    text: String,
}

async fn guide(seat: Seat) -> Answer {
    let found = match seat.app().guide() {
        Some(guide) => Journey::of(&seat, guide.tube).await?,
        None => None,
    };
    let real = found.is_some();
    let journey = found.unwrap_or_else(|| Journey::example(&seat));
    let after = match real {
        true => Some(journey::troubles(&seat).await?),
        false => None,
    };
    let body = html! {
        @if !real {
            (parts::notice(Tone::Info, &t!(seat, "tour-example"), html! { p { (t!(seat, "tour-example-hint")) } }))
        }
        p { (journey.summary) }
        ol .journey {
            @for stop in &journey.stops {
                li .journey__stop {
                    (icon(stop.icon))
                    div .journey__body {
                        h2 {
                            (seat.text(&format!("chain-{}", stop.key)))
                            @if let Some(who) = &stop.who { span .journey__who { " · " (who) } }
                        }
                        @if let Some(at) = &stop.at { p .journey__at { (at) } }
                        p { (stop.said) }
                        p .journey__look { strong { (t!(seat, "tour-look-at")) " " } (seat.text(&format!("tour-{}-look", stop.key))) }
                        (looks(&seat, &stop.looks))
                    }
                }
            }
        }
        h2 { (t!(seat, "tour-idea")) }
        p { (t!(seat, "tour-idea-text")) }
        @if let Some(after) = &after { (looks(&seat, after)) }
        h2 { (t!(seat, "tour-next")) }
        ul {
            li { (t!(seat, "tour-next-accounts")) }
            li { (t!(seat, "tour-next-import")) }
            li { (t!(seat, "tour-next-round")) }
        }
    };
    let lead = html! { (t!(seat, "tour-lead")) };
    Ok(seat.render(Page::new(t!(seat, "tour-title"), body).lead(lead).timeless().narrow()))
}

/// The ways into the real pages. In a made-up city one press signs the visitor in as whoever works
/// there; elsewhere only who may open a page is led to it.
fn looks(seat: &Seat, looks: &[Look]) -> Markup {
    let guide = seat.app().guide();
    html! {
        div .buttons .journey__go {
            @for look in looks {
                @match guide.and_then(|guide| enter(seat, guide, look)) {
                    Some(button) => (button),
                    None if is_open(seat, look) => {
                        a .button .button--secondary href=(look.path) { (look.text) }
                    }
                    None => {}
                }
            }
        }
    }
}

/// Whether whoever reads the guide may open the page.
fn is_open(seat: &Seat, look: &Look) -> bool {
    let path = look.path.split('?').next().unwrap_or_default();
    let actor = seat.somebody();
    actor.is_some_and(|actor| seat.app().site().nav_for(actor).any(|item| item.path == path))
}

/// A button that signs in and opens the page.
fn enter(seat: &Seat, guide: &Guide, look: &Look) -> Option<Markup> {
    if look.role == Role::Resident {
        let code = guide.household_code.as_ref()?;
        return Some(html! {
            form method="post" action="/household" {
                input type="hidden" name="code" value=(code);
                input type="hidden" name="next" value=(look.path);
                button .button .button--secondary type="submit" { (look.text) }
            }
        });
    }
    let (_, login) = guide.logins.iter().find(|(role, _)| *role == look.role)?;
    if seat.somebody().is_some_and(|actor| actor.user == *login) {
        return Some(html! { a .button .button--secondary href=(look.path) { (look.text) } });
    }
    Some(html! {
        form method="post" action="/sign-in" {
            input type="hidden" name="login" value=(login);
            input type="hidden" name="password" value=(guide.password);
            input type="hidden" name="next" value=(look.path);
            button .button .button--secondary type="submit" { (look.text) }
        }
    })
}

/// What a stop looks like: a tube, a box on its way, a plate, a sheet with a tick.
fn icon(name: &str) -> Markup {
    html! {
        svg .journey__icon viewBox="0 0 64 64" width="64" height="64" aria-hidden="true" focusable="false"
            fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" {
            @match name {
                "collect" => {
                    path d="M26 12h12M28 12v34a4 4 0 0 0 8 0V12" {}
                    path .journey__fill d="M28 32h8v14a4 4 0 0 1-8 0z" {}
                    path d="M44 10v22M44 32l-2 8h4z" {}
                }
                "deliver" => {
                    path .journey__fill d="M8 20h28v24H8z" {}
                    path d="M8 20h28v24H8zM36 28h10l8 9v7H36zM8 27h28M22 20v7" {}
                    circle cx="19" cy="46" r="5" {}
                    circle cx="45" cy="46" r="5" {}
                }
                "test" => {
                    path d="M10 14h44v36H10z" {}
                    @for (x, y) in [(20, 24), (32, 24), (44, 24), (20, 40), (44, 40)] { circle cx=(x) cy=(y) r="4" {} }
                    circle .journey__fill cx="32" cy="40" r="4" {}
                }
                _ => {
                    path d="M16 8h24l10 10v38H16zM40 8v10h10" {}
                    path .journey__fill d="M24 44h18v4H24z" {}
                    path d="M24 33l6 6 11-13" {}
                }
            }
        }
    }
}
