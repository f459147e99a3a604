//! Rows as the rules see them, and how they are written and read.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use store::{Row, Value};
use types::{AreaCode, HolderCode, HouseholdId, Micros, PlaceCode, Span, UnitId};

use crate::command::{Contact, Item, Line};
use crate::unmet::Wait;
use crate::words::{About, Good, Mode, Need, Origin, ServesWhy, ShipState, SiteKind};

/// The loaded rows of one table: which were asked for, and which have changed.
#[derive(Clone, Debug)]
pub(crate) struct Rows<K, V> {
    map: HashMap<K, V>,
    looked: HashSet<K>,
    dirty: BTreeSet<K>,
}

impl<K, V> Default for Rows<K, V> {
    fn default() -> Self {
        Rows { map: HashMap::new(), looked: HashSet::new(), dirty: BTreeSet::new() }
    }
}

impl<K: Ord + Hash + Clone, V> Rows<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.map.get(key)
    }

    /// Of these keys, those that nobody has asked for yet; from now on they count as asked for.
    pub(crate) fn want(&mut self, keys: impl IntoIterator<Item = K>) -> Vec<K> {
        let fresh: BTreeSet<K> =
            keys.into_iter().filter(|key| self.looked.insert(key.clone())).collect();
        fresh.into_iter().collect()
    }

    /// A row from the store; what the group has made of it already stands.
    pub(crate) fn found(&mut self, key: K, row: V) {
        self.looked.insert(key.clone());
        self.map.entry(key).or_insert(row);
    }

    /// A row as it is from now on.
    pub(crate) fn put(&mut self, key: K, row: V) {
        self.looked.insert(key.clone());
        self.dirty.insert(key.clone());
        self.map.insert(key, row);
    }

    /// Changes a row, if there is one.
    pub(crate) fn change(&mut self, key: &K, change: impl FnOnce(&mut V)) {
        if let Some(row) = self.map.get_mut(key) {
            change(row);
            self.dirty.insert(key.clone());
        }
    }

    /// What has changed, in the order of the keys.
    pub(crate) fn changed(&self) -> impl Iterator<Item = (&K, &V)> {
        self.dirty.iter().filter_map(|key| self.map.get(key).map(|row| (key, row)))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.map.iter()
    }
}

/// A market, a sorting centre, a shop or a gate.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Its code as a holder.
    pub code: HolderCode,
    /// Its county.
    pub area: AreaCode,
    /// What it is.
    pub kind: SiteKind,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English; may be empty.
    pub name_en: String,
    /// Where it is.
    pub place: Option<PlaceCode>,
    /// Degrees east and north.
    pub at: Option<(f64, f64)>,
    /// For how many households a shop can pack in a day.
    pub households: i64,
    /// Whether it has halal goods.
    pub halal: bool,
    /// Whom to call.
    pub contacts: Vec<Contact>,
    /// Since when it is closed, whether through infection, and why.
    pub closed: Option<(Micros, bool, String)>,
}

/// Reads [`crate::tables::SITE_BY_CODE`].
pub(crate) fn read_site(row: &Row) -> store::Result<Site> {
    let closed = match row.opt_time(10)? {
        Some(at) => Some((at, row.flag(11)?, row.text(12)?.to_owned())),
        None => None,
    };
    Ok(Site {
        code: row.holder(0)?,
        area: row.area(1)?,
        kind: row.word(2, "SiteKind", SiteKind::parse)?,
        name_zh: row.text(3)?.to_owned(),
        name_en: row.text(4)?.to_owned(),
        place: opt_place(row, 5)?,
        at: row.opt_json(6)?,
        households: row.int(7)?,
        halal: row.flag(8)?,
        contacts: row.json(9)?,
        closed,
    })
}

/// Writes a place for [`crate::tables::SITE_PUT`].
pub(crate) fn site_values(s: &Site, values: &mut Vec<Value>) {
    let closed = s.closed.as_ref();
    values.extend([
        (&s.code).into(),
        s.area.into(),
        s.kind.as_str().into(),
        s.name_zh.as_str().into(),
        s.name_en.as_str().into(),
        s.place.as_ref().map(PlaceCode::as_str).into(),
        s.at.map_or(Value::Null, |at| Value::json(&at)),
        s.households.into(),
        s.halal.into(),
        Value::json(&s.contacts),
        closed.map(|(at, ..)| *at).into(),
        closed.is_some_and(|(_, infection, _)| *infection).into(),
        closed.map_or("", |(.., reason)| reason).into(),
    ]);
}

/// A lot: goods that came in together and have one date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// Which; its area is the county where it came in.
    pub id: UnitId,
    /// What.
    pub good: Good,
    /// Where it came in.
    pub site: HolderCode,
    /// Where from.
    pub origin: Origin,
    /// From whom.
    pub from: String,
    /// What exactly.
    pub what: String,
    /// Whether it is halal.
    pub halal: bool,
    /// How much came in.
    pub amount: i64,
    /// How much is left, wherever it lies.
    pub left: i64,
    /// When it is good for nothing any more.
    pub expires_at: Micros,
    /// When it came in.
    pub at: Micros,
}

/// Reads [`crate::tables::LOT_BY_ID`].
pub(crate) fn read_lot(row: &Row) -> store::Result<Lot> {
    Ok(Lot {
        id: UnitId::from_bytes(row.id(0)?),
        good: row.word(1, "Good", Good::parse)?,
        site: row.holder(2)?,
        origin: row.word(3, "Origin", Origin::parse)?,
        from: row.text(4)?.to_owned(),
        what: row.text(5)?.to_owned(),
        halal: row.flag(6)?,
        amount: row.int(7)?,
        left: row.int(8)?,
        expires_at: row.time(9)?,
        at: row.time(10)?,
    })
}

/// Writes a lot for [`crate::tables::LOT_PUT`].
pub(crate) fn lot_values(l: &Lot, values: &mut Vec<Value>) {
    values.extend([
        l.id.area().into(),
        l.id.into(),
        l.good.as_str().into(),
        (&l.site).into(),
        l.origin.as_str().into(),
        l.from.as_str().into(),
        l.what.as_str().into(),
        l.halal.into(),
        l.amount.into(),
        l.left.into(),
        l.expires_at.into(),
        l.at.into(),
    ]);
}

/// How much of a lot lies at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stock {
    pub area: AreaCode,
    pub good: Good,
    pub amount: i64,
}

/// Goods on the road, or that were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// Which; its area is the county that it left.
    pub id: UnitId,
    /// From where.
    pub from: HolderCode,
    /// To where.
    pub to: HolderCode,
    /// The county of that place.
    pub to_area: AreaCode,
    /// What was sent.
    pub lines: Vec<Line>,
    /// What was received.
    pub got: Vec<Line>,
    /// Who drives it.
    pub carrier: HolderCode,
    /// By when it is to be there.
    pub due: Micros,
    /// Where it stands.
    pub state: ShipState,
    /// When it left.
    pub sent_at: Micros,
    /// When it was received.
    pub arrived_at: Option<Micros>,
    /// For which community, of a donation.
    pub community: Option<PlaceCode>,
    /// What was said last.
    pub said: String,
}

impl Shipment {
    /// What was sent and has not been received, by lot; of one on the road, all of it.
    pub fn lacking(&self) -> Vec<Line> {
        let got = |lot| self.got.iter().find(|line| line.lot == lot).map_or(0, |l| l.amount);
        let lack = self.lines.iter().map(|l| Line { lot: l.lot, amount: l.amount - got(l.lot) });
        lack.filter(|line| line.amount > 0).collect()
    }
}

/// Reads [`crate::tables::SHIPMENT_BY_ID`].
pub(crate) fn read_shipment(row: &Row) -> store::Result<Shipment> {
    Ok(Shipment {
        id: UnitId::from_bytes(row.id(0)?),
        from: row.holder(1)?,
        to: row.holder(2)?,
        to_area: row.area(3)?,
        lines: row.json(4)?,
        got: row.json(5)?,
        carrier: row.holder(6)?,
        due: row.time(7)?,
        state: row.word(8, "ShipState", ShipState::parse)?,
        sent_at: row.time(9)?,
        arrived_at: row.opt_time(10)?,
        community: opt_place(row, 11)?,
        said: row.text(12)?.to_owned(),
    })
}

/// Writes a shipment for [`crate::tables::SHIPMENT_PUT`].
pub(crate) fn shipment_values(s: &Shipment, values: &mut Vec<Value>) {
    values.extend([
        s.id.area().into(),
        s.id.into(),
        (&s.from).into(),
        (&s.to).into(),
        s.to_area.into(),
        Value::json(&s.lines),
        Value::json(&s.got),
        (&s.carrier).into(),
        s.due.into(),
        s.state.as_str().into(),
        s.sent_at.into(),
        s.arrived_at.into(),
        s.community.as_ref().map(PlaceCode::as_str).into(),
        s.said.as_str().into(),
    ]);
}

/// For how many households of a community a shop packs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serves {
    /// How many.
    pub households: i64,
    /// Why.
    pub why: ServesWhy,
    /// Since when.
    pub since: Micros,
}

/// What a shop sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// It.
    pub item: Item,
    /// Since when it has this price.
    pub since: Micros,
    /// Whether the shop has none today.
    pub off: bool,
}

/// Reads [`crate::tables::ITEMS_OF`].
pub(crate) fn read_item(row: &Row) -> store::Result<Priced> {
    Ok(Priced {
        item: Item {
            code: row.text(1)?.to_owned(),
            good: row.word(2, "Good", Good::parse)?,
            name_zh: row.text(3)?.to_owned(),
            name_en: row.text(4)?.to_owned(),
            amount: row.int(5)?,
            fen: row.int(6)?,
            at_most: row.int(7)?,
            halal: row.flag(8)?,
        },
        since: row.time(9)?,
        off: row.flag(10)?,
    })
}

/// A household that the desk knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Household {
    /// Which.
    pub id: HouseholdId,
    /// Its county.
    pub area: AreaCode,
    /// Its community.
    pub community: String,
    /// Where it is.
    pub place: PlaceCode,
    /// How many live there.
    pub people: i64,
    /// How it comes by its supplies.
    pub mode: Mode,
    /// Until when, as decided.
    pub until: Option<Micros>,
    /// What it needs that others do not.
    pub needs: Vec<Need>,
    /// What whoever brings it has to know.
    pub note: String,
    /// When it was supplied last under this restriction.
    pub last_food: Option<Micros>,
    /// When food is due; nothing for whoever is free.
    pub next_food: Option<Micros>,
    /// When a medicine is due, the earliest.
    pub next_medicine: Option<Micros>,
    /// When a child's milk powder is due; nothing where there is no child, or whoever is free.
    pub next_milk: Option<Micros>,
    /// By when a prescription is to be renewed, the earliest.
    pub renew_by: Option<Micros>,
    /// Complaints and orders that are open, each with the time from which on it is late.
    pub waits: Vec<Wait>,
    /// What was said last.
    pub said: String,
    /// Complaints that nobody has answered.
    pub complaints: i64,
}

impl Household {
    /// Whether it was supplied under this restriction.
    pub fn is_served(&self) -> bool {
        self.last_food.is_some()
    }

    /// Whether a child lives there that needs milk powder.
    pub fn has_infant(&self) -> bool {
        self.needs.contains(&Need::Infant)
    }
}

/// Reads [`crate::tables::HOUSEHOLD_BY_ID`].
pub(crate) fn read_household(row: &Row) -> store::Result<Household> {
    Ok(Household {
        area: row.area(0)?,
        id: HouseholdId::from_bytes(row.id(1)?),
        community: row.text(2)?.to_owned(),
        place: place(row, 3)?,
        people: row.int(4)?,
        mode: row.word(5, "Mode", Mode::parse)?,
        until: row.opt_time(6)?,
        needs: row.json(7)?,
        note: row.text(8)?.to_owned(),
        last_food: row.opt_time(9)?,
        next_food: row.opt_time(10)?,
        next_medicine: row.opt_time(11)?,
        said: row.text(12)?.to_owned(),
        complaints: row.int(13)?,
        next_milk: row.opt_time(14)?,
        renew_by: row.opt_time(15)?,
        waits: row.json(16)?,
    })
}

/// Writes a household for [`crate::tables::HOUSEHOLD_PUT`].
pub(crate) fn household_values(h: &Household, values: &mut Vec<Value>) {
    values.extend([
        h.area.into(),
        h.id.into(),
        h.community.as_str().into(),
        (&h.place).into(),
        h.people.into(),
        h.mode.as_str().into(),
        h.until.into(),
        Value::json(&h.needs),
        h.note.as_str().into(),
        h.last_food.into(),
        h.next_food.into(),
        h.next_medicine.into(),
        h.said.as_str().into(),
        h.complaints.into(),
        h.mode.is_restricted().into(),
        h.next_milk.into(),
        h.renew_by.into(),
        Value::json(&h.waits),
        h.unmet_at().into(),
        match (h.is_entitled(), h.has_pack_coming()) {
            (true, true) => 2i64,
            (true, false) => 1,
            _ => 0,
        }
        .into(),
    ]);
}

/// A medicine that somebody takes every day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Medicine {
    /// The day of the last dose that they have.
    pub last_dose: Micros,
    /// Until when the prescription is good.
    pub prescribed_until: Option<Micros>,
    /// Whether it is taken.
    pub taken: bool,
    /// For how many days the prescription is, as last renewed; 0 where nobody has said.
    pub days: i64,
    /// Which doctor renewed it last.
    pub doctor: String,
    /// The renewal that was asked for, and by when it is answered.
    pub asked: Option<(UnitId, Micros)>,
}

impl Medicine {
    /// Until when it lasts when what was prescribed is brought at a time: for its days from the last dose on, or from that
    /// time where that was before. Nothing where nobody has said for how many days it is.
    pub fn lasts_until(&self, at: Micros) -> Option<Micros> {
        (self.days > 0).then(|| self.last_dose.max(at) + Span::days(self.days))
    }
}

/// A complaint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Which.
    pub id: UnitId,
    /// The household.
    pub household: HouseholdId,
    /// Its community.
    pub community: String,
    /// Where it is.
    pub place: PlaceCode,
    /// What about.
    pub about: About,
    /// What was said.
    pub said: String,
    /// Who recorded it.
    pub actor: String,
    /// When.
    pub at: Micros,
    /// By when it is to be answered.
    pub due: Micros,
    /// When it was answered.
    pub answered_at: Option<Micros>,
    /// What was done.
    pub answer: String,
}

/// Reads [`crate::tables::COMPLAINT_BY_ID`].
pub(crate) fn read_complaint(row: &Row) -> store::Result<Complaint> {
    Ok(Complaint {
        id: UnitId::from_bytes(row.id(0)?),
        household: HouseholdId::from_bytes(row.id(1)?),
        community: row.text(2)?.to_owned(),
        place: place(row, 3)?,
        about: row.word(4, "About", About::parse)?,
        said: row.text(5)?.to_owned(),
        actor: row.text(6)?.to_owned(),
        at: row.time(7)?,
        due: row.time(8)?,
        answered_at: row.opt_time(9)?,
        answer: row.text(10)?.to_owned(),
    })
}

/// Writes a complaint for [`crate::tables::COMPLAINT_PUT`].
pub(crate) fn complaint_values(c: &Complaint, values: &mut Vec<Value>) {
    values.extend([
        c.id.area().into(),
        c.id.into(),
        c.household.into(),
        c.community.as_str().into(),
        (&c.place).into(),
        c.about.as_str().into(),
        c.said.as_str().into(),
        c.actor.as_str().into(),
        c.at.into(),
        c.due.into(),
        c.answered_at.into(),
        c.answer.as_str().into(),
    ]);
}

/// A place of a row.
pub(crate) fn place(row: &Row, column: usize) -> store::Result<PlaceCode> {
    row.word(column, "a place", |text| PlaceCode::parse(text).ok())
}

fn opt_place(row: &Row, column: usize) -> store::Result<Option<PlaceCode>> {
    match row.opt_text(column)? {
        None => Ok(None),
        Some(_) => place(row, column).map(Some),
    }
}
