//! Loading: the rows that a group of commands or facts touches.

use std::collections::BTreeMap;

use ledger::{Asked, Result, Units, by_area, once};
use registry::command::Details;
use registry::seal::BlindIndex;
use store::{Connection, Value};
use types::{AreaCode, PersonId, PlaceCode, UnitId};

use crate::command::{Command, Who};
use crate::event::Event;
use crate::rows::{Source, read_contact, read_investigation, read_source, read_stay};
use crate::state::{Home, State};
use crate::tables;

/// What a group needs to have loaded.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub investigations: Vec<UnitId>,
    /// Investigations whose stays are asked for.
    pub stays: Vec<UnitId>,
    pub contacts: Vec<UnitId>,
    /// Persons whose homes, follow-ups and infections are asked for.
    pub persons: Vec<PersonId>,
    /// Persons whose follow-ups may turn into cases: those whom they met are asked for, too.
    pub turning: Vec<PersonId>,
    /// Sources whose contacts are asked for.
    pub sources: Vec<UnitId>,
    /// Numbers whose owners are.
    pub numbers: Vec<BlindIndex>,
    /// Contacts whose persons' other follow-ups are asked for.
    pub persons_of: Vec<UnitId>,
}

impl Wanted {
    /// What is asked for of whom somebody met: a case or a close contact.
    fn source(&mut self, unit: UnitId) {
        if unit.kind() == cases::CASE {
            self.investigations.push(crate::investigation_of(unit));
        } else {
            self.contacts.push(unit);
        }
    }

    pub(crate) fn of_command(&mut self, asked: Asked<'_, Command>) {
        self.investigations.extend(asked.command.investigation());
        self.contacts.extend(asked.command.contact());
        match asked.command {
            Command::Interview(c) => self.stays.push(c.investigation),
            Command::DropStay { investigation, .. } => self.stays.push(*investigation),
            Command::Name(name) => {
                self.source(name.source);
                for contact in &name.contacts {
                    self.persons.push(contact.who.person());
                    if let Who::Unregistered { details: Details::Sealed(sealed), .. } = &contact.who
                    {
                        self.numbers.extend(sealed.id_index);
                    }
                }
            }
            Command::Reopen { contact, .. } => self.persons_of.push(*contact),
            Command::Reschedule { contacts } => self.contacts.extend(contacts),
            Command::Adopt { cases } => {
                let of = cases.iter().map(|case| crate::investigation_of(*case));
                self.investigations.extend(of);
            }
            _ => {}
        }
    }

    pub(crate) fn of_event(&mut self, event: &Event) {
        match event {
            Event::Opened(opened) => self.investigations.push(opened.investigation),
            Event::Anchored { investigation, .. }
            | Event::Assigned { investigation, .. }
            | Event::OnSite { investigation, .. }
            | Event::Reported { investigation, .. }
            | Event::Dropped { investigation, .. }
            | Event::Resumed { investigation } => self.investigations.push(*investigation),
            Event::Interviewed { investigation, .. } | Event::StayDropped { investigation, .. } => {
                self.investigations.push(*investigation);
                self.stays.push(*investigation);
            }
            Event::Named(named) => {
                self.contacts.push(named.contact);
                self.source(named.source.unit);
            }
            Event::Sourced(sourced) => {
                self.contacts.push(sourced.contact);
                self.source(sourced.source.unit);
            }
            Event::SourceVoided { contact, source, .. } => {
                self.contacts.push(*contact);
                self.source(*source);
            }
            Event::Located { contact, .. }
            | Event::Notified { contact, .. }
            | Event::Departed { contact, .. }
            | Event::Arrived { contact, .. }
            | Event::Scheduled { contact, .. }
            | Event::Tested { contact, .. }
            | Event::Checked { contact, .. }
            | Event::WentHome { contact, .. }
            | Event::Refused { contact, .. }
            | Event::Ended { contact, .. }
            | Event::Reopened { contact, .. }
            | Event::Asked { contact, .. }
            | Event::Answered { contact, .. } => self.contacts.push(*contact),
        }
    }
}

impl State {
    /// Loads what is wanted.
    pub(crate) async fn load(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        mut wanted: Wanted,
    ) -> Result<()> {
        self.load_numbers(db, &mut wanted).await?;
        let turning = once(std::mem::take(&mut wanted.turning));
        wanted.persons.extend(&turning);
        self.load_persons(db, std::mem::take(&mut wanted.persons)).await?;
        let turning = turning.iter().filter_map(|person| self.of_person.get(person)).flatten();
        let of: Vec<UnitId> = turning.copied().collect();
        wanted.sources.extend(of);
        let met = self.load_of_source(db, std::mem::take(&mut wanted.sources)).await?;
        wanted.persons_of.extend(&met);
        wanted.contacts.extend(met);
        self.load_contacts(db, std::mem::take(&mut wanted.contacts)).await?;
        let others = wanted.persons_of.iter().filter_map(|id| self.contacts.get(id));
        let others: Vec<PersonId> = others.map(|contact| contact.person).collect();
        self.load_persons(db, others).await?;
        self.load_investigations(db, wanted.investigations).await?;
        self.load_stays(db, wanted.stays).await?;
        self.load_sources(db).await?;
        let ids: Vec<UnitId> = self.looked.iter().copied().collect();
        let known = self.contacts.keys().chain(self.investigations.keys()).copied();
        units.load(db, &ids.into_iter().chain(known).collect::<Vec<_>>()).await
    }

    async fn load_numbers(&mut self, db: &mut Connection, wanted: &mut Wanted) -> Result<()> {
        let mut numbers = once(std::mem::take(&mut wanted.numbers));
        wanted.persons.extend(numbers.iter().filter_map(|n| self.numbers.get(n)));
        numbers.retain(|number| self.looked_numbers.insert(*number));
        let keys: Vec<Value> = numbers.iter().map(|n| Value::from(*n)).collect();
        // Whom the registry has comes before whom only this desk knows.
        for statement in [&tables::PERSON_BY_NUMBER, &tables::CONTACT_BY_NUMBER] {
            for row in db.lookup(statement, &keys).await? {
                let person = PersonId::from_bytes(row.id(1)?);
                self.numbers.entry(BlindIndex(row.id(0)?)).or_insert(person);
            }
        }
        wanted.persons.extend(numbers.iter().filter_map(|n| self.numbers.get(n)));
        Ok(())
    }

    async fn load_persons(&mut self, db: &mut Connection, persons: Vec<PersonId>) -> Result<()> {
        let mut wanted = persons;
        // Another name for somebody leads to who that is; once, since names have no names.
        for _ in 0..2 {
            let mut persons = once(std::mem::take(&mut wanted));
            persons.retain(|person| !self.of_person.contains_key(person));
            if persons.is_empty() {
                return Ok(());
            }
            let keys: Vec<Value> = persons.iter().map(|p| (*p).into()).collect();
            for row in db.lookup(&tables::PERSON_HOME, &keys).await? {
                let home = Home {
                    area: row.opt_int(1)?.map(AreaCode::from_stored),
                    place: row.opt_text(2)?.and_then(|text| PlaceCode::parse(text).ok()),
                    household: row.opt_id(3)?.map(types::HouseholdId::from_bytes),
                    same_as: row.opt_id(4)?.map(PersonId::from_bytes),
                };
                wanted.extend(home.same_as);
                self.homes.entry(PersonId::from_bytes(row.id(0)?)).or_insert(home);
            }
            for person in persons {
                self.of_person.entry(person).or_default();
                self.cases_of.entry(person).or_default();
            }
            for row in db.lookup(&tables::CONTACTS_OF_PERSON, &keys).await? {
                let contact = read_contact(&row)?;
                self.keep_contact(contact);
            }
            for row in db.lookup(&tables::INVESTIGATIONS_OF_PERSON, &keys).await? {
                let investigation = read_investigation(&row)?;
                self.keep_investigation(investigation);
            }
        }
        Ok(())
    }

    /// The contacts of sources; they are still to be loaded.
    async fn load_of_source(
        &mut self,
        db: &mut Connection,
        sources: Vec<UnitId>,
    ) -> Result<Vec<UnitId>> {
        let mut sources = once(sources);
        sources.retain(|source| !self.of_source.contains_key(source));
        let keys: Vec<Value> = sources.iter().map(|source| (*source).into()).collect();
        for source in sources {
            self.of_source.insert(source, Vec::new());
        }
        let mut found = Vec::new();
        for row in db.lookup(&tables::CONTACTS_OF_SOURCE, &keys).await? {
            let contact = UnitId::from_bytes(row.id(2)?);
            let known = self.of_source.entry(UnitId::from_bytes(row.id(0)?)).or_default();
            if !known.contains(&contact) {
                known.push(contact);
            }
            found.push(contact);
        }
        // What this very group has named stands in memory only.
        let fresh: Vec<(UnitId, UnitId)> =
            self.dirty_sources.iter().map(|(contact, source)| (*source, *contact)).collect();
        for (source, contact) in fresh {
            if let Some(known) = self.of_source.get_mut(&source)
                && !known.contains(&contact)
            {
                known.push(contact);
            }
        }
        self.of_source.values_mut().for_each(|ids| ids.sort_unstable());
        Ok(found)
    }

    async fn load_contacts(&mut self, db: &mut Connection, ids: Vec<UnitId>) -> Result<()> {
        let mut ids = once(ids);
        ids.retain(|id| self.looked.insert(*id) && !self.contacts.contains_key(id));
        for row in db.lookup(&tables::CONTACT_BY_ID, &by_area(&ids)).await? {
            let contact = read_contact(&row)?;
            self.keep_contact(contact);
        }
        Ok(())
    }

    async fn load_investigations(&mut self, db: &mut Connection, ids: Vec<UnitId>) -> Result<()> {
        let mut ids = once(ids);
        ids.retain(|id| self.looked.insert(*id) && !self.investigations.contains_key(id));
        for row in db.lookup(&tables::INVESTIGATION_BY_ID, &by_area(&ids)).await? {
            let investigation = read_investigation(&row)?;
            self.keep_investigation(investigation);
        }
        Ok(())
    }

    async fn load_stays(&mut self, db: &mut Connection, of: Vec<UnitId>) -> Result<()> {
        let mut of = once(of);
        of.retain(|id| !self.stays.contains_key(id));
        for id in &of {
            self.stays.insert(*id, BTreeMap::new());
        }
        for row in db.lookup(&tables::STAYS_OF, &by_area(&of)).await? {
            let (investigation, stay) = read_stay(&row)?;
            let dropped = row.flag(8)?;
            self.stays.entry(investigation).or_default().insert(stay.n, (stay, dropped));
        }
        Ok(())
    }

    /// The sources of every loaded contact: what its degree and its schedule follow from.
    async fn load_sources(&mut self, db: &mut Connection) -> Result<()> {
        let mut of: Vec<UnitId> = self.contacts.keys().copied().collect();
        of.retain(|id| !self.sources.contains_key(id));
        of.sort_unstable();
        for id in &of {
            self.sources.insert(*id, BTreeMap::new());
        }
        for row in db.lookup(&tables::SOURCES_OF, &by_area(&of)).await? {
            let (contact, source): (UnitId, Source) = read_source(&row)?;
            self.sources.entry(contact).or_default().insert(source.unit, source);
        }
        Ok(())
    }

    pub(crate) fn keep_contact(&mut self, contact: crate::Contact) {
        let id = contact.id;
        if let Some(ids) = self.of_person.get_mut(&contact.person)
            && !ids.contains(&id)
        {
            ids.push(id);
        }
        self.looked.insert(id);
        self.contacts.entry(id).or_insert(contact);
    }

    pub(crate) fn keep_investigation(&mut self, investigation: crate::Investigation) {
        let id = investigation.id;
        if let Some(ids) = self.cases_of.get_mut(&investigation.person)
            && !ids.contains(&id)
        {
            ids.push(id);
        }
        self.looked.insert(id);
        self.investigations.entry(id).or_insert(investigation);
    }
}
