//! The desk's words for people.

use std::collections::HashMap;

use maud::{Markup, html};
use registry::place::compound_of;
use store::{Connection, Value};
use supply::{Good, Household, Measure, Mode, ShipState, Shipment, Site, views};
use types::{AreaCode, HolderCode, HouseholdId, Micros, PlaceCode, Refusal, UnitId};

use crate::access::Role;
use crate::field::persons::door_label;
use crate::i18n::{Lang, Speaks, number};
use crate::pages::cases::words::named;
use crate::pages::testing::names::Names;
use crate::seat::Seat;
use crate::ui::parts::{self, Tone};
use crate::ui::table::Cell;
use crate::{Fault, t};

/// What a lot, a shipment or a complaint is called on a page.
pub fn short(unit: UnitId) -> String {
    crate::pages::cases::words::short(unit)
}

/// The page of a place.
pub fn site_path(code: &HolderCode) -> String {
    format!("/supply/sites/{code}")
}

/// The page of a shipment.
pub fn shipment_path(id: UnitId) -> String {
    format!("/supply/shipments/{id}")
}

/// The page of a household's supplies.
pub fn household_path(area: AreaCode, id: HouseholdId) -> String {
    format!("/supply/households/{area}/{id}")
}

/// A household by where it is: a link for those who look after it. Its needs and medicines are nobody else's.
pub fn household(seat: &Seat, area: AreaCode, id: HouseholdId, place: &str) -> Markup {
    html! {
        @if seat.may_open("/supply/households/{area}/{household}") {
            a href=(household_path(area, id)) { (place) }
        } @else { (place) }
    }
}

/// A place by name: a link, but for those who work at another one.
pub fn site(seat: &Seat, code: &HolderCode, name: &str) -> Markup {
    let elsewhere = super::site::own_code(seat).is_ok_and(|own| own != *code);
    html! {
        @if elsewhere { (name) } @else { a href=(site_path(code)) { (name) } }
    }
}

/// A good by name.
pub fn good(seat: &Seat, good: Good) -> String {
    named(seat, "supply-good", good.as_str())
}

/// A place by name.
pub fn site_name(seat: &Seat, site: &Site) -> String {
    match seat.lang() {
        Lang::En if !site.name_en.is_empty() => site.name_en.clone(),
        _ => site.name_zh.clone(),
    }
}

/// Kilograms of whole grams, without zeros at the end: `12.5`.
fn kilograms(grams: i64) -> String {
    let (whole, rest) = (grams / 1_000, (grams % 1_000).abs());
    let sign = if grams < 0 && whole == 0 { "−" } else { "" };
    let rest = format!("{rest:03}");
    match rest.trim_end_matches('0') {
        "" => format!("{sign}{}", number(whole)),
        rest => format!("{sign}{}.{rest}", number(whole)),
    }
}

/// An amount with its measure: `12.5 kg`, `3 boxes`.
pub fn amount(seat: &Seat, of: Good, n: i64) -> String {
    match of.measure() {
        Measure::Grams => t!(seat, "supply-kg", n = kilograms(n)),
        Measure::Pieces => t!(seat, "supply-boxes", n = n, shown = number(n)),
    }
}

/// An amount as typed: kilograms with up to three decimals, or whole pieces. Exact, since a gram is whole.
pub fn read_amount(of: Good, text: &str) -> Option<i64> {
    let text = text.trim().replace(',', "");
    if of.measure() == Measure::Pieces {
        return text.parse().ok().filter(|n| *n >= 0);
    }
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    if rest.len() > 3 || !rest.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let whole: i64 = whole.parse().ok().filter(|n| (0..=10_000_000_000).contains(n))?;
    let grams: i64 = format!("{rest:0<3}").parse().ok()?;
    Some(whole * 1_000 + grams)
}

/// An amount as a form takes it.
pub fn amount_value(of: Good, n: i64) -> String {
    match of.measure() {
        Measure::Grams => kilograms(n).replace(',', ""),
        Measure::Pieces => n.to_string(),
    }
}

/// What is wrong with an amount that was typed.
pub fn no_amount(field: &'static str, text: &str) -> Refusal {
    Refusal::new("malformed-field").with("field", field).with("text", text).with("wanted", "12.5")
}

/// Fen as yuan.
pub fn yuan(fen: i64) -> String {
    format!("¥{}.{:02}", number(fen / 100), fen % 100)
}

/// How a household is supplied, as a tag.
pub fn mode(seat: &Seat, mode: Mode) -> Markup {
    let tone = match mode {
        Mode::Door => Tone::Bad,
        Mode::Called => Tone::Warning,
        Mode::Free => Tone::Good,
    };
    parts::tag(tone, &named(seat, "supply-mode", mode.as_str()))
}

/// Where a shipment stands, as a tag.
pub fn state(seat: &Seat, shipment: &Shipment) -> Markup {
    let tone = match shipment.state {
        ShipState::Sent if shipment.due < seat.now() => Tone::Bad,
        ShipState::Sent => Tone::Info,
        ShipState::Arrived => Tone::Good,
        ShipState::Differs => Tone::Warning,
        ShipState::Explained => Tone::Plain,
    };
    parts::tag(tone, &named(seat, "supply-ship", shipment.state.as_str()))
}

/// A deadline in a table, marked when it is past.
pub fn due_cell(seat: &Seat, at: Option<Micros>) -> Cell {
    match at {
        Some(at) if at < seat.now() => {
            Cell::tag(Tone::Bad, t!(seat, "late-by", time = seat.span(seat.now() - at)))
        }
        Some(at) => Cell::time(seat.time(at)),
        None => Cell::none(),
    }
}

/// Days of cover as a tag; nothing where nobody eats of it.
pub fn days(seat: &Seat, days: Option<f64>) -> Cell {
    let Some(days) = days else { return Cell::none() };
    let tone = match days {
        d if d < 1.0 => Tone::Bad,
        d if d < supply::ALARM_DAYS => Tone::Warning,
        _ => Tone::Good,
    };
    Cell::tag(tone, t!(seat, "supply-days", n = format!("{days:.1}")))
}

/// What was refused, and what to do next.
pub fn told(seat: &Seat, refusal: &Refusal) -> Markup {
    parts::notice(
        Tone::Bad,
        &seat.lang().refusal(refusal),
        html! { p { (seat.lang().refusal_next(refusal)) } },
    )
}

/// The names of places, by code; a code where there is none.
pub async fn site_names(
    seat: &Seat,
    db: &mut Connection,
    codes: impl IntoIterator<Item = &HolderCode>,
) -> Result<HashMap<HolderCode, String>, Fault> {
    let mut codes: Vec<HolderCode> = codes.into_iter().cloned().collect();
    codes.sort_unstable();
    codes.dedup();
    let mut names: HashMap<HolderCode, String> =
        codes.iter().map(|code| (code.clone(), code.to_string())).collect();
    for site in views::sites_by_code(db, &codes).await? {
        names.insert(site.code.clone(), site_name(seat, &site));
    }
    Ok(names)
}

/// The place of an address, for those who may see it.
pub async fn read_site(seat: &Seat, text: &str) -> Result<Site, Fault> {
    let code = HolderCode::parse(text)?;
    let mut db = seat.db().await?;
    let found = views::site(&mut db, &code).await?;
    let grant = seat.grant()?;
    if grant.role == Role::Shop
        && let Some(own) = &grant.holder
        && *own != code
    {
        return Err(Refusal::new("not-your-holder").with("holder", own).into());
    }
    let site = found.ok_or_else(|| Fault::not_found(&code))?;
    seat.require(site.area)?;
    Ok(site)
}

/// The shipment of an address, for those who may see it.
pub async fn read_shipment(seat: &Seat, text: &str) -> Result<Shipment, Fault> {
    let id = unit(text, supply::SHIPMENT)?;
    let mut db = seat.db().await?;
    let Some(found) = views::shipment(&mut db, id).await? else {
        seat.require(id.area())?;
        return Err(Fault::not_found(id));
    };
    let grant = seat.grant()?;
    if grant.role == Role::Shop
        && let Some(own) = &grant.holder
        && *own != found.to
        && *own != found.from
    {
        return Err(Refusal::new("not-your-holder").with("holder", own).into());
    }
    if seat.require(found.to_area).is_err() {
        seat.require(id.area())?;
    }
    Ok(found)
}

/// A unit of an address, of a kind.
pub fn unit(text: &str, kind: types::UnitKind) -> Result<UnitId, Fault> {
    let id = UnitId::parse(text)?;
    if id.kind() != kind {
        return Err(Refusal::new("wrong-kind-of-code")
            .with("code", id)
            .with("wanted", kind)
            .into());
    }
    Ok(id)
}

/// For how many days photos of receipts are kept.
pub fn photo_days() -> i64 {
    supply::PHOTO_KEPT.0 / types::Span::days(1).0
}

/// What was said of an order or a household, as it is; of a photo's hash, that it is one.
pub fn as_said(seat: &Seat, text: &str) -> String {
    let hash = text.strip_prefix("photo ").filter(|hash| supply::PhotoHash::parse(hash).is_ok());
    match hash {
        Some(hash) => t!(seat, "supply-photo-said", hash = &hash[..8]),
        None => text.to_owned(),
    }
}

/// Whether the doors of households are shown: to those who go there.
pub fn sees_doors(seat: &Seat) -> bool {
    seat.grant().is_ok_and(|grant| matches!(grant.role, Role::District | Role::Grid))
}

/// The doors of households, by the registry.
pub async fn doors(
    db: &mut Connection,
    households: &[Household],
) -> Result<HashMap<HouseholdId, String>, Fault> {
    let keys: Vec<Value> = households.iter().flat_map(|h| [h.area.into(), h.id.into()]).collect();
    let mut found = HashMap::with_capacity(households.len());
    for row in db.lookup(&registry::tables::HOUSEHOLD_BY_ID, &keys).await? {
        found.insert(HouseholdId::from_bytes(row.id(1)?), row.text(4)?.to_owned());
    }
    Ok(found)
}

/// Where households are, as people say it: the compound by name, then building and entrance, and the door
/// for those who go there.
#[derive(Debug, Default)]
pub struct Homes {
    names: Names,
    doors: HashMap<HouseholdId, String>,
}

impl Homes {
    /// Of households, with their doors.
    pub async fn with_doors(db: &mut Connection, households: &[Household]) -> Result<Homes, Fault> {
        let homes =
            Homes::of_places(db, &households.iter().map(|h| &h.place).collect::<Vec<_>>()).await?;
        Ok(Homes { doors: doors(db, households).await?, ..homes })
    }

    /// Of households, with their doors if [`sees_doors`].
    pub async fn of(
        seat: &Seat,
        db: &mut Connection,
        households: &[Household],
    ) -> Result<Homes, Fault> {
        match sees_doors(seat) {
            true => Homes::with_doors(db, households).await,
            false => {
                Homes::of_places(db, &households.iter().map(|h| &h.place).collect::<Vec<_>>()).await
            }
        }
    }

    /// Of places, without doors.
    pub async fn of_places(db: &mut Connection, places: &[&PlaceCode]) -> Result<Homes, Fault> {
        let compounds: Vec<PlaceCode> = places.iter().map(|place| compound_of(place)).collect();
        Ok(Homes { names: Names::of_places(db, compounds).await?, doors: HashMap::new() })
    }

    /// Where somebody is.
    pub fn of_household(&self, seat: &Seat, place: &PlaceCode, id: HouseholdId) -> String {
        self.said(seat, place, self.doors.get(&id).map_or("", String::as_str))
    }

    /// A compound, or a building or entrance of it.
    pub fn place(&self, seat: &Seat, place: &PlaceCode) -> String {
        self.said(seat, place, "")
    }

    /// With a door that the page knows.
    pub fn said(&self, seat: &Seat, place: &PlaceCode, door: &str) -> String {
        let compound = compound_of(place);
        let name = self.names.place(seat, &compound);
        match door_label(&compound, place, door) {
            label if label.is_empty() => name,
            label => format!("{name} {label}"),
        }
    }
}

/// What a household needs that others do not, as tags.
pub fn needs(seat: &Seat, of: &Household) -> Markup {
    html! {
        @for need in &of.needs { (parts::tag(Tone::Info, &named(seat, "supply-need", need.as_str()))) " " }
        @if of.complaints > 0 { (parts::tag(Tone::Bad, &t!(seat, "supply-complaints-n", n = of.complaints))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_to_the_gram() {
        assert_eq!(read_amount(Good::Oil, "12.5"), Some(12_500));
        assert_eq!(read_amount(Good::Oil, "1,000"), Some(1_000_000));
        assert_eq!(read_amount(Good::Oil, "0.001"), Some(1));
        assert_eq!(read_amount(Good::Oil, "0.0001"), None);
        assert_eq!(read_amount(Good::Oil, "-1"), None);
        assert_eq!(read_amount(Good::Oil, "kg"), None);
        assert_eq!(read_amount(Good::Medicine, "3"), Some(3));
        assert_eq!(read_amount(Good::Medicine, "3.5"), None);
        assert_eq!(kilograms(12_500), "12.5");
        assert_eq!(kilograms(-500), "−0.5");
        assert_eq!(kilograms(2_000_000), "2,000");
    }
}
