//! Choosing the areas in view: all that the actor's roles cover, down to the counties.

use maud::{Markup, html};
use types::AreaScope;

use crate::access::Policy;
use crate::areas::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/areas", Policy::SignedIn, choose);
}

async fn choose(seat: Seat) -> Answer {
    let actor = seat.actor()?;
    let back = super::sign_in::local_path(seat.param("back").as_deref());
    let names = seat.app().areas().names();
    let mut scopes: Vec<AreaScope> = Vec::new();
    for grant in &actor.grants {
        if !scopes.contains(&grant.scope) {
            scopes.push(grant.scope);
        }
    }
    let body = html! {
        p { (t!(seat, "areas-hint")) }
        @for scope in scopes {
            section .panel {
                h2 .panel__title { (link(&seat, &back, scope)) }
                (below(&seat, &back, scope, &names))
            }
        }
    };
    Ok(seat.render(Page::new(t!(seat, "areas-in-view"), body).timeless()))
}

/// The areas of a scope, county by county, under their cities.
fn below(seat: &Seat, back: &str, scope: AreaScope, names: &Names) -> Markup {
    let inside: Vec<AreaScope> = names
        .keys()
        .filter_map(|code| AreaScope::parse(code).ok())
        .filter(|area| scope.covers(*area) && *area != scope)
        .collect();
    // A city's counties stand under it; where the scope is the city, they stand alone.
    let is_county = |area: &AreaScope| area.to_string().len() == 6;
    let groups: Vec<&AreaScope> = inside.iter().filter(|a| !is_county(a)).collect();
    let counties = |group: AreaScope| -> Markup {
        html! {
            ul .area-list {
                @for county in inside.iter().filter(|a| is_county(a) && group.covers(**a)) {
                    li { (link(seat, back, *county)) }
                }
            }
        }
    };
    html! {
        @if groups.is_empty() { (counties(scope)) }
        @for group in groups {
            h3 .area-group { (link(seat, back, *group)) }
            @if group.to_string().len() == 4 { (counties(*group)) }
        }
    }
}

fn link(seat: &Seat, back: &str, scope: AreaScope) -> Markup {
    let current = seat.area_chosen() && seat.scope() == scope;
    html! {
        a href=(with_area(back, scope)) aria-current=[current.then_some("true")] {
            (parts::scope_text(seat, scope))
        }
        @if seat.app().areas().names().contains_key(&scope.to_string()) {
            " " span .muted { (scope.to_string()) }
        }
    }
}

/// A path with its area replaced. What belongs to the old area's rows is dropped with it.
fn with_area(back: &str, scope: AreaScope) -> String {
    let (path, query) = back.split_once('?').unwrap_or((back, ""));
    let mut kept = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if !matches!(name.as_ref(), "area" | "after" | "fragment") {
            kept.append_pair(&name, &value);
        }
    }
    match scope.to_string() {
        all if all.is_empty() => {}
        code => {
            kept.append_pair("area", &code);
        }
    }
    match kept.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_replaced_and_the_rest_kept() {
        let scope = AreaScope::parse("220202").expect("a scope");
        assert_eq!(with_area("/a", scope), "/a?area=220202");
        assert_eq!(with_area("/a?sort=x&area=22&after=9", scope), "/a?sort=x&area=220202");
        assert_eq!(with_area("/a?area=22", AreaScope::ALL), "/a");
    }
}
