//! The queue of what could not be recorded at once: matched again when something has become
//! known, matched by hand, or dismissed with a reason. Nothing leaves it in any other way.
//!
//! Recording an item takes three steps, each durable before the next: the item is claimed for
//! its tube, the result goes to the ledger, the item is settled. Cut off between two of them, the
//! next round finds the claim and goes on; the ledger knows the command.

use std::collections::BTreeSet;

use ledger::{Operation, Outcome, Priority};
use store::{Connection, Value};
use types::{AreaCode, HolderCode, Micros, Refusal, UnitId};
use uuid::Uuid;

use crate::feed::draft::Draft;
use crate::feed::intake::{reply_when_named, submit, take_after_all, write};
use crate::feed::item::{Item, ItemKey, ItemState, reasons_text};
use crate::feed::laboratory::{Laboratory, normal, resolve};
use crate::feed::message::{Format, Message, MessageId};
use crate::feed::sort::{Fate, Ready, Source};
use crate::feed::tables::{
    ALIAS_DROP, ALIAS_PUT, CLAIMED, EVENT_PUT, ITEM_CLAIM, ITEM_DISMISS, ITEM_REFUSED, ITEM_SETTLE,
    ITEM_WAITS, ITEMS_DISMISS, MATCHED_BY_BARCODE, MATCHED_BY_CODE, MESSAGE_DISMISSED,
    MESSAGE_NAMED, MESSAGE_RECOUNT, MESSAGES_OF_UNKNOWN, SENDERS_UNKNOWN,
};
use crate::feed::tube::{self, Tube};
use crate::{App, Fault, feed};

/// Items that are worked on together.
const BATCH: i64 = 200;
/// Items of one message: more than a message of the longest size can hold.
const ALL: i64 = 20_000;

/// What one round through the queue has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Items that are in the ledger now.
    pub recorded: usize,
    /// Messages whose laboratory has become known.
    pub named: usize,
}

/// Records what has come to be known since the last round: laboratories that were named, tubes
/// that were collected, work that was cut off.
///
/// # Errors
/// [`Fault`] when the store fails.
pub async fn rematch(app: &App) -> Result<Round, Fault> {
    let mut round = Round::default();
    let mut db = app.reader().await?;
    for row in db.query(&SENDERS_UNKNOWN, &[BATCH.into()]).await? {
        let sender = row.text(0)?;
        let Some(lab) = resolve(&mut db, sender).await? else { continue };
        loop {
            let rows = db.query(&MESSAGES_OF_UNKNOWN, &[sender.into(), BATCH.into()]).await?;
            for row in &rows {
                name(app, &mut db, MessageId(row.id(0)?), &lab).await?;
                round.named += 1;
            }
            if rows.is_empty() {
                break;
            }
        }
    }
    // What was found once and did not match is not found again in the same round.
    let mut seen = BTreeSet::new();
    loop {
        let mut keys = keys(&mut db, &CLAIMED).await?;
        keys.extend(self::keys(&mut db, &MATCHED_BY_BARCODE).await?);
        keys.extend(self::keys(&mut db, &MATCHED_BY_CODE).await?);
        keys.retain(|key| seen.insert(*key));
        if keys.is_empty() {
            return Ok(round);
        }
        let mut picks = Vec::new();
        for key in keys {
            if let Some(pick) = pick(app, &mut db, key).await? {
                picks.push(pick);
            }
        }
        round.recorded += settle(app, picks, None).await?;
    }
}

async fn keys(db: &mut Connection, query: &'static store::Query) -> Result<Vec<ItemKey>, Fault> {
    let rows = db.query(query, &[BATCH.into()]).await?;
    rows.iter().map(|row| Ok(ItemKey { message: MessageId(row.id(0)?), n: row.int(1)? })).collect()
}

/// An item and the tube that it is for.
struct Pick {
    item: Item,
    message: Message,
    draft: Draft,
    lab: HolderCode,
    tube: Tube,
}

/// The tube of a waiting item by what is known now.
async fn pick(app: &App, db: &mut Connection, key: ItemKey) -> Result<Option<Pick>, Fault> {
    let (Some(item), Some(message)) =
        (Item::find(db, key).await?, Message::find(db, key.message).await?)
    else {
        return Ok(None);
    };
    let (Some(draft), Some(lab)) = (item.draft.clone(), item.lab.clone()) else {
        return Ok(None);
    };
    if item.state != ItemState::Waiting {
        return Ok(None);
    }
    if let Some(unit) = item.unit {
        let tube = Tube { unit, area: item.area };
        return Ok(Some(Pick { item, message, draft, lab, tube }));
    }
    let found = tube::find(db, &draft.codes).await?;
    let waits = match &found {
        Err(unmatched) => Some((unmatched.reason.clone(), unmatched.may_come)),
        Ok(found) => outside(&message, area_of(found, &item))
            .map(|area| (Refusal::new("feed-outside-areas").with("area", area), false)),
    };
    if let Some((reason, may_come)) = waits {
        write(app, vec![still_waits(key, &lab, item.area, &reason, may_come)]).await?;
        return Ok(None);
    }
    Ok(found.ok().map(|tube| {
        let tube = Tube { area: area_of(&tube, &item), ..tube };
        Pick { item, message, draft, lab, tube }
    }))
}

fn area_of(tube: &Tube, item: &Item) -> AreaCode {
    if tube.area == AreaCode::NONE { item.area } else { tube.area }
}

/// The area, if whoever brought the message may not record results of it.
fn outside(message: &Message, area: AreaCode) -> Option<AreaCode> {
    message.scope.filter(|scope| !scope.contains(area)).map(|_| area)
}

fn still_waits(
    key: ItemKey,
    lab: &HolderCode,
    area: AreaCode,
    reason: &Refusal,
    rematch: bool,
) -> Operation {
    let params = vec![
        key.message.into(),
        key.n.into(),
        lab.into(),
        area.into(),
        reasons_text(std::slice::from_ref(reason)).into(),
        rematch.into(),
    ];
    Operation::Execute(&ITEM_WAITS, params)
}

fn claim(key: ItemKey, tube: Tube) -> Operation {
    let params = vec![key.message.into(), key.n.into(), tube.unit.into(), tube.area.into()];
    Operation::Execute(&ITEM_CLAIM, params)
}

/// Claims, records, settles. Gives the number of items that are in the ledger now.
async fn settle(app: &App, picks: Vec<Pick>, by: Option<&str>) -> Result<usize, Fault> {
    if picks.is_empty() {
        return Ok(0);
    }
    let claims = picks.iter().map(|pick| claim(pick.item.key, pick.tube)).collect();
    let claimed = write(app, claims).await?;
    // Somebody else may have been faster with another tube.
    let ours = picks.into_iter().zip(claimed).filter(|(_, changed)| *changed == 1);
    let ours: Vec<Pick> = ours.map(|(pick, _)| pick).collect();
    let now = app.now();
    let envelopes = ours.iter().map(|pick| pick.envelope(now, by)).collect();
    let outcomes = submit(app, Priority::Normal, envelopes).await?;
    let mut writes = Vec::new();
    let mut touched = BTreeSet::new();
    let mut recorded = 0;
    for (pick, outcome) in ours.into_iter().zip(&outcomes) {
        touched.insert((pick.item.key.message, pick.message.area));
        let (is_recorded, settled) = pick.settled(outcome, now, by);
        recorded += usize::from(is_recorded);
        writes.push(settled);
    }
    for (message, area) in touched {
        writes.push(recount(message, by.is_some()));
        app.feed().stirred(app, area);
    }
    write(app, writes).await?;
    Ok(recorded)
}

impl Pick {
    fn envelope(&self, now: Micros, by: Option<&str>) -> ledger::Envelope<crate::house::Command> {
        let source = Source {
            origin: self.message.origin(),
            lab: None,
            scope: None,
            actor: by.unwrap_or(&self.message.actor).to_owned(),
            known_at: now,
            now,
        };
        let (n, attempt, tube) = (self.item.key.n, self.item.attempt, self.tube);
        source.envelope(n, attempt, tube.unit, tube.area, &self.draft, &self.lab)
    }

    /// What the ledger's answer makes of the item, and whether it is recorded.
    fn settled(&self, outcome: &Outcome, now: Micros, by: Option<&str>) -> (bool, Operation) {
        let key = self.item.key;
        let ready = Ready {
            n: key.n,
            unit: self.tube.unit,
            area: self.tube.area,
            draft: self.draft.clone(),
            envelope: self.envelope(now, by),
        };
        let (state, reasons) = match ready.fate(&self.lab, outcome) {
            Fate::Recorded => (ItemState::Recorded, Vec::new()),
            Fate::Duplicate => (ItemState::Duplicate, Vec::new()),
            Fate::Kept(item) => (item.state, item.reasons),
        };
        let reasons = reasons_text(&reasons).into();
        if state == ItemState::Waiting {
            let params = vec![key.message.into(), key.n.into(), reasons];
            return (false, Operation::Execute(&ITEM_REFUSED, params));
        }
        let params = vec![
            key.message.into(),
            key.n.into(),
            state.as_str().into(),
            reasons,
            now.into(),
            by.map_or(Value::Null, Value::from),
            Value::Null,
        ];
        (state == ItemState::Recorded, Operation::Execute(&ITEM_SETTLE, params))
    }
}

/// Gives a message its laboratory, and its items the tubes that are known.
async fn name(
    app: &App,
    db: &mut Connection,
    id: MessageId,
    lab: &Laboratory,
) -> Result<(), Fault> {
    let Some(message) = Message::find(db, id).await? else { return Ok(()) };
    let reply = match message.format {
        Format::Hl7 => Value::Bytes(reply_when_named(app, &message).await?),
        Format::Csv => Value::Null,
    };
    let params = vec![id.into(), (&lab.code).into(), lab.area.into(), reply];
    let mut writes = vec![Operation::Execute(&MESSAGE_NAMED, params)];
    let mut found = Vec::new();
    for mut item in Item::of(db, id, 0, Some(ItemState::Waiting), ALL).await? {
        let Some(draft) = item.draft.clone() else {
            let reasons = item.reasons.first().cloned();
            let reason = reasons.unwrap_or_else(|| Refusal::new("feed-tube-unknown"));
            writes.push(still_waits(item.key, &lab.code, lab.area, &reason, false));
            continue;
        };
        let tube = tube::find(db, &draft.codes).await?;
        (item.area, item.lab) = (lab.area, Some(lab.code.clone()));
        let (reason, may_come) = match &tube {
            Err(unmatched) => (unmatched.reason.clone(), unmatched.may_come),
            Ok(_) => (Refusal::new("feed-tube-unknown"), true),
        };
        writes.push(still_waits(item.key, &lab.code, lab.area, &reason, may_come));
        if let Ok(tube) = tube {
            let tube = Tube { area: area_of(&tube, &item), ..tube };
            writes.push(claim(item.key, tube));
            let message = message.clone();
            found.push(Pick { item, message, draft, lab: lab.code.clone(), tube });
        }
    }
    write(app, writes).await?;
    settle(app, found, None).await?;
    Ok(())
}

fn recount(message: MessageId, by_hand: bool) -> Operation {
    Operation::Execute(&MESSAGE_RECOUNT, vec![message.into(), i64::from(by_hand).into()])
}

/// A line in a message's history.
pub(crate) fn event(
    app: &App,
    message: Option<MessageId>,
    n: Option<i64>,
    by: &str,
    what: &str,
    detail: &str,
) -> Operation {
    let row = vec![
        (*Uuid::now_v7().as_bytes()).into(),
        message.map_or(Value::Null, Value::from),
        n.into(),
        app.now().into(),
        by.into(),
        what.into(),
        detail.into(),
    ];
    Operation::Insert(&EVENT_PUT, row)
}

/// The tube that a person means by a code: one of ours, or one that is known.
///
/// # Errors
/// [`Refusal`] inside when there is none; [`Fault`] when the store fails.
pub async fn tube_by_code(db: &mut Connection, code: &str) -> Result<Result<Tube, Refusal>, Fault> {
    let code = code.trim().to_owned();
    if let Err(e) = UnitId::scanned(testing::TUBE, &code) {
        return Ok(Err(e.into()));
    }
    let found = tube::find(db, std::slice::from_ref(&code)).await?;
    Ok(found.map_err(|unmatched| match unmatched.reason.code.as_ref() {
        "feed-tube-unknown" => Refusal::new("tube-unknown").with("tube", code),
        _ => unmatched.reason,
    }))
}

/// Records a waiting item for a tube that a person has chosen.
///
/// # Errors
/// `feed-item-settled` when it does not wait any more; the desk's refusal of the result for that
/// tube (the item then waits on); [`Fault`] when the store fails.
pub async fn match_by_hand(app: &App, key: ItemKey, tube: Tube, by: &str) -> Result<(), Fault> {
    let mut db = app.reader().await?;
    let gone = || Fault::from(Refusal::new("feed-item-settled"));
    let item = Item::find(&mut db, key).await?.ok_or_else(gone)?;
    let message = Message::find(&mut db, key.message).await?.ok_or_else(gone)?;
    let claimed = item.unit.is_some_and(|unit| unit != tube.unit);
    let draft = item.draft.clone().filter(|_| item.state == ItemState::Waiting && !claimed);
    let draft = draft.ok_or_else(gone)?;
    let Some(lab) = item.lab.clone() else {
        return Err(Refusal::new("feed-lab-unknown").with("sender", message.sender).into());
    };
    let tube = Tube { area: area_of(&tube, &item), ..tube };
    let said = event(app, Some(key.message), Some(key.n), by, "matched", &tube.unit.to_string());
    settle(app, vec![Pick { item, message, draft, lab, tube }], Some(by)).await?;
    let after = Item::find(&mut db, key).await?.ok_or_else(gone)?;
    match after.state {
        ItemState::Waiting => {
            let refusal = after.reasons.into_iter().next();
            Err(refusal.unwrap_or_else(|| Refusal::new("feed-item-settled")).into())
        }
        _ => write(app, vec![said]).await.map(drop),
    }
}

/// Tries a waiting item again by what is known now; whether it is recorded.
///
/// # Errors
/// [`Fault`] when the store fails.
pub async fn try_again(app: &App, key: ItemKey) -> Result<bool, Fault> {
    let mut db = app.reader().await?;
    let Some(pick) = pick(app, &mut db, key).await? else { return Ok(false) };
    Ok(settle(app, vec![pick], None).await? == 1)
}

/// Sets an item aside, with the reason that a person gives.
///
/// # Errors
/// `note-needed` without one; `feed-item-settled` when it does not wait any more.
pub async fn dismiss(app: &App, key: ItemKey, note: &str, by: &str) -> Result<(), Fault> {
    let note = needed(note)?;
    let params =
        vec![key.message.into(), key.n.into(), app.now().into(), by.into(), note.clone().into()];
    let dismissed = write(app, vec![Operation::Execute(&ITEM_DISMISS, params)]).await?;
    if dismissed != [1] {
        return Err(Refusal::new("feed-item-settled").into());
    }
    let said = event(app, Some(key.message), Some(key.n), by, "dismissed", &note);
    write(app, vec![recount(key.message, true), said]).await.map(drop)
}

/// Sets everything aside that is open in a message, or the message itself when it could not be
/// taken as a whole.
///
/// # Errors
/// As [`dismiss`].
pub async fn dismiss_message(app: &App, id: MessageId, note: &str, by: &str) -> Result<(), Fault> {
    let note = needed(note)?;
    let items = vec![id.into(), app.now().into(), by.into(), note.clone().into()];
    let changed = write(
        app,
        vec![
            Operation::Execute(&ITEMS_DISMISS, items),
            Operation::Execute(&MESSAGE_DISMISSED, vec![id.into()]),
            recount(id, true),
        ],
    )
    .await?;
    if changed.iter().take(2).all(|n| *n == 0) {
        return Err(Refusal::new("feed-item-settled").into());
    }
    write(app, vec![event(app, Some(id), None, by, "dismissed", &note)]).await.map(drop)
}

fn needed(note: &str) -> Result<String, Fault> {
    let note: String = note.trim().chars().take(500).collect();
    if note.is_empty() {
        return Err(Refusal::new("note-needed").with("field", "note").into());
    }
    Ok(note)
}

/// Takes a message after all that was turned away as a whole: a control id that its sender uses
/// again for other results, or a message that the program has learnt to read.
///
/// # Errors
/// `feed-item-settled` when it was taken or dismissed; the refusal of the rule that it breaks.
pub async fn take(app: &App, id: MessageId, by: &str) -> Result<(), Fault> {
    let _one_at_a_time = app.feed().lock(&[&id.0]).await;
    let mut db = app.reader().await?;
    let message = Message::find(&mut db, id).await?;
    let open = message.filter(|m| {
        m.reason.is_some() && m.format == Format::Hl7 && m.state == feed::State::Rejected
    });
    let message = open.ok_or_else(|| Fault::from(Refusal::new("feed-item-settled")))?;
    take_after_all(app, &message, by).await?;
    write(app, vec![event(app, Some(id), None, by, "taken", "")]).await.map(drop)
}

/// Says which laboratory a sender is; what waited for that is recorded at once.
///
/// # Errors
/// `feed-sender-empty`; `wrong-kind-of-holder` for a holder that is no laboratory.
pub async fn name_sender(app: &App, sender: &str, lab: &HolderCode, by: &str) -> Result<(), Fault> {
    let name = normal(sender);
    if name.is_empty() || name.chars().count() > 199 {
        return Err(Refusal::new("feed-sender-empty").into());
    }
    if lab.kind() != feed::laboratory::LAB {
        return Err(Refusal::new("wrong-kind-of-holder")
            .with("holder", lab)
            .with("wanted", feed::laboratory::LAB)
            .into());
    }
    let detail = format!("{} = {lab}", sender.trim());
    let row = vec![name.into(), sender.trim().into(), lab.into(), by.into(), app.now().into()];
    let writes =
        vec![Operation::Insert(&ALIAS_PUT, row), event(app, None, None, by, "named", &detail)];
    write(app, writes).await?;
    rematch(app).await.map(drop)
}

/// Takes a name back. What was recorded under it stays.
///
/// # Errors
/// [`Fault`] when the store fails.
pub async fn forget_sender(app: &App, name: &str, by: &str) -> Result<(), Fault> {
    let writes = vec![
        Operation::Execute(&ALIAS_DROP, vec![name.into()]),
        event(app, None, None, by, "forgotten", name),
    ];
    write(app, writes).await.map(drop)
}
