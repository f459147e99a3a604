//! Who somebody on a ride is: sex and age for everybody who works with it; the name for those who have to find
//! the door, each look on record first.

use std::collections::HashMap;

use care::Episode;
use registry::command::{Look, LookDepth, LookedAt, Purpose};
use registry::file;
use registry::identity::Identity;
use store::Connection;
use transfers::Ride;
use types::{AreaCode, UnitId};

use crate::access::{Action, Resource, can};
use crate::house::Command;
use crate::pages::care::words as care_words;
use crate::seat::Seat;
use crate::{Fault, looks, t};

/// The episodes of patients on rides.
pub async fn episodes<'a>(
    db: &mut Connection,
    rides: impl Iterator<Item = &'a Ride>,
) -> Result<HashMap<UnitId, Episode>, Fault> {
    let ids: Vec<UnitId> = rides.filter_map(|ride| ride.episode).collect();
    let found = care::views::episodes(db, &ids).await?;
    Ok(found.into_iter().map(|episode| (episode.id, episode)).collect())
}

/// Sex and age, and how the person travels: enough to tell two lines apart, and nobody's name.
pub fn line(seat: &Seat, episodes: &HashMap<UnitId, Episode>, ride: &Ride) -> String {
    let known = ride.episode.and_then(|id| episodes.get(&id));
    let who = match known {
        Some(episode) => care_words::person(seat, episode),
        None => t!(seat, "trip-no-patient"),
    };
    if ride.lying { format!("{who} · {}", t!(seat, "trip-lying")) } else { who }
}

/// Where somebody's name is to be looked up: the county, and what is looked at.
async fn at(seat: &Seat, ride: &Ride) -> Result<(AreaCode, LookedAt, Option<cases::Case>), Fault> {
    let mut db = seat.db().await?;
    if let Some(episode) = ride.episode
        && let Some(episode) = care::views::episode(&mut db, episode).await?
        && let Some(case) = cases::views::case(&mut db, episode.case).await?
    {
        return Ok(match case.person_area {
            Some(area) => (area, LookedAt::Person(case.person), Some(case)),
            None => (case.area(), LookedAt::Case(case.id), Some(case)),
        });
    }
    Ok((ride.area(), LookedAt::Person(ride.person), None))
}

fn look(at: LookedAt) -> Look {
    Look { at, depth: LookDepth::Reveal, purpose: Purpose::Care, note: String::new() }
}

/// Whether the actor may have the name shown.
pub fn may_reveal(seat: &Seat, ride: &Ride) -> bool {
    let command = Command::Registry(registry::Command::Look(look(LookedAt::Person(ride.person))));
    can(seat.somebody(), Action::Send(&command), Resource::Area(ride.area())).is_ok()
}

/// Who it is, in the clear, after the look has been recorded; nothing where no name is known.
pub async fn reveal(seat: &Seat, ride: &Ride) -> Result<Option<Identity>, Fault> {
    let (area, looked_at, case) = at(seat, ride).await?;
    // First on record, then on the screen.
    looks::record(seat, area, look(looked_at)).await?;
    let keys = seat.app().keys();
    if let Some(case) = &case
        && let Some(identity) = &case.identity
    {
        let clear = keys.unseal(case.area(), case.sealed_for(), &identity.sealed.0);
        return Ok(Some(clear.map_err(Fault::internal)?));
    }
    let mut db = seat.db().await?;
    let known = file::person(&mut db, area, ride.person).await.map_err(Fault::internal)?;
    let clear = known.map(|p| keys.unseal(area, ride.person, &p.identity.sealed.0)).transpose();
    clear.map_err(Fault::internal)
}
