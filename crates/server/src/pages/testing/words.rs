//! The desk's words for people: steps, readings, stages, kinds of unit.

use maud::{Markup, html};
use testing::{BOX, RECALL, TUBE};
use types::{AreaCode, Micros, Refusal, RoundId, Span, UnitId, UnitKind};

use crate::i18n::Speaks;
use crate::seat::Seat;
use crate::t;
use crate::ui::parts::{self, Tone};
use crate::ui::table::Cell;

use super::names::pick;

/// A round's name with its number.
pub fn round_name(seat: &Seat, round: &testing::Round) -> String {
    let name = pick(seat.lang(), &round.name_zh, &round.name_en);
    t!(seat, "round-name-number", name = name, number = round.number)
}

/// A round's time window: what its numbers are of.
pub fn window(seat: &Seat, round: &testing::Round) -> String {
    format!("{} – {}", seat.time(round.starts_at), seat.time(round.ends_at))
}

/// What kind of thing a unit is.
pub fn kind(seat: &Seat, kind: UnitKind) -> String {
    match kind {
        TUBE => t!(seat, "kind-tube"),
        BOX => t!(seat, "kind-box"),
        RECALL => t!(seat, "kind-recall"),
        cases::CASE => t!(seat, "kind-case"),
        care::EPISODE => t!(seat, "care-episode"),
        transfers::RIDE => t!(seat, "trip-ride"),
        transfers::TRIP => t!(seat, "trip-trip"),
        tracing_desk::INVESTIGATION => t!(seat, "trace-investigation"),
        tracing_desk::CONTACT => t!(seat, "trace-contact"),
        zones::ZONE => t!(seat, "zone-zone"),
        zones::SWEEP => t!(seat, "sweep-sweep"),
        supply::LOT => t!(seat, "supply-lot"),
        supply::SHIPMENT => t!(seat, "supply-shipment"),
        supply::COMPLAINT => t!(seat, "supply-complaints"),
        supply::ORDER => t!(seat, "supply-order"),
        supply::GROUP => t!(seat, "nav-supply-groups"),
        supply::BATCH => t!(seat, "supply-batch"),
        supply::PASS => t!(seat, "supply-pass"),
        supply::RENEWAL => t!(seat, "supply-renewal"),
        other => other.to_string(),
    }
}

/// The name of a step of a unit.
pub fn step(seat: &Seat, step: &str) -> String {
    named(seat, "step", step)
}

/// Why a unit's story ended.
pub fn closed(seat: &Seat, reason: &str) -> String {
    named(seat, "closed", reason)
}

/// A word of the store by its text `PREFIX-word`; the word itself when there is no text.
pub fn named(seat: &Seat, prefix: &str, word: &str) -> String {
    let key = format!("{prefix}-{}", word.replace('_', "-"));
    seat.lang().find(&key).unwrap_or_else(|| word.to_owned())
}

/// A tube's reading, coloured.
pub fn reading(seat: &Seat, reading: testing::Reading) -> (Tone, String) {
    use testing::Reading as R;
    let tone = match reading {
        R::Positive => Tone::Bad,
        R::Grey | R::SingleTarget | R::Invalid => Tone::Warning,
        R::Negative => Tone::Good,
    };
    (tone, named(seat, "reading", reading.as_str()))
}

/// The route of a unit's page.
fn unit_route(unit: UnitId) -> &'static str {
    match unit.kind() {
        BOX => "/boxes/{unit}",
        RECALL => "/testing/recalls/{unit}",
        cases::CASE => "/cases/{unit}",
        care::EPISODE => "/care/episodes/{episode}",
        transfers::RIDE => "/transfers/rides/{ride}",
        transfers::TRIP => "/transfers/trips/{trip}",
        tracing_desk::INVESTIGATION => "/tracing/investigations/{unit}",
        tracing_desk::CONTACT => "/tracing/contacts/{contact}",
        zones::ZONE => "/zones/{unit}",
        zones::SWEEP => "/zones/sweeps/{unit}",
        supply::LOT => "/supply/donations/{lot}",
        supply::SHIPMENT => "/supply/shipments/{shipment}",
        supply::COMPLAINT => "/supply/households",
        _ => "/tubes/{unit}",
    }
}

/// The page of a unit.
pub fn unit_path(unit: UnitId) -> String {
    let route = unit_route(unit);
    let code = unit.to_string();
    ["{unit}", "{episode}", "{ride}", "{trip}", "{contact}", "{lot}", "{shipment}"]
        .iter()
        .fold(route.to_owned(), |path, part| path.replace(part, &code))
}

/// A link to the page of a unit. Only printed codes are shown whole: the others say nothing to
/// a reader.
pub fn unit_cell(seat: &Seat, unit: UnitId) -> Cell {
    let text = unit.to_string();
    let shown = match unit.kind() {
        RECALL => t!(seat, "kind-recall"),
        cases::CASE
        | care::EPISODE
        | transfers::RIDE
        | transfers::TRIP
        | tracing_desk::INVESTIGATION
        | tracing_desk::CONTACT
        | zones::ZONE
        | zones::SWEEP
        | supply::LOT
        | supply::SHIPMENT
        | supply::COMPLAINT => crate::pages::cases::words::short(unit),
        _ => text.clone(),
    };
    if !may_open_unit(seat, unit) {
        return Cell::markup(html! { code { (shown) } }, text);
    }
    Cell::markup(html! { a href=(seat.link(&unit_path(unit))) { code { (shown) } } }, text)
}

/// Whether the actor may open a unit's page: its kind is of their role, and its county of their
/// areas; a foreign code says nothing of where it is.
pub fn may_open_unit(seat: &Seat, unit: UnitId) -> bool {
    let here = unit.area() == AreaCode::NONE || seat.require(unit.area()).is_ok();
    here && seat.may_open(unit_route(unit))
}

/// A deadline with how long it is past, or still to go.
pub fn clock(seat: &Seat, deadline: Option<Micros>, now: Micros) -> Markup {
    let Some(at) = deadline else { return html! { span .muted aria-hidden="true" { "—" } } };
    let left = at - now;
    html! {
        (seat.time(at)) " "
        @if left < Span(0) { (parts::tag(Tone::Bad, &t!(seat, "late-by", time = seat.span(Span(-left.0))))) }
        @else { span .muted { (t!(seat, "time-left", time = seat.span(left))) } }
    }
}

/// [`clock`] in a table.
pub fn deadline(seat: &Seat, deadline: Option<Micros>, now: Micros) -> Cell {
    let plain = deadline.map(|at| seat.time(at).to_string()).unwrap_or_default();
    Cell::markup(clock(seat, deadline, now), plain)
}

/// How long ago, or since when.
pub fn since(seat: &Seat, at: Micros, now: Micros) -> Markup {
    html! { (seat.time(at)) " " span .muted { (t!(seat, "for-time", time = seat.span(now - at))) } }
}

/// A share in percent with one digit: `97.3 %`.
pub fn percent(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "—".to_owned();
    }
    let tenths = part.max(0) * 1000 / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// Refusals and remarks as a list of sentences.
pub fn remarks(seat: &Seat, remarks: &[Refusal]) -> Markup {
    html! {
        ul {
            @for remark in remarks {
                li {
                    (seat.lang().refusal(remark)) " " (seat.lang().refusal_next(remark))
                    @if let Some(rule) = &remark.rule { " " a href={ "/testing/protocol/" (rule) } { code { (rule) } } }
                }
            }
        }
    }
}

/// A notice that says what has just been done (`?said=KEY` after a form).
pub fn said(seat: &Seat) -> Markup {
    let text = seat.param("said").and_then(|key| seat.lang().find(&format!("said-{key}")));
    html! { @if let Some(text) = text { (parts::notice(Tone::Good, &text, html! {})) } }
}

/// The round of an address, or nothing there.
pub fn parse_round(text: &str) -> Result<RoundId, crate::Fault> {
    RoundId::parse(text).map_err(|_| crate::Fault::not_found(text))
}
