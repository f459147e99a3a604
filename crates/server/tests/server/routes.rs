//! Every route × every role × inside and outside the area. A route that is added changes the
//! snapshot; a route with a new kind of parameter needs a sample here; and what the table says
//! is asked of the running router.

use axum::http::{Method, StatusCode};
use server::access::{Policy, Role};
use server::pages;
use server::routes::{RouteMeta, Site};
use types::{AreaCode, HouseholdId, UnitId, UnitKind};

use crate::bed::{Bed, Reply, grant};

const HOME: &str = "220202";
const AWAY: &str = "220102";
const AWAY_REFUSAL: &str = "not-your-area";

fn site() -> Site {
    pages::all().site()
}

fn line(route: &RouteMeta) -> String {
    let who = match route.policy {
        Policy::Public => "public".to_owned(),
        Policy::SignedIn => "signed in".to_owned(),
        Policy::Roles(roles) => words(roles.iter()),
        Policy::LocalOr(roles) => format!("this machine, {}", words(roles.iter())),
    };
    let also = route.while_password_pending && !matches!(route.policy, Policy::Public);
    let pending = if also { ", also with a first password" } else { "" };
    format!("{:<45} {:<7} {who}{pending}", route.name(), route.class.as_str())
}

fn words(roles: impl Iterator<Item = Role>) -> String {
    roles.map(Role::as_str).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_table_of_routes_is_as_agreed() {
    let mut lines: Vec<String> = site().routes().iter().map(|r| line(r)).collect();
    lines.sort();
    insta::assert_snapshot!("routes", lines.join("\n"));
}

/// The path with a sample for each parameter; of areas, the given one.
fn path(route: &RouteMeta, area: &str) -> String {
    let code = AreaCode::parse(area).expect("six digits");
    let mut path = String::new();
    let mut names_area = false;
    for part in route.path.split_inclusive('/') {
        let Some(name) = part.trim_end_matches('/').strip_prefix('{') else {
            path.push_str(part);
            continue;
        };
        let name = name.trim_end_matches('}');
        let sample = match name {
            "area" => area.to_owned(),
            "place" => format!("{area}001001"),
            "unit" | "other" => UnitId::printed(UnitKind::new('T'), code, 7).to_string(),
            "round" | "household" | "person" => HouseholdId::from_bytes([7; 16]).to_string(),
            "episode" => UnitId::printed(care::EPISODE, code, 7).to_string(),
            "ride" => UnitId::printed(transfers::RIDE, code, 7).to_string(),
            "trip" => UnitId::printed(transfers::TRIP, code, 7).to_string(),
            "shipment" => UnitId::printed(supply::SHIPMENT, code, 7).to_string(),
            "order" => UnitId::printed(supply::ORDER, code, 7).to_string(),
            "group" => UnitId::printed(supply::GROUP, code, 7).to_string(),
            "batch" => UnitId::printed(supply::BATCH, code, 7).to_string(),
            "pass" => UnitId::printed(supply::PASS, code, 7).to_string(),
            "lot" => UnitId::printed(supply::LOT, code, 7).to_string(),
            "contact" => UnitId::printed(tracing_desk::CONTACT, code, 7).to_string(),
            "ward" => "W1".to_owned(),
            "holder" => "site:none".to_owned(),
            "kind" => "places".to_owned(),
            "import" => uuid::Uuid::from_bytes([7; 16]).to_string(),
            "login" => "nobody".to_owned(),
            "list" | "form" => "none".to_owned(),
            "rule" => "test.window".to_owned(),
            "number" => "220202-1".to_owned(),
            "message" | "command" | "bulletin" | "decision" | "certificate" => {
                HouseholdId::from_bytes([7; 16]).to_string()
            }
            "n" => "1".to_owned(),
            "token" => "A".repeat(44),
            "*name" => "styles.css".to_owned(),
            other => panic!("{}: no sample for {{{other}}}; add one here", route.path),
        };
        names_area |= matches!(name, "area" | "place" | "unit");
        path.push_str(&sample);
        if part.ends_with('/') {
            path.push('/');
        }
    }
    if names_area { path } else { format!("{path}?area={area}") }
}

async fn ask(bed: &Bed, route: &RouteMeta, area: &str, token: Option<&str>) -> Reply {
    let call = bed.call(route.method.clone(), &path(route, area));
    match token {
        // A token that does not fit is refused after the policy: 403 with another code.
        Some(token) if route.writes() && !route.api => call.signed_form(token, &[]).send().await,
        Some(token) if route.api => call.bearer(token).send().await,
        Some(token) => call.cookie(token).send().await,
        None => call.send().await,
    }
}

/// The code of the refusal, from page or JSON.
fn refusal(reply: &Reply) -> String {
    let text = reply.text();
    if text.starts_with('{') {
        return reply.json()["error"]["code"].as_str().unwrap_or_default().to_owned();
    }
    let code = text.split("<code>").nth(1).and_then(|rest| rest.split("</code>").next());
    code.unwrap_or_default().to_owned()
}

fn is_admitted(reply: &Reply) -> bool {
    let by_policy = ["not-allowed", "not-your-area", "sign-in-needed"];
    let to_sign_in =
        reply.status == StatusCode::SEE_OTHER && reply.location().starts_with("/sign-in?next=");
    !to_sign_in
        && reply.status != StatusCode::UNAUTHORIZED
        && !by_policy.contains(&refusal(reply).as_str())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_role_gets_what_the_table_says_and_nothing_else() {
    let bed = Bed::with(|config| {
        config.limits.page_rate.burst = 1e6;
        config.limits.api_rate.burst = 1e6;
    })
    .await;
    for role in Role::ALL {
        bed.account(&format!("{role}"), vec![grant(role, HOME)]).await;
    }
    let mut wrong = Vec::new();
    for route in site().routes() {
        for role in Role::ALL {
            // A fresh session each time: signing out ends it.
            let token = bed.session(role.as_str()).await;
            for (area, inside) in [(HOME, true), (AWAY, false)] {
                let reply = ask(&bed, route, area, Some(&token)).await;
                let admitted = is_admitted(&reply);
                let wanted = match route.policy {
                    // Routes for everyone show nothing of an area, but refuse to name one
                    // that is not the actor's.
                    Policy::Public | Policy::SignedIn => inside || refusal(&reply) != AWAY_REFUSAL,
                    Policy::Roles(roles) | Policy::LocalOr(roles) => roles.has(role) && inside,
                };
                if admitted != wanted {
                    wrong.push(format!(
                        "{} as {role} for {area}: {} {} {}",
                        route.name(),
                        reply.status,
                        refusal(&reply),
                        reply.location()
                    ));
                }
                if reply.status.is_server_error() {
                    wrong.push(format!("{} as {role}: {}", route.name(), reply.status));
                }
                // The session may be gone now.
                if route.path.contains("sign-out") || route.method == Method::DELETE {
                    break;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_gets_the_public_routes_only() {
    let bed = Bed::with(|config| config.limits.page_rate.burst = 1e6).await;
    for route in site().routes() {
        let reply = ask(&bed, route, HOME, None).await;
        let public = matches!(route.policy, Policy::Public);
        assert_eq!(is_admitted(&reply), public, "{}: {}", route.name(), reply.status);
        if !public && route.api {
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{}", route.name());
            assert_eq!(refusal(&reply), "sign-in-needed");
        } else if !public {
            assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", route.name());
        }
    }
}

#[test]
fn the_navigation_leads_to_routes_and_has_its_texts() {
    let site = site();
    for item in site.all_nav() {
        let found = site.routes().iter().any(|r| r.path == item.path && r.method == Method::GET);
        assert!(found, "{} is in the navigation but has no route", item.path);
        for lang in server::i18n::Lang::ALL {
            assert!(lang.find(item.key).is_some(), "{}: no text", item.key);
            let hint = format!("{}-hint", item.key);
            assert!(item.path == "/" || lang.find(&hint).is_some(), "{hint}: no text");
        }
    }
}

#[test]
fn no_route_stands_twice() {
    let mut names: Vec<String> = site().routes().iter().map(|r| r.name()).collect();
    names.sort();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}
