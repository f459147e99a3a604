//! Lets the demo's round go on: what its people do next, sent through the public API as field
//! devices send it, when its time has come.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use server::App;
use server::access::Role;
use server::sessions::{Kind, Owner};
use tokio::task::JoinHandle;
use types::{AreaCode, AreaScope, CommandId, Micros};

use super::personas::{Persona, ensure};
use super::story::Step;
use super::{Demo, ids};
use crate::data::told;
use crate::http::{self, Client};
use crate::prepare::now;

/// Most commands in one request.
const BATCH: usize = 200;
/// How often the field is looked at.
const PACE: Duration = Duration::from_secs(5);

/// Where the field staff may work: boxes go to laboratories of other counties than the demo's.
const REACH: AreaScope = AreaScope::ALL;

/// A command on the wire.
#[derive(Serialize)]
struct Wire<'a> {
    id: CommandId,
    area: AreaCode,
    event_time: Micros,
    command: &'a desks::Command,
}

#[derive(Serialize)]
struct Batch<'a> {
    device: &'a str,
    device_time: Micros,
    commands: Vec<Wire<'a>>,
}

#[derive(Deserialize)]
struct Outcomes {
    outcomes: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    id: CommandId,
    status: String,
    #[serde(default)]
    refusal: Option<Refused>,
}

#[derive(Deserialize)]
struct Refused {
    code: String,
}

/// Field staff of one role with an open session.
struct Crew {
    role: Role,
    token: String,
}

/// Starts the field work. It ends with the round, or when the task is aborted.
///
/// # Errors
/// When the accounts of the field staff cannot be made.
pub async fn start(app: App, demo: Demo, address: SocketAddr) -> Result<JoinHandle<()>> {
    let mut crews = Vec::new();
    for role in [
        Role::Commander,
        Role::District,
        Role::Grid,
        Role::Sampler,
        Role::Courier,
        Role::Laboratory,
    ] {
        let login = format!("live-{role}");
        let persona = Persona {
            login: login.clone(),
            role,
            scope: REACH,
            holder: None,
            name: format!("{role} (demo)"),
        };
        // Nobody signs in with it: its session is opened here, from within.
        let password = ids::uuid(demo.record.seed ^ now().0 as u64, &login, 0, now()).to_string();
        ensure(&app, &persona, &password).await?;
        let owner = Owner::Account(login);
        let token = app.open_session(Kind::Device, &owner, Some("demo")).await.map_err(told)?;
        crews.push(Crew { role, token });
    }
    Ok(tokio::spawn(async move {
        let mut rest = &demo.campaign.steps[..];
        // What was in the store before the server started is not sent again.
        rest = &rest[rest.partition_point(|s| s.known_at <= demo.record.base)..];
        while !rest.is_empty() {
            let due = rest.partition_point(|s| s.known_at <= now());
            let (steps, later) = rest.split_at(due);
            match send(address, &crews, steps).await {
                Ok(()) => rest = later,
                Err(error) => tracing::warn!(%error, "the demo's field work waits"),
            }
            tokio::time::sleep(PACE).await;
        }
    }))
}

/// Who sends such a command.
fn role_of(step: &Step) -> Role {
    use testing::Command as C;
    let desks::Command::Testing(command) = &step.envelope.command else { return Role::District };
    match command {
        C::Collect(_) | C::Pack(_) | C::SealBox { .. } | C::CorrectMember(_) => Role::Sampler,
        C::HandOver(_) => Role::Courier,
        C::OpenBox(_) | C::LoadPlate(_) | C::RecordResult(_) | C::Report { .. } | C::Mark(_) => {
            Role::Laboratory
        }
        C::Visit(_) => Role::Grid,
        C::OpenRound(_) | C::SetTargets(_) | C::PlanSites(_) | C::CloseRound { .. } => {
            Role::Commander
        }
        _ => Role::District,
    }
}

/// Sends steps, each by its crew. Sent twice, they count once.
async fn send(address: SocketAddr, crews: &[Crew], steps: &[Step]) -> Result<()> {
    let mut rest = steps;
    let mut client = Client::connect(address).await?;
    while let Some(first) = rest.first() {
        let role = role_of(first);
        let count = rest.iter().take(BATCH).take_while(|s| role_of(s) == role).count();
        let (batch, later) = rest.split_at(count);
        let crew = crews.iter().find(|c| c.role == role).context("nobody has this role")?;
        let commands = batch.iter().map(|s| Wire {
            id: s.envelope.id,
            area: s.envelope.area,
            event_time: s.envelope.event_time,
            command: &s.envelope.command,
        });
        let body = Batch { device: "demo", device_time: now(), commands: commands.collect() };
        let body = serde_json::to_vec(&body)?;
        let request = http::post("/api/v1/commands?priority=bulk", Some(&crew.token), &body);
        let outcomes: Outcomes = client.call(&request).await?.json()?;
        for outcome in outcomes.outcomes.iter().filter(|o| o.status != "accepted") {
            let code = outcome.refusal.as_ref().map_or("none", |r| &r.code);
            let step = batch.iter().find(|s| s.envelope.id == outcome.id);
            let kind = step.map_or("", |s| s.envelope.command.kind());
            tracing::warn!(?role, kind, code, "some of the demo's field work was refused");
        }
        rest = later;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use server::access::{Actor, Grant, authorise};

    use super::*;
    use crate::demo::Options;

    #[test]
    fn each_step_may_be_sent_by_its_crew() {
        let dir = tempfile::tempdir().expect("a directory");
        let areas = AreaScope::parse("220202").expect("a county");
        let options = Options { people: 6_000, areas, seed: 2022, rounds: 3 };
        let start = Micros::parse("2026-03-02T14:05:00+08:00").expect("a time");
        let demo = Demo::plan(dir.path(), &options, start).expect("a plan");
        let mut elsewhere = 0;
        for step in &demo.campaign.steps {
            let (area, command) = (step.envelope.area, &step.envelope.command);
            let crew = Actor {
                user: "crew".into(),
                name: "crew".into(),
                grants: vec![Grant { role: role_of(step), scope: REACH, holder: None }],
                household: None,
                must_change: false,
            };
            let allowed = authorise(&crew, area, command);
            assert!(allowed.is_ok(), "{}: {:?}", command.kind(), allowed.err());
            elsewhere += usize::from(!areas.contains(area));
        }
        assert!(elsewhere > 0, "a laboratory of another county opens boxes");
    }
}
