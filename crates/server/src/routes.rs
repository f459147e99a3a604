//! Every route goes through [`Routes`], with its policy, so that a test can walk all of them and
//! no page can be reached that nobody thought about.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use axum::{Router, middleware};

use futures::future::BoxFuture;

use crate::access::{Actor, Grant, Policy, Role, Roles};
use crate::overload::Class;
use crate::rates::Allowance;
use crate::seat::Seat;
use crate::ui::parts::Figure;
use crate::{App, Fault, guard};

/// What is known of a route apart from its handler.
#[derive(Clone, Debug)]
pub struct RouteMeta {
    /// The method.
    pub method: Method,
    /// The path, with `{name}` for parameters. `{area}`, `{place}` and `{unit}` are checked
    /// against the actor's areas before the handler runs.
    pub path: &'static str,
    /// Who may.
    pub policy: Policy,
    /// How urgent it is.
    pub class: Class,
    /// Largest body, in bytes.
    pub body_limit: usize,
    /// Whether the handler passes the body on as it comes: then it takes no room in memory.
    pub streams: bool,
    /// Which allowance a call is taken from; `None` for no limit but that of the class.
    pub allowance: Option<Allowance>,
    /// Longest time to answer in seconds; `None` for the server's default, 0 for no limit.
    pub timeout_seconds: Option<u64>,
    /// Whether it can be reached while the password has to be changed.
    pub while_password_pending: bool,
    /// Whether it answers programs (JSON errors, no redirects, bearer tokens).
    pub api: bool,
}

impl RouteMeta {
    /// `GET /path`, for tables and metrics.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether the body is the form of a page, in which the anti-forgery token is looked for.
    pub fn writes(&self) -> bool {
        !matches!(self.method, Method::GET | Method::HEAD)
    }
}

/// One route on its way into the router.
pub struct Entry {
    meta: RouteMeta,
    handler: MethodRouter<App>,
}

impl Entry {
    /// Served first and shed last: emergency care, signing in.
    pub fn urgent(&mut self) -> &mut Entry {
        self.meta.class = Class::Urgent;
        self
    }

    /// Shed first: imports and exports.
    pub fn bulk(&mut self) -> &mut Entry {
        self.meta.class = Class::Bulk;
        self
    }

    /// Takes bodies of up to this many bytes (64 KiB for pages and 8 MiB for the API otherwise).
    pub fn body_limit(&mut self, bytes: usize) -> &mut Entry {
        self.meta.body_limit = bytes;
        self
    }

    /// Takes a file of up to this many bytes, which the handler passes on as it comes.
    pub fn streams(&mut self, bytes: usize) -> &mut Entry {
        self.meta.body_limit = bytes;
        self.meta.streams = true;
        self
    }

    /// Takes its calls from another allowance.
    pub fn allowance(&mut self, allowance: Option<Allowance>) -> &mut Entry {
        self.meta.allowance = allowance;
        self
    }

    /// May take this long to answer; 0 for no limit (streams, uploads).
    pub fn timeout_seconds(&mut self, seconds: u64) -> &mut Entry {
        self.meta.timeout_seconds = Some(seconds);
        self
    }

    /// Can be reached while the password has to be changed.
    pub fn while_password_pending(&mut self) -> &mut Entry {
        self.meta.while_password_pending = true;
        self
    }
}

/// A group of the navigation, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Overviews.
    Overview,
    /// Mass testing.
    Testing,
    /// Cases.
    Cases,
    /// The care of those who are ill.
    Care,
    /// Investigations and contacts.
    Tracing,
    /// Locked, controlled and precaution areas, and sweeps.
    Zones,
    /// Goods, shops, and what is due to households.
    Supply,
    /// Places and people.
    Registry,
    /// Accounts, status, tools.
    System,
}

impl Group {
    /// The key of its name in the texts.
    pub const fn key(self) -> &'static str {
        match self {
            Group::Overview => "nav-group-overview",
            Group::Testing => "nav-group-testing",
            Group::Cases => "nav-group-cases",
            Group::Care => "nav-group-care",
            Group::Tracing => "nav-group-tracing",
            Group::Zones => "nav-group-zones",
            Group::Supply => "nav-group-supply",
            Group::Registry => "nav-group-registry",
            Group::System => "nav-group-system",
        }
    }
}

/// A link in the navigation and on the home page. It shows to those who may open it.
#[derive(Clone, Copy, Debug)]
pub struct NavItem {
    /// The group.
    pub group: Group,
    /// The path of a registered GET route without parameters.
    pub path: &'static str,
    /// The key of its text; `KEY-hint` says on the home page what it is for.
    pub key: &'static str,
}

/// Tells what waits for an actor under one grant: a few figures for the first page, each with
/// the link to its list.
pub type Waiting = for<'a> fn(&'a Seat, &'a Grant) -> BoxFuture<'a, Result<Vec<Figure>, Fault>>;

/// The collected routes.
#[derive(Default)]
pub struct Routes {
    entries: Vec<Entry>,
    nav: Vec<NavItem>,
    waiting: Vec<(Roles, Waiting)>,
}

const PAGE_BODY: usize = 64 << 10;
const API_BODY: usize = 8 << 20;

impl Routes {
    /// A GET route.
    pub fn get<H, T>(&mut self, path: &'static str, policy: Policy, handler: H) -> &mut Entry
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(Method::GET, path, policy, on(MethodFilter::GET, handler))
    }

    /// A POST route.
    pub fn post<H, T>(&mut self, path: &'static str, policy: Policy, handler: H) -> &mut Entry
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(Method::POST, path, policy, on(MethodFilter::POST, handler))
    }

    /// A DELETE route (API only: forms cannot send it).
    pub fn delete<H, T>(&mut self, path: &'static str, policy: Policy, handler: H) -> &mut Entry
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(Method::DELETE, path, policy, on(MethodFilter::DELETE, handler))
    }

    fn add(
        &mut self,
        method: Method,
        path: &'static str,
        policy: Policy,
        handler: MethodRouter<App>,
    ) -> &mut Entry {
        let api = path.starts_with("/api/");
        let meta = RouteMeta {
            method,
            path,
            policy,
            class: Class::Normal,
            body_limit: if api { API_BODY } else { PAGE_BODY },
            streams: false,
            allowance: Some(if api { Allowance::Api } else { Allowance::Page }),
            timeout_seconds: None,
            while_password_pending: matches!(policy, Policy::Public),
            api,
        };
        self.entries.push(Entry { meta, handler });
        let last = self.entries.len() - 1;
        &mut self.entries[last]
    }

    /// Puts a page into the navigation.
    pub fn nav(&mut self, group: Group, path: &'static str, key: &'static str) {
        self.nav.push(NavItem { group, path, key });
    }

    /// Adds figures to the first page of the given roles: what waits for them, in the areas of
    /// the grant.
    pub fn waiting<const N: usize>(&mut self, roles: [Role; N], tell: Waiting) {
        self.waiting.push((Roles::of(roles), tell));
    }

    /// The table of routes and the navigation, without the handlers.
    pub fn site(&self) -> Site {
        let mut nav = self.nav.clone();
        nav.sort_by_key(|item| item.group);
        let routes: Vec<_> = self.entries.iter().map(|e| Arc::new(e.meta.clone())).collect();
        let mut at: HashMap<&'static str, Vec<Arc<RouteMeta>>> = HashMap::new();
        for route in &routes {
            at.entry(route.path).or_default().push(route.clone());
        }
        Site { routes, at, nav, waiting: self.waiting.clone() }
    }

    /// The router, every handler behind its guard.
    pub fn router(self, app: &App) -> Router {
        let mut router: Router<App> = Router::new();
        for entry in self.entries {
            let limit = entry.meta.body_limit;
            let state = (app.clone(), Arc::new(entry.meta));
            let path = state.1.path;
            let guarded = entry
                .handler
                .route_layer(middleware::from_fn_with_state(state, guard::guard))
                .route_layer(DefaultBodyLimit::max(limit));
            router = router.route(path, guarded);
        }
        router.fallback(guard::nothing_here).with_state(app.clone())
    }
}

/// The routes and the navigation.
#[derive(Clone, Debug)]
pub struct Site {
    routes: Vec<Arc<RouteMeta>>,
    // The same by path: every link of every page is looked up here.
    at: HashMap<&'static str, Vec<Arc<RouteMeta>>>,
    nav: Vec<NavItem>,
    waiting: Vec<(Roles, Waiting)>,
}

impl Site {
    /// Every route.
    pub fn routes(&self) -> &[Arc<RouteMeta>] {
        &self.routes
    }

    /// Every link of the navigation, in order.
    pub fn all_nav(&self) -> &[NavItem] {
        &self.nav
    }

    /// The links that an actor may open.
    pub fn nav_for<'a>(&'a self, actor: &'a Actor) -> impl Iterator<Item = &'a NavItem> {
        self.nav.iter().filter(move |item| self.may_open(actor, item.path))
    }

    /// Whether a route's path is that of a page.
    pub fn is_page(&self, path: &str) -> bool {
        self.route(&Method::GET, path).is_some()
    }

    /// The route of a method and path template, if there is one.
    pub fn route(&self, method: &Method, path: &str) -> Option<&Arc<RouteMeta>> {
        self.at.get(path)?.iter().find(|r| r.method == *method)
    }

    /// Whether an actor has a role that may open a page, given as its route's path. The areas are
    /// another question.
    pub fn may_open(&self, actor: &Actor, path: &str) -> bool {
        self.route(&Method::GET, path).is_some_and(|r| match r.policy {
            Policy::Public | Policy::SignedIn => true,
            Policy::Roles(roles) | Policy::LocalOr(roles) => actor.has_any(roles),
        })
    }

    /// Who tells what waits for a role.
    pub fn waiting_for(&self, role: Role) -> impl Iterator<Item = Waiting> {
        self.waiting.iter().filter(move |(roles, _)| roles.has(role)).map(|(_, tell)| *tell)
    }

    /// The roles that may open a route, for tables.
    pub fn roles_of(route: &RouteMeta) -> Vec<Role> {
        route.policy.roles().iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_told_to_its_roles_only() {
        let mut routes = Routes::default();
        routes.waiting([Role::Courier, Role::District], |_, _| Box::pin(async { Ok(Vec::new()) }));
        let site = routes.site();
        let told = |role| site.waiting_for(role).count();
        assert_eq!((told(Role::Courier), told(Role::District), told(Role::Admin)), (1, 1, 0));
    }
}
