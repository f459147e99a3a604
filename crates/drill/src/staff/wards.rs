//! The staff of hospitals and shelter hospitals: who has come is in a bed; every morning they see
//! everybody, take a swab, let go who meets the criteria, and call for more care where it is needed;
//! vacated beds are disinfected.

use care::{Command, Level, Release, Round, TestResult};
use cases::Observation;
use serde::Deserialize;
use types::{AreaCode, HolderCode, Micros, Span, UnitId};

use super::beds::{Listed, StepUp, WardRow};
use super::cases::{ROUND_TAKES, observed};
use crate::Result;
use crate::posts::{Task, WardWork};
use crate::run::Drill;
use crate::truth::Severity;

/// A swab is taken so long before the round passes, by another's clock.
const SWABBED_BEFORE: Span = Span::minutes(20);

/// Somebody in a bed.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Patient {
    #[serde(flatten)]
    pub listed: Listed,
    #[serde(default)]
    pub class: String,
    #[serde(default)]
    pub may_leave_since: Option<Micros>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct DirtyBed {
    bed: UnitId,
    #[serde(default)]
    due: Option<Micros>,
}

/// What a facility has to do, as its page says.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Facility {
    pub open: bool,
    pub wards: Vec<WardRow>,
    pub patients: Vec<Patient>,
    pub dirty: Vec<DirtyBed>,
}

/// Whose time at home is over.
#[derive(Deserialize)]
struct AtHome {
    episodes: Vec<Listed>,
}

impl Drill {
    /// Reads what a facility has to do.
    pub(crate) async fn read_facility(
        &mut self,
        device: usize,
        holder: &HolderCode,
    ) -> Result<Facility> {
        let session = self.devices[device].session;
        self.link.get(session, &format!("/api/v1/care/facilities/{holder}")).await
    }

    /// Who lies in a facility infects nobody outside; who has left it is out again. By the facility's
    /// own list, so that it holds for those whom people admit and let go, too.
    pub(crate) async fn census(&mut self, ward: usize) -> Result<()> {
        let WardWork { holder, device, .. } = self.wards[ward].clone();
        let facility = self.read_facility(device, &holder).await?;
        self.count_heads(&holder, &facility);
        Ok(())
    }

    fn count_heads(&mut self, holder: &HolderCode, facility: &Facility) {
        let now = self.now;
        for patient in &facility.patients {
            let admitted = patient.listed.lies.as_ref().and_then(|lies| lies.admitted_at);
            let at = admitted.unwrap_or(now);
            let person = {
                let stay = self.stay(&patient.listed);
                let first = stay.admitted_at.is_none();
                stay.admitted_at.get_or_insert(at);
                stay.facility = Some(holder.clone());
                let back = stay.left_at.take().is_some();
                stay.person.filter(|_| first || back)
            };
            let Some(person) = person else { continue };
            let truly = self.truth.0.illness(person, at);
            if let Some(stay) = self.chronicle.stays.get_mut(&patient.listed.id) {
                stay.ill_at_admission.get_or_insert(truly);
            }
            let file = self.chronicle.file(person);
            file.isolated_at.get_or_insert(at);
            if let Some(hold) = file.holds.last_mut() {
                hold.until.get_or_insert(at);
            }
            self.keep_apart(person);
        }
        let here: std::collections::BTreeSet<UnitId> =
            facility.patients.iter().map(|patient| patient.listed.id).collect();
        let gone: Vec<(UnitId, Option<u32>)> = self
            .chronicle
            .stays
            .iter()
            .filter(|(id, stay)| {
                stay.facility.as_ref() == Some(holder)
                    && stay.left_at.is_none()
                    && !here.contains(*id)
            })
            .map(|(id, stay)| (*id, stay.person))
            .collect();
        for (id, person) in gone {
            if let Some(stay) = self.chronicle.stays.get_mut(&id) {
                stay.left_at = Some(now);
            }
            let Some(person) = person.filter(|person| !self.is_dead(*person)) else { continue };
            let file = self.chronicle.file(person);
            file.ended.get_or_insert((cases::Ending::Released, now));
            file.home_since.get_or_insert(now);
            self.keep_apart(person);
        }
    }

    /// The hour's work of a facility: its list, and beds that were to be disinfected by now.
    pub(crate) async fn ward_hour(&mut self, ward: usize) -> Result<()> {
        let WardWork { holder, area, device } = self.wards[ward].clone();
        self.truth.0.advance(self.now);
        let facility = self.read_facility(device, &holder).await?;
        self.count_heads(&holder, &facility);
        if self.is_taken(&holder) {
            return Ok(());
        }
        let now = self.now;
        let due = |bed: &&DirtyBed| bed.due.is_none_or(|due| due <= now);
        let beds: Vec<UnitId> = facility.dirty.iter().filter(due).map(|bed| bed.bed).collect();
        if !beds.is_empty() {
            self.devices[device].note(now, area, Command::Disinfect { beds });
        }
        self.flush(device).await?;
        // Whoever stands at the door when nobody was called for is taken in with the next look.
        self.agenda.put(now, Task::TakeIn { ward });
        Ok(())
    }

    /// The morning's round of a facility.
    pub(crate) async fn bedside_round(&mut self, ward: usize) -> Result<()> {
        let WardWork { holder, area, device } = self.wards[ward].clone();
        if self.is_taken(&holder) {
            return Ok(());
        }
        self.truth.0.advance(self.now);
        let facility = self.read_facility(device, &holder).await?;
        self.count_heads(&holder, &facility);
        let day = u64::from(self.config.day_of(self.now));
        let passed_by = self.config.faults.cases.passed_by;
        let people = facility.patients.len().max(1) as i64;
        let (began, step) = (self.now - ROUND_TAKES, Span(ROUND_TAKES.0 / people));
        for (n, patient) in facility.patients.iter().enumerate() {
            let Some(person) = self.town.person_of(patient.listed.person) else { continue };
            let admitted = patient.listed.lies.as_ref().and_then(|lies| lies.admitted_at);
            let at = (began + Span(step.0 * n as i64)).max(admitted.unwrap_or(began));
            let mut draw = self.draw("bedside", day << 32 | u64::from(person));
            if draw.chance(passed_by) || self.truth.0.illness(person, at) == Severity::Dead {
                // The dead are the desk's to report.
                continue;
            }
            match patient.may_leave_since {
                Some(_) => self.let_go(device, area, patient, person, at),
                None => self.see_patient(device, area, patient, person, at, &facility),
            }
        }
        self.flush(device).await?;
        Ok(())
    }

    fn let_go(
        &mut self,
        device: usize,
        area: AreaCode,
        patient: &Patient,
        person: u32,
        at: Micros,
    ) {
        let episode = patient.listed.id;
        let release = Command::Release(Release { episode, reason: String::new() });
        self.devices[device].note(at, area, release);
        let ill = ["confirmed", "converted"].contains(&patient.class.as_str());
        let how = if ill { cases::Ending::Discharged } else { cases::Ending::Released };
        let file = self.chronicle.file(person);
        file.ended.get_or_insert((how, at));
        file.home_since.get_or_insert(at);
        if let Some(file) = self.chronicle.cases.get_mut(&patient.listed.case) {
            file.ended.get_or_insert((how, at));
        }
        if let Some(stay) = self.chronicle.stays.get_mut(&episode) {
            stay.left_at = Some(at);
        }
        self.keep_apart(person);
    }

    /// Whose time at home after a ward is over goes out again, by the desk's list.
    pub(crate) async fn end_time_at_home(&mut self, area: AreaCode) -> Result<()> {
        if self.is_taken(&HolderCode::parse(&format!("desk:{area}"))?) {
            return Ok(());
        }
        let (now, desk) = (self.now, self.device(&format!("district:{area}"))?);
        let session = self.devices[desk].session;
        let over: AtHome =
            self.link.get(session, &format!("/api/v1/care/home-over?area={area}")).await?;
        for listed in &over.episodes {
            let episode = listed.id;
            let finish = Command::FinishHome { episode, reason: String::new() };
            self.devices[desk].note(now, area, finish);
        }
        self.flush(desk).await?;
        for listed in over.episodes {
            let Some(person) = self.town.person_of(listed.person) else { continue };
            self.chronicle.file(person).home_until = Some(now);
            self.keep_apart(person);
        }
        Ok(())
    }

    fn see_patient(
        &mut self,
        device: usize,
        area: AreaCode,
        patient: &Patient,
        person: u32,
        at: Micros,
        facility: &Facility,
    ) {
        let hour = (at - self.config.start).0.max(0) as u64 / Span::hours(1).0.unsigned_abs();
        let mut draw = self.draw("doctor", hour << 32 | u64::from(person));
        let truly = self.truth.0.illness(person, at);
        let better = truly == Severity::None || self.truth.0.is_better(person, at);
        let episode = patient.listed.id;
        let observation = match better && truly > Severity::None {
            // The illness stays what it was; the fever has gone.
            true => Observation { temperature: Some(36.5), ..Observation::default() },
            false => observed(truly, &self.config.faults.cases, &mut draw),
        };
        let round = Round {
            episode,
            observation,
            symptoms_better: Some(better),
            imaging_improved: (truly >= Severity::Moderate).then_some(better),
            note: String::new(),
        };
        let ct = self.truth.0.ct(person, at - SWABBED_BEFORE);
        let test = TestResult {
            episode,
            sampled_at: at - SWABBED_BEFORE,
            ct_n: ct,
            ct_orf1ab: ct,
            assay_limit: Some(40.0),
            laboratory: "本院检验科 / own laboratory".to_owned(),
        };
        self.devices[device].note(at, area, Command::Round(round));
        self.devices[device].note(at, area, Command::Test(test));
        if let Some(file) = self.chronicle.cases.get_mut(&patient.listed.case) {
            file.examined_at.get_or_insert(at);
            file.seen_at = Some(at);
        }
        let needs = match truly {
            _ if better => Level::Shelter,
            Severity::Critical => Level::Intensive,
            Severity::Severe => Level::Acute,
            Severity::Moderate => Level::Ward,
            _ => Level::Shelter,
        };
        let lies = patient.listed.lies.as_ref();
        let gives = lies
            .and_then(|lies| facility.wards.iter().find(|ward| ward.ward == lies.ward))
            .and_then(|ward| Level::parse(&ward.level));
        if gives.is_some_and(|gives| gives < needs) && patient.listed.held.is_none() {
            self.call_for_more(StepUp { episode, area: patient.listed.area, needs });
        }
    }
}
