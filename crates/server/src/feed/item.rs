//! An item that was not simply recorded: it waits, was rejected, or there is a remark about it.

use store::{Connection, Row, Value};
use types::{AreaCode, HolderCode, Micros, Refusal, UnitId, words};

use crate::feed::draft::Draft;
use crate::feed::message::{MessageId, holder};
use crate::feed::tables::{ITEM_ONE, ITEMS_OF, ITEMS_OF_IN};
use crate::{App, Fault};

words! {
    /// Where an item stands.
    ItemState {
        /// For its tube, its laboratory, or a person.
        Waiting = "waiting",
        /// It could not be read.
        Rejected = "rejected",
        /// In the ledger.
        Recorded = "recorded",
        /// Was in the ledger before.
        Duplicate = "duplicate",
        /// Set aside by a person, with a reason.
        Dismissed = "dismissed",
    }
}

/// An item: its message and its position in it, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemKey {
    /// The message or file.
    pub message: MessageId,
    /// The position, from 1.
    pub n: i64,
}

/// An item on its way into the store.
#[derive(Clone, Debug)]
pub struct NewItem {
    /// Its position, from 1.
    pub n: i64,
    /// The county of its tube or else of its laboratory.
    pub area: AreaCode,
    /// The laboratory, if it is known.
    pub lab: Option<HolderCode>,
    /// The tube's code as the laboratory wrote it.
    pub tube: Option<String>,
    /// The tube, once it is known.
    pub unit: Option<UnitId>,
    /// Where it stands.
    pub state: ItemState,
    /// Why, or what is remarked.
    pub reasons: Vec<Refusal>,
    /// What it says.
    pub draft: Option<Draft>,
    /// The row's bytes, of a file.
    pub raw: Option<Vec<u8>>,
    /// How often the desk has refused it.
    pub attempt: i64,
    /// Whether its code may come to be known.
    pub rematch: bool,
}

impl NewItem {
    /// The row for [`crate::feed::tables::ITEM_PUT`].
    ///
    /// # Errors
    /// [`Fault`] when the bytes cannot be sealed.
    pub(crate) fn row(
        self,
        app: &App,
        message: MessageId,
        received_at: Micros,
    ) -> Result<[Value; 15], Fault> {
        let sealed = match self.raw {
            Some(raw) => Some(seal(app, &item_context(message, self.n), raw)?),
            None => None,
        };
        // By the code alone, whatever tube it may be: only a foreign code has to wait.
        let guess = self.tube.as_deref().filter(|_| self.rematch);
        let guess = guess.and_then(|code| UnitId::scanned(testing::TUBE, code).ok());
        let settled = matches!(self.state, ItemState::Recorded | ItemState::Duplicate);
        Ok([
            message.into(),
            self.n.into(),
            self.area.into(),
            self.lab.as_ref().map_or(Value::Null, Value::from),
            self.tube.into(),
            guess.into(),
            self.unit.into(),
            self.state.as_str().into(),
            reasons_text(&self.reasons).into(),
            self.draft.as_ref().map(draft_text).into(),
            sealed.into(),
            self.attempt.into(),
            self.rematch.into(),
            received_at.into(),
            settled.then_some(received_at).into(),
        ])
    }
}

/// An item as it is kept.
#[derive(Clone, Debug)]
pub struct Item {
    /// Which.
    pub key: ItemKey,
    /// The county of its tube or else of its laboratory.
    pub area: AreaCode,
    /// The laboratory, if it is known.
    pub lab: Option<HolderCode>,
    /// The tube's code as the laboratory wrote it.
    pub tube: Option<String>,
    /// The tube, once it is known.
    pub unit: Option<UnitId>,
    /// Where it stands.
    pub state: ItemState,
    /// Why, or what is remarked.
    pub reasons: Vec<Refusal>,
    /// What it says.
    pub draft: Option<Draft>,
    sealed: Option<Vec<u8>>,
    /// How often the desk has refused it.
    pub attempt: i64,
    /// When its message came.
    pub received_at: Micros,
    /// When it was settled.
    pub settled_at: Option<Micros>,
    /// By whom.
    pub settled_by: Option<String>,
    /// What was said about it.
    pub note: Option<String>,
}

impl Item {
    pub(crate) fn read(row: &Row) -> Result<Item, Fault> {
        let json = |text: Option<&str>| -> Result<Vec<Refusal>, Fault> {
            text.map_or(Ok(Vec::new()), |t| serde_json::from_str(t).map_err(Fault::internal))
        };
        let draft = row.opt_text(8)?.map(serde_json::from_str::<Draft>);
        Ok(Item {
            key: ItemKey { message: MessageId(row.id(0)?), n: row.int(1)? },
            area: row.area(2)?,
            lab: holder(row.opt_text(3)?)?,
            tube: row.opt_text(4)?.map(ToOwned::to_owned),
            unit: row.opt_id(5)?.map(UnitId::from_bytes),
            state: ItemState::parse(row.text(6)?)
                .ok_or_else(|| Fault::internal("feed_item: state"))?,
            reasons: json(row.opt_text(7)?)?,
            draft: draft.transpose().map_err(Fault::internal)?,
            sealed: row.opt_bytes(9)?.map(ToOwned::to_owned),
            attempt: row.int(10)?,
            received_at: row.time(11)?,
            settled_at: row.opt_time(12)?,
            settled_by: row.opt_text(13)?.map(ToOwned::to_owned),
            note: row.opt_text(14)?.map(ToOwned::to_owned),
        })
    }

    /// One item.
    ///
    /// # Errors
    /// [`Fault`] when the store fails; as all functions here.
    pub async fn find(db: &mut Connection, key: ItemKey) -> Result<Option<Item>, Fault> {
        let row = db.first(&ITEM_ONE, &[key.message.into(), key.n.into()]).await?;
        row.as_ref().map(Item::read).transpose()
    }

    /// The items of a message after a position, of one state or of all.
    ///
    /// # Errors
    /// As [`Item::find`].
    pub async fn of(
        db: &mut Connection,
        message: MessageId,
        after: i64,
        state: Option<ItemState>,
        limit: i64,
    ) -> Result<Vec<Item>, Fault> {
        let rows = match state {
            None => db.query(&ITEMS_OF, &[message.into(), after.into(), limit.into()]).await?,
            Some(state) => {
                let params = [message.into(), after.into(), state.as_str().into(), limit.into()];
                db.query(&ITEMS_OF_IN, &params).await?
            }
        };
        rows.iter().map(Item::read).collect()
    }

    /// Whether the row's bytes are kept with it.
    pub fn has_raw(&self) -> bool {
        self.sealed.is_some()
    }

    /// The row's bytes, of a file's item.
    ///
    /// # Errors
    /// [`Fault`] when they cannot be opened.
    pub fn raw(&self, app: &App) -> Result<Option<Vec<u8>>, Fault> {
        let Some(sealed) = &self.sealed else { return Ok(None) };
        open(app, &item_context(self.key.message, self.key.n), sealed).map(Some)
    }
}

/// Refusals as JSON; nothing for none.
pub(crate) fn reasons_text(reasons: &[Refusal]) -> Option<String> {
    (!reasons.is_empty()).then(|| serde_json::to_string(reasons).unwrap_or_default())
}

fn draft_text(draft: &Draft) -> String {
    serde_json::to_string(draft).unwrap_or_default()
}

fn item_context(message: MessageId, n: i64) -> Vec<u8> {
    [b"feed item v1".as_slice(), &message.0, &n.to_be_bytes()].concat()
}

/// Seals bytes of the feed with the keys of people's data: what a laboratory sends may hold them.
pub(crate) fn seal(app: &App, context: &[u8], plain: Vec<u8>) -> Result<Vec<u8>, Fault> {
    app.keys().seal_bytes(context, plain).map(|sealed| sealed.0).map_err(Fault::internal)
}

/// Opens what [`seal`] sealed.
pub(crate) fn open(app: &App, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Fault> {
    app.keys().unseal_bytes(context, sealed).map(|plain| plain.to_vec()).map_err(Fault::internal)
}
