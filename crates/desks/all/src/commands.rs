//! What can be asked of the desks, and what can have happened at them.

use serde::{Deserialize, Serialize};

/// What can be asked, by desk: `{"testing": {"collect": {…}}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Of the registry of places and people.
    Registry(registry::Command),
    /// Of mass testing.
    Testing(testing::Command),
    /// Of the cases. They are few and large: the others are not to need as much room.
    Cases(Box<cases::Command>),
    /// Of the care of those who are ill.
    Care(Box<care::Command>),
    /// Of those who are brought from one place to another.
    Transfers(Box<transfers::Command>),
    /// Of the command post.
    Command(Box<command::Command>),
    /// Of investigations and contacts.
    Tracing(Box<tracing_desk::Command>),
    /// Of locked, controlled and precaution areas.
    Zones(Box<zones::Command>),
    /// Of whoever says that an area is community-zero.
    Zero(Box<zero::Command>),
    /// Of goods, shops, and what is due to households.
    Supply(Box<supply::Command>),
}

impl Command {
    /// What it is called in the journal.
    pub fn kind(&self) -> &'static str {
        match self {
            Command::Registry(command) => command.kind(),
            Command::Testing(command) => command.kind(),
            Command::Cases(command) => command.kind(),
            Command::Care(command) => command.kind(),
            Command::Transfers(command) => command.kind(),
            Command::Command(command) => command.kind(),
            Command::Tracing(command) => command.kind(),
            Command::Zones(command) => command.kind(),
            Command::Zero(command) => command.kind(),
            Command::Supply(command) => command.kind(),
        }
    }
}

/// A desk's own command is one of all: `boxed` where the others are not to need as much room.
macro_rules! command_of {
    ($($desk:ident: $variant:ident $(($boxed:ident))?),+ $(,)?) => {$(
        impl From<$desk::Command> for Command {
            fn from(command: $desk::Command) -> Command {
                Command::$variant(command_of!(@ $($boxed)? command))
            }
        }
    )+};
    (@ boxed $command:ident) => { Box::new($command) };
    (@ $command:ident) => { $command };
}

command_of! {
    registry: Registry,
    testing: Testing,
    cases: Cases (boxed),
    care: Care (boxed),
    transfers: Transfers (boxed),
    command: Command (boxed),
    tracing_desk: Tracing (boxed),
    zones: Zones (boxed),
    zero: Zero (boxed),
    supply: Supply (boxed),
}

/// What can have happened, by desk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// In the registry.
    Registry(registry::Event),
    /// In mass testing.
    Testing(testing::Event),
    /// With the cases.
    Cases(cases::Event),
    /// In care.
    Care(care::Event),
    /// On the way.
    Transfers(transfers::Event),
    /// In the command post.
    Command(Box<command::Event>),
    /// With investigations and contacts.
    Tracing(tracing_desk::Event),
    /// With areas.
    Zones(zones::Event),
    /// With what is said to be community-zero.
    Zero(zero::Event),
    /// With goods, shops and households' supplies.
    Supply(supply::Event),
}
