//! Rows of the work at a bed: care plans, consultations, orders.

use store::{Row, Value};
use types::{AreaCode, CommandId, HolderCode, Micros, UnitId};

use crate::command::Member;
use crate::words::{ConsultEnd, OrderKind, Tier};

/// One version of a patient's care plan.
#[derive(Clone, Debug, PartialEq)]
pub struct CarePlan {
    /// Whose.
    pub episode: UnitId,
    /// Which version, from 1.
    pub version: i64,
    /// The facility in which the patient lies, or lay when it ended.
    pub facility: HolderCode,
    /// Its ward.
    pub ward: String,
    /// The county of the facility.
    pub area: AreaCode,
    /// Since when it holds.
    pub at: Micros,
    /// The goals.
    pub goals: String,
    /// The team.
    pub team: Vec<Member>,
    /// When the next review is due.
    pub due: Micros,
    /// When it was last reviewed without being changed, and what was found.
    pub reviewed: Option<(Micros, String)>,
    /// Until when it held: another version came, or the patient left.
    pub ended_at: Option<Micros>,
    /// Why it was made.
    pub note: String,
    /// Who made it.
    pub actor: String,
}

/// A question to others, and their opinion.
#[derive(Clone, Debug, PartialEq)]
pub struct Consultation {
    /// About whom.
    pub episode: UnitId,
    /// Which: the command that asked.
    pub id: CommandId,
    /// The facility in which the patient lies, or lay.
    pub facility: HolderCode,
    /// Its ward.
    pub ward: String,
    /// The county of the facility.
    pub area: AreaCode,
    /// When it was asked.
    pub at: Micros,
    /// Who is asked.
    pub tier: Tier,
    /// Which of them.
    pub whom: String,
    /// The question.
    pub question: String,
    /// By when an opinion is needed.
    pub due: Micros,
    /// Who asked.
    pub asked_by: String,
    /// When and how it was closed.
    pub closed: Option<(Micros, ConsultEnd)>,
    /// The opinion, or why it was withdrawn.
    pub opinion: String,
    /// Whose opinion it is.
    pub by: String,
}

impl Consultation {
    /// Whether it waits for an opinion.
    pub fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// Whether it waits past its deadline.
    pub fn is_overdue(&self, now: Micros) -> bool {
        self.is_open() && self.due < now
    }
}

/// Something that was ordered for a patient, as a record.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderRow {
    /// For whom.
    pub episode: UnitId,
    /// Which: the command that ordered it.
    pub id: CommandId,
    /// Of which medicine.
    pub kind: OrderKind,
    /// What.
    pub what: String,
    /// How much and how, as it was written.
    pub dose: String,
    /// Who ordered it.
    pub by: String,
    /// Since when.
    pub started_at: Micros,
    /// Until when, by whom, and why.
    pub stopped: Option<(Micros, String, String)>,
    /// Who recorded it.
    pub actor: String,
}

/// Reads [`crate::tables::bedside::CARE_PLANS_OF`] and its like.
pub(crate) fn read_care_plan(row: &Row) -> store::Result<CarePlan> {
    Ok(CarePlan {
        episode: UnitId::from_bytes(row.id(0)?),
        version: row.int(1)?,
        facility: row.holder(2)?,
        ward: row.text(3)?.to_owned(),
        area: row.area(4)?,
        at: row.time(5)?,
        goals: row.text(6)?.to_owned(),
        team: row.json(7)?,
        due: row.time(8)?,
        reviewed: match row.opt_time(9)? {
            Some(at) => Some((at, row.text(10)?.to_owned())),
            None => None,
        },
        ended_at: row.opt_time(11)?,
        note: row.text(12)?.to_owned(),
        actor: row.text(13)?.to_owned(),
    })
}

/// Writes a care plan for [`crate::tables::bedside::CARE_PLAN_PUT`].
pub(crate) fn care_plan_values(p: &CarePlan, values: &mut Vec<Value>) {
    values.extend([
        p.episode.area().into(),
        p.episode.into(),
        p.version.into(),
        (&p.facility).into(),
        p.ward.as_str().into(),
        p.area.into(),
        p.at.into(),
        p.goals.as_str().into(),
        Value::json(&p.team),
        p.due.into(),
        p.reviewed.as_ref().map(|(at, _)| *at).into(),
        p.reviewed.as_ref().map_or("", |(_, said)| said.as_str()).into(),
        p.ended_at.into(),
        p.note.as_str().into(),
        p.actor.as_str().into(),
    ]);
}

/// Reads [`crate::tables::bedside::CONSULTATIONS_OF`] and its like.
pub(crate) fn read_consultation(row: &Row) -> store::Result<Consultation> {
    let how = row.opt_text(12)?.and_then(ConsultEnd::parse);
    Ok(Consultation {
        episode: UnitId::from_bytes(row.id(0)?),
        id: CommandId::from_bytes(row.id(1)?),
        facility: row.holder(2)?,
        ward: row.text(3)?.to_owned(),
        area: row.area(4)?,
        at: row.time(5)?,
        tier: row.word(6, "Tier", Tier::parse)?,
        whom: row.text(7)?.to_owned(),
        question: row.text(8)?.to_owned(),
        due: row.time(9)?,
        asked_by: row.text(10)?.to_owned(),
        closed: row.opt_time(11)?.zip(how),
        opinion: row.text(13)?.to_owned(),
        by: row.text(14)?.to_owned(),
    })
}

/// Writes a consultation for [`crate::tables::bedside::CONSULTATION_PUT`].
pub(crate) fn consultation_values(c: &Consultation, values: &mut Vec<Value>) {
    values.extend([
        c.episode.area().into(),
        c.episode.into(),
        c.id.into(),
        (&c.facility).into(),
        c.ward.as_str().into(),
        c.area.into(),
        c.at.into(),
        c.tier.as_str().into(),
        c.whom.as_str().into(),
        c.question.as_str().into(),
        c.due.into(),
        c.asked_by.as_str().into(),
        c.closed.map(|(at, _)| at).into(),
        c.closed.map(|(_, how)| how.as_str()).into(),
        c.opinion.as_str().into(),
        c.by.as_str().into(),
    ]);
}

/// Reads [`crate::tables::bedside::ORDERS_OF`] and its like.
pub(crate) fn read_order(row: &Row) -> store::Result<OrderRow> {
    Ok(OrderRow {
        episode: UnitId::from_bytes(row.id(0)?),
        id: CommandId::from_bytes(row.id(1)?),
        kind: row.word(2, "OrderKind", OrderKind::parse)?,
        what: row.text(3)?.to_owned(),
        dose: row.text(4)?.to_owned(),
        by: row.text(5)?.to_owned(),
        started_at: row.time(6)?,
        stopped: match row.opt_time(7)? {
            Some(at) => Some((at, row.text(8)?.to_owned(), row.text(9)?.to_owned())),
            None => None,
        },
        actor: row.text(10)?.to_owned(),
    })
}

/// Writes an order for [`crate::tables::bedside::ORDER_PUT`].
pub(crate) fn order_values(o: &OrderRow, values: &mut Vec<Value>) {
    let (at, by, why) = match &o.stopped {
        Some((at, by, why)) => (Some(*at), by.as_str(), why.as_str()),
        None => (None, "", ""),
    };
    values.extend([
        o.episode.area().into(),
        o.episode.into(),
        o.id.into(),
        o.kind.as_str().into(),
        o.what.as_str().into(),
        o.dose.as_str().into(),
        o.by.as_str().into(),
        o.started_at.into(),
        at.into(),
        by.into(),
        why.into(),
        o.actor.as_str().into(),
    ]);
}
