//! The laboratories: boxes are opened, what the list holds goes on plates, plates are read.

use std::collections::BTreeSet;

use testing::{Command, Fault, LoadPlate, Mark, OpenBox, RecordResult, ResultStatus, TUBE, Well};
use types::{AreaCode, Span, UnitId};

use crate::Result;
use crate::control::WellReading;
use crate::draw::Draw;
use crate::goods::{BoxAt, TubeAt, Whereabouts};
use crate::posts::{Plate, Task};
use crate::reading::Held;
use crate::run::Drill;

/// Tubes on a plate of 96 wells; two are controls.
const WELLS: usize = 94;
/// Tubes wait for a full plate no longer than this.
const PATIENCE: Span = Span::minutes(45);
/// Until somebody looks again at what a person is doing, or a laboratory that stands still cannot.
const AGAIN: Span = Span::minutes(30);
/// No curve is read beyond so many cycles.
const CYCLES: f64 = 40.0;

/// The name of the `n`th well in use: `A1` to `H12` by columns, as robots fill them.
fn well(n: usize) -> String {
    format!("{}{}", char::from(b'A' + (n % 8) as u8), n / 8 + 1)
}

fn rounded(ct: f64) -> f64 {
    (ct * 100.0).round() / 100.0
}

/// What a machine shows for a well: cycle thresholds, `None` where there is no curve.
#[derive(Clone, Copy, Debug)]
struct Curves {
    n: Option<f64>,
    orf1ab: Option<f64>,
    control: Option<f64>,
}

impl Curves {
    fn is_positive(&self) -> bool {
        self.n.is_some() || self.orf1ab.is_some()
    }
}

/// What a machine shows for a tube.
fn curves(ct: Option<f64>, draw: &mut Draw) -> Curves {
    let mut near = |middle: f64, spread: f64| {
        let value = middle + spread * (draw.unit() + draw.unit() - 1.0);
        (value < CYCLES).then(|| rounded(value))
    };
    // ORF1ab comes about a cycle later than N (recalled from assays of the time).
    let n = ct.and_then(|ct| near(ct, 1.2));
    let orf1ab = ct.and_then(|ct| near(ct + 1.0, 1.2));
    Curves { n, orf1ab, control: near(26.0, 3.0) }
}

impl Drill {
    /// The county under which a laboratory's command about a unit goes.
    fn area_of(&self, lab: usize, unit: UnitId) -> AreaCode {
        match self.town.areas.contains(&unit.area()) {
            true => unit.area(),
            false => self.area_for_lab(&self.town.labs[lab].holder),
        }
    }

    /// Boxes are opened, here and there, at the same moment.
    pub(crate) async fn open_boxes(&mut self, boxes: &[(BoxAt, usize)]) -> Result<()> {
        for (parcel, lab) in boxes.iter().copied() {
            self.open_box(parcel, lab)?;
        }
        let labs: BTreeSet<usize> = boxes.iter().map(|(_, lab)| self.labs[*lab].device).collect();
        self.flush_all(labs).await
    }

    /// A box is opened: what is in it is scanned, whatever it should hold.
    fn open_box(&mut self, parcel: BoxAt, lab: usize) -> Result<()> {
        let holder = self.town.labs[lab].holder.clone();
        if self.goods.boxes[parcel].opened {
            // A person who has the laboratory's work was faster.
            return Ok(());
        }
        if self.is_taken(&holder) || self.labs[lab].fails_until > self.now {
            self.agenda.put(self.now + AGAIN, Task::OpenBox { parcel, lab });
            return Ok(());
        }
        let now = self.now;
        self.labs[lab].busy = true;
        self.goods.boxes[parcel].opened = true;
        let code = self.goods.boxes[parcel].code;
        let inside = self.goods.boxes[parcel].tubes.clone();
        let mut found: Vec<UnitId> = Vec::new();
        for at in &inside {
            let tube = &mut self.goods.tubes[*at];
            tube.at = Whereabouts::Lab(lab);
            tube.received_at = Some(now);
            if !found.contains(&tube.code) {
                found.push(tube.code);
            }
        }
        let device = self.labs[lab].device;
        let area = self.area_of(lab, code);
        let open = OpenBox { box_: code, lab: holder, found };
        self.devices[device].note(now, area, Command::OpenBox(open));
        for at in inside {
            if self.goods.tubes[at].leaked {
                self.spoil(
                    lab,
                    at,
                    Fault::Leaked,
                    "管盖松动，保存液渗入袋内 / cap loose, medium in the bag",
                );
            }
        }
        Ok(())
    }

    /// A tube that gives no result is thrown away, and that is recorded.
    fn spoil(&mut self, lab: usize, at: TubeAt, fault: Fault, note: &str) {
        let now = self.now;
        let code = self.goods.tubes[at].code;
        let mark = Mark { tube: code, fault, note: note.to_owned() };
        let area = self.area_of(lab, code);
        self.devices[self.labs[lab].device].note(now, area, Command::Mark(mark));
        let tube = &mut self.goods.tubes[at];
        tube.marked_at = Some(now);
        if fault != Fault::Lost {
            tube.at = Whereabouts::Spoilt;
        }
    }

    /// Looks at the list of what the laboratory answers for: loads what waits, searches for what
    /// is missing.
    pub(crate) async fn bench(&mut self, lab: usize) -> Result<()> {
        let holder = self.town.labs[lab].holder.clone();
        let device = self.labs[lab].device;
        if self.is_taken(&holder) || self.labs[lab].fails_until > self.now {
            return Ok(());
        }
        // Nobody looks at a list that was empty before anything has come.
        if !self.labs[lab].busy {
            return Ok(());
        }
        if !self.flush(device).await? {
            return Ok(());
        }
        let session = self.devices[device].session;
        let held: Held =
            self.link.get(session, &format!("/api/v1/field/held?holder={holder}")).await?;
        self.labs[lab].busy = !held.held.is_empty();
        let searched = Span::hours(self.config.work.search_hours);
        let mut waiting: Vec<(types::Micros, TubeAt)> = Vec::new();
        for unit in held.held.iter().filter(|u| u.unit.kind() == TUBE && u.within.is_none()) {
            let here = self.goods.coded(unit.unit).iter().copied().find(|at| {
                let tube = &self.goods.tubes[*at];
                tube.at == Whereabouts::Lab(lab) && tube.loaded_at.is_none()
            });
            match (unit.step.as_str(), here) {
                ("missing" | "received" | "at_lab", Some(at)) => waiting.push((unit.since, at)),
                ("missing", None) if self.now - unit.since >= searched => {
                    let lost = self.goods.coded(unit.unit).first().copied();
                    if let Some(at) = lost.filter(|at| self.goods.tubes[*at].marked_at.is_none()) {
                        let note = "箱内未见；已查采样点、车辆和实验室 / not in the box; searched at site, vehicle and laboratory";
                        self.spoil(lab, at, Fault::Lost, note);
                    }
                }
                _ => {}
            }
        }
        self.load(lab, &waiting);
        self.flush(device).await?;
        Ok(())
    }

    /// Loads plates as far as there is room.
    fn load(&mut self, lab: usize, waiting: &[(types::Micros, TubeAt)]) {
        let mut rest = waiting;
        while let Some((oldest, _)) = rest.first() {
            let patient = self.now - *oldest < PATIENCE && rest.len() < WELLS;
            if patient || self.labs[lab].free_at > self.now {
                return;
            }
            let (mine, later) = rest.split_at(rest.len().min(WELLS));
            rest = later;
            let wells: Vec<TubeAt> = mine.iter().map(|(_, at)| *at).collect();
            self.start_plate(lab, wells);
        }
    }

    fn start_plate(&mut self, lab: usize, wells: Vec<TubeAt>) {
        let now = self.now;
        self.labs[lab].plates += 1;
        let number = self.labs[lab].plates;
        let holder = self.town.labs[lab].holder.clone();
        let name = format!("{}-P{number:04}", holder.code());
        let mut area = None;
        let mut loaded = Vec::with_capacity(wells.len());
        for (n, at) in wells.iter().enumerate() {
            let tube = &mut self.goods.tubes[*at];
            tube.loaded_at = Some(now);
            loaded.push(Well { well: well(n), tube: tube.code });
            area.get_or_insert(tube.code);
        }
        let area = area.map_or(AreaCode::NONE, |code| self.area_of(lab, code));
        let load = LoadPlate { plate: name.clone(), lab: holder, wells: loaded };
        self.devices[self.labs[lab].device].note(now, area, Command::LoadPlate(load));
        let day = Span::days(1).0;
        let capacity = self.town.labs[lab].capacity[2].max(1);
        self.labs[lab].free_at = now + Span(day / capacity * wells.len() as i64);
        let wells = wells.into_iter().enumerate().map(|(n, at)| (well(n), at)).collect();
        self.run_machine(lab, name, wells);
    }

    /// A machine begins to run a plate, whoever loaded it.
    pub(crate) fn run_machine(&mut self, lab: usize, name: String, wells: Vec<(String, TubeAt)>) {
        let plate = self.plates.len();
        let mut draw = self.draw("plate", plate as u64);
        let [low, high] = self.config.work.run_minutes.map(Span::minutes);
        let mut run = draw.between(low, high);
        let faults = &self.config.faults.laboratories;
        if draw.chance(faults.late) {
            let [low, high] = faults.late_hours.map(|h| Span((h * 3_600e6) as i64));
            run = Span(run.0 + draw.between(low, high).0);
        }
        let ready_at = self.now + run;
        self.plates.push(Plate { name, lab, wells, doubtful: BTreeSet::new(), ready_at });
        self.agenda.put(ready_at, Task::Read { plate });
    }

    /// What the machine shows for the `n`th well of a plate, and the draws that come after it.
    fn shown_in(&self, plate: &Plate, n: usize) -> (Curves, Draw) {
        let tube = plate.wells[n].1;
        let faults = &self.config.faults.laboratories;
        let any_positive = plate.wells.iter().any(|(_, t)| self.goods.tubes[*t].ct.is_some());
        let mut draw = self.draw("values", (tube as u64) << 8 | n as u64);
        let mut shown = curves(self.goods.tubes[tube].ct, &mut draw);
        if draw.chance(faults.invalid) {
            let control = Some(rounded(38.5 + draw.unit()));
            shown = Curves { n: None, orf1ab: None, control };
        } else if shown.n.is_none() && any_positive && draw.chance(faults.contaminated) {
            (shown.n, shown.orf1ab) = (Some(rounded(34.0 + 2.0 * draw.unit())), None);
        }
        (shown, draw)
    }

    /// Whether a tube still waits for somebody to read its well.
    fn is_unread(&self, tube: TubeAt, lab: usize) -> bool {
        self.goods.tubes[tube].at == Whereabouts::Lab(lab)
    }

    /// Shows the people who have taken a laboratory over what its machines say, or nothing when
    /// the staff read them themselves.
    pub(crate) fn show_machines(&self, lab: usize) {
        let holder = &self.town.labs[lab].holder;
        let mut wells = Vec::new();
        if self.is_taken(holder) {
            let ready = |p: &&Plate| p.lab == lab && p.ready_at <= self.now;
            for plate in self.plates.iter().filter(ready) {
                for (n, (well, tube)) in plate.wells.iter().enumerate() {
                    if self.is_unread(*tube, lab) {
                        let shown = self.shown_in(plate, n).0;
                        wells.push(WellReading {
                            plate: plate.name.clone(),
                            well: well.clone(),
                            tube: self.goods.tubes[*tube].code,
                            at: plate.ready_at,
                            ct_n: shown.n,
                            ct_orf1ab: shown.orf1ab,
                            ct_control: shown.control,
                        });
                    }
                }
            }
        }
        self.control.show_machine(holder, wells);
    }

    /// A plate is read; `doubtful` for the second look at what was preliminary.
    pub(crate) async fn read_plate(&mut self, at: usize, doubtful: bool) -> Result<()> {
        let plate = self.plates[at].clone();
        if self.is_taken(&self.town.labs[plate.lab].holder) {
            // A person reads it. Should the staff get the work back before, they do.
            self.show_machines(plate.lab);
            if plate.wells.iter().any(|(_, t)| self.is_unread(*t, plate.lab)) {
                let task = match doubtful {
                    false => Task::Read { plate: at },
                    true => Task::Confirm { plate: at },
                };
                self.agenda.put(self.now + AGAIN, task);
            }
            return Ok(());
        }
        let device = self.labs[plate.lab].device;
        let faults = self.config.faults.laboratories.clone();
        let now = self.now;
        for (n, (well, tube)) in plate.wells.iter().enumerate() {
            let settled = doubtful && !plate.doubtful.contains(tube);
            if settled || !self.is_unread(*tube, plate.lab) {
                continue;
            }
            let (shown, mut draw) = self.shown_in(&plate, n);
            let early = !doubtful && shown.is_positive() && draw.chance(faults.preliminary);
            let code = self.goods.tubes[*tube].code;
            let result = RecordResult {
                tube: code,
                lab: self.town.labs[plate.lab].holder.clone(),
                plate: Some(plate.name.clone()),
                well: Some(well.clone()),
                ct_n: shown.n,
                ct_orf1ab: shown.orf1ab,
                ct_control: shown.control,
                stated: None,
                tested_at: self.devices[device].shows(now),
                status: if early { ResultStatus::Preliminary } else { ResultStatus::Final },
            };
            let area = self.area_of(plate.lab, code);
            self.devices[device].note(now, area, Command::RecordResult(result));
            self.goods.tubes[*tube].read_at = Some(now);
            if early {
                self.plates[at].doubtful.insert(*tube);
                continue;
            }
            self.settled(*tube, shown.is_positive(), shown.control.is_some());
        }
        if !self.plates[at].doubtful.is_empty() && !doubtful {
            self.agenda.put(now + Span::minutes(50), Task::Confirm { plate: at });
        }
        self.flush(device).await?;
        Ok(())
    }

    /// A tube has its final reading: it is used up, and a result of one's own lets somebody out.
    pub(crate) fn settled(&mut self, tube: TubeAt, positive: bool, valid: bool) {
        let t = &mut self.goods.tubes[tube];
        t.positive = Some(positive);
        t.at = Whereabouts::Used;
        if let ([person], false, true) = (t.entered.as_slice(), positive, valid) {
            let person = *person;
            self.let_out(person);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wells_go_down_the_columns() {
        let names: Vec<String> = [0, 7, 8, 93].into_iter().map(well).collect();
        assert_eq!(names, ["A1", "H1", "A2", "F12"]);
    }

    #[test]
    fn a_strong_tube_is_read_and_an_empty_one_is_not() {
        let mut draw = Draw::keyed(1, "curves", 0);
        for _ in 0..200 {
            let shown = curves(Some(25.0), &mut draw);
            assert!(shown.n.is_some_and(|ct| (23.0..27.5).contains(&ct)));
            assert!(shown.orf1ab.is_some() && shown.control.is_some_and(|ct| ct < 38.0));
            assert!(!curves(None, &mut draw).is_positive());
            assert!(!curves(Some(45.0), &mut draw).is_positive());
        }
    }
}
