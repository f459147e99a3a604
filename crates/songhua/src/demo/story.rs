//! The story of a round as the commands that its people send.

use ledger::{Actor, Envelope};
use testing::{
    Collect, Command, Exempt, HandOver, LoadPlate, Mark, OpenBox, Pack, RecordResult, ResultStatus,
    Well,
};
use types::{AreaCode, Micros, Span};

use super::campaign::desk;
use super::carry::Box;
use super::draw::Draw;
use super::ids;
use super::laboratory::{Plate, values, well};
use super::round::{Excuse, Round, Tube};
use super::town::Town;

/// A command, and when the server learns of it.
#[derive(Clone, Debug)]
pub struct Step {
    /// When the server gets it: seconds after it happened, or hours.
    pub known_at: Micros,
    /// The command with its sender.
    pub envelope: Envelope<desks::Command>,
}

/// Collects the steps of one round.
#[derive(Debug)]
pub struct Story<'a> {
    /// The city.
    pub town: &'a Town,
    /// The round.
    pub round: &'a Round,
    /// What has been told so far, in no particular order.
    pub steps: Vec<Step>,
    /// A site without network, and when it will have one again: until then nobody hears of it.
    pub offline: Option<(usize, Micros, Micros)>,
    draw: Draw,
}

impl<'a> Story<'a> {
    /// An empty story.
    pub fn new(town: &'a Town, round: &'a Round) -> Story<'a> {
        let draw = town.draw("story", round.number.into());
        Story { town, round, steps: Vec::new(), offline: None, draw }
    }

    /// Tells that somebody did something at a time.
    pub fn tell(&mut self, at: Micros, area: AreaCode, actor: &Actor, command: Command) -> Micros {
        let delay = self.draw.between(Span::seconds(2), Span::seconds(20));
        self.tell_late(at, at + delay, area, actor, command)
    }

    /// Tells it when the server hears of it only at `known_at`.
    pub fn tell_late(
        &mut self,
        at: Micros,
        known_at: Micros,
        area: AreaCode,
        actor: &Actor,
        command: Command,
    ) -> Micros {
        let n = u64::from(self.round.number) << 40 | self.steps.len() as u64;
        let envelope = Envelope {
            id: ids::command(self.town.seed, command.kind(), n, at),
            area,
            event_time: at,
            clock_offset: Span(0),
            device: Some(format!("demo-{}", actor.user)),
            actor: actor.clone(),
            command: desks::Command::Testing(command),
        };
        self.steps.push(Step { known_at, envelope });
        known_at
    }

    /// What a site sends: at once, or when it has network again.
    fn tell_from_site(&mut self, site: usize, at: Micros, command: Command) {
        let town = self.town;
        let of_site = &town.sites[site];
        match self.offline {
            Some((silent, from, until)) if silent == site && (from..until).contains(&at) => {
                self.tell_late(at, until, of_site.area, &of_site.actor, command);
            }
            _ => {
                self.tell(at, of_site.area, &of_site.actor, command);
            }
        }
    }

    /// Persons excused before the round began.
    pub fn excuses(&mut self, excuses: &[Excuse]) {
        for excuse in excuses {
            let area = self.town.sites[excuse.site].area;
            let at = self.round.starts_at - self.draw.between(Span::minutes(20), Span::hours(3));
            let exempt = Exempt {
                round: self.round.id,
                person: excuse.person,
                reason: excuse.reason.to_owned(),
                evidence: Some(excuse.evidence.clone()),
            };
            self.tell(at, area, &desk(self.town, area), Command::Exempt(exempt));
        }
    }

    /// A filling of a tube.
    pub fn filling(&self, tube: &Tube) -> Collect {
        let site = &self.town.sites[tube.site];
        Collect {
            round: self.round.id,
            tube: tube.id,
            barcode: None,
            site: site.holder.clone(),
            community: site.community.clone(),
            mode: tube.mode,
            zone: tube.zone,
            persons: tube.persons.clone(),
            started_at: tube.started_at,
        }
    }

    /// Tubes filled at their sites.
    pub fn collect<'t>(&mut self, tubes: impl IntoIterator<Item = &'t Tube>) {
        for tube in tubes {
            let filling = self.filling(tube);
            self.tell_from_site(tube.site, tube.sealed_at, Command::Collect(filling));
        }
    }

    /// Boxes packed, sealed, fetched, received and opened.
    pub fn carry(&mut self, boxes: &[Box], tubes: &[Tube]) {
        let town = self.town;
        for one in boxes {
            let site = &town.sites[one.site];
            let codes: Vec<_> = one.tubes.iter().map(|t| tubes[*t].id).collect();
            let (first, rest) = codes.split_at(codes.len().div_ceil(2));
            let pack = |tubes: &[types::UnitId]| {
                let holder = site.holder.clone();
                Command::Pack(Pack { box_: one.id, tubes: tubes.to_vec(), holder })
            };
            self.tell_from_site(one.site, one.half_at.min(one.ready_at), pack(first));
            if !rest.is_empty() {
                self.tell_from_site(one.site, one.ready_at - Span::seconds(50), pack(rest));
            }
            self.tell_from_site(one.site, one.ready_at, Command::SealBox { box_: one.id });

            let courier = &town.couriers[one.courier];
            let taken = |taker: &super::town::Courier, sign: Option<String>| {
                Command::HandOver(HandOver {
                    unit: one.id,
                    giver: Some(site.holder.clone()),
                    taker: taker.holder.clone(),
                    countersign: sign,
                    note: None,
                })
            };
            let sign = format!("signed by {}", site.actor.user);
            self.tell(one.sent_at, courier.area, &courier.actor, taken(courier, Some(sign)));
            if self.draw.chance(0.5) {
                // The site records the same hand-over: its confirmation.
                let at = one.sent_at + Span::seconds(30);
                self.tell_from_site(one.site, at, taken(courier, None));
            }
            if let Some(rival) = one.rival {
                let rival = &town.couriers[rival];
                let at = one.sent_at + Span::minutes(35);
                self.tell(at, rival.area, &rival.actor, taken(rival, None));
            }

            let lab = &town.labs[one.lab];
            let brought = HandOver {
                unit: one.id,
                giver: Some(courier.holder.clone()),
                taker: lab.holder.clone(),
                countersign: None,
                note: None,
            };
            // The courier brings tubes of the site's county, wherever the laboratory is.
            self.tell(one.received_at, site.area, &courier.actor, Command::HandOver(brought));
            let found = one.tubes.iter().filter(|t| !one.missing.contains(t));
            let mut found: Vec<_> = found.map(|t| tubes[*t].id).collect();
            found.extend(&one.surplus);
            let open = OpenBox { box_: one.id, lab: lab.holder.clone(), found };
            self.tell(one.opened_at, lab.area, &lab.actor, Command::OpenBox(open));
        }
    }

    /// Plates loaded and read. `doubtful` tubes get a preliminary result first.
    pub fn test(&mut self, plates: &[Plate], tubes: &[Tube], doubtful: &[usize]) {
        let town = self.town;
        for plate in plates {
            let lab = &town.labs[plate.lab];
            let wells = plate.tubes.iter().enumerate();
            let wells = wells.map(|(n, t)| Well { well: well(n), tube: tubes[*t].id }).collect();
            let load = LoadPlate { plate: plate.name.clone(), lab: lab.holder.clone(), wells };
            self.tell(plate.loaded_at, lab.area, &lab.actor, Command::LoadPlate(load));
            for (n, at) in plate.tubes.iter().enumerate() {
                let tube = &tubes[*at];
                let mut draw =
                    town.draw("values", u64::from(tube.id.bytes()[14]) | (n as u64) << 8);
                let (ct_n, ct_orf1ab, ct_control) = values(tube.sign, &mut draw);
                let result = |status| RecordResult {
                    tube: tube.id,
                    lab: lab.holder.clone(),
                    plate: Some(plate.name.clone()),
                    well: Some(well(n)),
                    ct_n,
                    ct_orf1ab,
                    ct_control,
                    stated: None,
                    tested_at: plate.read_at,
                    status,
                };
                let mut at_time = plate.read_at + Span::seconds(60 + n as i64 / 4);
                if doubtful.contains(at) {
                    let early = Command::RecordResult(result(ResultStatus::Preliminary));
                    self.tell(at_time, lab.area, &lab.actor, early);
                    at_time = at_time + Span::minutes(50);
                }
                let done = Command::RecordResult(result(ResultStatus::Final));
                self.tell(at_time, lab.area, &lab.actor, done);
            }
        }
    }

    /// Tubes that gave no result.
    pub fn faults(&mut self, tubes: &[Tube]) {
        for tube in tubes {
            let Some((fault, at)) = tube.fault else { continue };
            let note = match fault {
                testing::Fault::Lost => {
                    "箱内未见；已查采样点、车辆和实验室 / not in the box; searched at site, vehicle and laboratory"
                }
                testing::Fault::Leaked => "管盖松动，保存液渗入袋内 / cap loose, medium in the bag",
                testing::Fault::Invalid => "管内无拭子 / no swab in the tube",
            };
            let mark = Mark { tube: tube.id, fault, note: note.to_owned() };
            let site = &self.town.sites[tube.site];
            let (area, actor) = match fault {
                testing::Fault::Lost => (site.area, &site.actor),
                _ => {
                    self.town.labs.first().map_or((site.area, &site.actor), |l| (l.area, &l.actor))
                }
            };
            self.tell(at, area, actor, Command::Mark(mark));
        }
    }
}
