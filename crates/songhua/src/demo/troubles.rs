//! What goes wrong in the round under way, so that every list of the board has something on it.

use std::collections::HashSet;

use testing::{Command, CorrectMember, Fault, HandOver, TUBE, Visit, VisitOutcome};
use types::{HolderCode, Micros, PersonId, PlaceCode, Span};

use super::carry::Box;
use super::ids::Codes;
use super::laboratory::Plate;
use super::round::{Sign, Tube};
use super::story::Story;
use super::town::{Town, actor};

/// The troubles, chosen as the round is planned.
#[derive(Debug)]
pub struct Troubles {
    /// Compounds behind a locked gate, as places in [`Town::homes`].
    pub locked_out: HashSet<usize>,
    /// A site without network, from when, and when it has one again.
    pub offline: Option<(usize, Micros, Micros)>,
    /// Tubes that get a preliminary result.
    pub doubtful: Vec<usize>,
    /// Two tubes of two sites under one code: the second keeps its own persons.
    twins: Option<(usize, usize)>,
    /// A tube that a laboratory found at its door.
    foundling: Option<(types::UnitId, usize, Micros)>,
}

impl Troubles {
    /// Chooses the compound that nobody can enter and the site that falls silent.
    pub fn new(town: &Town) -> Troubles {
        let stage = town.stage();
        // A compound of some size, away from the largest site, so that the site still works.
        let blind = town
            .sites
            .iter()
            .filter(|s| s.area == stage && s.homes.len() > 1)
            .flat_map(|s| s.homes.iter().skip(1))
            .copied()
            .find(|at| town.homes[*at].persons.len() >= 40);
        let silent = town.sites.iter().rposition(|s| s.area == stage);
        let offline =
            silent.map(|site| (site, town.base - Span::hours(3), town.base + Span::minutes(25)));
        Troubles {
            locked_out: blind.into_iter().collect(),
            offline,
            doubtful: Vec::new(),
            twins: None,
            foundling: None,
        }
    }

    /// The compound that nobody could enter.
    pub fn blind(&self, town: &Town) -> Option<PlaceCode> {
        self.locked_out.iter().next().map(|at| town.homes[*at].code.clone())
    }

    /// Boxes that stand, vehicles that are late, tubes that are not in their box.
    pub fn on_the_road(
        &mut self,
        town: &Town,
        codes: &mut Codes,
        boxes: &mut [Box],
        tubes: &mut [Tube],
    ) {
        let base = town.base;
        let ago = |minutes| base - Span::minutes(minutes);
        let silent = self.offline.map(|(site, ..)| site);
        let mut free: Vec<usize> = (0..boxes.len())
            .filter(|b| Some(boxes[*b].site) != silent && boxes[*b].tubes.len() > 3)
            .collect();
        let mut take = |wanted: usize, boxes: &[Box], fits: &dyn Fn(&Box) -> bool| {
            let mut taken = Vec::new();
            // Spread over the city, not the first ones of one county.
            let step = (free.len() / (wanted * 3).max(1)).max(1);
            let order: Vec<usize> =
                (0..step).flat_map(|s| free.iter().copied().skip(s).step_by(step)).collect();
            for at in order {
                if taken.len() < wanted && fits(&boxes[at]) {
                    taken.push(at);
                    free.retain(|b| *b != at);
                }
            }
            taken
        };

        // Ready for long, and nobody has come for them: their clock has run out.
        for at in take(4, boxes, &|b| b.ready_at > ago(190) && b.ready_at < ago(95)) {
            let delay = Span::minutes(20 + 9 * (at as i64 % 5));
            shift(&mut boxes[at], base + delay);
        }
        // On the road since over two hours.
        for at in take(3, boxes, &|b| b.sent_at > ago(240) && b.sent_at < ago(130)) {
            let one = &mut boxes[at];
            one.received_at = base + Span::minutes(15 + 6 * (at as i64 % 4));
            one.opened_at = one.received_at + Span::minutes(12);
        }
        let opened = |b: &Box| b.opened_at > ago(260) && b.opened_at < ago(45);
        // A tube that was not in the box: one has been given up, the other is being looked for.
        for (n, at) in take(2, boxes, &opened).into_iter().enumerate() {
            let tube = boxes[at].tubes[1];
            boxes[at].missing.push(tube);
            if n == 0 {
                tubes[tube].fault = Some((Fault::Lost, boxes[at].opened_at + Span::minutes(25)));
            }
        }
        // A tube in the box that nobody had packed, or filled.
        for at in take(1, boxes, &opened) {
            let area = town.sites[boxes[at].site].area;
            boxes[at].surplus.push(codes.next(TUBE, area));
        }
        // Two couriers say that they have it.
        if town.couriers.len() > 1 {
            for at in take(1, boxes, &|b| b.sent_at > ago(150) && b.sent_at < ago(70)) {
                boxes[at].rival = Some((boxes[at].courier + 1) % town.couriers.len());
            }
        }
        // One code on two tubes.
        let tested = |b: &Box| b.ready_at > ago(330) && b.opened_at < ago(20);
        let first = take(1, boxes, &tested).pop();
        let site = first.map(|b| boxes[b].site);
        let second = take(1, boxes, &|b| tested(b) && Some(b.site) != site).pop();
        if let (Some(one), Some(other)) = (first, second) {
            let (one, other) = (boxes[one].tubes[1], boxes[other].tubes[1]);
            tubes[other].id = tubes[one].id;
            self.twins = Some((one, other));
        }
        let lab = boxes.iter().find(|b| opened(b)).map(|b| (b.lab, b.opened_at));
        if let Some((lab, at)) = lab {
            let code = codes.next(TUBE, town.stage());
            self.foundling = Some((code, lab, at + Span::minutes(7)));
        }
    }

    /// A positive pool whose members are held, late curves, a result that is not settled yet.
    pub fn in_the_laboratory(&mut self, town: &Town, plates: &mut [Plate], tubes: &mut [Tube]) {
        let base = town.base;
        let twins = self.twins;
        let plain = |t: usize, tubes: &[Tube]| {
            let twin = twins.is_some_and(|(a, b)| t == a || t == b);
            let tube = &tubes[t];
            !twin && tube.sign == Sign::Negative && tube.persons.len() == 10 && tube.fault.is_none()
        };
        let mut read: Vec<(Micros, usize)> = plates
            .iter()
            .filter(|p| p.read_at > base - Span::hours(4) && p.read_at < base - Span::minutes(30))
            .flat_map(|p| p.tubes.iter().map(|t| (p.read_at, *t)))
            .filter(|(_, t)| plain(*t, tubes))
            .collect();
        read.sort_unstable();
        // The earliest, so that some of their members have been swabbed again by now.
        for ((_, at), sign) in
            read.iter().zip([Sign::Positive, Sign::Grey, Sign::SingleTarget, Sign::Invalid])
        {
            tubes[*at].sign = sign;
        }
        let soon = plates.iter().filter(|p| {
            p.read_at > base - Span::minutes(45) && p.read_at < base - Span::minutes(3)
        });
        for at in soon.flat_map(|p| &p.tubes).filter(|t| plain(**t, tubes)).take(2) {
            self.doubtful.push(*at);
        }
        if let Some(at) = self.doubtful.first() {
            tubes[*at].sign = Sign::Positive;
        }
        // Leaked: seen when the box was opened, so it never comes on its plate.
        let next = plates.iter_mut().find(|p| p.loaded_at > base && p.tubes.len() > 2);
        if let Some(plate) = next
            && let Some(place) = plate.tubes.iter().position(|t| plain(*t, tubes))
        {
            let at = plate.tubes.remove(place);
            tubes[at].fault = Some((Fault::Leaked, base - Span::minutes(8)));
        }
    }

    /// What people did about it.
    pub fn tell(&self, story: &mut Story<'_>, tubes: &[Tube]) {
        let town = story.town;
        if let Some((code, lab, at)) = self.foundling {
            let lab = &town.labs[lab];
            let hand = HandOver {
                unit: code,
                giver: None,
                taker: lab.holder.clone(),
                countersign: None,
                note: Some(
                    "装袋放在门口，没有清单 / stood at the door in a bag without a list".to_owned(),
                ),
            };
            story.tell(at, lab.area, &lab.actor, Command::HandOver(hand));
        }
        if let Some((tube, person)) = mistaken(town, tubes) {
            let site = &town.sites[tube.site];
            let note = "误扫了邻居的证件，双方均已确认 / the neighbour's card was scanned; both have confirmed".to_owned();
            let correct = CorrectMember { tube: tube.id, position: 4, person, note };
            let at = tube.sealed_at + Span::minutes(40);
            story.tell(at, site.area, &site.actor, Command::CorrectMember(correct));
        }
        for at in &self.locked_out {
            let home = &town.homes[*at];
            let community = home.code.as_str().split('-').next().unwrap_or_default();
            let holder = HolderCode::parse(&format!("grid:{community}")).ok();
            let grid = actor("grid", holder.as_ref());
            let visited = home.households.iter().filter_map(|(_, r)| home.persons.get(r.start));
            for (n, person) in visited.take(6).enumerate() {
                let (outcome, note) = match n % 3 {
                    0 => (
                        VisitOutcome::Absent,
                        Some("大门上锁，按铃无人应答 / gate locked, no answer to the bell"),
                    ),
                    1 => (
                        VisitOutcome::Found,
                        Some(
                            "在门内等候，未接到时段通知 / waits behind the gate, no slot was told",
                        ),
                    ),
                    _ => (VisitOutcome::Refused, None),
                };
                let visit = Visit {
                    round: story.round.id,
                    person: *person,
                    outcome,
                    note: note.map(ToOwned::to_owned),
                };
                let at = town.base - Span::minutes(80 - 9 * n as i64);
                story.tell(at, home.area, &grid, Command::Visit(visit));
            }
        }
    }
}

/// A tube of the first site, and a neighbour who is in none.
fn mistaken<'t>(town: &Town, tubes: &'t [Tube]) -> Option<(&'t Tube, PersonId)> {
    let before = town.base - Span::hours(2);
    let here: Vec<&Tube> = tubes.iter().take_while(|t| t.site == 0).collect();
    let tube = here.iter().find(|t| t.persons.len() > 4 && t.sealed_at < before)?;
    let swabbed: HashSet<&PersonId> = here.iter().flat_map(|t| &t.persons).collect();
    let residents = town.sites.first()?.homes.iter().flat_map(|h| &town.homes[*h].persons);
    let person = residents.copied().find(|p| !swabbed.contains(p))?;
    Some((tube, person))
}

/// Moves everything after the packing to a later time.
fn shift(one: &mut Box, sent_at: Micros) {
    let by = sent_at - one.sent_at;
    one.sent_at = one.sent_at + by;
    one.received_at = one.received_at + by;
    one.opened_at = one.opened_at + by;
}
