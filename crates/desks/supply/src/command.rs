//! What can be asked of the supply desk.

use registry::identity::Day;
use registry::seal::Keys;
use serde::{Deserialize, Serialize};
use types::{AreaCode, HolderCode, HouseholdId, Micros, PersonId, PlaceCode, Refusal, UnitId};

use crate::delivery::DeliveryCommand;
use crate::orders::OrderCommand;
use crate::words::{About, Good, LossWhy, Mode, Need, Origin, SiteKind};

/// A command, externally tagged in JSON: `{"take_in": {…}}`.
///
/// What is asked of a place's stock is sent under the county of the place, a receipt under that of the place
/// that receives, what is asked of a household under its county.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Enters a market, a sorting centre, a shop or a gate, or changes what is said of it.
    PutSite(PutSite),
    /// Closes a place; the households of a shop go to others.
    CloseSite {
        /// Which.
        site: HolderCode,
        /// Whether because of an infection there.
        infection: bool,
        /// Why.
        reason: String,
    },
    /// Opens a closed place again.
    ReopenSite {
        /// Which.
        site: HolderCode,
        /// Why: disinfected, tested.
        reason: String,
    },
    /// Says who works at a place: when one of them is found positive, it closes.
    PutStaff {
        /// Where.
        site: HolderCode,
        /// Somebody registered in the county.
        person: PersonId,
        /// Whether they work there.
        works: bool,
    },
    /// A lot came in from outside: bought, donated, sent.
    TakeIn(TakeIn),
    /// Goods leave for another place.
    Send(Send),
    /// Goods are received: as much of each as was counted.
    Receive {
        /// The shipment.
        shipment: UnitId,
        /// What was counted, lot by lot; of a lot that is not named, nothing.
        lines: Vec<Line>,
        /// Anything to say.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// What a shipment lacked is explained.
    Explain {
        /// The shipment.
        shipment: UnitId,
        /// What became of it.
        note: String,
    },
    /// Goods are good for nothing any more.
    Spoil {
        /// Where they lie.
        site: HolderCode,
        /// The lot.
        lot: UnitId,
        /// How much.
        amount: i64,
        /// Why.
        why: LossWhy,
        /// Anything to say.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A lot was counted.
    Count {
        /// Where.
        site: HolderCode,
        /// The lot.
        lot: UnitId,
        /// How much there is.
        found: i64,
        /// Needed where it is not what the books say.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A donation is shared among communities; each share goes to the shop that serves the community.
    Allot(Allot),
    /// Says which shop serves a community, for how many households.
    AssignShop {
        /// The community.
        community: PlaceCode,
        /// The shop.
        shop: HolderCode,
        /// How many households; 0 when it serves it no more.
        households: i64,
    },
    /// Says what a shop has today, and for how much.
    PutPrices {
        /// The shop.
        shop: HolderCode,
        /// What it has; what is not named is off.
        items: Vec<Item>,
    },
    /// The highest price of a good in the county.
    SetLimit {
        /// The good.
        good: Good,
        /// In fen for 500 g, or for a piece.
        fen: i64,
        /// On whose authority.
        reason: String,
    },
    /// How the households of a compound, a building or an entrance come by their supplies from now on.
    SetMode(SetMode),
    /// What a household needs that others do not.
    PutNeeds {
        /// The household.
        household: HouseholdId,
        /// All that it needs.
        needs: Vec<Need>,
        /// Anything that whoever brings it has to know.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A medicine that somebody of a household takes every day.
    PutMedicine(PutMedicine),
    /// A medicine was brought.
    BringMedicine {
        /// The household.
        household: HouseholdId,
        /// The medicine, by its name.
        name: String,
        /// The day of the last dose now.
        last_dose: Micros,
        /// What proves it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        proof: String,
    },
    /// A household does not take a medicine any more.
    DropMedicine {
        /// The household.
        household: HouseholdId,
        /// The medicine, by its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A prescription ends: a household, or whoever looks after it, asks for its renewal.
    AskRenewal {
        /// The household.
        household: HouseholdId,
        /// The medicine, by its name.
        name: String,
    },
    /// A doctor, on the telephone or at a visit, renewed a prescription.
    Renew(Renewal),
    /// A doctor did not: somebody has to be seen first.
    RefuseRenewal {
        /// The household.
        household: HouseholdId,
        /// The medicine, by its name.
        name: String,
        /// Which doctor.
        doctor: String,
        /// Why.
        reason: String,
    },
    /// Households were given their supplies from a place's stock, each the same.
    HandOut(HandOut),
    /// A household was not supplied: nobody opened, nothing was left.
    Missed {
        /// The household.
        household: HouseholdId,
        /// Why.
        reason: String,
    },
    /// Something is wrong with a household's supplies.
    Complain {
        /// The household.
        household: HouseholdId,
        /// What about.
        about: About,
        /// What was said.
        said: String,
    },
    /// A complaint is answered.
    AnswerComplaint {
        /// Which.
        complaint: UnitId,
        /// What was done.
        note: String,
    },
    /// About orders and group purchases.
    Order(Box<OrderCommand>),
    /// About passes, gates and batches.
    Deliver(Box<DeliveryCommand>),
}

/// How much of a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The lot.
    pub lot: UnitId,
    /// Grams or pieces.
    pub amount: i64,
}

/// How much of a good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The good.
    pub good: Good,
    /// Grams or pieces.
    pub amount: i64,
}

/// Whom to call: known to the public, as a shop window is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Who or what: "orders", "manager".
    pub name: String,
    /// The number.
    pub phone: String,
}

/// See [`Command::PutSite`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutSite {
    /// Its code as a holder: `market:`, `sorting:`, `shop:` or `gate:` and a code. The kind is read off it.
    pub code: HolderCode,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name_en: String,
    /// Where it is; of a gate, its compound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceCode>,
    /// Degrees east and north.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<(f64, f64)>,
    /// For how many households a shop can pack in a day; 0 for any other place.
    #[serde(default)]
    pub households: i64,
    /// Whether it has halal goods.
    #[serde(default)]
    pub halal: bool,
    /// Whom to call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
}

impl PutSite {
    /// What it is, by its code.
    pub fn kind(&self) -> Option<SiteKind> {
        SiteKind::parse(self.code.kind())
    }
}

/// See [`Command::TakeIn`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TakeIn {
    /// Where it lies.
    pub site: HolderCode,
    /// What.
    pub good: Good,
    /// Grams or pieces.
    pub amount: i64,
    /// Where from.
    pub origin: Origin,
    /// From whom: a supplier, a donor.
    pub from: String,
    /// What exactly: "cabbage, potatoes", a brand, a dose.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub what: String,
    /// Whether it is halal.
    #[serde(default)]
    pub halal: bool,
    /// When it is good for nothing any more.
    pub expires_at: Micros,
}

/// See [`Command::Send`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Send {
    /// From where.
    pub from: HolderCode,
    /// To where.
    pub to: HolderCode,
    /// What.
    pub lines: Vec<Line>,
    /// Who drives it: a vehicle, or whoever carries it.
    pub carrier: HolderCode,
    /// By when it is to be there.
    pub due: Micros,
}

/// See [`Command::Allot`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Allot {
    /// The lot.
    pub lot: UnitId,
    /// Where it lies.
    pub site: HolderCode,
    /// Who gets how much.
    pub shares: Vec<Share>,
    /// Who drives it.
    pub carrier: HolderCode,
    /// By when it is to be there.
    pub due: Micros,
    /// Why the shares are other than proposed; empty where they are as proposed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A community's share of a donation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The community.
    pub community: PlaceCode,
    /// Grams or pieces.
    pub amount: i64,
    /// What the proposal had said of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// Something that a shop sells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its code at the shop: capitals, digits, hyphens.
    pub code: String,
    /// What it is made of.
    pub good: Good,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name_en: String,
    /// Grams or pieces in one.
    pub amount: i64,
    /// Price in fen.
    pub fen: i64,
    /// How many of it a household may order at a time.
    pub at_most: i64,
    /// Whether it is halal.
    #[serde(default)]
    pub halal: bool,
}

/// See [`Command::SetMode`]. A restriction has an end and a shop, or it is not made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetMode {
    /// A compound, a building or an entrance; a village.
    pub place: PlaceCode,
    /// How.
    pub mode: Mode,
    /// Until when, as decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Micros>,
    /// On whose decision.
    pub reason: String,
}

/// See [`Command::PutMedicine`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutMedicine {
    /// The household.
    pub household: HouseholdId,
    /// The medicine, with its dose.
    pub name: String,
    /// The day of the last dose that they have.
    pub last_dose: Micros,
    /// Until when the prescription is good; without one, none is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prescribed_until: Option<Micros>,
}

/// See [`Command::Renew`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// The household.
    pub household: HouseholdId,
    /// The medicine, by its name.
    pub name: String,
    /// Which doctor.
    pub doctor: String,
    /// For how many days.
    pub days: i64,
    /// Anything to say: another dose, what to watch.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// See [`Command::HandOut`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HandOut {
    /// From whose stock.
    pub site: HolderCode,
    /// Who got it.
    pub households: Vec<HouseholdId>,
    /// What each got.
    pub pack: Vec<Part>,
    /// What proves it: "at the door, signed", a photo's number.
    pub proof: String,
}

impl Command {
    /// The stable name for the journal.
    pub fn kind(&self) -> &'static str {
        match self {
            Command::PutSite(_) => "supply.put_site",
            Command::CloseSite { .. } => "supply.close_site",
            Command::ReopenSite { .. } => "supply.reopen_site",
            Command::PutStaff { .. } => "supply.put_staff",
            Command::TakeIn(_) => "supply.take_in",
            Command::Send(_) => "supply.send",
            Command::Receive { .. } => "supply.receive",
            Command::Explain { .. } => "supply.explain",
            Command::Spoil { .. } => "supply.spoil",
            Command::Count { .. } => "supply.count",
            Command::Allot(_) => "supply.allot",
            Command::AssignShop { .. } => "supply.assign_shop",
            Command::PutPrices { .. } => "supply.put_prices",
            Command::SetLimit { .. } => "supply.set_limit",
            Command::SetMode(_) => "supply.set_mode",
            Command::PutNeeds { .. } => "supply.put_needs",
            Command::PutMedicine(_) => "supply.put_medicine",
            Command::BringMedicine { .. } => "supply.bring_medicine",
            Command::DropMedicine { .. } => "supply.drop_medicine",
            Command::AskRenewal { .. } => "supply.ask_renewal",
            Command::Renew(_) => "supply.renew",
            Command::RefuseRenewal { .. } => "supply.refuse_renewal",
            Command::HandOut(_) => "supply.hand_out",
            Command::Missed { .. } => "supply.missed",
            Command::Complain { .. } => "supply.complain",
            Command::AnswerComplaint { .. } => "supply.answer_complaint",
            Command::Order(c) => c.kind(),
            Command::Deliver(c) => c.kind(),
        }
    }

    /// Whether only the server may say so, and no client.
    pub fn is_internal(&self) -> bool {
        matches!(self, Command::Order(command) if command.is_internal())
    }

    /// Checks and seals the clear personal data of a command that came from a client. It must be called before the
    /// command goes to the ledger.
    ///
    /// # Errors
    /// As [`DeliveryCommand::seal`].
    pub fn seal(&mut self, keys: &Keys, area: AreaCode, today: Day) -> Result<(), Refusal> {
        match self {
            Command::Deliver(command) => command.seal(keys, area, today),
            _ => Ok(()),
        }
    }

    /// The places whose stock or standing the command is about.
    pub fn sites(&self) -> Vec<&HolderCode> {
        match self {
            Command::PutSite(c) => vec![&c.code],
            Command::CloseSite { site, .. }
            | Command::ReopenSite { site, .. }
            | Command::PutStaff { site, .. }
            | Command::Spoil { site, .. }
            | Command::Count { site, .. } => vec![site],
            Command::TakeIn(c) => vec![&c.site],
            Command::Send(c) => vec![&c.from, &c.to],
            Command::Allot(c) => vec![&c.site],
            Command::AssignShop { shop, .. } | Command::PutPrices { shop, .. } => vec![shop],
            Command::HandOut(c) => vec![&c.site],
            Command::Order(c) => c.shop().into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The households that the command names.
    pub fn households(&self) -> &[HouseholdId] {
        match self {
            Command::PutNeeds { household, .. }
            | Command::BringMedicine { household, .. }
            | Command::DropMedicine { household, .. }
            | Command::Missed { household, .. }
            | Command::AskRenewal { household, .. }
            | Command::RefuseRenewal { household, .. }
            | Command::Complain { household, .. } => std::slice::from_ref(household),
            Command::PutMedicine(c) => std::slice::from_ref(&c.household),
            Command::Renew(c) => std::slice::from_ref(&c.household),
            Command::HandOut(c) => &c.households,
            Command::Order(c) => c.households(),
            _ => &[],
        }
    }
}

/// The lot that a command takes in: derived, so that it exists once.
pub fn lot_id(area: AreaCode, command: types::CommandId) -> UnitId {
    UnitId::derived(crate::LOT, area, &[b"lot", &command.bytes()])
}

/// The `n`th shipment that a command sends.
pub fn shipment_id(area: AreaCode, command: types::CommandId, n: u32) -> UnitId {
    UnitId::derived(crate::SHIPMENT, area, &[b"ship", &command.bytes(), &n.to_be_bytes()])
}

/// The complaint that a command makes.
pub fn complaint_id(area: AreaCode, command: types::CommandId) -> UnitId {
    UnitId::derived(crate::COMPLAINT, area, &[b"complaint", &command.bytes()])
}

/// The renewal that a command asks for.
pub fn renewal_id(area: AreaCode, command: types::CommandId) -> UnitId {
    UnitId::derived(crate::RENEWAL, area, &[b"renewal", &command.bytes()])
}
