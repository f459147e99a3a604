//! What people do by hand: their tubes, boxes, plates and results are as real as those of the
//! staff.
//!
//! The server tells the drill what accounts other than its own did. Here that is done to the
//! things themselves, so that the staff can go on from where a person stopped.

use testing::{
    Collect, Command, Fault, HandOver, LoadPlate, Mark, OpenBox, OpenRound, Pack, Reading,
    RecordResult, ResultStatus, TUBE, VisitOutcome,
};
use types::{HolderCode, Micros, Span, UnitId};

use crate::Result;
use crate::goods::{BoxAt, Parcel, Sealed, Tube, TubeAt, Whereabouts};
use crate::posts::Task;
use crate::run::Drill;
use crate::score::chronicle::Round;
use crate::truth::pooled;

/// From a box's arrival until a laboratory of the staff opens it.
const OPENED_AFTER: Span = Span::minutes(20);

/// Where a hand-over brings something.
#[derive(Clone, Copy, Debug)]
enum Hands {
    Site(usize),
    Courier(usize),
    Lab(usize),
}

impl Drill {
    /// Does to the things what a person did at a time.
    pub(crate) fn learn_testing(&mut self, at: Micros, command: Command) -> Result<()> {
        match command {
            Command::Collect(c) => self.filled_by_hand(at, c)?,
            Command::Pack(p) => self.packed_by_hand(at, &p)?,
            Command::SealBox { box_ } => {
                if let Some(parcel) = self.goods.parcel(box_)
                    && let Whereabouts::Site(site) = self.goods.boxes[parcel].at
                    && !self.sites[site].ready.contains(&parcel)
                {
                    self.sites[site].ready.push(parcel);
                }
            }
            Command::HandOver(h) => self.handed_by_hand(at, &h)?,
            Command::OpenBox(o) => self.opened_by_hand(at, &o),
            Command::LoadPlate(l) => self.loaded_by_hand(at, &l),
            Command::RecordResult(r) => self.read_by_hand(at, &r),
            Command::Mark(m) => self.marked_by_hand(at, &m),
            Command::Visit(v) => {
                if let Some(person) = self.town.person_of(v.person) {
                    let home = &self.town.homes[self.town.home_of(person)];
                    self.chronicle.knock(v.round, &home.code, v.outcome != VisitOutcome::Absent);
                }
            }
            Command::OpenRound(r) => self.round_by_hand(&r),
            Command::CloseRound { round } => {
                let known = self.chronicle.rounds.iter_mut().find(|k| k.id == round);
                if let Some(known) = known {
                    known.closed_at.get_or_insert(at);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn round_by_hand(&mut self, opened: &OpenRound) {
        if self.chronicle.rounds.iter().any(|k| k.id == opened.round) {
            return;
        }
        self.chronicle.rounds.push(Round {
            id: opened.round,
            number: opened.number,
            starts_at: opened.starts_at,
            ends_at: opened.ends_at,
            closed_at: None,
            system: [0; 4],
            read_at: None,
        });
        let round = self.chronicle.rounds.len() - 1;
        // Its sites are planned with it; they are read when that is done.
        self.agenda.put(self.now + Span::minutes(1), Task::PrepareRound { round });
    }

    fn filled_by_hand(&mut self, at: Micros, c: Collect) -> Result<()> {
        let persons: Vec<u32> = c.persons.iter().filter_map(|p| self.town.person_of(*p)).collect();
        let round = self.chronicle.rounds.iter().position(|r| r.id == c.round);
        let (Some(round), false) = (round, persons.is_empty()) else { return Ok(()) };
        let site = self.site(&c.site, c.tube.area())?;
        let cts = persons.iter().filter_map(|p| self.truth.0.ct(*p, at));
        let sealed = Sealed {
            code: c.tube,
            round,
            site,
            ct: pooled(cts),
            swabbed: persons.clone(),
            entered: persons,
            mode: c.mode,
            zone: c.zone,
            at,
        };
        let second_use = !self.goods.coded(c.tube).is_empty();
        let tube = Tube { recorded: true, by_hand: true, second_use, ..Tube::sealed(sealed) };
        let tube = self.goods.add(tube);
        self.sites[site].loose.push(tube);
        Ok(())
    }

    fn packed_by_hand(&mut self, at: Micros, pack: &Pack) -> Result<()> {
        let site = self.site(&pack.holder, pack.box_.area())?;
        let parcel = match self.goods.parcel(pack.box_) {
            Some(parcel) => parcel,
            None => {
                self.goods.boxes.push(Parcel {
                    code: pack.box_,
                    site,
                    tubes: Vec::new(),
                    ready_at: at,
                    at: Whereabouts::Site(site),
                    opened: false,
                });
                self.goods.boxes.len() - 1
            }
        };
        for code in &pack.tubes {
            for tube in self.goods.coded(*code).to_vec() {
                if self.goods.tubes[tube].at == Whereabouts::Site(site) {
                    self.goods.tubes[tube].at = Whereabouts::Box(parcel);
                    self.goods.boxes[parcel].tubes.push(tube);
                    self.sites[site].loose.retain(|t| *t != tube);
                }
            }
        }
        Ok(())
    }

    /// Where things are that a holder has.
    fn hands_of(&mut self, holder: &HolderCode, unit: UnitId) -> Result<Option<Hands>> {
        Ok(match holder.kind() {
            "site" => Some(Hands::Site(self.site(holder, unit.area())?)),
            "courier" => {
                self.town.couriers.iter().position(|c| c.holder == *holder).map(Hands::Courier)
            }
            "lab" => self.town.labs.iter().position(|l| l.holder == *holder).map(Hands::Lab),
            _ => None,
        })
    }

    fn handed_by_hand(&mut self, at: Micros, hand: &HandOver) -> Result<()> {
        let Some(to) = self.hands_of(&hand.taker, hand.unit)? else { return Ok(()) };
        if hand.unit.kind() == TUBE {
            for tube in self.goods.coded(hand.unit).to_vec() {
                self.move_tube(at, tube, to);
            }
        } else if let Some(parcel) = self.goods.parcel(hand.unit) {
            self.move_box(at, parcel, to);
        }
        Ok(())
    }

    /// A loose tube changes hands; one in a box, used up or nowhere to be found stays so.
    fn move_tube(&mut self, at: Micros, tube: TubeAt, to: Hands) {
        let from = self.goods.tubes[tube].at;
        let (Whereabouts::Site(_) | Whereabouts::Courier(_) | Whereabouts::Lab(_)) = from else {
            return;
        };
        if let Whereabouts::Site(site) = from {
            self.sites[site].loose.retain(|t| *t != tube);
        }
        let t = &mut self.goods.tubes[tube];
        match to {
            Hands::Site(site) => {
                t.at = Whereabouts::Site(site);
                if !self.sites[site].loose.contains(&tube) {
                    self.sites[site].loose.push(tube);
                }
            }
            Hands::Courier(courier) => {
                t.sent_at.get_or_insert(at);
                t.at = Whereabouts::Courier(courier);
            }
            Hands::Lab(lab) => {
                t.sent_at.get_or_insert(at);
                t.received_at.get_or_insert(at);
                t.at = Whereabouts::Lab(lab);
                self.labs[lab].busy = true;
            }
        }
    }

    fn move_box(&mut self, at: Micros, parcel: BoxAt, to: Hands) {
        let is_there = matches!(
            (self.goods.boxes[parcel].at, to),
            (Whereabouts::Site(a), Hands::Site(b))
                | (Whereabouts::Courier(a), Hands::Courier(b))
                | (Whereabouts::Lab(a), Hands::Lab(b)) if a == b
        );
        if is_there {
            // The other side records the same hand-over.
            return;
        }
        for site in &mut self.sites {
            site.ready.retain(|b| *b != parcel);
        }
        for courier in &mut self.couriers {
            courier.cargo.retain(|b| *b != parcel);
        }
        if !matches!(to, Hands::Site(_)) {
            for tube in self.goods.boxes[parcel].tubes.clone() {
                self.goods.tubes[tube].sent_at.get_or_insert(at);
            }
        }
        self.goods.boxes[parcel].at = match to {
            Hands::Site(site) => {
                self.sites[site].ready.push(parcel);
                Whereabouts::Site(site)
            }
            Hands::Courier(courier) => {
                self.couriers[courier].cargo.push(parcel);
                Whereabouts::Courier(courier)
            }
            Hands::Lab(lab) => {
                self.agenda.put(self.now + OPENED_AFTER, Task::OpenBox { parcel, lab });
                Whereabouts::Lab(lab)
            }
        };
    }

    fn lab_at(&self, holder: &HolderCode) -> Option<usize> {
        self.town.labs.iter().position(|l| l.holder == *holder)
    }

    fn opened_by_hand(&mut self, at: Micros, open: &OpenBox) {
        let Some((lab, parcel)) = self.lab_at(&open.lab).zip(self.goods.parcel(open.box_)) else {
            return;
        };
        self.move_box(at, parcel, Hands::Lab(lab));
        self.goods.boxes[parcel].opened = true;
        self.labs[lab].busy = true;
        for tube in self.goods.boxes[parcel].tubes.clone() {
            let tube = &mut self.goods.tubes[tube];
            tube.received_at.get_or_insert(at);
            tube.at = Whereabouts::Lab(lab);
        }
    }

    fn loaded_by_hand(&mut self, at: Micros, load: &LoadPlate) {
        let Some(lab) = self.lab_at(&load.lab) else { return };
        let mut wells = Vec::new();
        for well in &load.wells {
            let here = self.goods.coded(well.tube).iter().copied().find(|t| {
                let tube = &self.goods.tubes[*t];
                tube.at == Whereabouts::Lab(lab) && tube.loaded_at.is_none()
            });
            if let Some(tube) = here {
                self.goods.tubes[tube].loaded_at = Some(at);
                wells.push((well.well.clone(), tube));
            }
        }
        if !wells.is_empty() {
            self.run_machine(lab, load.plate.clone(), wells);
        }
    }

    fn read_by_hand(&mut self, at: Micros, result: &RecordResult) {
        let Some(lab) = self.lab_at(&result.lab) else { return };
        let here = self.goods.coded(result.tube).iter().copied().find(|t| {
            let tube = &self.goods.tubes[*t];
            tube.at == Whereabouts::Lab(lab) && tube.positive.is_none()
        });
        let Some(tube) = here else { return };
        let t = &mut self.goods.tubes[tube];
        t.loaded_at.get_or_insert(at);
        t.read_at.get_or_insert(at);
        if result.status != ResultStatus::Preliminary {
            t.reported_at.get_or_insert(at);
            let (positive, valid) = match result.stated {
                Some(reading) => (
                    !matches!(reading, Reading::Negative | Reading::Invalid),
                    reading != Reading::Invalid,
                ),
                None => (
                    result.ct_n.is_some() || result.ct_orf1ab.is_some(),
                    result.ct_control.is_some(),
                ),
            };
            self.settled(tube, positive, valid);
        }
        self.show_machines(lab);
    }

    fn marked_by_hand(&mut self, at: Micros, mark: &Mark) {
        for tube in self.goods.coded(mark.tube).to_vec() {
            let t = &mut self.goods.tubes[tube];
            if t.at == Whereabouts::Used {
                continue;
            }
            t.marked_at.get_or_insert(at);
            if mark.fault != Fault::Lost {
                t.at = Whereabouts::Spoilt;
            }
        }
    }
}
