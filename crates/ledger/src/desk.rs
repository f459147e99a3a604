//! What a desk is to the ledger: rules that turn a command into moves and facts.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::{Connection, Schema};
use types::{AreaCode, CommandId, HolderCode, Micros, Refusal, Span};

use crate::{Decision, Move, Result, Units};

/// A command as it reaches the ledger: who asks for what, where, when.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Envelope<C> {
    /// Made by the device (UUIDv7); sending it again changes nothing.
    pub id: CommandId,
    /// The county that the command belongs to; it has been checked against the actor's areas.
    pub area: AreaCode,
    /// When it happened, with the device's clock corrected.
    pub event_time: Micros,
    /// How far the device's clock was off when it sent this (ours minus its).
    #[serde(default)]
    pub clock_offset: Span,
    /// The device, as it names itself.
    #[serde(default)]
    pub device: Option<String>,
    /// Who asks.
    pub actor: Actor,
    /// What is asked.
    pub command: C,
}

impl<C> Envelope<C> {
    /// The command as a rule sees it.
    pub fn asked(&self) -> Asked<'_, C> {
        Asked {
            id: self.id,
            area: self.area,
            event_time: self.event_time,
            clock_offset: self.clock_offset,
            device: self.device.as_deref(),
            actor: &self.actor,
            command: &self.command,
        }
    }
}

/// An [`Envelope`] that is only looked at. Several desks side by side hand each its own part of
/// the command, without copying it.
#[derive(Debug)]
pub struct Asked<'a, C> {
    /// As [`Envelope::id`].
    pub id: CommandId,
    /// As [`Envelope::area`].
    pub area: AreaCode,
    /// As [`Envelope::event_time`].
    pub event_time: Micros,
    /// As [`Envelope::clock_offset`].
    pub clock_offset: Span,
    /// As [`Envelope::device`].
    pub device: Option<&'a str>,
    /// As [`Envelope::actor`].
    pub actor: &'a Actor,
    /// As [`Envelope::command`].
    pub command: &'a C,
}

impl<C> Clone for Asked<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Asked<'_, C> {}

impl<'a, C> Asked<'a, C> {
    /// The same with another command, usually what is inside this one.
    pub fn with<D>(self, command: &'a D) -> Asked<'a, D> {
        let Asked { id, area, event_time, clock_offset, device, actor, .. } = self;
        Asked { id, area, event_time, clock_offset, device, actor, command }
    }

    /// The entry that it becomes when it is accepted; its number is not known before it is written.
    pub fn entry(&self, record_time: Micros) -> Entry {
        Entry {
            seq: 0,
            command: self.id,
            area: self.area,
            event_time: self.event_time,
            record_time,
            actor: self.actor.user.clone(),
            device: None,
        }
    }
}

/// Who asks: a signed-in account, and the holder that it acts for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The account.
    pub user: String,
    /// The site, courier, laboratory or desk that the account works for.
    #[serde(default)]
    pub holder: Option<HolderCode>,
}

/// What is known of an accepted command apart from its facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the journal.
    pub seq: i64,
    /// The command.
    pub command: CommandId,
    /// Its area.
    pub area: AreaCode,
    /// When it happened.
    pub event_time: Micros,
    /// When we learnt of it.
    pub record_time: Micros,
    /// Who recorded it.
    pub actor: String,
    /// The device that it came from.
    pub device: Option<String>,
}

/// An accepted command with its facts, as [`Desk::load_events`] sees it in a replay.
#[derive(Clone, Debug)]
pub struct Accepted<'a, E> {
    /// Its particulars.
    pub entry: &'a Entry,
    /// Its moves.
    pub moves: &'a [Move],
    /// Its facts.
    pub events: Vec<&'a E>,
}

/// What [`Desk::committed`] is told after a group is durable.
#[derive(Debug)]
pub struct Committed<'a, S> {
    /// The state of the group, as written.
    pub state: &'a S,
    /// The units of the group, as written.
    pub units: &'a Units,
    /// The number of the last journal entry.
    pub seq: i64,
    /// The time of recording.
    pub record_time: Micros,
}

/// The rules and the storage of one desk (or of all desks together).
///
/// A group of commands is handled as: load what they touch, then for each command decide and
/// apply in memory, then flush what changed. [`Desk::decide`] and [`Desk::apply`] are pure. A
/// replay loads by events instead of commands, and applies; it never decides.
#[allow(async_fn_in_trait)] // Static dispatch only; the writer's futures stay on its thread.
pub trait Desk: Send + Sync + 'static {
    /// What can be asked.
    type Command: Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What can have happened. Its JSON form is kept for ever: only add to it.
    type Event: Serialize + DeserializeOwned + Send + Sync + 'static;
    /// The rows that one group of commands touches.
    type State: Default + Send;

    /// The tables.
    fn schemas(&self) -> Vec<Schema>;

    /// A stable name of the command for the journal, for example `testing.collect`.
    fn kind(&self, command: &Self::Command) -> &'static str;

    /// Loads what the commands touch, units included ([`Units::load`]).
    async fn load_commands(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut Self::State,
        commands: &[Asked<'_, Self::Command>],
    ) -> Result<()>;

    /// Loads what the facts touch, for a replay.
    async fn load_events(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut Self::State,
        accepted: &[Accepted<'_, Self::Event>],
    ) -> Result<()>;

    /// The rule. Pure: `now` is the time of recording.
    ///
    /// # Errors
    /// [`Refusal`] when a rule says no.
    fn decide(
        &self,
        units: &Units,
        state: &Self::State,
        asked: Asked<'_, Self::Command>,
        now: Micros,
    ) -> std::result::Result<Decision<Self::Event>, Refusal>;

    /// Applies one fact to the loaded rows. Pure, and total: what was decided cannot fail. The
    /// entry's moves have been applied to `units` before.
    fn apply(&self, units: &Units, state: &mut Self::State, entry: &Entry, event: &Self::Event);

    /// Writes what changed.
    async fn flush(&self, db: &mut Connection, state: &mut Self::State) -> Result<()>;

    /// Told after the group is durable, to refresh caches and boards. Must be quick.
    fn committed(&self, _group: &Committed<'_, Self::State>) {}

    /// Told that the journal went on from entry `from` to entry `to` without a call of
    /// [`Desk::committed`]: another node wrote them, or a commit of ours was not confirmed but
    /// had happened. Caches must be read again. Must be quick.
    fn missed(&self, _from: i64, _to: i64) {}
}
