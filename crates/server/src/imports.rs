//! Imports in the background: those that a stop of the program interrupted go on, whoever watches
//! one is told how far it is, and files that nobody goes on with are not kept for ever.

use std::time::Duration;

use registry::import::jobs::Job;
use registry::import::{ImportError, Kind};
use types::{AreaCode, AreaScope, Refusal, Span};
use uuid::Uuid;

use crate::access::{Action, Actor, Policy, Resource, Role, can};
use crate::house::{Command, REGISTRY};
use crate::{App, Fault};

/// Imports in topics of the live updates.
pub const IMPORTS: &str = "imports";

/// A file that waits for its importer is kept this long.
pub const KEPT: Span = Span::days(KEPT_DAYS);
/// The same in days.
pub const KEPT_DAYS: i64 = 14;
/// How often files that are not needed are looked for.
const SWEEP: Duration = Duration::from_secs(3_600);

/// Who sees which files were brought, by whom, and what became of their rows in numbers.
pub const WATCHERS: Policy = Policy::any_of([Role::Commander, Role::District, Role::Auditor]);
/// Who brings files. People are for the district desk alone: see [`may_run`].
pub const IMPORTERS: Policy = Policy::any_of([Role::Commander, Role::District]);

impl From<ImportError> for Fault {
    fn from(error: ImportError) -> Fault {
        match error {
            ImportError::Store(e) => e.into(),
            ImportError::Ledger(e) => e.into(),
            error @ (ImportError::Format(_) | ImportError::Columns { .. }) => {
                error.refusal().into()
            }
            error => Fault { inside: Some(error.to_string()), ..error.refusal().into() },
        }
    }
}

/// Goes on with interrupted imports, and then sweeps from time to time.
pub async fn run(app: App) {
    match app.imports().resume().await {
        Ok(resumed) => {
            for id in resumed {
                tracing::info!(import = %id, "an interrupted import goes on");
                follow(&app, id).await;
            }
        }
        Err(error) => tracing::error!(%error, "interrupted imports could not be looked for"),
    }
    let mut pace = tokio::time::interval(SWEEP);
    loop {
        pace.tick().await;
        match app.imports().sweep(KEPT).await {
            Ok(0) => {}
            Ok(files) => tracing::info!(files, "files of imports that nobody needs were deleted"),
            Err(error) => tracing::warn!(%error, "files of imports were not swept"),
        }
    }
}

/// Starts an import, or a dry run of it; says whether it could be started.
///
/// # Errors
/// [`Fault`] when the store fails.
pub async fn start(app: &App, id: Uuid, dry_run: bool) -> Result<bool, Fault> {
    let started = app.imports().start(id, dry_run).await?;
    if started {
        follow(app, id).await;
    }
    Ok(started)
}

/// Rings for an import that runs here, until it ends.
async fn follow(app: &App, id: Uuid) {
    let Ok(Some(job)) = app.imports().job(id).await else { return };
    let Some(mut live) = app.imports().watch(id) else { return };
    let (app, area) = (app.clone(), area_of(job.scope));
    tokio::spawn(async move {
        while live.changed().await.is_ok() {
            app.hub().mark(IMPORTS, area);
        }
        // Its end is on record before it stops telling.
        app.hub().mark(IMPORTS, area);
        app.hub().mark(REGISTRY, area);
    });
}

/// The area under which something that concerns a whole scope is recorded and told: the first
/// code of it, which is its county if it is but one.
pub fn area_of(scope: AreaScope) -> AreaCode {
    AreaCode::from_stored(scope.bounds().0)
}

/// Whether somebody may bring files of a kind for a scope, and run them.
///
/// # Errors
/// As [`can`].
pub fn may_run(actor: Option<&Actor>, kind: Kind, scope: AreaScope) -> Result<(), Refusal> {
    use registry::command::{PutPersons, PutPlaces};
    let command = match kind {
        Kind::Persons => registry::Command::PutPersons(PutPersons {
            import: Uuid::nil(),
            households: Vec::new(),
        }),
        Kind::Places => registry::Command::PutPlaces(PutPlaces { places: Vec::new() }),
        Kind::Contacts => {
            // What it takes to name the contacts of a case, as the tracing desk asks.
            let source = types::UnitId::derived(cases::CASE, area_of(scope), &[]);
            let name = tracing_desk::Name {
                source,
                import: Some(Uuid::nil()),
                contacts: Vec::new(),
                reason: String::new(),
            };
            let command = Command::from(tracing_desk::Command::Name(name));
            return can(actor, Action::Send(&command), Resource::Scope(scope));
        }
        Kind::Cases => {
            let put = cases::PutCases { import: Uuid::nil(), rows: Vec::new() };
            let command = Command::from(cases::Command::PutCases(put));
            return can(actor, Action::Send(&command), Resource::Scope(scope));
        }
    };
    can(actor, Action::Send(&Command::Registry(command)), Resource::Scope(scope))
}

/// Whether somebody may see the rows of an import, masked, and take them away: only who could
/// have brought them.
pub fn sees_rows(actor: Option<&Actor>, job: &Job) -> bool {
    may_run(actor, job.kind, job.scope).is_ok()
}
