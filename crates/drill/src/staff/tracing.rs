//! The tracers: a county's team goes to each case, asks whom it met, has those people fetched, looks in on
//! them every day, swabs them on the days that the desk's list names, and lets them go.
//!
//! Whom a case really met is asked of the truth; what of it is told, and when, is up to the faults. The team
//! does not ask close contacts for contacts of their own, and follows whom it named wherever they live.

mod quarantine;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tracing_desk::{Command, Core, Interview, Name, NewContact, NewStay, Question, Setting, Who};
use types::{AreaCode, HolderCode, Micros, PersonId, Span, UnitId};

use self::quarantine::quarantine_of;
use crate::Result;
use crate::ids::low_bits;
use crate::posts::Task;
use crate::run::Drill;
use crate::score::records::{Followed, Inquiry, Naming};
use crate::truth::{Meeting, Where};

/// So far back a case is asked; what does not count by the definition in force the desk leaves out.
const ASKED_BACK: Span = Span::days(5);
/// While people do the work of a desk, its tracers look so often whether they still do.
const TAKEN: Span = Span::minutes(30);
/// After a refusal somebody comes back with the police.
const PERSUADED: [Span; 2] = [Span::hours(12), Span::hours(36)];

/// An investigation, as the list has it.
#[derive(Clone, Debug, Deserialize)]
struct Listed {
    id: UnitId,
    case: UnitId,
    person: PersonId,
    progress: String,
    since: Micros,
    anchor: Micros,
    #[serde(default)]
    due: Option<Micros>,
}

#[derive(Deserialize)]
struct Investigations {
    investigations: Vec<Listed>,
    #[serde(default)]
    next: Option<String>,
}

/// A contact, as the list has it.
#[derive(Clone, Debug, Deserialize)]
struct Contact {
    id: UnitId,
    person: PersonId,
}

#[derive(Deserialize)]
struct Contacts {
    contacts: Vec<Contact>,
    #[serde(default)]
    next: Option<String>,
}

/// Somebody for whom something is due.
#[derive(Clone, Debug, Deserialize)]
struct Due {
    id: UnitId,
    #[serde(default)]
    until: Option<Micros>,
}

#[derive(Deserialize)]
struct Day {
    contacts: Vec<Due>,
    #[serde(default)]
    next: Option<String>,
}

/// The `after` of the next page of a list.
fn escaped(next: &str) -> String {
    form_urlencoded::byte_serialize(next.as_bytes()).collect()
}

fn setting_of(at: Where) -> Setting {
    match at {
        Where::Home => Setting::Household,
        Where::School => Setting::School,
        Where::Work => Setting::Work,
        Where::Market => Setting::Market,
        Where::Neighbours => Setting::Building,
        Where::Care => Setting::Care,
        Where::Elsewhere => Setting::Other,
    }
}

impl Drill {
    fn is_desk_free(&self, area: AreaCode) -> Result<bool> {
        Ok(!self.is_taken(&HolderCode::parse(&format!("desk:{area}"))?))
    }

    async fn investigations(&mut self, area: AreaCode) -> Result<Vec<Listed>> {
        let session = self.devices[self.device(&format!("tracer:{area}"))?].session;
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/tracing/investigations?area={area}&limit=1000{after}");
            let page: Investigations = self.link.get(session, &path).await?;
            all.extend(page.investigations);
            match page.next {
                Some(next) => after = format!("&after={}", escaped(&next)),
                None => return Ok(all),
            }
        }
    }

    async fn contacts_in(&mut self, area: AreaCode, stage: &str) -> Result<Vec<Contact>> {
        let session = self.devices[self.device(&format!("tracer:{area}"))?].session;
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let path =
                format!("/api/v1/tracing/contacts?area={area}&stage={stage}&limit=1000{after}");
            let page: Contacts = self.link.get(session, &path).await?;
            all.extend(page.contacts);
            match page.next {
                Some(next) => after = format!("&after={}", escaped(&next)),
                None => return Ok(all),
            }
        }
    }

    async fn due_today(&mut self, area: AreaCode, task: &str) -> Result<Vec<Due>> {
        let session = self.devices[self.device(&format!("tracer:{area}"))?].session;
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/tracing/day?area={area}&task={task}&limit=1000{after}");
            let page: Day = self.link.get(session, &path).await?;
            all.extend(page.contacts);
            match page.next {
                Some(next) => after = format!("&after={}", escaped(&next)),
                None => return Ok(all),
            }
        }
    }

    /// The hour's work: new investigations are begun, new contacts are told and fetched.
    pub(crate) async fn trace(&mut self, area: AreaCode) -> Result<()> {
        let free = self.is_desk_free(area)?;
        for listed in self.investigations(area).await? {
            self.take_in_inquiry(area, &listed, free);
        }
        for contact in self.contacts_in(area, "identified").await? {
            self.take_in_contact(area, &contact, free)?;
        }
        let tracer = self.device(&format!("tracer:{area}"))?;
        self.flush(tracer).await?;
        Ok(())
    }

    fn take_in_inquiry(&mut self, area: AreaCode, listed: &Listed, free: bool) {
        let step = match listed.progress.as_str() {
            "opened" => 0,
            "on_site" => 1,
            _ => 2,
        };
        let person = self.town.person_of(listed.person);
        let new = Inquiry {
            id: listed.id,
            area,
            person,
            since: listed.since,
            anchor: listed.anchor,
            due: [None; 3],
            done: [None; 3],
            met: 0,
            named: 0,
            begun: false,
        };
        let known = self.chronicle.inquiries.entry(listed.case).or_insert(new);
        known.anchor = listed.anchor;
        known.due[step] = listed.due.or(known.due[step]);
        // What people did with an investigation is seen by where it stands.
        let now = self.now;
        known.done[..step].iter_mut().for_each(|done| {
            done.get_or_insert(now);
        });
        if free && !std::mem::replace(&mut known.begun, free) {
            let mut draw = self.draw("on site", low_bits(listed.case));
            let [low, high] = self.config.work.on_site_minutes.map(Span::minutes);
            self.agenda.put(now + draw.between(low, high), Task::OnSite { case: listed.case });
        }
    }

    fn take_in_contact(&mut self, area: AreaCode, contact: &Contact, free: bool) -> Result<()> {
        let now = self.now;
        let known = self.chronicle.followed.get(&contact.id).map(|f| f.begun);
        if known.is_some_and(|begun| begun || !free) {
            return Ok(());
        }
        let person = self.town.person_of(contact.person);
        let positive_at = person.and_then(|person| self.chronicle.met_case_since(person));
        let refuses = {
            let mut draw = self.draw("contact refuses", low_bits(contact.id));
            draw.chance(self.config.faults.tracing.refuses)
        };
        if known.is_none() {
            let of = person.map(|person| self.chronicle.kept_of.entry(person).or_default());
            of.into_iter().for_each(|of| of.push(contact.id));
        }
        let new = Followed {
            person,
            area,
            seen_at: now,
            positive_at,
            kept_at: None,
            home_at: None,
            ended_at: None,
            refused: false,
            begun: false,
        };
        let followed = self.chronicle.followed.entry(contact.id).or_insert(new);
        (followed.begun, followed.refused) = (free, refuses && free);
        if !free {
            return Ok(());
        }
        let tracer = self.device(&format!("tracer:{area}"))?;
        let id = contact.id;
        let note = String::new();
        self.devices[tracer].note(now, area, Command::Notify { contact: id, note });
        let mut draw = self.draw("contact moves", low_bits(id));
        let wait = if refuses {
            let note =
                "拒绝离家，民警在场 / refuses to leave, in the presence of the police".into();
            self.devices[tracer].note(now, area, Command::Refuse { contact: id, note });
            draw.between(PERSUADED[0], PERSUADED[1])
        } else {
            let site = Some(quarantine_of(area)?);
            let depart = Command::Depart { contact: id, site, vehicle: "隔离转运车".into() };
            self.devices[tracer].note(now, area, depart);
            let [low, high] = self.config.work.fetch_hours.map(Span::hours);
            draw.between(low, high)
        };
        self.agenda.put(now + wait, Task::FetchContact { contact: id });
        Ok(())
    }

    /// The team stands before the case's door, and begins to ask.
    pub(crate) async fn on_site(&mut self, case: UnitId) -> Result<()> {
        let Some(inquiry) = self.chronicle.inquiries.get(&case) else { return Ok(()) };
        let (area, id, done) = (inquiry.area, inquiry.id, inquiry.done[0]);
        if !self.is_desk_free(area)? {
            self.agenda.put(self.now + TAKEN, Task::OnSite { case });
            return Ok(());
        }
        let now = self.now;
        if done.is_none() {
            let tracer = self.device(&format!("tracer:{area}"))?;
            let on_site = Command::OnSite { investigation: id, note: String::new() };
            self.devices[tracer].note(now, area, on_site);
            self.flush(tracer).await?;
            if let Some(inquiry) = self.chronicle.inquiries.get_mut(&case) {
                inquiry.done[0] = Some(now);
            }
        }
        let faults = self.config.faults.tracing.clone();
        let mut draw = self.draw("interview", low_bits(case));
        let [low, high] = self.config.work.interview_minutes.map(Span::minutes);
        let mut wait = draw.between(low, high);
        if draw.chance(faults.late_interview) {
            let [low, high] = faults.late_hours.map(|h| Span((h * 3_600e6) as i64));
            wait.0 += draw.between(low, high).0;
        }
        self.agenda.put(now + wait, Task::Interview { case });
        Ok(())
    }

    /// Since when somebody has met nobody outside: held, in a ward, at a quarantine site.
    fn apart_since(&self, person: u32) -> Option<Micros> {
        let file = self.chronicle.files.get(&person);
        let hold = file.and_then(|f| f.holds.last()).filter(|h| h.until.is_none());
        let ward = file.and_then(|f| f.isolated_at);
        let of = self.chronicle.kept_of.get(&person).into_iter().flatten();
        let kept = of.filter_map(|id| self.chronicle.followed.get(id)?.kept_at).min();
        hold.map(|h| h.from).into_iter().chain(ward).chain(kept).min()
    }

    /// What the case says: of whom it met, as many as it knows and remembers.
    pub(crate) async fn interview(&mut self, case: UnitId) -> Result<()> {
        let Some(inquiry) = self.chronicle.inquiries.get(&case).cloned() else { return Ok(()) };
        let area = inquiry.area;
        if !self.is_desk_free(area)? {
            self.agenda.put(self.now + TAKEN, Task::Interview { case });
            return Ok(());
        }
        let Some(person) = inquiry.person.filter(|_| inquiry.done[1].is_none()) else {
            return Ok(());
        };
        self.truth.0.advance(self.now);
        let now = self.now;
        let until = self.apart_since(person).unwrap_or(now).min(now);
        let from = inquiry.anchor - ASKED_BACK;
        let met = self.truth.0.met(person, from, now);
        let told = self.told(case, &met);
        let tracer = self.device(&format!("tracer:{area}"))?;
        let stays = self.stays_of(person, &told, from, until);
        let answer = self.truth.0.illness(person, now);
        let core = Core(BTreeMap::from([
            (Question::Symptoms, format!("{} / asked on the spot", answer.word())),
            (Question::Origin, "不详 / unknown".to_owned()),
        ]));
        let interview = Interview { investigation: inquiry.id, core, stays, complete: true };
        self.devices[tracer].note(now, area, Command::Interview(interview));
        let rows: Vec<NewContact> = told
            .iter()
            .zip(1..)
            .map(|(meeting, row)| {
                let home = &self.town.homes[self.town.home_of(meeting.person)];
                let last = meeting.once.unwrap_or(until).min(now);
                let person = self.town.person_id(meeting.person);
                NewContact {
                    row,
                    who: Who::Registered { area: home.area, person },
                    setting: setting_of(meeting.at),
                    stay: None,
                    first: Some(meeting.once.unwrap_or(from).min(last)),
                    last,
                    protected: false,
                    note: String::new(),
                }
            })
            .collect();
        for some in rows.chunks(tracing_desk::MOST_NAMED) {
            let name =
                Name { source: case, import: None, contacts: some.to_vec(), reason: String::new() };
            self.devices[tracer].note(now, area, Command::Name(name));
        }
        self.flush(tracer).await?;
        for meeting in &told {
            let naming = Naming { source: person, since: inquiry.since, at: now };
            self.chronicle.named.entry(meeting.person).or_default().push(naming);
        }
        if let Some(inquiry) = self.chronicle.inquiries.get_mut(&case) {
            inquiry.done[1] = Some(now);
            (inquiry.met, inquiry.named) = (met.len(), told.len());
        }
        let mut draw = self.draw("full report", low_bits(case));
        let [low, high] = self.config.work.full_report_hours.map(Span::hours);
        self.agenda.put(now + draw.between(low, high), Task::FullReport { case });
        Ok(())
    }

    /// Of those whom a case met: whom it names. Nobody can name a stranger, and people of whom no list knows
    /// are called "somebody from the dormitory".
    fn told(&self, case: UnitId, met: &[Meeting]) -> Vec<Meeting> {
        let faults = &self.config.faults.tracing;
        let mut draw = self.draw("remembers", low_bits(case));
        let places: BTreeSet<u32> = met.iter().filter_map(|m| m.place).collect();
        let left_out: BTreeSet<u32> =
            places.into_iter().filter(|_| draw.chance(faults.places_left_out)).collect();
        let mut told = Vec::new();
        for meeting in met {
            let rate = match meeting.at {
                Where::Home => 0.0,
                at if at.is_known() => faults.forgotten,
                _ => faults.strangers,
            };
            let forgotten = draw.chance(rate);
            let omitted = meeting.at != Where::Home
                && meeting.place.is_some_and(|place| left_out.contains(&place));
            let listed = !self.town.is_lodger(meeting.person)
                || self.chronicle.hidden.registered_at.is_some();
            if !forgotten && !omitted && listed {
                told.push(*meeting);
            }
        }
        told
    }

    /// Where the case was: at home, and at the places that it told.
    fn stays_of(&self, person: u32, told: &[Meeting], from: Micros, until: Micros) -> Vec<NewStay> {
        let home = &self.town.homes[self.town.home_of(person)];
        let stay = |place, name: String, setting| NewStay {
            stay: None,
            from: from.min(until),
            until,
            place,
            name,
            setting,
            note: String::new(),
        };
        let mut stays = vec![stay(Some(home.code.clone()), String::new(), Setting::Household)];
        let mut seen = BTreeSet::new();
        for meeting in told {
            let Some(place) = meeting.place.filter(|place| seen.insert(*place)) else { continue };
            let (word, setting) = match meeting.at {
                Where::School => ("学校 school", Setting::School),
                Where::Home => ("宿舍 dormitory", Setting::School),
                _ => ("单位 workplace", Setting::Work),
            };
            stays.push(stay(None, format!("{word} {place}"), setting));
        }
        stays
    }

    /// The full report goes in.
    pub(crate) async fn full_report(&mut self, case: UnitId) -> Result<()> {
        let Some(inquiry) = self.chronicle.inquiries.get(&case) else { return Ok(()) };
        let (area, id) = (inquiry.area, inquiry.id);
        if !self.is_desk_free(area)? {
            self.agenda.put(self.now + TAKEN, Task::FullReport { case });
            return Ok(());
        }
        let now = self.now;
        let desk = self.device(&format!("district:{area}"))?;
        let report = Command::Report { investigation: id, note: String::new() };
        self.devices[desk].note(now, area, report);
        self.flush(desk).await?;
        if let Some(inquiry) = self.chronicle.inquiries.get_mut(&case) {
            inquiry.done[2].get_or_insert(now);
        }
        Ok(())
    }
}
