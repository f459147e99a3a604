//! A message or file as it is kept: who sent it, how it came, what became of its items.

use std::fmt;

use ledger::Operation;
use sha2::{Digest as _, Sha256};
use store::{Connection, Row, Value};
use types::{
    AreaCode, AreaScope, CommandId, HolderCode, Micros, ParseError, Refusal, UnitId, words,
};
use uuid::Uuid;

use crate::Fault;
use crate::feed::item::ItemState;
use crate::feed::laboratory::Laboratory;
use crate::feed::tables::{MESSAGE_ONE, MESSAGE_PUT};

words! {
    /// How it came.
    Channel {
        /// Over an MLLP connection.
        Mllp = "mllp",
        /// Through the API.
        Api = "api",
        /// By the upload page.
        Page = "page",
    }
}

words! {
    /// What it is.
    Format {
        /// An HL7 v2 message.
        Hl7 = "hl7",
        /// A CSV file.
        Csv = "csv",
    }
}

words! {
    /// Where a message or file stands.
    State {
        /// A file is being stored.
        Storing = "storing",
        /// A file is being read through without effect.
        Checking = "checking",
        /// A file was read through and waits for the word to go.
        Checked = "checked",
        /// A file's rows are being recorded.
        Running = "running",
        /// At least one item waits for a tube, a laboratory or a person.
        Waiting = "waiting",
        /// It could not be taken as a whole, or items of it could not be read.
        Rejected = "rejected",
        /// Every item was recorded, or had been before.
        Done = "done",
        /// Something waited or was rejected, and a person has dealt with all of it.
        Resolved = "resolved",
        /// A file was called back before it ran.
        Withdrawn = "withdrawn",
    }
}

/// The id of a message: derived from what it is, so that the same message has the same id
/// however often it comes. That of a file is random.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub [u8; 16]);

impl MessageId {
    /// The id of a message: sender, control id and bytes.
    pub fn derived(sender: &str, control: &str, digest: &[u8; 32]) -> MessageId {
        MessageId(named(&[b"message", sender.as_bytes(), control.as_bytes(), digest]))
    }

    /// A fresh id, for a file.
    pub fn fresh() -> MessageId {
        MessageId(*Uuid::now_v7().as_bytes())
    }

    /// Reads what [`fmt::Display`] writes.
    ///
    /// # Errors
    /// [`ParseError`] unless the text is a UUID.
    pub fn parse(text: &str) -> Result<MessageId, ParseError> {
        Uuid::parse_str(text)
            .map(|id| MessageId(*id.as_bytes()))
            .map_err(|_| ParseError::new("message", text, "a UUID"))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_bytes(self.0).fmt(f)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<MessageId> for Value {
    fn from(id: MessageId) -> Value {
        Value::Id(id.0)
    }
}

/// What the ids of a message's commands hang on. Sending the message again makes the same
/// commands, which the ledger knows; another message under the same control id makes others.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The sender as it names itself, or the laboratory of a file.
    pub sender: String,
    /// MSH-10; of a file nothing.
    pub control: String,
    /// SHA-256 of the bytes.
    pub digest: [u8; 32],
}

impl Origin {
    /// The id of the command that records an item for a tube. `attempt` counts how often the
    /// desk has refused the item: a refusal is an outcome that stays, so the next try needs an
    /// id of its own.
    pub fn command(&self, item: i64, attempt: i64, unit: UnitId) -> CommandId {
        CommandId::from_bytes(named(&[
            b"result",
            self.sender.as_bytes(),
            self.control.as_bytes(),
            &self.digest,
            &item.to_be_bytes(),
            &attempt.to_be_bytes(),
            &unit.bytes(),
        ]))
    }
}

/// A UUIDv8 from the hash of its parts.
fn named(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(b"songhua laboratory feed v1");
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    id[6] = (id[6] & 0x0f) | 0x80;
    id[8] = (id[8] & 0x3f) | 0x80;
    id
}

/// SHA-256 of a message's bytes.
pub fn digest_of(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// What became of the items: `items = recorded + duplicate + waiting + rejected + dismissed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Items of the message, rows of the file.
    pub items: i64,
    /// In the ledger.
    pub recorded: i64,
    /// In the ledger before.
    pub duplicate: i64,
    /// In the queue.
    pub waiting: i64,
    /// Unreadable.
    pub rejected: i64,
    /// Set aside by a person.
    pub dismissed: i64,
}

impl Counts {
    /// Whether everything that came in is accounted for.
    pub fn add_up(&self) -> bool {
        let parts = self.recorded + self.duplicate + self.waiting + self.rejected + self.dismissed;
        self.items == parts
    }

    /// Counts an item by its state; not as one more item.
    pub fn count(&mut self, state: ItemState) {
        match state {
            ItemState::Waiting => self.waiting += 1,
            ItemState::Rejected => self.rejected += 1,
            ItemState::Recorded => self.recorded += 1,
            ItemState::Duplicate => self.duplicate += 1,
            ItemState::Dismissed => self.dismissed += 1,
        }
    }

    /// The state that follows from the counts when nobody has done anything yet.
    pub fn state(&self) -> State {
        if self.waiting > 0 {
            State::Waiting
        } else if self.rejected > 0 {
            State::Rejected
        } else {
            State::Done
        }
    }
}

/// A message or file without its bytes.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// How it came.
    pub channel: Channel,
    /// What it is.
    pub format: Format,
    /// MSH-4 as it stands there; of a file the laboratory that it was uploaded for.
    pub sender: String,
    /// The laboratory, once it is known.
    pub lab: Option<HolderCode>,
    /// The laboratory's county; none until it is known.
    pub area: AreaCode,
    /// MSH-10, or the file's name.
    pub control: String,
    /// SHA-256 of the bytes.
    pub digest: [u8; 32],
    /// How many bytes.
    pub bytes: i64,
    /// When it came.
    pub received_at: Micros,
    /// Who brought it: `mllp`, or an account.
    pub actor: String,
    /// The areas of the account that brought it; none for a line without sign-in.
    pub scope: Option<AreaScope>,
    /// Where it stands.
    pub state: State,
    /// Why it could not be taken as a whole.
    pub reason: Option<Refusal>,
    /// What became of its items.
    pub counts: Counts,
    /// How often it came again.
    pub repeats: i64,
    /// When it last came again.
    pub repeated_at: Option<Micros>,
    /// Recorded at once and without remark, so without an item's row.
    pub direct_recorded: i64,
    /// Known before, without an item's row.
    pub direct_duplicate: i64,
}

impl Message {
    /// Reads a row of the statements that select messages.
    pub(crate) fn read(row: &Row) -> Result<Message, Fault> {
        let odd = |what: &str| Fault::internal(format!("feed_message: {what}"));
        Ok(Message {
            id: MessageId(row.id(0)?),
            channel: Channel::parse(row.text(1)?).ok_or_else(|| odd("channel"))?,
            format: Format::parse(row.text(2)?).ok_or_else(|| odd("format"))?,
            sender: row.text(3)?.to_owned(),
            lab: holder(row.opt_text(4)?)?,
            area: row.area(5)?,
            control: row.text(6)?.to_owned(),
            digest: row.bytes(7)?.try_into().map_err(|_| odd("digest"))?,
            bytes: row.int(8)?,
            received_at: row.time(9)?,
            actor: row.text(10)?.to_owned(),
            state: State::parse(row.text(11)?).ok_or_else(|| odd("state"))?,
            reason: reason(row.opt_text(12)?)?,
            counts: Counts {
                items: row.int(13)?,
                recorded: row.int(14)?,
                duplicate: row.int(15)?,
                waiting: row.int(16)?,
                rejected: row.int(17)?,
                dismissed: row.int(18)?,
            },
            repeats: row.int(19)?,
            repeated_at: row.opt_time(20)?,
            direct_recorded: row.int(21)?,
            direct_duplicate: row.int(22)?,
            scope: row.opt_text(23)?.map(AreaScope::parse).transpose().map_err(Fault::internal)?,
        })
    }

    /// One message.
    ///
    /// # Errors
    /// [`Fault`] when the store fails.
    pub async fn find(db: &mut Connection, id: MessageId) -> Result<Option<Message>, Fault> {
        let row = db.first(&MESSAGE_ONE, &[id.into()]).await?;
        row.as_ref().map(Message::read).transpose()
    }

    /// What the ids of its commands hang on.
    pub fn origin(&self) -> Origin {
        match self.format {
            Format::Hl7 => Origin {
                sender: self.sender.clone(),
                control: self.control.clone(),
                digest: self.digest,
            },
            Format::Csv => Origin {
                sender: self.lab.as_ref().map(ToString::to_string).unwrap_or_default(),
                control: String::new(),
                digest: self.digest,
            },
        }
    }
}

/// A message on its way into the store.
#[derive(Clone, Debug)]
pub(crate) struct NewMessage<'a> {
    pub id: MessageId,
    pub channel: Channel,
    pub format: Format,
    pub sender: &'a str,
    pub lab: Option<&'a Laboratory>,
    pub control: &'a str,
    pub digest: [u8; 32],
    pub bytes: usize,
    pub received_at: Micros,
    pub actor: &'a str,
    pub scope: Option<AreaScope>,
    pub state: State,
    pub reason: Option<&'a Refusal>,
    pub reply: Option<Vec<u8>>,
    pub counts: Counts,
    pub direct_recorded: i64,
    pub direct_duplicate: i64,
}

impl NewMessage<'_> {
    /// The write that keeps it, if it is not kept already.
    pub fn put(self) -> Operation {
        let counts = self.counts;
        let row = vec![
            self.id.into(),
            self.channel.as_str().into(),
            self.format.as_str().into(),
            self.sender.into(),
            self.lab.map_or(Value::Null, |lab| (&lab.code).into()),
            self.lab.map_or(AreaCode::NONE, |lab| lab.area).into(),
            self.control.into(),
            self.digest.to_vec().into(),
            (self.bytes as i64).into(),
            self.received_at.into(),
            self.actor.into(),
            self.scope.map(|scope| scope.to_string()).into(),
            self.state.as_str().into(),
            self.reason.map(reason_text).into(),
            self.reply.into(),
            counts.items.into(),
            counts.recorded.into(),
            counts.duplicate.into(),
            counts.waiting.into(),
            counts.rejected.into(),
            counts.dismissed.into(),
            self.direct_recorded.into(),
            self.direct_duplicate.into(),
            false.into(),
            0_i64.into(),
        ];
        Operation::Insert(&MESSAGE_PUT, row)
    }
}

/// A holder that the store keeps.
pub(crate) fn holder(text: Option<&str>) -> Result<Option<HolderCode>, Fault> {
    text.map(HolderCode::parse).transpose().map_err(Fault::internal)
}

/// A refusal that the store keeps as JSON.
pub(crate) fn reason(text: Option<&str>) -> Result<Option<Refusal>, Fault> {
    text.map(serde_json::from_str).transpose().map_err(Fault::internal)
}

/// A refusal as JSON for the store.
pub(crate) fn reason_text(refusal: &Refusal) -> String {
    // A refusal is strings only: writing it cannot fail.
    serde_json::to_string(refusal).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_hangs_on_all_that_makes_it_another_one() {
        let origin =
            Origin { sender: "LAB".into(), control: "17".into(), digest: digest_of(b"MSH") };
        let unit = UnitId::scanned(testing::TUBE, "BD-1").expect("a code");
        let first = origin.command(1, 0, unit);
        assert_eq!(first, origin.command(1, 0, unit));
        let other = UnitId::scanned(testing::TUBE, "BD-2").expect("a code");
        assert_ne!(first, origin.command(2, 0, unit));
        assert_ne!(first, origin.command(1, 1, unit));
        assert_ne!(first, origin.command(1, 0, other));
        for origin in [
            Origin { sender: "LAB1".into(), control: "7".into(), ..origin.clone() },
            Origin { digest: digest_of(b"MSH|"), ..origin.clone() },
        ] {
            assert_ne!(first, origin.command(1, 0, unit));
        }
        assert_eq!(first.0.get_version_num(), 8);
        let id = MessageId::derived("LAB", "17", &origin.digest);
        assert_eq!(MessageId::parse(&id.to_string()), Ok(id));
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(*state));
        }
        assert_eq!(Channel::parse("fax"), None);
    }
}
