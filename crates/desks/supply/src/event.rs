//! What can have happened at the supply desk. Kept in the journal for ever: only add.

use serde::{Deserialize, Serialize};
use types::{AreaCode, HolderCode, HouseholdId, Micros, PersonId, PlaceCode, UnitId};

use crate::command::{Item, Line, PutMedicine, PutSite};
use crate::delivery::DeliveryEvent;
use crate::orders::OrderEvent;
use crate::words::{About, Due, Good, LossWhy, Mode, Need, Origin, ServesWhy};

/// A fact. Externally tagged in JSON, as commands are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A place is as it says.
    SitePut(Box<PutSite>),
    /// A place closed.
    SiteClosed {
        /// Which.
        site: HolderCode,
        /// Whether because of an infection there.
        infection: bool,
        /// Why.
        reason: String,
    },
    /// A place opened again.
    SiteReopened {
        /// Which.
        site: HolderCode,
        /// Why.
        reason: String,
    },
    /// Somebody works at a place, or does no more.
    StaffPut {
        /// Where.
        site: HolderCode,
        /// Who.
        person: PersonId,
        /// Whether they do.
        works: bool,
    },
    /// A lot came in.
    TakenIn(Box<TakenIn>),
    /// Goods left for another place.
    Sent(Box<Sent>),
    /// Goods were received.
    Received {
        /// The shipment.
        shipment: UnitId,
        /// At which place.
        site: HolderCode,
        /// What was counted.
        lines: Vec<Line>,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// What a shipment lacked was explained.
    Explained {
        /// The shipment.
        shipment: UnitId,
        /// What became of it.
        note: String,
    },
    /// Goods went bad.
    Spoiled {
        /// Where they lay.
        site: HolderCode,
        /// The lot.
        lot: UnitId,
        /// How much.
        amount: i64,
        /// Why.
        why: LossWhy,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A count found more or less than the books said.
    Counted {
        /// Where.
        site: HolderCode,
        /// The lot.
        lot: UnitId,
        /// How much there was by the books.
        was: i64,
        /// How much there is.
        found: i64,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A community has its share of a donation.
    Allotted {
        /// The lot.
        lot: UnitId,
        /// The community.
        community: PlaceCode,
        /// Grams or pieces.
        amount: i64,
        /// The shipment that brings it; nothing where it lay there already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shipment: Option<UnitId>,
        /// Why so much.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
    /// A shop serves a community for so many households; nothing where none does.
    Serves {
        /// The community.
        community: PlaceCode,
        /// The shop; nothing for households whom no shop serves.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shop: Option<HolderCode>,
        /// How many households, from now on.
        households: i64,
        /// Why.
        why: ServesWhy,
    },
    /// What a shop has, and for how much.
    Priced {
        /// The shop.
        shop: HolderCode,
        /// What it has.
        items: Vec<Item>,
    },
    /// The highest price of a good.
    LimitSet {
        /// The good.
        good: Good,
        /// In fen for 500 g, or for a piece.
        fen: i64,
        /// On whose authority.
        reason: String,
    },
    /// How the households of a place come by their supplies.
    ModeSet(Box<ModeSet>),
    /// A household was registered at a place that was under restriction already: it is held to it, too.
    Joined {
        /// The household.
        home: Home,
        /// The place.
        place: PlaceCode,
        /// How it comes by its supplies.
        mode: Mode,
        /// Until when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Micros>,
        /// When food is due.
        first: Micros,
        /// On whose decision.
        reason: String,
    },
    /// So many live in a household under restriction; of one in which nobody lives any more nothing is due.
    PeopleAre {
        /// The household.
        household: HouseholdId,
        /// How many.
        people: i64,
        /// The place whose restriction it is held to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<PlaceCode>,
    },
    /// What a household needs.
    NeedsPut {
        /// The household.
        home: Home,
        /// All that it needs.
        needs: Vec<Need>,
        /// What to know.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A medicine is as it says.
    MedicinePut {
        /// The household.
        home: Home,
        /// The medicine.
        medicine: PutMedicine,
    },
    /// A medicine was brought.
    MedicineBrought {
        /// The household.
        household: HouseholdId,
        /// The medicine.
        name: String,
        /// The day of the last dose now.
        last_dose: Micros,
        /// What proves it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        proof: String,
    },
    /// A medicine is not taken any more.
    MedicineDropped {
        /// The household.
        household: HouseholdId,
        /// The medicine.
        name: String,
        /// Why.
        reason: String,
    },
    /// The renewal of a prescription was asked for.
    RenewalAsked {
        /// The renewal.
        renewal: UnitId,
        /// The household.
        household: HouseholdId,
        /// The medicine.
        name: String,
        /// By when a doctor is to answer.
        due: Micros,
    },
    /// A doctor renewed a prescription.
    Renewed {
        /// The household.
        household: HouseholdId,
        /// The medicine.
        name: String,
        /// Which doctor.
        doctor: String,
        /// For how many days.
        days: i64,
        /// Until when it is good now.
        until: Micros,
        /// The renewal that was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        renewal: Option<UnitId>,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A doctor did not renew it.
    RenewalRefused {
        /// The household.
        household: HouseholdId,
        /// The medicine.
        name: String,
        /// Which doctor.
        doctor: String,
        /// Why.
        reason: String,
        /// The renewal that was asked for.
        renewal: UnitId,
    },
    /// Goods left a place's stock for households.
    GivenOut {
        /// From where.
        site: HolderCode,
        /// What, lot by lot.
        lines: Vec<Line>,
    },
    /// Households were supplied.
    Supplied {
        /// Who.
        households: Vec<HouseholdId>,
        /// When food is due again.
        next: Micros,
        /// What proves it.
        proof: String,
        /// How much milk powder was in it for each, in grams.
        #[serde(default, skip_serializing_if = "is_nothing")]
        milk: i64,
        /// Whether there was something to eat for everybody in it; in entries that do not say so there was.
        #[serde(default = "fed", skip_serializing_if = "is_fed")]
        food: bool,
    },
    /// Something is due to a household at once, or was not brought.
    DueAt {
        /// The household.
        household: HouseholdId,
        /// What.
        what: Due,
        /// When.
        due: Micros,
        /// Why.
        reason: String,
    },
    /// Somebody complained.
    Complained {
        /// The complaint.
        complaint: UnitId,
        /// The household.
        home: Home,
        /// What about.
        about: About,
        /// What was said.
        said: String,
        /// By when it is to be answered.
        due: Micros,
    },
    /// A complaint was answered.
    ComplaintAnswered {
        /// Which.
        complaint: UnitId,
        /// What was done.
        note: String,
    },
    /// About an order or a group purchase.
    Order(Box<OrderEvent>),
    /// About a pass, a gate or a batch.
    Delivery(Box<DeliveryEvent>),
}

fn is_nothing(n: &i64) -> bool {
    *n == 0
}

fn fed() -> bool {
    true
}

fn is_fed(food: &bool) -> bool {
    *food
}

/// See [`Event::TakenIn`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TakenIn {
    /// The lot.
    pub lot: UnitId,
    /// Where it lies.
    pub site: HolderCode,
    /// What.
    pub good: Good,
    /// Grams or pieces.
    pub amount: i64,
    /// Where from.
    pub origin: Origin,
    /// From whom.
    pub from: String,
    /// What exactly.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub what: String,
    /// Whether it is halal.
    #[serde(default)]
    pub halal: bool,
    /// When it is good for nothing any more.
    pub expires_at: Micros,
}

/// See [`Event::Sent`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// The shipment.
    pub shipment: UnitId,
    /// From where.
    pub from: HolderCode,
    /// To where.
    pub to: HolderCode,
    /// The county of that place.
    pub to_area: AreaCode,
    /// What.
    pub lines: Vec<Line>,
    /// Who drives it.
    pub carrier: HolderCode,
    /// By when it is to be there.
    pub due: Micros,
    /// For which community, of a donation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub community: Option<PlaceCode>,
}

/// See [`Event::ModeSet`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModeSet {
    /// The place.
    pub place: PlaceCode,
    /// How.
    pub mode: Mode,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Micros>,
    /// On whose decision.
    pub reason: String,
    /// When food is due to those who are not waiting for it already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Micros>,
    /// Every household that the registry has there.
    pub homes: Vec<Home>,
}

/// A household, with what the desk has to know of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// Which.
    pub id: HouseholdId,
    /// Where it is.
    pub place: PlaceCode,
    /// How many live there.
    pub people: i64,
}
