//! What the feed can tell: sums by laboratory, lists of messages and of what waits.

use store::{Connection, Row, Value};
use types::{AreaCode, AreaScope, HolderCode, Micros};

use crate::Fault;
use crate::access::{Actor, Role};
use crate::feed::item::{Item, ItemKey};
use crate::feed::message::{Counts, Message, MessageId, State, holder};
use crate::feed::tables::{
    EVENTS_OF, ITEMS_WAITING, MESSAGES, MESSAGES_BY_STATE, OPEN_NOW, SUMMARY,
};

/// What somebody may see of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Messages of laboratories in these areas.
    scope: AreaScope,
    /// Also messages that belong to no area yet: nobody knows whose they are, so every desk sees
    /// them rather than none.
    homeless: bool,
    /// Messages of this laboratory only.
    pub lab: Option<HolderCode>,
}

impl Sight {
    /// What an actor sees with the given areas in view: a commander, a desk and an auditor what
    /// came from their areas; a laboratory its own.
    pub fn of(actor: &Actor, scope: AreaScope) -> Sight {
        const DESKS: crate::access::Roles =
            crate::access::Roles::of([Role::Commander, Role::District, Role::Auditor]);
        if actor.grant_for(DESKS, scope).is_some() {
            return Sight { scope, homeless: true, lab: None };
        }
        let own = actor.grant_for(crate::access::Roles::of([Role::Laboratory]), scope);
        match own.and_then(|grant| grant.holder.clone()) {
            // A laboratory's messages are its own wherever it stands.
            Some(lab) => Sight { scope: AreaScope::ALL, homeless: true, lab: Some(lab) },
            None => Sight { scope, homeless: false, lab: None },
        }
    }

    /// Only one laboratory's of what is seen.
    #[must_use]
    pub fn only(self, lab: Option<HolderCode>) -> Sight {
        Sight { lab: self.lab.or(lab), ..self }
    }

    /// Whether a message is seen.
    pub fn sees(&self, message: &Message) -> bool {
        let area = if message.area == AreaCode::NONE {
            self.homeless
        } else {
            self.scope.contains(message.area)
        };
        area && self.lab.as_ref().is_none_or(|lab| message.lab.as_ref() == Some(lab))
    }

    fn params(&self) -> [Value; 4] {
        let (low, high) = self.scope.bounds();
        let lab = self.lab.as_ref().map_or("", HolderCode::as_str);
        [low.into(), high.into(), i64::from(self.homeless).into(), lab.into()]
    }
}

/// From when (included) until when (not included) messages came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// From.
    pub from: Micros,
    /// Until.
    pub until: Micros,
}

/// What one laboratory has sent.
#[derive(Clone, Debug)]
pub struct SummaryLine {
    /// The laboratory, if it is known.
    pub lab: Option<HolderCode>,
    /// The sender's own name, where the laboratory is not known.
    pub sender: String,
    /// Messages and files.
    pub messages: i64,
    /// What became of their items.
    pub counts: Counts,
    /// When the last one came.
    pub last_at: Micros,
}

/// What came in a window, by laboratory.
///
/// # Errors
/// [`Fault`] when the store fails; as all functions here.
pub async fn summary(
    db: &mut Connection,
    sight: &Sight,
    window: Window,
) -> Result<Vec<SummaryLine>, Fault> {
    let params = [&[window.from.into(), window.until.into()], sight.params().as_slice()].concat();
    let rows = db.query(&SUMMARY, &params).await?;
    rows.iter()
        .map(|row| {
            Ok(SummaryLine {
                lab: holder(row.opt_text(0)?)?,
                sender: row.text(1)?.to_owned(),
                messages: row.int(2)?,
                counts: Counts {
                    items: row.int(3)?,
                    recorded: row.int(4)?,
                    duplicate: row.int(5)?,
                    waiting: row.int(6)?,
                    rejected: row.int(7)?,
                    dismissed: row.int(8)?,
                },
                last_at: row.time(9)?,
            })
        })
        .collect()
}

/// What is open at the moment, however old.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// Items that wait.
    pub waiting: i64,
    /// Items that could not be read, in messages that nobody has dealt with.
    pub rejected: i64,
    /// Messages in the state [`State::Rejected`].
    pub rejected_messages: i64,
    /// When the oldest message with something waiting came.
    pub oldest: Option<Micros>,
}

/// What is open at the moment.
///
/// # Errors
/// As [`summary`].
pub async fn open_now(db: &mut Connection, sight: &Sight) -> Result<Open, Fault> {
    let mut open = Open::default();
    for row in db.query(&OPEN_NOW, &sight.params()).await? {
        open.waiting += row.int(2)?;
        open.rejected += row.int(3)?;
        match State::parse(row.text(0)?) {
            Some(State::Waiting) => open.oldest = Some(row.time(4)?),
            _ => open.rejected_messages += row.int(1)?,
        }
    }
    Ok(open)
}

/// A place in a list of messages: the list goes on below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Below {
    /// When the last message of the page before came.
    pub at: Micros,
    /// Its id.
    pub id: MessageId,
}

/// Messages of a window, the latest first.
///
/// # Errors
/// As [`summary`].
pub async fn messages(
    db: &mut Connection,
    sight: &Sight,
    window: Window,
    state: Option<State>,
    below: Option<Below>,
    limit: i64,
) -> Result<Vec<Message>, Fault> {
    let (at, id) = below.map_or((window.until, [0; 16]), |b| (b.at, b.id.0));
    let place = [window.from.into(), at.into(), Value::Id(id)];
    let mut params = [place.as_slice(), &sight.params(), &[limit.into()]].concat();
    let rows = match state {
        None => db.query(&MESSAGES, &params).await?,
        Some(state) => {
            params.push(state.as_str().into());
            db.query(&MESSAGES_BY_STATE, &params).await?
        }
    };
    rows.iter().map(Message::read).collect()
}

/// Items that wait, the oldest first, each with its sender's name.
///
/// # Errors
/// As [`summary`].
pub async fn waiting(
    db: &mut Connection,
    sight: &Sight,
    after: Option<(Micros, ItemKey)>,
    limit: i64,
) -> Result<Vec<(Item, String)>, Fault> {
    let start = (Micros(i64::MIN), ItemKey { message: MessageId([0; 16]), n: 0 });
    let (at, key) = after.unwrap_or(start);
    let place = [at.into(), key.message.into(), key.n.into()];
    let params = [place.as_slice(), &sight.params(), &[limit.into()]].concat();
    let rows = db.query(&ITEMS_WAITING, &params).await?;
    rows.iter().map(|row| Ok((Item::read(row)?, row.text(15)?.to_owned()))).collect()
}

/// Something that was done about a message.
#[derive(Clone, Debug)]
pub struct EventLine {
    /// The item, when it was about one.
    pub n: Option<i64>,
    /// When.
    pub at: Micros,
    /// Who.
    pub actor: String,
    /// What: `looked`, `matched`, `dismissed`, `taken`, `downloaded`, `run`, `withdrawn`.
    pub what: String,
    /// More about it.
    pub detail: String,
}

/// What was done about a message, the latest first.
///
/// # Errors
/// As [`summary`].
pub async fn events(db: &mut Connection, id: MessageId) -> Result<Vec<EventLine>, Fault> {
    let rows = db.query(&EVENTS_OF, &[id.into(), 200_i64.into()]).await?;
    let line = |row: &Row| {
        Ok(EventLine {
            n: row.opt_int(0)?,
            at: row.time(1)?,
            actor: row.text(2)?.to_owned(),
            what: row.text(3)?.to_owned(),
            detail: row.text(4)?.to_owned(),
        })
    };
    rows.iter().map(line).collect()
}
