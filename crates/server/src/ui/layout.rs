//! The one layout: skip link, header, navigation by role, the areas in view, the "as of" line.

use maud::{DOCTYPE, Markup, html};
use types::Micros;

use crate::access::Actor;
use crate::i18n::{Lang, Speaks};
use crate::routes::NavItem;
use crate::seat::Seat;
use crate::t;
use crate::ui::parts;

/// What a page says about itself.
#[derive(Debug)]
pub struct Page {
    title: String,
    lead: Option<Markup>,
    as_of: AsOf,
    crumbs: Vec<(String, String)>,
    actions: Option<Markup>,
    scripts: Vec<&'static str>,
    width: Width,
    titled: bool,
    reload: Option<u32>,
    body: Markup,
}

#[derive(Debug)]
enum AsOf {
    Now,
    At(Micros),
    Hidden,
}

/// How wide the text of a page may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Boards and tables: the whole window.
    Wide,
    /// Forms and reading.
    Narrow,
}

impl Page {
    /// A page by title and body.
    pub fn new(title: impl Into<String>, body: Markup) -> Page {
        Page {
            title: title.into(),
            lead: None,
            as_of: AsOf::Now,
            crumbs: Vec::new(),
            actions: None,
            scripts: Vec::new(),
            width: Width::Wide,
            titled: true,
            reload: None,
            body,
        }
    }

    /// A sentence under the title: what the page is for, or its time window.
    #[must_use]
    pub fn lead(mut self, lead: Markup) -> Page {
        self.lead = Some(lead);
        self
    }

    /// When the numbers of the page were true, if not now.
    #[must_use]
    pub fn as_of(mut self, at: Micros) -> Page {
        self.as_of = AsOf::At(at);
        self
    }

    /// No "as of" line: a page without numbers.
    #[must_use]
    pub fn timeless(mut self) -> Page {
        self.as_of = AsOf::Hidden;
        self
    }

    /// A page above this one.
    #[must_use]
    pub fn crumb(mut self, href: impl Into<String>, text: impl Into<String>) -> Page {
        self.crumbs.push((href.into(), text.into()));
        self
    }

    /// Buttons beside the title.
    #[must_use]
    pub fn actions(mut self, actions: Markup) -> Page {
        self.actions = Some(actions);
        self
    }

    /// A script of `web/dist` that this page needs, for example `map.js`.
    #[must_use]
    pub fn script(mut self, name: &'static str) -> Page {
        self.scripts.push(name);
        self
    }

    /// Something is under way: a browser that runs no script loads the page again by itself.
    #[must_use]
    pub fn reload_without_script(mut self, seconds: u32) -> Page {
        self.reload = Some(seconds);
        self
    }

    /// The body has the heading itself.
    #[must_use]
    pub fn untitled(mut self) -> Page {
        self.titled = false;
        self
    }

    /// Text width for forms and reading.
    #[must_use]
    pub fn narrow(mut self) -> Page {
        self.width = Width::Narrow;
        self
    }
}

/// The whole document.
pub fn render(seat: &Seat, page: &Page) -> Markup {
    let assets = crate::assets::table();
    let actor = seat.somebody();
    let looks_back = seat.looking().is_some_and(|looking| looking.shown);
    html! {
        (DOCTYPE)
        html lang=(seat.lang().tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="theme-color" content="#00513f";
                // What htmx does by inline style and eval is not allowed here.
                meta name="htmx-config" content=r#"{"includeIndicatorStyles":false,"allowEval":false}"#;
                @if let Some(seconds) = page.reload {
                    noscript { meta http-equiv="refresh" content=(seconds); }
                }
                title { (page.title) " · " (t!(seat, "product-name")) }
                link rel="icon" href=(assets.url("icon.svg")) type="image/svg+xml";
                link rel="stylesheet" href=(assets.url("styles.css"));
                @for name in std::iter::once("live.js").chain(page.scripts.iter().copied()) {
                    @if let Some(url) = assets.find(name) {
                        script src=(url) type="module" {}
                    }
                }
            }
            // What is over does not change: nothing is listened for.
            body data-past[looks_back] {
                a .skip-link href="#main" { (t!(seat, "skip-to-content")) }
                (header(seat, actor))
                (crate::pages::drill::banner(seat))
                (crate::pages::past::banner(seat))
                div .frame {
                    @if let Some(actor) = actor { (nav(seat, actor)) }
                    main #main .main .main--narrow[page.width == Width::Narrow] tabindex="-1" {
                        @if !page.crumbs.is_empty() {
                            nav .crumbs aria-label=(t!(seat, "breadcrumb")) {
                                ol {
                                    @for (href, text) in &page.crumbs {
                                        li { a href=(href) { (text) } }
                                    }
                                }
                            }
                        }
                        @if page.titled {
                            div .title {
                                h1 { (page.title) }
                                @if let Some(actions) = &page.actions { div .title__actions { (actions) } }
                            }
                        }
                        @if let Some(lead) = &page.lead { p .lead { (lead) } }
                        (as_of(seat, &page.as_of))
                        (page.body)
                    }
                }
                (footer(seat))
            }
        }
    }
}

fn header(seat: &Seat, actor: Option<&Actor>) -> Markup {
    let other = seat.lang().other();
    html! {
        header .top role="banner" {
            a .brand href="/" {
                (parts::logo())
                span .brand__name { (t!(seat, "product-name")) }
            }
            div .top__tools {
                @if actor.is_some() && seat.scope().bounds() != (0, 0) {
                    a .top__area href=(areas_href(seat)) title=(t!(seat, "areas-in-view")) {
                        span .visually-hidden { (t!(seat, "areas-in-view")) ": " }
                        (parts::icon("pin"))
                        span .top__name { (parts::scope_text(seat, seat.scope())) }
                    }
                }
                a .top__link href=(language_href(seat, other)) lang=(other.tag()) hreflang=(other.tag()) {
                    (t!(other, "language-name"))
                }
                @match actor {
                    Some(actor) => {
                        details .menu {
                            summary {
                                (parts::icon("person"))
                                span .visually-hidden { (t!(seat, "nav-account")) ": " }
                                span .top__name { (account_name(seat, actor)) }
                            }
                            div .menu__box {
                                p .menu__who {
                                    strong { (account_name(seat, actor)) }
                                    br;
                                    span .muted { (roles(seat, actor)) }
                                }
                                ul {
                                    @if actor.household.is_none() {
                                        li { a href="/account" { (t!(seat, "nav-account")) } }
                                    }
                                    li {
                                        form method="post" action="/sign-out" {
                                            input type="hidden" name="csrf" value=(seat.csrf());
                                            button .button .button--plain type="submit" { (t!(seat, "sign-out")) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                    None => {
                        @if seat.path() != "/sign-in" {
                            a .top__link href="/sign-in" { (t!(seat, "sign-in")) }
                        }
                    }
                }
            }
        }
    }
}

fn language_href(seat: &Seat, other: Lang) -> String {
    let back = seat.page_again();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("to", other.code())
        .append_pair("back", &back)
        .finish();
    format!("/language?{query}")
}

/// The page to choose other areas, and back. A page of one thing does not take another area.
fn areas_href(seat: &Seat) -> String {
    let stays = !seat.route().writes() && !seat.route().path.contains('{');
    let back = if stays { seat.here(&[]) } else { "/".to_owned() };
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("back", &back).finish();
    let area = if seat.area_chosen() { format!("&area={}", seat.scope()) } else { String::new() };
    format!("/areas?{query}{area}")
}

/// The name that pages show for an account; a household has none of its own.
pub fn account_name(seat: &Seat, actor: &Actor) -> String {
    if actor.household.is_some() { t!(seat, "my-household") } else { actor.name.clone() }
}

fn roles(seat: &Seat, actor: &Actor) -> String {
    let mut names: Vec<String> = Vec::new();
    for grant in &actor.grants {
        let name = seat.text(grant.role.key());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

/// The links for an actor. Those of a drill show where there is one.
pub fn links(seat: &Seat, actor: &Actor) -> Vec<NavItem> {
    let drill = seat.app().config().rehearsal.is_some();
    let items = seat.app().site().nav_for(actor).copied();
    items.filter(|item| drill || !item.path.starts_with(crate::pages::drill::PATH)).collect()
}

fn nav(seat: &Seat, actor: &Actor) -> Markup {
    let items = links(seat, actor);
    let mut groups: Vec<_> = items.iter().map(|item| item.group).collect();
    groups.dedup();
    // The page that lies deepest on the way here: below it nothing else is in the navigation.
    let here = items
        .iter()
        .map(|item| item.path)
        .filter(|path| current(seat.path(), path))
        .max_by_key(|path| path.len());
    html! {
        nav .side aria-label=(t!(seat, "main-navigation")) {
            @for group in groups {
                h2 .side__group { (seat.text(group.key())) }
                ul {
                    @for item in items.iter().filter(|item| item.group == group) {
                        li {
                            a href=(seat.link(item.path))
                              aria-current=[(here == Some(item.path)).then_some("page")] {
                                (seat.text(item.key))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn current(here: &str, path: &str) -> bool {
    here == path
        || (path != "/" && here.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
}

fn as_of(seat: &Seat, as_of: &AsOf) -> Markup {
    let at = match as_of {
        AsOf::Hidden => return html! {},
        AsOf::Now => seat.now(),
        AsOf::At(at) => *at,
    };
    html! {
        p .as-of data-live-status {
            (parts::icon("clock"))
            span { (t!(seat, "as-of")) " " span data-live-time { (seat.time(at)) } " (" (seat.zone_offset(at)) ")" }
            span .as-of__live { " · " (t!(seat, "live-on")) }
            span .as-of__lost role="status" data-live-lost { (t!(seat, "live-lost")) }
            " "
            a .as-of__reload href=(seat.page_again()) { (t!(seat, "reload")) }
            @if crate::past::covers(seat.route()) && !seat.route().writes() && seat.may_open("/past") {
                " · "
                a .as-of__past href=(crate::pages::past::link(seat)) { (t!(seat, "past-link")) }
            }
        }
    }
}

fn footer(seat: &Seat) -> Markup {
    html! {
        footer .foot role="contentinfo" {
            p {
                (t!(seat, "product-name")) " · " (t!(seat, "product-line"))
                " · " (t!(seat, "times-in-zone", zone = seat.app().config().zone.as_str(), offset = seat.zone_offset(seat.now())))
            }
        }
    }
}
