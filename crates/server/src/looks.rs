//! Every look at a person's file is itself recorded, before the file is shown.

use ledger::{Envelope, Priority, Status};
use registry::command::{Look, LookDepth, LookedAt, Purpose};
use types::{AreaCode, CommandId, PersonId, Refusal, Span};
use uuid::Uuid;

use crate::Fault;
use crate::access::authorise;
use crate::house::Command;
use crate::seat::Seat;

/// Records that the actor of the seat looks at a person's masked file, and why. Call it before
/// reading the file: what cannot be recorded must not be shown.
///
/// # Errors
/// `not-allowed` or `not-your-area` when the actor's role has no reason to look; a fault when it
/// could not be recorded.
pub async fn record_look(
    seat: &Seat,
    area: AreaCode,
    person: PersonId,
    purpose: Purpose,
) -> Result<(), Fault> {
    let (at, depth) = (LookedAt::Person(person), LookDepth::File);
    record(seat, area, Look { at, depth, purpose, note: String::new() }).await
}

/// Records any look: a search, or a file in the clear.
///
/// # Errors
/// As [`record_look`].
pub async fn record(seat: &Seat, area: AreaCode, look: Look) -> Result<(), Fault> {
    record_all(seat, area, [look]).await
}

/// Records several looks in one county, all in one go.
///
/// # Errors
/// As [`record_look`]; then none of them may be followed.
pub async fn record_all(
    seat: &Seat,
    area: AreaCode,
    looks: impl IntoIterator<Item = Look>,
) -> Result<(), Fault> {
    // Whoever looks back looks today.
    let app =
        seat.app().present().ok_or_else(|| Fault::internal("the server of today has ended"))?;
    let actor = seat.actor()?;
    let mut envelopes = Vec::new();
    for look in looks {
        let command = Command::Registry(registry::Command::Look(look));
        let grant = authorise(actor, area, &command)?;
        envelopes.push(Envelope {
            id: CommandId(Uuid::now_v7()),
            area,
            event_time: app.now(),
            clock_offset: Span(0),
            device: None,
            actor: actor.for_ledger(grant),
            command,
        });
    }
    let asked = envelopes.len();
    if asked == 0 {
        return Ok(());
    }
    let outcomes = app.submit(Priority::Normal, envelopes).await?;
    if outcomes.len() != asked {
        return Err(Fault::internal("no outcome for a look"));
    }
    match outcomes.into_iter().find(|outcome| outcome.status != Status::Accepted) {
        None => Ok(()),
        Some(outcome) => {
            Err(outcome.refusal.unwrap_or_else(|| Refusal::new("look-refused")).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::extract::Request;
    use protocol::Protocol;
    use registry::command::{PutPlaces, RegisterPerson};
    use types::AreaScope;

    use super::*;
    use crate::access::{Actor, Grant, Role};
    use crate::seat::Visit;
    use crate::{App, Config, pages};

    async fn app(dir: &std::path::Path) -> App {
        let config = Config::new(dir, ([127, 0, 0, 1], 0).into());
        let protocol = Arc::new(Protocol::bundled().expect("the protocol"));
        App::open(config, protocol).await.expect("opens")
    }

    /// A seat as the guard would make it for a role.
    fn seat(app: &App, role: Role) -> Seat {
        let request = Request::new(axum::body::Body::empty());
        let mut visit = Visit::of(app, &pages::unknown_route(), &request);
        let scope = AreaScope::parse("220202").expect("a scope");
        let actor = Actor {
            user: role.to_string(),
            name: String::new(),
            grants: vec![Grant { role, scope, holder: None }],
            household: None,
            must_change: false,
        };
        visit.session = Some(Arc::new(crate::sessions::Session::for_test(actor)));
        Seat::new(visit)
    }

    async fn looks(app: &App) -> i64 {
        let mut db = app.reader().await.expect("a reader");
        let sql = "SELECT count(*) FROM journal WHERE kind = 'registry.look' AND refused IS NULL";
        db.query_text(sql, &[]).await.expect("count")[0].int(0).expect("a number")
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_look_is_on_record_before_anything_is_shown() {
        let dir = tempfile::tempdir().expect("a directory");
        let app = app(dir.path()).await;
        let area = AreaCode::new(220_202).expect("an area");
        let person = PersonId::from_bytes([7; 16]);
        let mut register = registry::Command::RegisterPerson(RegisterPerson {
            person,
            details: registry::command::Details::Clear(Box::new(registry::identity::Identity {
                name: "\u{5f20}\u{4e09}".into(),
                id_type: registry::identity::IdType::None,
                id_number: None,
                phone: None,
            })),
            address: None,
        });
        register.seal(app.keys(), area, app.today()).expect("sealed");
        for command in [registry::Command::PutPlaces(PutPlaces { places: Vec::new() }), register] {
            let envelope = Envelope {
                id: CommandId(Uuid::now_v7()),
                area,
                event_time: app.now(),
                clock_offset: Span(0),
                device: None,
                actor: ledger::Actor { user: "test".into(), holder: None },
                command: Command::Registry(command),
            };
            app.submit(Priority::Normal, vec![envelope]).await.expect("written");
        }
        let grid = seat(&app, Role::Grid);
        record_look(&grid, area, person, Purpose::Sampling).await.expect("recorded");
        assert_eq!(looks(&app).await, 1);

        // Nobody without a reason, nobody elsewhere, and nobody who is not there.
        let code = |result: Result<(), Fault>| result.expect_err("refused").refusal.code;
        let courier = seat(&app, Role::Courier);
        let refused = record_look(&courier, area, person, Purpose::Sampling).await;
        assert_eq!(code(refused), "not-allowed");
        let away = AreaCode::new(220_203).expect("an area");
        let refused = record_look(&grid, away, person, Purpose::Sampling).await;
        assert_eq!(code(refused), "not-your-area");
        let nobody = PersonId::from_bytes([8; 16]);
        let refused = record_look(&grid, area, nobody, Purpose::Sampling).await;
        assert_eq!(code(refused), "person-unknown");
        assert_eq!(looks(&app).await, 1);
    }
}
