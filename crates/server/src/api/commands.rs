//! `POST /api/v1/commands`: the one way in for everything that happens in the field.
//!
//! A device sends batches of commands, each with an id of its own making, as often as it likes:
//! a command that is known already gives its first outcome again. The batch is parsed straight
//! into the desks' types; only when that fails is it taken apart, so that one command that this
//! program does not know cannot hold up the others.

use std::borrow::Cow;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use ledger::{Envelope, Outcome, Priority, Status};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use types::{AreaCode, CommandId, Micros, Refusal, Span};
use utoipa::ToSchema;

use crate::access::{Actor, Policy, Role, authorise};
use crate::api::{bytes_of, json, malformed};
use crate::house::Command;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::shell::Both;
use crate::{App, Fault, sign_codes};

/// Most commands in one batch.
pub const MAX_COMMANDS: usize = 2_000;
/// A device's clock that is off by no more is taken as right.
pub const CLOCK_TOLERANCE: Span = Span::minutes(2);

/// Who may send commands at all; each command has its own roles ([`authorise`]).
const SENDERS: Policy = Policy::any_of([
    Role::Commander,
    Role::District,
    Role::Grid,
    Role::Sampler,
    Role::Courier,
    Role::Laboratory,
    Role::Ward,
    Role::Crew,
    Role::Shop,
    Role::Driver,
    Role::Volunteer,
]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/api/v1/commands", SENDERS, commands);
}

/// One command on the wire.
#[derive(Debug, Deserialize)]
pub(crate) struct Wire {
    pub id: CommandId,
    pub area: AreaCode,
    pub event_time: Micros,
    pub command: Command,
}

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    device: Cow<'a, str>,
    device_time: Micros,
    commands: Vec<Wire>,
}

#[derive(Deserialize)]
struct LooseBatch<'a> {
    #[serde(borrow)]
    device: Cow<'a, str>,
    device_time: Micros,
    #[serde(borrow)]
    commands: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Head {
    id: CommandId,
}

/// A batch after parsing: what can be decided, and what could not even be read.
#[derive(Debug)]
pub(crate) struct Arrived<'a> {
    pub device: Cow<'a, str>,
    pub device_time: Micros,
    pub commands: Vec<Result<Wire, (CommandId, Refusal)>>,
}

fn parse(body: &[u8]) -> Result<Arrived<'_>, Fault> {
    match serde_json::from_slice::<Batch<'_>>(body) {
        Ok(batch) => Ok(Arrived {
            device: batch.device,
            device_time: batch.device_time,
            commands: batch.commands.into_iter().map(Ok).collect(),
        }),
        Err(_) => parse_one_by_one(body),
    }
}

fn parse_one_by_one(body: &[u8]) -> Result<Arrived<'_>, Fault> {
    let batch: LooseBatch<'_> = serde_json::from_slice(body).map_err(|e| malformed(&e))?;
    let mut commands = Vec::with_capacity(batch.commands.len());
    for raw in batch.commands {
        commands.push(match serde_json::from_str::<Wire>(raw.get()) {
            Ok(wire) => Ok(wire),
            Err(reason) => {
                // Without an id there is nobody to answer to.
                let head: Head = serde_json::from_str(raw.get()).map_err(|e| malformed(&e))?;
                let refusal = Refusal::new("malformed-command").with("reason", reason);
                Err((head.id, refusal))
            }
        });
    }
    Ok(Arrived { device: batch.device, device_time: batch.device_time, commands })
}

/// How far the device's clock is off, and what to add to its times. Pure.
pub fn clock_correction(now: Micros, device_time: Micros) -> (Span, Span) {
    let offset = now - device_time;
    let within = offset.0.unsigned_abs() <= CLOCK_TOLERANCE.0.unsigned_abs();
    (offset, if within { Span(0) } else { offset })
}

async fn commands(State(app): State<App>, seat: Seat, request: Request) -> Answer {
    let body = bytes_of(request, &app).await?;
    settle(&app, &seat, parse(&body)?).await
}

/// Admits what has arrived, sends it to the ledger, and answers with an outcome for each.
pub(crate) async fn settle(app: &App, seat: &Seat, parsed: Arrived<'_>) -> Answer {
    let count = parsed.commands.len();
    if count > MAX_COMMANDS {
        let refusal = Refusal::new("batch-too-large").with("limit", MAX_COMMANDS);
        return Err(Fault::new(StatusCode::PAYLOAD_TOO_LARGE, refusal));
    }
    // A sender that can wait may say so; nobody can claim to be urgent.
    let priority = match seat.param("priority").as_deref() {
        Some("bulk") => Priority::Bulk,
        _ => Priority::Normal,
    };
    let actor = seat.actor()?;
    let (offset, shift) = clock_correction(app.now(), parsed.device_time);
    let device: String = parsed.device.chars().take(80).collect();
    let mut envelopes = Vec::with_capacity(count);
    let mut turned_away: Vec<(usize, Outcome)> = Vec::new();
    for (at, command) in parsed.commands.into_iter().enumerate() {
        match command.and_then(|wire| admit(app, actor, wire)) {
            Ok((wire, for_ledger)) => envelopes.push(Envelope {
                id: wire.id,
                area: wire.area,
                event_time: wire.event_time + shift,
                clock_offset: offset,
                device: Some(device.clone()),
                actor: for_ledger,
                command: wire.command,
            }),
            Err((id, refusal)) => turned_away.push((at, refused(id, refusal))),
        }
    }
    let decided = app.submit(priority, envelopes).await?;
    let outcomes = merge(decided, turned_away);
    app.metrics().commands(&outcomes);
    let outcomes: Vec<OutcomeOut<'_>> = outcomes.iter().map(OutcomeOut::of).collect();
    json(StatusCode::OK, &Outcomes { outcomes })
}

/// A command that may not be sent is refused and not recorded: it is no part of the story.
/// People's data is sealed here, before anything else sees it.
fn admit(
    app: &App,
    actor: &Actor,
    mut wire: Wire,
) -> Result<(Wire, ledger::Actor), (CommandId, Refusal)> {
    let away = |refusal| (wire.id, refusal);
    let grant = authorise(actor, wire.area, &wire.command).map_err(away)?;
    if let Command::Registry(command) = &mut wire.command {
        if command.is_internal() {
            return Err((wire.id, Refusal::new("internal-command")));
        }
        command.seal(app.keys(), wire.area, app.today()).map_err(|refusal| (wire.id, refusal))?;
    }
    if let Command::Cases(command) = &mut wire.command {
        if command.is_internal() {
            return Err((wire.id, Refusal::new("internal-command")));
        }
        command.seal(app.keys(), wire.area, app.today()).map_err(|refusal| (wire.id, refusal))?;
    }
    if let Command::Supply(command) = &mut wire.command {
        if command.is_internal() {
            return Err((wire.id, Refusal::new("internal-command")));
        }
        command.seal(app.keys(), wire.area, app.today()).map_err(|refusal| (wire.id, refusal))?;
    }
    sign_codes::check_any(app.secrets(), &wire.command).map_err(|refusal| (wire.id, refusal))?;
    if let Command::Tracing(command) = &mut wire.command {
        if command.is_internal() {
            return Err((wire.id, Refusal::new("internal-command")));
        }
        command.seal(app.keys(), wire.area, app.today()).map_err(|refusal| (wire.id, refusal))?;
    }
    Ok((wire, actor.for_ledger(grant)))
}

fn refused(id: CommandId, refusal: Refusal) -> Outcome {
    Outcome {
        id,
        status: Status::Refused,
        duplicate: false,
        refusal: Some(refusal),
        notes: Vec::new(),
    }
}

/// Puts what was turned away back into its places.
fn merge(decided: Vec<Outcome>, turned_away: Vec<(usize, Outcome)>) -> Vec<Outcome> {
    if turned_away.is_empty() {
        return decided;
    }
    let mut merged = decided;
    for (at, outcome) in turned_away {
        merged.insert(at.min(merged.len()), outcome);
    }
    merged
}

/// The answer to a batch: outcomes in the order of its commands.
#[derive(Serialize, ToSchema)]
pub struct Outcomes<'a> {
    outcomes: Vec<OutcomeOut<'a>>,
}

/// What became of one command.
#[derive(Serialize, ToSchema)]
#[schema(as = Outcome)]
pub struct OutcomeOut<'a> {
    /// The command.
    #[schema(value_type = String, format = "uuid")]
    id: CommandId,
    /// `accepted`, `refused`, or `not_recorded`: the server cannot write it, nothing happened,
    /// and the device has to keep it. Sending it again is safe; in the end it may be taken.
    #[schema(value_type = String)]
    status: Status,
    /// Whether this is the answer to an earlier sending.
    duplicate: bool,
    /// Why not, when it was not accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<RefusalOut<'a>>,
    /// What to know although it was accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<RefusalOut<'a>>,
}

impl<'a> OutcomeOut<'a> {
    fn of(outcome: &'a Outcome) -> OutcomeOut<'a> {
        OutcomeOut {
            id: outcome.id,
            status: outcome.status,
            duplicate: outcome.duplicate,
            refusal: outcome.refusal.as_ref().map(RefusalOut::of),
            notes: outcome.notes.iter().map(RefusalOut::of).collect(),
        }
    }
}

/// A refusal with its sentences.
#[derive(Serialize, ToSchema)]
#[schema(as = Refusal)]
pub struct RefusalOut<'a> {
    /// Stable, kebab-case.
    code: &'a str,
    /// The values in the sentence, by name.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    args: Args<'a>,
    /// The rule behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    /// What happened.
    message: Both,
    /// What to do next.
    next: Both,
}

impl<'a> RefusalOut<'a> {
    /// A refusal on the wire.
    pub fn of(refusal: &'a Refusal) -> RefusalOut<'a> {
        RefusalOut {
            code: &refusal.code,
            args: Args(&refusal.args),
            rule: refusal.rule.as_deref(),
            message: Both::of(|lang| lang.refusal(refusal)),
            next: Both::of(|lang| lang.refusal_next(refusal)),
        }
    }
}

/// Arguments as a JSON object.
pub struct Args<'a>(&'a [(Cow<'static, str>, String)]);

impl Serialize for Args<'_> {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// The error of a whole request.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorOut<'a> {
    /// Why there is no answer.
    error: RefusalOut<'a>,
    /// The number of the request, for the server's log.
    request: String,
}

impl<'a> ErrorOut<'a> {
    /// An error on the wire.
    pub fn of(refusal: &'a Refusal, request: impl std::fmt::Display) -> ErrorOut<'a> {
        ErrorOut { error: RefusalOut::of(refusal), request: request.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> String {
        let kind = types::UnitKind::new('T');
        let area = AreaCode::new(220_202).expect("area");
        let tube = types::UnitId::printed(kind, area, 1);
        format!(
            r#"{{"id":"01960000-0000-7000-8000-000000000001","area":220202,"event_time":1,
                "command":{{"testing":{{"report":{{"tubes":["{tube}"]}}}}}}}}"#
        )
    }

    #[test]
    fn one_command_that_nobody_knows_does_not_hold_up_the_others() {
        let odd = r#"{"id":"01960000-0000-7000-8000-000000000002","area":220202,
            "event_time":1,"command":{"testing":{"teleport":{}}}}"#;
        let body = format!(r#"{{"device":"d","device_time":5,"commands":[{},{odd}]}}"#, good());
        let parsed = parse(body.as_bytes()).expect("parses");
        assert!(parsed.commands[0].is_ok());
        let (id, refusal) = parsed.commands[1].as_ref().expect_err("refused");
        assert_eq!(id.to_string(), "01960000-0000-7000-8000-000000000002");
        assert_eq!(refusal.code, "malformed-command");
        let nameless = r#"{"device":"d","device_time":5,"commands":[{"area":220202}]}"#;
        assert!(parse(nameless.as_bytes()).is_err());
        assert!(parse(b"[]").is_err());
    }

    #[test]
    fn a_clock_is_corrected_only_when_it_is_clearly_off() {
        let now = Micros(1_000_000_000_000);
        assert_eq!(clock_correction(now, now - Span::seconds(90)).1, Span(0));
        assert_eq!(clock_correction(now, now - Span::minutes(2)).1, Span(0));
        assert_eq!(clock_correction(now, now - Span::hours(1)).1, Span::hours(1));
        assert_eq!(clock_correction(now, now + Span::hours(8)).1, Span::hours(-8));
        assert_eq!(clock_correction(now, Micros(i64::MIN)).1, Span(i64::MAX));
    }

    #[test]
    fn outcomes_keep_the_order_of_the_commands() {
        let id = |n: u8| CommandId::from_bytes([n; 16]);
        let accepted = |n| Outcome {
            id: id(n),
            status: Status::Accepted,
            duplicate: false,
            refusal: None,
            notes: Vec::new(),
        };
        let away = |n| refused(id(n), Refusal::new("not-allowed"));
        let merged =
            merge(vec![accepted(1), accepted(3)], vec![(0, away(0)), (2, away(2)), (4, away(4))]);
        let ids: Vec<u8> = merged.iter().map(|o| o.id.bytes()[0]).collect();
        assert_eq!(ids, [0, 1, 2, 3, 4]);
    }
}
