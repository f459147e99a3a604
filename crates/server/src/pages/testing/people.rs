//! People on the desk's pages: masked, and only after the look has been recorded.

use std::collections::HashMap;

use registry::command::{Look, LookDepth, LookedAt, Purpose};
use registry::event::PersonRef;
use registry::file::PersonLine;
use store::Connection;
use types::{AreaCode, HolderCode, PersonId, PlaceCode, Refusal};

use crate::Fault;
use crate::access::Role;
use crate::house::Command;
use crate::pages::act;
use crate::seat::Seat;

/// Whether any of the actor's grants has one of the roles.
pub fn has(seat: &Seat, roles: &[Role]) -> bool {
    seat.somebody().is_some_and(|a| a.grants.iter().any(|g| roles.contains(&g.role)))
}

/// Records of persons, masked, after a look at each has been recorded. Those outside of the
/// actor's areas are left out.
pub async fn masked(
    seat: &Seat,
    db: &mut Connection,
    refs: &[PersonRef],
    purpose: Purpose,
) -> Result<HashMap<PersonId, PersonLine>, Fault> {
    let own: Vec<PersonRef> =
        refs.iter().filter(|r| seat.require(r.area).is_ok()).copied().collect();
    let now = seat.now();
    let looks = own.iter().map(|r| {
        let (at, depth) = (LookedAt::Person(r.person), LookDepth::File);
        let look = Look { at, depth, purpose, note: String::new() };
        (r.area, now, Command::Registry(registry::Command::Look(look)))
    });
    let outcomes = act::many(seat, looks.collect()).await?;
    if let Some(refusal) = act::first_refusal(&outcomes) {
        return Err(refusal.clone().into());
    }
    open(seat, db, &own).await
}

/// Records of the persons of a place, masked, after one look at the place has been recorded.
pub async fn masked_in(
    seat: &Seat,
    db: &mut Connection,
    place: &PlaceCode,
    refs: &[PersonRef],
) -> Result<HashMap<PersonId, PersonLine>, Fault> {
    let area = place.area().ok_or_else(|| Fault::not_found(place))?;
    let look = Look {
        at: LookedAt::Place(place.clone()),
        depth: LookDepth::Search,
        purpose: Purpose::Sampling,
        note: String::new(),
    };
    crate::looks::record(seat, area, look).await?;
    open(seat, db, refs).await
}

async fn open(
    seat: &Seat,
    db: &mut Connection,
    refs: &[PersonRef],
) -> Result<HashMap<PersonId, PersonLine>, Fault> {
    let mut lines = HashMap::new();
    for (who, person) in registry::file::persons(db, refs).await.map_err(Fault::internal)? {
        let line = registry::file::masked(seat.app().keys(), who.area, who.person, &person)
            .map_err(Fault::internal)?;
        lines.insert(who.person, line);
    }
    Ok(lines)
}

/// A person by the number of a document, a telephone number, or the record's own id (then of
/// the given county). A search by number is a look and is recorded before it is made.
pub async fn find(
    seat: &Seat,
    area: AreaCode,
    typed: &str,
    purpose: Purpose,
) -> Result<Result<PersonRef, Refusal>, Fault> {
    if let Ok(person) = PersonId::parse(typed) {
        return Ok(Ok(PersonRef { area, person }));
    }
    if typed.is_empty() {
        return Ok(Err(Refusal::new("person-missing")));
    }
    let place = PlaceCode::parse(&area.to_string())?;
    let (at, depth) = (LookedAt::Place(place), LookDepth::Search);
    crate::looks::record(seat, area, Look { at, depth, purpose, note: String::new() }).await?;
    let mut db = seat.db().await?;
    let hits = registry::file::find_by_number(&mut db, seat.app().keys(), seat.scope(), typed)
        .await
        .map_err(Fault::internal)?;
    Ok(match hits.persons.as_slice() {
        [one] => Ok(PersonRef { area: one.area, person: one.id }),
        [] => Err(Refusal::new("person-not-found")),
        _ => Err(Refusal::new("person-ambiguous")),
    })
}

/// The holder of a kind that the actor acts for.
pub fn own_holder(seat: &Seat, kind: &str) -> Option<HolderCode> {
    let actor = seat.somebody()?;
    actor.grants.iter().filter_map(|g| g.holder.clone()).find(|h| h.kind() == kind)
}
