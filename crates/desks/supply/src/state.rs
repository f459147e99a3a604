//! The rows that one group of commands touches: loaded, changed in memory, written back.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use store::Value;
use types::{AreaCode, CommandId, HolderCode, HouseholdId, Micros, PersonId, PlaceCode, UnitId};

use crate::delivery::Yard;
use crate::event::Home;
use crate::orders::Book;
use crate::rows::{
    Complaint, Household, Lot, Medicine, Priced, Rows, Serves, Shipment, Site, Stock,
};
use crate::words::{Due, Good, Mode, Need, Standing};

/// How a place's households come by their supplies, as last decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ModeRow {
    pub area: AreaCode,
    pub mode: Mode,
    pub since: Micros,
    pub until: Option<Micros>,
    pub reason: String,
    pub households: i64,
    pub people: i64,
}

/// The loaded rows and what is to be added to counters.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub(crate) sites: Rows<HolderCode, Site>,
    /// Who works where, and whether still.
    pub(crate) staff: Rows<(HolderCode, PersonId), bool>,
    /// Persons of whom it is loaded where they work.
    pub(crate) workers: HashSet<PersonId>,
    /// Where persons live who may be gone.
    pub(crate) homes_of: HashMap<PersonId, Home>,
    pub(crate) lots: Rows<UnitId, Lot>,
    /// By place and lot; of a place in `stocked` all that lies there.
    pub(crate) stock: Rows<(HolderCode, UnitId), Stock>,
    pub(crate) stocked: HashSet<HolderCode>,
    pub(crate) shipments: Rows<UnitId, Shipment>,
    /// By community and shop; an empty shop is none. Of a county in `served` all.
    pub(crate) serves: Rows<(String, String), Serves>,
    pub(crate) served: HashSet<AreaCode>,
    /// By shop and code; of a shop in `catalogued` all.
    pub(crate) items: Rows<(HolderCode, String), Priced>,
    pub(crate) catalogued: HashSet<HolderCode>,
    /// The highest price by county and good: of a county in `limited` all.
    pub(crate) limits: HashMap<(AreaCode, Good), (Micros, i64)>,
    pub(crate) limited: HashSet<AreaCode>,
    pub(crate) modes: Rows<PlaceCode, ModeRow>,
    pub(crate) households: Rows<HouseholdId, Household>,
    /// By household and name; of a loaded household all.
    pub(crate) medicines: Rows<(HouseholdId, String), Medicine>,
    pub(crate) complaints: Rows<UnitId, Complaint>,
    /// Orders and group purchases.
    pub(crate) book: Book,
    /// Passes, gates and batches.
    pub(crate) yard: Yard,
    /// What the registry says of households and of places.
    pub(crate) homes: HashMap<HouseholdId, Home>,
    pub(crate) lived_in: HashMap<PlaceCode, Vec<Home>>,
    /// When a community had its last share of a donation, by good.
    pub(crate) gifts: BTreeMap<(AreaCode, String, Good), Micros>,

    pub(crate) limit_lines: Vec<Value>,
    pub(crate) price_lines: Vec<Value>,
    pub(crate) move_lines: Vec<Value>,
    pub(crate) history_lines: Vec<Value>,
    pub(crate) line_numbers: HashMap<CommandId, i64>,
    pub(crate) totals: BTreeMap<(AreaCode, Standing, Good), i64>,
    pub(crate) dues: BTreeMap<(AreaCode, String, Due, bool, Micros), i64>,
    pub(crate) people: BTreeMap<(AreaCode, String, Mode), (i64, i64)>,
    pub(crate) needs: BTreeMap<(AreaCode, String, Need), i64>,
    /// Households that lack something, by the hour from which on they do.
    pub(crate) unmet: BTreeMap<(AreaCode, String, Micros), i64>,
    pub(crate) touched: BTreeSet<AreaCode>,
}

impl State {
    /// A loaded place.
    pub fn site(&self, code: &HolderCode) -> Option<&Site> {
        self.sites.get(code)
    }

    /// A loaded household.
    pub fn household(&self, id: HouseholdId) -> Option<&Household> {
        self.households.get(&id)
    }

    /// How much of a lot lies at a place, as far as it is loaded.
    pub fn stock_of(&self, site: &HolderCode, lot: UnitId) -> i64 {
        self.stock.get(&(site.clone(), lot)).map_or(0, |stock| stock.amount)
    }

    /// Whether a loaded place, or what it lies in, was ever set to a restriction that may still hold.
    pub(crate) fn is_watched(&self, place: &PlaceCode) -> bool {
        let chain = registry::place::chain_of(place);
        chain.iter().any(|place| self.modes.get(place).is_some_and(|row| row.mode.is_restricted()))
    }

    /// What holds for a household that is new at a place: nothing where what was set last, there or around it, is
    /// that it is free; else the restriction of the smallest place, since an inner zone keeps its own.
    pub(crate) fn held_by(&self, place: &PlaceCode) -> Option<(&PlaceCode, &ModeRow)> {
        let chain = registry::place::chain_of(place);
        let rows: Vec<(&PlaceCode, &ModeRow)> =
            self.modes.iter().filter(|(place, _)| chain.contains(place)).collect();
        let last = rows.iter().max_by_key(|(place, row)| (row.since, place.as_str().len()))?;
        if !last.1.mode.is_restricted() {
            return None;
        }
        let restricted = rows.into_iter().filter(|(_, row)| row.mode.is_restricted());
        restricted.max_by_key(|(place, _)| place.as_str().len())
    }

    /// The homes of these, one person each, as far as they are loaded.
    pub(crate) fn homes_of(&self, persons: &[(AreaCode, PersonId)]) -> Vec<Home> {
        persons.iter().filter_map(|(_, person)| self.homes_of.get(person)).cloned().collect()
    }

    /// The counties that this group changed, for boards.
    pub fn touched_areas(&self) -> impl Iterator<Item = AreaCode> + '_ {
        self.touched.iter().copied()
    }

    /// What lies at a loaded place, the nearest to its date first.
    pub(crate) fn at<'a>(&'a self, site: &'a HolderCode) -> Vec<(&'a Lot, i64)> {
        let mut found: Vec<(&Lot, i64)> = self
            .stock
            .iter()
            .filter(|((at, _), stock)| at == site && stock.amount > 0)
            .filter_map(|((_, lot), stock)| Some((self.lots.get(lot)?, stock.amount)))
            .collect();
        found.sort_by_key(|(lot, _)| (lot.expires_at, lot.id));
        found
    }

    /// The shops of a loaded county that serve a community, for how many households each.
    pub(crate) fn shops_of(&self, community: &str) -> Vec<(&HolderCode, i64)> {
        let mut found: Vec<(&HolderCode, i64)> = self
            .serves
            .iter()
            .filter(|((of, shop), serves)| {
                of == community && !shop.is_empty() && serves.households > 0
            })
            .filter_map(|((_, shop), serves)| {
                let code = HolderCode::parse(shop).ok()?;
                let site = self.sites.get(&code).filter(|site| site.closed.is_none())?;
                Some((&site.code, serves.households))
            })
            .collect();
        found.sort_by_key(|(code, households)| (-households, (*code).clone()));
        found
    }

    /// For how many households a shop packs.
    pub(crate) fn packs_for(&self, shop: &HolderCode) -> i64 {
        let of = self.serves.iter().filter(|((_, code), _)| code == shop.as_str());
        of.map(|(_, serves)| serves.households).sum()
    }
}
