//! Small parts: icons, tags, tabs, panels, progress.

use std::fmt::Write;

use fast_qr::{ECL, QRBuilder};
use maud::{Markup, PreEscaped, html};
use types::AreaScope;

use crate::i18n::{Speaks, number};
use crate::seat::Seat;
use crate::t;

/// The sign of the program: a river's bend with a drop.
pub fn logo() -> Markup {
    html! {
        svg .logo viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false" {
            rect width="32" height="32" rx="7" fill="currentColor" opacity=".14" {}
            path d="M5 22c4.5 0 4.5-4 9-4s4.5 4 9 4c1.8 0 3-.6 4-1.3" fill="none"
                 stroke="currentColor" stroke-width="2.4" stroke-linecap="round" {}
            path d="M16 4.5c2.6 3.2 4.4 5.5 4.4 7.7a4.4 4.4 0 0 1-8.8 0C11.6 10 13.4 7.7 16 4.5z"
                 fill="currentColor" {}
        }
    }
}

/// A small icon; decoration only, so it needs a text beside it.
pub fn icon(name: &str) -> Markup {
    let path = match name {
        "clock" => "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 4v4.3l2.8 1.7",
        "pin" => {
            "M8 14.5s4.8-4.6 4.8-8.2a4.8 4.8 0 0 0-9.6 0c0 3.6 4.8 8.2 4.8 8.2zM8 4.7a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4z"
        }
        "person" => {
            "M8 2a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM2.5 14.2c.6-3 2.8-4.4 5.5-4.4s4.9 1.4 5.5 4.4"
        }
        "download" => "M8 2v8.2M4.7 7.2 8 10.5l3.3-3.3M2.5 13.5h11",
        "warning" => "M8 2 1.5 13.5h13zM8 6.3v3.4M8 11.6v.2",
        "info" => "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 7.2v4M8 4.8v.2",
        "check" => "M2.5 8.5l3.6 3.7 7.4-8",
        "search" => "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3l3.6 3.6",
        "arrow" => "M3 8h10M9 4l4 4-4 4",
        _ => "",
    };
    html! {
        svg .icon viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false"
            fill="none" stroke="currentColor" stroke-width="1.6"
            stroke-linecap="round" stroke-linejoin="round" {
            path d=(path) {}
        }
    }
}

/// How a thing stands. Colour never speaks alone: the tag has its word, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// No judgement.
    Plain,
    /// Information, in work.
    Info,
    /// Done, in order.
    Good,
    /// Needs a look.
    Warning,
    /// Late, lost, wrong.
    Bad,
}

impl Tone {
    /// The word in class names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Tone::Plain => "plain",
            Tone::Info => "info",
            Tone::Good => "good",
            Tone::Warning => "warning",
            Tone::Bad => "bad",
        }
    }
}

/// A word in a coloured box.
pub fn tag(tone: Tone, text: &str) -> Markup {
    html! { span class={ "tag tag--" (tone.as_str()) } { (text) } }
}

/// A number on a tab or a link.
pub fn badge(tone: Tone, n: i64) -> Markup {
    html! { span class={ "badge badge--" (tone.as_str()) } { (number(n)) } }
}

/// A box with a message.
pub fn notice(tone: Tone, title: &str, body: Markup) -> Markup {
    let icon_name = match tone {
        Tone::Good => "check",
        Tone::Plain | Tone::Info => "info",
        Tone::Warning | Tone::Bad => "warning",
    };
    let role = if matches!(tone, Tone::Bad | Tone::Warning) { "alert" } else { "status" };
    html! {
        div class={ "notice notice--" (tone.as_str()) } role=(role) {
            (icon(icon_name))
            div {
                p .notice__title { (title) }
                div .notice__body { (body) }
            }
        }
    }
}

/// A section with a heading.
pub fn panel(title: &str, body: Markup) -> Markup {
    html! {
        section .panel {
            h2 .panel__title { (title) }
            (body)
        }
    }
}

/// A few key figures in a row; each opens into its list.
#[derive(Debug)]
pub struct Figure {
    /// What is counted.
    pub label: String,
    /// The number as text.
    pub value: String,
    /// The rows behind it.
    pub href: Option<String>,
    /// More about it: of how many, since when.
    pub detail: Option<String>,
    /// How it stands.
    pub tone: Tone,
}

/// A row of key figures.
pub fn figures(items: &[Figure]) -> Markup {
    html! {
        ul .figures {
            @for item in items {
                li class={ "figure figure--" (item.tone.as_str()) } {
                    p .figure__label { (item.label) }
                    p .figure__value {
                        @match &item.href {
                            Some(href) => a href=(href) { (item.value) },
                            None => (item.value),
                        }
                    }
                    @if let Some(detail) = &item.detail { p .figure__detail { (detail) } }
                }
            }
        }
    }
}

/// One tab: a page of its own, reached by a link.
#[derive(Debug)]
pub struct Tab {
    /// Its page.
    pub href: String,
    /// Its name.
    pub text: String,
    /// How many things wait there.
    pub count: Option<i64>,
    /// Whether it is the one shown.
    pub current: bool,
}

/// Tabs of stages, as links (they work without script and can be shared).
pub fn tabs(label: &str, tabs: &[Tab]) -> Markup {
    html! {
        nav .tabs aria-label=(label) {
            ul {
                @for tab in tabs {
                    li {
                        a href=(tab.href) aria-current=[tab.current.then_some("page")] {
                            (tab.text)
                            @if let Some(n) = tab.count { " " (badge(Tone::Plain, n)) }
                        }
                    }
                }
            }
        }
    }
}

/// How much of something is done: a bar with its words.
pub fn progress(seat: &Seat, label: &str, done: i64, total: i64) -> Markup {
    let share = if total > 0 { done.clamp(0, total) as f64 / total as f64 } else { 0.0 };
    let percent = (share * 1000.0).floor() / 10.0;
    let text = t!(
        seat,
        "progress-of",
        done = number(done),
        total = number(total),
        percent = format!("{percent:.1}")
    );
    html! {
        div .progress {
            span .progress__label { (label) }
            progress max=(total.max(1)) value=(done.clamp(0, total.max(1))) aria-label=(label) { (text) }
            span .progress__text { (text) }
        }
    }
}

/// A list of names and values.
pub fn facts(rows: &[(String, Markup)]) -> Markup {
    html! {
        dl .facts {
            @for (name, value) in rows {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

/// A link that looks like a button.
pub fn button_link(href: &str, text: &str, primary: bool) -> Markup {
    html! { a .button .button--secondary[!primary] href=(href) { (text) } }
}

/// What shows while a part of a page is replaced by live updates. `topics` are those of the
/// event hub (for example `testing:220202`), `src` gives the part's HTML.
pub fn live(id: &str, topics: &[String], src: &str, body: Markup) -> Markup {
    html! {
        div #(id) data-live=(topics.join(" ")) data-src=(src) { (body) }
    }
}

/// A scope of areas in words: its name (its digits when the registry has none), or "all areas".
pub fn scope_text(seat: &Seat, scope: AreaScope) -> String {
    if scope == AreaScope::ALL {
        return t!(seat, "all-areas");
    }
    seat.app().areas().name(scope, seat.lang())
}

/// A QR code as SVG, dark on light whatever the colour scheme (readers need it so).
pub fn qr(text: &str, label: &str) -> Markup {
    let code = QRBuilder::new(text.as_bytes()).ecl(ECL::M).build();
    let Ok(code) = code else { return html! {} };
    let width = code.size;
    // One stroke for each run of dark modules: a sheet of a hundred households has 400 codes.
    let mut path = String::new();
    for y in 0..width {
        let row = &code[y];
        let mut x = 0;
        while x < width {
            let dark = row[x..].iter().take_while(|module| module.value()).count();
            if dark > 0 {
                let _ = write!(path, "M{} {}.5h{dark}", x + 4, y + 4);
            }
            x += dark.max(1);
        }
    }
    let size = width + 8;
    html! {
        svg .qr viewBox={ "0 0 " (size) " " (size) } role="img" aria-label=(label) shape-rendering="crispEdges" {
            rect width=(size) height=(size) fill="#fff" {}
            path d=(PreEscaped(path)) stroke="#000" {}
        }
    }
}
