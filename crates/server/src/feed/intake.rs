//! Taking in a message: read, sort, record, keep, and only then answer.
//!
//! The order makes it safe to be cut off anywhere. The commands go to the ledger first, with ids
//! that hang on the message; then the message is kept with what became of it and the reply. A
//! message that was recorded and not kept comes again, since nobody answered, and makes the same
//! commands; one that was kept gets the reply that it got before.

mod afterwards;
mod items;
mod reply;

use hl7::ack::{self, AckCode};
use hl7::oru::{self, Report};
use hl7::{Location, Message as Hl7, Rule};
use ledger::Operation;
use store::Connection;
use types::{AreaCode, AreaScope, HolderCode, Micros, Refusal};

use self::items::{Taken, take_items};
use self::reply::{
    code_of, control_key, names, reply_context, reply_envelope, reply_id, reply_to, sender_of,
};
use crate::feed::item::{open, seal};
use crate::feed::laboratory::{Laboratory, resolve};
use crate::feed::message::{Channel, Format, MessageId, NewMessage, Origin, State, digest_of};
use crate::feed::raw;
use crate::feed::sort::{Source, reason_of};
use crate::feed::tables::{CONTROL_TAKEN, MESSAGE_ONE, MESSAGE_REPEATED, REPLY_OF};
use crate::{App, Fault, feed};

pub(crate) use self::afterwards::{reply_when_named, take_after_all};
pub(crate) use self::items::{item_writes, submit, write, write_as};

/// The name that a line without sign-in has in the journal.
pub const LINE: &str = "mllp";

/// Who brings a message.
#[derive(Clone, Debug)]
pub enum Carrier {
    /// A line that nobody signs in on; whoever can reach it is trusted.
    Line,
    /// An account.
    Account {
        /// The login.
        login: String,
        /// Its areas.
        scope: AreaScope,
        /// The laboratory that it acts for.
        lab: Option<HolderCode>,
    },
}

impl Carrier {
    fn actor(&self) -> &str {
        match self {
            Carrier::Line => LINE,
            Carrier::Account { login, .. } => login,
        }
    }

    fn channel(&self) -> Channel {
        match self {
            Carrier::Line => Channel::Mllp,
            Carrier::Account { .. } => Channel::Api,
        }
    }

    fn scope(&self) -> Option<AreaScope> {
        match self {
            Carrier::Line => None,
            Carrier::Account { scope, .. } => Some(*scope),
        }
    }

    /// The laboratory of a message. An account that acts for one brings its results only; a
    /// sender's name that says nothing is then no obstacle.
    async fn laboratory(
        &self,
        db: &mut Connection,
        sender: &str,
    ) -> Result<Option<Laboratory>, Fault> {
        let named = resolve(db, sender).await?;
        match (self, named) {
            (Carrier::Account { lab: Some(own), .. }, Some(named)) if named.code != *own => {
                Err(Refusal::new("not-your-holder").with("holder", named.code).into())
            }
            (Carrier::Account { lab: Some(own), .. }, None) => {
                Laboratory::of(db, own.clone()).await.map(Some)
            }
            (_, named) => Ok(named),
        }
    }
}

/// What a sender gets.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Whether all of it was taken, some of it not, or nothing.
    pub code: AckCode,
    /// The acknowledgement, unframed.
    pub bytes: Vec<u8>,
    /// The message as kept; `None` when it was not kept and should come again.
    pub message: Option<MessageId>,
}

/// Takes in one message. Whatever the bytes are, they are kept before this returns, or the reply
/// says to send them again.
///
/// # Errors
/// `not-your-holder` when an account brings the message of another laboratory than its own; it
/// is not kept then.
pub async fn receive(app: &App, carrier: &Carrier, bytes: Vec<u8>) -> Result<Reply, Fault> {
    let intake = Intake { app, carrier, now: app.now() };
    let parsed = Hl7::parse(&bytes, &feed::parse_options());
    match intake.take(&bytes, &parsed).await {
        Ok(reply) => Ok(reply),
        Err(fault) if fault.status.is_client_error() => Err(fault),
        Err(fault) => {
            tracing::error!(inside = fault.inside, "a laboratory's message was not stored");
            Ok(intake.not_stored(&parsed))
        }
    }
}

/// Keeps bytes that are no message: cut off, or too long. They get no reply of their own here.
///
/// # Errors
/// [`Fault`] when they could not be kept.
pub async fn keep_broken(app: &App, bytes: &[u8], reason: Refusal) -> Result<(), Fault> {
    if bytes.is_empty() {
        return Ok(());
    }
    let intake = Intake { app, carrier: &Carrier::Line, now: app.now() };
    let origin = Origin { sender: String::new(), control: String::new(), digest: digest_of(bytes) };
    intake.keep_rejected(&origin, bytes, &reason, Vec::new()).await.map(drop)
}

struct Intake<'a> {
    app: &'a App,
    carrier: &'a Carrier,
    now: Micros,
}

type Parsed = Result<Hl7, Box<hl7::Rejected>>;

impl Intake<'_> {
    async fn take(&self, bytes: &[u8], parsed: &Parsed) -> Result<Reply, Fault> {
        let digest = digest_of(bytes);
        let message = match parsed {
            Ok(message) => message,
            Err(rejected) => {
                let (sender, control) = names(rejected.header.as_ref());
                let origin = Origin { sender, control, digest };
                let reply = |id| ack::for_rejected(rejected, &self.envelope(&reply_id(id)));
                return self.reject(&origin, bytes, &rejected.fault, reply).await;
            }
        };
        let report = match read(self.app, message) {
            Ok(report) => report,
            Err(fault) => {
                let (sender, control) = names(Some(message));
                let origin = Origin { sender, control, digest };
                let code = AckCode::for_fault(&fault);
                let reply =
                    |id| ack::refuse(message, code, &[&fault], &self.envelope(&reply_id(id)));
                return self.reject(&origin, bytes, &fault, reply).await;
            }
        };
        let origin = Origin {
            sender: sender_of(&report),
            control: report.header.control_id.clone(),
            digest,
        };
        let _one_at_a_time =
            self.app.feed().lock(&[origin.sender.as_bytes(), origin.control.as_bytes()]).await;
        let id = MessageId::derived(&origin.sender, &origin.control, &digest);
        let mut db = self.app.reader().await?;
        if let Some(reply) = self.repeated(&mut db, id).await? {
            return Ok(reply);
        }
        if db.first(&CONTROL_TAKEN, &control_key(&origin)).await?.is_some() {
            let place = Location::segment("MSH", 1).field(10);
            let fault = hl7::Fault::new(place, Rule::ControlIdReused, &origin.control);
            let reply =
                |id| ack::refuse(message, AckCode::Error, &[&fault], &self.envelope(&reply_id(id)));
            return self.reject(&origin, bytes, &fault, reply).await;
        }
        let lab = self.carrier.laboratory(&mut db, &origin.sender).await?;
        let taken =
            take_items(self.app, &mut db, self.source(origin.clone(), lab, &report), &report)
                .await?;
        let reply = reply_to(message, &report, taken.lab.is_some(), &self.envelope(&reply_id(id)));
        let code = code_of(&reply);
        let mut writes = raw::keep(self.app, id, bytes)?;
        let area = taken.lab.as_ref().map_or(AreaCode::NONE, |lab| lab.area);
        writes.insert(0, self.message(id, &origin, bytes.len(), None, &taken, &reply)?);
        writes.extend(item_writes(self.app, id, self.now, taken.kept)?);
        self.keep(id, area, code, reply, writes).await
    }

    fn source(&self, origin: Origin, lab: Option<Laboratory>, report: &Report) -> Source {
        Source {
            origin,
            lab,
            scope: self.carrier.scope(),
            actor: self.carrier.actor().to_owned(),
            known_at: report.header.made_at.unwrap_or(self.now).min(self.now),
            now: self.now,
        }
    }

    /// A message that was kept before gets the reply that it got then.
    async fn repeated(&self, db: &mut Connection, id: MessageId) -> Result<Option<Reply>, Fault> {
        if db.first(&MESSAGE_ONE, &[id.into()]).await?.is_none() {
            return Ok(None);
        }
        let again = vec![id.into(), self.now.into()];
        write(self.app, vec![Operation::Execute(&MESSAGE_REPEATED, again)]).await?;
        self.kept_reply(db, id).await.map(Some)
    }

    async fn kept_reply(&self, db: &mut Connection, id: MessageId) -> Result<Reply, Fault> {
        let row = db.first(&REPLY_OF, &[id.into()]).await?;
        let sealed = row.as_ref().map(|row| row.opt_bytes(0)).transpose()?.flatten();
        let bytes = match sealed {
            Some(sealed) => open(self.app, &reply_context(id), sealed)?,
            None => Vec::new(),
        };
        Ok(Reply { code: code_of(&bytes), bytes, message: Some(id) })
    }

    async fn reject(
        &self,
        origin: &Origin,
        bytes: &[u8],
        fault: &hl7::Fault,
        reply: impl Fn(MessageId) -> Hl7,
    ) -> Result<Reply, Fault> {
        let id = MessageId::derived(&origin.sender, &origin.control, &origin.digest);
        let reply = ack::encode(&reply(id));
        if bytes.is_empty() {
            // Nothing to keep: some senders probe the line with empty frames.
            return Ok(Reply { code: code_of(&reply), bytes: reply, message: None });
        }
        self.keep_rejected(origin, bytes, &reason_of(fault), reply).await
    }

    async fn keep_rejected(
        &self,
        origin: &Origin,
        bytes: &[u8],
        reason: &Refusal,
        reply: Vec<u8>,
    ) -> Result<Reply, Fault> {
        let id = MessageId::derived(&origin.sender, &origin.control, &origin.digest);
        let mut db = self.app.reader().await?;
        if let Some(reply) = self.repeated(&mut db, id).await? {
            return Ok(reply);
        }
        let lab = resolve(&mut db, &origin.sender).await?;
        let taken = Taken { lab, ..Taken::default() };
        let area = taken.lab.as_ref().map_or(AreaCode::NONE, |lab| lab.area);
        let mut writes = raw::keep(self.app, id, bytes)?;
        writes.insert(0, self.message(id, origin, bytes.len(), Some(reason), &taken, &reply)?);
        let code = code_of(&reply);
        self.keep(id, area, code, reply, writes).await
    }

    /// Makes it durable. If another connection was faster with the same message, its reply is
    /// the reply.
    async fn keep(
        &self,
        id: MessageId,
        area: AreaCode,
        code: AckCode,
        reply: Vec<u8>,
        writes: Vec<Operation>,
    ) -> Result<Reply, Fault> {
        let changed = write(self.app, writes).await?;
        self.app.feed().stirred(self.app, area);
        if changed.first() == Some(&0) {
            let mut db = self.app.reader().await?;
            return self.kept_reply(&mut db, id).await;
        }
        Ok(Reply { code, bytes: reply, message: Some(id) })
    }

    fn message(
        &self,
        id: MessageId,
        origin: &Origin,
        bytes: usize,
        reason: Option<&Refusal>,
        taken: &Taken,
        reply: &[u8],
    ) -> Result<Operation, Fault> {
        let counts = taken.counts;
        let new = NewMessage {
            id,
            channel: self.carrier.channel(),
            format: Format::Hl7,
            sender: &origin.sender,
            lab: taken.lab.as_ref(),
            control: &origin.control,
            digest: origin.digest,
            bytes,
            received_at: self.now,
            actor: self.carrier.actor(),
            scope: self.carrier.scope(),
            state: if reason.is_some() { State::Rejected } else { counts.state() },
            reason,
            reply: Some(seal(self.app, &reply_context(id), reply.to_vec())?),
            counts,
            direct_recorded: taken.direct_recorded,
            direct_duplicate: taken.direct_duplicate,
        };
        Ok(new.put())
    }

    fn envelope<'a>(&self, control_id: &'a str) -> ack::Envelope<'a> {
        reply_envelope(self.app, self.now, control_id)
    }

    /// The reply of a server that cannot keep anything now.
    fn not_stored(&self, parsed: &Parsed) -> Reply {
        let fault = hl7::Fault::new(hl7::Place::Whole, Rule::NotStored, "");
        let id = reply_id(MessageId::fresh());
        let envelope = self.envelope(&id);
        let reply = match parsed {
            Ok(message) => ack::refuse(message, AckCode::Reject, &[&fault], &envelope),
            Err(rejected) => match &rejected.header {
                Some(header) => ack::refuse(header, AckCode::Reject, &[&fault], &envelope),
                None => return Reply { code: AckCode::Reject, bytes: Vec::new(), message: None },
            },
        };
        Reply { code: AckCode::Reject, bytes: ack::encode(&reply), message: None }
    }
}

/// Reads a message's results. A message for training or debugging is none.
pub(crate) fn read(app: &App, message: &Hl7) -> Result<Report, hl7::Fault> {
    let report = oru::read(message, &feed::read_options(app))?;
    match report.header.processing.as_str() {
        "" | "P" => Ok(report),
        _ => Err(message.header().fault(11, Rule::ProcessingId)),
    }
}
