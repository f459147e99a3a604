//! The guide of a drill: it follows a tube, and the first one with a result comes some hours of
//! simulated time after the start.

use std::time::Duration;

use drill::town::Town;
use server::App;
use server::pages::guide::Guide;
use testing::views::{self, ResultState};
use types::{AreaCode, PersonId};

use crate::demo::personas::{PASSWORD, Persona};

/// Persons that are asked for a tube: those of the household that a visitor can sign in as, and
/// their neighbours.
const ASKED: u32 = 200;
/// Between two looks, in real time.
const PACE: Duration = Duration::from_secs(5);

/// What the guide tells a visitor.
#[derive(Debug)]
pub struct Visitors {
    /// Persons to ask, and whether each is of the household that a visitor can sign in as.
    pub asked: Vec<(AreaCode, PersonId, bool)>,
    /// The accounts.
    pub personas: Vec<Persona>,
    /// The household's code.
    pub household_code: String,
}

/// The persons to ask in a town.
pub fn asked(town: &Town) -> Vec<(AreaCode, PersonId, bool)> {
    let own = town.household_of(0);
    let area = |person| town.homes[town.home_of(person)].area;
    (0..town.people.min(ASKED))
        .map(|person| (area(person), town.person_id(person), own.contains(&person)))
        .collect()
}

/// Waits for a tube of several persons whose result is out, and leads visitors along it.
pub async fn lead(app: App, visitors: Visitors) {
    loop {
        match find(&app, &visitors).await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the guide cannot look for a tube"),
        }
        tokio::time::sleep(PACE).await;
    }
}

async fn find(app: &App, visitors: &Visitors) -> anyhow::Result<bool> {
    let mut db = app.store().reader().await?;
    for (area, person, own) in &visitors.asked {
        let results = views::of_person(&mut db, *area, *person).await?;
        let told = results.iter().find(|r| r.state == ResultState::Negative && r.shared_by > 1);
        if let Some(result) = told {
            app.set_guide(Guide {
                tube: result.tube,
                logins: visitors.personas.iter().map(|p| (p.role, p.login.clone())).collect(),
                password: PASSWORD.to_owned(),
                household_code: own.then(|| visitors.household_code.clone()),
            });
            return Ok(true);
        }
    }
    Ok(false)
}
