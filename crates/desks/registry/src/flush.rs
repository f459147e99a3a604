//! Flushing: the changed rows, set-based, in key order.

use ledger::Result;
use store::{Connection, Value};
use types::{AreaCode, PersonId};

use crate::geometry::Outline;
use crate::identity::Sex;
use crate::place::{Level, area_of, compound_of, parent_of};
use crate::state::{Person, State};
use crate::tables::{
    CHANGE_PUT, COUNT_ADD, HOLDER_PUT, HOUSEHOLD_PUT, LOOK_PUT, MOVED_PUT, PERSON_PUT, PLACE_PUT,
};

impl State {
    /// Writes what changed.
    ///
    /// # Errors
    /// As [`State::load_commands`].
    pub async fn flush(&mut self, db: &mut Connection) -> Result<()> {
        let mut values = Vec::new();
        for code in self.places.take_dirty() {
            let Some(Some(place)) = self.places.get(&code) else { continue };
            values.extend([
                area_of(&code).into(),
                (&code).into(),
                Level::of(&code).map_or(0, Level::depth).into(),
                parent_of(&code).as_ref().into(),
                place.name_zh.as_str().into(),
                place.name_en.as_str().into(),
                nullable(place.lon),
                nullable(place.lat),
                place.outline.as_ref().map(Outline::to_text).into(),
            ]);
        }
        db.put(&PLACE_PUT, std::mem::take(&mut values)).await?;
        for ((area, code), holder) in &self.holders {
            values.extend([
                (*area).into(),
                code.as_str().into(),
                holder.code.kind().into(),
                holder.name_zh.as_str().into(),
                holder.name_en.as_str().into(),
                holder.place.as_ref().into(),
                nullable(holder.lon),
                nullable(holder.lat),
                holder.active.into(),
            ]);
        }
        db.put(&HOLDER_PUT, std::mem::take(&mut values)).await?;
        for (area, id) in self.households.take_dirty() {
            let Some(household) = self.households.get(&(area, id)) else { continue };
            values.extend([
                area.into(),
                id.into(),
                (&household.compound).into(),
                (&household.place).into(),
                household.door.as_str().into(),
                nullable(household.code.map(|(index, _)| index)),
                household.code.map(|(_, at)| at).into(),
            ]);
        }
        db.put(&HOUSEHOLD_PUT, std::mem::take(&mut values)).await?;
        for (area, id) in self.persons.take_dirty() {
            if let Some(person) = self.persons.get(&(area, id)) {
                person_values(area, id, person, &mut values);
            }
        }
        db.put(&PERSON_PUT, std::mem::take(&mut values)).await?;
        for (area, person, household) in self.moved.take_dirty() {
            let Some(moved) = self.moved.get(&(area, person, household)) else { continue };
            let (found, identity) = (&moved.found, &moved.found.identity);
            values.extend([
                area.into(),
                person.into(),
                household.into(),
                area_of(&found.home.place).into(),
                found.id.into(),
                (&found.home.place).into(),
                found.home.door.as_str().into(),
                identity.sealed.0.clone().into(),
                nullable(identity.id_index),
                nullable(identity.phone_index),
                identity.birth_year.map(i64::from).into(),
                identity.sex.map(Sex::as_str).into(),
                moved.state.as_str().into(),
                moved.found_at.into(),
            ]);
        }
        db.put(&MOVED_PUT, std::mem::take(&mut values)).await?;
        // Also where it comes to nothing: which rows there are must not depend on which commands
        // fell into one group.
        for (place, (households, persons)) in &self.counts {
            values.extend([
                area_of(place).into(),
                place.into(),
                (*households).into(),
                (*persons).into(),
            ]);
        }
        db.put(&COUNT_ADD, values).await?;
        db.put(&CHANGE_PUT, std::mem::take(&mut self.changes)).await?;
        db.put(&LOOK_PUT, std::mem::take(&mut self.looks)).await?;
        Ok(())
    }
}

/// NULL for nothing; for types whose option the store does not know.
pub(crate) fn nullable<T: Into<Value>>(value: Option<T>) -> Value {
    value.map_or(Value::Null, Into::into)
}

fn person_values(area: AreaCode, id: PersonId, person: &Person, values: &mut Vec<Value>) {
    let (home, identity) = (person.home.as_ref(), &person.identity);
    values.extend([
        area.into(),
        id.into(),
        home.and_then(|h| h.household).into(),
        home.map(|h| compound_of(&h.place)).as_ref().into(),
        home.map(|h| &h.place).into(),
        home.map_or("", |h| h.door.as_str()).into(),
        identity.sealed.0.clone().into(),
        nullable(identity.id_index),
        nullable(identity.phone_index),
        identity.birth_year.map(i64::from).into(),
        identity.sex.map(Sex::as_str).into(),
        person.flags.into(),
        person.same_as.map(|s| s.area).into(),
        person.same_as.map(|s| s.person).into(),
        person.registered_at.into(),
    ]);
}
