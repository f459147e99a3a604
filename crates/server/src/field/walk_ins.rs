//! Walk-ins from phones: `POST /api/v1/field/walk-ins`. The same batch as for commands, but each
//! command carries an envelope that only this server opens; what is in it becomes the registry's
//! own command, with the same id, so that sending it again changes nothing.

use axum::extract::{Request, State};
use registry::command::{Address, Details, RegisterPerson};
use registry::identity::Identity;
use serde::Deserialize;
use types::{AreaCode, CommandId, Micros, PersonId, Refusal};

use crate::App;
use crate::access::{Policy, Role};
use crate::api::commands::{Arrived, Wire, settle};
use crate::api::{bytes_of, malformed};
use crate::field::seal::EnvelopeKey;
use crate::house::Command;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    let senders = Policy::any_of([Role::District, Role::Grid, Role::Sampler]);
    routes.post("/api/v1/field/walk-ins", senders, walk_ins);
}

#[derive(Deserialize)]
struct Batch {
    device: String,
    device_time: Micros,
    commands: Vec<Sealed>,
}

#[derive(Deserialize)]
struct Sealed {
    id: CommandId,
    area: AreaCode,
    event_time: Micros,
    command: Desk,
}

/// The command as it stands in the phone's queue.
#[derive(Deserialize)]
struct Desk {
    registry: Register,
}

#[derive(Deserialize)]
struct Register {
    register_walk_in: WalkIn,
}

#[derive(Deserialize)]
struct WalkIn {
    person: PersonId,
    sealed: String,
    #[serde(default)]
    address: Option<Address>,
}

fn open(key: &EnvelopeKey, sealed: Sealed) -> Result<Wire, (CommandId, Refusal)> {
    let Sealed { id, area, event_time, command } = sealed;
    let WalkIn { person, sealed, address } = command.registry.register_walk_in;
    let unreadable = || (id, Refusal::new("envelope-unreadable"));
    let text = zeroize::Zeroizing::new(key.open(person, &sealed).ok_or_else(unreadable)?);
    let identity: Identity = serde_json::from_slice(&text).map_err(|_| unreadable())?;
    let details = Details::Clear(Box::new(identity));
    let register = RegisterPerson { person, details, address };
    let command = Command::Registry(registry::Command::RegisterPerson(register));
    Ok(Wire { id, area, event_time, command })
}

async fn walk_ins(State(app): State<App>, seat: Seat, request: Request) -> Answer {
    let body = bytes_of(request, &app).await?;
    let batch: Batch = serde_json::from_slice(&body).map_err(|e| malformed(&e))?;
    let key = EnvelopeKey::of(app.secrets())?;
    let commands = batch.commands.into_iter().map(|sealed| open(&key, sealed)).collect();
    let arrived = Arrived { device: batch.device.into(), device_time: batch.device_time, commands };
    settle(&app, &seat, arrived).await
}
