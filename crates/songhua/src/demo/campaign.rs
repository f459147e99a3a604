//! The campaign: two finished rounds and one under way, as steps in order of time.

use std::collections::HashSet;

use ledger::Actor;
use testing::{Command, OpenRound, PlanSites, SetCapacity, SetTargets, SitePlan, Slot, Target};
use types::{AreaCode, Micros, PersonId, PlaceCode, Span};

use super::carry::{self, Box};
use super::ids::Codes;
use super::laboratory::{self, Plate};
use super::round::{self, Round, SAMPLING, Sign, Tube};
use super::story::{Step, Story};
use super::town::{Town, actor};
use super::troubles::Troubles;

/// What the demo tells of, and what of it a visitor should look at.
#[derive(Debug)]
pub struct Campaign {
    /// The rounds.
    pub rounds: Vec<Round>,
    /// All steps, in the order in which the server learns of them.
    pub steps: Vec<Step>,
    /// A compound of the round under way that nobody could enter.
    pub blind: Option<PlaceCode>,
    /// Somebody whose swab of the round under way is still on its way.
    pub waiting: Option<PersonId>,
}

/// The desk of a county.
pub fn desk(town: &Town, area: AreaCode) -> Actor {
    let holder = types::HolderCode::parse(&format!("desk:{area}")).ok();
    let login = match area == town.stage() {
        true => "district".to_owned(),
        false => format!("district-{area}"),
    };
    actor(login, holder.as_ref())
}

/// Who leads the response.
pub fn commander() -> Actor {
    actor("commander", None)
}

/// Tells the whole campaign of a town.
pub fn tell(town: &Town, rounds: u32) -> Campaign {
    let mut telling = Telling::new(town, rounds);
    let mut steps = Vec::new();
    while let Some(mut round) = telling.next(town) {
        steps.append(&mut round);
    }
    steps.sort_by_key(|s| s.known_at);
    Campaign { steps, ..telling.campaign }
}

/// Tells a campaign round by round: a whole city's steps do not fit into memory at once.
#[derive(Debug)]
pub struct Telling {
    /// What has been found out so far; without steps.
    pub campaign: Campaign,
    infected: Vec<HashSet<PersonId>>,
    in_care: HashSet<PersonId>,
    codes: Codes,
    next: usize,
}

impl Telling {
    /// Before the first round.
    pub fn new(town: &Town, rounds: u32) -> Telling {
        let rounds = Round::campaign(town.seed, town.base, rounds);
        Telling {
            infected: round::infections(town, rounds.len()),
            campaign: Campaign { rounds, steps: Vec::new(), blind: None, waiting: None },
            in_care: HashSet::new(),
            codes: Codes::default(),
            next: 0,
        }
    }

    /// The steps of the next round in the order in which they become known.
    pub fn next(&mut self, town: &Town) -> Option<Vec<Step>> {
        let one = self.campaign.rounds.get(self.next)?.clone();
        let infected: HashSet<PersonId> =
            self.infected[self.next].difference(&self.in_care).copied().collect();
        self.next += 1;
        let mut story = Story::new(town, &one);
        open(&mut story);
        let (codes, campaign) = (&mut self.codes, &mut self.campaign);
        one_round(&mut story, codes, &infected, &self.in_care, campaign);
        if one.finished {
            let close = Command::CloseRound { round: one.id };
            story.tell(one.ends_at + Span::hours(1), town.stage(), &commander(), close);
        }
        let mut steps = std::mem::take(&mut story.steps);
        steps.sort_by_key(|s| s.known_at);
        self.in_care.extend(infected);
        Some(steps)
    }
}

/// The order to hold the round, whom it expects, and who swabs them where.
fn open(story: &mut Story<'_>) {
    let (town, one) = (story.town, story.round);
    let at = one.starts_at - Span::hours(4);
    let population: usize = town.homes.iter().map(|h| h.persons.len()).sum();
    let places = match town.areas()[..] {
        [single] => PlaceCode::parse(&single.to_string()),
        _ => PlaceCode::parse(&town.city.scenario().parameters.home),
    };
    let order = OpenRound {
        round: one.id,
        name_zh: "吉林市区域核酸检测".to_owned(),
        name_en: "Jilin City mass testing".to_owned(),
        number: one.number,
        places: places.into_iter().collect(),
        starts_at: one.starts_at,
        ends_at: one.ends_at,
        population: population as u64,
        prevalence: Some(0.0005),
        ordered_hours: None,
    };
    story.tell(at, town.stage(), &commander(), Command::OpenRound(order));
    for (n, area) in (1..).zip(town.areas()) {
        let at = at + Span::minutes(n);
        let homes = town.homes.iter().filter(|h| h.area == area);
        let targets = homes
            .map(|h| Target {
                compound: h.code.clone(),
                persons: h.persons.len() as i64,
                zone: h.zone,
            })
            .collect();
        let targets = Command::SetTargets(SetTargets { round: one.id, targets });
        story.tell(at, area, &desk(town, area), targets);
        let sites = town.sites.iter().filter(|s| s.area == area).map(|s| site_plan(town, one, s));
        let plan = Command::PlanSites(PlanSites { round: one.id, sites: sites.collect() });
        story.tell(at + Span::minutes(30), area, &desk(town, area), plan);
    }
    if one.number > 1 {
        return;
    }
    for lab in &town.labs {
        let capacity = SetCapacity {
            lab: lab.holder.clone(),
            claimed: lab.claimed,
            staffed: lab.staffed,
            from: at - Span::days(1),
            source: "2022年3月各检测机构，按演示规模折算 / laboratories of March 2022, to the scale of the demo".to_owned(),
        };
        story.tell(at, lab.area, &desk(town, lab.area), Command::SetCapacity(capacity));
    }
}

/// Each compound comes in a slot as long as its share of the site's people.
fn site_plan(town: &Town, one: &Round, site: &super::town::Site) -> SitePlan {
    let mut from = one.starts_at;
    let mut slots = Vec::with_capacity(site.homes.len());
    for home in &site.homes {
        let home = &town.homes[*home];
        let share = home.persons.len() as f64 / site.persons.max(1) as f64;
        let until = from + Span(((SAMPLING.0 as f64) * share) as i64).max(Span::minutes(1));
        slots.push(Slot { compound: home.code.clone(), from, until });
        from = until;
    }
    SitePlan {
        site: site.holder.clone(),
        community: site.community.clone(),
        slots,
        stands: site.stands,
        samplers: site.samplers,
        persons: site.persons,
    }
}

fn one_round(
    story: &mut Story<'_>,
    codes: &mut Codes,
    infected: &HashSet<PersonId>,
    in_care: &HashSet<PersonId>,
    campaign: &mut Campaign,
) {
    let (town, one) = (story.town, story.round);
    let mut troubles = (!one.finished).then(|| Troubles::new(town));
    let locked_out = troubles.as_ref().map(|t| t.locked_out.clone()).unwrap_or_default();
    let mut sampling = round::sample(town, one, codes, infected, in_care, &locked_out);
    misread(town, one, &mut sampling.tubes);
    let all: Vec<usize> = (0..sampling.tubes.len()).collect();
    let number = u64::from(one.number);
    let mut boxes = carry::pack(town, codes, &sampling.tubes, &all, number);
    if let Some(troubles) = &mut troubles {
        troubles.on_the_road(town, codes, &mut boxes, &mut sampling.tubes);
    }
    let mut plates = laboratory::load(town, &boxes, &sampling.tubes, false, number);
    if let Some(troubles) = &mut troubles {
        troubles.in_the_laboratory(town, &mut plates, &mut sampling.tubes);
    }
    let again = call_again(town, one, codes, &plates, &sampling.tubes, infected);
    let (boxes_again, plates_again) = follow_up(town, codes, &again, number);

    if let Some(troubles) = &troubles {
        story.offline = troubles.offline;
    }
    story.excuses(&sampling.excuses);
    story.collect(&sampling.tubes);
    story.carry(&boxes, &sampling.tubes);
    let doubtful = troubles.as_ref().map(|t| t.doubtful.clone()).unwrap_or_default();
    story.test(&plates, &sampling.tubes, &doubtful);
    story.faults(&sampling.tubes);
    story.collect(&again);
    story.carry(&boxes_again, &again);
    story.test(&plates_again, &again, &[]);
    if let Some(troubles) = &troubles {
        troubles.tell(story, &sampling.tubes);
        campaign.blind = troubles.blind(town);
        campaign.waiting = on_its_way(town.base, &boxes, &sampling.tubes);
    }
}

/// A few tubes show late curves, one gene, or no control.
fn misread(town: &Town, one: &Round, tubes: &mut [Tube]) {
    let mut draw = town.draw("misread", one.number.into());
    for tube in tubes.iter_mut().filter(|t| t.sign == Sign::Negative && t.persons.len() > 4) {
        let luck = draw.unit();
        tube.sign = match luck {
            _ if luck < 1.0 / 9_000.0 => Sign::Grey,
            _ if luck < 2.0 / 9_000.0 => Sign::SingleTarget,
            _ if luck < 4.0 / 9_000.0 => Sign::Invalid,
            _ => Sign::Negative,
        };
    }
}

/// The new tubes of everybody whose tube was not negative, gave no result or was lost.
fn call_again(
    town: &Town,
    one: &Round,
    codes: &mut Codes,
    plates: &[Plate],
    tubes: &[Tube],
    infected: &HashSet<PersonId>,
) -> Vec<Tube> {
    let mut again = Vec::new();
    let mut draw = town.draw("answers", one.number.into());
    for plate in plates {
        for tube in plate.tubes.iter().map(|t| &tubes[*t]) {
            let settled = tube.sign == Sign::Positive && tube.persons.len() == 1;
            if tube.sign != Sign::Negative && !settled && tube.fault.is_none() {
                again.extend(round::called_again(town, codes, tube, plate.read_at, infected));
            }
        }
    }
    for tube in tubes {
        if let Some((_, at)) = tube.fault {
            again.extend(round::called_again(town, codes, tube, at, infected));
        }
    }
    // Not everybody can be found at once.
    if !one.finished {
        again.retain(|_| !draw.chance(0.1));
    }
    again.sort_by_key(|t| (t.site, t.sealed_at, t.id));
    again
}

fn follow_up(
    town: &Town,
    codes: &mut Codes,
    again: &[Tube],
    number: u64,
) -> (Vec<Box>, Vec<Plate>) {
    let all: Vec<usize> = (0..again.len()).collect();
    let boxes = carry::pack(town, codes, again, &all, number + 100);
    let plates = laboratory::load(town, &boxes, again, true, number + 100);
    (boxes, plates)
}

/// A person whose box is with a courier at the start of the demo.
fn on_its_way(base: Micros, boxes: &[Box], tubes: &[Tube]) -> Option<PersonId> {
    let moving =
        boxes.iter().find(|b| b.sent_at < base && b.received_at > base + Span::minutes(5))?;
    moving.tubes.iter().filter_map(|t| tubes[*t].persons.first()).copied().next()
}
