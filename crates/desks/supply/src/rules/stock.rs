//! Stocks: goods come in, travel, are received, go bad, are counted, are shared.

use ledger::{Decision, Move, note_fits, note_needed};
use types::{HolderCode, Refusal, UnitId};

use super::{
    DIFFERS, Decided, Facts, IN_STOCK, LOST, MISSING, ON_THE_ROAD, few, outside, positive, post,
    road_to,
};
use crate::command::{Allot, Command, Line, Send, TakeIn, lot_id, shipment_id};
use crate::event::{Event, Sent, TakenIn};
use crate::rows::{Lot, Shipment, Site};
use crate::words::{LossWhy, Origin, ShipState};
use crate::{EXPLAIN_WITHIN, MOST_AMOUNT};

pub(super) fn take_in(facts: &Facts<'_, Command>, c: &TakeIn) -> Decided {
    facts.open_site(&c.site)?;
    positive(c.amount)?;
    note_needed(&c.from)?;
    note_fits(&c.what)?;
    if c.expires_at <= facts.at() {
        return Err(Refusal::new("past-its-date").with("good", c.good));
    }
    let lot = lot_id(facts.asked.area, facts.asked.id);
    let mut moves = vec![Move::Open {
        unit: lot,
        holder: HolderCode::desk(facts.asked.area),
        step: IN_STOCK.to_owned(),
        deadline: Some(c.expires_at),
        limit: None,
    }];
    moves.extend(post(c.good, outside(c.origin), &c.site, c.amount));
    let taken = TakenIn {
        lot,
        site: c.site.clone(),
        good: c.good,
        amount: c.amount,
        origin: c.origin,
        from: c.from.trim().to_owned(),
        what: c.what.trim().to_owned(),
        halal: c.halal,
        expires_at: c.expires_at,
    };
    let events = vec![Event::TakenIn(Box::new(taken))];
    Ok(Decision { moves, events, notes: Vec::new() })
}

/// What leaves a place for another one.
struct Leaving<'a> {
    from: &'a Site,
    to: &'a Site,
    shipment: UnitId,
    lots: Vec<(&'a Lot, i64)>,
    carrier: &'a HolderCode,
    due: types::Micros,
    community: Option<types::PlaceCode>,
}

impl Leaving<'_> {
    fn decision(self) -> Decision<Event> {
        let mut moves = vec![Move::Open {
            unit: self.shipment,
            holder: self.carrier.clone(),
            step: ON_THE_ROAD.to_owned(),
            deadline: Some(self.due),
            limit: None,
        }];
        for (lot, amount) in &self.lots {
            moves.extend(post(lot.good, &self.from.code, road_to(&self.to.code), *amount));
        }
        let lines = self.lots.iter().map(|(lot, amount)| Line { lot: lot.id, amount: *amount });
        let sent = Sent {
            shipment: self.shipment,
            from: self.from.code.clone(),
            to: self.to.code.clone(),
            to_area: self.to.area,
            lines: lines.collect(),
            carrier: self.carrier.clone(),
            due: self.due,
            community: self.community,
        };
        Decision { moves, events: vec![Event::Sent(Box::new(sent))], notes: Vec::new() }
    }
}

/// Nothing that is past its date is brought to anybody.
fn none_expired(facts: &Facts<'_, Command>, lots: &[(&Lot, i64)]) -> Result<(), Refusal> {
    match lots.iter().find(|(lot, _)| lot.expires_at <= facts.at()) {
        Some((lot, _)) => Err(Refusal::new("past-its-date").with("good", lot.good)),
        None => Ok(()),
    }
}

pub(super) fn send(facts: &Facts<'_, Command>, c: &Send) -> Decided {
    let from = facts.open_site(&c.from)?;
    let to = facts.site(&c.to)?;
    if c.from == c.to {
        return Err(Refusal::new("sent-to-itself").with("site", &c.to));
    }
    if let Some((_, _, reason)) = &to.closed {
        return Err(Refusal::new("site-closed").with("site", &c.to).with("reason", reason));
    }
    if c.due <= facts.at() {
        return Err(Refusal::new("due-in-the-past"));
    }
    let lots = facts.lying(&c.from, &c.lines)?;
    none_expired(facts, &lots)?;
    let shipment = shipment_id(facts.asked.area, facts.asked.id, 0);
    let leaving =
        Leaving { from, to, shipment, lots, carrier: &c.carrier, due: c.due, community: None };
    Ok(leaving.decision())
}

fn shipment<'a>(facts: &'a Facts<'_, Command>, id: UnitId) -> Result<&'a Shipment, Refusal> {
    let found = facts.state.shipments.get(&id);
    found.ok_or_else(|| Refusal::new("shipment-unknown").with("shipment", id))
}

pub(super) fn receive(
    facts: &Facts<'_, Command>,
    id: UnitId,
    lines: &[Line],
    note: &str,
) -> Decided {
    let of = shipment(facts, id)?;
    let site = facts.own_site(&of.to)?;
    note_fits(note)?;
    if of.state != ShipState::Sent {
        return Err(Refusal::new("received-already").with("shipment", id).with("state", of.state));
    }
    let mut got: Vec<Line> = Vec::with_capacity(lines.len());
    for line in lines {
        let sent = of.lines.iter().find(|sent| sent.lot == line.lot);
        let Some(sent) = sent else {
            return Err(Refusal::new("not-in-the-shipment").with("lot", line.lot));
        };
        if line.amount < 0 || line.amount > sent.amount {
            return Err(Refusal::new("more-than-sent")
                .with("lot", line.lot)
                .with("sent", sent.amount)
                .with("counted", line.amount));
        }
        if got.iter().any(|known| known.lot == line.lot) {
            return Err(Refusal::new("lot-named-twice"));
        }
        if line.amount > 0 {
            got.push(*line);
        }
    }
    let mut decision = Decision::default();
    let mut whole = true;
    for sent in &of.lines {
        let lot = facts.lot(sent.lot)?;
        let counted = got.iter().find(|line| line.lot == sent.lot).map_or(0, |line| line.amount);
        decision.moves.extend(post(lot.good, road_to(&of.to), &of.to, counted));
        decision.moves.extend(post(lot.good, road_to(&of.to), MISSING, sent.amount - counted));
        if counted < sent.amount {
            whole = false;
            decision.moves.extend(facts.gone(lot, sent.amount - counted));
        }
    }
    if whole {
        decision.moves.push(Move::Close { unit: id, reason: "arrived".to_owned() });
    } else {
        // It is not over before somebody has said what became of the rest.
        note_needed(note)?;
        let desk = HolderCode::desk(facts.asked.area);
        decision.moves.push(Move::Hand {
            unit: id,
            giver: Some(of.carrier.clone()),
            taker: desk,
            step: DIFFERS.to_owned(),
            deadline: Some(facts.at() + EXPLAIN_WITHIN),
            limit: None,
            evidence: None,
        });
        decision.notes.push(Refusal::new("shipment-differs").with("shipment", id));
    }
    decision.events.push(Event::Received {
        shipment: id,
        site: site.code.clone(),
        lines: got,
        note: note.trim().to_owned(),
    });
    Ok(decision)
}

pub(super) fn explain(facts: &Facts<'_, Command>, id: UnitId, note: &str) -> Decided {
    let of = shipment(facts, id)?;
    note_needed(note)?;
    if of.to_area != facts.asked.area {
        return Err(Refusal::new("site-of-another-county").with("site", &of.to));
    }
    if of.state != ShipState::Differs {
        return Err(Refusal::new("nothing-to-explain")
            .with("shipment", id)
            .with("state", of.state));
    }
    let mut decision =
        Decision::fact(Event::Explained { shipment: id, note: note.trim().to_owned() });
    decision.moves.push(Move::Close { unit: id, reason: "explained".to_owned() });
    Ok(decision)
}

pub(super) fn spoil(
    facts: &Facts<'_, Command>,
    code: &HolderCode,
    line: Line,
    why: LossWhy,
    note: &str,
) -> Decided {
    // At a closed place, too: what was contaminated there has to go.
    facts.own_site(code)?;
    note_fits(note)?;
    let lots = facts.lying(code, &[line])?;
    let mut decision = Decision::fact(Event::Spoiled {
        site: code.clone(),
        lot: line.lot,
        amount: line.amount,
        why,
        note: note.trim().to_owned(),
    });
    for (lot, amount) in lots {
        decision.moves.extend(post(lot.good, code, LOST, amount));
        decision.moves.extend(facts.gone(lot, amount));
    }
    Ok(decision)
}

pub(super) fn count(
    facts: &Facts<'_, Command>,
    code: &HolderCode,
    id: UnitId,
    found: i64,
    note: &str,
) -> Decided {
    facts.own_site(code)?;
    let lot = facts.lot(id)?;
    if !(0..=MOST_AMOUNT).contains(&found) {
        return Err(Refusal::new("amount-out-of-range")
            .with("amount", found)
            .with("limit", MOST_AMOUNT));
    }
    let was = facts.state.stock_of(code, id);
    if was == found {
        note_fits(note)?;
        return Ok(Decision::default());
    }
    note_needed(note)?;
    let mut decision = Decision::fact(Event::Counted {
        site: code.clone(),
        lot: id,
        was,
        found,
        note: note.trim().to_owned(),
    });
    decision.moves.extend(post(lot.good, MISSING, code, found - was));
    decision.moves.extend(facts.gone(lot, was - found));
    Ok(decision)
}

pub(super) fn allot(facts: &Facts<'_, Command>, c: &Allot) -> Decided {
    let from = facts.open_site(&c.site)?;
    few(c.shares.len())?;
    note_fits(&c.reason)?;
    if c.due <= facts.at() {
        return Err(Refusal::new("due-in-the-past"));
    }
    let mut amount = 0i64;
    for (n, share) in c.shares.iter().enumerate() {
        positive(share.amount)?;
        note_fits(&share.why)?;
        amount = amount.saturating_add(share.amount);
        if c.shares[..n].iter().any(|other| other.community == share.community) {
            return Err(Refusal::new("community-named-twice").with("place", &share.community));
        }
    }
    let lots = facts.lying(&c.site, &[Line { lot: c.lot, amount }])?;
    none_expired(facts, &lots)?;
    let Some((lot, _)) = lots.first().copied() else {
        return Err(Refusal::new("lot-unknown").with("lot", c.lot));
    };
    if lot.origin != Origin::Donated {
        return Err(Refusal::new("not-a-donation").with("lot", c.lot));
    }
    let mut decision = Decision::default();
    for (n, share) in (0u32..).zip(&c.shares) {
        let shops = facts.state.shops_of(share.community.as_str());
        let Some(to) = shops.first().and_then(|(shop, _)| facts.state.site(shop)) else {
            return Err(Refusal::new("no-shop-serves").with("place", &share.community));
        };
        let shipment = shipment_id(facts.asked.area, facts.asked.id, n);
        // What lies at that shop already stays there.
        let stays = to.code == from.code;
        if !stays {
            let leaving = Leaving {
                from,
                to,
                shipment,
                lots: vec![(lot, share.amount)],
                carrier: &c.carrier,
                due: c.due,
                community: Some(share.community.clone()),
            };
            decision.join(leaving.decision());
        }
        decision.events.push(Event::Allotted {
            lot: c.lot,
            community: share.community.clone(),
            amount: share.amount,
            shipment: (!stays).then_some(shipment),
            why: share.why.clone(),
        });
    }
    Ok(decision)
}
